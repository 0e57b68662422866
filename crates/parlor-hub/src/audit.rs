//! The record of who did what to whom to keep order, and why: of each room for those who keep
//! order there, of the server for its administrators.
//!
//! An entry is written in the transaction of what it tells of, so there is neither one without the
//! other. The record is bounded by number and by age.

use parlor_topics::{Error, Snapshot, TopicId, Tx, params};

use crate::{
    identity::{Attached, PersonId},
    limits::{AUDIT_AGE_MS_MAX, AUDIT_ENTRIES_MAX, AUDIT_PAGE_MAX},
    permission::{Permit, Verb},
};

/// The record that belongs to no room: the server's.
pub const SERVER: TopicId = TopicId(0);

/// Something that was done to keep order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What, in one word for programs: `ban`, `kick`, `role`.
    pub what: &'static str,
    /// To whom or to what: a nick, a mask, a setting.
    pub about: String,
    /// Why, if somebody said; empty else.
    pub reason: String,
}

/// An entry as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the record, from which older ones are asked.
    pub n: u64,
    /// When it was done.
    pub at_ms: u64,
    /// Who did it; 0 is the operator, on the command line.
    pub person: PersonId,
    /// What it was called then.
    pub name: String,
    /// What it did.
    pub what: String,
    /// To whom or to what.
    pub about: String,
    /// Why, if somebody said.
    pub reason: String,
}

/// A page of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<AuditEntry>,
    /// Whether there are older ones.
    pub more: bool,
}

/// Notes what somebody did in a topic, within the transaction that does it.
pub fn note(tx: &mut Tx<'_>, topic: TopicId, who: &Attached, deed: &Deed) -> Result<(), Error> {
    write(tx, topic, who.person, who.nick.as_str(), deed)
}

/// Notes what somebody has done who need not be here: by the name it is known by.
pub fn note_as(
    tx: &mut Tx<'_>,
    topic: TopicId,
    (person, name): (PersonId, &str),
    deed: &Deed,
) -> Result<(), Error> {
    write(tx, topic, person, name, deed)
}

/// Notes what was done to the server, by an account or, without one, on the command line.
pub(crate) fn note_server(
    tx: &mut Tx<'_>,
    by: Option<(PersonId, &str)>,
    deed: &Deed,
) -> Result<(), Error> {
    let (person, name) = by.unwrap_or((PersonId(0), "operator"));
    write(tx, SERVER, person, name, deed)
}

fn write(
    tx: &mut Tx<'_>,
    topic: TopicId,
    person: PersonId,
    name: &str,
    deed: &Deed,
) -> Result<(), Error> {
    let last = "SELECT coalesce(max(n), 0) FROM hub_audit WHERE topic = ?1";
    let n = tx.query_one(last, params![topic], |row| row.get::<u64>(0))?.unwrap_or(0) + 1;
    let now_ms = tx.now_ms();
    let sql = "INSERT INTO hub_audit (topic, n, at_ms, person, name, what, about, reason) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let Deed { what, about, reason } = deed;
    tx.execute(sql, params![topic, n, now_ms, person.0, name, *what, about, reason])?;
    // Two old ones go for each new one, so the record shrinks to its bounds and one write is small.
    let sql = "DELETE FROM hub_audit WHERE topic = ?1 AND (n <= ?2 OR at_ms < ?3) AND n IN \
               (SELECT n FROM hub_audit WHERE topic = ?1 ORDER BY n LIMIT 2)";
    let (least, oldest) =
        (n.saturating_sub(AUDIT_ENTRIES_MAX), now_ms.saturating_sub(AUDIT_AGE_MS_MAX));
    tx.execute(sql, params![topic, least, oldest]).map(drop)
}

/// Reads a page of a room's record, the newest entries first; needs a permit to.
pub fn audit(
    snapshot: &Snapshot<'_>,
    permit: &Permit,
    before: Option<u64>,
    limit: usize,
) -> Result<AuditPage, Error> {
    assert!(permit.verb() == Verb::Audit, "{:?} does not permit to audit", permit.verb());
    page(snapshot, permit.topic(), before, limit)
}

pub(crate) fn page(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    before: Option<u64>,
    limit: usize,
) -> Result<AuditPage, Error> {
    let limit = limit.clamp(1, AUDIT_PAGE_MAX);
    // What is older than the record may be is not shown, even if nothing has removed it yet.
    let oldest = snapshot.now_ms().saturating_sub(AUDIT_AGE_MS_MAX);
    let before = before.unwrap_or(u64::MAX).min(i64::MAX.cast_unsigned());
    let sql = "SELECT n, at_ms, person, name, what, about, reason FROM hub_audit \
               WHERE topic = ?1 AND n < ?2 AND at_ms >= ?3 ORDER BY n DESC LIMIT ?4";
    // One more than wanted tells whether there are more.
    let wanted = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut entries = snapshot.query(sql, params![topic, before, oldest, wanted], |row| {
        Ok(AuditEntry {
            n: row.get(0)?,
            at_ms: row.get(1)?,
            person: PersonId(row.get(2)?),
            name: row.get(3)?,
            what: row.get(4)?,
            about: row.get(5)?,
            reason: row.get(6)?,
        })
    })?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    Ok(AuditPage { entries, more })
}
