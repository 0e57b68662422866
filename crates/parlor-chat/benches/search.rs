//! How long a search takes over a million messages, by what is asked.
//!
//! `cargo bench -p parlor-chat --bench search -- [messages]`. The messages come straight into the
//! store and its tables, over a hundred rooms and a thousand days; then the keeper's own code indexes
//! them. Each question is asked many times with different words; the 50th and 95th percentile are printed.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]
#![expect(clippy::cast_possible_truncation, reason = "a word has a small number")]

use std::time::{Duration, Instant};

use parlor_chat::{Author, Chat, ChatEvent, ChatOptions, Message, MessageKind, RoomName, Search};
use parlor_hub::{
    Attached, ClientInfo, Hashing, HubOptions, Identity, Link, Nick, PersonId, Registration,
};
use parlor_testkit::executor::block_on;
use parlor_topics::{
    Abort, Clock, ManualClock, NewEvent, Options, Store, TextIndex, TopicId, params,
};

const ROOMS: u64 = 100;
const PEOPLE: u64 = 500;
/// Words of the vocabulary; the first ones are in many messages, the last ones in few.
const WORDS: u64 = 50_000;
const BATCH: u64 = 2_000;
/// When the first message is said: 14 November 2023, at 22:13:20.
const BEGINS_MS: u64 = 1_700_000_000_000;
/// For how long there are messages.
const SPAN_MS: u64 = 1_000 * 24 * 3_600 * 1_000;
const ROUNDS: u64 = 200;

fn main() {
    let wished = std::env::args().skip(1).find_map(|number| number.parse().ok());
    let messages: u64 = wished.unwrap_or(1_000_000);
    // Beside the build, because a temporary directory may lie in memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target is writable");
    let mut options = Options::new(dir.path());
    options.schemas = vec![parlor_hub::schema(), parlor_chat::schema()];
    let clock = ManualClock::new(BEGINS_MS);
    options.clock = Clock::manual(&clock);
    let store = Store::open(options).expect("an empty directory opens");
    let (registration, hashing) = (Registration::Open, Hashing::Cheap);
    let options = HubOptions { registration, hashing, attempts: false, ..HubOptions::default() };
    let link = block_on(Link::start(store.clone(), options)).expect("the hub starts");
    let index = TextIndex::open(dir.path().join("search.db")).expect("an empty file opens");
    let options = ChatOptions { lobby: None, index: Some(index) };
    let chat = Chat::new(store.clone(), link.clone(), options);

    let ann = attach(&link, "ann");
    let everywhere: Vec<TopicId> = (0..ROOMS).map(|n| join(&chat, &ann, n)).collect();
    let bob = attach(&link, "bob");
    join(&chat, &bob, 0);

    let started = Instant::now();
    fill(&store, &clock, &everywhere, messages);
    println!("{messages} messages written in {:.0} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    chat.keep().expect("the index can be written");
    let seconds = started.elapsed().as_secs_f64();
    let size = std::fs::metadata(dir.path().join("search.db")).map_or(0, |file| file.len());
    println!(
        "indexed in {seconds:.0} s ({:.0} messages/s), {} MiB",
        messages as f64 / seconds,
        size >> 20
    );

    println!("{:44} {:>9} {:>9} {:>9}", "question", "p50 ms", "p95 ms", "max ms");
    let rare = |n: u64| format!("w{}", WORDS - 1 - n);
    ask(&chat, &ann, "the commonest word", |_| "w0".to_owned());
    ask(&chat, &ann, "common words", |n| format!("w{}", n % 50));
    ask(&chat, &ann, "two common words", |n| format!("w{} w{}", n % 20, 1 + n % 19));
    ask(&chat, &ann, "a rare word", rare);
    ask(&chat, &ann, "a common and a rare word", |n| format!("w0 {}", rare(n)));
    ask(&chat, &ann, "two rare words, together nowhere", |n| {
        format!("{} {}", rare(n), rare(n + 1))
    });
    ask(&chat, &ann, "a phrase of common words", |n| format!("\"w{} w{}\"", n % 20, n % 7));
    ask(&chat, &ann, "common, from: somebody", |n| format!("w0 from:p{}", n % PEOPLE));
    ask(&chat, &ann, "from: somebody alone", |n| format!("from:p{}", n % PEOPLE));
    ask(&chat, &ann, "common, in: one room", |n| format!("w0 in:#room{}", n % ROOMS));
    ask(&chat, &ann, "common, without another common", |_| "w0 -w1".to_owned());
    ask(&chat, &ann, "common, old: before: the third day", |_| "w0 before:2023-11-17".to_owned());
    ask(&chat, &ann, "rare, before: a day in the middle", |n| {
        format!("{} before:{}", rare(n), day(n))
    });
    ask(&chat, &ann, "common, after: a day in the middle", |n| format!("w0 after:{}", day(n)));
    ask(&chat, &ann, "the beginning of common words", |n| format!("w{}*", 10 + n % 90));
    ask(&chat, &ann, "the beginning of a rare word", |n| {
        let word = rare(n);
        format!("{}*", &word[..word.len() - 1])
    });
    ask(&chat, &ann, "common, has:link", |n| format!("w{} has:link", n % 50));
    ask(&chat, &ann, "Chinese, two characters", |n| chinese(n % 300).chars().take(2).collect());
    ask(&chat, &ann, "Chinese, one character", |n| chinese(n % 300).chars().take(1).collect());
    ask(&chat, &ann, "nothing there", |n| format!("zzz{n}"));
    ask(&chat, &bob, "common, by one who is in one room", |_| "w0".to_owned());
    ask(&chat, &bob, "rare, by one who is in one room", rare);
    drop(chat);
    link.stop();
    store.close();
}

/// A day in 2024 or 2025.
fn day(n: u64) -> String {
    format!("{}-{:02}-{:02}", 2024 + n % 2, 1 + n % 12, 1 + n % 28)
}

fn attach(link: &Link, name: &str) -> Attached {
    let account = block_on(link.add_account(name, "password", false)).expect("the name is free");
    let (user, host, realname) = (name.to_owned(), "host".to_owned(), String::new());
    let client = ClientInfo { protocol: "bench", user, host, realname, away: None };
    let nick = Nick::new(name).expect("it is a nick");
    block_on(link.attach(Identity::Account(account), &nick, client)).expect("there is a seat")
}

fn join(chat: &Chat, who: &Attached, n: u64) -> TopicId {
    let name = RoomName::new(&format!("#room{n}")).expect("it is a name");
    block_on(chat.join(who, &name)).expect("rooms are open").room.topic
}

/// Writes messages as the service does, many in a transaction, and lets time pass between these.
fn fill(store: &Store, clock: &ManualClock, rooms: &[TopicId], messages: u64) {
    let mut random = Random(1);
    let batches = messages.div_ceil(BATCH);
    for batch in 0..batches {
        clock.advance_ms(SPAN_MS / batches);
        let said: Vec<_> = (0..BATCH.min(messages - batch * BATCH))
            .map(|n| {
                let room = rooms[usize::try_from(random.below(ROOMS)).expect("it is small")];
                let person = random.below(PEOPLE);
                let msgid = format!("m{:024}", batch * BATCH + n);
                let body = body(room, person, msgid.clone(), text(&mut random));
                (room, person, msgid, body)
            })
            .collect();
        let written = store.write(move |tx| {
            let now_ms = tx.now_ms();
            for (room, person, msgid, body) in &said {
                let event = NewEvent { kind: "chat.posted", actor: 1_000 + person, body };
                let offset = tx.append(*room, event)?;
                tx.execute(
                    "INSERT INTO chat_message (topic, peer, offset, author, at_ms, msgid) \
                     VALUES (?1, 0, ?2, ?3, ?4, ?5)",
                    params![*room, offset, 1_000 + person, now_ms, msgid],
                )?;
            }
            Ok::<_, Abort<()>>(())
        });
        block_on(written).expect("the disk is well");
    }
}

fn body(topic: TopicId, person: u64, msgid: String, text: String) -> bytes::Bytes {
    let (nick, user, host) = (format!("p{person}"), "user".to_owned(), "host".to_owned());
    let author =
        Author { person: PersonId(1_000 + person), nick, account: None, user, host, bot: false };
    ChatEvent::Posted(Message {
        topic,
        offset: 0,
        msgid,
        at_ms: 0,
        author,
        to: None,
        kind: MessageKind::Text,
        text,
        reply: None,
        files: Vec::new(),
        edited_ms: None,
        redacted: false,
        reactions: Vec::new(),
    })
    .encode()
}

/// A message of a dozen words, common ones more often than rare ones; some with Chinese, some with
/// a link.
fn text(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..6 + random.below(12) {
        // The exponent of a uniform number is spread like the words of a language.
        let share = random.below(1 << 30) as f64 / f64::from(1 << 30);
        let word = ((WORDS as f64).powf(share) - 1.0) as u64;
        text.push_str(&format!("w{word} "));
    }
    if random.below(10) == 0 {
        text.push_str(&chinese(random.below(300)));
    }
    if random.below(20) == 0 {
        text.push_str(" https://example.org/");
    }
    text
}

fn chinese(n: u64) -> String {
    let character = |n: u64| char::from_u32(0x4E00 + u32::try_from(n).unwrap_or(0)).unwrap_or('一');
    [character(n), character(n * 7 % 300), character(n * 3 % 300)].iter().collect()
}

fn ask(chat: &Chat, who: &Attached, name: &str, question: impl Fn(u64) -> String) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|n| {
            let search = Search { query: question(n), limit: 20, ..Search::default() };
            let started = Instant::now();
            let found = block_on(chat.search(who, search));
            let took = started.elapsed();
            drop(found.expect("it is a question"));
            took
        })
        .collect();
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    let at = |percent: usize| ms(times[(times.len() - 1) * percent / 100]);
    println!("{name:44} {:9.2} {:9.2} {:9.2}", at(50), at(95), at(100));
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
