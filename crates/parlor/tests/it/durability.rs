//! What was shown as sent is there after the server was killed, at any moment, again and again.
//!
//! Writers keep a ledger outside the server: a line is entered when its echo has come back, which is
//! what a client shows as sent. After each `kill -9` the history must hold every entered line once,
//! each writer's lines in their order, and nothing that nobody wrote.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parlor_testkit::deadline::Deadline;
use parlor_testkit::http_client::HttpClient;
use parlor_testkit::irc_client::{IrcClient, tag};
use serde_json::Value;

use crate::scene::{LOBBY, SECRET, add_member, history, launch, room_id, sign_in};

const WRITERS: usize = 4;
const KILLS: usize = 5;

/// How long the writers go on before each kill, once lines are being kept; odd, so that kills fall
/// everywhere.
const WRITING_MS: [u64; KILLS] = [137, 353, 71, 509, 233];

/// One round of writing, as the writers share it with who kills the server.
#[derive(Debug, Default)]
struct Round {
    number: usize,
    over: AtomicBool,
    acknowledged: AtomicUsize,
}

/// What one writer knows: the texts it has sent, and the ids of those whose echo came back.
#[derive(Debug, Default)]
struct Ledger {
    sent: Vec<String>,
    acknowledged: Vec<(String, String)>,
}

/// Writes until the server is gone or it is told to stop; one line at a time, as a person would.
fn write(mut client: IrcClient, name: &str, round: &Round) -> Ledger {
    let mut ledger = Ledger::default();
    for number in 0.. {
        if round.over.load(Ordering::Relaxed) {
            return ledger;
        }
        let text = format!("{name} {} {number}", round.number);
        ledger.sent.push(text.clone());
        let line = format!("PRIVMSG {LOBBY} :{text}\r\n");
        if client.try_send_bytes(line.as_bytes()).is_err() {
            return ledger;
        }
        let echo = format!("PRIVMSG {LOBBY} :{text}");
        let deadline = Deadline::usual();
        loop {
            match client.line(&deadline) {
                Some(line) if line.ends_with(&echo) => {
                    let id = tag(&line, "msgid").expect("an echo carries its msgid").to_owned();
                    ledger.acknowledged.push((id, text));
                    round.acknowledged.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Some(_) => {}
                None => return ledger,
            }
        }
    }
    ledger
}

fn start_writer(address: SocketAddr, name: String, round: &Arc<Round>) -> JoinHandle<Ledger> {
    let round = Arc::clone(round);
    let wanted = ["echo-message", "message-tags", "server-time"];
    let mut client = IrcClient::guest_with(address, &name, &wanted);
    client.send(&format!("JOIN {LOBBY}"));
    client.expect(" 366 ");
    thread::spawn(move || write(client, &name, &round))
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let mut server = launch().flag("--profile").flag("lab").start();
    add_member(&server, "reader");
    let mut acknowledged: Vec<(String, String)> = Vec::new();
    let mut sent: Vec<String> = Vec::new();
    for (number, writing_ms) in WRITING_MS.into_iter().enumerate() {
        let round = Arc::new(Round { number, ..Round::default() });
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| start_writer(server.irc(), format!("writer{number}"), &round))
            .collect();
        Deadline::usual().wait("lines to be kept", || {
            (round.acknowledged.load(Ordering::Relaxed) > WRITERS).then_some(())
        });
        // Nothing is waited for here: the moment of the kill is what is tested.
        thread::sleep(Duration::from_millis(writing_ms));
        server.kill();
        round.over.store(true, Ordering::Relaxed);
        for writer in writers {
            let ledger = writer.join().expect("a writer does not panic");
            sent.extend(ledger.sent);
            acknowledged.extend(ledger.acknowledged);
        }
        server.restart();
        let (mut reader, answer) = sign_in(&server, "reader", SECRET);
        assert_eq!(answer.status, 200, "{answer:?}");
        let room = room_id(&mut reader, LOBBY);
        compare(&history(&mut reader, room), &acknowledged, &sent);
    }
    assert!(acknowledged.len() > KILLS * WRITERS, "only {} lines written", acknowledged.len());
}

#[test]
fn all_that_is_acknowledged_is_found_after_a_kill_while_it_is_being_indexed() {
    let mut server = launch().flag("--profile").flag("lab").start();
    add_member(&server, "reader");
    let mut acknowledged: HashSet<String> = HashSet::new();
    for number in 0..2 {
        let round = Arc::new(Round { number, ..Round::default() });
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| start_writer(server.irc(), format!("writer{number}"), &round))
            .collect();
        let (mut reader, _) = sign_in(&server, "reader", SECRET);
        let room = room_id(&mut reader, LOBBY);
        // The first line of this round is found: the index is being filled, and more comes in.
        Deadline::usual().wait("the index to be filled", || {
            let query = format!("\"writer0 {number} 0\"");
            (!found(&mut reader, room, &query, 1).is_empty()).then_some(())
        });
        server.kill();
        round.over.store(true, Ordering::Relaxed);
        for writer in writers {
            let ledger = writer.join().expect("a writer does not panic");
            acknowledged.extend(ledger.acknowledged.into_iter().map(|(_, text)| text));
        }
        server.restart();
        let (mut reader, _) = sign_in(&server, "reader", SECRET);
        Deadline::usual().wait("all of it to be found", || {
            let found = found(&mut reader, room, "writer*", usize::MAX);
            acknowledged.iter().all(|text| found.contains(text)).then_some(())
        });
    }
    assert!(acknowledged.len() > WRITERS, "only {} lines written", acknowledged.len());
}

/// What a search in a room finds, page by page, until it is enough.
fn found(client: &mut HttpClient, room: u64, query: &str, enough: usize) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut before = String::new();
    loop {
        let query = query.replace(' ', "%20").replace('"', "%22");
        let path = format!("/api/v1/search?query={query}&k={room}&limit=50{before}");
        let page: Value = serde_json::from_str(&client.get(&path).body).expect("an answer in JSON");
        let hits = page["hits"].as_array().expect("hits").iter();
        found
            .extend(hits.map(|hit| hit["message"]["text"].as_str().unwrap_or_default().to_owned()));
        match page["next"].as_str() {
            Some(next) if found.len() < enough => before = format!("&before={next}"),
            _ => return found,
        }
    }
}

/// Compares the history with what the writers know.
fn compare(history: &[Value], acknowledged: &[(String, String)], sent: &[String]) {
    let mut texts: HashMap<&str, &str> = HashMap::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, message) in history.iter().enumerate() {
        let (id, text) = (message["msgid"].as_str().unwrap(), message["text"].as_str().unwrap());
        assert!(texts.insert(id, text).is_none(), "the id {id} is there twice");
        assert!(places.insert(text, place).is_none(), "{text:?} is there twice");
        assert!(sent.iter().any(|known| known == text), "nobody has sent {text:?}");
    }
    let mut last: HashMap<&str, usize> = HashMap::new();
    for (id, text) in acknowledged {
        assert_eq!(texts.get(id.as_str()), Some(&text.as_str()), "{text:?} was shown as sent");
        let writer = text.split(' ').next().unwrap_or_default();
        let place = places[text.as_str()];
        let before = last.insert(writer, place);
        assert!(before.is_none_or(|before| before < place), "{text:?} is out of order");
    }
    let offsets: Vec<u64> = history.iter().filter_map(|message| message["n"].as_u64()).collect();
    assert!(offsets.is_sorted_by(|a, b| a < b), "offsets are not ascending");
}
