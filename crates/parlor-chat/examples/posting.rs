//! Measures durable messages: how many are acknowledged in a second with many senders, how long
//! one takes alone, and what reading costs beside a long history.
//!
//! Run with `cargo run --release -p parlor-chat --example posting -- [senders] [messages]`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program to look at figures")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Instant,
};

use parlor_chat::{Chat, ChatOptions, MessageKind, NewMessage, Page, RoomName, Scope, Target};
use parlor_hub::{Attached, ClientInfo, Hashing, HubOptions, Identity, Link, Nick, Registration};
use parlor_topics::{Options, Store};

fn main() {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>().unwrap());
    let senders = numbers.next().unwrap_or(64);
    let messages = numbers.next().unwrap_or(20_000);
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(dir.path());
    options.schemas = vec![parlor_hub::schema(), parlor_chat::schema()];
    let store = Store::open(options).unwrap();
    let (registration, hashing) = (Registration::Open, Hashing::Cheap);
    let options = HubOptions { registration, hashing, attempts: false, ..HubOptions::default() };
    let link = run_one(Link::start(store.clone(), options)).unwrap();
    let chat = Chat::new(store.clone(), link.clone(), ChatOptions::default());
    let people: Vec<_> = (0..senders).map(|n| run_one(attach(&link, n))).collect();
    let name = RoomName::new("#bench").unwrap();
    let join = |who| run_one(chat.join(who, &name)).unwrap().room.topic;
    let room = people.iter().map(join).fold(None, |_, room| Some(room)).unwrap();
    let target = Target::Room(room);

    let started = Instant::now();
    let commits = store.stats().commits;
    let each = messages / senders;
    let posting = people.iter().map(|who| {
        let (chat, target) = (&chat, &target);
        let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move {
            for n in 0..each {
                let text =
                    format!("message {n} of one of many senders, about as long as people write");
                let (kind, key) = (MessageKind::Text, Some(format!("key-{n}")));
                chat.post(
                    who,
                    target.clone(),
                    NewMessage { kind, text, key, ..NewMessage::default() },
                )
                .await
                .unwrap();
            }
        });
        task
    });
    run_all(posting.collect());
    let seconds = started.elapsed().as_secs_f64();
    let done = each * senders;
    let commits = store.stats().commits - commits;
    let rate = done as f64 / seconds;
    println!(
        "{senders} senders: {rate:.0} messages/s, {done} in {seconds:.2} s, {commits} commits"
    );

    let mut alone: Vec<_> = (0..500)
        .map(|_| {
            let started = Instant::now();
            let (kind, text) = (MessageKind::Text, "alone".to_owned());
            let message = NewMessage { kind, text, ..NewMessage::default() };
            run_one(chat.post(&people[0], target.clone(), message)).unwrap();
            started.elapsed()
        })
        .collect();
    alone.sort_unstable();
    println!("one alone: p50 {:?}, p99 {:?}", alone[250], alone[495]);

    let scope = Scope::Room(room);
    let started = Instant::now();
    for _ in 0..100 {
        run_one(chat.history(&people[0], scope, Page::before(done / 2, 50))).unwrap();
    }
    println!("a page of 50: {:?}", started.elapsed() / 100);
    let started = Instant::now();
    for _ in 0..100 {
        run_one(chat.overview(&people[0])).unwrap();
    }
    println!("an overview: {:?}", started.elapsed() / 100);
    link.stop();
    store.close();
}

async fn attach(link: &Link, n: u64) -> Attached {
    let (user, host, realname) = ("u".into(), "h".into(), "r".into());
    let client = ClientInfo { protocol: "bench", user, host, realname, away: None };
    link.attach(Identity::Guest, &Nick::new(&format!("g{n}")).unwrap(), client).await.unwrap()
}

/// A task's wish to be polled again.
struct Wish {
    wished: AtomicBool,
    thread: Thread,
}

impl Wake for Wish {
    fn wake(self: Arc<Self>) {
        self.wished.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

fn run_one<F: Future>(future: F) -> F::Output {
    let mut output = None;
    run_all(vec![Box::pin(async { output = Some(future.await) })]);
    output.unwrap()
}

/// Runs futures on this thread until all are done.
fn run_all(futures: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>) {
    let mut tasks: Vec<_> = futures
        .into_iter()
        .map(|future| {
            let wish = Wish { wished: AtomicBool::new(true), thread: thread::current() };
            (future, Arc::new(wish))
        })
        .collect();
    while !tasks.is_empty() {
        let mut idle = true;
        tasks.retain_mut(|(future, wish)| {
            if !wish.wished.swap(false, Ordering::Acquire) {
                return true;
            }
            idle = false;
            let waker = Waker::from(wish.clone());
            matches!(future.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending)
        });
        if idle {
            thread::park();
        }
    }
}
