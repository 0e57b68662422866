//! The face of a thread's delivery worker: one future to spawn, and readers for its sessions.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::Reader;
use crate::store::Shared;
use crate::worker::Worker;

thread_local! {
    /// The workers of this thread, one per open store.
    static WORKERS: RefCell<Vec<Weak<Worker>>> = const { RefCell::new(Vec::new()) };
}

/// The delivery worker of the calling thread.
#[derive(Clone)]
pub struct Local {
    worker: Rc<Worker>,
}

impl Local {
    /// The worker of this thread for this store; it ends with the last that uses it.
    pub(crate) fn of(shared: &Arc<Shared>) -> Self {
        let found = WORKERS.try_with(|workers| {
            let mut workers = workers.borrow_mut();
            workers.retain(|worker| worker.strong_count() > 0);
            let mine = workers.iter().filter_map(Weak::upgrade);
            let mine = mine.into_iter().find(|worker| Arc::ptr_eq(&worker.shared, shared));
            mine.unwrap_or_else(|| {
                let worker = Worker::new(Arc::clone(shared));
                workers.push(Rc::downgrade(&worker));
                worker
            })
        });
        // While the thread ends, there is no list any more; a worker of its own serves as well.
        Self { worker: found.unwrap_or_else(|_| Worker::new(Arc::clone(shared))) }
    }

    /// The future that delivers on this thread, for the caller to spawn: `None` while it is taken.
    ///
    /// Without it readers still receive everything, but each of them looks for itself.
    pub fn driver(&self) -> Option<Driver> {
        let free = !self.worker.driven.replace(true);
        free.then(|| Driver { worker: Rc::clone(&self.worker) })
    }

    /// Takes over what publishers have handed to this thread so far; cheap when that is nothing.
    /// Call it before answering a command, so that the answer comes after what happened before it.
    pub fn drain(&self) {
        self.worker.drain();
    }

    /// A reader with no subscriptions.
    pub fn reader(&self) -> Reader {
        Reader::new(&self.worker)
    }
}

/// Delivers on its thread for as long as it is polled; never ends by itself.
#[must_use = "nothing is delivered unless the driver is spawned"]
pub struct Driver {
    worker: Rc<Worker>,
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.worker.drain();
            if self.worker.wait(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.worker.driven.set(false);
        self.worker.undriven();
    }
}
