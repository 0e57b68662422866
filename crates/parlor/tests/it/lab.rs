//! `parlor lab` from outside: a small run with its report in a browser, bad input, and its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use parlor_testkit::browser::Script;
use parlor_testkit::deadline::{Deadline, PATIENCE};
use parlor_testkit::program::{Process, run};
use parlor_testkit::tool;
use rustix::process::Signal;
use serde_json::{Value, json};

const PARLOR: &str = env!("CARGO_BIN_EXE_parlor");

/// How long a small run may take on a machine that is busy with everything else: a quick run keeps to
/// less than two minutes by itself, and drawing what it has measured takes moments.
const RUN_PATIENCE: Duration = Duration::from_secs(240);

fn lab(arguments: &[&str]) -> Output {
    run(Command::new(PARLOR).arg("lab").args(arguments), b"", RUN_PATIENCE)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_small_run_of_everything_is_a_page_that_can_be_looked_at() {
    let own = tempfile::tempdir().unwrap();
    // `PARLOR_SCREENSHOTS=DIR cargo test -p parlor --test it looked_at` keeps the pictures.
    let pictures = std::env::var_os("PARLOR_SCREENSHOTS");
    let pictures = pictures.map_or_else(|| own.path().join("pictures"), Into::into);
    let out = own.path().join("report");
    let echo = format!("own='{PARLOR}' echo --model poll --listen $HOST:$PORT");
    let output = lab(&[
        "--quick",
        "--models=epoll,pool",
        "--connections=24",
        "--peer",
        &echo,
        "--out",
        out.to_str().unwrap(),
    ]);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "a pipe gets no progress display");

    let results = std::fs::read_to_string(out.join("results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    let rows = results["rows"].as_array().unwrap();
    let of = |scenario: &str, subject: &str| -> Value {
        let found = rows.iter().filter(|row| row["scenario"] == scenario);
        found.rev().find(|row| row["subject"] == subject).cloned().unwrap_or_default()
    };
    let median = |row: &Value, figure: &str| row["figures"][figure]["median"].as_f64();
    for scenario in
        ["echo", "oneshot", "idle", "c10k", "c100k", "storm", "broadcast", "work", "wait", "slow"]
    {
        assert!(printed.contains(&format!("\n{scenario}: ")), "{scenario}:\n{printed}");
        assert!(of(scenario, "epoll:1").is_object(), "{scenario}:\n{printed}");
    }
    for subject in ["epoll:1", "own", "floor:epoll"] {
        assert_eq!(median(&of("echo", subject), "served"), Some(24.0), "{subject}:\n{printed}");
        assert!(median(&of("echo", subject), "flat_cpu_us") > Some(0.0), "{subject}:\n{printed}");
        assert_eq!(of("echo", subject)["rounds"][0]["failures"]["wrong"], 0);
    }
    // The pool's wall has its name.
    let pool = of("echo", "pool");
    assert_eq!(median(&pool, "served"), Some(5.0), "{printed}");
    assert!(pool["notes"].to_string().contains("wall: 5 of 24 served"), "{pool}");
    assert!(out.join("histograms/echo-24-epoll-1.csv").is_file());

    let page = out.join("index.html");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/lab.mjs");
    Script::new(script, &format!("file://{}", page.display()))
        .with("PARLOR_SCREENSHOTS", pictures.display().to_string())
        .run();
    assert_eq!(std::fs::read_dir(&pictures).unwrap().count(), 4, "light and dark, wide and narrow");
}

#[test]
fn every_model_is_measured_by_its_name() {
    let own = tempfile::tempdir().unwrap();
    let out = own.path().join("report");
    let output = lab(&["echo", "--quick", "--connections=3", "--out", out.to_str().unwrap()]);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", text(&output.stderr));
    let results = std::fs::read_to_string(out.join("results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    for name in parlor_engine::Model::NAMES {
        let rows = results["rows"].as_array().unwrap().iter();
        let of_model =
            |row: &&Value| row["subject"].as_str().unwrap().split(':').next() == Some(name);
        let row = rows.rev().find(of_model).unwrap_or_else(|| panic!("no {name} in\n{printed}"));
        let served = row["figures"]["served"]["median"].as_f64();
        let expected = if *name == "blocking" { 1.0 } else { 3.0 };
        // A kernel that gives no rings is a line in the table.
        let missing = row["notes"].to_string().contains("this machine can't run it");
        assert!(served == Some(expected) || missing, "{name}: {row}\n{printed}");
    }
}

#[test]
fn a_peer_that_goes_wrong_is_a_line_and_the_run_goes_on() {
    let own = tempfile::tempdir().unwrap();
    let out = own.path().join("report");
    let data = own.path().join("data");
    let other =
        format!("web='{PARLOR}' serve --http $HOST:$PORT --irc off --data '{}'", data.display());
    let output = lab(&[
        "echo",
        "--quick",
        "--models=epoll",
        "--connections=3",
        "--peer=dead=echo no such file >&2; exit 3",
        "--peer",
        &other,
        "--out",
        out.to_str().unwrap(),
    ]);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", text(&output.stderr));
    let line = |name: &str| {
        let found = printed.lines().find(|line| line.trim_start().starts_with(name));
        found.unwrap_or_else(|| panic!("no line of {name} in\n{printed}")).to_owned()
    };
    assert!(line("dead").contains("it ended (exit status: 3): no such file"), "{printed}");
    assert!(line("web").contains("3 answered with wrong bytes"), "{printed}");
    assert!(!line("epoll:1").contains("wall"), "{printed}");
}

#[test]
fn nonsense_is_refused_with_a_suggestion_before_anything_is_run() {
    let own = tempfile::tempdir().unwrap();
    std::fs::write(own.path().join("thesis.txt"), "precious").unwrap();
    let folder = own.path().to_str().unwrap();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["ehco"], 2, "did you mean `echo`?"),
        (&["--models", "epoll,tokoi"], 2, "did you mean `tokio`?"),
        (&["--connections", "10k"], 2, "did you mean 10000?"),
        (&["--peer", "python"], 2, "--peer NAME=COMMAND"),
        (&["echo", "--quick", "--out", folder], 1, "holds other files"),
    ];
    for (arguments, code, expected) in cases {
        let output = lab(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
}

/// Whether a process has this among its arguments.
fn is_running(argument: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        arguments.split(|byte| *byte == 0).any(|word| word == argument.as_bytes())
    })
}

#[test]
fn a_signal_ends_the_lab_and_everything_that_it_has_started() {
    let own = tempfile::tempdir().unwrap();
    let out = own.path().join("report");
    // A peer that never listens, so that the lab is certainly waiting for it. Its argument is found
    // again in the list of processes.
    let marker = format!("{}.{}", 4_000_000, std::process::id());
    let peer = format!("--peer=mute=sleep {marker}");
    let mut command = Command::new(PARLOR);
    command.args(["lab", "echo", "--quick", "--models=epoll", "--connections=1", &peer, "--out"]);
    let mut lab = Process::start(command.arg(&out));
    Deadline::usual().wait("the peer", || is_running(&marker).then_some(()));
    lab.signal(Signal::TERM);
    let status = lab.wait_within(PATIENCE);
    assert_eq!(status.code(), Some(1), "{}", lab.output());
    assert!(lab.output().contains("stopped"), "{}", lab.output());
    Deadline::usual().wait("the end of the peer", || (!is_running(&marker)).then_some(()));
    assert!(out.join("index.html").is_file(), "there is a report of what was measured");
}

#[test]
fn the_servers_of_a_killed_lab_end_too() {
    let own = tempfile::tempdir().unwrap();
    let marker = format!("{}.{}", 4_000_001, std::process::id());
    let peer = format!("--peer=mute=sleep {marker}");
    let mut command = Command::new(PARLOR);
    command.args(["lab", "echo", "--quick", "--models=epoll", "--connections=1", &peer, "--out"]);
    let mut lab = Process::start(command.arg(own.path().join("report")));
    Deadline::usual().wait("the peer", || is_running(&marker).then_some(()));
    lab.kill();
    Deadline::usual().wait("the end of the peer", || (!is_running(&marker)).then_some(()));
}

/// What the engine counts is what the kernel is asked: compared once, message by message.
#[test]
fn system_calls_by_our_count_are_those_that_strace_sees() {
    const MESSAGES: usize = 200;
    let strace = tool::find("strace");
    let able = Command::new(&strace).args(["-o", "/dev/null", "true"]).output().unwrap();
    if !able.status.success() {
        println!("skipped, this machine cannot trace: {}", text(&able.stderr));
        return;
    }
    let own = tempfile::tempdir().unwrap();
    let log = own.path().join("calls");
    let serve = json!({"subject": "epoll:1", "task": "Echo", "backlog": 16, "processor": null});
    let mut traced = Command::new(&strace)
        .args([
            "-f",
            "-qq",
            "-e",
            "trace=recvfrom,sendto,epoll_wait,epoll_pwait,epoll_pwait2",
            "-o",
        ])
        .arg(&log)
        .args([PARLOR, "lab", "--role", "server", "--order"])
        .arg(serve.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = traced.stdin.take().unwrap();
    let mut lines = BufReader::new(traced.stdout.take().unwrap()).lines();
    let mut answer = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let address = answer()["Ok"]["address"].as_str().unwrap().to_owned();
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    for _ in 0..MESSAGES {
        client.write_all(&[b'x'; 64]).unwrap();
        client.read_exact(&mut [0; 64]).unwrap();
    }
    input.write_all(b"null\n").unwrap();
    let counted = answer()["Ok"]["calls"].as_u64().unwrap();
    drop((client, input));
    lines.for_each(drop);
    assert!(traced.wait().unwrap().success());

    let calls = std::fs::read_to_string(&log).unwrap();
    let thread = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let worker = calls.lines().find(|line| line.contains("sendto(")).and_then(thread).unwrap();
    let begun =
        |line: &&str| !line.contains(" resumed>") && !line.contains("+++") && !line.contains("---");
    let of_worker = calls.lines().filter(|line| line.starts_with(&worker)).filter(begun);
    let seen = of_worker.count() as u64;
    // The count was asked for before the client left: its end is a recv and a wait more, and the
    // wait under way at that moment may or may not have been shown.
    assert!((counted..=counted + 4).contains(&seen), "counted {counted}, seen {seen}:\n{calls}");
    assert!(counted >= 2 * MESSAGES as u64, "a recv and a send each: {counted}");
}
