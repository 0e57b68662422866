//! The price of a message where each connection has a thread, as the kernel sees it: one `recv` and one `send`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};

use parlor_engine::{Conn, Limits, Model, Server, service};
use tokio::io::AsyncWriteExt;

use crate::child;
use crate::running::{PATIENCE, Running, anywhere, echo, echoed, on_every, patient};

const MESSAGES: usize = 100;
const STRACE: &str = "/usr/bin/strace";

/// Why tracing is impossible here, if it is.
fn cannot_trace() -> Option<String> {
    let output = match Command::new(STRACE).args(["-o", "/dev/null", "/bin/true"]).output() {
        Ok(output) => output,
        Err(error) => return Some(format!("{STRACE}: {error}")),
    };
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The version of the kernel.
fn kernel() -> (u32, u32) {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split('.').map_while(|number| number.parse().ok());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn a_thread_takes_one_recv_and_one_send_a_message() {
    if let Some(model) = child::model() {
        let server = Running::start(&model, Limits::default(), service(echo));
        println!("\nADDRESS {}", server.port());
        std::io::stdout().flush().unwrap();
        server.wait_for("the client's end", |counters| counters.served == 1);
        return;
    }
    if let Some(reason) = cannot_trace() {
        println!("skipped, this machine cannot trace: {reason}");
        return;
    }
    for model in ["blocking", "threads", "pool:2"] {
        count_calls(model);
    }
}

fn count_calls(model: &str) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let wrapper =
        [STRACE, "-f", "-qq", "-e", "trace=%network,ppoll,poll,eventfd2,read,write", "-o"];
    let wrapper: Vec<_> =
        wrapper.iter().map(Into::into).chain([log.clone().into_os_string()]).collect();
    let test = "syscalls::a_thread_takes_one_recv_and_one_send_a_message";
    let mut traced = child::command(test, model, &wrapper).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(traced.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("ADDRESS ").map(str::to_owned)).unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let mut client = patient(TcpStream::connect(address).unwrap());
    for _ in 0..MESSAGES {
        echoed(&mut client, &[b'x'; 64]);
    }
    drop(client);
    lines.for_each(drop);
    assert!(traced.wait().unwrap().success());

    // The thread of the connection is the one that sends.
    let calls = std::fs::read_to_string(&log).unwrap();
    let process = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let sender = calls.lines().find(|line| line.contains("sendto(")).and_then(process).unwrap();
    let of_thread = || calls.lines().filter(|line| line.starts_with(&sender));
    let count = |call: &str| of_thread().filter(|line| line.contains(call)).count();
    let started =
        format!("{model}, of this thread:\n{}", of_thread().collect::<Vec<_>>().join("\n"));
    assert_eq!(count("sendto("), MESSAGES, "{started}");
    // One more to see the end of the stream.
    assert_eq!(count("recvfrom("), MESSAGES + 1, "{started}");
    // The accept loop that leaves others in the backlog is told once, when the place is free.
    let rings = usize::from(model == "blocking");
    assert_eq!(count("write("), rings, "{started}");
    for other in ["poll(", "eventfd2(", "read("] {
        assert_eq!(count(other), 0, "{other} {started}");
    }
}

#[test]
fn our_own_count_says_the_same() {
    on_every("syscalls::our_own_count_says_the_same", 1, |model| {
        let server = Running::start(model, Limits::default(), service(echo));
        let mut client = server.connect();
        for _ in 0..MESSAGES {
            echoed(&mut client, b"hello");
        }
        drop(client);
        // A thread shows its counts when it waits next, which may be after its handler's end is known.
        let counters = server.wait_for("the end and the last turn's counts", |counters| {
            counters.served == 1 && counters.sends == 100 && counters.recvs > 100
        });
        // A first attempt before there was anything, and the end of the stream, may come on top.
        assert!((101..=103).contains(&counters.recvs), "{model}: {} recvs", counters.recvs);
    });
}

#[test]
fn a_rings_own_count_is_what_the_kernel_sees() {
    let test = "syscalls::a_rings_own_count_is_what_the_kernel_sees";
    if let Some(model) = child::model() {
        let server = Server::new(model.parse::<Model>().unwrap());
        if server.model().name() == "io_uring" {
            let server = Running::run(server, &anywhere(), service(echo));
            let mut client = server.connect();
            for _ in 0..MESSAGES {
                echoed(&mut client, b"hello");
            }
            let metrics = server.metrics.clone();
            drop(client);
            server.wait_for("the end", |counters| counters.served == 1);
            server.stop();
            println!("\nCALLS {}", metrics.snapshot().calls);
        }
        return;
    }
    if let Some(reason) = cannot_trace() {
        println!("skipped, this machine cannot trace: {reason}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let wrapper = [STRACE, "-f", "-qq", "-e", "trace=io_uring_enter", "-o"];
    let wrapper: Vec<_> =
        wrapper.iter().map(Into::into).chain([log.clone().into_os_string()]).collect();
    let output = child::command(test, "io_uring:1", &wrapper).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let Some(ours) = said.lines().find_map(|line| line.strip_prefix("CALLS ")) else {
        println!("skipped, no ring on this machine");
        return;
    };
    let ours: usize = ours.parse().unwrap();
    let calls = std::fs::read_to_string(&log).unwrap();
    let kernels = calls.lines().filter(|line| line.contains("io_uring_enter(")).count();
    // The look whether there is a ring, and its end, are nobody's messages.
    assert!((ours..=ours + 8).contains(&kernels), "{ours} counted, {kernels} made");
    // One after the other, so each takes a call: it sends the last answer and waits for the next
    // message. Older kernels answer a send that went well, which takes another.
    let calls = if kernel() < (6, 1) { 2 * MESSAGES } else { MESSAGES };
    assert!((calls..=calls + 8).contains(&ours), "{ours} calls for {MESSAGES} messages");
}

#[test]
fn a_ring_with_a_lot_to_do_takes_less_than_half_a_call_a_message() {
    const CLIENTS: usize = 64;
    const ROUNDS: usize = 10;
    let server = Server::new("io_uring:1".parse::<Model>().unwrap());
    if server.model().name() != "io_uring" {
        println!("skipped, no ring on this machine");
        return;
    }
    // One client can hold the loop up, so that all others have sent when it looks again.
    let (held, is_held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let handler = service(move |mut conn: Conn| {
        let (held, released) = (held.clone(), Arc::clone(&released));
        async move {
            while let Ok(bytes) = conn.recv().await
                && !bytes.is_empty()
            {
                if &*bytes == b"hold" {
                    held.send(()).unwrap();
                    released.lock().unwrap().recv().unwrap();
                } else {
                    conn.write_all(&bytes).await.unwrap();
                }
            }
        }
    });
    let server = Running::run(server, &anywhere(), handler);
    let mut clients: Vec<TcpStream> = (0..CLIENTS).map(|_| server.connect()).collect();
    let mut holder = server.connect();
    for client in &mut clients {
        echoed(client, b"hello");
    }
    let before =
        server.wait_for("all answers counted", |counters| counters.sends == CLIENTS as u64);
    for _ in 0..ROUNDS {
        holder.write_all(b"hold").unwrap();
        is_held.recv_timeout(PATIENCE).unwrap();
        for client in &mut clients {
            client.write_all(b"all at once").unwrap();
        }
        release.send(()).unwrap();
        for client in &mut clients {
            client.read_exact(&mut [0; 11]).unwrap();
        }
    }
    let messages = CLIENTS * ROUNDS;
    let after = server
        .wait_for("all answers counted", |counters| counters.sends == (CLIENTS + messages) as u64);
    let calls = after.calls - before.calls;
    assert!(calls * 2 <= messages as u64, "{calls} system calls for {messages} messages");
}
