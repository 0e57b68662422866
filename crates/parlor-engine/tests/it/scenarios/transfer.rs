//! Bytes there and back: none lost, none changed, in order, however they are read and written.

use std::io::{IoSlice, Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{Service, service, time};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{noise, start};
use crate::running::{echo, echoed};

pub(super) fn messages(model: &str) -> Vec<u8> {
    let server = start(model, service(echo));
    let mut client = server.connect();
    let mut seen = Vec::new();
    for size in [1, 2, 63, 64, 1000, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 100_000, 1] {
        seen.extend(echoed(&mut client, &noise(size)));
    }
    seen
}

pub(super) fn dribble(model: &str) -> Vec<u8> {
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

pub(super) fn bulk_recv(model: &str) -> Vec<u8> {
    bulk(model, service(echo))
}

pub(super) fn bulk_traits(model: &str) -> Vec<u8> {
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

pub(super) fn vectored(model: &str) -> Vec<u8> {
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

pub(super) fn several_buffers(model: &str) -> Vec<u8> {
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

pub(super) fn cancelled_recv(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            // Nobody sends before this one is over.
            assert!(time::timeout(Duration::from_micros(700), conn.recv()).await.is_err());
            conn.write_all(b".").await.unwrap();
            let mut all = Vec::new();
            while all.len() < 1000 {
                // The time is often up just when there are bytes.
                if let Ok(bytes) = time::timeout(Duration::from_micros(700), conn.recv()).await {
                    all.extend_from_slice(&bytes.unwrap());
                }
            }
            conn.write_all(&all).await.unwrap();
        }),
    );
    let mut client = server.connect();
    client.read_exact(&mut [0]).unwrap();
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
