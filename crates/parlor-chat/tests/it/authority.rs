//! Who may do what, where: every command of chat, by every role, in every kind of topic, asked of
//! the service.
//!
//! `authority.txt` is the table, and what its cells mean stands at its head. A command without a row
//! fails the first test here, so that none is added without somebody having thought of everybody.

use std::{cell::Cell, collections::BTreeSet, fs, path::Path};

use bytes::Bytes;
use parlor_chat::{
    BanMask, BanTarget, Edit, ModeChange, Moment, NewBan, NewMessage, NotifyLevel, Page,
    QuietHours, Refusal, RoomOffer, Scope, Search, SettingChange, Target, TypingState,
};
use parlor_hub::{
    Attached, Denied, Failure, InvitationRefusal, InvitationTerms, Nick, PersonId, ProfileChange,
    Role,
};
use parlor_topics::TopicId;

use crate::world::{World, block_on, message, name};

const TABLE: &str = include_str!("authority.txt");

/// Commands after which everything is as it was, so that the next one can be asked in the same scene.
const HARMLESS: &[&str] = &[
    "audit",
    "avatars",
    "bans",
    "create_invitation",
    "device_seen",
    "edits",
    "file",
    "history",
    "invitation",
    "invitations",
    "known_as",
    "last_until",
    "latest",
    "locate",
    "mark",
    "mark_read",
    "members",
    "name_of",
    "note_device",
    "overview",
    "read_offset",
    "relay",
    "room",
    "rooms",
    "search",
    "set_modes",
    "set_settings",
    "typing",
    "unreact",
    "visible",
];

/// A part of the table: a kind of topic.
struct Part {
    kind: &'static str,
    roles: Vec<&'static str>,
    /// A command, with what of it after a colon, and what each role gets.
    rows: Vec<(&'static str, Vec<&'static str>)>,
}

fn parts() -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap();
        match first.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(kind) => parts.push(Part { kind, roles: words.collect(), rows: Vec::new() }),
            None => parts.last_mut().unwrap().rows.push((first, words.collect())),
        }
    }
    parts
}

fn command_of(row: &str) -> &str {
    row.split(':').next().unwrap()
}

/// The functions that chat has for others, as its sources have them.
fn commands() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service");
    let mut commands = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let mut chat = false;
        for line in text.lines() {
            if line.starts_with("impl") {
                chat = line == "impl Chat {";
            }
            let public = ["    pub async fn ", "    pub fn "];
            let rest = public.iter().find_map(|start| line.strip_prefix(start)).filter(|_| chat);
            commands.extend(rest.and_then(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
        }
    }
    commands
}

#[test]
fn every_command_stands_in_the_table() {
    let parts = parts();
    let rows = |part: &Part| part.rows.iter().map(|(row, _)| *row).collect::<Vec<_>>();
    let all: BTreeSet<String> =
        parts.iter().flat_map(rows).map(|row| command_of(row).to_owned()).collect();
    assert_eq!(all, commands(), "left: the table, right: the sources");
    let rooms: Vec<&Part> = parts.iter().filter(|part| part.roles.len() == 10).collect();
    assert_eq!(rooms.len(), 5, "kinds of rooms");
    for room in rooms {
        assert_eq!(rows(room), rows(&parts[0]), "[{}] has the rows of every room", room.kind);
    }
    for part in parts {
        for (row, cells) in part.rows {
            assert_eq!(cells.len(), part.roles.len(), "[{}] {row}", part.kind);
        }
    }
}

#[test]
fn in_an_open_room() {
    check("open");
}

#[test]
fn in_the_lobby() {
    check("lobby");
}

#[test]
fn in_a_room_for_the_invited() {
    check("invited_only");
}

#[test]
fn in_a_moderated_room() {
    check("moderated");
}

#[test]
fn in_a_locked_room() {
    check("locked");
}

#[test]
fn in_an_inbox_that_is_no_room() {
    check("inbox");
}

#[test]
fn in_a_conversation() {
    check("direct");
}

#[test]
fn with_what_is_ones_own() {
    check("own");
}

fn check(kind: &str) {
    let part = parts().into_iter().find(|part| part.kind == kind).unwrap();
    let mut wrong = Vec::new();
    for (column, role) in part.roles.iter().enumerate() {
        let stage = Stage::new();
        let mut scene = stage.scene(kind, role);
        for (row, cells) in &part.rows {
            let answer = block_on(scene.run(row));
            if answer != cells[column] {
                wrong.push(format!("{row}, {role}: {answer} instead of {}", cells[column]));
            }
            if answer == "yes" && !HARMLESS.contains(&command_of(row)) {
                scene = stage.scene(kind, role);
            }
        }
    }
    assert!(wrong.is_empty(), "[{kind}]\n{}", wrong.join("\n"));
}

/// Where scenes are played: a server, its administrator, and somebody who is never there.
struct Stage {
    world: World,
    root: Attached,
    friend: Attached,
    scenes: Cell<u32>,
}

/// A topic with people in it, and somebody who is about to do something.
struct Scene<'a> {
    world: &'a World,
    who: Attached,
    topic: TopicId,
    scope: Scope,
    room: String,
    owner: Attached,
    /// A plain member, or the other person of a conversation.
    victim: Attached,
    friend: PersonId,
    own: String,
    theirs: String,
    picture: String,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        let (root, friend) = (world.admin("root"), world.account("friend"));
        Self { world, root, friend, scenes: Cell::new(0) }
    }

    fn scene(&self, kind: &str, role: &str) -> Scene<'_> {
        let n = self.scenes.replace(self.scenes.get() + 1);
        let (owner, victim) = (format!("owner{n}"), format!("victim{n}"));
        let (owner, victim) = (self.world.account(&owner), self.world.account(&victim));
        let nick = format!("who{n}");
        let who = match role {
            "guest" => self.world.guest(&nick),
            "admin" => self.world.admin(&nick),
            "author" | "itself" => victim.clone(),
            _ => self.world.account(&nick),
        };
        match kind {
            "direct" | "inbox" | "own" => self.between(kind, role, who, owner, victim),
            _ => self.in_room(n, kind, role, who, owner, victim),
        }
    }

    /// A room of a kind, with somebody in it in a role.
    fn in_room(
        &self,
        n: u32,
        kind: &str,
        role: &str,
        who: Attached,
        owner: Attached,
        victim: Attached,
    ) -> Scene<'_> {
        let world = &self.world;
        let room = if kind == "lobby" { "#lobby".to_owned() } else { format!("#room{n}") };
        let topic = world.enter(&owner, &room);
        if kind == "lobby" {
            give(world, &self.root, topic, &owner, Role::Owner);
        }
        world.enter(&victim, &room);
        let (theirs, picture) = show(world, &victim, Target::Room(topic));
        world.enter(&who, &room);
        let own = world.say(&who, topic, "words").msgid;
        if who.account.is_some() {
            block_on(world.chat.mark_read(&who, topic, None, u64::MAX)).unwrap();
        }
        bar(world, &owner, topic, BanTarget::Mask(BanMask::new("ghost").unwrap()), false);
        match role {
            "outsider" | "invited" | "admin" => {
                block_on(world.chat.part(&who, topic, "")).unwrap();
            }
            "banned" => bar(world, &owner, topic, BanTarget::Person(who.person), false),
            "muted" => bar(world, &owner, topic, BanTarget::Person(who.person), true),
            "guest" | "member" => {}
            "voice" => give(world, &owner, topic, &who, Role::Voice),
            "moderator" => give(world, &owner, topic, &who, Role::Moderator),
            "owner" => give(world, &owner, topic, &who, Role::Owner),
            other => panic!("no such role: {other}"),
        }
        self.furnish(kind, &owner, topic);
        if role == "invited" {
            block_on(world.chat.invite(&owner, topic, who.person)).unwrap();
        }
        let (scope, friend) = (Scope::Room(topic), self.friend.person);
        Scene { world, who, topic, scope, room, owner, victim, friend, own, theirs, picture }
    }

    /// Makes a room of its kind.
    fn furnish(&self, kind: &str, owner: &Attached, topic: TopicId) {
        let chat = &self.world.chat;
        let modes = match kind {
            "invited_only" => ModeChange { invited_only: Some(true), ..ModeChange::default() },
            "moderated" => {
                let (moderated, subject_locked) = (Some(true), Some(true));
                ModeChange { moderated, subject_locked, invited_only: None }
            }
            _ => ModeChange::default(),
        };
        block_on(chat.set_modes(owner, topic, modes)).unwrap();
        let locked = (kind == "locked").then_some(true);
        let change = SettingChange { locked, ..SettingChange::default() };
        block_on(chat.set_settings(owner, topic, change)).unwrap();
    }

    /// A conversation between `victim`, who has said something with a picture, and `owner`.
    fn between(
        &self,
        kind: &str,
        role: &str,
        who: Attached,
        owner: Attached,
        victim: Attached,
    ) -> Scene<'_> {
        let world = &self.world;
        let to = Target::Person(owner.person, owner.nick.clone());
        let (own, picture) = show(world, &victim, to);
        for (reader, other) in [(&victim, &owner), (&owner, &victim)] {
            let read = world.chat.mark_read(reader, reader.inbox, Some(other.person), u64::MAX);
            block_on(read).unwrap();
        }
        let (who, other) = match role {
            "author" => (who, owner.clone()),
            "peer" => (owner.clone(), victim.clone()),
            _ => (who, victim.clone()),
        };
        if kind == "own" {
            block_on(world.chat.note_device(&who, "phone", 1)).unwrap();
        }
        let (topic, scope) = match kind {
            "inbox" => (victim.inbox, Scope::Room(victim.inbox)),
            _ => (who.inbox, Scope::Direct(other.person)),
        };
        let (room, friend, theirs) = ("#none".to_owned(), self.friend.person, own.clone());
        let victim = other;
        Scene { world, who, topic, scope, room, owner, victim, friend, own, theirs, picture }
    }
}

/// Says something with a picture on it. Returns the message and the picture.
fn show(world: &World, who: &Attached, target: Target) -> (String, String) {
    let picture = block_on(upload(world, who)).unwrap();
    let files = vec![picture.clone()];
    let said = world.chat.post(who, target, NewMessage { files, ..message("words of theirs") });
    (block_on(said).unwrap().msgid, picture)
}

async fn upload(world: &World, who: &Attached) -> Result<String, Failure<Refusal>> {
    let upload = world.chat.upload(who.account.as_ref().unwrap(), "cat.png").await?;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x03\x08\x06\0\0\0";
    upload.write(Bytes::from_static(png)).await?;
    Ok(upload.finish().await?.id)
}

fn give(world: &World, by: &Attached, topic: TopicId, who: &Attached, role: Role) {
    block_on(world.chat.set_role(by, topic, who.person, role)).unwrap();
}

fn bar(world: &World, by: &Attached, topic: TopicId, target: BanTarget, mute: bool) {
    block_on(world.chat.ban(by, topic, ban(target, mute))).unwrap();
}

fn ban(target: BanTarget, mute: bool) -> NewBan {
    NewBan { target, mute, reason: String::new(), seconds: None }
}

fn offer(room: TopicId, role: Role) -> RoomOffer {
    RoomOffer { room, role, terms: InvitationTerms { uses: 1, valid_for_s: 60 } }
}

/// What a command gives: whether there is something.
type Answer = Result<bool, Failure<Refusal>>;

impl Scene<'_> {
    /// Gives a command, and says in one word what came of it.
    async fn run(&self, row: &str) -> &'static str {
        let (command, what) = row.split_once(':').unwrap_or((row, ""));
        if matches!(command, "file" | "upload") && self.who.account.is_none() {
            return "-";
        }
        let answer = match self.look(command).await {
            Some(answer) => answer,
            None => match self.speak(command, what).await {
                Some(answer) => answer,
                None => match self.keep_order(command, what).await {
                    Some(answer) => answer,
                    None => self.come_and_go(command, what).await,
                },
            },
        };
        word(&answer)
    }

    /// The commands that read.
    async fn look(&self, command: &str) -> Option<Answer> {
        let (chat, who, scope, topic) = (&self.world.chat, &self.who, self.scope, self.topic);
        let direct = match scope {
            Scope::Direct(person) => Some(person),
            Scope::Room(_) => None,
        };
        let is_here = |room: TopicId| direct.is_none() && room == topic;
        Some(match command {
            "history" => chat
                .history(who, scope, Page::latest(9))
                .await
                .map(|page| page.messages.iter().any(|message| message.msgid == self.theirs)),
            "locate" => {
                let moment = Moment::Msgid(self.theirs.clone());
                chat.locate(who, scope, moment).await.map(|found| found.is_some())
            }
            "latest" => Ok(chat
                .latest(who, vec![topic])
                .await
                .unwrap()
                .iter()
                .any(|latest| latest.scope == scope)),
            "last_until" => {
                chat.last_until(who, scope, u64::MAX).await.map(|found| found.is_some())
            }
            "search" => {
                chat.keep().unwrap();
                let query = "theirs".to_owned();
                let search = Search { query, scope: Some(scope), limit: 9, ..Search::default() };
                chat.search(who, search).await.map(|page| !page.hits.is_empty())
            }
            "file" => {
                let account = who.account.as_ref().unwrap();
                chat.file(account, &self.picture).await.map(|_| true)
            }
            "mark_read" => chat.mark_read(who, topic, direct, u64::MAX).await.map(|_| true),
            "read_offset" => chat.read_offset(who, topic, direct).await.map(|offset| offset > 0),
            "mark" => chat.mark(who, scope).await.map(|mark| mark.is_some()),
            "members" => chat.members(who, topic).await.map(|_| true),
            "visible" => Ok(chat.visible(who, &name(&self.room)).await.unwrap().is_some()),
            "room" => Ok(chat.room(who, topic).await.unwrap().is_some()),
            "rooms" => {
                let rooms = chat.rooms(who).await.unwrap();
                Ok(rooms.iter().any(|summary| summary.room.topic == topic))
            }
            "overview" => {
                let overview = chat.overview(who).await.unwrap();
                let known = |person| overview.direct.iter().any(|one| Some(one.person) == person);
                Ok(known(direct) || overview.rooms.iter().any(|one| is_here(one.room.topic)))
            }
            "name_of" => Ok(chat.name_of(who, self.victim.person).await.unwrap().is_some()),
            "known_as" => {
                Ok(chat.known_as(who, self.victim.nick.as_str()).await.unwrap().is_some())
            }
            _ => return None,
        })
    }

    /// The commands by which something is said, or becomes of what was said.
    async fn speak(&self, command: &str, what: &str) -> Option<Answer> {
        let (chat, who, scope) = (&self.world.chat, &self.who, self.scope);
        let target = || match scope {
            Scope::Room(room) => Target::Room(room),
            Scope::Direct(person) => Target::Person(person, self.victim.nick.clone()),
        };
        let msgid = if what == "own" { self.own.clone() } else { self.theirs.clone() };
        let done = match command {
            "post" => chat.post(who, target(), message("hello")).await.map(drop),
            "relay" => chat.relay(who, target(), "hello".into()).await,
            "typing" => chat.typing(who, scope, TypingState::Active).await,
            "edit" => {
                let edit = Edit { msgid, text: "other words".into(), key: None };
                chat.edit(who, scope, edit).await.map(drop)
            }
            "edits" => chat.edits(who, scope, msgid).await.map(drop),
            "redact" => chat.redact(who, scope, msgid, String::new()).await,
            "react" => chat.react(who, scope, msgid, "👍".into()).await,
            "unreact" => chat.unreact(who, scope, msgid, "👍".into()).await,
            "set_draft" => chat.set_draft(who, scope, "well".into()).await,
            "set_notify" => chat.set_notify(who, scope, NotifyLevel::All).await,
            _ => return None,
        };
        Some(done.map(|()| true))
    }

    /// The commands by which order is kept.
    async fn keep_order(&self, command: &str, what: &str) -> Option<Answer> {
        let (chat, who, topic) = (&self.world.chat, &self.who, self.topic);
        let person = match what {
            "owner" if command != "set_role" => self.owner.person,
            "self" => who.person,
            _ => self.victim.person,
        };
        let ghost = || BanMask::new("ghost").unwrap();
        let done = match command {
            "report" => chat.report(who, topic, self.theirs.clone(), "rude".into()).await,
            "set_subject" => chat.set_subject(who, topic, "words".into()).await,
            "invite" => chat.invite(who, topic, self.friend).await,
            "create_invitation" => {
                let role = match what {
                    "voice" => Role::Voice,
                    "owner" => Role::Owner,
                    _ => Role::Member,
                };
                chat.create_invitation(who, offer(topic, role)).await.map(drop)
            }
            "kick" => chat.kick(who, topic, person, String::new()).await,
            "ban" => chat.ban(who, topic, ban(BanTarget::Person(person), false)).await.map(drop),
            "unban" => chat.unban(who, topic, ghost(), None).await.map(drop),
            "bans" => chat.bans(who, topic).await.map(drop),
            "set_role" => {
                let role = if what == "voice" { Role::Voice } else { Role::Owner };
                chat.set_role(who, topic, person, role).await
            }
            "set_modes" => chat.set_modes(who, topic, ModeChange::default()).await,
            "set_settings" => {
                chat.set_settings(who, topic, SettingChange::default()).await.map(drop)
            }
            "rename_room" => {
                let new = name(&format!("{}x", self.room));
                chat.rename_room(who, topic, &new, "").await
            }
            "audit" => chat.audit(who, topic, None, 9).await.map(drop),
            _ => return None,
        };
        Some(done.map(|()| true))
    }

    /// The commands about where somebody is, and what is its own.
    async fn come_and_go(&self, command: &str, what: &str) -> Answer {
        let (chat, who, topic) = (&self.world.chat, &self.who, self.topic);
        let done = match command {
            "join" => chat.join(who, &name(&self.room)).await.map(drop),
            "enlist" => chat.enlist(who, &name(&self.room)).await.map(drop),
            "follow" => chat.follow(who, topic).await.map(drop),
            "part" => chat.part(who, topic, "").await.map(drop),
            "accept_invitation" => {
                let made = chat.create_invitation(&self.owner, offer(topic, Role::Voice));
                chat.accept_invitation(who, &made.await.unwrap()).await.map(drop)
            }
            "invitation" | "register" => {
                let root = self.world.admin("root");
                let token = self.world.link.create_invitation(&root.actor(), 1, 60).await.unwrap();
                match command {
                    "invitation" => chat.invitation(&token).await.map(drop),
                    _ => {
                        let name = format!("{}x", who.nick);
                        let made = chat.register(&name, "password", Some(&token), None).await;
                        made.map(drop).map_err(|failure| panic!("{failure:?}"))
                    }
                }
            }
            "invitations" => chat.invitations(who).await.map(drop),
            "rename" => {
                let nick = Nick::new(&format!("{}x", who.nick)).unwrap();
                chat.rename(who, &nick).await.unwrap();
                Ok(())
            }
            "renamed" => {
                chat.renamed(who.person).await;
                Ok(())
            }
            "arrived" => {
                chat.arrived(who).await;
                Ok(())
            }
            "device_seen" => {
                return Ok(chat.device_seen(who, "phone").await.unwrap().is_some());
            }
            "note_device" => chat.note_device(who, "phone", 2).await,
            "set_quiet_hours" => {
                let quiet = Some(QuietHours { starts: 1, ends: 2 });
                chat.set_quiet_hours(who, quiet).await
            }
            "set_profile" => {
                let avatar = (what == "theirs").then(|| Some(self.picture.clone()));
                chat.set_profile(who, ProfileChange { avatar, ..ProfileChange::default() }).await
            }
            "avatars" => {
                chat.avatars(vec![who.person]).await.unwrap();
                Ok(())
            }
            "upload" => upload(self.world, who).await.map(drop),
            other => panic!("no such command: {other}"),
        };
        done.map(|()| true)
    }
}

fn word(answer: &Answer) -> &'static str {
    let why = match answer {
        Ok(true) => return "yes",
        Ok(false) => return "nothing",
        Err(Failure::Refused(why)) => why,
        Err(other) => panic!("{other:?}"),
    };
    match why {
        Refusal::NoSuchMessage | Refusal::NoSuchFile => "nothing",
        Refusal::NotAMember => "outside",
        Refusal::NoSuchRoom => "unseen",
        Refusal::InvitedOnly => "door",
        Refusal::NeedsAccount | Refusal::Invitation(InvitationRefusal::NotAllowed) => "account",
        Refusal::NotTheAuthor => "author",
        Refusal::NotInRoom => "absent",
        Refusal::LobbyKeepsName => "kept",
        Refusal::Denied(Denied::Banned) => "banned",
        Refusal::Denied(Denied::Muted) => "muted",
        Refusal::Denied(Denied::Moderated) => "quiet",
        Refusal::Denied(Denied::Locked) => "locked",
        Refusal::Denied(Denied::Needs { role: Role::Moderator }) => "moderator",
        Refusal::Denied(Denied::Needs { role: Role::Owner }) => "owner",
        other => panic!("{other:?}"),
    }
}
