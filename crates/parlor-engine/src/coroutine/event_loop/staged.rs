//! A selector for a stage: what it waits for are its descriptors and the clock of the play.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use crate::coroutine::selector::{Event, Events, Readiness, Selector, Token, Trigger, Wait};
use crate::coroutine::source::Fd;
use crate::interleave::stage::{is_readable, wait_for, wait_until};
use crate::interleave::step;

/// Reports as edges or as levels, and takes `Wait::alone` at its word: then it is deaf for all but
/// its sockets, like a thread that is parked in `recv`.
pub(crate) struct Staged {
    trigger: Trigger,
    watched: Vec<Watched>,
}

struct Watched {
    token: Token,
    fd: Arc<OwnedFd>,
    interest: Readiness,
}

impl Staged {
    pub(crate) fn new(trigger: Trigger) -> Self {
        Self { trigger, watched: Vec::new() }
    }

    fn waits_for(&self, alone: bool) -> impl Iterator<Item = &Watched> {
        let heard = move |watched: &&Watched| !alone || watched.token != Token::BELL;
        let watched = self.watched.iter().filter(heard);
        watched.filter(|watched| watched.interest.contains(Readiness::READ))
    }
}

impl Selector for Staged {
    fn trigger(&self) -> Trigger {
        self.trigger
    }

    fn register(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        self.watched.push(Watched { token, fd: Arc::clone(fd.shared()?), interest });
        Ok(())
    }

    fn modify(&mut self, _: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        let watched = self.watched.iter_mut().find(|watched| watched.token == token);
        watched.expect("a registered descriptor").interest = interest;
        Ok(())
    }

    fn unregister(&mut self, _: &Fd, token: Token) -> io::Result<()> {
        self.watched.retain(|watched| watched.token != token);
        Ok(())
    }

    fn select(&mut self, wait: Wait, events: &mut Events) -> io::Result<()> {
        let Wait { timeout, alone } = wait;
        if timeout == Some(Duration::ZERO) {
            step();
        } else {
            let watched = self.waits_for(alone);
            let fds: Vec<_> = watched.map(|watched| Arc::clone(&watched.fd)).collect();
            let ready = move || fds.iter().any(is_readable);
            match timeout {
                Some(timeout) => wait_for(timeout, ready),
                None => wait_until(ready),
            }
        }
        for Watched { token, fd, .. } in self.waits_for(alone).filter(|one| is_readable(&one.fd)) {
            if self.trigger == Trigger::Edge {
                // Told once.
                rustix::io::read(&**fd, &mut [0; 8])?;
            }
            events.ready.push(Event { token: *token, ready: Readiness::READ });
        }
        Ok(())
    }
}
