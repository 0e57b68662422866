//! The queue in every interleaving of two workers and the accept loop: nobody is lost in it, and
//! nobody is served twice.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex as StdMutex};

use super::*;
use crate::admission::Admission;
use crate::bell::Bell;
use crate::interleave::stage::{Part, explore, part, wait_until};
use crate::model::tests::arrival;
use crate::service;

/// A pool whose workers are to be played by actors.
struct Play {
    pool: Pool,
    admission: Arc<Admission>,
    counters: Arc<Counters>,
    /// Who was served, in order.
    served: Arc<StdMutex<Vec<u64>>>,
}

impl Play {
    fn new(workers: usize, limits: Limits) -> Self {
        let counters = Arc::new(Counters::default());
        let bell = Arc::new(Bell::new().unwrap());
        let admission = Admission::new(&limits, 1, Arc::clone(&counters), bell);
        let shared = Arc::new(Shared::new(workers, &limits, &counters));
        let pool = Pool { shared, threads: Vec::new() };
        Self { pool, admission, counters, served: Arc::default() }
    }

    /// A worker that keeps each connection until `over`.
    fn worker<'a>(&self, over: fn(&LoopHandle) -> bool) -> Part<'a> {
        let (shared, served) = (Arc::clone(&self.pool.shared), Arc::clone(&self.served));
        part(move || {
            shared.work(|handle, connection, _, _, _| {
                served.lock().unwrap().push(connection);
                wait_until(move || over(&handle));
                Served::Returned
            });
        })
    }

    fn push(&mut self, connection: u64) {
        let nothing = service(|_| async {});
        self.pool.serve(arrival(&self.admission, connection, &nothing));
    }

    fn wait_until_all_have_ended(&self) {
        let counters = Arc::clone(&self.counters);
        wait_until(move || counters.live.load(Ordering::SeqCst) == 0);
    }

    /// Ends the pool; who was served, and how many were refused.
    fn stop(self) -> (Vec<u64>, u64) {
        let Self { pool, counters, served, .. } = self;
        assert_eq!(Box::new(pool).stop(Duration::ZERO), 0);
        // Those in the hands of a worker come to their end.
        let live = Arc::clone(&counters);
        wait_until(move || live.live.load(Ordering::SeqCst) == 0);
        let mut served = served.lock().unwrap().clone();
        served.sort_unstable();
        assert_eq!(counters.served.load(Ordering::SeqCst), served.len() as u64);
        assert_eq!(counters.queued.load(Ordering::SeqCst), 0);
        (served, counters.refused.load(Ordering::SeqCst))
    }
}

/// Workers, connections, and how many preemptions are tried with so many.
const CASTS: [(usize, u64, usize); 3] = [(1, 2, 3), (2, 1, 3), (2, 2, 2)];

#[test]
fn a_push_finds_the_worker_that_goes_to_sleep() {
    for (workers, connections, preemptions_max) in CASTS {
        let runs = explore(preemptions_max, || {
            let mut play = Play::new(workers, Limits::default());
            let mut cast: Vec<_> = (0..workers).map(|_| play.worker(|_| true)).collect();
            cast.push(part(move || {
                (1..=connections).for_each(|connection| play.push(connection));
                play.wait_until_all_have_ended();
                assert_eq!(play.stop(), ((1..=connections).collect(), 0));
            }));
            cast
        });
        assert!(runs > 100, "{runs} runs are not all");
    }
}

#[test]
fn who_is_pushed_just_before_the_end_is_served_or_refused() {
    for (workers, connections, preemptions_max) in CASTS {
        let runs = explore(preemptions_max, || {
            let mut play = Play::new(workers, Limits::default());
            let mut cast: Vec<_> = (0..workers).map(|_| play.worker(|_| true)).collect();
            cast.push(part(move || {
                (1..=connections).for_each(|connection| play.push(connection));
                let (served, refused) = play.stop();
                assert_eq!(served.len() as u64 + refused, connections);
                assert!(served.is_sorted_by(|one, other| one < other), "twice: {served:?}");
            }));
            cast
        });
        assert!(runs > 100, "{runs} runs are not all");
    }
}

#[test]
fn who_waits_for_the_drain_hears_of_it_wherever_he_is() {
    let runs = explore(3, || {
        let mut play = Play::new(1, Limits::default());
        let worker = play.worker(LoopHandle::is_draining);
        let accept = part(move || {
            play.push(1);
            // Behind the first, for as long as that one stays.
            play.push(2);
            play.pool.drain();
            play.wait_until_all_have_ended();
            assert_eq!(play.stop(), (vec![1, 2], 0));
        });
        vec![worker, accept]
    });
    assert!(runs > 100, "{runs} runs are not all");
}

#[test]
fn a_full_queue_refuses_and_the_next_worker_takes_the_first() {
    let limits = Limits { queue_max: 0, ..Limits::default() };
    let runs = explore(3, || {
        let mut play = Play::new(1, limits);
        let worker = play.worker(|_| true);
        let accept = part(move || {
            play.push(1);
            play.push(2);
            play.wait_until_all_have_ended();
            let (served, refused) = play.stop();
            // The second came while the first had the only worker, or after that.
            assert!(served == [1, 2] && refused == 0 || served == [1] && refused == 1);
        });
        vec![worker, accept]
    });
    assert!(runs > 100, "{runs} runs are not all");
}
