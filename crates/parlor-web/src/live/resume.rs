//! Going on where a client stopped: which topics continue without a gap, and which start anew.

use std::collections::HashMap;

use parlor_http::Problem;
use parlor_topics::{Error, Position, Snapshot, Store, TopicId};

use crate::failure;
use crate::limits;

/// A topic the client has seen up to `from` and that stands at `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) topic: TopicId,
    pub(super) from: Position,
    pub(super) to: Position,
}

impl Gap {
    /// Whether the gap is short enough to be looked at: same history, and few events.
    pub(super) fn is_short(&self) -> bool {
        self.from.epoch == self.to.epoch
            && self.from.offset <= self.to.offset
            && self.to.offset - self.from.offset <= limits::RESUME_EVENTS_MAX
    }
}

/// The positions to replay from, for those gaps that are short in events and in bytes.
pub(super) async fn replayable(
    store: &Store,
    gaps: Vec<Gap>,
) -> Result<HashMap<TopicId, Position>, Problem> {
    let short: Vec<Gap> = gaps.into_iter().filter(Gap::is_short).collect();
    if short.iter().all(|gap| gap.from.offset == gap.to.offset) {
        return Ok(short.into_iter().map(|gap| (gap.topic, gap.from)).collect());
    }
    let read = store.read(move |snapshot| {
        let mut replayable = HashMap::new();
        for gap in short {
            if is_light(snapshot, &gap)? {
                replayable.insert(gap.topic, gap.from);
            }
        }
        Ok(replayable)
    });
    read.await.map_err(|error| failure::hub(error.into()))
}

fn is_light(snapshot: &Snapshot<'_>, gap: &Gap) -> Result<bool, Error> {
    if gap.from.offset == gap.to.offset {
        return Ok(true);
    }
    let limit = usize::try_from(limits::RESUME_EVENTS_MAX).unwrap_or(usize::MAX);
    let events = snapshot.events(gap.topic, gap.from.offset, limit)?;
    let bytes: usize = events.iter().map(|event| event.body.len()).sum();
    Ok(bytes <= limits::RESUME_BYTES_MAX)
}
