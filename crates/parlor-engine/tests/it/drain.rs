//! The end of a server: asked, waited for, and at the deadline dropped.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parlor_engine::{Limits, draining, service, time};
use tokio::io::AsyncWriteExt;

use crate::running::{MODELS, Running, echo, echoed, on_every, since};

#[test]
fn idle_connections_end_at_once_when_asked() {
    on_every("drain::idle_connections_end_at_once_when_asked", 20, |model| {
        let polite = service(|mut conn| async move {
            // Either may be dropped: nothing is lost of a recv that has not answered.
            tokio::select! {
                _ = conn.recv() => {}
                () = draining() => conn.write_all(b"bye").await.unwrap(),
            }
        });
        let server =
            Running::start(model, Limits { drain_ms: 60_000, ..Limits::default() }, polite);
        let mut clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
        server.wait_for("all here", |counters| counters.live == 20);
        let start = time::now();
        let report = server.stop();
        assert!(since(start) < Duration::from_secs(2), "{model}: {:?}", since(start));
        assert_eq!((report.served, report.dropped), (20, 0), "{model}");
        for client in &mut clients {
            let mut goodbye = String::new();
            client.read_to_string(&mut goodbye).unwrap();
            assert_eq!(goodbye, "bye", "{model}");
        }
    });
}

#[test]
fn a_busy_handler_may_finish() {
    on_every("drain::a_busy_handler_may_finish", 1, |model| {
        let busy = service(|mut conn| async move {
            conn.recv().await.unwrap();
            conn.write_all(b"working").await.unwrap();
            draining().await;
            conn.write_all(b" still").await.unwrap();
            // What it does takes as long as the client likes.
            conn.recv().await.unwrap();
            conn.write_all(b" done").await.unwrap();
        });
        let server = Running::start(model, Limits { drain_ms: 60_000, ..Limits::default() }, busy);
        let mut client = server.connect();
        client.write_all(b"go").unwrap();
        let mut seen = [0; 7];
        client.read_exact(&mut seen).unwrap();
        server.ask_to_stop();
        client.read_exact(&mut [0; 6]).unwrap();
        client.write_all(b"go on").unwrap();
        let mut rest = String::new();
        client.read_to_string(&mut rest).unwrap();
        let report = server.stop();
        assert_eq!((rest.as_str(), report.served, report.dropped), (" done", 1, 0), "{model}");
    });
}

/// Says when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn what_does_not_end_is_dropped_at_the_deadline() {
    for model in MODELS {
        for stuck_in in ["recv", "timer", "nothing", "write"] {
            let dropped = Arc::new(AtomicBool::new(false));
            let flag = Arc::clone(&dropped);
            let stuck = service(move |mut conn| {
                let held = Dropped(Arc::clone(&flag));
                async move {
                    let _held = held;
                    conn.write_all(b"!").await.unwrap();
                    match stuck_in {
                        "recv" => drop(conn.recv().await),
                        "timer" => time::sleep(Duration::from_secs(3600)).await,
                        "write" => while conn.write_all(&[0; 65536]).await.is_ok() {},
                        _ => std::future::pending().await,
                    }
                    std::future::pending::<()>().await;
                }
            });
            let limits = Limits { drain_ms: 50, ..Limits::default() };
            let server = Running::start(model, limits, stuck);
            let mut client = server.connect();
            client.read_exact(&mut [0]).unwrap();
            let start = time::now();
            let report = server.stop();
            let took = since(start);
            assert!(took >= Duration::from_millis(50), "{model} {stuck_in}: {took:?}");
            assert!(took < Duration::from_secs(2), "{model} {stuck_in}: {took:?}");
            assert!(dropped.load(Ordering::SeqCst), "{model}: {stuck_in} was not dropped");
            assert_eq!((report.served, report.dropped), (0, 1), "{model} {stuck_in}");
            assert_eq!(report.abandoned_threads, 0, "{model} {stuck_in}");
        }
    }
}

#[test]
fn nobody_is_accepted_while_others_finish() {
    on_every("drain::nobody_is_accepted_while_others_finish", 1, |model| {
        let server =
            Running::start(model, Limits { drain_ms: 60_000, ..Limits::default() }, service(echo));
        let mut client = server.connect();
        echoed(&mut client, b"here");
        server.ask_to_stop();
        crate::running::wait_until("the listener closed", || {
            std::net::TcpStream::connect(server.port()).is_err()
        });
        assert_eq!(echoed(&mut client, b"still served"), b"still served", "{model}");
        drop(client);
        assert_eq!(server.stop().dropped, 0);
    });
}

#[test]
fn a_request_made_before_the_start_ends_it_at_once() {
    for model in MODELS {
        let server = parlor_engine::Server::new(model.parse().unwrap());
        let shutdown = parlor_engine::Shutdown::new();
        shutdown.trigger();
        assert!(shutdown.is_triggered());
        assert_eq!(server.run(shutdown).accepted, 0);
    }
}

#[test]
fn who_comes_just_before_the_end_is_served_like_the_others() {
    on_every("drain::who_comes_just_before_the_end_is_served_like_the_others", 5, |model| {
        for _ in 0..20 {
            let brief = service(|mut conn| async move {
                draining().await;
                conn.write_all(b"bye").await.ok();
            });
            let limits = Limits { drain_ms: 60_000, ..Limits::default() };
            let server = Running::start(model, limits, brief);
            let _clients: Vec<_> = (0..5).map(|_| server.connect()).collect();
            // Not waited for: the request to stop races with the hand-off to the workers.
            let report = server.stop();
            assert_eq!((report.served, report.dropped), (report.accepted, 0), "{model}");
        }
    });
}
