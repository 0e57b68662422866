//! Input that no well-behaved client would send: it gets a clear error, harms nobody else and loses
//! nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use parlor_testkit::deadline::{Deadline, PATIENCE};
use parlor_testkit::irc_client::IrcClient;
use parlor_testkit::program::Server;

use crate::scene::{LOBBY, guest, launch};

/// The beginning of what a browser or a client that wants TLS sends: a ClientHello.
const TLS_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x1c\x2f\x80\x11\x00\x0b";

/// How long anything of these may take that the server does at once.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Sends bytes and reads what comes until the server closes.
#[track_caller]
fn answer_to(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        // A server that closes while unread input waits resets the connection; the answer that came
        // before is what counts.
        assert!(!answer.is_empty(), "no answer, but {error}");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[track_caller]
fn is_well(server: &Server) {
    let mut guest = IrcClient::guest(server.irc(), "well");
    guest.send("QUIT");
    guest.expect_closed(PATIENCE);
}

#[test]
fn a_browser_on_the_irc_port_is_told_where_it_is() {
    let server = launch().start();
    for request in
        ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /x HTTP/1.1\r\nHost: x\r\n\r\nNICK ann\r\n"]
    {
        let answer = answer_to(server.irc(), request.as_bytes());
        // In HTTP, since that is what a browser can show.
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer:?}");
        assert!(answer.contains("speaks IRC"), "{answer:?}");
    }
    is_well(&server);
}

#[test]
fn tls_on_a_plain_port_is_told_so() {
    let server = launch().start();
    let answer = answer_to(server.irc(), TLS_HELLO);
    assert!(answer.contains("ERROR") && answer.contains("TLS"), "{answer:?}");
    let answer = answer_to(server.http(), TLS_HELLO);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer:?}");
    assert!(answer.contains("TLS") || answer.contains("https"), "{answer:?}");
    is_well(&server);
}

#[test]
fn irc_on_the_http_port_is_no_request() {
    let server = launch().start();
    let answer = answer_to(server.http(), b"NICK ann\r\nUSER ann 0 * :Ann\r\n");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer:?}");
    is_well(&server);
}

#[test]
fn a_line_that_cannot_be_is_answered_and_the_next_one_works() {
    let server = launch().start();
    let mut ann = guest(&server, "ann");
    let mut bob = guest(&server, "bob");
    let long = format!("PRIVMSG {LOBBY} :{}", "x".repeat(600));
    ann.send(&long);
    ann.expect(" 417 ann ");
    ann.try_send_bytes(format!("PRIVMSG {LOBBY} :\u{fffd}\r\n").as_bytes()).unwrap();
    ann.try_send_bytes(b"PRIVMSG #lobby :\xff\xfe\r\n").unwrap();
    let line = ann.find("FAIL", PATIENCE, |line| line.contains("FAIL ") || line.contains("NOTICE"));
    assert!(line.contains("INVALID_UTF8"), "{line}");
    ann.send("FROBNICATE now");
    ann.expect(" 421 ann FROBNICATE ");
    ann.send("PRIVMSG");
    ann.settle();
    ann.send(&format!("PRIVMSG {LOBBY} :still here"));
    bob.expect("still here");
    assert!(!bob.conversation().contains("xxxx"), "{}", bob.conversation());
}

#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    let server = launch().start();
    let mut eve = IrcClient::connect(server.irc());
    let block = vec![b'x'; 64 * 1024];
    // Sixteen megabytes before registration, without one line end.
    let refused = (0..256).any(|_| eve.try_send_bytes(&block).is_err());
    if !refused {
        eve.try_send_bytes(b"\r\n").ok();
    }
    is_well(&server);
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = resident.trim().trim_end_matches(" kB").trim().parse().unwrap();
    assert!(kib < 64 * 1024, "the server holds {kib} KiB after a line without end");
}

/// Sends a byte of an unfinished request now and then until the server has had enough.
fn drip(address: SocketAddr, bytes: &'static [u8], allowed: Duration) -> Duration {
    let mut stream = TcpStream::connect(address).unwrap();
    let every = Duration::from_millis(500);
    stream.set_read_timeout(Some(every)).unwrap();
    let deadline = Deadline::after(allowed);
    let mut bytes = bytes.iter().cycle();
    while !deadline.passed() {
        let byte = [*bytes.next().unwrap()];
        if stream.write_all(&byte).is_err() {
            return deadline.elapsed();
        }
        // The pause until the next byte is spent listening for the end.
        match stream.read(&mut [0; 512]) {
            Ok(0) => return deadline.elapsed(),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                return deadline.elapsed();
            }
            _ => {}
        }
    }
    panic!("a slow sender still holds its connection after {allowed:?}");
}

#[test]
fn one_who_never_finishes_a_request_is_dropped() {
    let server = launch().start();
    let (irc, http) = (server.irc(), server.http());
    let slow_irc = thread::spawn(move || drip(irc, b"NICK ", Duration::from_secs(60)));
    let slow_http = thread::spawn(move || drip(http, b"GET /", Duration::from_secs(60)));
    let silent = thread::spawn(move || {
        let mut silent = IrcClient::connect(irc);
        silent.expect_closed(Duration::from_secs(60));
    });
    // Nobody else notices.
    let mut ann = guest(&server, "ann");
    let watched = Deadline::after(Duration::from_secs(5));
    while !watched.passed() {
        let asked = Deadline::after(AT_ONCE);
        ann.settle();
        assert!(asked.elapsed() < Duration::from_secs(1), "ann waited {:?}", asked.elapsed());
        // Nothing is waited for here: she speaks at the pace of a person.
        thread::sleep(Duration::from_millis(200));
    }
    slow_http.join().unwrap();
    slow_irc.join().unwrap();
    silent.join().unwrap();
    is_well(&server);
}

#[test]
fn a_flood_is_slowed_and_told_and_nobody_else_notices() {
    let server = launch().start();
    let mut bob = guest(&server, "bob");
    let mut eve = guest(&server, "eve");
    // Far more than the burst that anybody has: the server takes what it takes, and reads no more.
    let lines = 400;
    for number in 0..lines {
        eve.send(&format!("PRIVMSG {LOBBY} :flood {number}"));
    }
    let flooding = thread::spawn(move || {
        eve.find("a warning", Duration::from_secs(90), |line| {
            line.starts_with("ERROR")
                || line.to_lowercase().contains("flood")
                || line.contains("fast")
        })
    });
    let mut heard = 0;
    let watched = Deadline::after(Duration::from_secs(8));
    while !watched.passed() {
        let asked = Deadline::after(AT_ONCE);
        let lines = bob.settle();
        assert!(asked.elapsed() < Duration::from_secs(1), "bob waited {:?}", asked.elapsed());
        heard += lines.iter().filter(|line| line.contains("flood ")).count();
        // Nothing is waited for here: he asks at a pace that is no flood itself.
        thread::sleep(Duration::from_millis(100));
    }
    assert!((1..lines / 4).contains(&heard), "{heard} of {lines} lines came within {watched:?}");
    let told = flooding.join().unwrap();
    assert!(!told.is_empty());
    is_well(&server);
}
