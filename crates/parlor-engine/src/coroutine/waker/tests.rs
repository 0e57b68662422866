//! Wakes: none lost, none doubled, first come first served; on both selectors.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use rustix::event::epoll;

use super::{Inbox, LoopHandle, TaskKey, TaskWaker};
use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::selector::Selector;
use crate::interleave::stage::{explore, is_readable, part, wait_until};
use crate::interleave::step;
use crate::model::epoll::Epoll;
use crate::model::poll::PollList;
use crate::model::select::Select;
use crate::model::threads::Parked;
use crate::{spawn_local, time, yield_now};

fn selectors() -> [Box<dyn Selector>; 4] {
    let fd = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    [
        Box::new(Parked::default()),
        Box::new(Select::default()),
        Box::new(PollList::default()),
        Box::new(Epoll::new(fd)),
    ]
}

fn run<F: Future>(selector: Box<dyn Selector>, future: F) -> F::Output {
    EventLoop::new(selector, LoopHandle::new()).block_on(future).unwrap()
}

/// A count that other threads raise, and who waits for it.
#[derive(Default)]
struct Shared {
    count: AtomicUsize,
    waker: Mutex<Option<Waker>>,
}

impl Shared {
    fn raise(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn reach(self: Arc<Self>, goal: usize) {
        poll_fn(|cx| {
            *self.waker.lock().unwrap() = Some(cx.waker().clone());
            if self.count.load(Ordering::SeqCst) >= goal { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// If one wake in any interleaving were lost, the loop would sleep for ever; the deadline
    /// inside turns that into a failure.
    #[test]
    fn wakes_from_many_threads_are_never_lost(
        plan in proptest::collection::vec((1usize..80, 0u32..40), 1..5),
    ) {
        for selector in selectors() {
            let total: usize = plan.iter().map(|(count, _)| count).sum();
            let root = Arc::new(Shared::default());
            let task = Arc::new(Shared::default());
            let reached = run(selector, async {
                let threads: Vec<_> = plan.iter().copied().map(|(count, pause)| {
                    let (root, task) = (Arc::clone(&root), Arc::clone(&task));
                    thread::spawn(move || for _ in 0..count {
                        for _ in 0..pause { std::hint::spin_loop(); }
                        root.raise();
                        task.raise();
                    })
                }).collect();
                // One waits as the root future, one as a task beside it.
                let ended = Rc::new(RefCell::new(false));
                let flag = Rc::clone(&ended);
                let waiting = Arc::clone(&task);
                spawn_local(async move {
                    waiting.reach(total).await;
                    *flag.borrow_mut() = true;
                });
                let all = time::timeout(Duration::from_secs(20), async {
                    Arc::clone(&root).reach(total).await;
                    while !*ended.borrow() { yield_now().await; }
                }).await;
                for thread in threads { thread.join().unwrap(); }
                all.is_ok()
            });
            prop_assert!(reached, "a wake was lost");
        }
    }
}

#[test]
fn a_task_woken_twice_runs_once() {
    for selector in selectors() {
        let polls = Rc::new(RefCell::new(0));
        let counted = Rc::clone(&polls);
        run(selector, async move {
            let waker: Rc<RefCell<Option<Waker>>> = Rc::default();
            let given = Rc::clone(&waker);
            let count = Rc::clone(&counted);
            spawn_local(poll_fn(move |cx| {
                *count.borrow_mut() += 1;
                *given.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }));
            yield_now().await;
            assert_eq!(*counted.borrow(), 1);
            let waker = waker.borrow().clone().unwrap();
            for _ in 0..3 {
                waker.wake_by_ref();
            }
            thread::spawn(move || waker.wake()).join().unwrap();
            yield_now().await;
            yield_now().await;
        });
        assert_eq!(*polls.borrow(), 2);
    }
}

#[test]
fn tasks_run_first_come_first_served() {
    for selector in selectors() {
        let order: Rc<RefCell<Vec<(usize, usize)>>> = Rc::default();
        let log = Rc::clone(&order);
        run(selector, async move {
            for name in 0..4 {
                let log = Rc::clone(&log);
                spawn_local(async move {
                    for round in 0..3 {
                        log.borrow_mut().push((round, name));
                        yield_now().await;
                    }
                });
            }
            for _ in 0..5 {
                yield_now().await;
            }
        });
        let sorted = {
            let mut sorted = order.borrow().clone();
            sorted.sort_unstable();
            sorted
        };
        assert_eq!(*order.borrow(), sorted);
        assert_eq!(sorted.len(), 12);
    }
}

#[test]
fn a_waker_may_outlive_its_loop() {
    for selector in selectors() {
        let waker = run(selector, poll_fn(|cx| Poll::Ready(cx.waker().clone())));
        waker.wake_by_ref();
        thread::spawn(move || waker.wake()).join().unwrap();
    }
}

#[test]
fn tasks_left_over_are_dropped_with_the_loop() {
    for selector in selectors() {
        let alive = Rc::new(());
        let held = Rc::clone(&alive);
        run(selector, async move {
            spawn_local(async move {
                let _held = held;
                std::future::pending::<()>().await;
            });
            yield_now().await;
        });
        assert_eq!(Rc::strong_count(&alive), 1);
    }
}

/// A loop without sockets: takes its mail until `done` says so, and sleeps until its bell rings.
fn sleepy_loop(handle: &Arc<LoopHandle>, mut done: impl FnMut(&mut Inbox) -> bool) {
    let mut inbox = Inbox::default();
    loop {
        handle.take_mail(&mut inbox);
        if done(&mut inbox) {
            return;
        }
        if handle.fall_asleep() {
            let bell = Arc::clone(handle.bell().unwrap());
            let rings = Arc::clone(&bell);
            wait_until(move || is_readable(&rings));
            rustix::io::read(&*bell, &mut [0; 8]).unwrap();
        }
        handle.wake_up();
    }
}

#[test]
fn no_interleaving_of_three_loses_mail() {
    let runs = explore(3, || {
        let handle = LoopHandle::new();
        handle.bell().unwrap();
        let key = |index| TaskKey { index, generation: 1 };
        let post = |index| {
            let handle = Arc::clone(&handle);
            part(move || handle.push(key(index)))
        };
        let (one, two) = (post(1), post(2));
        let receive = part(move || {
            let mut seen = Vec::new();
            sleepy_loop(&handle, |inbox| {
                seen.append(&mut inbox.woken);
                seen.len() >= 2
            });
            seen.sort_unstable_by_key(|key| key.index);
            assert_eq!(seen, [key(1), key(2)]);
        });
        vec![receive, one, two]
    });
    assert!(runs > 1000, "{runs} runs are not all");
}

#[test]
fn no_interleaving_loses_what_a_wake_was_for() {
    let runs = explore(3, || {
        let handle = LoopHandle::new();
        handle.bell().unwrap();
        let task =
            Arc::new(TaskWaker::new(TaskKey { index: 7, generation: 1 }, Arc::clone(&handle)));
        let news = Arc::new(AtomicUsize::new(0));
        let (waker, told) = (Waker::from(Arc::clone(&task)), Arc::clone(&news));
        let tell = part(move || {
            for count in 1..=2 {
                step();
                told.store(count, Ordering::Relaxed);
                waker.wake_by_ref();
            }
        });
        let poll = part(move || {
            // Queued at birth, then again whenever it is in the mail.
            let mut queued = 1;
            sleepy_loop(&handle, |inbox| {
                queued += inbox.woken.drain(..).count();
                assert!(queued <= 1, "queued twice");
                std::mem::take(&mut queued) == 1 && {
                    task.begin_poll();
                    step();
                    news.load(Ordering::Relaxed) == 2
                }
            });
        });
        vec![poll, tell]
    });
    assert!(runs > 100, "{runs} runs are not all");
}

#[test]
fn a_lost_wake_would_be_found() {
    // Ringing before the mail is posted is the error that the order in `ring` prevents.
    let found = std::panic::catch_unwind(|| {
        explore(2, || {
            let handle = LoopHandle::new();
            handle.bell().unwrap();
            let other = Arc::clone(&handle);
            let receive = part(move || sleepy_loop(&handle, |inbox| !inbox.woken.is_empty()));
            let post = part(move || {
                other.ring();
                step();
                other.inbox.lock().unwrap().woken.push(TaskKey { index: 1, generation: 1 });
            });
            vec![receive, post]
        })
    });
    assert!(found.is_err());
}
