//! Invitations: links by which an account can be made, bounded in uses and time. Administrators
//! make them. Looking at one does not use it; making the account does, in one transaction.

use parlor_topics::{Abort, Snapshot, Tx, params};

use crate::{
    account,
    error::Failure,
    identity::Actor,
    limits::{INVITATION_SECONDS_MAX, INVITATION_USES_MAX, INVITATIONS_LISTED_MAX},
    link::Link,
    nick::Nick,
    refusal::InvitationRefusal,
    token::{self, Token},
};

/// What an invitation says to who looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who invites.
    pub by: Nick,
    /// How often it can still be used.
    pub uses_left: u32,
    /// Until when.
    pub expires_at_ms: u64,
}

/// An invitation in the list of those that still work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInvitation {
    /// Names it for revoking; nobody gets in with it.
    pub id: String,
    /// What it says.
    pub invitation: Invitation,
}

impl Link {
    /// Makes an invitation; wishes beyond the limits are cut to them. Returns its token.
    pub async fn create_invitation(
        &self,
        by: &Actor,
        uses: u32,
        valid_for_s: u64,
    ) -> Result<String, Failure<InvitationRefusal>> {
        if !by.admin {
            return Err(Failure::Refused(InvitationRefusal::NotAllowed));
        }
        let id = by.account.map(|id| id.0);
        let uses = uses.clamp(1, INVITATION_USES_MAX);
        let valid_for_ms = valid_for_s.clamp(60, INVITATION_SECONDS_MAX) * 1000;
        let token = Token::new()?;
        let hash = token.hash;
        let made = self.store.write(move |tx| {
            let (id, name) =
                inviter(tx, id)?.ok_or(Abort::Refused(InvitationRefusal::NotAllowed))?;
            let now_ms = tx.now_ms();
            // Those long over are of no use to anybody; a while longer they can say so.
            let sql = "DELETE FROM hub_invitation WHERE expires_ms < ?1";
            let long_over_ms = now_ms.saturating_sub(INVITATION_SECONDS_MAX * 1000);
            tx.execute(sql, params![long_over_ms])?;
            let sql = "INSERT INTO hub_invitation \
                       (hash, by_account, by_name, uses_left, expires_ms) \
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let expires_ms = now_ms + valid_for_ms;
            tx.execute(sql, params![hash.clone(), id, name, uses, expires_ms])?;
            Ok(())
        });
        made.await?;
        Ok(token.text)
    }

    /// Lists the invitations that still work, those that last longest first, at most
    /// [`INVITATIONS_LISTED_MAX`]. For administrators.
    pub async fn invitations(
        &self,
        by: &Actor,
    ) -> Result<Vec<ListedInvitation>, Failure<InvitationRefusal>> {
        if !by.admin {
            return Err(Failure::Refused(InvitationRefusal::NotAllowed));
        }
        let account = by.account.map(|id| id.0);
        let listed = self.store.read(move |snapshot| {
            if inviter(snapshot, account)?.is_none() {
                return Ok(Err(InvitationRefusal::NotAllowed));
            }
            let sql = "SELECT hash, by_name, uses_left, expires_ms FROM hub_invitation \
                       WHERE uses_left > 0 AND expires_ms > ?1 ORDER BY expires_ms DESC LIMIT ?2";
            let bounds = params![snapshot.now_ms(), INVITATIONS_LISTED_MAX];
            let found = snapshot.query(sql, bounds, |row| {
                let by = account::stored_name(&row.get::<String>(1)?)?;
                let invitation =
                    Invitation { by, uses_left: row.get(2)?, expires_at_ms: row.get(3)? };
                Ok(ListedInvitation { id: listed_id(&row.get::<Vec<u8>>(0)?), invitation })
            })?;
            Ok(Ok(found))
        });
        listed.await?.map_err(Failure::Refused)
    }

    /// Takes an invitation of the list back: nobody gets in with it any more. For administrators.
    pub async fn revoke_invitation(
        &self,
        by: &Actor,
        id: &str,
    ) -> Result<(), Failure<InvitationRefusal>> {
        if !by.admin {
            return Err(Failure::Refused(InvitationRefusal::NotAllowed));
        }
        let (account, id) = (by.account.map(|id| id.0), id.to_owned());
        let revoked = self.store.write(move |tx| {
            if inviter(tx, account)?.is_none() {
                return Err(Abort::Refused(InvitationRefusal::NotAllowed));
            }
            let hashes = tx
                .query("SELECT hash FROM hub_invitation", params![], |row| row.get::<Vec<u8>>(0))?;
            let found = hashes.into_iter().find(|hash| listed_id(hash) == id);
            let hash = found.ok_or(Abort::Refused(InvitationRefusal::Unknown))?;
            tx.execute("DELETE FROM hub_invitation WHERE hash = ?1", params![hash])?;
            Ok(())
        });
        revoked.await?;
        Ok(())
    }

    /// Looks at an invitation.
    pub async fn invitation(&self, token: &str) -> Result<Invitation, Failure<InvitationRefusal>> {
        let hash = token::hash(token);
        self.store.read(move |snapshot| look(snapshot, &hash)).await?.map_err(Failure::Refused)
    }
}

/// Finds in whose name somebody invites: an administrator, by the tables, since the right may have
/// been lost since signing in. The operator at the machine has no account and acts in the first
/// administrator's name.
fn inviter(
    snapshot: &Snapshot<'_>,
    account: Option<u64>,
) -> Result<Option<(u64, String)>, parlor_topics::Error> {
    let sql = "SELECT id, name FROM hub_account \
               WHERE admin = 1 AND (?1 IS NULL OR id = ?1) ORDER BY id LIMIT 1";
    snapshot.query_one(sql, params![account], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The beginning of the token's hash: enough to tell two apart, of no use at the door.
fn listed_id(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn look(
    snapshot: &Snapshot<'_>,
    hash: &[u8],
) -> Result<Result<Invitation, InvitationRefusal>, parlor_topics::Error> {
    let sql = "SELECT by_name, uses_left, expires_ms FROM hub_invitation WHERE hash = ?1";
    let found = snapshot.query_one(sql, params![hash], |row| {
        let by = account::stored_name(&row.get::<String>(0)?)?;
        Ok(Invitation { by, uses_left: row.get(1)?, expires_at_ms: row.get(2)? })
    })?;
    Ok(match found {
        None => Err(InvitationRefusal::Unknown),
        Some(invitation) if invitation.uses_left == 0 => Err(InvitationRefusal::Used),
        Some(invitation) if invitation.expires_at_ms <= snapshot.now_ms() => {
            Err(InvitationRefusal::Expired)
        }
        Some(invitation) => Ok(invitation),
    })
}

pub(crate) fn use_up(
    tx: &mut Tx<'_>,
    hash: &[u8],
) -> Result<Result<(), InvitationRefusal>, parlor_topics::Error> {
    if let Err(why) = look(tx, hash)? {
        return Ok(Err(why));
    }
    let sql = "UPDATE hub_invitation SET uses_left = uses_left - 1 WHERE hash = ?1";
    tx.execute(sql, params![hash])?;
    Ok(Ok(()))
}
