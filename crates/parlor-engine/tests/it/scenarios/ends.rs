//! The two ends of a connection: who they are, and how each of them stops.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{Address, Limits, Peer, service};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::reports::reporting;
use super::{noise, start};
use crate::running::{Running, echo, echoed};

pub(super) fn half_close_by_client(model: &str) -> Vec<u8> {
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

pub(super) fn half_close_by_server(model: &str) -> Vec<u8> {
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

pub(super) fn reset(model: &str) -> Vec<u8> {
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

pub(super) fn unix(model: &str) -> Vec<u8> {
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

pub(super) fn addresses(model: &str) -> Vec<u8> {
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
