//! Browser sessions: random tokens, kept only as hashes, that end by disuse or age.

use std::{fmt::Write as _, net::IpAddr, sync::atomic::Ordering};

use parlor_topics::{Abort, Snapshot, TopicId, params};

use crate::{
    account, app_password,
    error::{Error, Failure, Never},
    event::SessionEnded,
    identity::{Account, AccountId, Credential, PersonId, SignedIn},
    limits::{
        SESSION_AGE_MS_MAX, SESSION_IDLE_MS_MAX, SESSION_LABEL_BYTES_MAX, SESSION_USED_STALE_MS,
        SESSIONS_PER_ACCOUNT,
    },
    link::Link,
    message::{Ask, announce_ended},
    refusal::{AccountRefusal, SignInRefusal},
    token::{self, Token},
    words::cut,
};

/// Something an account is signed in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// By which it is ended.
    pub id: String,
    /// What it is: `web`, `irc`.
    pub kind: &'static str,
    /// What the program says of itself.
    pub device: String,
    /// From where.
    pub address: String,
    /// When it began.
    pub created_ms: u64,
    /// When it was last used; of a browser session, to the hour.
    pub last_ms: u64,
}

impl Link {
    /// Starts a browser session for whoever has just signed in with the account's own password.
    /// Returns its token. A password that was changed meanwhile is a wrong one: the sessions that it
    /// had begun have ended, and none begins after them.
    pub async fn create_session(
        &self,
        who: &SignedIn,
        label: &str,
        from: Option<IpAddr>,
    ) -> Result<String, Failure<SignInRefusal>> {
        let (account, credential) = (who.account.id, who.credential);
        let token = Token::new()?;
        let address = from.map(|from| from.to_canonical().to_string()).unwrap_or_default();
        let (hash, label) = (token.hash, cut(label, SESSION_LABEL_BYTES_MAX).to_owned());
        let made = self.store.write(move |tx| {
            let found = account::by_id(tx, account)?;
            if found.is_none_or(|found| found.credential() != credential) {
                return Err(Abort::Refused(SignInRefusal::Wrong));
            }
            let now_ms = tx.now_ms();
            // Beyond the limit the ones longest unused make room.
            let sql = "DELETE FROM hub_session WHERE hash IN (SELECT hash FROM hub_session \
                       WHERE account = ?1 ORDER BY used_ms DESC LIMIT -1 OFFSET ?2)";
            let others = u64::try_from(SESSIONS_PER_ACCOUNT - 1).unwrap_or(u64::MAX);
            tx.execute(sql, params![account.0, others])?;
            let sql = "INSERT INTO hub_session (hash, account, label, created_ms, used_ms, address) \
                       VALUES (?1, ?2, ?3, ?4, ?4, ?5)";
            tx.execute(sql, params![hash.clone(), account.0, &label, now_ms, &address])?;
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

    /// How many times somebody's sessions have ended, for [`Link::is_signed_in`].
    pub fn endings(&self) -> u64 {
        self.endings.load(Ordering::Acquire)
    }

    /// Tells the live connections of an account that sessions of it have ended, which is stored.
    pub(crate) fn tell_ended(&self, person: PersonId, inbox: TopicId, what: &SessionEnded) {
        // Counted first: who follows the inbox by now is told, and who does not yet counts later.
        self.endings.fetch_add(1, Ordering::Release);
        announce_ended(&self.store, person, inbox, what);
    }

    /// Says whether what a live connection came with, a browser session or an app password, is still
    /// there, by the name that [`SessionEnded`] has for it. Once a connection follows the account's
    /// inbox it hears of the end there; what ended before, it hears only here.
    ///
    /// `endings` is what [`Link::endings`] said before it was let in: while nobody's sessions have
    /// ended since, which is nearly always, the store is not asked. A thousand that come back at once
    /// would be a thousand questions.
    pub async fn is_signed_in(
        &self,
        account: AccountId,
        name: &str,
        endings: u64,
    ) -> Result<bool, Error> {
        if self.endings() == endings {
            return Ok(true);
        }
        let wanted = name.to_owned();
        let found = self.store.read(move |snapshot| {
            let sessions = hashes(snapshot, account)?;
            let programs = app_password::stored(snapshot, account)?;
            let programs = programs.iter().filter_map(|one| Credential::AppPassword(one.id).name());
            let mut names = sessions.iter().map(|hash| name_of(hash)).chain(programs);
            Ok(names.any(|name| name == wanted))
        });
        Ok(found.await?)
    }

    /// Ends a session; its live connections are told.
    pub async fn revoke_session(&self, token: &str) -> Result<(), Error> {
        let Some((account, inbox)) = self.end(token::hash(token)).await? else { return Ok(()) };
        let ended = SessionEnded { session: Some(session_fingerprint(token)), except: None };
        self.tell_ended(account.into(), inbox, &ended);
        Ok(())
    }

    /// Lists what an account is signed in with: browser sessions, and live connections of other
    /// programs, the last used first.
    pub async fn sessions(&self, account: AccountId) -> Result<Vec<SessionInfo>, Error> {
        let sql = "SELECT hash, label, address, created_ms, used_ms FROM hub_session \
                   WHERE account = ?1 AND used_ms >= ?2 AND created_ms >= ?3";
        let stored = self.store.read(move |snapshot| {
            let now_ms = snapshot.now_ms();
            let used = now_ms.saturating_sub(SESSION_IDLE_MS_MAX);
            let created = now_ms.saturating_sub(SESSION_AGE_MS_MAX);
            snapshot.query(sql, params![account.0, used, created], |row| {
                Ok(SessionInfo {
                    id: name_of(&row.get::<Vec<u8>>(0)?),
                    kind: "web",
                    device: row.get(1)?,
                    address: row.get(2)?,
                    created_ms: row.get(3)?,
                    last_ms: row.get(4)?,
                })
            })
        });
        let mut sessions = stored.await?;
        let person = account.into();
        let live = self.ask(|reply| Ask::LiveSessions { person, reply }).await?;
        // A live connection of the page belongs to a browser session, which is in the list.
        sessions.extend(live.into_iter().filter(|live| live.kind != "web"));
        sessions.sort_by_key(|session| std::cmp::Reverse(session.last_ms));
        Ok(sessions)
    }

    /// Ends one of an account's sessions, by its name in the list. Its live connections are told.
    pub async fn end_session(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<(), Failure<AccountRefusal>> {
        let wanted = id.to_owned();
        let ended = self.store.write(move |tx| {
            let found = account::by_id(tx, account)?;
            let found = found.ok_or(Abort::Refused(AccountRefusal::NoSuchAccount))?;
            let hash = hashes(tx, account)?.into_iter().find(|hash| name_of(hash) == wanted);
            if let Some(hash) = &hash {
                tx.execute("DELETE FROM hub_session WHERE hash = ?1", params![hash.clone()])?;
            }
            Ok((found.inbox, hash.is_some()))
        });
        let (inbox, was_stored) = ended.await?.value;
        let person = account.into();
        if !was_stored {
            let live = self.ask(|reply| Ask::LiveSessions { person, reply }).await?;
            if !live.iter().any(|session| session.id == id) {
                return Err(Failure::Refused(AccountRefusal::NoSuchSession));
            }
        }
        let ended = SessionEnded { session: Some(id.to_owned()), except: None };
        self.tell_ended(person, inbox, &ended);
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
    name_of(&token::hash(token))
}

pub(crate) fn name_of(hash: &[u8]) -> String {
    let mut name = String::with_capacity(16);
    for byte in hash.iter().take(8) {
        write!(name, "{byte:02x}").expect("writing to a string cannot fail");
    }
    name
}

/// Returns the hashes of an account's browser sessions.
pub(crate) fn hashes(
    snapshot: &Snapshot<'_>,
    AccountId(account): AccountId,
) -> Result<Vec<Vec<u8>>, parlor_topics::Error> {
    let sql = "SELECT hash FROM hub_session WHERE account = ?1";
    snapshot.query(sql, params![account], |row| row.get(0))
}
