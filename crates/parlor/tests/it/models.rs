//! The product's main scenario on every I/O model, and the lecture's echo server on each.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;

use parlor_engine::Model;
use parlor_testkit::deadline::{Deadline, PATIENCE};
use parlor_testkit::program::Process;
use rustix::process::Signal;
use serde_json::json;

use crate::scene::{LOBBY, add_member, guest, history, launch, member, room_id, set_up, texts};

const STRACE: &str = "/usr/bin/strace";

/// A day in the life of a server, through a power cut.
fn main_scenario(model: &str) {
    let mut server = launch().model(model).start();
    assert_eq!(server.ready().model, model);
    let mut ann = set_up(&server, "ann");
    add_member(&server, "bob");
    let mut bob = member(&server, "bob");
    let mut cat = guest(&server, "cat");
    bob.expect("JOIN #lobby");

    // Joining is what a live connection does; hers is over IRC.
    let mut ann_on_irc = member(&server, "ann");
    let room = room_id(&mut ann, LOBBY);
    let path = format!("/api/v1/rooms/{room}/messages");
    let posted = ann.post_json(&path, &json!({ "text": "from the page", "key": "k1" }));
    assert!((200..300).contains(&posted.status), "{posted:?}");
    let line = cat.expect(&format!("PRIVMSG {LOBBY} :from the page"));
    assert!(line.starts_with(":ann!"), "{line}");
    ann_on_irc.expect("from the page");
    // The same key again is the same message.
    let again = ann.post_json(&path, &json!({ "text": "from the page", "key": "k1" })).json();
    assert_eq!(again["repeated"], true, "{again}");

    bob.send(&format!("PRIVMSG {LOBBY} :from IRC"));
    bob.expect(&format!("PRIVMSG {LOBBY} :from IRC"));
    cat.expect(&format!("PRIVMSG {LOBBY} :from IRC"));
    bob.send("PRIVMSG cat :psst");
    cat.expect("PRIVMSG cat :psst");
    cat.send(&format!("TOPIC {LOBBY} :plans"));
    cat.settle();
    cat.send("NICK kitty");
    bob.expect(" NICK ");

    server.kill();
    server.restart();
    assert_eq!(server.ready().model, model);
    assert_eq!(texts(&history(&mut ann, room)), ["from the page", "from IRC"]);
    let mut dan = guest(&server, "dan");
    dan.send(&format!("PRIVMSG {LOBBY} :after the restart"));
    dan.settle();
    assert_eq!(texts(&history(&mut ann, room)).last(), Some(&"after the restart"));
    let (status, _) = server.terminate();
    assert!(status.success(), "{status}");
}

#[test]
fn the_main_scenario_on_threads() {
    main_scenario("threads");
}

#[test]
fn the_main_scenario_on_epoll() {
    main_scenario("epoll:2");
}

#[test]
fn the_main_scenario_on_io_uring() {
    main_scenario("io_uring:2");
}

#[test]
fn the_main_scenario_on_tokio() {
    main_scenario("tokio:2");
}

#[test]
fn the_main_scenario_on_select() {
    main_scenario("select");
}

#[test]
fn the_main_scenario_on_poll() {
    main_scenario("poll");
}

#[test]
fn the_main_scenario_on_a_pool() {
    main_scenario("pool:32");
}

#[test]
fn processes_that_share_no_rooms_are_refused() {
    for model in ["prefork", "prefork:4", "prefork:16/threads"] {
        let output = launch().model(model).run_to_end();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = format!(
            "the model {model} can't host Parlor: its connections live in processes that share no \
             rooms; try epoll"
        );
        assert!(said.contains(&expected), "{said}");
    }
}

/// Starts the lecture's server; it ends with the process.
fn echo_server(arguments: &[&str]) -> (Process, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command.args(["echo", "--listen", "127.0.0.1:0"]).args(arguments);
    let process = Process::start(&mut command);
    let address = Deadline::usual().wait("the ready line of the echo server", || {
        let output = process.output();
        let line = output.lines().find_map(|line| line.strip_prefix("ready echo="))?;
        line.split(' ').next()?.parse().ok()
    });
    (process, address)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn the_echo_server_echoes_on_every_model() {
    let loops =
        ["select", "poll", "epoll", "epoll:2", "io_uring", "io_uring:2", "tokio", "tokio:2"];
    let others = ["threads", "pool", "prefork:2", "prefork:2/threads"];
    for model in others.into_iter().chain(loops) {
        let (_process, address) = echo_server(&["--model", model]);
        let mut one = connect(address);
        let mut two = connect(address);
        let sent: Vec<u8> = (0_u32..60_000).flat_map(u32::to_le_bytes).collect();
        let mut writer = one.try_clone().unwrap();
        let bytes = sent.clone();
        let writing = std::thread::spawn(move || {
            writer.write_all(&bytes).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        two.write_all(b"hello").unwrap();
        let mut answer = [0; 5];
        two.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"hello", "{model}");
        let mut echoed = Vec::new();
        one.read_to_end(&mut echoed).unwrap();
        writing.join().unwrap();
        assert!(echoed == sent, "{model}: {} of {} bytes came back", echoed.len(), sent.len());
    }
}

#[test]
fn without_io_uring_the_ready_line_says_what_runs_instead() {
    let forbid = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=io_uring_setup"];
    let inject = ["-e", "inject=io_uring_setup:error=EPERM"];
    let strace = |words: &[&str]| {
        let mut command = Command::new(STRACE);
        command.args(forbid).args(inject).args(words);
        command
    };
    if !strace(&["/bin/true"]).output().is_ok_and(|output| output.status.success()) {
        println!("skipped: this machine cannot trace");
        return;
    }
    let binary = env!("CARGO_BIN_EXE_parlor");
    // A tracer that is killed lets go of what it has traced, which is to end with it.
    let together = ["setpriv", "--pdeathsig", "KILL"];
    let echo = [binary, "echo", "--listen", "127.0.0.1:0", "--model", "io_uring:2"];
    let process = Process::start(&mut strace(&[&together[..], &echo[..]].concat()));
    let line = Deadline::usual().wait("the ready line", || {
        process.output().lines().find(|line| line.starts_with("ready ")).map(str::to_owned)
    });
    assert!(line.ends_with(" model=epoll:2"), "{line}");
    let output = process.output();
    let reason = output.lines().find(|line| line.contains("io_uring cannot be used here"));
    assert!(reason.is_some_and(|line| line.contains("Operation not permitted")), "{output}");
}

/// Ends a server and returns its last line.
fn last_line(mut process: Process) -> String {
    process.signal(Signal::TERM);
    let status = process.wait_within(PATIENCE);
    assert!(status.success(), "{status}: {}", process.output());
    let output = process.output();
    output.lines().find(|line| line.starts_with("ended ")).unwrap_or(&output).to_owned()
}

#[test]
fn the_last_line_says_what_became_of_everybody() {
    let (process, address) = echo_server(&["--model", "pool:1"]);
    let mut clients: Vec<_> = (0..4).map(|_| connect(address)).collect();
    for client in &mut clients {
        client.write_all(b"hello").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
    }
    // One after the other.
    for client in &mut clients {
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"hello");
    }
    let line = last_line(process);
    let expected = "ended accepted=4 admitted=4 served=4 refused=0 dropped=0 queued_max=";
    let rest = line.strip_prefix(expected).unwrap_or_else(|| panic!("{line}"));
    let queued_max = rest.strip_suffix(" timed_out=0").unwrap_or_else(|| panic!("{line}"));
    assert!(queued_max.parse::<u32>().unwrap() <= 3, "{line}");
}

#[test]
fn processes_end_with_the_server_and_count_for_it() {
    let (process, address) = echo_server(&["--model", "prefork:2"]);
    for _ in 0..5 {
        let mut client = connect(address);
        client.write_all(b"hello").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"hello");
    }
    let id = process.id();
    let workers = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let workers: Vec<_> = workers.split_whitespace().map(str::to_owned).collect();
    assert_eq!(workers.len(), 2);
    let line = last_line(process);
    let expected = "ended accepted=5 admitted=5 served=5 refused=0 dropped=0 processes_lost=0";
    assert_eq!(line, expected);
    // They are gone before their parent is, and nobody's zombies.
    for worker in workers {
        assert!(!std::path::Path::new(&format!("/proc/{worker}")).exists(), "{worker} is left");
    }
}

#[test]
fn the_lectures_first_form_answers_once_on_every_model() {
    for model in Model::NAMES {
        let (_process, address) = echo_server(&["--once", "--model", model]);
        for _ in 0..3 {
            let mut client = connect(address);
            client.write_all(b"hello").unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).unwrap();
            assert_eq!(answer, b"hello", "{model}");
        }
    }
}

#[test]
fn who_accepts_can_be_chosen() {
    for accept in ["handoff", "shared", "exclusive", "reuseport"] {
        let (_process, address) = echo_server(&["--model", "epoll:2", "--accept", accept]);
        for _ in 0..4 {
            let mut client = connect(address);
            client.write_all(b"hello").unwrap();
            let mut answer = [0; 5];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"hello", "{accept}");
        }
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command.args(["echo", "--listen", "127.0.0.1:0", "--model", "poll", "--accept", "shared"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("`poll` does not accept by `shared`, only by handoff"), "{said}");
}
