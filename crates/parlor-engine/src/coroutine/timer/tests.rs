//! The wheel against the plainest thing that does the same: an ordered map.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Wake, Waker};

use proptest::prelude::*;

use super::Wheel;

/// A waker that says which timer it belongs to.
struct Named {
    name: u64,
    last_woken: Arc<AtomicU64>,
}

impl Wake for Named {
    fn wake(self: Arc<Self>) {
        self.last_woken.store(self.name, Ordering::Relaxed);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert {
        after: u64,
    },
    Cancel {
        which: usize,
    },
    Advance {
        by: u64,
    },
    /// Move exactly to where the wheel says something happens, as an event loop does.
    AdvanceToNext,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Delays over all six levels and beyond the rim; mostly small ones, as in life.
    let delay = prop_oneof![
        5 => 0u64..200,
        3 => 0u64..10_000,
        2 => 0u64..20_000_000,
        1 => 0u64..(1 << 38),
    ];
    let step = prop_oneof![
        4 => delay.clone().prop_map(|after| Step::Insert { after }),
        2 => any::<usize>().prop_map(|which| Step::Cancel { which }),
        1 => delay.prop_map(|by| Step::Advance { by }),
        3 => Just(Step::AdvanceToNext),
    ];
    proptest::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn wheel_fires_exactly_what_an_ordered_map_would(steps in steps()) {
        let last_woken = Arc::new(AtomicU64::new(u64::MAX));
        let mut wheel = Wheel::new();
        let mut model: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut keys = Vec::new();
        let (mut now, mut name) = (0u64, 0u64);

        for step in steps {
            let target = match step {
                Step::Insert { after } => {
                    let waker = Waker::from(Arc::new(Named { name, last_woken: last_woken.clone() }));
                    keys.push((wheel.insert(now + after, waker), now + after, name));
                    model.entry(now + after).or_default().push(name);
                    name += 1;
                    continue;
                }
                Step::Cancel { which } => {
                    if keys.is_empty() { continue; }
                    let (key, due, name) = keys.swap_remove(which % keys.len());
                    let armed = model.get_mut(&due).is_some_and(|names| {
                        let before = names.len();
                        names.retain(|other| *other != name);
                        names.len() < before
                    });
                    prop_assert_eq!(wheel.cancel(key).is_some(), armed);
                    prop_assert!(wheel.cancel(key).is_none());
                    continue;
                }
                Step::Advance { by } => now + by,
                Step::AdvanceToNext => wheel.next_at().unwrap_or(now).max(now),
            };
            now = target;
            let mut fired = Vec::new();
            wheel.advance(now, |waker| {
                waker.wake();
                fired.push(last_woken.load(Ordering::Relaxed));
            });
            let later = model.split_off(&(now + 1));
            let due = std::mem::replace(&mut model, later);
            // Due time orders them; within one tick any order is fine, so compare by groups.
            let mut at = 0;
            for (_, mut names) in due {
                let mut group = fired[at..(at + names.len()).min(fired.len())].to_vec();
                at += names.len();
                names.sort_unstable();
                group.sort_unstable();
                prop_assert_eq!(group, names);
            }
            prop_assert_eq!(at, fired.len());
            model.retain(|_, names| !names.is_empty());
            prop_assert_eq!(wheel.len(), model.values().map(Vec::len).sum::<usize>());
            // The wheel may wake the loop early, never late.
            let next_due = model.keys().next().copied();
            match (wheel.next_at(), next_due) {
                (Some(at), Some(due)) => prop_assert!(at <= due && at > now),
                (at, due) => prop_assert!(at.is_none() && due.is_none()),
            }
        }
    }
}

#[test]
fn a_timer_falls_at_most_five_times() {
    let mut wheel = Wheel::new();
    let due = (1 << 35) + 12_345;
    wheel.insert(due, Waker::noop().clone());
    let mut wakes = 0;
    while let Some(at) = wheel.next_at() {
        wheel.advance(at, |_| ());
        wakes += 1;
    }
    assert!(wakes <= 6, "{wakes} wake-ups for one timer");
}
