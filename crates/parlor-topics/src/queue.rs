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
        let state = State { jobs: VecDeque::new(), idle: 0, closed: false };
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
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.ready.notify_one();
        }
        Ok(())
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

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
