//! Tasks, wakers, timers and an event loop: the machinery under every model but tokio.
//!
//! A connection handler is a coroutine: a function that can stop in the middle, keep its state
//! and go on later. The compiler turns each `async fn` into one. What is left to write is who
//! calls it again, and when:
//!
//! - [`generator`] is the coroutine alone, called by hand: `next` and `send`;
//! - [`selector`] asks the kernel which sockets are ready: four verbs, one implementation a model;
//! - [`source`] remembers the answers, so that nobody asks twice;
//! - [`waker`] puts a stopped coroutine back into the queue, from any thread;
//! - [`task`] is a coroutine with its waker and its place on the list;
//! - [`timer`] is the wheel that every deadline hangs on;
//! - [`event_loop`] goes round: foreign wakes, timers, tasks, then wait.

pub(crate) mod generator;
pub(crate) mod selector;
pub(crate) mod source;
pub(crate) mod waker;
pub(crate) mod task;
pub(crate) mod timer;
pub(crate) mod event_loop;
