//! A bounded queue between the loops and a thread of the store.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Jobs waiting for a thread.
pub(crate) struct Queue<J> {
    state: Mutex<State<J>>,
    ready: Condvar,
    max: usize,
}

struct State<J> {
    jobs: VecDeque<J>,
    /// How many threads wait for a job; they need not be woken otherwise.
    idle: usize,
    /// How many threads have more to put in, and wake nobody before that.
    held: usize,
    closed: bool,
}

/// Why a job was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// As many wait as may.
    Busy,
    /// Nobody will take it any more.
    Closed,
}

/// What became of waiting for jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// There are some.
    Jobs,
    /// None came in this time.
    Idle,
    /// None will come.
    Closed,
}

impl<J> Queue<J> {
    pub(crate) fn new(max: usize) -> Self {
        let state = State { jobs: VecDeque::new(), idle: 0, held: 0, closed: false };
        Self { state: Mutex::new(state), ready: Condvar::new(), max }
    }

    /// Puts a job in, if there is room.
    pub(crate) fn push(&self, job: J) -> Result<(), Full> {
        self.push_below(job, self.max)
    }

    /// Puts a job in whose number something else bounds.
    pub(crate) fn push_anyway(&self, job: J) -> Result<(), Full> {
        self.push_below(job, usize::MAX)
    }

    fn push_below(&self, job: J, max: usize) -> Result<(), Full> {
        let mut state = self.lock();
        if state.closed {
            return Err(Full::Closed);
        }
        if state.jobs.len() >= max {
            return Err(Full::Busy);
        }
        state.jobs.push_back(job);
        let wake = state.idle > 0 && state.held == 0;
        drop(state);
        if wake {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Until this is dropped, jobs that are put in wake no thread. To be held for no longer than it
    /// takes to put some in.
    pub(crate) fn hold(&self) -> Hold<'_, J> {
        self.lock().held += 1;
        Hold(self)
    }

    /// Waits so long for jobs (`None`: for ever) and takes up to `most` of them.
    pub(crate) fn take(&self, into: &mut Vec<J>, most: usize, wait: Option<Duration>) -> Taken {
        let mut state = self.lock();
        while state.jobs.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            if wait == Some(Duration::ZERO) {
                return Taken::Idle;
            }
            state.idle += 1;
            let timed_out;
            (state, timed_out) = match wait {
                None => (self.ready.wait(state).unwrap_or_else(PoisonError::into_inner), false),
                Some(wait) => {
                    let woken = self.ready.wait_timeout(state, wait);
                    let (state, result) = woken.unwrap_or_else(PoisonError::into_inner);
                    (state, result.timed_out())
                }
            };
            state.idle -= 1;
            if timed_out && state.jobs.is_empty() && !state.closed {
                return Taken::Idle;
            }
        }
        let count = state.jobs.len().min(most);
        into.extend(state.jobs.drain(..count));
        Taken::Jobs
    }

    /// Takes no more jobs in; those that wait are still taken out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    fn let_go(&self) {
        let mut state = self.lock();
        state.held -= 1;
        let waiting = if state.idle > 0 { state.jobs.len() } else { 0 };
        drop(state);
        match waiting {
            0 => {}
            1 => self.ready.notify_one(),
            _ => self.ready.notify_all(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Queue::hold`].
pub(crate) struct Hold<'a, J>(&'a Queue<J>);

impl<J> Drop for Hold<'_, J> {
    fn drop(&mut self) {
        self.0.let_go();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    /// Waits until a thread waits for a job.
    fn wait_for_idle(queue: &Queue<u8>) {
        while queue.lock().idle == 0 {
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_is_put_in_together_is_taken_together() {
        let queue = Queue::new(10);
        std::thread::scope(|scope| {
            let taker = scope.spawn(|| {
                let mut taken = Vec::new();
                queue.take(&mut taken, usize::MAX, Some(LONG));
                taken
            });
            wait_for_idle(&queue);
            let hold = queue.hold();
            for job in 0..5 {
                queue.push(job).unwrap();
                std::thread::yield_now();
            }
            assert_eq!(queue.lock().jobs.len(), 5, "nobody was woken");
            drop(hold);
            assert_eq!(taker.join().unwrap(), [0, 1, 2, 3, 4]);
        });
    }

    #[test]
    fn a_hold_in_which_nothing_came_wakes_nobody_and_ends() {
        let queue = Queue::new(10);
        drop(queue.hold());
        let (first, second) = (queue.hold(), queue.hold());
        queue.push(1).unwrap();
        drop(first);
        drop(second);
        std::thread::scope(|scope| {
            let mut taken = Vec::new();
            assert_eq!(queue.take(&mut taken, 10, Some(LONG)), Taken::Jobs);
            let taker = scope.spawn(|| queue.take(&mut Vec::new(), 10, Some(LONG)));
            wait_for_idle(&queue);
            queue.push(2).unwrap();
            assert_eq!(taker.join().unwrap(), Taken::Jobs, "it is held no longer");
        });
    }
}
