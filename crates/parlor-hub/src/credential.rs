//! What somebody can sign in with: the account's password, a password for a program, or a proof of
//! either kind by SCRAM.

use std::net::IpAddr;

use parlor_topics::{Abort, params};

use crate::{
    account::{self, Found},
    error::{Error, Failure, Never},
    event::SessionEnded,
    identity::{Account, AccountId, Credential, SignedIn},
    limits::{
        APP_PASSWORD_NAME_BYTES_MAX, APP_PASSWORDS_PER_ACCOUNT, PASSWORD_BYTES_MIN,
        SESSION_USED_STALE_MS,
    },
    link::Link,
    message::{Ask, announce_ended},
    nick,
    password::{Busy, Verdict},
    refusal::{AccountRefusal, SignInRefusal},
    scram::{ClientFirst, Conversation, Verifier},
    token::{self, Token},
};

/// How an app password begins, by which nobody takes it for anything else.
const PREFIX: &str = "app_";

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

/// A conversation by SCRAM-SHA-256 that waits for the client's last message.
pub struct ScramExchange {
    conversation: Conversation,
    folded: String,
    device: String,
    from: Option<IpAddr>,
    account: Option<Account>,
}

impl ScramExchange {
    /// What the client calls the device it runs on, behind `@` or `/`; mostly nothing.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// What to send to the client.
    pub fn server_first(&self) -> &str {
        self.conversation.server_first()
    }
}

impl Link {
    /// Signs in with the account's password or one of its app passwords.
    pub async fn authenticate(
        &self,
        name: &str,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<SignedIn, Failure<SignInRefusal>> {
        if password.starts_with(PREFIX)
            && let Some(found) = self.app_password(password).await?
            && found.account.name.folded() == nick::folded(name)
        {
            return Ok(found);
        }
        let account = self.sign_in(name, password, from).await?;
        Ok(SignedIn { account, credential: Credential::Password })
    }

    /// Finds whose app password this is. It is random, so that guessing is hopeless and not counted.
    pub async fn app_password(&self, password: &str) -> Result<Option<SignedIn>, Error> {
        let hash = token::hash(password);
        let found = self.store.read(move |snapshot| {
            let sql = "SELECT a.id, a.name, a.admin, p.id, p.used_ms \
                       FROM hub_app_password p JOIN hub_account a ON a.id = p.account \
                       WHERE p.hash = ?1";
            snapshot.query_one(sql, params![hash.clone()], |row| {
                Ok((account::account(row)?, row.get::<u64>(3)?, row.get::<u64>(4)?))
            })
        });
        let Some((account, id, used_ms)) = found.await? else { return Ok(None) };
        let now_ms = self.store.now_ms();
        if now_ms.saturating_sub(used_ms) > SESSION_USED_STALE_MS {
            let sql = "UPDATE hub_app_password SET used_ms = ?2 WHERE id = ?1";
            let noted =
                self.store.write::<_, Never>(move |tx| Ok(tx.execute(sql, params![id, now_ms])?));
            if let Err(error) = noted.await.map_err(Error::from) {
                tracing::warn!(%error, "the use of an app password was not noted");
            }
        }
        Ok(Some(SignedIn { account, credential: Credential::AppPassword(id) }))
    }

    /// Begins to sign somebody in by SCRAM-SHA-256 with the client's first message. The answer to
    /// a name nobody has looks like any other.
    pub async fn scram_begin(
        &self,
        client_first: &str,
        from: Option<IpAddr>,
    ) -> Result<ScramExchange, Failure<SignInRefusal>> {
        let wrong = || Failure::Refused(SignInRefusal::Wrong);
        let first = ClientFirst::parse(client_first).ok_or_else(wrong)?;
        // A program may say which of the account's devices it is; that is nobody's name.
        let (name, device) = first.name.split_once(['@', '/']).unwrap_or((&first.name, ""));
        let device = device.to_owned();
        let folded = nick::folded(name);
        let wanted = folded.clone();
        let (found, secret) = self
            .store
            .read(move |snapshot| {
                let sql = "SELECT secret FROM hub_secret";
                let secret = snapshot.query_one(sql, &[], |row| row.get::<Vec<u8>>(0))?;
                Ok((account::by_name(snapshot, &wanted)?, secret.unwrap_or_default()))
            })
            .await?;
        let nobodys = Verifier::nobodys(&secret, &folded, self.pool.scram_iterations());
        let known = found.and_then(|found| Some((found.account, Verifier::parse(&found.scram)?)));
        let (account, verifier) = match known {
            Some((account, verifier)) => (Some(account), verifier),
            None => (None, nobodys),
        };
        let nonce = Token::new()?.text;
        let conversation = Conversation::begin(first, verifier, &nonce);
        Ok(ScramExchange { conversation, folded, device, from, account })
    }

    /// Ends it with the client's last message. Returns who signed in and what to send back: the
    /// server's own proof.
    pub async fn scram_finish(
        &self,
        exchange: ScramExchange,
        client_final: &str,
    ) -> Result<(SignedIn, String), Failure<SignInRefusal>> {
        let ScramExchange { conversation, folded, from, account, .. } = exchange;
        self.begin_attempt(&folded, from).await?;
        let answer = conversation.finish(client_final);
        let (Some(server_final), Some(account)) = (answer, account) else {
            tracing::info!(?from, "a sign-in failed");
            return Err(Failure::Refused(SignInRefusal::Wrong));
        };
        if self.options.attempts {
            self.tell(Ask::AttemptSucceeded { folded, from }).await?;
        }
        Ok((SignedIn { account, credential: Credential::Password }, server_final))
    }

    /// Gives the own account another password. All its other sessions end; `keep` names the one
    /// that goes on.
    pub async fn change_password(
        &self,
        account: &Account,
        old: &str,
        new: &str,
        from: Option<IpAddr>,
        keep: &str,
    ) -> Result<(), Failure<AccountRefusal>> {
        self.check_password(new, PASSWORD_BYTES_MIN)?;
        let name = account.name.as_str();
        self.sign_in(name, old, from).await.map_err(|failure| {
            failure.map(|why| match why {
                SignInRefusal::Wrong => AccountRefusal::WrongPassword,
                SignInRefusal::TooMany { retry_after_s } => {
                    AccountRefusal::TooMany { retry_after_s }
                }
                SignInRefusal::Busy => AccountRefusal::Busy,
            })
        })?;
        let secrets = self.hash(new).await?;
        let (id, kept) = (account.id, keep.to_owned());
        let changed = self.store.write(move |tx| {
            let found =
                account::by_id(tx, id)?.ok_or(Abort::Refused(AccountRefusal::NoSuchAccount))?;
            account::keep_secrets(tx, id, &secrets)?;
            for hash in crate::session::hashes(tx, id)? {
                if crate::session::name_of(&hash) != kept {
                    tx.execute("DELETE FROM hub_session WHERE hash = ?1", params![hash])?;
                }
            }
            let by = Some((id.into(), found.account.name.as_str()));
            crate::audit::note_server(tx, by, &account::deed("password", &found.account.name))?;
            Ok(found)
        });
        let Found { inbox, .. } = changed.await?.value;
        let ended = SessionEnded { session: None, except: Some(keep.to_owned()) };
        announce_ended(&self.store, account.id.into(), inbox, &ended);
        Ok(())
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
        let password = format!("{PREFIX}{}", Token::new()?.text);
        let hash = token::hash(&password);
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
            let sql = "INSERT INTO hub_app_password (account, name, hash, created_ms, used_ms) \
                       VALUES (?1, ?2, ?3, ?4, 0)";
            tx.execute(sql, params![account.0, &name, hash.clone(), created_ms])?;
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
        announce_ended(&self.store, account.into(), inbox, &SessionEnded { session, except: None });
        Ok(())
    }

    /// Keeps what signing in found out: a password with today's parameters, or a verifier that
    /// was missing; unless the password was changed meanwhile.
    pub(crate) async fn renew(&self, found: &Found, verdict: Verdict) -> Result<(), Error> {
        let Verdict::Right { renewed, scram } = verdict else { return Ok(()) };
        if renewed.is_none() && scram.is_none() {
            return Ok(());
        }
        let (id, old) = (found.account.id.0, found.password.clone());
        let password = renewed.unwrap_or_else(|| old.clone());
        let scram = scram.unwrap_or_else(|| found.scram.clone());
        let kept = self.store.write::<_, Never>(move |tx| {
            let sql = "UPDATE hub_account SET password = ?3, scram = ?4 \
                       WHERE id = ?1 AND password = ?2";
            Ok(tx.execute(sql, params![id, &old, &password, &scram])?)
        });
        kept.await?;
        Ok(())
    }

    /// Makes the secret behind the salts of names nobody has, if there is none.
    pub(crate) async fn make_secret(store: &parlor_topics::Store) -> Result<(), Error> {
        let secret = Token::new()?.hash;
        let made = store.write::<_, Never>(move |tx| {
            let sql = "INSERT INTO hub_secret (one, secret) VALUES (1, ?1) ON CONFLICT DO NOTHING";
            Ok(tx.execute(sql, params![secret.clone()])?)
        });
        made.await?;
        Ok(())
    }
}

impl From<Busy> for Failure<AccountRefusal> {
    fn from(Busy: Busy) -> Self {
        Self::Refused(AccountRefusal::Busy)
    }
}
