//! Every interleaving of a few threads: one runs at a time, and at each step the test decides
//! which goes on.
//!
//! The steps stand in the code under test, before each access to what is shared ([`step`]). A run
//! follows a script of decisions and notes those it makes beyond it; the next script is the same
//! with the last decision that has an alternative changed. So all schedules are tried that take the
//! turn away from a thread that could go on no more than so many times: with few such changes
//! nearly every error of this kind shows. Since only one thread runs, this shows the interleavings
//! of sequentially consistent accesses, which those between the engine's threads are.
//!
//! Time stands still on a stage until an actor lets it pass ([`pass_time`]), which is a matter of the
//! schedule like everything else, or until all wait, and some of them for a time that will come.

use std::cell::RefCell;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What a thread waits for.
type Condition = Box<dyn Fn() -> bool + Send>;

/// What an actor does.
pub(crate) type Part<'a> = Box<dyn FnOnce() + Send + 'a>;

thread_local! {
    static ACTOR: RefCell<Option<(Arc<Stage>, usize)>> = const { RefCell::new(None) };
}

struct Stage {
    play: Mutex<Play>,
    /// One for each actor: it is its turn, or all wait for ever.
    turns: Vec<Condvar>,
}

struct Play {
    actors: Vec<Actor>,
    /// Whose turn it is.
    current: usize,
    script: Vec<usize>,
    /// Each decision: what was chosen out of how many.
    decisions: Vec<(usize, usize)>,
    preemptions_left: usize,
    /// Nobody can go on, and somebody has not finished.
    stuck: bool,
    clock: Clock,
}

enum Actor {
    Ready,
    /// Until something is so, or this moment has come.
    Waiting(Condition, Option<Instant>),
    Finished,
}

/// The time on a stage. Reading it here is no step.
#[derive(Clone, Default)]
pub(crate) struct Clock {
    passed_ms: Arc<AtomicU64>,
}

/// One actor's part, to be listed with those of others.
pub(crate) fn part<'a>(act: impl FnOnce() + Send + 'a) -> Part<'a> {
    Box::new(act)
}

/// Runs the actors in every interleaving with at most so many preemptions; returns how many runs
/// that were. Panics when an actor does, or when all that are left wait.
pub(crate) fn explore<'a>(preemptions_max: usize, cast: impl Fn() -> Vec<Part<'a>>) -> usize {
    let mut script = Vec::new();
    for run in 1.. {
        let mut decisions = perform(&script, preemptions_max, cast());
        while let Some((chosen, of)) = decisions.pop() {
            if chosen + 1 < of {
                decisions.push((chosen + 1, of));
                break;
            }
        }
        if decisions.is_empty() {
            return run;
        }
        script = decisions.into_iter().map(|(chosen, _)| chosen).collect();
    }
    unreachable!("the runs are finite")
}

fn perform(script: &[usize], preemptions_left: usize, cast: Vec<Part<'_>>) -> Vec<(usize, usize)> {
    let stage = Arc::new(Stage {
        play: Mutex::new(Play {
            actors: cast.iter().map(|_| Actor::Ready).collect(),
            current: 0,
            script: script.to_vec(),
            decisions: Vec::new(),
            preemptions_left,
            stuck: false,
            clock: Clock::default(),
        }),
        turns: cast.iter().map(|_| Condvar::new()).collect(),
    });
    let failed = thread::scope(|scope| {
        let actors: Vec<_> = (0..)
            .zip(cast)
            .map(|(me, act)| {
                let stage = Arc::clone(&stage);
                scope.spawn(move || {
                    ACTOR.set(Some((Arc::clone(&stage), me)));
                    let acted = catch_unwind(AssertUnwindSafe(|| {
                        drop(stage.wait_for_turn(stage.lock(), me));
                        act();
                    }));
                    // One that has failed lets the others come to their end.
                    drop(stage.pass_on(me, Actor::Finished));
                    ACTOR.take();
                    acted.is_err()
                })
            })
            .collect();
        actors.into_iter().any(|actor| actor.join().unwrap_or(true))
    });
    let play = stage.lock();
    assert!(!play.stuck, "everybody waits, after the decisions {:?}", play.decisions);
    assert!(!failed, "an actor failed, after the decisions {:?}", play.decisions);
    play.decisions.clone()
}

/// Whether this thread is one of those on a stage.
pub(crate) fn is_actor() -> bool {
    ACTOR.with_borrow(Option::is_some)
}

fn actor() -> Option<(Arc<Stage>, usize)> {
    ACTOR.with_borrow(Option::clone)
}

/// Lets any other actor go first; does nothing on a thread that is none.
pub(crate) fn step() {
    if let Some((stage, me)) = actor() {
        let play = stage.pass_on(me, Actor::Ready);
        drop(stage.wait_for_turn(play, me));
    }
}

/// Waits, as in a system call, until something is so. Whether it is may be asked at any time, by
/// any thread, and must change nothing.
pub(crate) fn wait_until(condition: impl Fn() -> bool + Send + 'static) {
    wait(Box::new(condition), None);
}

/// Does the same, but for no longer than a while.
pub(crate) fn wait_for(timeout: Duration, condition: impl Fn() -> bool + Send + 'static) {
    wait(Box::new(condition), Some(clock().now() + timeout));
}

fn wait(condition: Condition, until: Option<Instant>) {
    let (stage, me) = actor().expect("an actor");
    let mut play = stage.pass_on(me, Actor::Waiting(condition, until));
    play = stage.wait_for_turn(play, me);
    play.actors[me] = Actor::Ready;
}

/// Decides between so many ways to go on; every one is taken in some run.
pub(crate) fn choose(of: usize) -> usize {
    actor().map_or(0, |(stage, _)| stage.lock().choose(of))
}

/// The time, for an actor. Looking at the clock is a step.
pub(crate) fn now() -> Option<Instant> {
    actor()?;
    step();
    Some(clock().now())
}

/// The clock that this actor looks at.
pub(crate) fn clock() -> Clock {
    actor().map(|(stage, _)| stage.lock().clock.clone()).expect("an actor")
}

/// Lets time pass for all actors.
pub(crate) fn pass_time(duration: Duration) {
    step();
    clock().advance(duration);
}

/// Whether a descriptor is readable, without waiting.
pub(crate) fn is_readable(fd: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready == 1)
}

impl Clock {
    pub(crate) fn now(&self) -> Instant {
        static START: OnceLock<Instant> = OnceLock::new();
        #[expect(clippy::disallowed_methods, reason = "any moment will do to count from")]
        let start = *START.get_or_init(Instant::now);
        start + Duration::from_millis(self.passed_ms.load(Ordering::SeqCst))
    }

    fn advance(&self, duration: Duration) {
        let ms = u64::try_from(duration.as_millis()).expect("a short while");
        self.passed_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Stage {
    fn lock(&self) -> MutexGuard<'_, Play> {
        self.play.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides who goes on.
    fn pass_on(&self, me: usize, state: Actor) -> MutexGuard<'_, Play> {
        let mut play = self.lock();
        play.actors[me] = state;
        play.decide();
        if play.stuck {
            self.turns.iter().for_each(Condvar::notify_one);
        } else if play.current != me {
            self.turns[play.current].notify_one();
        }
        play
    }

    fn wait_for_turn<'a>(&self, play: MutexGuard<'a, Play>, me: usize) -> MutexGuard<'a, Play> {
        let waited = self.turns[me].wait_while(play, |play| play.current != me && !play.stuck);
        let play = waited.unwrap_or_else(PoisonError::into_inner);
        // A destructor that runs because of that has to come to its end.
        assert!(!play.stuck || thread::panicking(), "everybody waits");
        play
    }
}

impl Play {
    fn decide(&mut self) {
        let mut able = self.able();
        if able.is_empty()
            && let Some(until) = self.next_moment()
        {
            self.clock.advance(until - self.clock.now());
            able = self.able();
        }
        if able.is_empty() {
            self.stuck = self.actors.iter().any(|actor| !matches!(actor, Actor::Finished));
            return;
        }
        // To go on without a change is the first choice, and the only one when enough were made.
        let goes_on = able.iter().position(|actor| *actor == self.current);
        if let Some(place) = goes_on {
            able.swap(0, place);
            if self.preemptions_left == 0 {
                able.truncate(1);
            }
        }
        let chosen = self.choose(able.len());
        if goes_on.is_some() && chosen > 0 {
            self.preemptions_left -= 1;
        }
        self.current = able[chosen];
    }

    /// Who can go on.
    fn able(&self) -> Vec<usize> {
        let now = self.clock.now();
        let able = |actor: &Actor| match actor {
            Actor::Ready => true,
            Actor::Waiting(condition, until) => {
                until.is_some_and(|until| now >= until) || condition()
            }
            Actor::Finished => false,
        };
        // What a condition looks at is no step of whoever happens to ask.
        let me = ACTOR.take();
        let able = (0..self.actors.len()).filter(|actor| able(&self.actors[*actor])).collect();
        ACTOR.set(me);
        able
    }

    /// The next moment that somebody waits for.
    fn next_moment(&self) -> Option<Instant> {
        let until = self.actors.iter().filter_map(|actor| match actor {
            Actor::Waiting(_, until) => *until,
            Actor::Ready | Actor::Finished => None,
        });
        until.min()
    }

    fn choose(&mut self, of: usize) -> usize {
        let chosen = self.script.get(self.decisions.len()).copied().unwrap_or(0);
        self.decisions.push((chosen, of));
        chosen
    }
}
