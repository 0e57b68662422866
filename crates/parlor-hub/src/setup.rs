//! Setting a new server up: a one-time token makes the first account, an administrator.

use parlor_topics::{Abort, Snapshot, params};

use crate::{
    account::{self, Made},
    error::{Error, Failure, Never},
    identity::Account,
    limits::PASSWORD_BYTES_MIN,
    link::Link,
    refusal::AccountRefusal,
    token::{self, Token},
};

impl Link {
    /// Makes a new set-up token while there is no account; earlier ones are no longer valid.
    pub async fn setup_token(&self) -> Result<Option<String>, Error> {
        let token = Token::new()?;
        let hash = token.hash;
        let kept = self.store.write::<_, Never>(move |tx| {
            if account::any(tx)? {
                return Ok(false);
            }
            let sql = "INSERT INTO hub_setup (one, hash) VALUES (1, ?1) \
                       ON CONFLICT (one) DO UPDATE SET hash = excluded.hash";
            tx.execute(sql, params![hash.clone()])?;
            Ok(true)
        });
        Ok(kept.await?.value.then_some(token.text))
    }

    /// Says whether a set-up token would be accepted now, without using it.
    pub async fn check_setup_token(&self, token: &str) -> Result<(), Failure<AccountRefusal>> {
        let hash = token::hash(token);
        let checked = self.store.read(move |snapshot| check(snapshot, &hash)).await?;
        checked.map_err(Failure::Refused)
    }

    /// Makes the first account, an administrator, with the set-up token.
    pub async fn set_up(
        &self,
        token: &str,
        name: &str,
        password: &str,
    ) -> Result<Account, Failure<AccountRefusal>> {
        // Whoever has no valid token should not cost a hash; the transaction decides.
        self.check_setup_token(token).await?;
        let (name, _) = account::parse(name)?;
        self.check_password(password, PASSWORD_BYTES_MIN)?;
        let salting = self.salting_of(&name.folded(), None);
        let hash = self.hash(password, salting).await?;
        let token = token::hash(token);
        let made = Made { admin: true, by_operator: false };
        self.insert(name, hash, made, move |tx| check(tx, &token)?.map_err(Abort::Refused)).await
    }
}

fn check(
    snapshot: &Snapshot<'_>,
    hash: &[u8],
) -> Result<Result<(), AccountRefusal>, parlor_topics::Error> {
    if account::any(snapshot)? {
        return Ok(Err(AccountRefusal::AlreadySetUp));
    }
    let sql = "SELECT 1 FROM hub_setup WHERE hash = ?1";
    let found = snapshot.query_one(sql, params![hash], |_| Ok(()))?;
    Ok(found.ok_or(AccountRefusal::WrongSetUpToken))
}
