//! A coroutine with its waker and its place on the loop's list.
//!
//! The future is one boxed allocation, made by the service; the waker is a small second one that
//! other threads may share. Nothing else is allocated for a connection's task.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::waker::{LoopHandle, TaskKey, TaskWaker};
use crate::admission::Ticket;

/// A future of any type, on the heap.
pub(crate) type BoxFuture = Pin<Box<dyn Future<Output = ()>>>;

/// A place in the list of tasks. `body` is away while the task is being polled.
pub(crate) struct Task {
    pub(crate) key: TaskKey,
    pub(crate) body: Option<Body>,
}

/// What is polled.
pub(crate) struct Body {
    future: BoxFuture,
    header: Arc<TaskWaker>,
    waker: Waker,
    /// Present for connections: what has to be given back when the handler ends.
    ticket: Option<Ticket>,
}

/// How a poll went.
pub(crate) enum Turn {
    /// Not finished: keep it.
    Pending(Body),
    /// Finished or panicked, and dropped. True: it panicked.
    Ended {
        /// It panicked, and it was a task that `spawn_local` made.
        task_panicked: bool,
    },
}

impl Body {
    pub(crate) fn new(
        future: BoxFuture,
        key: TaskKey,
        home: Arc<LoopHandle>,
        ticket: Option<Ticket>,
    ) -> Self {
        let header = Arc::new(TaskWaker::new(key, home));
        let waker = Waker::from(Arc::clone(&header));
        Self { future, header, waker, ticket }
    }

    /// Polls once. A panic ends this task and nothing else.
    pub(crate) fn poll(mut self) -> Turn {
        self.header.begin_poll();
        let polled = {
            let mut cx = Context::from_waker(&self.waker);
            let future = self.future.as_mut();
            catch_unwind(AssertUnwindSafe(|| future.poll(&mut cx)))
        };
        match polled {
            Ok(Poll::Pending) => Turn::Pending(self),
            Ok(Poll::Ready(())) => self.end(None),
            Err(panic) => self.end(Some(panic)),
        }
    }

    /// Drops the future first (its socket closes), then gives the ticket back.
    fn end(self, panic: Option<Box<dyn Any + Send>>) -> Turn {
        let Self { future, ticket, .. } = self;
        // A destructor may panic as well.
        let panic = catch_unwind(AssertUnwindSafe(|| drop(future))).err().or(panic);
        let task_panicked = panic.is_some() && ticket.is_none();
        if let Some(panic) = &panic {
            let connection = ticket.as_ref().map(|ticket| ticket.connection);
            tracing::error!(conn = connection, reason = describe(&**panic), "a handler panicked");
        }
        if let Some(ticket) = ticket {
            ticket.end(panic.is_some());
        }
        Turn::Ended { task_panicked }
    }

    /// Drops a task that will not be polled again.
    pub(crate) fn discard(self) {
        let Self { future, ticket, .. } = self;
        if catch_unwind(AssertUnwindSafe(|| drop(future))).is_err() {
            tracing::error!("a handler panicked while it was dropped");
        }
        drop(ticket);
    }
}

/// The text of a panic.
pub(crate) fn describe(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
