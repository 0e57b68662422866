//! Runs the conversations in `transcripts/`.
//!
//! A line is `C: …`, what client 1 sends, or `S: …`, what it is sent next, with `*` for anything.
//! A digit makes it another client (`C2:`, `S2:`). `S~:` passes over lines until one fits; `S-:`
//! says that nothing is waiting; `SX:` that the connection ends; `C!:` sends bytes as they are,
//! with the escapes of Rust. `${name}` is anything the first time, and from then on what it was
//! then. `! …` does something around the conversation: see `Stage::order`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use parlor_chat::{NewMessage, RoomName, Target};
use parlor_hub::{Attached, ClientInfo, Identity, Nick};
use parlor_irc::IrcOptions;
use parlor_irc::session::Operator;
use parlor_topics::{Clock, ManualClock};

use crate::client::Client;
use crate::house::House;
use crate::scram;

#[test]
fn every_conversation_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/transcripts");
    let only = std::env::var("TRANSCRIPT").unwrap_or_default();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = Vec::new();
    for path in &files {
        let text = std::fs::read_to_string(path).expect("it can be read");
        if let Err(failure) = parlor_engine::block_on(run(&text)) {
            failures.push(format!("{}: {failure}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), files.len(), failures.join("\n"));
}

/// A conversation under way.
struct Stage {
    house: House,
    clients: BTreeMap<u8, Client>,
    web: BTreeMap<String, Attached>,
    /// What the `${…}` were.
    names: BTreeMap<String, String>,
    clock: Option<ManualClock>,
}

async fn run(text: &str) -> Result<(), String> {
    let mut stage = open(text).await;
    let result = stage.play(text).await;
    drop(stage.clients);
    stage.house.close();
    result
}

/// Opens a house with the settings that the file's `! set` lines name.
async fn open(text: &str) -> Stage {
    let settings: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix("! set ")?.split_once(' ')).collect();
    let setting = |name| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let lobby = setting("lobby");
    let adjust = |options: &mut IrcOptions| {
        for (key, value) in &settings {
            match *key {
                "lobby" | "clock" | "absence" => {}
                "password" => options.password = Some((*value).to_owned()),
                "motd" => options.motd.push((*value).to_owned()),
                "operator" => {
                    let (name, password) = value.split_once(' ').expect("NAME PASSWORD");
                    let (name, password) = (name.to_owned(), password.to_owned());
                    options.operators.push(Operator { name, password });
                }
                "icon" => options.icon = Some((*value).to_owned()),
                "flood" => options.pools = Some(Arc::default()),
                "grace" => options.lobby_grace_ms = value.parse().expect("milliseconds"),
                other => panic!("no setting {other}"),
            }
        }
    };
    let clock = setting("clock");
    let clock = clock.map(|now_ms| ManualClock::new(now_ms.parse().expect("milliseconds")));
    let grace_ms = setting("absence").map_or(0, |ms| ms.parse().expect("milliseconds"));
    let house = match &clock {
        Some(clock) => House::open_at(Clock::manual(clock), grace_ms, lobby, adjust).await,
        None => House::open_at(Clock::system(), grace_ms, lobby, adjust).await,
    };
    let (clients, web, names) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    Stage { house, clients, web, names, clock }
}

impl Stage {
    async fn play(&mut self, text: &str) -> Result<(), String> {
        for (index, line) in text.lines().enumerate() {
            let step = self.step(line).await;
            step.map_err(|error| format!("line {}: {line}\n    {error}", index + 1))?;
        }
        Ok(())
    }

    async fn step(&mut self, line: &str) -> Result<(), String> {
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(order) = line.strip_prefix("! ") {
            let order = self.named(order);
            return self.order(&order).await;
        }
        let (who, text) = line.split_once(':').ok_or("neither C: nor S:")?;
        let text = self.named(text.strip_prefix(' ').unwrap_or(text));
        let text = text.as_str();
        let side = who.chars().next().ok_or("no side")?;
        let number = who.chars().find_map(|c| c.to_digit(10)).unwrap_or(1);
        let mark = who.chars().last().filter(|c| "~-X!".contains(*c));
        let house = &self.house;
        let number = u8::try_from(number).map_err(|error| error.to_string())?;
        let client = self.clients.entry(number).or_insert_with(|| Client::connect(house));
        match (side, mark) {
            ('C', None) => client.send(&unescaped(text)).await,
            ('C', Some('!')) => client.send_bytes(&bytes(text)).await,
            ('S', None) => {
                let line = next(client).await?;
                let (pattern, unknown) = stars(text);
                let found = fits(&unescaped(&pattern), &line).ok_or(format!("but: {line}"))?;
                for (name, value) in unknown.into_iter().zip(found) {
                    self.names.extend(name.map(|name| (name, value.to_owned())));
                }
            }
            ('S', Some('~')) => loop {
                let line = next(client).await?;
                if fits(&unescaped(&stars(text).0), &line).is_some() {
                    return Ok(());
                }
            },
            ('S', Some('-')) => {
                let waiting = client.settle().await;
                if !waiting.is_empty() {
                    return Err(format!("but there came {waiting:#?}"));
                }
            }
            ('S', Some('X')) => {
                let rest = client.rest().await;
                if !rest.is_empty() {
                    return Err(format!("but there came {rest:#?}"));
                }
            }
            _ => return Err("unknown kind of line".to_owned()),
        }
        Ok(())
    }

    /// The text with what the names in it are known to be.
    fn named(&self, text: &str) -> String {
        let known = |text: String, (name, value): (&String, &String)| {
            text.replace(&format!("${{{name}}}"), value)
        };
        self.names.iter().fold(text.to_owned(), known)
    }

    /// `set …` (read beforehand), `account NAME PASSWORD`, `password NAME PASSWORD`, `end NAME` (its newest session), `gone NAME` waits until it has none, `guest N NICK [CAPS]`,
    /// `member N ACCOUNT PASSWORD [CAPS]`, `app ACCOUNT NAME` makes an app password, which is `${NAME}` from then on, and
    /// `unapp ACCOUNT NAME` removes it, `prove N ACCOUNT PASSWORD` by SCRAM, `say ACCOUNT ROOM TEXT` from the page,
    /// `read ACCOUNT TARGET` and `unread ACCOUNT TARGET COUNT` there, `tick MS` with a clock that stands still otherwise.
    async fn order(&mut self, order: &str) -> Result<(), String> {
        let mut words = order.splitn(5, ' ');
        let mut word = || words.next().unwrap_or("");
        let what = word();
        match what {
            "set" => {}
            "password" => {
                let (name, password) = (word(), word());
                let set = self.house.irc.link.set_password(name, password).await;
                set.map_err(|error| format!("{error:?}"))?;
            }
            "end" => self.end_newest(word()).await?,
            "gone" => self.gone(word()).await?,
            "account" | "admin" => {
                let (name, password) = (word(), word());
                let added = self.house.irc.link.add_account(name, password, what == "admin").await;
                added.map_err(|error| format!("{error:?}"))?;
            }
            "app" | "unapp" => {
                let (account, name) = (word(), word());
                self.app_password(account, name, what == "app").await?;
            }
            "prove" => {
                let number: u8 = word().parse().map_err(|_| "no number")?;
                let (account, password) = (word(), word());
                let client = self.clients.get_mut(&number).ok_or("no such client")?;
                scram::prove(client, account, password).await;
            }
            "guest" | "member" => {
                let number = word().parse().map_err(|_| "no number")?;
                let name = word();
                let password = if what == "member" { word() } else { "" };
                let caps = word().replace(',', " ");
                let client = match what {
                    "member" => Client::member(&self.house, name, password, &caps).await,
                    _ => Client::guest(&self.house, name, &caps).await,
                };
                self.clients.insert(number, client);
            }
            "tick" => {
                let ms = word().parse().map_err(|_| "no number")?;
                self.clock.as_ref().ok_or("no `set clock`")?.advance_ms(ms);
            }
            "read" => {
                let (account, target) = (word(), word());
                self.read(account, target).await?;
            }
            "unread" => {
                let (account, target, count) = (word(), word(), word());
                let found = self.unread(account, target).await?.to_string();
                if found != count {
                    return Err(format!("but there are {found}"));
                }
            }
            "close" => {
                let number: u8 = word().parse().map_err(|_| "no number")?;
                self.clients.remove(&number);
            }
            "say" => {
                let (account, target, text) = (word(), word(), order.splitn(4, ' ').nth(3));
                self.say(account, target, &unescaped(text.unwrap_or(""))).await?;
            }
            other => return Err(format!("no order {other}")),
        }
        Ok(())
    }

    /// Ends the session of an account that was used last, as a person would find it in the list.
    async fn end_newest(&self, account: &str) -> Result<(), String> {
        let link = &self.house.irc.link;
        let account = link.account(account).await.map_err(|error| error.to_string())?;
        let id = account.ok_or("no such account")?.id;
        let live = link.sessions(id).await.map_err(|error| error.to_string())?;
        let last = live.first().ok_or("no session")?;
        link.end_session(id, &last.id).await.map_err(|error| format!("{error:?}"))
    }

    /// Waits until the hub knows that no device of an account is left.
    async fn gone(&self, account: &str) -> Result<(), String> {
        let link = &self.house.irc.link;
        let account = link.account(account).await.map_err(|error| error.to_string())?;
        let id = account.ok_or("no such account")?.id;
        while !link.sessions(id).await.map_err(|error| error.to_string())?.is_empty() {}
        Ok(())
    }

    /// Makes an app password, or removes it.
    async fn app_password(&mut self, account: &str, name: &str, make: bool) -> Result<(), String> {
        let link = &self.house.irc.link;
        let account = link.account(account).await.map_err(|error| error.to_string())?;
        let id = account.ok_or("no such account")?.id;
        if make {
            let made = link.create_app_password(id, name).await;
            let (_, password) = made.map_err(|error| format!("{error:?}"))?;
            self.names.insert(name.to_owned(), password);
            return Ok(());
        }
        let all = link.app_passwords(id).await.map_err(|error| error.to_string())?;
        let found = all.iter().find(|made| made.name == name).ok_or("no such app password")?;
        link.remove_app_password(id, found.id).await.map_err(|error| format!("{error:?}"))
    }

    /// A session of the page.
    async fn page(&mut self, account: &str) -> Result<&Attached, String> {
        let irc = &self.house.irc;
        if !self.web.contains_key(account) {
            let accounts = irc.link.accounts().await.map_err(|error| error.to_string())?;
            let found = accounts.into_iter().find(|found| found.name.same(account));
            let identity = Identity::Account(found.ok_or("no such account")?);
            let nick = Nick::new(account).map_err(|error| error.to_string())?;
            let client = ClientInfo {
                protocol: "web",
                user: account.to_owned(),
                host: "web".to_owned(),
                realname: account.to_owned(),
                away: None,
            };
            let attached = irc.link.attach(identity, &nick, client).await;
            let attached = attached.map_err(|error| format!("{error:?}"))?;
            self.web.insert(account.to_owned(), attached);
        }
        Ok(&self.web[account])
    }

    /// Reads everything in a room or a direct conversation, as the page does.
    async fn read(&mut self, account: &str, target: &str) -> Result<(), String> {
        let who = self.page(account).await?.clone();
        let chat = &self.house.irc.chat;
        let overview = chat.overview(&who).await.map_err(|error| error.to_string())?;
        let room = overview.rooms.iter().find(|room| room.room.name.as_str() == target);
        let direct = overview.direct.iter().find(|direct| direct.nick == target);
        let (topic, person, last) = match (room, direct) {
            (Some(room), _) => (room.room.topic, None, room.last),
            (None, Some(direct)) => (who.inbox, Some(direct.person), direct.last),
            (None, None) => return Err("nothing there".to_owned()),
        };
        let marked = chat.mark_read(&who, topic, person, last).await;
        marked.map(drop).map_err(|error| format!("{error:?}"))
    }

    /// Counts what the page shows as unread.
    async fn unread(&mut self, account: &str, target: &str) -> Result<u64, String> {
        let who = self.page(account).await?.clone();
        let overview = self.house.irc.chat.overview(&who).await;
        let overview = overview.map_err(|error| error.to_string())?;
        let room = overview.rooms.iter().find(|room| room.room.name.as_str() == target);
        let direct = overview.direct.iter().find(|direct| direct.nick == target);
        let unread = room.map(|room| room.unread).or(direct.map(|direct| direct.unread));
        unread.ok_or("nothing there".to_owned())
    }

    /// Posts as the page does: with lines as long and as many as one likes.
    async fn say(&mut self, account: &str, target: &str, text: &str) -> Result<(), String> {
        self.page(account).await?;
        let irc = &self.house.irc;
        let who = &self.web[account];
        let target = if target.starts_with('#') {
            let name = RoomName::new(target).map_err(|error| error.to_string())?;
            let joined = irc.chat.join(who, &name).await.map_err(|error| format!("{error:?}"))?;
            Target::Room(joined.room.topic)
        } else {
            let present = irc.link.find(target).await.ok_or("nobody there")?;
            Target::Person(present.person, present.nick.clone())
        };
        let message = NewMessage { text: text.to_owned(), ..NewMessage::default() };
        irc.chat.post(who, target, message).await.map_err(|error| format!("{error:?}"))?;
        Ok(())
    }
}

async fn next(client: &mut Client) -> Result<String, String> {
    let line = client.line_in_time().await.map_err(|_| "nothing comes")?;
    line.ok_or_else(|| "the connection has ended".to_owned())
}

/// Text with `*` for anything; gives what they stood for.
fn fits<'a>(pattern: &str, line: &'a str) -> Option<Vec<&'a str>> {
    let Some((head, mut rest)) = pattern.split_once('*') else {
        return (pattern == line).then(Vec::new);
    };
    let mut line = line.strip_prefix(head)?;
    let mut found = Vec::new();
    while let Some((part, tail)) = rest.split_once('*') {
        let at = line.find(part)?;
        found.push(&line[..at]);
        line = &line[at + part.len()..];
        rest = tail;
    }
    found.push(line.strip_suffix(rest)?);
    Some(found)
}

/// The pattern with `*` for each name that is not known yet, and the names of all its stars.
fn stars(text: &str) -> (String, Vec<Option<String>>) {
    let (mut pattern, mut names, mut rest) = (String::new(), Vec::new(), text);
    while let Some(at) = rest.find(['*', '$']) {
        pattern.push_str(&rest[..at]);
        pattern.push('*');
        let name = rest[at..].strip_prefix("${").and_then(|name| name.split_once('}'));
        names.push(name.map(|(name, _)| name.to_owned()));
        rest = name.map_or(&rest[at + 1..], |(_, tail)| tail);
    }
    (pattern + rest, names)
}

fn unescaped(text: &str) -> String {
    String::from_utf8(bytes(text)).expect("UTF-8; other bytes go with C!:")
}

/// `\r`, `\n`, `\0`, `\\`, `\xNN`, and `\{COUNT,TEXT}` for a text repeated.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        let mut length = 1;
        match escape.as_bytes().first() {
            Some(b'r') => bytes.push(b'\r'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b'0') => bytes.push(0),
            Some(b'x') => {
                bytes.push(u8::from_str_radix(&escape[1..3], 16).expect("two digits"));
                length = 3;
            }
            Some(b'{') => {
                let end = escape.find('}').expect("a closing brace");
                let (count, text) = escape[1..end].split_once(',').expect("COUNT,TEXT");
                bytes.extend_from_slice(text.repeat(count.parse().expect("a count")).as_bytes());
                length = end + 1;
            }
            _ => bytes.push(b'\\'),
        }
        rest = &escape[length.min(escape.len())..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
