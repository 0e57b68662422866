//! `blocking`: one connection at a time, the lecture's first server.
//!
//! **The idea.** Accept, serve, close, and again. There is nothing to share, to lock or to switch
//! between, and the code reads like what it does.
//!
//! **The system calls.** Those of `threads`, by the same code: the one thread that serves is parked
//! in `recv`, one `recv` and one `send` a message. The accept loop, which this model shares with all
//! others (it has to hear that the server is to end while a client is silent), leaves the
//! listeners alone meanwhile: nobody is accepted before the last one is gone.
//!
//! **The wall.** One client that says nothing stops everybody. The others are in the backlog: for
//! them the connection stands, since the kernel has made it, but nobody answers. When the backlog
//! is full too, the kernel drops their requests to connect, and they try again after one second,
//! then two, then four. Who is still in the backlog when the server ends is reset.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::pool::Pool;
use super::{Arrival, Workers};
use crate::limits::Limits;
use crate::metrics::Counters;

/// One worker without a queue: the backlog is the queue.
pub(crate) struct Blocking {
    worker: Box<Pool>,
}

impl Blocking {
    pub(crate) fn start(limits: &Limits, counters: &Arc<Counters>) -> io::Result<Self> {
        let limits = Limits { queue_max: 0, ..*limits };
        Ok(Self { worker: Box::new(Pool::start("blocking", 1, &limits, counters)?) })
    }
}

impl Workers for Blocking {
    fn blocking(&self) -> bool {
        true
    }

    fn room(&self) -> Option<usize> {
        Some(1)
    }

    fn serve(&mut self, arrival: Arrival) {
        self.worker.serve(arrival);
    }

    fn drain(&mut self) {
        self.worker.drain();
    }

    fn stop(self: Box<Self>, grace: Duration) -> usize {
        self.worker.stop(grace)
    }
}
