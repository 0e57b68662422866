//! A hierarchical timer wheel: insert, cancel and fire in constant time.
//!
//! Ten thousand connections have ten thousand idle timeouts, and nearly all of them are cancelled
//! or moved before they fire. A heap pays a logarithm for each; the wheel pays a list operation.
//!
//! Picture a clock with six hands. The first has 64 slots of 1 ms, the second 64 slots of 64 ms,
//! and so on up to about two years. A timer hangs in the slot of the *highest* hand that has to
//! move before it is due. When a hand reaches the slot, its timers either fire or fall to a lower
//! hand; each can fall at most five times.
//!
//! Slots are doubly linked lists threaded through one slab by index, so nothing is allocated for
//! a timer and no pointer is needed to unlink one. A level that was never used is never allocated:
//! on the model `threads` every connection has a wheel of its own, and most of them stay empty.

use std::task::Waker;

use slab::Slab;

const LEVELS: usize = 6;
const SLOT_BITS: usize = 6;
const SLOTS: usize = 1 << SLOT_BITS;
/// One past the farthest a timer can be placed; what is due later waits there and is placed again.
const RANGE: u64 = 1 << (SLOT_BITS * LEVELS);
/// The index that ends a list.
const NONE: u32 = u32::MAX;

/// Names one armed timer. Reusing its place makes the old name unknown, not wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    index: u32,
    generation: u32,
}

/// The wheel. Time is counted in ticks since it was made, and only [`Wheel::advance`] moves it.
pub(crate) struct Wheel {
    now: u64,
    levels: [Option<Box<Level>>; LEVELS],
    timers: Slab<Timer>,
    generation: u32,
}

struct Level {
    /// Bit `i` is set when slot `i` is not empty, so that the next one is found in one instruction.
    occupied: u64,
    slots: [List; SLOTS],
}

#[derive(Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
}

struct Timer {
    due: u64,
    waker: Waker,
    generation: u32,
    next: u32,
    previous: u32,
    level: u8,
    slot: u8,
}

/// A slot that has to be looked at, and when.
struct Expiration {
    level: usize,
    slot: usize,
    at: u64,
}

impl Wheel {
    pub(crate) fn new() -> Self {
        Self { now: 0, levels: Default::default(), timers: Slab::new(), generation: 0 }
    }

    /// Number of armed timers.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.timers.len()
    }

    /// True when nothing is armed.
    pub(crate) fn is_empty(&self) -> bool {
        self.timers.is_empty()
    }

    /// Arms a timer. One that is already due fires at the next [`Wheel::advance`].
    pub(crate) fn insert(&mut self, due: u64, waker: Waker) -> TimerKey {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let timer = Timer { due, waker, generation, next: NONE, previous: NONE, level: 0, slot: 0 };
        let index = index_of(self.timers.insert(timer));
        self.link(index);
        TimerKey { index, generation }
    }

    /// Disarms a timer and gives its waker back; `None` when it has fired or was cancelled before.
    pub(crate) fn cancel(&mut self, key: TimerKey) -> Option<Waker> {
        self.get(key)?;
        self.unlink(key.index);
        Some(self.timers.remove(key.index as usize).waker)
    }

    /// Says whom an armed timer wakes; false when it has fired or was cancelled.
    pub(crate) fn refresh(&mut self, key: TimerKey, waker: &Waker) -> bool {
        match self.timers.get_mut(key.index as usize) {
            Some(timer) if timer.generation == key.generation => {
                timer.waker.clone_from(waker);
                true
            }
            _ => false,
        }
    }

    /// The wakers of all armed timers.
    pub(crate) fn wakers(&self) -> impl Iterator<Item = &Waker> {
        self.timers.iter().map(|(_, timer)| &timer.waker)
    }

    /// The tick at which `advance` has something to do, at the latest when the next timer is due.
    ///
    /// It may be earlier, when timers only have to fall to a lower level: at most five extra
    /// wake-ups in the life of a timer.
    pub(crate) fn next_at(&self) -> Option<u64> {
        if self.is_empty() { None } else { self.next_expiration().map(|next| next.at) }
    }

    /// Moves time forward and takes out everything due, in order of due time; timers due at the
    /// same tick come in the order in which they reached their last slot.
    pub(crate) fn advance(&mut self, now: u64, mut fire: impl FnMut(Waker)) {
        while let Some(Expiration { level, slot, at }) = self.next_expiration() {
            if at > now {
                break;
            }
            // The hand stands on this slot: take its whole list, then fire or re-hang each timer.
            self.now = self.now.max(at);
            let mut index = self.take_slot(level, slot);
            while index != NONE {
                let next = self.timers[index as usize].next;
                if self.timers[index as usize].due <= self.now {
                    fire(self.timers.remove(index as usize).waker);
                } else {
                    self.link(index);
                }
                index = next;
            }
        }
        self.now = self.now.max(now);
    }

    fn get(&self, key: TimerKey) -> Option<&Timer> {
        self.timers.get(key.index as usize).filter(|timer| timer.generation == key.generation)
    }

    /// Hangs a timer at the tail of the slot that its due time asks for.
    fn link(&mut self, index: u32) {
        // What is overdue hangs in the slot under the first hand, what is too far at the rim.
        let due = self.timers[index as usize].due.clamp(self.now, self.now + RANGE - 1);
        let level = level_of(self.now, due);
        let slot = slot_of(due, level);

        let ring = self.levels[level].get_or_insert_with(Level::new);
        let tail = ring.slots[slot].tail;
        ring.slots[slot].tail = index;
        ring.occupied |= 1 << slot;
        if tail == NONE {
            ring.slots[slot].head = index;
        } else {
            self.timers[tail as usize].next = index;
        }
        let timer = &mut self.timers[index as usize];
        (timer.previous, timer.next) = (tail, NONE);
        #[expect(clippy::cast_possible_truncation, reason = "below LEVELS and SLOTS")]
        {
            (timer.level, timer.slot) = (level as u8, slot as u8);
        }
    }

    fn unlink(&mut self, index: u32) {
        let Timer { next, previous, level, slot, .. } = self.timers[index as usize];
        if previous != NONE {
            self.timers[previous as usize].next = next;
        }
        if next != NONE {
            self.timers[next as usize].previous = previous;
        }
        let ring = self.levels[usize::from(level)].as_mut().expect("a linked timer has a level");
        let list = &mut ring.slots[usize::from(slot)];
        if list.head == index {
            list.head = next;
        }
        if list.tail == index {
            list.tail = previous;
        }
        if list.head == NONE {
            ring.occupied &= !(1 << slot);
        }
    }

    /// Empties a slot and returns the first of its list.
    fn take_slot(&mut self, level: usize, slot: usize) -> u32 {
        let ring = self.levels[level].as_mut().expect("an expiring slot has a level");
        ring.occupied &= !(1 << slot);
        let head = ring.slots[slot].head;
        ring.slots[slot] = List { head: NONE, tail: NONE };
        head
    }

    /// The first slot any hand reaches: on the lowest level that has one, because a timer on a
    /// higher level always waits for that level's next slot, which begins later.
    fn next_expiration(&self) -> Option<Expiration> {
        self.levels.iter().enumerate().find_map(|(level, ring)| {
            let occupied = ring.as_ref()?.occupied;
            if occupied == 0 {
                return None;
            }
            // The first hand's own slot is now. A higher hand's own slot was emptied when the hand
            // came to stand on it, so what hangs there waits for the next turn and is looked at last.
            let first = u32::from(level > 0);
            let hand = slot_of(self.now, level);
            let turned = occupied.rotate_right(u32::try_from(hand).unwrap_or(0) + first);
            let distance = (turned.trailing_zeros() + first) as usize;
            let slot = (hand + distance) % SLOTS;
            let slot_ticks = 1u64 << (SLOT_BITS * level);
            let at = (self.now & !(slot_ticks - 1)) + distance as u64 * slot_ticks;
            Some(Expiration { level, slot, at })
        })
    }
}

impl Level {
    fn new() -> Box<Self> {
        Box::new(Self { occupied: 0, slots: [List { head: NONE, tail: NONE }; SLOTS] })
    }
}

/// The highest hand that has to move between `now` and `due`.
fn level_of(now: u64, due: u64) -> usize {
    let differing = (now ^ due) | (SLOTS as u64 - 1);
    let highest_bit = 63 - differing.leading_zeros() as usize;
    (highest_bit / SLOT_BITS).min(LEVELS - 1)
}

fn slot_of(tick: u64, level: usize) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below SLOTS")]
    {
        (tick >> (SLOT_BITS * level)) as usize % SLOTS
    }
}

fn index_of(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than four billion timers on one thread")
}

#[cfg(test)]
mod tests;
