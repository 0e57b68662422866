//! `chat.audit`: who did what to keep order: in a room, for those who keep order there; without a
//! room, on the server, for its administrators.

use http::StatusCode;
use parlor_http::Problem;
use parlor_hub::{AuditEntry, AuditPage};
use serde::{Deserialize, Serialize};

use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

/// Entries in a page, unless the client wants another number.
const PAGE: usize = 50;

#[derive(Debug, Deserialize)]
pub(crate) struct ReadRecord {
    k: Option<TopicKey>,
    before: Option<u64>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(crate) struct Record {
    entries: Vec<EntryView>,
    more: bool,
}

#[derive(Serialize)]
struct EntryView {
    n: u64,
    at: u64,
    person: u64,
    by: String,
    what: String,
    about: String,
    reason: String,
}

impl From<AuditEntry> for EntryView {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { n, at_ms: at, person, name: by, what, about, reason } = entry;
        Self { n, at, person: person.0, by, what, about, reason }
    }
}

impl From<AuditPage> for Record {
    fn from(page: AuditPage) -> Self {
        Self { entries: page.entries.into_iter().map(Into::into).collect(), more: page.more }
    }
}

pub(super) async fn run(seat: &Seat, params: ReadRecord) -> Result<Record, Problem> {
    let ReadRecord { k, before, limit } = params;
    let limit = limit.unwrap_or(PAGE);
    if let Some(k) = k {
        let page = seat.app.chat.audit(seat.who(), k.into(), before, limit).await;
        return page.map(Into::into).map_err(failure::command);
    }
    let page = seat.app.link.server_audit(&seat.actor(), before, limit).await;
    page.map_err(failure::hub)?.map(Into::into).ok_or_else(|| {
        let text = "The record of the server is for its administrators.";
        Problem::new(StatusCode::FORBIDDEN, "not_allowed", text)
    })
}
