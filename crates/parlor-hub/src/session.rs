//! Browser sessions: random tokens, kept only as hashes, that end by disuse or age.

use std::fmt::Write as _;

use parlor_topics::{TopicId, params};

use crate::{
    account,
    error::{Error, Never},
    event::SessionEnded,
    identity::{Account, AccountId},
    limits::{
        SESSION_AGE_MS_MAX, SESSION_IDLE_MS_MAX, SESSION_LABEL_BYTES_MAX, SESSION_USED_STALE_MS,
        SESSIONS_PER_ACCOUNT,
    },
    link::{Link, cut},
    message::announce_ended,
    token::{self, Token},
};

impl Link {
    /// Starts a browser session of an account that has just signed in. Returns its token.
    pub async fn create_session(&self, account: AccountId, label: &str) -> Result<String, Error> {
        let token = Token::new()?;
        let (hash, label) = (token.hash, cut(label, SESSION_LABEL_BYTES_MAX).to_owned());
        let made = self.store.write::<_, Never>(move |tx| {
            let now_ms = tx.now_ms();
            // Beyond the limit the ones longest unused make room.
            let sql = "DELETE FROM hub_session WHERE hash IN (SELECT hash FROM hub_session \
                       WHERE account = ?1 ORDER BY used_ms DESC LIMIT -1 OFFSET ?2)";
            let others = u64::try_from(SESSIONS_PER_ACCOUNT - 1).unwrap_or(u64::MAX);
            tx.execute(sql, params![account.0, others])?;
            let sql = "INSERT INTO hub_session (hash, account, label, created_ms, used_ms) \
                       VALUES (?1, ?2, ?3, ?4, ?4)";
            tx.execute(sql, params![hash.clone(), account.0, &label, now_ms])?;
            Ok(())
        });
        made.await?;
        Ok(token.text)
    }

    /// Finds whose session a token is, if it is one and has not ended.
    pub async fn session(&self, token: &str) -> Result<Option<Account>, Error> {
        let hash = token::hash(token);
        let wanted = hash.clone();
        let found = self.store.read(move |snapshot| {
            let sql = "SELECT a.id, a.name, a.admin, s.created_ms, s.used_ms \
                       FROM hub_session s JOIN hub_account a ON a.id = s.account \
                       WHERE s.hash = ?1";
            snapshot.query_one(sql, params![wanted], |row| {
                Ok((account::account(row)?, row.get::<u64>(3)?, row.get::<u64>(4)?))
            })
        });
        let Some((account, created_ms, used_ms)) = found.await? else { return Ok(None) };
        let now_ms = self.store.now_ms();
        let idle_ms = now_ms.saturating_sub(used_ms);
        let age_ms = now_ms.saturating_sub(created_ms);
        if idle_ms > SESSION_IDLE_MS_MAX || age_ms > SESSION_AGE_MS_MAX {
            self.end(hash).await?;
            return Ok(None);
        }
        if idle_ms > SESSION_USED_STALE_MS {
            let sql = "UPDATE hub_session SET used_ms = ?2 WHERE hash = ?1";
            let noted = self
                .store
                .write::<_, Never>(move |tx| Ok(tx.execute(sql, params![hash.clone(), now_ms])?));
            // A session is as good when its use could not be noted, as on a full disk.
            if let Err(error) = noted.await.map_err(Error::from) {
                tracing::warn!(%error, "the use of a session was not noted");
            }
        }
        Ok(Some(account))
    }

    /// Ends a session; its live connections are told.
    pub async fn revoke_session(&self, token: &str) -> Result<(), Error> {
        let Some((account, inbox)) = self.end(token::hash(token)).await? else { return Ok(()) };
        let ended = SessionEnded { session: Some(session_fingerprint(token)) };
        announce_ended(&self.store, account.into(), inbox, &ended);
        Ok(())
    }

    async fn end(&self, hash: Vec<u8>) -> Result<Option<(AccountId, TopicId)>, Error> {
        let ended = self.store.write::<_, Never>(move |tx| {
            let sql = "SELECT a.id, a.inbox FROM hub_session s \
                       JOIN hub_account a ON a.id = s.account WHERE s.hash = ?1";
            let whose = tx.query_one(sql, params![hash.clone()], |row| {
                Ok((AccountId(row.get(0)?), row.get(1)?))
            })?;
            tx.execute("DELETE FROM hub_session WHERE hash = ?1", params![hash.clone()])?;
            Ok(whose)
        });
        Ok(ended.await?.value)
    }
}

/// Returns a short public name of a session, by which a connection knows whether
/// [`SessionEnded`] means it. It does not reveal the token.
pub fn session_fingerprint(token: &str) -> String {
    let mut name = String::with_capacity(16);
    for byte in &token::hash(token)[..8] {
        write!(name, "{byte:02x}").expect("writing to a string cannot fail");
    }
    name
}
