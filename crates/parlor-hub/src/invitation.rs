//! Invitations: links bounded in uses and time. Those of administrators make accounts; one may also
//! lead to a topic and give a role there, which is the app's to decide. Looking at one does not use
//! it; making the account or entering by it does, in one transaction.

use parlor_topics::{Abort, Row, Snapshot, TopicId, Tx, params};

use crate::{
    account,
    error::Failure,
    identity::{Account, AccountId, Actor},
    limits::{
        INVITATION_SECONDS_MAX, INVITATION_USES_MAX, INVITATIONS_LISTED_MAX,
        INVITATIONS_PER_ACCOUNT,
    },
    link::Link,
    nick::Nick,
    permission::{Permit, Role, Verb},
    refusal::InvitationRefusal,
    token::{self, Token},
};

/// What an invitation says to who looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who invites.
    pub by: Nick,
    /// Its account.
    pub by_account: AccountId,
    /// How often it can still be used.
    pub uses_left: u32,
    /// Until when.
    pub expires_at_ms: u64,
    /// Where it leads, if it leads anywhere in particular.
    pub to: Option<InvitedTo>,
    /// Whether it makes accounts; if not, it is for people who have one.
    pub makes_accounts: bool,
}

/// Where an invitation leads, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitedTo {
    /// The topic.
    pub topic: TopicId,
    /// The role there, never none.
    pub role: Role,
}

/// For how many people, and for how long. What is beyond the limits is cut to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitationTerms {
    /// How often it can be used.
    pub uses: u32,
    /// For how many seconds.
    pub valid_for_s: u64,
}

/// An invitation in the list of those that still work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInvitation {
    /// Names it for revoking; nobody gets in with it.
    pub id: String,
    /// What it says.
    pub invitation: Invitation,
}

impl Invitation {
    /// Says whether an account can be made with it; where registration is open, it always can.
    pub(crate) fn for_account(self, open: bool) -> Result<Self, InvitationRefusal> {
        if self.makes_accounts || open { Ok(self) } else { Err(InvitationRefusal::MakesNoAccounts) }
    }
}

impl Link {
    /// Makes an invitation to the server. Returns its token. For administrators.
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
        let terms = InvitationTerms { uses, valid_for_s };
        let Token { text, hash } = Token::new()?;
        let made = self.store.write(move |tx| {
            let (id, name) =
                administrator(tx, id)?.ok_or(Abort::Refused(InvitationRefusal::NotAllowed))?;
            insert(tx, &hash, (id, &name), terms, None, true)?;
            Ok(())
        });
        made.await?;
        Ok(text)
    }

    /// Lists the invitations that still work, those that last longest first, at most
    /// [`INVITATIONS_LISTED_MAX`]: all of them for an administrator, their own for others.
    pub async fn invitations(
        &self,
        by: &Actor,
    ) -> Result<Vec<ListedInvitation>, Failure<InvitationRefusal>> {
        let by = *by;
        let listed = self.store.read(move |snapshot| {
            let Some(whose) = whose(snapshot, &by)? else {
                return Ok(Err(InvitationRefusal::NotAllowed));
            };
            let sql = format!(
                "SELECT {COLUMNS}, hash FROM hub_invitation \
                 WHERE uses_left > 0 AND expires_ms > ?1 AND (?3 IS NULL OR by_account = ?3) \
                 ORDER BY expires_ms DESC LIMIT ?2"
            );
            let values = params![snapshot.now_ms(), INVITATIONS_LISTED_MAX, whose.account()];
            let found = snapshot.query(&sql, values, |row| {
                let id = listed_id(&row.get::<Vec<u8>>(7)?);
                Ok(ListedInvitation { id, invitation: invitation(row)? })
            })?;
            Ok(Ok(found))
        });
        listed.await?.map_err(Failure::Refused)
    }

    /// Takes an invitation of the list back: nobody gets in with it any more. Administrators take
    /// back any, others their own.
    pub async fn revoke_invitation(
        &self,
        by: &Actor,
        id: &str,
    ) -> Result<(), Failure<InvitationRefusal>> {
        let (by, id) = (*by, id.to_owned());
        let revoked = self.store.write(move |tx| {
            let whose =
                whose(tx, &by)?.ok_or(Abort::Refused(InvitationRefusal::NotAllowed))?.account();
            let sql = "SELECT hash FROM hub_invitation WHERE ?1 IS NULL OR by_account = ?1";
            let hashes = tx.query(sql, params![whose], |row| row.get::<Vec<u8>>(0))?;
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

/// Makes an invitation to a topic, within the transaction of an app that has asked for a permit to
/// invite there. The role is plain membership, or the one that `gives` permits to give.
pub fn invite_to(
    tx: &mut Tx<'_>,
    permit: &Permit,
    gives: Option<&Permit>,
    by: &Account,
    token: &Token,
    terms: InvitationTerms,
) -> Result<(), Abort<InvitationRefusal>> {
    assert!(permit.verb() == Verb::Invite, "{:?} does not permit to invite", permit.verb());
    let topic = permit.topic();
    let role = match gives.map(|gives| (gives.verb(), gives.topic())) {
        None => Role::Member,
        Some((Verb::SetRole { to, .. }, at)) if at == topic => to,
        Some((verb, _)) => panic!("{verb:?} does not permit to give a role"),
    };
    let sql = "SELECT count(*) FROM hub_invitation \
               WHERE by_account = ?1 AND topic <> 0 AND uses_left > 0 AND expires_ms > ?2";
    let now_ms = tx.now_ms();
    let out_there = tx.query_one(sql, params![by.id.0, now_ms], |row| row.get::<u64>(0))?;
    if out_there.unwrap_or(0) >= INVITATIONS_PER_ACCOUNT {
        let max = INVITATIONS_PER_ACCOUNT;
        return Err(Abort::Refused(InvitationRefusal::TooMany { max }));
    }
    // The right to make accounts is read from the tables: it may have been lost since signing in.
    let admin = administrator(tx, Some(by.id.0))?.is_some();
    let to = Some(InvitedTo { topic, role });
    Ok(insert(tx, &token.hash, (by.id.0, by.name.as_str()), terms, to, admin)?)
}

/// Looks at an invitation within a transaction, without using it.
pub fn invitation_of(
    snapshot: &Snapshot<'_>,
    token: &str,
) -> Result<Result<Invitation, InvitationRefusal>, parlor_topics::Error> {
    look(snapshot, &token::hash(token))
}

/// Uses an invitation once, within the transaction of an app that lets somebody in by it.
pub fn use_invitation(
    tx: &mut Tx<'_>,
    token: &str,
) -> Result<Result<Invitation, InvitationRefusal>, parlor_topics::Error> {
    use_up(tx, &token::hash(token))
}

/// Whose invitations somebody may see and take back.
enum Whose {
    Everybodys,
    Own(u64),
}

impl Whose {
    /// The account whose they are; none for everybody's.
    fn account(&self) -> Option<u64> {
        match self {
            Self::Everybodys => None,
            Self::Own(account) => Some(*account),
        }
    }
}

fn whose(snapshot: &Snapshot<'_>, by: &Actor) -> Result<Option<Whose>, parlor_topics::Error> {
    let account = by.account.map(|id| id.0);
    if by.admin && administrator(snapshot, account)?.is_some() {
        return Ok(Some(Whose::Everybodys));
    }
    Ok(account.map(Whose::Own))
}

/// Finds in whose name an administrator invites, by the tables, since the right may have been lost
/// since signing in. The operator at the machine has no account and acts in the first
/// administrator's name.
fn administrator(
    snapshot: &Snapshot<'_>,
    account: Option<u64>,
) -> Result<Option<(u64, String)>, parlor_topics::Error> {
    let sql = "SELECT id, name FROM hub_account \
               WHERE admin = 1 AND (?1 IS NULL OR id = ?1) ORDER BY id LIMIT 1";
    snapshot.query_one(sql, params![account], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn insert(
    tx: &mut Tx<'_>,
    hash: &[u8],
    (account, name): (u64, &str),
    terms: InvitationTerms,
    to: Option<InvitedTo>,
    makes_accounts: bool,
) -> Result<(), parlor_topics::Error> {
    let now_ms = tx.now_ms();
    // Those long over are of no use to anybody; a while longer they can say so.
    let long_over_ms = now_ms.saturating_sub(INVITATION_SECONDS_MAX * 1000);
    tx.execute("DELETE FROM hub_invitation WHERE expires_ms < ?1", params![long_over_ms])?;
    let uses = terms.uses.clamp(1, INVITATION_USES_MAX);
    let expires_ms = now_ms + terms.valid_for_s.clamp(60, INVITATION_SECONDS_MAX) * 1000;
    let (topic, role) = to.map_or((0, 0), |to| (to.topic.0, to.role.number()));
    let sql = "INSERT INTO hub_invitation \
               (hash, by_account, by_name, uses_left, expires_ms, topic, role, accounts) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let values = params![hash, account, name, uses, expires_ms, topic, role, makes_accounts];
    tx.execute(sql, values).map(drop)
}

/// The beginning of the token's hash: enough to tell two apart, of no use at the door.
fn listed_id(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

const COLUMNS: &str = "by_name, by_account, uses_left, expires_ms, topic, role, accounts";

fn invitation(row: &Row<'_>) -> Result<Invitation, parlor_topics::Error> {
    let (topic, role) = (TopicId(row.get(4)?), Role::from_number(row.get(5)?));
    Ok(Invitation {
        by: account::stored_name(&row.get::<String>(0)?)?,
        by_account: AccountId(row.get(1)?),
        uses_left: row.get(2)?,
        expires_at_ms: row.get(3)?,
        to: (topic.0 != 0 && role != Role::None).then_some(InvitedTo { topic, role }),
        makes_accounts: row.get(6)?,
    })
}

pub(crate) fn look(
    snapshot: &Snapshot<'_>,
    hash: &[u8],
) -> Result<Result<Invitation, InvitationRefusal>, parlor_topics::Error> {
    let sql = format!("SELECT {COLUMNS} FROM hub_invitation WHERE hash = ?1");
    let found = snapshot.query_one(&sql, params![hash], invitation)?;
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
) -> Result<Result<Invitation, InvitationRefusal>, parlor_topics::Error> {
    let found = match look(tx, hash)? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let sql = "UPDATE hub_invitation SET uses_left = uses_left - 1 WHERE hash = ?1";
    tx.execute(sql, params![hash])?;
    Ok(Ok(found))
}
