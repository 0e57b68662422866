//! Signing in with what an account has: its password, an app password, or a proof by SCRAM to know
//! either.

use std::net::IpAddr;

use parlor_topics::{Abort, params};

use crate::{
    account::{self, Found},
    app_password::{self, PREFIX},
    error::{Error, Failure, Never},
    event::SessionEnded,
    identity::{Account, AccountId, Credential, SignedIn},
    limits::{PASSWORD_BYTES_MIN, SCRAM_VERIFIERS},
    link::Link,
    message::Ask,
    nick,
    password::{Busy, Verdict},
    refusal::{AccountRefusal, SignInRefusal},
    scram::{ClientFirst, Conversation, Salting, Verifier},
    token::Token,
};

/// A conversation by SCRAM-SHA-256 that waits for the client's last message.
pub struct ScramExchange {
    conversation: Conversation,
    salting: Salting,
    folded: String,
    device: String,
    from: Option<IpAddr>,
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
        self.sign_in(name, password, from).await
    }

    /// Says whether what somebody has signed in with is still what it was. What it opened ends when
    /// it changes; but a connection hears of that only once it has the account's inbox.
    pub async fn still_opens(
        &self,
        account: AccountId,
        credential: Credential,
    ) -> Result<bool, Error> {
        let found = self.store.read(move |snapshot| match credential {
            Credential::Password { .. } => {
                let found = account::by_id(snapshot, account)?;
                Ok(found.is_some_and(|found| found.credential() == credential))
            }
            Credential::AppPassword(id) => {
                let sql = "SELECT 1 FROM hub_app_password WHERE account = ?1 AND id = ?2";
                Ok(snapshot.query_one(sql, params![account.0, id], |_| Ok(()))?.is_some())
            }
        });
        Ok(found.await?)
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
        let found = self.store.read(move |snapshot| account::by_name(snapshot, &wanted)).await?;
        let salting = self.salting_asked(&folded, found.as_ref());
        let nonce = Token::new()?.text;
        let conversation = Conversation::begin(first, &salting, &nonce);
        Ok(ScramExchange { conversation, salting, folded, device, from })
    }

    /// Ends it with the client's last message. Returns who signed in and what to send back: the
    /// server's own proof. What can sign in is what can at this moment, not when it began.
    pub async fn scram_finish(
        &self,
        exchange: ScramExchange,
        client_final: &str,
    ) -> Result<(SignedIn, String), Failure<SignInRefusal>> {
        let ScramExchange { conversation, salting, folded, from, .. } = exchange;
        let wanted = folded.clone();
        let found = self.store.read(move |snapshot| {
            let Some(found) = account::by_name(snapshot, &wanted)? else { return Ok(None) };
            let programs = app_password::stored(snapshot, found.account.id)?;
            Ok(Some((found, programs)))
        });
        let nobodys = Verifier::nobodys(&self.secret, &folded, salting);
        // Passwords that cannot fit stand for those an account has not, so that it takes as long
        // with few as with many, and for a name nobody has.
        let mut verifiers = vec![nobodys.clone(); SCRAM_VERIFIERS];
        let fitting = |kept: Option<Verifier>| kept.filter(|kept| kept.salting == nobodys.salting);
        let found = found.await?;
        if let Some((found, programs)) = &found {
            let own = std::iter::once(found.verifier());
            let all = own.chain(programs.iter().map(|program| program.verifier.clone()));
            for (place, kept) in verifiers.iter_mut().zip(all) {
                *place = fitting(kept).unwrap_or_else(|| nobodys.clone());
            }
        }
        let proved = conversation.finish(client_final, &verifiers);
        let (found, programs) = found.unzip();
        let programs = programs.unwrap_or_default();
        let program = proved.as_ref().and_then(|(at, _)| programs.get(at.checked_sub(1)?));
        // An app password is random, so that guessing is hopeless and not counted.
        if program.is_none() {
            self.begin_attempt(&folded, from).await?;
        }
        let (Some((_, server_final)), Some(found)) = (proved, found) else {
            tracing::info!(?from, "a sign-in failed");
            return Err(Failure::Refused(SignInRefusal::Wrong));
        };
        if let Some(program) = program {
            self.note_used(program).await;
            let credential = Credential::AppPassword(program.id);
            return Ok((SignedIn { account: found.account, credential }, server_final));
        }
        if self.options.attempts {
            self.tell(Ask::AttemptSucceeded { folded, from }).await?;
        }
        let credential = found.credential();
        Ok((SignedIn { account: found.account, credential }, server_final))
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
        let signed_in = self.sign_in(name, old, from).await.map_err(|failure| {
            failure.map(|why| match why {
                SignInRefusal::Wrong => AccountRefusal::WrongPassword,
                SignInRefusal::TooMany { retry_after_s } => {
                    AccountRefusal::TooMany { retry_after_s }
                }
                SignInRefusal::Busy => AccountRefusal::Busy,
            })
        })?;
        let (id, kept) = (account.id, keep.to_owned());
        let found = self.store.read(move |snapshot| account::by_id(snapshot, id)).await?;
        let found = found.ok_or(Failure::Refused(AccountRefusal::NoSuchAccount))?;
        let salting = self.salting_of(&account.name.folded(), Some(&found));
        let secrets = self.hash(new, salting).await?;
        let changed = self.store.write(move |tx| {
            let found =
                account::by_id(tx, id)?.ok_or(Abort::Refused(AccountRefusal::NoSuchAccount))?;
            // Whoever has changed it meanwhile, as an operator does for somebody, is not overruled.
            if found.credential() != signed_in.credential {
                return Err(Abort::Refused(AccountRefusal::WrongPassword));
            }
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
        self.tell_ended(account.id.into(), inbox, &ended);
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

    /// Makes the secret behind the salts, if there is none yet. Returns it.
    pub(crate) async fn make_secret(store: &parlor_topics::Store) -> Result<Vec<u8>, Error> {
        let secret = Token::new()?.hash;
        let made = store.write::<_, Never>(move |tx| {
            let sql = "INSERT INTO hub_secret (one, secret) VALUES (1, ?1) ON CONFLICT DO NOTHING";
            tx.execute(sql, params![secret.clone()])?;
            let kept = tx.query_one("SELECT secret FROM hub_secret", &[], |row| row.get(0))?;
            Ok(kept.unwrap_or_else(|| secret.clone()))
        });
        Ok(made.await?.value)
    }
}

impl From<Busy> for Failure<AccountRefusal> {
    fn from(Busy: Busy) -> Self {
        Self::Refused(AccountRefusal::Busy)
    }
}
