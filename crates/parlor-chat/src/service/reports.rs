//! Telling those who keep order of a message, and the record of what they did.

use parlor_hub::{Attached, AuditPage, Failure, PersonId, Role, Verb};
use parlor_topics::{Snapshot, TopicId};

use super::{Chat, append, moderation::deed, refused, rights_of};
use crate::{
    event::{ChatEvent, Report},
    limits::{REPORTED_TO_MAX, REPORTS_PER_HOUR},
    message::Author,
    refusal::Refusal,
    rules,
    tables::{self, order},
};

const HOUR_MS: u64 = 3600 * 1000;

impl Chat {
    /// Reports a message to those who keep order in its room, online or not. Nobody else hears
    /// of it.
    pub async fn report(
        &self,
        who: &Attached,
        room: TopicId,
        msgid: String,
        reason: String,
    ) -> Result<(), Failure<Refusal>> {
        let reason = rules::reason(&reason).map_err(Failure::Refused)?;
        if reason.is_empty() {
            return Err(Failure::Refused(Refusal::Empty));
        }
        let who = who.clone();
        let reported = self.store.write(move |tx| {
            let rights = rights_of(tx, &who, room)?;
            rules::permit(&who.actor(), Verb::Report, &rights).map_err(refused)?;
            let (offset, author) =
                order::message(tx, room, &msgid)?.ok_or(refused(Refusal::NoSuchMessage))?;
            let since_ms = tx.now_ms().saturating_sub(HOUR_MS);
            if order::count_reports(tx, who.person, since_ms)? >= REPORTS_PER_HOUR {
                return Err(refused(Refusal::TooManyReports));
            }
            if !order::insert_report(tx, room, &msgid, who.person)? {
                return Err(refused(Refusal::AlreadyReported));
            }
            let name = tables::by_topic(tx, &who.actor(), room)?
                .ok_or(refused(Refusal::NoSuchRoom))?
                .room
                .name;
            let (by, msgid, reason) = (Author::of(&who), msgid.clone(), reason.clone());
            parlor_hub::note(tx, room, &who, &deed("report", msgid.clone(), &reason))?;
            let report = Report { by, room, name, msgid, offset, author, reason };
            for keeper in keepers(tx, room)? {
                if let Some(inbox) = parlor_hub::inbox(tx, keeper)? {
                    append(tx, inbox, &ChatEvent::Reported(report.clone()))?;
                }
            }
            Ok(())
        });
        Ok(reported.await.map(drop)?)
    }

    /// Reads a page of the record of a room, the newest entries first, for those who keep order.
    pub async fn audit(
        &self,
        who: &Attached,
        room: TopicId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, Failure<Refusal>> {
        let who = who.clone();
        let page = self.store.read(move |snapshot| {
            let rights = rights_of(snapshot, &who, room)?;
            match rules::permit(&who.actor(), Verb::Audit, &rights) {
                Ok(permit) => parlor_hub::audit(snapshot, &permit, before, limit).map(Ok),
                Err(why) => Ok(Err(why)),
            }
        });
        page.await?.map_err(Failure::Refused)
    }
}

/// Finds who keeps order in a room, owners and administrators first.
fn keepers(snapshot: &Snapshot<'_>, room: TopicId) -> Result<Vec<PersonId>, parlor_topics::Error> {
    let mut keepers = parlor_hub::standings(snapshot, room)?;
    keepers.retain(|(_, role)| *role >= Role::Moderator);
    keepers.sort_by_key(|(person, role)| (std::cmp::Reverse(*role), *person));
    Ok(keepers.into_iter().map(|(person, _)| person).take(REPORTED_TO_MAX).collect())
}
