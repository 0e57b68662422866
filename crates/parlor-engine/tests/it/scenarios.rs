//! What handlers and clients can do to each other. Each scenario returns what could be seen from
//! outside: the bytes that clients received and what handlers reported.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{
    Address, Conn, Limits, Peer, Service, is_worker, service, spawn_local, time, yield_now,
};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::oneshot;

use crate::hostile;
use crate::running::{PATIENCE, Running, echo, echoed, patient, wait_until};

/// One row of the matrix.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// How many connections are open at once.
    pub(crate) connections: usize,
    /// An idle handler is woken by something other than its socket.
    pub(crate) push: bool,
    /// The handler and the test talk through memory.
    pub(crate) shared: bool,
    pub(crate) run: fn(&str) -> Vec<u8>,
}

const fn many(connections: usize, name: &'static str, run: fn(&str) -> Vec<u8>) -> Scenario {
    Scenario { name, connections, push: false, shared: false, run }
}

const fn one(name: &'static str, run: fn(&str) -> Vec<u8>) -> Scenario {
    many(1, name, run)
}

const fn pushed(name: &'static str, run: fn(&str) -> Vec<u8>) -> Scenario {
    Scenario { push: true, ..many(1, name, run) }
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    one("messages of many sizes come back", messages),
    one("one byte at a time, in and out", dribble),
    one("8 MiB both ways through small windows, recv and push", bulk_recv),
    one("8 MiB both ways through small windows, AsyncRead and AsyncWrite", bulk_traits),
    one("the client ends its side first", half_close_by_client),
    one("the server ends its side first", half_close_by_server),
    one("a reset is an error", reset),
    one("a slow peer bounds what is queued", slow_peer),
    many(1000, "a thousand at once", thousand),
    one("many chunks in few writes, in order", vectored),
    one("several received buffers alive at once", several_buffers),
    one("a dropped recv loses nothing", cancelled_recv),
    one("an echo over a Unix socket", unix),
    one("both ends have addresses", addresses),
    pushed("timers fire in order, once, or not at all", timers),
    Scenario { shared: true, ..pushed("another thread wakes the handler", foreign_wake) },
    pushed("ten thousand messages from another thread", foreign_stream),
    pushed("tasks beside the handler", tasks),
    pushed("a pair in memory", pair),
    many(2, "a flood does not starve others", flood),
    many(3, "a panic harms only its own", panics),
    pushed("hyper, with a timer made of ours", http),
    many(3, "slow readers delay nobody", hostile::slow_readers),
    many(2, "a slow sender delays nobody", hostile::slow_sender),
    one("a storm of four hundred is served in turn", hostile::storm),
    one("clients that vanish harm nobody", hostile::vanishing),
    many(2, "a handler that computes loses nothing of others", hostile::hogging),
];

fn start(model: &str, service: Service) -> Running {
    Running::start(model, Limits::default(), service)
}

/// A handler that reports what it saw, perhaps from another process.
fn reporting<F>(
    handler: impl Fn(Conn, Reporter) -> F + Send + Sync + 'static,
) -> (Service, Option<Reports>)
where
    F: Future<Output = ()> + 'static,
{
    let path = std::env::temp_dir().join("reports");
    // A worker has the same path, and nobody to report to it.
    let reports = (!is_worker()).then(|| {
        std::fs::remove_file(&path).ok();
        Reports(UnixListener::bind(&path).unwrap())
    });
    let reporter = Reporter(path);
    (service(move |conn| handler(conn, reporter.clone())), reports)
}

#[derive(Clone)]
struct Reporter(PathBuf);

impl Reporter {
    fn send(&self, text: &str) {
        UnixStream::connect(&self.0).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

struct Reports(UnixListener);

impl Reports {
    fn next(&self) -> Vec<u8> {
        self.0.set_nonblocking(true).unwrap();
        let mut accepted = None;
        wait_until("a report", || {
            accepted = self.0.accept().ok();
            accepted.is_some()
        });
        let (mut stream, _) = accepted.unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        text
    }
}

/// Bytes that look like nothing in particular, the same each time.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(|_| next()).collect()
}

fn messages(model: &str) -> Vec<u8> {
    let server = start(model, service(echo));
    let mut client = server.connect();
    let mut seen = Vec::new();
    for size in [1, 2, 63, 64, 1000, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 100_000, 1] {
        seen.extend(echoed(&mut client, &noise(size)));
    }
    seen
}

fn dribble(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let mut line = [0; 40];
            while conn.read_exact(&mut line).await.is_ok() {
                for byte in line {
                    conn.write_all(&[byte]).await.unwrap();
                }
            }
        }),
    );
    let mut client = server.connect();
    let sent = noise(40 * 20);
    let mut seen = vec![0; sent.len()];
    for (sent, seen) in sent.chunks(40).zip(seen.chunks_mut(40)) {
        for byte in sent {
            client.write_all(&[*byte]).unwrap();
        }
        for byte in seen {
            client.read_exact(std::slice::from_mut(byte)).unwrap();
        }
    }
    assert_eq!(seen, sent);
    seen
}

/// Sends and receives a lot at once, through buffers that hold little.
fn bulk(model: &str, service: Service) -> Vec<u8> {
    const BYTES: usize = 8 * 1024 * 1024;
    let server = start(model, service);
    let client = server.connect();
    // Smaller ones than a segment of the loopback device stall for its timers, not for us.
    SockRef::from(&client).set_recv_buffer_size(128 * 1024).unwrap();
    SockRef::from(&client).set_send_buffer_size(32 * 1024).unwrap();
    let sent = noise(BYTES);
    let mut seen = Vec::with_capacity(BYTES);
    thread::scope(|scope| {
        scope.spawn(|| {
            (&client).write_all(&sent).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
        });
        (&client).read_to_end(&mut seen).unwrap();
    });
    assert!(seen == sent, "bytes were lost or changed");
    seen
}

fn bulk_recv(model: &str) -> Vec<u8> {
    bulk(model, service(echo))
}

fn bulk_traits(model: &str) -> Vec<u8> {
    bulk(
        model,
        service(|mut conn| async move {
            let mut buffer = vec![0; 5000];
            while let Ok(count) = conn.read(&mut buffer).await
                && count > 0
            {
                conn.write_all(&buffer[..count]).await.unwrap();
            }
        }),
    )
}

fn half_close_by_client(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let mut all = Vec::new();
            conn.read_to_end(&mut all).await.unwrap();
            // The end stays the end.
            assert!(conn.recv().await.unwrap().is_empty());
            conn.push(format!("{} bytes, then the end\n", all.len()).into());
            conn.push(all.into());
            conn.drain().await.unwrap();
        }),
    );
    let mut client = server.connect();
    client.write_all(&noise(100_000)).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut seen = Vec::new();
    client.read_to_end(&mut seen).unwrap();
    seen
}

fn half_close_by_server(model: &str) -> Vec<u8> {
    let (service, reports) = reporting(|mut conn, report| async move {
        conn.push(Bytes::from_static(b"that is all from me"));
        // What is queued goes out before the end.
        conn.shutdown_write().await.unwrap();
        let mut rest = Vec::new();
        conn.read_to_end(&mut rest).await.unwrap();
        let refused = conn.write_all(b"more").await.unwrap_err().kind();
        report.send(&format!("{} bytes after the end, {refused:?}", rest.len()));
    });
    let server = start(model, service);
    let mut client = server.connect();
    let mut seen = Vec::new();
    client.read_to_end(&mut seen).unwrap();
    client.write_all(&noise(200_000)).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    seen.extend(reports.unwrap().next());
    seen
}

fn reset(model: &str) -> Vec<u8> {
    let (service, reports) = reporting(|mut conn, report| async move {
        let first = conn.recv().await.unwrap().to_vec();
        conn.write_all(&first).await.unwrap();
        let error = loop {
            match conn.recv().await {
                Ok(bytes) => assert!(!bytes.is_empty(), "a reset is not a clean end"),
                Err(error) => break error,
            }
        };
        let write = loop {
            // The kernel tells the reset once; writing says that nobody is there.
            if let Err(error) = conn.write_all(&[0; 1000]).await {
                break error.kind();
            }
        };
        report.send(&format!("{:?} {write:?}", error.kind()));
    });
    let server = start(model, service);
    let mut client = server.connect();
    echoed(&mut client, b"hello");
    // With this, close sends a reset instead of an end.
    SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    reports.unwrap().next()
}

fn slow_peer(model: &str) -> Vec<u8> {
    const CHUNK: usize = 64 * 1024;
    const QUEUED_MAX: usize = 4 * CHUNK;
    let (service, reports) = reporting(|mut conn, report| async move {
        let chunk = Bytes::from(noise(CHUNK));
        let mut highest = 0;
        for _ in 0..256 {
            conn.push(chunk.clone());
            highest = highest.max(conn.queued());
            // The client reads nothing yet, so this has to stop somewhere.
            if conn.queued() >= QUEUED_MAX {
                conn.drain().await.unwrap();
            }
        }
        conn.drain().await.unwrap();
        report.send(&format!("at most {highest} queued, {} left", conn.queued()));
    });
    let server = start(model, service);
    let client = TcpStream::connect(server.port()).unwrap();
    SockRef::from(&client).set_recv_buffer_size(128 * 1024).unwrap();
    let mut client = patient(client);
    // The handler fills both socket buffers and its queue, and then waits for us.
    server.wait_for("the first writes", |counters| counters.sends > 0);
    let mut seen = Vec::new();
    client.read_to_end(&mut seen).unwrap();
    let mut text = reports.unwrap().next();
    write!(text, ", {} received", seen.len()).unwrap();
    assert!(seen.chunks(CHUNK).all(|chunk| chunk == noise(CHUNK)));
    text
}

fn thousand(model: &str) -> Vec<u8> {
    let server = start(model, service(echo));
    let mut clients: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    for round in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            write!(client, "{number:04}:{round};").unwrap();
        }
    }
    server.wait_for("all of them served at once", |counters| counters.live == 1000);
    let mut seen = Vec::new();
    for client in &mut clients {
        let mut answer = [0; 21];
        client.read_exact(&mut answer).unwrap();
        seen.extend(answer);
    }
    drop(clients);
    let report = {
        server.wait_for("all of them gone", |counters| counters.live == 0);
        server.stop()
    };
    write!(seen, "{} served", report.served).unwrap();
    seen
}

fn vectored(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            // More chunks than fit in one call, and some of them empty.
            for number in 0..500 {
                conn.push(format!("{number},").into());
                conn.push(Bytes::new());
            }
            assert_eq!(conn.queued(), 10 + 2 * 90 + 3 * 400 + 500);
            // A direct write comes after what was pushed.
            let slices = [IoSlice::new(b"and "), IoSlice::new(b"the "), IoSlice::new(b"rest")];
            let count = conn.write_vectored(&slices).await.unwrap();
            assert_eq!(count, 12);
            conn.push(Bytes::from_static(b" and last"));
            conn.flush().await.unwrap();
            assert_eq!(conn.queued(), 0);
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    // 1,000 bytes a write would be too many writes.
    let counters = server.wait_for("the handler's end", |counters| counters.live == 0);
    assert!(counters.sends <= 12, "{} writes for one burst", counters.sends);
    seen
}

fn several_buffers(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let mut kept = Vec::new();
            for _ in 0..10 {
                let bytes = conn.recv().await.unwrap();
                conn.write_all(b".").await.unwrap();
                kept.push(bytes);
            }
            for bytes in kept {
                conn.write_all(&bytes).await.unwrap();
            }
        }),
    );
    let mut client = server.connect();
    for number in 0..10u8 {
        client.write_all(&[b'a' + number; 3]).unwrap();
        client.read_exact(&mut [0]).unwrap();
    }
    let mut seen = Vec::new();
    client.read_to_end(&mut seen).unwrap();
    seen
}

fn cancelled_recv(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let mut all = Vec::new();
            let mut cancelled = 0;
            while all.len() < 1000 {
                // The time is often up just when there are bytes.
                match time::timeout(Duration::from_micros(700), conn.recv()).await {
                    Ok(bytes) => all.extend_from_slice(&bytes.unwrap()),
                    Err(_) => cancelled += 1,
                }
            }
            assert!(cancelled > 0);
            conn.write_all(&all).await.unwrap();
        }),
    );
    let mut client = server.connect();
    let sent = noise(1000);
    for chunk in sent.chunks(10) {
        client.write_all(chunk).unwrap();
        thread::park_timeout(Duration::from_millis(2));
    }
    let mut seen = vec![0; 1000];
    client.read_exact(&mut seen).unwrap();
    assert_eq!(seen, sent);
    seen
}

fn unix(model: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let address = Address::Unix(path.clone());
    let mut seen = Vec::new();
    // A dead server's file is in the way of the first round, our own of the second.
    drop(UnixListener::bind(&path).unwrap());
    for _ in 0..2 {
        let server = Running::start_at(model, Limits::default(), &address, service(echo));
        let mut client = Running::connect_unix(&path);
        seen.extend(echoed(&mut client, &noise(50_000)));
        drop(client);
        drop(server);
        assert!(!path.exists(), "the socket file is left behind");
    }
    seen
}

fn addresses(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let Peer::Tcp(peer) = *conn.peer() else { panic!("no TCP") };
            let text = format!("{} {}", conn.local(), peer.port());
            conn.write_all(text.as_bytes()).await.unwrap();
        }),
    );
    let mut client = server.connect();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    let ports = format!("{} {}", server.port(), client.local_addr().unwrap().port());
    assert_eq!(text, ports);
    b"they are right".to_vec()
}

fn timers(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let log = Rc::new(RefCell::new(String::new()));
            let start = time::now();
            let (done, mut all_done) = tokio::sync::mpsc::unbounded_channel::<()>();
            for ms in [60, 20, 80, 40] {
                let (log, done) = (Rc::clone(&log), done.clone());
                spawn_local(async move {
                    time::sleep(Duration::from_millis(ms)).await;
                    assert!(time::now() - start >= Duration::from_millis(ms), "too early");
                    write!(log.borrow_mut(), "{ms} ").unwrap();
                    drop(done);
                });
            }
            drop(done);
            all_done.recv().await;
            // Cancelled by being dropped, half way.
            let hour = Duration::from_secs(3600);
            let mut cancelled = Box::pin(time::sleep(hour));
            assert!(time::timeout(Duration::from_millis(5), &mut cancelled).await.is_err());
            drop(cancelled);
            // Moved nearer after it was armed; then used again after it was over.
            let mut moved = time::sleep(hour);
            assert!(time::timeout(Duration::from_millis(5), &mut moved).await.is_err());
            moved.reset(start + Duration::from_millis(100));
            (&mut moved).await;
            write!(log.borrow_mut(), "moved ").unwrap();
            moved.reset(start + Duration::from_millis(120));
            (&mut moved).await;
            assert!(time::now() - start >= Duration::from_millis(120), "too early");
            write!(log.borrow_mut(), "again ").unwrap();
            // In the past: at once.
            time::sleep_until(start).await;
            assert_eq!(time::timeout(Duration::from_secs(60), async { 7 }).await, Ok(7));
            let text = log.borrow().clone();
            conn.write_all(text.as_bytes()).await.unwrap();
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    assert_eq!(seen, b"20 40 60 80 moved again ");
    seen
}

fn foreign_wake(model: &str) -> Vec<u8> {
    let (service, asked) = {
        let (sender, receiver) = mpsc::channel::<oneshot::Sender<&'static str>>();
        let handler = move |mut conn: Conn| {
            let sender = sender.clone();
            async move {
                for _ in 0..3 {
                    let (answer, answered) = oneshot::channel();
                    sender.send(answer).unwrap();
                    // Waits for its socket as well, which says nothing. Both may be dropped.
                    tokio::select! {
                        bytes = conn.recv() => panic!("{bytes:?}"),
                        text = answered => conn.write_all(text.unwrap().as_bytes()).await.unwrap(),
                    }
                }
            }
        };
        (service(handler), receiver)
    };
    let server = start(model, service);
    let mut client = server.connect();
    for _ in 0..3 {
        let answer = asked.recv_timeout(PATIENCE).unwrap();
        // The handler should be asleep by now; if it is not, this is the other interleaving.
        thread::park_timeout(Duration::from_millis(10));
        answer.send("from another thread\n").unwrap();
    }
    let mut seen = Vec::new();
    client.read_to_end(&mut seen).unwrap();
    seen
}

fn foreign_stream(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let (sender, mut lines) = tokio::sync::mpsc::channel::<u32>(16);
            let thread = thread::spawn(move || {
                for number in 0..10_000 {
                    sender.blocking_send(number).unwrap();
                }
            });
            while let Some(number) = lines.recv().await {
                conn.push(Bytes::copy_from_slice(&number.to_be_bytes()));
                if conn.queued() > 10_000 {
                    conn.drain().await.unwrap();
                }
            }
            conn.drain().await.unwrap();
            thread.join().unwrap();
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    assert_eq!(seen.len(), 40_000);
    seen
}

fn tasks(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            // Not `Send`: tasks share memory with their handler.
            let words: Rc<RefCell<Vec<String>>> = Rc::default();
            let (done, mut all_done) = tokio::sync::mpsc::unbounded_channel::<()>();
            for name in ["first", "second", "third"] {
                let (words, done) = (Rc::clone(&words), done.clone());
                spawn_local(async move {
                    for round in 0..2 {
                        words.borrow_mut().push(format!("{name} {round}"));
                        yield_now().await;
                    }
                    if name == "third" {
                        let _done = done;
                        panic!("one task's panic is its own");
                    }
                });
            }
            drop(done);
            all_done.recv().await;
            // A task that never ends must not keep anything alive.
            spawn_local(std::future::pending());
            let text = words.borrow().join("\n");
            conn.write_all(text.as_bytes()).await.unwrap();
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    server.wait_for("the panic counted", |counters| counters.tasks_panicked == 1);
    let report = server.stop();
    write!(seen, "\nserved {} panicked {}", report.served, report.panicked).unwrap();
    seen
}

fn pair(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let (mut near, far) = Conn::pair();
            spawn_local(echo(far));
            let sent = noise(300_000);
            let mut seen = Vec::new();
            // More than the pair holds: writing and reading have to take turns.
            let mut offset = 0;
            while seen.len() < sent.len() {
                tokio::select! {
                    count = near.write(&sent[offset..]), if offset < sent.len() => {
                        offset += count.unwrap();
                    }
                    else => {}
                }
                seen.extend_from_slice(&near.recv().await.unwrap());
            }
            assert!(seen == sent);
            near.shutdown_write().await.unwrap();
            assert!(near.recv().await.unwrap().is_empty());
            conn.write_all(&seen).await.unwrap();
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    seen
}

fn flood(model: &str) -> Vec<u8> {
    let server = start(model, service(echo));
    let flooding = server.connect();
    let stop = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        // One client never stops sending and never lets its handler find nothing to read.
        let flood = scope.spawn(|| {
            let mut reader = flooding.try_clone().unwrap();
            let drainer = scope.spawn(move || {
                let mut sink = vec![0; 1 << 16];
                while reader.read(&mut sink).is_ok_and(|count| count > 0) {}
            });
            let chunk = vec![7; 1 << 16];
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                (&flooding).write_all(&chunk).unwrap();
            }
            flooding.shutdown(Shutdown::Write).unwrap();
            drainer.join().unwrap();
        });
        let mut client = server.connect();
        for _ in 0..20 {
            assert_eq!(echoed(&mut client, b"and me?"), b"and me?");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        flood.join().unwrap();
    });
    b"answered".to_vec()
}

fn panics(model: &str) -> Vec<u8> {
    let handler = service(|mut conn| async move {
        loop {
            let Ok(bytes) = conn.recv().await else { return };
            match &bytes[..] {
                b"" => return,
                b"panic" => panic!("as told"),
                other => conn.write_all(other).await.unwrap(),
            }
        }
    });
    let server = start(model, handler);
    let (mut before, mut bad, mut after) = (server.connect(), server.connect(), server.connect());
    let mut seen = echoed(&mut before, b"before ");
    seen.extend(echoed(&mut bad, b"calm "));
    bad.write_all(b"panic").unwrap();
    // Not a single `read`: one with a time limit is interrupted when the kernel cleans up a ring
    // that this thread has closed.
    let ended = bad.read_to_end(&mut Vec::new());
    let reset = |error: &io::Error| error.kind() == ErrorKind::ConnectionReset;
    assert!(matches!(ended, Ok(0)) || ended.as_ref().is_err_and(reset), "{ended:?}");
    seen.extend(echoed(&mut before, b"still here "));
    seen.extend(echoed(&mut after, b"after "));
    drop((before, after));
    server.wait_for("the others' end", |counters| counters.live == 0);
    let report = server.stop();
    write!(seen, "served {} panicked {}", report.served, report.panicked).unwrap();
    seen
}

/// Our timer in the shape that hyper asks for, as the HTTP crate will have it.
#[derive(Clone)]
struct Timer;

struct Nap(time::Sleep);

impl Future for Nap {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl hyper::rt::Sleep for Nap {}

impl hyper::rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Nap(time::sleep(duration)))
    }

    fn sleep_until(&self, deadline: time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Nap(time::sleep_until(deadline)))
    }
}

/// A `Conn` in the shape that hyper asks for.
struct HyperIo(Conn);

impl hyper::rt::Read for HyperIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; 4096];
        let room = cursor.remaining().min(bytes.len());
        let mut buffer = ReadBuf::new(&mut bytes[..room]);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
        cursor.put_slice(buffer.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for HyperIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

fn http(model: &str) -> Vec<u8> {
    use http_body_util::{BodyExt, Full};
    use hyper::{Request, Response, body::Incoming, service::service_fn};

    async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let path = request.uri().path().to_owned();
        let body = request.into_body().collect().await?.to_bytes();
        let text = format!("{path} with {} bytes\n", body.len());
        Ok(Response::builder().header("date", "never").body(Full::from(text)).unwrap())
    }

    let (service, reports) = reporting(|conn, report| async move {
        let served = hyper::server::conn::http1::Builder::new()
            .timer(Timer)
            .header_read_timeout(Duration::from_millis(100))
            .serve_connection(HyperIo(conn), service_fn(answer))
            .await;
        report.send(&format!("{:?}", served.map_err(|error| error.is_timeout())));
    });
    let server = start(model, service);
    let mut client = server.connect();
    let body = noise(100_000);
    // Two requests at once, the second with a body that takes many reads, then half of a third.
    client.write_all(b"GET /first HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
    write!(client, "PUT /second HTTP/1.1\r\nhost: here\r\ncontent-length: {}\r\n\r\n", body.len())
        .unwrap();
    client.write_all(&body).unwrap();
    client.write_all(b"GET /never-fin").unwrap();
    let mut seen = Vec::new();
    client.read_to_end(&mut seen).unwrap();
    seen.extend(reports.unwrap().next());
    seen
}
