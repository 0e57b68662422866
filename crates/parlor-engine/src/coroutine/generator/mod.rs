//! Generators and coroutines to hold in one's hand: `next` and `send`.
//!
//! A function that can stop in the middle, keep its state and go on later is what every handler of
//! this crate is. Here it is without sockets, wakers and loops. Two things are enough:
//!
//! - **a future** keeps the state: the compiler turns an `async` block into a value that holds the
//!   variables that are alive and the place where it stopped; `poll` goes on from there;
//! - **a cell** carries the values: the caller puts one in before it polls, the body puts its
//!   answer in before it stops.
//!
//! Nobody is woken, because nobody waits: the caller calls. That is the difference to
//! [`task`](super::task), where the kernel or another thread says when it is time to go on, and a
//! loop does the calling.
//!
//! A body is to wait for nothing but its caller. If it waits for a timer or a socket, it stops
//! without an answer, and there is nobody to tell it that the time has come.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A function that yields one value after another, when it is asked for the next.
///
/// The body runs only while somebody is in [`next`](Iterator::next), so a generator of a million
/// numbers holds one of them; one that is never asked does nothing.
///
/// ```
/// use parlor_engine::Generator;
///
/// let mut squares = Generator::new(async |caller| {
///     for number in 1.. {
///         caller.give(number * number).await;
///     }
/// });
/// assert_eq!(squares.next(), Some(1));
/// assert_eq!(squares.next(), Some(4));
/// // It is an iterator like any other.
/// assert_eq!(squares.take(2).collect::<Vec<_>>(), [9, 16]);
/// ```
#[derive(Debug)]
pub struct Generator<T> {
    /// A coroutine that is sent nothing.
    body: Coroutine<(), T>,
}

impl<T> Generator<T> {
    /// A generator that has not begun. The body is given its caller, to which it
    /// [gives](Caller::give) values.
    pub fn new<F>(body: F) -> Self
    where
        F: AsyncFnOnce(Caller<(), T>) + 'static,
        T: 'static,
    {
        Self { body: Coroutine::new(body) }
    }
}

impl<T> Iterator for Generator<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.body.send(())
    }
}

/// A function that values can be sent to while it runs, and that answers.
///
/// ```
/// use parlor_engine::Coroutine;
///
/// // Adds up what it is sent: the sum is kept where it stops.
/// let mut sum = Coroutine::new(async |caller| {
///     let mut sum = caller.receive().await;
///     loop {
///         sum += caller.answer(sum).await;
///     }
/// });
/// assert_eq!([sum.send(3), sum.send(4), sum.send(5)], [Some(3), Some(7), Some(12)]);
/// ```
pub struct Coroutine<I, O> {
    /// Gone when it has ended: a future must not be polled again then.
    body: Option<Pin<Box<dyn Future<Output = ()>>>>,
    cells: Rc<Cells<I, O>>,
}

/// What lies between a body and its caller.
struct Cells<I, O> {
    sent: Cell<Option<I>>,
    answer: Cell<Option<O>>,
}

impl<I, O> Coroutine<I, O> {
    /// A coroutine that has not begun.
    pub fn new<F>(body: F) -> Self
    where
        F: AsyncFnOnce(Caller<I, O>) + 'static,
        I: 'static,
        O: 'static,
    {
        let cells = Rc::new(Cells { sent: Cell::new(None), answer: Cell::new(None) });
        let caller = Caller { cells: Rc::clone(&cells) };
        // Calling an `async` function runs nothing of it: it only makes the future.
        Self { body: Some(Box::pin(async move { body(caller).await })), cells }
    }

    /// Sends a value, lets the body run until it stops, and returns its answer. `None` when it
    /// has ended, or has stopped without an answer.
    pub fn send(&mut self, value: I) -> Option<O> {
        // An ended one is not kept full of what nobody will read.
        let body = self.body.as_mut()?;

        // 1. The value goes to where the body looks for it.
        self.cells.sent.set(Some(value));

        // 2. The body goes on from where it stopped. It needs no waker: we are who wakes it.
        let stopped = body.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if stopped == Poll::Ready(()) {
            self.body = None;
        }

        // 3. Before it stopped it has left its answer.
        self.cells.answer.take()
    }

    /// True when the body has come to its end.
    pub fn is_ended(&self) -> bool {
        self.body.is_none()
    }
}

impl<I, O> fmt::Debug for Coroutine<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coroutine").field("ended", &self.is_ended()).finish_non_exhaustive()
    }
}

/// What the body of a [`Coroutine`] or [`Generator`] sees of whoever calls it.
pub struct Caller<I, O> {
    cells: Rc<Cells<I, O>>,
}

impl<I, O> Caller<I, O> {
    /// Stops until a value is sent. The first `send` also begins the body, so there the value is
    /// here already.
    pub async fn receive(&self) -> I {
        poll_fn(|_| self.cells.sent.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Answers, and stops until the next value is sent: `x = yield answer` in Python.
    pub async fn answer(&self, answer: O) -> I {
        // The value that is answered may not have been looked at.
        self.cells.sent.set(None);
        self.cells.answer.set(Some(answer));
        self.receive().await
    }
}

impl<O> Caller<(), O> {
    /// Gives the next value, and stops until the one after it is asked for.
    pub async fn give(&self, value: O) {
        self.answer(value).await;
    }
}

impl<I, O> fmt::Debug for Caller<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
