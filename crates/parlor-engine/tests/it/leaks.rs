//! Ten thousand connections later, nothing is left of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parlor_engine::{Conn, Limits, Model, draining, service, spawn_local, time};

use crate::child;
use crate::running::{MODELS, Running, echo, echoed, wait_until};

const CONNECTIONS: u64 = 10_000;
const AT_ONCE: usize = 50;
/// What the allocator may do as it likes; a forgotten connection would be half a KiB, 7,500 times.
const GROWN_KIB_MAX: u64 = 1536;

/// Resident memory that is no file's.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn entries(folder: &str) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// Counts the handlers that exist.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn descriptors_threads_memory_and_handlers_are_given_back() {
    let Some(model) = child::model() else {
        let test = "leaks::descriptors_threads_memory_and_handlers_are_given_back";
        std::thread::scope(|scope| {
            for model in MODELS {
                scope.spawn(move || child::run(test, model));
            }
        });
        return;
    };
    let most = model.parse::<Model>().unwrap().capabilities().max_connections;
    let at_once = most.map_or(AT_ONCE, |most| most.min(AT_ONCE));

    let (descriptors, threads) = (entries("/proc/self/fd"), entries("/proc/self/task"));
    let handlers = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&handlers);
    let handler = service(move |conn: Conn| {
        count.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(Arc::clone(&count));
        async move {
            let _counted = counted;
            // Something of everything that could be forgotten.
            let (_until_the_end, end) = tokio::sync::oneshot::channel::<()>();
            spawn_local(async move { drop(end.await) });
            let timer = time::sleep(std::time::Duration::from_secs(3600));
            tokio::select! {
                () = echo(conn) => {}
                () = timer => {}
                () = draining() => {}
            }
        }
    });
    let server = Running::start(&model, Limits::default(), handler);
    echoed(server.connect(), b"warm");
    server.wait_for("the first gone", |counters| counters.live == 0);
    let running = entries("/proc/self/fd");

    let mut seen = 1;
    let mut come_and_go = |until: u64| {
        while seen < until {
            let mut clients: Vec<_> = (0..at_once).map(|_| server.connect()).collect();
            for client in &mut clients {
                echoed(client, b"hello");
            }
            seen += clients.len() as u64;
        }
        server.wait_for("all gone", |counters| counters.live == 0 && counters.served == seen);
    };
    // By then all that is kept for reuse has been made.
    come_and_go(CONNECTIONS / 4);
    let before = resident_kib();
    come_and_go(CONNECTIONS);
    let grown = resident_kib().saturating_sub(before);
    assert!(grown <= GROWN_KIB_MAX, "{grown} KiB more after {CONNECTIONS} connections");
    assert_eq!(handlers.load(Ordering::SeqCst), 0, "handlers left");
    wait_until("descriptors of a server at rest", || entries("/proc/self/fd") <= running);

    server.stop();
    wait_until("descriptors as before", || entries("/proc/self/fd") == descriptors);
    wait_until("threads as before", || entries("/proc/self/task") == threads);
}
