//! Clock and timers for handlers, the same on every model.
//!
//! A [`Sleep`] hangs on the wheel of the thread that polls it (on the model `tokio`, on tokio's).
//! It is a handful of integers, `Send + Sync + Unpin`, as hyper's timer interface demands, and
//! costs nothing until it is polled. An idle timeout should not be moved on every byte: remember
//! when the last one came, and when the timer fires, reset it to that moment plus the timeout.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
pub use std::time::{Duration, Instant};

use crate::context::{self, Home};
use crate::coroutine::timer::TimerKey;

/// The current moment of the monotonic clock: `clock_gettime(2)`, which the kernel answers without
/// being entered where it can.
pub fn now() -> Instant {
    // On a stage, time passes when one of the actors lets it.
    #[cfg(test)]
    if let Some(now) = crate::interleave::stage::now() {
        return now;
    }
    #[expect(clippy::disallowed_methods, reason = "this is where everybody else gets it from")]
    Instant::now()
}

/// Waits for a duration, to the millisecond: never less, and at most a tick more than the loop takes
/// to come round. No system call of its own, since the loop's wait gets a time limit.
pub fn sleep(duration: Duration) -> Sleep {
    // A timeout of "for ever" must not overflow the clock.
    let far = Duration::from_secs(60 * 60 * 24 * 365);
    sleep_until(now() + duration.min(far))
}

/// Waits until a moment, like [`sleep`]. One in the past is over at once.
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline, state: State::Idle }
}

/// Waits for a future, but not for longer than a duration.
///
/// The future is polled first, so one that is ready wins over a deadline that has passed. When the
/// time is up the future is dropped. Like [`sleep`], it makes no system call.
///
/// # Errors
///
/// [`Elapsed`] when the time is up.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = std::pin::pin!(future);
    let mut sleep = sleep(duration);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut sleep).poll(cx).map(|()| Err(Elapsed(())))
    })
    .await
}

/// The time of a [`timeout`] was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time is up")]
pub struct Elapsed(());

/// Made by [`sleep`] and [`sleep_until`]: a future that is ready at a moment.
///
/// # Panics
///
/// When polled outside of a handler or [`block_on`](crate::block_on).
#[derive(Debug)]
#[must_use = "a timer does nothing unless it is awaited"]
pub struct Sleep {
    deadline: Instant,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not armed: never polled, or fired, or reset.
    Idle,
    /// On the wheel of the loop with this id.
    Armed { home: u64, key: TimerKey },
    /// On tokio's wheel.
    Tokio(Pin<Box<tokio::time::Sleep>>),
}

impl Sleep {
    /// When it is over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Moves it to another moment, also after it was over. No system call.
    pub fn reset(&mut self, deadline: Instant) {
        self.deadline = deadline;
        match &mut self.state {
            // The next poll arms it again.
            State::Idle | State::Armed { .. } => self.disarm(),
            State::Tokio(inner) => inner.as_mut().reset(deadline.into()),
        }
    }

    fn disarm(&mut self) {
        if let State::Armed { home, key } = self.state {
            // Dropped on another thread, the entry stays until it fires and then wakes in vain.
            context::with_loop(home, |event_loop| event_loop.disarm(key));
            self.state = State::Idle;
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        match &mut this.state {
            State::Tokio(inner) => return inner.as_mut().poll(cx),
            State::Armed { home, key } => {
                // Still on the wheel means not due, without asking the clock.
                let waker = cx.waker();
                let armed =
                    context::with_loop(*home, |event_loop| event_loop.refresh_timer(*key, waker));
                if armed == Some(true) {
                    return Poll::Pending;
                }
                this.state = State::Idle;
            }
            State::Idle => {}
        }
        if now() >= this.deadline {
            return Poll::Ready(());
        }
        match context::home("a timer") {
            Home::Loop(event_loop) => {
                let key = event_loop.arm(this.deadline, cx.waker().clone());
                this.state = State::Armed { home: event_loop.id(), key };
                Poll::Pending
            }
            Home::Tokio(_) => {
                let mut inner = Box::pin(tokio::time::sleep_until(this.deadline.into()));
                let polled = inner.as_mut().poll(cx);
                this.state = State::Tokio(inner);
                polled
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.disarm();
    }
}
