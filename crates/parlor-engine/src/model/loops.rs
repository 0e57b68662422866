//! The workers of the readiness family: a few threads, each with an event loop of its own.
//!
//! No model by itself. `select`, `poll` and `epoll` differ in nothing but the selector that each
//! loop waits in, so what starts, feeds and ends the threads is here once.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Arrival, Workers};
use crate::accept::at_worker::AtWorker;
use crate::conn::Conn;
use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::selector::Selector;
use crate::coroutine::source::Fd;
use crate::coroutine::waker::LoopHandle;
use crate::metrics::Counters;

/// The worker threads.
pub(crate) struct LoopWorkers {
    handles: Vec<Arc<LoopHandle>>,
    threads: Vec<JoinHandle<()>>,
}

impl LoopWorkers {
    /// Starts so many loops of the model `name`. What can fail of making a selector is done in
    /// `prepare`; the rest is done on the thread that it belongs to.
    pub(crate) fn start<S, F>(
        name: &str,
        count: usize,
        counters: &Arc<Counters>,
        prepare: impl Fn(&LoopHandle) -> io::Result<F>,
    ) -> io::Result<Self>
    where
        S: Selector + 'static,
        F: FnOnce() -> S + Send + 'static,
    {
        let mut workers = Self { handles: Vec::new(), threads: Vec::new() };
        for number in 0..count {
            // Whatever can fail is made here, so that a worker that runs is a worker that works.
            let handle = LoopHandle::new();
            let prepared = handle.bell().and_then(|_| prepare(&handle));
            let started = prepared
                .and_then(|selector| workers.start_one(name, number, counters, handle, selector));
            if let Err(error) = started {
                // Leave nothing behind.
                Box::new(workers).stop(Duration::from_secs(1));
                return Err(error);
            }
        }
        Ok(workers)
    }

    fn start_one<S: Selector + 'static>(
        &mut self,
        name: &str,
        number: usize,
        counters: &Arc<Counters>,
        handle: Arc<LoopHandle>,
        new_selector: impl FnOnce() -> S + Send + 'static,
    ) -> io::Result<()> {
        let for_thread = Arc::clone(&handle);
        let counters = Arc::clone(counters);
        let builder = thread::Builder::new().name(format!("parlor-{name}-{number}"));
        let thread = builder.spawn(move || {
            let _counting = counters.count_this_thread();
            EventLoop::new(Box::new(new_selector()), for_thread).serve();
        })?;
        self.handles.push(handle);
        self.threads.push(thread);
        Ok(())
    }
}

impl Workers for LoopWorkers {
    fn blocking(&self) -> bool {
        false
    }

    fn serve(&mut self, arrival: Arrival) {
        let handle = &self.handles[arrival.ticket.worker as usize];
        handle.submit(Box::new(move |event_loop| begin(event_loop, arrival)));
    }

    fn accept_at(&mut self, worker: u32, at: AtWorker) -> io::Result<()> {
        self.handles[worker as usize].submit(Box::new(move |event_loop| accept(event_loop, at)));
        Ok(())
    }

    fn drain(&mut self) {
        for handle in &self.handles {
            handle.drain();
        }
    }

    fn stop(self: Box<Self>, grace: Duration) -> usize {
        for handle in &self.handles {
            handle.stop();
        }
        super::join(self.threads, grace)
    }
}

/// Makes the accepting from a door a task, on the worker's own thread.
fn accept(event_loop: &Rc<EventLoop>, at: AtWorker) {
    let listener = &at.door.listener;
    match event_loop.register_listener(Arc::clone(&listener.fd), at.exclusive) {
        Ok(listener) => {
            let home = Rc::downgrade(event_loop);
            let serve = move |arrival| {
                if let Some(event_loop) = home.upgrade() {
                    begin(&event_loop, arrival);
                }
            };
            event_loop.spawn(Box::pin(at.run(listener, serve)), None);
        }
        Err(error) => {
            tracing::error!(listener = at.door.name, %error, "a worker cannot watch a listener");
        }
    }
}

/// Makes a connection a task, on the worker's own thread.
fn begin(event_loop: &Rc<EventLoop>, arrival: Arrival) {
    let Arrival { fd, peer, service, ticket, .. } = arrival;
    let connection = ticket.connection;
    let shared = event_loop.shares();
    let fd = if shared { Fd::Shared(Arc::new(fd)) } else { Fd::Own(fd) };
    match Conn::on_loop(event_loop, connection, fd, peer) {
        Ok(conn) => match service.handle(conn) {
            Some(future) => event_loop.spawn(future, Some(ticket)),
            None => ticket.end(true),
        },
        Err((error, fd)) => {
            // For example `fs.epoll.max_user_watches`.
            tracing::warn!(conn = connection, %error, "cannot watch a connection: refused");
            super::refuse(&fd, service.refusal());
            drop(fd);
            ticket.refuse();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::admission::Admission;
    use crate::bell::Bell;
    use crate::coroutine::event_loop::staged::Staged;
    use crate::coroutine::selector::Trigger;
    use crate::interleave::stage::{Part, explore, part, wait_until};
    use crate::limits::Limits;
    use crate::model::tests::arrival;
    use crate::service;

    /// Hands connections to loops that run beside, then ends them as `end` does. Returns who was
    /// served, and how many were dropped.
    fn hand_over<'a>(
        loops: usize,
        connections: u64,
        end: impl FnOnce(&mut LoopWorkers) + Send + 'a,
        check: impl FnOnce(&[u64], u64) + Send + 'a,
    ) -> Vec<Part<'a>> {
        let counters = Arc::new(Counters::default());
        let bell = Arc::new(Bell::new().unwrap());
        let admission = Admission::new(&Limits::default(), loops, Arc::clone(&counters), bell);
        let handles: Vec<_> = (0..loops).map(|_| LoopHandle::new()).collect();
        let run = |handle: &Arc<LoopHandle>| {
            handle.bell().unwrap();
            let handle = Arc::clone(handle);
            part(move || EventLoop::new(Box::new(Staged::new(Trigger::Level)), handle).serve())
        };
        let mut cast: Vec<_> = handles.iter().map(run).collect();
        cast.push(part(move || {
            let served = Arc::new(Mutex::new(Vec::new()));
            let log = Arc::clone(&served);
            let service = service(move |conn: Conn| {
                let log = Arc::clone(&log);
                async move { log.lock().unwrap().push(conn.id()) }
            });
            let mut workers = LoopWorkers { handles, threads: Vec::new() };
            for connection in 1..=connections {
                workers.serve(arrival(&admission, connection, &service));
            }
            end(&mut workers);
            wait_until_empty(&counters);
            let mut served = served.lock().unwrap().clone();
            served.sort_unstable();
            assert_eq!(counters.served.load(Ordering::SeqCst), served.len() as u64);
            check(&served, counters.dropped.load(Ordering::SeqCst));
        }));
        cast
    }

    fn wait_until_empty(counters: &Arc<Counters>) {
        let counters = Arc::clone(counters);
        wait_until(move || counters.live.load(Ordering::SeqCst) == 0);
    }

    #[test]
    fn who_is_handed_over_before_the_drain_is_served_once() {
        for (loops, connections, preemptions_max) in [(1, 2, 3), (2, 2, 2)] {
            let runs = explore(preemptions_max, || {
                let all: Vec<_> = (1..=connections).collect();
                let drain = |workers: &mut LoopWorkers| workers.drain();
                hand_over(loops, connections, drain, move |served, dropped| {
                    assert_eq!((served, dropped), (&all[..], 0));
                })
            });
            assert!(runs > 100, "{runs} runs are not all");
        }
    }

    #[test]
    fn who_is_handed_over_before_the_stop_is_served_or_dropped() {
        for (loops, connections, preemptions_max) in [(1, 2, 3), (2, 2, 2)] {
            let runs = explore(preemptions_max, || {
                let stop = |workers: &mut LoopWorkers| {
                    workers.handles.iter().for_each(|handle| handle.stop());
                };
                hand_over(loops, connections, stop, move |served, dropped| {
                    assert_eq!(served.len() as u64 + dropped, connections);
                    assert!(served.is_sorted_by(|one, other| one < other), "twice: {served:?}");
                })
            });
            assert!(runs > 100, "{runs} runs are not all");
        }
    }
}
