//! A loop that is about to wait: timers that are set, moved and cancelled, wakes from elsewhere and
//! its socket, in every interleaving.

use std::cell::Cell;
use std::future::poll_fn;
use std::os::fd::OwnedFd;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Poll, Waker};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};

use super::EventLoop;
use super::staged::Staged;
use crate::context::{Home, home};
use crate::coroutine::selector::{Readiness, Trigger};
use crate::coroutine::source::{Fd, Registration};
use crate::coroutine::waker::LoopHandle;
use crate::interleave::stage::{Part, clock, explore, part, pass_time, wait_until};
use crate::interleave::{Mutex, step};
use crate::{spawn_local, time, yield_now};

const TICK: Duration = Duration::from_millis(10);

/// Told once, by another thread.
#[derive(Default)]
struct News {
    told: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl News {
    fn tell(&self) {
        self.told.store(true, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap().take();
        if let Some(waker) = waker {
            waker.wake_by_ref();
            // Until it is dropped, it could wake again.
            step();
            drop(waker);
        }
    }

    async fn heard(&self) {
        poll_fn(|cx| {
            *self.waker.lock().unwrap() = Some(cx.waker().clone());
            step();
            if self.told.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// An actor that runs a future on a loop of its own.
fn looping<'a, F>(trigger: Trigger, future: impl FnOnce() -> F + Send + 'a) -> Part<'a>
where
    F: Future<Output = ()>,
{
    part(move || {
        let selector = Box::new(Staged::new(trigger));
        let ended = EventLoop::new(selector, LoopHandle::new()).block_on(future());
        assert!(ended.is_some(), "stopped");
    })
}

fn telling<'a>(news: &Arc<News>) -> Part<'a> {
    let news = Arc::clone(news);
    part(move || news.tell())
}

/// An actor that lets so many ticks pass.
fn passing<'a>(ticks: usize) -> Part<'a> {
    part(move || (0..ticks).for_each(|_| pass_time(TICK)))
}

/// Waits for a timer and for news, and returns when each of them came.
async fn timer_and(news: &News) -> (Duration, Duration) {
    let start = time::now();
    let mut timer = pin!(time::sleep(TICK));
    let mut told = pin!(news.heard());
    let (mut fired, mut heard) = (None, None);
    poll_fn(|cx| {
        let passed = || clock().now() - start;
        if fired.is_none() && timer.as_mut().poll(cx).is_ready() {
            fired = Some(passed());
        }
        if heard.is_none() && told.as_mut().poll(cx).is_ready() {
            heard = Some(passed());
        }
        fired.zip(heard).map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

#[test]
fn a_wake_does_not_wait_for_the_timer_beside_it() {
    for trigger in [Trigger::Edge, Trigger::Level] {
        let runs = explore(3, || {
            let news = Arc::new(News::default());
            let heard = Arc::clone(&news);
            let wait = looping(trigger, move || async move {
                // Time passes when all wait, so not before the news are heard.
                assert_eq!(timer_and(&heard).await, (TICK, Duration::ZERO));
            });
            vec![wait, telling(&news)]
        });
        assert!(runs > 100, "{runs} runs are not all");
    }
}

#[test]
fn a_timer_that_is_due_while_a_wake_arrives_is_not_lost() {
    for trigger in [Trigger::Edge, Trigger::Level] {
        let runs = explore(3, || {
            let news = Arc::new(News::default());
            let heard = Arc::clone(&news);
            let wait = looping(trigger, move || async move {
                let (fired, _) = timer_and(&heard).await;
                assert!(fired >= TICK, "too early");
            });
            vec![wait, telling(&news), passing(1)]
        });
        assert!(runs > 100, "{runs} runs are not all");
    }
}

#[test]
fn a_timer_that_a_wake_sets_fires() {
    for trigger in [Trigger::Edge, Trigger::Level] {
        let runs = explore(3, || {
            let news = Arc::new(News::default());
            let heard = Arc::clone(&news);
            let wait = looping(trigger, move || async move {
                let start = time::now();
                heard.heard().await;
                // Perhaps it is over already.
                time::sleep_until(start + TICK).await;
            });
            vec![wait, telling(&news), passing(1)]
        });
        assert!(runs > 100, "{runs} runs are not all");
    }
}

#[test]
fn a_timer_that_a_wake_cancels_leaves_the_next_one_alone() {
    for trigger in [Trigger::Edge, Trigger::Level] {
        let runs = explore(2, || {
            let news = Arc::new(News::default());
            let heard = Arc::clone(&news);
            let wait = looping(trigger, move || async move {
                let start = time::now();
                // Another one at the same time, that nobody cancels.
                let fired = Rc::new(Cell::new(false));
                let fires = Rc::clone(&fired);
                spawn_local(async move {
                    time::sleep_until(start + TICK).await;
                    fires.set(true);
                });
                let mut timer = time::sleep_until(start + TICK);
                let mut told = pin!(heard.heard());
                poll_fn(|cx| match told.as_mut().poll(cx) {
                    Poll::Ready(()) => Poll::Ready(()),
                    Poll::Pending => Pin::new(&mut timer).poll(cx),
                })
                .await;
                timer.reset(start + 2 * TICK);
                timer.await;
                assert!(clock().now() >= start + 2 * TICK, "too early");
                while !fired.get() {
                    yield_now().await;
                }
            });
            vec![wait, telling(&news), passing(2)]
        });
        assert!(runs > 100, "{runs} runs are not all");
    }
}

/// A socket of the current loop that others can make readable.
fn watched(fd: &Arc<OwnedFd>) -> Registration {
    let Home::Loop(event_loop) = home("a test") else { panic!("no loop") };
    event_loop.register(Fd::Shared(Arc::clone(fd))).unwrap_or_else(|(error, _)| panic!("{error}"))
}

async fn readable(socket: &Registration) {
    poll_fn(|cx| socket.0.poll_ready(Readiness::READ, cx)).await;
}

#[test]
fn a_thread_parks_with_its_socket_alone_only_when_nobody_else_can_wake_it() {
    let runs = explore(3, || {
        let news = Arc::new(News::default());
        let (heard, answered) = (Arc::clone(&news), Arc::new(AtomicBool::new(false)));
        let fd = Arc::new(eventfd(0, EventfdFlags::NONBLOCK).unwrap());
        let (ours, answer) = (Arc::clone(&fd), Arc::clone(&answered));
        let wait = looping(Trigger::Level, move || async move {
            // Both at once: the waker is in the socket, and until the news are told elsewhere too.
            let socket = watched(&ours);
            let mut told = pin!(heard.heard());
            let mut bytes = pin!(readable(&socket));
            poll_fn(|cx| {
                assert!(bytes.as_mut().poll(cx).is_pending(), "nothing was written yet");
                told.as_mut().poll(cx)
            })
            .await;
            answer.store(true, Ordering::SeqCst);
            bytes.await;
        });
        // The client says nothing before it has heard of the news.
        let write = part(move || {
            wait_until(move || answered.load(Ordering::SeqCst));
            rustix::io::write(&*fd, &1u64.to_ne_bytes()).unwrap();
        });
        vec![wait, telling(&news), write]
    });
    assert!(runs > 100, "{runs} runs are not all");
}

#[test]
fn who_hands_over_and_then_asks_for_the_end_loses_nobody() {
    for trigger in [Trigger::Edge, Trigger::Level] {
        let runs = explore(3, || {
            let (handle, served) = (LoopHandle::new(), Arc::new(AtomicUsize::new(0)));
            handle.bell().unwrap();
            let (other, count) = (Arc::clone(&handle), Arc::clone(&served));
            let serve = part(move || {
                EventLoop::new(Box::new(Staged::new(trigger)), other).serve();
                assert_eq!(count.load(Ordering::SeqCst), 2, "somebody was lost");
            });
            let hand_over = part(move || {
                for _ in 0..2 {
                    let served = Arc::clone(&served);
                    handle.submit(Box::new(move |event_loop| {
                        let one = async move {
                            yield_now().await;
                            served.fetch_add(1, Ordering::SeqCst);
                        };
                        event_loop.spawn(Box::pin(one), None);
                    }));
                }
                handle.drain();
            });
            vec![serve, hand_over]
        });
        assert!(runs > 100, "{runs} runs are not all");
    }
}
