//! The room of `broadcast`: what is said stands in one log, and each listener has a position in it.
//!
//! A queue for each listener would cost a lock and an allocation for every message and listener.
//! Here a listener takes everything that it hasn't heard under one lock, and its place in the list
//! keeps its waker from one wait to the next. Wakers are used under that lock: those of the engine,
//! and of tokio, only queue a task.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use parlor_engine::Conn;
use slab::Slab;

use crate::limits::ROOM_QUEUE;

/// A room that anybody may enter. Its clones are the same room.
#[derive(Clone, Default)]
pub(super) struct Room(Arc<Mutex<Log>>);

/// Invariant: `said` holds the newest messages, `ROOM_QUEUE` at most; the last one's number is
/// `end - 1`.
#[derive(Default)]
struct Log {
    said: VecDeque<Bytes>,
    end: u64,
    listeners: Slab<Wait>,
}

/// Whether a listener waits, and how it is woken then.
#[derive(Default)]
struct Wait {
    waits: bool,
    waker: Option<Waker>,
}

impl Room {
    /// Listens from now on.
    pub(super) fn enter(&self) -> Listener {
        let mut log = self.log();
        let (position, place) = (log.end, log.listeners.insert(Wait::default()));
        drop(log);
        Listener { room: self.clone(), position, place }
    }

    /// Says it to everybody who listens.
    pub(super) fn say(&self, message: Bytes) {
        let mut log = self.log();
        if log.said.len() == ROOM_QUEUE {
            log.said.pop_front();
        }
        log.said.push_back(message);
        log.end += 1;
        for (_, wait) in &mut log.listeners {
            if std::mem::take(&mut wait.waits)
                && let Some(waker) = &wait.waker
            {
                waker.wake_by_ref();
            }
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the room.
pub(super) struct Listener {
    room: Room,
    /// The number of the next message to be heard.
    position: u64,
    place: usize,
}

/// The listener has missed messages: it was more than `ROOM_QUEUE` of them behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missed;

impl Listener {
    /// Queues for the connection all that wasn't heard yet, at least one message.
    pub(super) fn poll_hear(
        &mut self,
        cx: &Context<'_>,
        conn: &mut Conn,
    ) -> Poll<Result<(), Missed>> {
        let mut log = self.room.log();
        let behind = usize::try_from(log.end - self.position).unwrap_or(usize::MAX);
        if behind == 0 {
            let wait = &mut log.listeners[self.place];
            wait.waits = true;
            if !wait.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                wait.waker = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        let Some(first) = log.said.len().checked_sub(behind) else {
            return Poll::Ready(Err(Missed));
        };
        log.said.range(first..).for_each(|message| conn.push_shared(message));
        self.position = log.end;
        Poll::Ready(Ok(()))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let left = self.room.log().listeners.try_remove(self.place);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use parlor_engine::block_on;

    use super::*;

    /// What a listener hears next, up to the length of what is expected.
    async fn hears(listener: &mut Listener, expected: &[u8]) -> bool {
        let (mut ours, mut theirs) = Conn::pair();
        if poll_fn(|cx| listener.poll_hear(cx, &mut ours)).await.is_err() {
            return false;
        }
        ours.drain().await.expect("the other end is there");
        let heard = theirs.recv().await.expect("this end is there");
        heard[..] == *expected
    }

    fn is_silent(listener: &mut Listener) -> bool {
        let (mut ours, _theirs) = Conn::pair();
        listener.poll_hear(&Context::from_waker(Waker::noop()), &mut ours).is_pending()
    }

    #[test]
    fn each_listener_hears_once_what_was_said_since_it_came() {
        block_on(async {
            let room = Room::default();
            room.say(Bytes::from_static(b"nobody hears this"));
            let mut early = room.enter();
            assert!(is_silent(&mut early));
            room.say(Bytes::from_static(b"one "));
            let mut late = room.enter();
            room.say(Bytes::from_static(b"two"));
            assert!(hears(&mut early, b"one two").await);
            assert!(hears(&mut late, b"two").await);
            assert!(is_silent(&mut early) && is_silent(&mut late));
        });
    }

    #[test]
    fn one_that_is_too_far_behind_is_told() {
        block_on(async {
            let room = Room::default();
            let (mut slow, mut last) = (room.enter(), room.enter());
            for _ in 0..ROOM_QUEUE {
                room.say(Bytes::from_static(b"."));
            }
            assert!(hears(&mut last, &[b'.'; ROOM_QUEUE]).await, "as many as the log has room for");
            room.say(Bytes::from_static(b"."));
            assert!(!hears(&mut slow, b"").await);
            assert!(hears(&mut last, b".").await);
        });
    }

    #[test]
    fn who_waits_is_woken_and_who_left_is_forgotten() {
        let room = Room::default();
        let mut stays = room.enter();
        let leaves = room.enter();
        assert!(is_silent(&mut stays));
        drop(leaves);
        assert_eq!(room.log().listeners.len(), 1);
        block_on(async {
            let say = async { room.say(Bytes::from_static(b"hello")) };
            let (heard, ()) = tokio::join!(hears(&mut stays, b"hello"), say);
            assert!(heard);
        });
    }
}
