//! What the kernel was asked to do and has not answered yet, with the memory that it may touch.
//!
//! An operation is in flight from the moment that its entry is queued until its last completion.
//! For that long, everything that the entry points to (bytes to send, the descriptor itself) lives
//! here and nowhere else: a future that is dropped meanwhile takes nothing away. The number that
//! the kernel gives back has a generation in it, so that an answer that comes late, when the place
//! has another operation, is told from that one's. What the kernel can touch nothing of ours for,
//! as a receive by a direct descriptor, needs no place: its number is the caller's word itself.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use slab::Slab;

/// Names an operation in flight, for cancelling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Flight(u64);

/// What the kernel may touch until the operation has ended.
#[derive(Debug)]
pub(super) enum Memory {
    /// Nothing but provided buffers and direct descriptors.
    Nothing,
    Descriptor(Arc<OwnedFd>),
    Bytes(Vec<u8>),
    Both(Box<(Arc<OwnedFd>, Vec<u8>)>),
}

impl Memory {
    /// The bytes, which may be reused now.
    fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Nothing | Self::Descriptor(_) => None,
            Self::Bytes(bytes) => Some(bytes),
            Self::Both(both) => Some(both.1),
        }
    }

    /// Bytes to send, with the descriptor if there is one.
    pub(super) fn of(descriptor: Self, bytes: Vec<u8>) -> Self {
        match descriptor {
            Self::Descriptor(fd) => Self::Both(Box::new((fd, bytes))),
            Self::Nothing | Self::Bytes(_) | Self::Both(_) => Self::Bytes(bytes),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Nothing | Self::Descriptor(_) => &[],
            Self::Bytes(bytes) => bytes,
            Self::Both(both) => &both.1,
        }
    }
}

#[derive(Debug)]
struct Operation {
    generation: u32,
    /// The caller's word for what it is about.
    tag: u64,
    memory: Memory,
}

/// All operations in flight on one ring.
#[derive(Debug, Default)]
pub(super) struct Flights {
    operations: Slab<Operation>,
    generation: u32,
    /// Those without a place.
    placeless: usize,
}

impl Flights {
    /// Adds an operation and says what the kernel is to call it.
    pub(super) fn begin(&mut self, tag: u64, memory: Memory) -> Flight {
        if matches!(memory, Memory::Nothing) && tag & Flight::PLACELESS == 0 {
            self.placeless += 1;
            return Flight(Flight::PLACELESS | tag);
        }
        self.generation = (self.generation + 1) & Flight::GENERATION;
        let generation = self.generation;
        let index = self.operations.insert(Operation { generation, tag, memory });
        Flight(u64::from(generation) << 32 | index as u64)
    }

    /// The memory of an operation that was just begun.
    pub(super) fn memory(&self, flight: Flight) -> &Memory {
        &self.operations[flight.index()].memory
    }

    /// Takes down a completion: the caller's word and, with the last one, the bytes. None if there
    /// is no such operation.
    pub(super) fn complete(
        &mut self,
        flight: Flight,
        last: bool,
    ) -> Option<(u64, Option<Vec<u8>>)> {
        if flight.0 & Flight::PLACELESS != 0 {
            if last {
                self.placeless = self.placeless.checked_sub(1)?;
            }
            return Some((flight.0 & !Flight::PLACELESS, None));
        }
        let operation = self.operations.get(flight.index())?;
        if operation.generation != flight.generation() {
            return None;
        }
        if !last {
            return Some((operation.tag, None));
        }
        let operation = self.operations.remove(flight.index());
        Some((operation.tag, operation.memory.into_bytes()))
    }

    pub(super) fn len(&self) -> usize {
        self.operations.len() + self.placeless
    }
}

impl Flight {
    /// Set in the number of an operation without a place; the rest is its tag.
    const PLACELESS: u64 = 1 << 63;
    const GENERATION: u32 = u32::MAX >> 1;

    /// From what a completion carries.
    pub(super) fn from_kernel(user_data: u64) -> Self {
        Self(user_data)
    }

    /// For the kernel to give back.
    pub(super) fn user_data(self) -> u64 {
        self.0
    }

    /// A name for a test's own operation.
    #[cfg(test)]
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number)
    }

    fn index(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An idle connection has one, its receive, if it has no direct descriptor.
    #[test]
    fn an_operation_stays_small() {
        assert!(size_of::<Operation>() <= 48, "{}", size_of::<Operation>());
    }

    #[test]
    fn a_late_answer_is_not_the_next_operations() {
        let mut flights = Flights::default();
        let first = flights.begin(1, Memory::Bytes(vec![1, 2]));
        assert_eq!(flights.complete(first, false), Some((1, None)));
        assert_eq!(flights.complete(first, true), Some((1, Some(vec![1, 2]))));
        let second = flights.begin(2, Memory::Bytes(vec![3]));
        assert_eq!(first.index(), second.index(), "the place is used again");
        assert_eq!(flights.complete(first, true), None);
        assert_eq!(flights.len(), 1);
        assert_eq!(flights.complete(second, true), Some((2, Some(vec![3]))));
        assert_eq!(flights.len(), 0);
        assert_eq!(flights.complete(second, true), None);
    }

    #[test]
    fn what_needs_no_memory_is_counted_and_needs_no_place() {
        let mut flights = Flights::default();
        let one = flights.begin(7, Memory::Nothing);
        assert_eq!((flights.len(), flights.operations.len()), (1, 0));
        assert_eq!(flights.complete(one, false), Some((7, None)));
        assert_eq!(flights.len(), 1, "it goes on");
        assert_eq!(flights.complete(one, true), Some((7, None)));
        assert_eq!(flights.complete(one, true), None, "it has ended");
        // A word that leaves no bit for the mark.
        let wide = flights.begin(u64::MAX, Memory::Nothing);
        assert_eq!((flights.len(), flights.operations.len()), (1, 1));
        assert_eq!(flights.complete(wide, true), Some((u64::MAX, None)));
        assert_eq!(flights.len(), 0);
    }
}
