//! What happened: the durable record of a topic, its checksum, and ephemeral announcements.

use std::fmt;

use bytes::Bytes;

use crate::frame::Order;

/// A topic: an ordered stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub u64);

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that happened in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where it happened.
    pub topic: TopicId,
    /// Its place in the topic, dense from 1; 0 marks an ephemeral event, which is on no disk.
    pub offset: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who did it: a number the apps understand.
    pub actor: u64,
    /// What it is, such as `chat.posted`.
    pub kind: Box<str>,
    /// What it says, in the form its kind defines.
    pub body: Bytes,
}

/// An event to append.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    /// What it is, such as `chat.posted`.
    pub kind: &'a str,
    /// Who did it.
    pub actor: u64,
    /// What it says.
    pub body: &'a [u8],
}

/// An ephemeral event: handed to whoever is subscribed now, at most once, never stored.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// What it is, such as `presence.entered`.
    pub kind: Box<str>,
    /// Who did it.
    pub actor: u64,
    /// With a key, only the latest per topic, kind and key is kept while a worker is behind.
    pub key: Option<u64>,
    /// What it says.
    pub body: Bytes,
}

/// An event as it lies on the disk, with its place in the store's order.
pub(crate) struct Stored<'a> {
    pub(crate) topic: TopicId,
    pub(crate) offset: u64,
    pub(crate) order: Order,
    pub(crate) at_ms: u64,
    pub(crate) actor: u64,
    pub(crate) kind: &'a str,
    pub(crate) body: &'a [u8],
}

impl Stored<'_> {
    /// The checksum over everything that is stored of the event.
    pub(crate) fn checksum(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        for number in [self.topic.0, self.offset, self.order.commit, self.at_ms, self.actor] {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(&self.order.place.to_le_bytes());
        hasher.update(&(self.kind.len() as u64).to_le_bytes());
        hasher.update(self.kind.as_bytes());
        hasher.update(self.body);
        hasher.finalize()
    }
}
