//! Every interleaving of a few threads, for tests: one runs at a time, and at each step the test
//! decides which goes on.
//!
//! The steps stand in the code under test, before each access to what is shared ([`super::step`]).
//! A run follows a script of decisions and notes those it makes beyond it; the next script is the
//! same with the last decision that has an alternative changed. So all schedules are tried that
//! take the turn away from a thread that could go on no more than so many times: with few such
//! changes nearly every error of this kind shows. Since only one thread runs, this shows the
//! interleavings of sequentially consistent accesses, which those of the inbox are.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What a thread waits for.
type Condition = Box<dyn Fn() -> bool + Send>;

thread_local! {
    static ACTOR: RefCell<Option<(Arc<Stage>, usize)>> = const { RefCell::new(None) };
}

struct Stage {
    play: Mutex<Play>,
    changed: Condvar,
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
}

enum Actor {
    Ready,
    Waiting(Condition),
    Finished,
}

/// Runs the actors in every interleaving with at most so many preemptions; returns how many runs
/// that were. Panics when an actor does, or when all that are left wait.
pub(super) fn explore<'a>(
    preemptions_max: usize,
    cast: impl Fn() -> Vec<Box<dyn FnOnce() + Send + 'a>>,
) -> usize {
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

fn perform(
    script: &[usize],
    preemptions_left: usize,
    cast: Vec<Box<dyn FnOnce() + Send + '_>>,
) -> Vec<(usize, usize)> {
    let stage = Arc::new(Stage {
        play: Mutex::new(Play {
            actors: cast.iter().map(|_| Actor::Ready).collect(),
            current: 0,
            script: script.to_vec(),
            decisions: Vec::new(),
            preemptions_left,
            stuck: false,
        }),
        changed: Condvar::new(),
    });
    thread::scope(|scope| {
        for (me, act) in cast.into_iter().enumerate() {
            let stage = Arc::clone(&stage);
            scope.spawn(move || {
                ACTOR.set(Some((Arc::clone(&stage), me)));
                drop(stage.wait_for_turn(stage.lock(), me));
                act();
                drop(stage.pass_on(me, Actor::Finished));
            });
        }
    });
    let play = stage.lock();
    assert!(!play.stuck, "everybody waits, after the decisions {:?}", play.decisions);
    play.decisions.clone()
}

/// Lets any other actor go first; does nothing on a thread that is none.
pub(super) fn step() {
    let actor = ACTOR.with_borrow(Option::clone);
    if let Some((stage, me)) = actor {
        let play = stage.pass_on(me, Actor::Ready);
        drop(stage.wait_for_turn(play, me));
    }
}

/// Waits, as in a system call, until something is so. Whether it is may be asked at any time, by
/// any thread, and must change nothing.
pub(super) fn wait_until(condition: impl Fn() -> bool + Send + 'static) {
    let actor = ACTOR.with_borrow(Option::clone);
    let (stage, me) = actor.expect("an actor");
    let mut play = stage.pass_on(me, Actor::Waiting(Box::new(condition)));
    play = stage.wait_for_turn(play, me);
    play.actors[me] = Actor::Ready;
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
        self.changed.notify_all();
        play
    }

    fn wait_for_turn<'a>(&self, play: MutexGuard<'a, Play>, me: usize) -> MutexGuard<'a, Play> {
        let waited = self.changed.wait_while(play, |play| play.current != me && !play.stuck);
        let play = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!play.stuck, "everybody waits");
        play
    }
}

impl Play {
    fn decide(&mut self) {
        let able = |actor: &Actor| match actor {
            Actor::Ready => true,
            Actor::Waiting(condition) => condition(),
            Actor::Finished => false,
        };
        let mut able: Vec<usize> =
            (0..self.actors.len()).filter(|actor| able(&self.actors[*actor])).collect();
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
        let chosen = self.script.get(self.decisions.len()).copied().unwrap_or(0);
        self.decisions.push((chosen, able.len()));
        if goes_on.is_some() && chosen > 0 {
            self.preemptions_left -= 1;
        }
        self.current = able[chosen];
    }
}
