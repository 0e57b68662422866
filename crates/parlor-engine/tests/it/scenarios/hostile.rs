//! Peers that are slow, many, gone or greedy: rows of the matrix like the other scenarios.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{Conn, Model, service, time, yield_now};
use socket2::SockRef;
use tokio::io::AsyncWriteExt;

use super::{noise, start};
use crate::running::{PATIENCE, echo, echoed};

/// Answers `g` with a lot, anything else with itself.
async fn generous(mut conn: Conn) {
    while let Ok(received) = conn.recv().await
        && !received.is_empty()
    {
        let answer =
            if received[..] == *b"g" { LOT.clone() } else { Bytes::copy_from_slice(&received) };
        drop(received);
        conn.push(answer);
        if conn.drain().await.is_err() {
            return;
        }
    }
}

/// More than the buffers of both sides hold.
static LOT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(noise(5 * 1024 * 1024)));

pub(super) fn slow_readers(model: &str) -> Vec<u8> {
    let server = start(model, service(generous));
    let ask = |_| {
        let mut client = server.connect();
        // Smaller ones stall for the timers of the loopback device, not for us.
        SockRef::from(&client).set_recv_buffer_size(128 * 1024).unwrap();
        client.write_all(b"g").unwrap();
        // It has begun; from here on we do not read.
        let begun = read(&mut client, 1);
        (client, begun)
    };
    let slow: Vec<_> = (0..2).map(ask).collect();
    let mut other = server.connect();
    let mut seen = Vec::new();
    for _ in 0..50 {
        seen.extend(echoed(&mut other, b"nobody waits for them;"));
    }
    for (mut client, mut all) in slow {
        client.shutdown(Shutdown::Write).unwrap();
        client.read_to_end(&mut all).unwrap();
        assert!(all == *LOT, "{} of {} bytes came, or others", all.len(), LOT.len());
    }
    seen
}

pub(super) fn slow_sender(model: &str) -> Vec<u8> {
    let server = start(model, service(echo));
    let mut slow = server.connect();
    let mut other = server.connect();
    let mut seen = Vec::new();
    // Each byte of the one is a message of the other's apart.
    for byte in noise(100) {
        slow.write_all(&[byte]).unwrap();
        seen.extend(echoed(&mut other, b"meanwhile;"));
    }
    let mut all = vec![0; 100];
    slow.read_exact(&mut all).unwrap();
    assert_eq!(all, noise(100));
    seen
}

/// All at once, whether or not the model has a place for them. Where it has not, they wait in its
/// queue or in the backlog and are served when those before them leave.
pub(super) fn storm(model: &str) -> Vec<u8> {
    const CLIENTS: usize = 400;
    let server = start(model, service(echo));
    let clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
    let mut seen = Vec::new();
    for (number, mut client) in clients.into_iter().enumerate() {
        seen.extend(echoed(&mut client, format!("{number:03}").as_bytes()));
    }
    server.wait_for("all of them gone", |counters| counters.live == 0);
    let report = server.stop();
    assert_eq!((report.served, report.refused), (CLIENTS as u64, 0), "{model}");
    seen
}

pub(super) fn vanishing(model: &str) -> Vec<u8> {
    let server = start(model, service(echo));
    for number in 0..200 {
        let mut client = server.connect();
        // Gone before, while or after the server looks, with a reset that throws away what is
        // under way.
        if number % 2 == 0 {
            client.write_all(&noise(number * 100)).unwrap();
        }
        SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    }
    let seen = echoed(server.connect(), b"still here");
    server.wait_for("all of them gone", |counters| counters.live == 0);
    let report = server.stop();
    assert_eq!(report.panicked, 0);
    // Those who were gone before they were accepted may not be counted at all.
    assert_eq!(report.accepted, report.served + report.refused);
    seen
}

/// Computes until the file exists that the client has named: as long as the client likes, in this
/// process or another.
async fn hog(mut conn: Conn) {
    while let Ok(received) = conn.recv().await
        && !received.is_empty()
    {
        if let Some(path) = received.strip_prefix(b"compute ") {
            let path = std::path::PathBuf::from(std::str::from_utf8(path).unwrap());
            conn.write_all(b"computing;").await.unwrap();
            // A ring is given its writes at the end of the turn.
            yield_now().await;
            let end = time::now() + PATIENCE;
            while !path.exists() && time::now() < end {}
            conn.write_all(b"computed;").await.unwrap();
        } else if conn.write_all(&received).await.is_err() {
            return;
        }
    }
}

pub(super) fn hogging(model: &str) -> Vec<u8> {
    let server = start(model, service(hog));
    let folder = tempfile::tempdir().unwrap();
    let enough = folder.path().join("enough");
    let mut hog = server.connect();
    let mut other = server.connect();
    // Both are with their workers before it begins.
    let mut seen = echoed(&mut hog, b"hog;");
    seen.extend(echoed(&mut other, b"other;"));
    hog.write_all(format!("compute {}", enough.display()).as_bytes()).unwrap();
    seen.extend(read(&mut hog, 10));

    let parallel = model.parse::<Model>().unwrap().parallel();
    if parallel.is_none_or(|handlers| handlers > 1) {
        // It takes one worker; the other has another.
        for _ in 0..20 {
            seen.extend(echoed(&mut other, b"and me?"));
        }
        std::fs::write(&enough, "").unwrap();
    } else {
        // All wait for it, but nothing is lost.
        println!("one handler at a time on {model}: the others wait");
        for _ in 0..20 {
            other.write_all(b"and me?").unwrap();
        }
        std::fs::write(&enough, "").unwrap();
        seen.extend(read(&mut other, 20 * 7));
    }
    seen.extend(read(&mut hog, 9));
    seen
}

fn read(client: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    client.read_exact(&mut bytes).unwrap();
    bytes
}
