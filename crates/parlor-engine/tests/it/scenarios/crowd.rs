//! Many at once, and one that wants more than its share: the others notice nothing.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use bytes::Bytes;
use parlor_engine::service;
use socket2::SockRef;
use tokio::io::AsyncWriteExt;

use super::reports::reporting;
use super::{noise, start};
use crate::running::{echo, echoed, patient};

pub(super) fn slow_peer(model: &str) -> Vec<u8> {
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

pub(super) fn thousand(model: &str) -> Vec<u8> {
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

pub(super) fn flood(model: &str) -> Vec<u8> {
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

pub(super) fn panics(model: &str) -> Vec<u8> {
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
