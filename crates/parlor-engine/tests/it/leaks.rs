//! Ten thousand connections later, nothing is left of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parlor_engine::{Conn, Limits, draining, service, spawn_local, time};

use crate::child;
use crate::running::{Running, echo, echoed, models_for, wait_until};

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
fn descriptors_threads_and_handlers_are_given_back() {
    let Some(model) = child::model() else {
        for model in models_for(50) {
            child::run("leaks::descriptors_threads_and_handlers_are_given_back", model);
        }
        return;
    };

    let (descriptors, threads) = (entries("/proc/self/fd"), entries("/proc/self/task"));
    let handlers = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&handlers);
    let handler = service(move |conn: Conn| {
        count.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(Arc::clone(&count));
        async move {
            let _counted = counted;
            // Something of everything that could be forgotten.
            spawn_local(std::future::pending());
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

    for _ in 0..200 {
        let mut clients: Vec<_> = (0..50).map(|_| server.connect()).collect();
        for client in &mut clients {
            echoed(client, b"hello");
        }
    }
    server.wait_for("all gone", |counters| counters.live == 0 && counters.served == 10_001);
    assert_eq!(handlers.load(Ordering::SeqCst), 0, "handlers left");
    wait_until("descriptors of a server at rest", || entries("/proc/self/fd") <= running);

    server.stop();
    wait_until("descriptors as before", || entries("/proc/self/fd") == descriptors);
    wait_until("threads as before", || entries("/proc/self/task") == threads);
}
