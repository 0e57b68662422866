//! App passwords: one for each program, with a name, made and removed by the account's owner.
//!
//! They are random, so a plain hash is enough to find one by. Beside it stands what SCRAM needs to
//! know, with the account's salt: a client may have any of the account's passwords, and does not say
//! which.

use parlor_topics::{Abort, Row, Snapshot, Value, params};

use crate::{
    account,
    error::{Error, Failure, Never},
    event::SessionEnded,
    identity::{AccountId, Credential, SignedIn},
    limits::{APP_PASSWORD_NAME_BYTES_MAX, APP_PASSWORDS_PER_ACCOUNT, SESSION_USED_STALE_MS},
    link::Link,
    refusal::AccountRefusal,
    scram::Verifier,
    token::{self, Token},
};

/// How an app password begins, by which nobody takes it for anything else.
pub(crate) const PREFIX: &str = "app_";

/// A password for one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPassword {
    /// By which it is removed.
    pub id: u64,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_ms: u64,
    /// When it was last used, to the hour; never, if nobody has.
    pub used_ms: Option<u64>,
}

/// What is kept of one, to sign in with.
pub(crate) struct Stored {
    pub(crate) id: u64,
    pub(crate) used_ms: u64,
    pub(crate) verifier: Option<Verifier>,
}

impl Link {
    /// Finds whose app password this is. It is random, so that guessing is hopeless and not counted.
    pub async fn app_password(&self, password: &str) -> Result<Option<SignedIn>, Error> {
        let hash = token::hash(password);
        let found = self.store.read(move |snapshot| {
            let sql = "SELECT account, id, used_ms, scram FROM hub_app_password WHERE hash = ?1";
            let found = snapshot.query_one(sql, params![hash.clone()], |row| {
                Ok((AccountId(row.get(0)?), stored_in(row, 1)?))
            })?;
            let Some((owner, stored)) = found else { return Ok(None) };
            Ok(account::by_id(snapshot, owner)?.map(|owner| (owner, stored)))
        });
        let Some((owner, stored)) = found.await? else { return Ok(None) };
        let asked = self.salting_asked(&owner.account.name.folded(), Some(&owner));
        if stored.verifier.as_ref().is_none_or(|verifier| verifier.salting != asked) {
            // One of an older version. If there is no time for it now, there will be.
            if let Ok(scram) = self.pool.derive(password, asked).await {
                let (id, sql) = (stored.id, "UPDATE hub_app_password SET scram = ?2 WHERE id = ?1");
                self.note(sql, id, scram.into()).await;
            }
        }
        self.note_used(&stored).await;
        let credential = Credential::AppPassword(stored.id);
        Ok(Some(SignedIn { account: owner.account, credential }))
    }

    /// Notes that an app password was used, to the hour.
    pub(crate) async fn note_used(&self, &Stored { id, used_ms, .. }: &Stored) {
        let now_ms = self.store.now_ms();
        if now_ms.saturating_sub(used_ms) > SESSION_USED_STALE_MS {
            let sql = "UPDATE hub_app_password SET used_ms = ?2 WHERE id = ?1";
            self.note(sql, id, now_ms.into()).await;
        }
    }

    /// Notes something beside a sign-in, which is as good without, as on a full disk.
    async fn note(&self, sql: &'static str, id: u64, value: Value) {
        let noted = self
            .store
            .write::<_, Never>(move |tx| Ok(tx.execute(sql, params![id, value.clone()])?));
        if let Err(error) = noted.await.map_err(Error::from) {
            tracing::warn!(%error, "the use of an app password was not noted");
        }
    }

    /// Makes a password for a program. Returns it; it can't be had again.
    pub async fn create_app_password(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<(AppPassword, String), Failure<AccountRefusal>> {
        let name = name.trim().to_owned();
        if name.is_empty()
            || name.len() > APP_PASSWORD_NAME_BYTES_MAX
            || name.chars().any(char::is_control)
        {
            let max = APP_PASSWORD_NAME_BYTES_MAX;
            return Err(Failure::Refused(AccountRefusal::BadLabel { max }));
        }
        let owner = self.store.read(move |snapshot| account::by_id(snapshot, account)).await?;
        let owner = owner.ok_or(Failure::Refused(AccountRefusal::NoSuchAccount))?;
        let asked = self.salting_asked(&owner.account.name.folded(), Some(&owner));
        let password = format!("{PREFIX}{}", Token::new()?.text);
        let hash = token::hash(&password);
        let scram = self.pool.derive(&password, asked).await?;
        let made = self.store.write(move |tx| {
            if account::by_id(tx, account)?.is_none() {
                return Err(Abort::Refused(AccountRefusal::NoSuchAccount));
            }
            let sql = "SELECT count(*) FROM hub_app_password WHERE account = ?1";
            let count = tx.query_one(sql, params![account.0], |row| row.get::<u64>(0))?;
            if count.unwrap_or(0) >= APP_PASSWORDS_PER_ACCOUNT {
                return Err(Abort::Refused(AccountRefusal::TooManyAppPasswords));
            }
            let created_ms = tx.now_ms();
            let sql = "INSERT INTO hub_app_password \
                       (account, name, hash, created_ms, used_ms, scram) \
                       VALUES (?1, ?2, ?3, ?4, 0, ?5)";
            tx.execute(sql, params![account.0, &name, hash.clone(), created_ms, &scram])?;
            let id = tx.insert_id().cast_unsigned();
            Ok(AppPassword { id, name: name.clone(), created_ms, used_ms: None })
        });
        Ok((made.await?.value, password))
    }

    /// Lists the app passwords of an account, the newest first.
    pub async fn app_passwords(&self, account: AccountId) -> Result<Vec<AppPassword>, Error> {
        let sql = "SELECT id, name, created_ms, used_ms FROM hub_app_password \
                   WHERE account = ?1 ORDER BY id DESC";
        let listed = self.store.read(move |snapshot| {
            snapshot.query(sql, params![account.0], |row| {
                Ok(AppPassword {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    created_ms: row.get(2)?,
                    used_ms: Some(row.get(3)?).filter(|at| *at != 0),
                })
            })
        });
        Ok(listed.await?)
    }

    /// Removes an app password; connections that signed in with it end.
    pub async fn remove_app_password(
        &self,
        account: AccountId,
        id: u64,
    ) -> Result<(), Failure<AccountRefusal>> {
        let removed = self.store.write(move |tx| {
            let sql = "DELETE FROM hub_app_password WHERE account = ?1 AND id = ?2";
            let found = account::by_id(tx, account)?;
            match (tx.execute(sql, params![account.0, id])?, found) {
                (1.., Some(found)) => Ok(found.inbox),
                _ => Err(Abort::Refused(AccountRefusal::NoSuchAppPassword)),
            }
        });
        let inbox = removed.await?.value;
        let session = Credential::AppPassword(id).name();
        self.tell_ended(account.into(), inbox, &SessionEnded { session, except: None });
        Ok(())
    }
}

/// What is kept of all app passwords of an account.
pub(crate) fn stored(
    snapshot: &Snapshot<'_>,
    AccountId(account): AccountId,
) -> Result<Vec<Stored>, parlor_topics::Error> {
    let sql = "SELECT id, used_ms, scram FROM hub_app_password WHERE account = ?1";
    snapshot.query(sql, params![account], |row| stored_in(row, 0))
}

/// Reads one from three columns of a row.
fn stored_in(row: &Row<'_>, at: usize) -> Result<Stored, parlor_topics::Error> {
    let verifier = Verifier::parse(&row.get::<String>(at + 2)?);
    Ok(Stored { id: row.get(at)?, used_ms: row.get(at + 1)?, verifier })
}
