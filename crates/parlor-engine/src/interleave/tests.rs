//! The stage itself: what it tries, and that it finds the errors it is there to find.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use super::stage::{Part, clock, explore, part, pass_time, wait_for, wait_until};
use super::{Condvar, Mutex, step};
use crate::time;

/// Whether the actors fail in any of the runs.
fn fails<'a>(preemptions_max: usize, cast: impl Fn() -> Vec<Part<'a>>) -> bool {
    catch_unwind(AssertUnwindSafe(|| explore(preemptions_max, cast))).is_err()
}

#[test]
fn a_lost_update_takes_one_preemption() {
    let sums = |preemptions_max| {
        let seen = StdMutex::new(BTreeSet::new());
        explore(preemptions_max, || {
            let count = Arc::new(AtomicUsize::new(0));
            let add = || {
                let count = Arc::clone(&count);
                part(move || {
                    step();
                    let read = count.load(Ordering::SeqCst);
                    step();
                    count.store(read + 1, Ordering::SeqCst);
                })
            };
            let (one, two) = (add(), add());
            let (count, seen) = (Arc::clone(&count), &seen);
            let look = part(move || {
                let done = Arc::clone(&count);
                wait_until(move || Arc::strong_count(&done) == 2);
                seen.lock().unwrap().insert(count.load(Ordering::SeqCst));
            });
            vec![one, two, look]
        });
        seen.into_inner().unwrap()
    };
    assert_eq!(sums(0), BTreeSet::from([2]));
    assert_eq!(sums(1), BTreeSet::from([1, 2]));
}

#[test]
fn a_lock_keeps_what_is_done_under_it_together() {
    explore(3, || {
        let count = Arc::new(Mutex::new(0));
        let add = || {
            let count = Arc::clone(&count);
            part(move || {
                let mut count = count.lock().unwrap();
                let read = *count;
                step();
                *count = read + 1;
                assert!(*count <= 2);
            })
        };
        let cast = vec![add(), add()];
        let look = part(move || {
            let done = Arc::clone(&count);
            wait_until(move || Arc::strong_count(&done) == 2);
            assert_eq!(*count.lock().unwrap(), 2);
        });
        cast.into_iter().chain([look]).collect()
    });
}

#[test]
fn two_locks_taken_in_either_order_are_found() {
    assert!(fails(1, || {
        let (left, right) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let both = |first: &Arc<Mutex<()>>, second: &Arc<Mutex<()>>| {
            let (first, second) = (Arc::clone(first), Arc::clone(second));
            part(move || {
                let first = first.lock().unwrap();
                let second = second.lock().unwrap();
                drop((first, second));
            })
        };
        vec![both(&left, &right), both(&right, &left)]
    }));
}

#[test]
fn a_call_that_nobody_waits_for_yet_is_lost() {
    let wait = |under_one_lock: bool| {
        move || {
            let (ready, called) = (Arc::new(Mutex::new(false)), Arc::new(Condvar::new()));
            let (told, bell) = (Arc::clone(&ready), Arc::clone(&called));
            let tell = part(move || {
                *told.lock().unwrap() = true;
                bell.notify_one();
            });
            let wait = part(move || {
                if under_one_lock {
                    let mut guard = ready.lock().unwrap();
                    while !*guard {
                        guard = called.wait(guard).unwrap();
                    }
                } else if !*ready.lock().unwrap() {
                    drop(called.wait(ready.lock().unwrap()));
                }
            });
            vec![wait, tell]
        }
    };
    assert!(fails(1, wait(false)));
    assert!(!fails(3, wait(true)));
}

#[test]
fn any_of_those_who_wait_may_be_the_one_who_is_called() {
    let first = StdMutex::new(BTreeSet::new());
    explore(0, || {
        let (open, called) = (Arc::new(Mutex::new(0)), Arc::new(Condvar::new()));
        let wait = |name: usize| {
            let (open, called, first) = (Arc::clone(&open), Arc::clone(&called), &first);
            part(move || {
                let mut guard = open.lock().unwrap();
                while *guard == 0 {
                    guard = called.wait(guard).unwrap();
                }
                if *guard == 2 {
                    first.lock().unwrap().insert(name);
                }
                *guard -= 1;
            })
        };
        let mut cast = vec![wait(0), wait(1)];
        cast.push(part(move || {
            *open.lock().unwrap() = 2;
            called.notify_one();
            called.notify_one();
        }));
        cast
    });
    assert_eq!(first.into_inner().unwrap(), BTreeSet::from([0, 1]));
}

#[test]
fn time_passes_when_an_actor_lets_it() {
    let seen = StdMutex::new(BTreeSet::new());
    explore(1, || {
        let seen = &seen;
        let look = part(move || {
            let start = clock().now();
            seen.lock().unwrap().insert((time::now() - start).as_millis());
        });
        vec![look, part(|| pass_time(Duration::from_millis(10)))]
    });
    assert_eq!(seen.into_inner().unwrap(), BTreeSet::from([0, 10]));
}

#[test]
fn time_passes_when_all_wait_for_it() {
    explore(3, || {
        let wait = |ms| {
            part(move || {
                let start = clock().now();
                wait_for(Duration::from_millis(ms), || false);
                assert_eq!(clock().now() - start, Duration::from_millis(ms));
            })
        };
        vec![wait(20), wait(10)]
    });
}
