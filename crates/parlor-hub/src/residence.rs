//! Accounts that stay where they are members: which of them do, and who is there after a start.
//!
//! That somebody is a resident is on no disk. It follows from the app's memberships, the account's
//! own wish and when it was here last, which is noted to the day.

use parlor_topics::{Abort, Snapshot, TopicId, Tx, params};

use crate::{
    account,
    error::{Error, Never},
    identity::{Account, AccountId, PersonId},
    limits::{RESIDENT_MS_MAX, RESIDENT_PLACES_MAX, RESIDENTS_MAX},
    link::Link,
    message::Ask,
    presence::Resident,
};

impl Link {
    /// Lets the accounts that stay be where they are members, after a start. The app says for each
    /// of them where that is; it is asked about those first that were here last.
    pub async fn settle(
        &self,
        mut places: impl FnMut(&Snapshot<'_>, &Account) -> Result<Vec<TopicId>, parlor_topics::Error>
        + Send
        + 'static,
    ) -> Result<(), Error> {
        let default = self.options.always_on;
        let found = self.store.read(move |snapshot| {
            let since_ms = snapshot.now_ms().saturating_sub(RESIDENT_MS_MAX);
            let sql = "SELECT id, name, admin, inbox, avatar, seen_ms FROM hub_account \
                       WHERE seen_ms > ?1 AND coalesce(always_on, ?2) ORDER BY seen_ms DESC LIMIT ?3";
            let most = u64::try_from(RESIDENTS_MAX).unwrap_or(u64::MAX);
            let mut residents = snapshot.query(sql, params![since_ms, default, most], |row| {
                let avatar: String = row.get(4)?;
                Ok(Resident {
                    account: account::account(row)?,
                    inbox: row.get(3)?,
                    avatar: (!avatar.is_empty()).then(|| avatar.into_boxed_str()),
                    seen_ms: row.get(5)?,
                    topics: Vec::new(),
                })
            })?;
            let mut room_for = RESIDENT_PLACES_MAX;
            for resident in &mut residents {
                let topics = places(snapshot, &resident.account)?;
                if topics.len() > room_for {
                    break;
                }
                room_for -= topics.len();
                resident.topics = topics;
            }
            Ok(residents)
        });
        let residents = found.await?;
        self.ask(|reply| Ask::Settle { residents, reply }).await
    }

    /// Lets a person belong to a topic without entering it with a session, as far as it stays
    /// anywhere. The app has made it a member.
    pub async fn belong(&self, person: PersonId, topic: TopicId) -> Result<(), Error> {
        self.ask(|reply| Ask::Belong { person, topic, reply }).await
    }

    /// Says whether an account stays where it is a member while it is not connected.
    pub async fn always_on(&self, AccountId(account): AccountId) -> Result<bool, Error> {
        let sql = "SELECT always_on FROM hub_account WHERE id = ?1";
        let wish = self.store.read(move |snapshot| {
            snapshot.query_one(sql, params![account], |row| row.get::<Option<bool>>(0))
        });
        Ok(wish.await?.flatten().unwrap_or(self.options.always_on))
    }

    /// Keeps whether an account stays, whatever the server's own default is.
    pub async fn set_always_on(&self, account: AccountId, on: bool) -> Result<(), Error> {
        let kept = self.store.write::<_, Never>(move |tx| {
            let sql = "UPDATE hub_account SET always_on = ?2 WHERE id = ?1";
            Ok(tx.execute(sql, params![account.0, on])?)
        });
        kept.await?;
        self.tell(Ask::SetStays { person: account.into(), stays: on }).await
    }
}

/// Notes that people were here.
pub(crate) fn note_seen(tx: &mut Tx<'_>, people: &[PersonId]) -> Result<(), Abort<Never>> {
    let now_ms = tx.now_ms();
    for person in people {
        let sql = "UPDATE hub_account SET seen_ms = ?2 WHERE id = ?1";
        tx.execute(sql, params![person.0, now_ms])?;
    }
    Ok(())
}
