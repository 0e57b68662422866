//! The delivery worker of one thread: it takes frames over and wakes the readers they are for.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::Reader;

/// The delivery worker of the calling thread.
#[derive(Clone)]
pub struct Local {
    _worker: Rc<()>,
}

impl Local {
    /// The future that delivers on this thread, for the caller to spawn: `None` while it is taken.
    pub fn driver(&self) -> Option<Driver> {
        todo!()
    }

    /// Takes over what publishers have handed to this thread so far; cheap when that is nothing.
    /// Call it before answering a command, so that the answer comes after what happened before it.
    pub fn drain(&self) {
        todo!()
    }

    /// A reader with no subscriptions.
    pub fn reader(&self) -> Reader {
        todo!()
    }
}

/// Delivers on its thread for as long as it is polled; never ends by itself.
#[must_use = "nothing is delivered unless the driver is spawned"]
pub struct Driver {
    _worker: Rc<()>,
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        todo!()
    }
}
