//! What is done and measured: one room with everybody in it, and senders that wait.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::crowd::{Crowd, Seen, split_head};
use crate::door::{Door, ROOM};
use crate::process::cpu_s;
use crate::server::{Kind, Server};

/// Bytes of every message's body.
const BODY_BYTES: usize = 100;
/// Clients that may be coming in at the same time.
const ENTERING_MAX: usize = 256;
/// Messages of one `last` run.
const LAST_MESSAGES: usize = 30;
/// Clients that say something; the others listen.
const SPEAKERS: usize = 16;
/// Deliveries that one `flow` run makes in all, shared among the clients; an unoptimised build shows
/// only that everything works.
const FLOW_DELIVERIES: usize = if cfg!(debug_assertions) { 30_000 } else { 3_000_000 };
/// Messages that a herd has missed.
const MISSED: usize = 10;
/// How long one `posts` run lasts.
const POSTS_TIME: Duration = Duration::from_secs(3);
/// A run that hangs is given up after this.
const PATIENCE: Duration = Duration::from_secs(180);

/// The figures of one run with all clients in one room.
pub(crate) struct RoomFigures {
    join_s: f64,
    join_cpu_s: f64,
    join_mb: f64,
    kib_per_client: f64,
    last_ms: Histogram<u64>,
    last_cpu_s_per_million: f64,
    flow_per_s: f64,
    flow_cpu_s_per_million: f64,
    own_cpu_share: f64,
    herd: Option<Herd>,
}

/// Everybody drops and comes back.
struct Herd {
    seconds: f64,
    cpu_s: f64,
}

/// One run, unless so many are more than this server can take.
pub(crate) fn room(kind: Kind, model: &str, count: usize) -> Option<RoomFigures> {
    if !kind.can_hold(count) {
        return None;
    }
    let server = Server::start(kind, model);
    let empty_kib = server.resident_kib();
    let mut crowd = Crowd::new(&server.door);
    let (cpu, start) = (server.cpu_s(), Instant::now());
    join(&mut crowd, count, None);
    let join_s = start.elapsed().as_secs_f64();
    let join_cpu_s = server.cpu_s() - cpu;
    let join_mb = crowd.bytes_read as f64 / 1e6;

    let (cpu, mut last_ms) = (server.cpu_s(), Histogram::new(3).unwrap());
    for _ in 0..LAST_MESSAGES {
        let sent = Instant::now();
        flow(&mut crowd, 1, 1);
        last_ms.record(u64::try_from(sent.elapsed().as_micros()).unwrap()).unwrap();
    }
    let listeners = count - speakers(count);
    let millions = (LAST_MESSAGES * listeners) as f64 / 1e6;
    let last_cpu_s_per_million = (server.cpu_s() - cpu) / millions;

    let messages = FLOW_DELIVERIES.div_ceil(count).max(32);
    let (cpu, own, start) = (server.cpu_s(), cpu_s("self"), Instant::now());
    flow(&mut crowd, messages, 16);
    let flow_s = start.elapsed().as_secs_f64();
    let deliveries = (messages * listeners) as f64;
    let flow_cpu_s_per_million = (server.cpu_s() - cpu) / (deliveries / 1e6);
    let own_cpu_share = (cpu_s("self") - own) / flow_s;
    let kib_per_client = (server.resident_kib() - empty_kib) / count as f64;
    let herd = crowd.door.is_live().then(|| herd(&server, &mut crowd, count));
    Some(RoomFigures {
        join_s,
        join_cpu_s,
        join_mb,
        kib_per_client,
        last_ms,
        last_cpu_s_per_million,
        flow_per_s: deliveries / flow_s,
        flow_cpu_s_per_million,
        own_cpu_share,
        herd,
    })
}

/// Brings everybody into the room, a bounded number at a time.
fn join(crowd: &mut Crowd, count: usize, resume: Option<&str>) {
    let deadline = Instant::now() + PATIENCE;
    let mut joined = 0;
    while joined < count {
        while crowd.clients.len() < count && crowd.clients.len() - joined < ENTERING_MAX {
            crowd.connect(resume);
        }
        crowd.turn(deadline, |seen| joined += usize::from(matches!(seen, Seen::Joined)));
    }
}

/// `messages` things are said by [`SPEAKERS`] in turn, at most `window` of them not yet with everybody
/// else. The speakers' own copies do not count: some servers send them none.
fn flow(crowd: &mut Crowd, messages: usize, window: usize) {
    let deadline = Instant::now() + PATIENCE;
    let speakers = speakers(crowd.clients.len());
    let listeners = crowd.clients.len() - speakers;
    let said = crowd.door.say(&"x".repeat(BODY_BYTES));
    let (mut sent, mut complete) = (0, 0);
    // How many listeners have their n-th message.
    let mut received = vec![0usize; messages];
    let mut at = vec![0usize; crowd.clients.len()];
    while complete < messages {
        let more = window.saturating_sub(sent - complete).min(messages - sent);
        for one in sent..sent + more {
            crowd.send(one % speakers, &said);
        }
        sent += more;
        crowd.turn(deadline, |seen| {
            if let Seen::Message(index) = seen
                && index >= speakers
            {
                received[at[index]] += 1;
                at[index] += 1;
            }
        });
        while complete < messages && received[complete] == listeners {
            complete += 1;
        }
    }
    assert_eq!(at.iter().sum::<usize>(), messages * listeners, "every message arrives once");
}

/// How many of so many clients speak.
fn speakers(clients: usize) -> usize {
    SPEAKERS.min(clients / 2)
}

/// Everybody drops, something is said meanwhile, and everybody comes back where they stopped.
fn herd(server: &Server, crowd: &mut Crowd, count: usize) -> Herd {
    let Door::Live { room, .. } = crowd.door else { unreachable!("only live clients resume") };
    // A client's own position, found by asking: the answer of a join says where the room stands.
    let here = position(&crowd.door, room);
    crowd.drop_all();
    let mut two = Crowd::new(&crowd.door);
    join(&mut two, 2, None);
    flow(&mut two, MISSED, 1);
    two.drop_all();
    let (cpu, start) = (server.cpu_s(), Instant::now());
    let deadline = start + PATIENCE;
    let (mut joined, mut missed) = (0, 0);
    while joined < count || missed < count * MISSED {
        while crowd.clients.len() < count && crowd.clients.len() - joined < ENTERING_MAX {
            crowd.connect(Some(&here));
        }
        crowd.turn(deadline, |seen| match seen {
            Seen::Joined => joined += 1,
            Seen::Message(_) => missed += 1,
        });
    }
    assert_eq!(missed, count * MISSED, "everybody gets what was missed, once");
    Herd { seconds: start.elapsed().as_secs_f64(), cpu_s: server.cpu_s() - cpu }
}

/// Where a room stands, as `hello` answers it.
fn position(door: &Door, room: u64) -> String {
    let (mut stream, upgrade, hello) = door.connect(0, None);
    stream.write_all(&upgrade).unwrap();
    read_until(&mut stream, |answer| split_head(answer.as_bytes()).map(drop));
    stream.write_all(&hello).unwrap();
    let begin = format!("\"k\":{room},");
    read_until(&mut stream, |answer| {
        let (_, view) = answer.split_once(&begin)?;
        let (_, position) = view.split_once("\"pos\":\"")?;
        Some(position.split_once('"')?.0.to_owned())
    })
}

/// Reads until something is found in what has come.
fn read_until<T>(stream: &mut TcpStream, find: impl Fn(&str) -> Option<T>) -> T {
    let (mut answer, mut buffer) = (String::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "no answer");
        answer.push_str(&String::from_utf8_lossy(&buffer[..count]));
        if let Some(found) = find(&answer) {
            return found;
        }
    }
}

/// The figures of one run with senders that wait for their echo.
pub(crate) struct PostFigures {
    per_s: f64,
    cpu_us: f64,
    latency_us: Histogram<u64>,
}

/// Senders in a room each, over IRC, the next message after the last one's durable echo.
pub(crate) fn posts(model: &str, senders: usize) -> PostFigures {
    let server = Server::start(Kind::Parlor, model);
    let Door::Parlor { irc, .. } = server.door else { unreachable!("it is Parlor") };
    let mut crowd = Crowd::new(&server.door);
    let deadline = Instant::now() + PATIENCE;
    for index in 0..senders {
        let greeting =
            format!("CAP REQ :echo-message\r\nNICK s{index}\r\nUSER s 0 * :s\r\nCAP END\r\n");
        let join = format!("JOIN {ROOM}{index}\r\n");
        crowd.add(TcpStream::connect(irc).unwrap(), greeting.as_bytes(), join.into_bytes());
    }
    let mut joined = 0;
    while joined < senders {
        crowd.turn(deadline, |seen| joined += usize::from(matches!(seen, Seen::Joined)));
    }
    let body = "x".repeat(BODY_BYTES);
    let lines: Vec<String> =
        (0..senders).map(|index| format!("PRIVMSG {ROOM}{index} :{body}\r\n")).collect();
    let (cpu, start) = (server.cpu_s(), Instant::now());
    let mut sent_at = vec![start; senders];
    let mut latency_us = Histogram::new(3).unwrap();
    for (index, line) in lines.iter().enumerate() {
        crowd.send(index, line.as_bytes());
    }
    let (mut echoes, mut ready) = (0u64, Vec::new());
    while start.elapsed() < POSTS_TIME {
        crowd.turn(deadline, |seen| {
            if let Seen::Message(index) = seen {
                ready.push(index);
            }
        });
        for index in ready.drain(..) {
            let now = Instant::now();
            let waited = now.duration_since(sent_at[index]).as_micros();
            latency_us.record(u64::try_from(waited).unwrap()).unwrap();
            echoes += 1;
            sent_at[index] = now;
            crowd.send(index, lines[index].as_bytes());
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    PostFigures {
        per_s: echoes as f64 / seconds,
        cpu_us: (server.cpu_s() - cpu) * 1e6 / echoes as f64,
        latency_us,
    }
}

/// `median [min..max]` of one figure over the rounds.
fn spread<T>(rounds: &[T], figure: impl Fn(&T) -> f64) -> String {
    let mut all: Vec<f64> = rounds.iter().map(figure).collect();
    all.sort_by(f64::total_cmp);
    format!("{:.1} [{:.1}..{:.1}]", all[all.len() / 2], all[0], all[all.len() - 1])
}

pub(crate) fn print_room(kind: Kind, clients: usize, rounds: &[RoomFigures]) {
    let name = kind.name();
    if rounds.is_empty() {
        println!("\n{name}: {clients} clients are more than it takes within this run's patience");
        return;
    }
    println!("\n{name}: {clients} clients in one room");
    println!("  join: s                         {}", spread(rounds, |r| r.join_s));
    println!("  join: server CPU s              {}", spread(rounds, |r| r.join_cpu_s));
    println!("  join: MB of lines               {}", spread(rounds, |r| r.join_mb));
    println!("  memory: KiB a client            {}", spread(rounds, |r| r.kib_per_client));
    let at = |q: f64| move |r: &RoomFigures| r.last_ms.value_at_quantile(q) as f64 / 1e3;
    println!("  last: p50 ms                    {}", spread(rounds, at(0.5)));
    println!("  last: p99 ms                    {}", spread(rounds, at(0.99)));
    println!("  last: CPU s a million           {}", spread(rounds, |r| r.last_cpu_s_per_million));
    println!("  flow: thousand deliveries a s   {}", spread(rounds, |r| r.flow_per_s / 1e3));
    println!("  flow: CPU s a million           {}", spread(rounds, |r| r.flow_cpu_s_per_million));
    println!("  flow: CPU share of the clients  {}", spread(rounds, |r| r.own_cpu_share));
    let herd = |figure: fn(&Herd) -> f64| spread(rounds, |r| r.herd.as_ref().map_or(0.0, figure));
    if rounds.iter().all(|round| round.herd.is_some()) {
        println!("  herd: s until all are back      {}", herd(|herd| herd.seconds));
        println!("  herd: server CPU s              {}", herd(|herd| herd.cpu_s));
    }
}

pub(crate) fn print_posts(senders: usize, rounds: &[PostFigures]) {
    println!("\n{senders} senders, each waits for its durable echo");
    println!("  messages a second               {}", spread(rounds, |r| r.per_s));
    println!("  server CPU µs a message         {}", spread(rounds, |r| r.cpu_us));
    let at = |q: f64| move |r: &PostFigures| r.latency_us.value_at_quantile(q) as f64 / 1e3;
    println!("  p50 ms                          {}", spread(rounds, at(0.5)));
    println!("  p99 ms                          {}", spread(rounds, at(0.99)));
}
