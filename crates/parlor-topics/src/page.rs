//! Pages: stretches of a topic read from the store for readers that lag, shared by all of them.
//!
//! Pages begin at fixed places, so that readers that stopped at different offsets ask for the same
//! ones; one read per page is under way at a time, however many readers wait for it.

use std::sync::Arc;

use crate::frame::Frame;
use crate::limits::{PAGE_BYTES_MAX, PAGE_EVENTS};
use crate::registry::Head;
use crate::{Error, Snapshot, TopicId};

/// A page of a topic.
#[derive(Debug)]
pub(crate) struct Page {
    /// Where the request for it began; retention may have removed what stood there.
    pub(crate) start: u64,
    /// Dense, in order. Empty when the event at `start` could not be read.
    pub(crate) frames: Vec<Arc<Frame>>,
    pub(crate) error: Option<Error>,
    pub(crate) bytes: usize,
}

/// The answer to the request for a page.
#[derive(Clone, Debug)]
pub(crate) struct PageRead {
    pub(crate) start: u64,
    /// Which state of the topic the request was made for; the answer is void in another.
    pub(crate) generation: u64,
    pub(crate) result: Result<PageContent, Error>,
}

/// What was read.
#[derive(Clone, Debug)]
pub(crate) struct PageContent {
    /// Where the topic stood then.
    pub(crate) head: Head,
    pub(crate) frames: Vec<Arc<Frame>>,
    pub(crate) bytes: usize,
}

/// Where a reader finds its next event.
pub(crate) enum Found<'a> {
    Frame(&'a Arc<Frame>),
    Failed(&'a Error),
    /// Nowhere yet: the page that begins here must be read.
    Missing(u64),
}

/// Finds an event in the pages at hand.
pub(crate) fn find(pages: &[Page], offset: u64) -> Found<'_> {
    let aligned = (offset - 1) / PAGE_EVENTS * PAGE_EVENTS + 1;
    let mut start = aligned;
    for page in pages {
        if let Some(frame) = page.get(offset) {
            return Found::Frame(frame);
        }
        if page.start == offset
            && let Some(error) = &page.error
        {
            return Found::Failed(error);
        }
        // The page at the fixed place ended early, so the rest begins at the event itself.
        if page.start == aligned {
            start = offset;
        }
    }
    Found::Missing(start)
}

impl Page {
    /// The first event that is there.
    pub(crate) fn first(&self) -> u64 {
        self.frames.first().map_or(self.start, |frame| frame.event.offset)
    }

    /// The event behind the last one that is there.
    pub(crate) fn end(&self) -> u64 {
        self.frames.last().map_or(self.start, |frame| frame.event.offset + 1)
    }

    /// Adds a page that begins where this one ends, if together they are still one page.
    pub(crate) fn join(&mut self, next: &mut Self) -> bool {
        let joins = self.error.is_none()
            && next.error.is_none()
            && !self.frames.is_empty()
            && self.end() == next.first()
            && (self.start - 1) / PAGE_EVENTS == (next.start - 1) / PAGE_EVENTS
            && self.bytes + next.bytes <= PAGE_BYTES_MAX;
        if joins {
            self.bytes += next.bytes;
            self.frames.append(&mut next.frames);
        }
        joins
    }

    fn get(&self, offset: u64) -> Option<&Arc<Frame>> {
        let at = offset.checked_sub(self.first())?;
        self.frames.get(usize::try_from(at).ok()?)
    }
}

/// Reads the page that begins here.
pub(crate) fn read(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    start: u64,
) -> Result<PageContent, Error> {
    let head = snapshot.head(topic)?;
    let mut next = start.max(head.first);
    let last = ((start - 1) / PAGE_EVENTS * PAGE_EVENTS + PAGE_EVENTS).min(head.offset);
    let mut frames = Vec::new();
    let mut bytes = 0;
    if next > last {
        return Ok(PageContent { head, frames, bytes });
    }
    let read = snapshot.each_event(topic, next, last - next + 1, |event, order| {
        if event.offset != next {
            return Err(Error::Corrupt { topic, offset: next });
        }
        next += 1;
        let frame = Frame::ordered(event, order.commit, order);
        bytes += frame.cost();
        frames.push(Arc::new(frame));
        Ok(bytes < PAGE_BYTES_MAX)
    });
    // What stands before a damaged event is served; the error belongs to those who come to it.
    if frames.is_empty() {
        read?;
        return Err(Error::Corrupt { topic, offset: next });
    }
    Ok(PageContent { head, frames, bytes })
}
