//! Accounts: making, changing and removing them, and signing in.

use std::net::IpAddr;

use parlor_topics::{Abort, Retention, Row, Snapshot, TopicId, Tx, params};
use tokio::sync::oneshot;

use crate::{
    audit::{self, AuditPage, Deed},
    error::{Error, Failure, Never},
    event::SessionEnded,
    identity::{Account, AccountId, Actor, Credential, PersonId, SignedIn},
    invitation::{self, Invitation},
    limits::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN},
    link::{Hashing, Link, Registration},
    message::Ask,
    nick::{self, Nick, looks},
    password::{Busy, Kept, Secrets, Verdict},
    refusal::{AccountRefusal, NickRefusal, SignInRefusal},
    scram::{Salting, Verifier},
    token,
};

impl Link {
    /// Makes an account for somebody who asks for one, as far as the server allows that. An
    /// invitation is used up in the same transaction.
    pub async fn register(
        &self,
        name: &str,
        password: &str,
        invitation: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<Account, Failure<AccountRefusal>> {
        self.register_and(name, password, invitation, from, |_, _, _| Ok(())).await
    }

    /// The same, and lets an app do in that transaction what the invitation gives besides.
    pub async fn register_and(
        &self,
        name: &str,
        password: &str,
        invitation: Option<&str>,
        from: Option<IpAddr>,
        mut welcome: impl FnMut(&mut Tx<'_>, &Account, &Invitation) -> Result<(), parlor_topics::Error>
        + Send
        + 'static,
    ) -> Result<Account, Failure<AccountRefusal>> {
        let invitation = match (self.options.registration, invitation) {
            (Registration::Closed, _) => return refuse(AccountRefusal::RegistrationClosed),
            (Registration::Invite, None) => return refuse(AccountRefusal::InvitationNeeded),
            (Registration::Open, None) => None,
            (_, Some(token)) => Some(token::hash(token)),
        };
        let (name, folded) = parse(name)?;
        self.check_password(password, PASSWORD_BYTES_MIN)?;
        // Whoever can't register should not cost a hash: look first, decide in the transaction.
        let look = (folded.clone(), invitation.clone());
        let open = self.options.registration == Registration::Open;
        self.store
            .read(move |snapshot| {
                if by_name(snapshot, &look.0)?.is_some() {
                    return Ok(Err(AccountRefusal::NameTaken));
                }
                let Some(hash) = look.1 else { return Ok(Ok(())) };
                let found = invitation::look(snapshot, &hash)?;
                Ok(found.and_then(|found| found.for_account(open)).map(drop).map_err(Into::into))
            })
            .await?
            .map_err(Failure::Refused)?;
        if self.options.attempts {
            let now_ms = self.store.now_ms();
            let asked = self.ask(|reply| Ask::BeginRegistration { from, now_ms, reply }).await?;
            asked.map_err(|retry_after_s| {
                Failure::Refused(AccountRefusal::TooMany { retry_after_s })
            })?;
        }
        let salting = self.salting_of(&name.folded(), None);
        let hash = self.hash(password, salting).await?;
        let made = Made { admin: false, by_operator: false };
        type Used = Result<Option<Invitation>, Abort<AccountRefusal>>;
        let condition = move |tx: &mut Tx<'_>| -> Used {
            let Some(token) = &invitation else { return Ok(None) };
            let used = invitation::use_up(tx, token)?.and_then(|used| used.for_account(open));
            used.map(Some).map_err(|why| Abort::Refused(why.into()))
        };
        self.insert_and(name, hash, made, condition, move |tx, account, invitation| {
            invitation.map_or(Ok(()), |invitation| welcome(tx, account, &invitation))
        })
        .await
    }

    /// Makes an account on behalf of the operator.
    pub async fn add_account(
        &self,
        name: &str,
        password: &str,
        admin: bool,
    ) -> Result<Account, Failure<AccountRefusal>> {
        let (name, folded) = parse(name)?;
        self.check_password(password, 1)?;
        let salting = self.salting_of(&folded, None);
        if self.store.read(move |snapshot| by_name(snapshot, &folded)).await?.is_some() {
            return refuse(AccountRefusal::NameTaken);
        }
        let hash = self.hash(password, salting).await?;
        self.insert(name, hash, Made { admin, by_operator: true }, |_| Ok(())).await
    }

    /// Gives an account another password. All its sessions end.
    pub async fn set_password(
        &self,
        name: &str,
        password: &str,
    ) -> Result<(), Failure<AccountRefusal>> {
        self.check_password(password, 1)?;
        let folded = nick::folded(name);
        let wanted = folded.clone();
        let found = self.store.read(move |snapshot| by_name(snapshot, &wanted)).await?;
        let found = found.ok_or(Failure::Refused(AccountRefusal::NoSuchAccount))?;
        let hash = self.hash(password, self.salting_of(&folded, Some(&found))).await?;
        let changed = self.store.write(move |tx| {
            let Some(found) = by_name(tx, &folded)? else {
                return Err(Abort::Refused(AccountRefusal::NoSuchAccount));
            };
            let id = found.account.id.0;
            keep_secrets(tx, found.account.id, &hash)?;
            tx.execute("DELETE FROM hub_session WHERE account = ?1", params![id])?;
            audit::note_server(tx, None, &deed("password", &found.account.name))?;
            Ok(found)
        });
        let found = changed.await?.value;
        let everything = SessionEnded::default();
        self.tell_ended(found.account.id.into(), found.inbox, &everything);
        Ok(())
    }

    /// Removes an account with its sessions and rights. What it said stays.
    pub async fn remove_account(&self, name: &str) -> Result<(), Failure<AccountRefusal>> {
        let folded = nick::folded(name);
        let removed = self.store.write(move |tx| {
            let Some(found) = by_name(tx, &folded)? else {
                return Err(Abort::Refused(AccountRefusal::NoSuchAccount));
            };
            let id = found.account.id.0;
            tx.execute("DELETE FROM hub_session WHERE account = ?1", params![id])?;
            tx.execute("DELETE FROM hub_app_password WHERE account = ?1", params![id])?;
            tx.execute("DELETE FROM hub_look WHERE account = ?1", params![id])?;
            tx.execute("DELETE FROM hub_role WHERE person = ?1", params![id])?;
            tx.execute("DELETE FROM hub_invited WHERE person = ?1", params![id])?;
            let sql = "DELETE FROM hub_invitation WHERE by_account = ?1 AND topic <> 0";
            tx.execute(sql, params![id])?;
            tx.execute("DELETE FROM hub_account WHERE id = ?1", params![id])?;
            audit::note_server(tx, None, &deed("account.remove", &found.account.name))?;
            // The inbox lasts until the last connection has heard that it is over.
            let sql = "INSERT INTO hub_transient (person, inbox) VALUES (?1, ?2)";
            tx.execute(sql, params![id, found.inbox])?;
            Ok(found)
        });
        let found = removed.await?.value;
        let person = found.account.id.into();
        self.tell(Ask::Free { name: found.account.name }).await?;
        let online = self.ask(|reply| Ask::Expel { person, reply }).await?;
        self.tell_ended(person, found.inbox, &SessionEnded::default());
        if !online {
            let gone = [person];
            let cleared = self.store.write(move |tx| clear_transient(tx, &gone));
            cleared.await.map_err(Error::from)?;
        }
        Ok(())
    }

    /// Reads a page of the server's record, the newest entries first, for an administrator.
    pub async fn server_audit(
        &self,
        actor: &Actor,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<AuditPage>, Error> {
        let admin = actor.account.filter(|_| actor.admin);
        let Some(AccountId(admin)) = admin else { return Ok(None) };
        let page = self.store.read(move |snapshot| {
            // The claim to be an administrator is looked up: it may have been taken away.
            let sql = "SELECT 1 FROM hub_account WHERE id = ?1 AND admin = 1";
            let found = snapshot.query_one(sql, params![admin], |_| Ok(()))?;
            found.map(|()| audit::page(snapshot, audit::SERVER, before, limit)).transpose()
        });
        Ok(page.await?)
    }

    /// Lists the accounts by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        let sql = "SELECT id, name, admin FROM hub_account ORDER BY folded";
        Ok(self.store.read(move |snapshot| snapshot.query(sql, &[], account)).await?)
    }

    /// Finds an account by name.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, Error> {
        let folded = nick::folded(name);
        let found = self.store.read(move |snapshot| by_name(snapshot, &folded)).await?;
        Ok(found.map(|found| found.account))
    }

    /// Checks a name and the account's own password. A name nobody has costs the same as a wrong
    /// password.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<SignedIn, Failure<SignInRefusal>> {
        let found = self.check_own_password(name, password, from).await?;
        Ok(SignedIn { credential: found.credential(), account: found.account })
    }

    /// The same; gives the account as it was when the password was right.
    async fn check_own_password(
        &self,
        name: &str,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<Found, Failure<SignInRefusal>> {
        // A password nobody can have is not worth hashing, whoever it is meant for.
        if password.len() > PASSWORD_BYTES_MAX {
            return Err(Failure::Refused(SignInRefusal::Wrong));
        }
        let folded = nick::folded(name);
        self.begin_attempt(&folded, from).await?;
        let wanted = folded.clone();
        let found = self.store.read(move |snapshot| by_name(snapshot, &wanted)).await?;
        let stored = found.as_ref().map(|found| {
            let salting = self.salting_of(&folded, Some(found));
            let has_scram = found.verifier().is_some_and(|kept| kept.salting == salting);
            Kept { password: found.password.clone(), salting, has_scram }
        });
        match (self.pool.verify(password, stored).await, found) {
            (Err(Busy), _) => {
                if self.options.attempts {
                    self.tell(Ask::AttemptWithdrawn { folded, from }).await?;
                }
                Err(Failure::Refused(SignInRefusal::Busy))
            }
            (Ok(verdict @ Verdict::Right { .. }), Some(found)) => {
                if self.options.attempts {
                    self.tell(Ask::AttemptSucceeded { folded, from }).await?;
                }
                self.renew(&found, verdict).await?;
                Ok(found)
            }
            (Ok(_), _) => {
                tracing::info!(?from, "a sign-in failed");
                Err(Failure::Refused(SignInRefusal::Wrong))
            }
        }
    }

    pub(crate) async fn begin_attempt(
        &self,
        folded: &str,
        from: Option<IpAddr>,
    ) -> Result<(), Failure<SignInRefusal>> {
        if !self.options.attempts {
            return Ok(());
        }
        let (folded, now_ms) = (folded.to_owned(), self.store.now_ms());
        let ask = |reply: oneshot::Sender<_>| Ask::BeginAttempt { folded, from, now_ms, reply };
        self.ask(ask).await?.map_err(|retry_after_s| {
            tracing::warn!(?from, retry_after_s, "too many sign-ins failed");
            Failure::Refused(SignInRefusal::TooMany { retry_after_s })
        })
    }

    pub(crate) fn check_password(
        &self,
        password: &str,
        min: usize,
    ) -> Result<(), Failure<AccountRefusal>> {
        // Load tests may use any password, as long as there is one.
        let min = if self.options.hashing == Hashing::Cheap { 1 } else { min };
        if password.len() < min {
            return refuse(AccountRefusal::PasswordTooShort { min });
        }
        if password.len() > PASSWORD_BYTES_MAX {
            return refuse(AccountRefusal::PasswordTooLong { max: PASSWORD_BYTES_MAX });
        }
        Ok(())
    }

    pub(crate) async fn hash(
        &self,
        password: &str,
        salting: Salting,
    ) -> Result<Secrets, Failure<AccountRefusal>> {
        Ok(self.pool.hash(password, salting).await?)
    }

    /// How SCRAM salts the passwords that an account is given from now on. Its salt stays what it
    /// is, since its app passwords have it, too.
    pub(crate) fn salting_of(&self, folded: &str, found: Option<&Found>) -> Salting {
        let iterations = self.pool.scram_iterations();
        match found.and_then(Found::verifier) {
            Some(kept) => Salting { iterations, ..kept.salting },
            None => Salting::of_name(&self.secret, folded, iterations),
        }
    }

    /// How SCRAM salts the passwords that a name has now, if it has any.
    pub(crate) fn salting_asked(&self, folded: &str, found: Option<&Found>) -> Salting {
        let kept = found.and_then(Found::verifier).map(|verifier| verifier.salting);
        kept.unwrap_or_else(|| self.salting_of(folded, None))
    }

    /// Adds the row, after a condition in the same transaction, and reserves the name.
    pub(crate) async fn insert(
        &self,
        name: Nick,
        secrets: Secrets,
        made: Made,
        condition: impl FnMut(&mut Tx<'_>) -> Result<(), Abort<AccountRefusal>> + Send + 'static,
    ) -> Result<Account, Failure<AccountRefusal>> {
        self.insert_and(name, secrets, made, condition, |_, _, ()| Ok(())).await
    }

    /// The same, and then does something more with what the condition found.
    async fn insert_and<C>(
        &self,
        name: Nick,
        secrets: Secrets,
        made: Made,
        mut condition: impl FnMut(&mut Tx<'_>) -> Result<C, Abort<AccountRefusal>> + Send + 'static,
        mut more: impl FnMut(&mut Tx<'_>, &Account, C) -> Result<(), parlor_topics::Error>
        + Send
        + 'static,
    ) -> Result<Account, Failure<AccountRefusal>> {
        let added = self.store.write(move |tx| {
            let found = condition(tx)?;
            let id = insert(tx, &name, &secrets, made)?;
            let account = Account { id, name: name.clone(), admin: made.admin };
            more(tx, &account, found)?;
            Ok(account)
        });
        let account = added.await?.value;
        self.tell(Ask::Reserve { name: account.name.clone(), owner: account.id.into() }).await?;
        tracing::info!(account = account.id.0, admin = made.admin, "account made");
        Ok(account)
    }
}

/// A name that can be an account's, with its folded form.
pub(crate) fn parse(name: &str) -> Result<(Nick, String), Failure<AccountRefusal>> {
    let name = Nick::new(name).map_err(|why| Failure::Refused(AccountRefusal::Name(why)))?;
    let folded = name.folded();
    Ok((name, folded))
}

fn refuse<T>(why: AccountRefusal) -> Result<T, Failure<AccountRefusal>> {
    Err(Failure::Refused(why))
}

/// How an account is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) admin: bool,
    /// Whether the operator does, and not whoever is to have it.
    pub(crate) by_operator: bool,
}

/// An account as it is kept.
pub(crate) struct Found {
    pub(crate) account: Account,
    pub(crate) password: String,
    /// Empty until it is known.
    pub(crate) scram: String,
    pub(crate) inbox: TopicId,
    /// How often the password was changed.
    pub(crate) edition: u64,
}

impl Found {
    /// What SCRAM needs to know of the account's own password, if that is known.
    pub(crate) fn verifier(&self) -> Option<Verifier> {
        Verifier::parse(&self.scram)
    }

    /// The account's own password, as it is now.
    pub(crate) fn credential(&self) -> Credential {
        Credential::Password { edition: self.edition }
    }
}

pub(crate) fn account(row: &Row<'_>) -> Result<Account, parlor_topics::Error> {
    let name = stored_name(&row.get::<String>(1)?)?;
    Ok(Account { id: AccountId(row.get(0)?), name, admin: row.get(2)? })
}

pub(crate) fn stored_name(name: &str) -> Result<Nick, parlor_topics::Error> {
    let broken = |why: NickRefusal| parlor_topics::Error::Damaged(why.to_string().into());
    Nick::new(name).map_err(broken)
}

pub(crate) fn by_name(
    snapshot: &Snapshot<'_>,
    folded: &str,
) -> Result<Option<Found>, parlor_topics::Error> {
    let sql = "SELECT id, name, admin, password, scram, inbox, edition \
               FROM hub_account WHERE folded = ?1";
    snapshot.query_one(sql, params![folded], found)
}

pub(crate) fn by_id(
    snapshot: &Snapshot<'_>,
    AccountId(id): AccountId,
) -> Result<Option<Found>, parlor_topics::Error> {
    let sql = "SELECT id, name, admin, password, scram, inbox, edition \
               FROM hub_account WHERE id = ?1";
    snapshot.query_one(sql, params![id], found)
}

/// Finds the account of a person, who need not be online.
pub fn account_of(
    snapshot: &Snapshot<'_>,
    id: AccountId,
) -> Result<Option<Account>, parlor_topics::Error> {
    Ok(by_id(snapshot, id)?.map(|found| found.account))
}

fn found(row: &Row<'_>) -> Result<Found, parlor_topics::Error> {
    let (password, scram) = (row.get(3)?, row.get(4)?);
    let (inbox, edition) = (row.get(5)?, row.get(6)?);
    Ok(Found { account: account(row)?, password, scram, inbox, edition })
}

/// Keeps what is known of a new password.
pub(crate) fn keep_secrets(
    tx: &mut Tx<'_>,
    AccountId(id): AccountId,
    secrets: &Secrets,
) -> Result<(), parlor_topics::Error> {
    let sql = "UPDATE hub_account SET password = ?2, scram = ?3, edition = edition + 1 \
               WHERE id = ?1";
    tx.execute(sql, params![id, &secrets.password, &secrets.scram]).map(drop)
}

pub(crate) fn any(snapshot: &Snapshot<'_>) -> Result<bool, parlor_topics::Error> {
    Ok(snapshot.query_one("SELECT 1 FROM hub_account LIMIT 1", &[], |_| Ok(()))?.is_some())
}

fn insert(
    tx: &mut Tx<'_>,
    name: &Nick,
    secrets: &Secrets,
    made: Made,
) -> Result<AccountId, Abort<AccountRefusal>> {
    let folded = name.folded();
    if by_name(tx, &folded)?.is_some() {
        return Err(Abort::Refused(AccountRefusal::NameTaken));
    }
    if name.is_service() {
        return Err(Abort::Refused(AccountRefusal::Name(NickRefusal::Service)));
    }
    let looks = looks(name.as_str());
    for look in &looks {
        let sql = "SELECT 1 FROM hub_account WHERE folded = ?1 \
                   UNION ALL SELECT 1 FROM hub_look WHERE look = ?1 LIMIT 1";
        if tx.query_one(sql, params![look], |_| Ok(()))?.is_some() {
            return Err(Abort::Refused(AccountRefusal::Name(NickRefusal::LooksTaken)));
        }
    }
    let sql = "INSERT INTO hub_account (name, folded, admin, password, scram, inbox, created_ms) \
               VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)";
    let now_ms = tx.now_ms();
    tx.execute(
        sql,
        params![name.as_str(), folded, made.admin, &secrets.password, &secrets.scram, now_ms],
    )?;
    let id = tx.insert_id().cast_unsigned();
    if !name.as_str().is_ascii() {
        for look in &looks {
            let sql = "INSERT INTO hub_look (look, account) VALUES (?1, ?2)";
            tx.execute(sql, params![look, id])?;
        }
    }
    let inbox = tx.topic(&inbox_name(PersonId(id)), Retention::Forever)?;
    tx.execute("UPDATE hub_account SET inbox = ?2 WHERE id = ?1", params![id, inbox])?;
    let by = (!made.by_operator).then(|| (PersonId(id), name.as_str()));
    audit::note_server(tx, by, &deed("account.add", name))?;
    // The set-up link has done its work, whoever made the first account.
    tx.execute("DELETE FROM hub_setup", &[])?;
    Ok(AccountId(id))
}

/// What was done to an account.
pub(crate) fn deed(what: &'static str, name: &Nick) -> Deed {
    Deed { what, about: name.to_string(), reason: String::new() }
}

/// The name of a person's inbox in the store.
pub(crate) fn inbox_name(person: PersonId) -> String {
    format!("inbox/{person}")
}

/// Removes the inboxes, roles and invitations of people who do not last.
pub(crate) fn clear_transient(tx: &mut Tx<'_>, people: &[PersonId]) -> Result<(), Abort<Never>> {
    for person in people {
        let sql = "SELECT inbox FROM hub_transient WHERE person = ?1";
        let Some(inbox) = tx.query_one(sql, params![person.0], |row| row.get(0))? else {
            continue;
        };
        tx.delete_topic(inbox)?;
        for sql in [
            "DELETE FROM hub_role WHERE person = ?1",
            "DELETE FROM hub_invited WHERE person = ?1",
            "DELETE FROM hub_transient WHERE person = ?1",
        ] {
            tx.execute(sql, params![person.0])?;
        }
    }
    Ok(())
}
