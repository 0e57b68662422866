//! Ten thousand connections later, nothing is left of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parlor_engine::{Conn, Limits, Model, draining, service, spawn_local, time};

use crate::running::{MODELS, PROCESSES, Running, echo, echoed, wait_until};
use crate::{child, processes};

const CONNECTIONS: u64 = 10_000;
const AT_ONCE: usize = 50;
/// What the allocator of a process may do as it likes; a forgotten connection would be half a KiB,
/// 7,500 times in one process, or 3,750 times in each of two workers.
const GROWN_KIB_MAX: usize = 1536;

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
            for model in MODELS.into_iter().chain(PROCESSES) {
                scope.spawn(move || child::run(test, model));
            }
        });
        return;
    };
    let most = model.parse::<Model>().unwrap().capabilities().max_connections;
    let at_once = most.map_or(AT_ONCE, |most| most.min(AT_ONCE));

    let this = std::process::id();
    let (descriptors, threads) = (processes::descriptors(this), processes::threads(this));
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
    let mut seen = 0;
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
    // Once on each worker.
    come_and_go(1);
    let all = processes::all();
    let held = || {
        let of = |process: &u32| (processes::descriptors(*process), processes::threads(*process));
        all.iter().map(of).collect::<Vec<_>>()
    };
    let running = held();
    // By then all that is kept for reuse has been made.
    come_and_go(CONNECTIONS / 4);
    let resident = || all.iter().map(|process| processes::resident_kib(*process));
    let before: Vec<_> = resident().collect();
    come_and_go(CONNECTIONS);
    for (now, before) in resident().zip(before) {
        let grown = now.saturating_sub(before);
        assert!(grown <= GROWN_KIB_MAX, "{grown} KiB more after {CONNECTIONS} connections");
    }
    // Those of worker processes are not among them: their memory tells.
    assert_eq!(handlers.load(Ordering::SeqCst), 0, "handlers left");
    assert_eq!(processes::all(), all, "a worker was lost");
    wait_until("descriptors and threads of a server at rest", || {
        held().iter().zip(&running).all(|(now, then)| now.0 <= then.0 && now.1 <= then.1)
    });

    server.stop();
    assert_eq!(processes::children(), [0; 0], "processes left");
    wait_until("descriptors as before", || processes::descriptors(this) == descriptors);
    wait_until("threads as before", || processes::threads(this) == threads);
}
