//! Invitations that lead to a room and give a role there: by a link, to whoever has it.
//!
//! What an invitation gives is asked twice: when it is made, and again of whoever made it when
//! somebody comes by it. So it gives nobody more than its maker could give at that moment, and
//! leads past no ban.

use std::net::IpAddr;

use parlor_hub::{
    Account, AccountRefusal, Attached, Failure, Invitation, InvitationRefusal, InvitationTerms,
    InvitedTo, ListedInvitation, PersonId, Role, Token, Verb, set_role, use_invitation,
};
use parlor_topics::{Abort, TopicId, Tx};

use super::{
    Chat, append,
    moderation::{deed, word},
    refused, rights_of, rights_of_account,
};
use crate::{
    event::ChatEvent,
    limits::ROOMS_PER_ACCOUNT,
    message::Author,
    refusal::Refusal,
    room::{Room, RoomName},
    rules, tables,
};

/// What a link is to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomOffer {
    /// The room.
    pub room: TopicId,
    /// The role there; the least is plain membership.
    pub role: Role,
    /// How often, and for how long.
    pub terms: InvitationTerms,
}

/// An invitation with the name of the room it leads to, if it leads to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomInvitation {
    /// What it says.
    pub invitation: Invitation,
    /// The name of the room.
    pub room: Option<RoomName>,
}

impl Chat {
    /// Makes an invitation to a room. Returns its token. Whoever may invite there makes one, and
    /// gives no role that it could not give by hand; only an administrator's makes accounts.
    pub async fn create_invitation(
        &self,
        who: &Attached,
        offer: RoomOffer,
    ) -> Result<String, Failure<Refusal>> {
        let Some(account) = who.account.clone() else {
            return Err(Failure::Refused(Refusal::NeedsAccount));
        };
        let token = Token::new()?;
        let text = token.text.clone();
        let who = who.clone();
        let made = self.store.write(move |tx| {
            let RoomOffer { room, role, terms } = offer;
            let rights = rights_of(tx, &who, room)?;
            let actor = who.actor();
            let permit = rules::permit(&actor, Verb::Invite, &rights).map_err(refused)?;
            let gives = match role {
                Role::None | Role::Member => None,
                to => {
                    let verb = Verb::SetRole { from: Role::None, to };
                    Some(rules::permit(&actor, verb, &rights).map_err(refused)?)
                }
            };
            let made = parlor_hub::invite_to(tx, &permit, gives.as_ref(), &account, &token, terms);
            made.map_err(|why| match why {
                Abort::Refused(why) => refused(Refusal::Invitation(why)),
                Abort::Store(error) => Abort::Store(error),
            })?;
            let about = format!("{} people, as {}", terms.uses, word(role.max(Role::Member)));
            Ok(parlor_hub::note(tx, room, &who, &deed("invitation", about, ""))?)
        });
        made.await?;
        Ok(text)
    }

    /// Looks at an invitation.
    pub async fn invitation(&self, token: &str) -> Result<RoomInvitation, Failure<Refusal>> {
        let found = self.link.invitation(token).await;
        let invitation = found.map_err(|failure| failure.map(Refusal::Invitation))?;
        let Some(to) = invitation.to else { return Ok(RoomInvitation { invitation, room: None }) };
        let room = self.store.read(move |snapshot| tables::name_of(snapshot, to.topic)).await?;
        Ok(RoomInvitation { invitation, room })
    }

    /// Lists the invitations that still work, as [`parlor_hub::Link::invitations`] does, each with
    /// the name of its room.
    pub async fn invitations(
        &self,
        who: &Attached,
    ) -> Result<Vec<(ListedInvitation, Option<RoomName>)>, Failure<Refusal>> {
        let listed = self.link.invitations(&who.actor()).await;
        let listed = listed.map_err(|failure| failure.map(Refusal::Invitation))?;
        let named = self.store.read(move |snapshot| {
            let named = |listed: ListedInvitation| {
                let room = match listed.invitation.to {
                    Some(to) => tables::name_of(snapshot, to.topic)?,
                    None => None,
                };
                Ok((listed, room))
            };
            listed.into_iter().map(named).collect::<Result<Vec<_>, parlor_topics::Error>>()
        });
        Ok(named.await?)
    }

    /// Enters by an invitation: the room comes on the account's list, and the account has the role
    /// there, unless it has a higher one. Its live sessions follow. For a member that has the role
    /// already nothing happens, and nothing is used up.
    pub async fn accept_invitation(
        &self,
        who: &Attached,
        token: &str,
    ) -> Result<Room, Failure<Refusal>> {
        self.ready().await?;
        let Some(account) = who.account.clone() else {
            return Err(Failure::Refused(Refusal::NeedsAccount));
        };
        let (asker, token) = (who.clone(), token.to_owned());
        let entered = self.store.write(move |tx| {
            let no = |why| refused(Refusal::Invitation(why));
            let found = parlor_hub::invitation_of(tx, &token)?.map_err(no)?;
            let to = found.to.ok_or(no(InvitationRefusal::LeadsNowhere))?;
            let sight = tables::by_topic(tx, &asker.actor(), to.topic)?;
            let sight = sight.ok_or(no(InvitationRefusal::Withdrawn))?;
            if settle(tx, &account, &found, to)? {
                use_invitation(tx, &token)?.map_err(no)?;
            }
            Ok((sight.room, !sight.listed))
        });
        let (room, news) = entered.await?.value;
        self.belong(who, room.topic).await?;
        if news {
            let event = ChatEvent::Joined { room: room.topic, name: room.name.clone() };
            self.announce_own(who, room.topic, &event);
        }
        Ok(room)
    }

    /// Makes an account, as [`parlor_hub::Link::register`] does, and lets it into the room that its
    /// invitation leads to, in one transaction. If that may not be any more, there is the account.
    pub async fn register(
        &self,
        name: &str,
        password: &str,
        invitation: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<Account, Failure<AccountRefusal>> {
        self.prepare().await?;
        let welcome = |tx: &mut Tx<'_>, account: &Account, used: &Invitation| {
            let Some(to) = used.to else { return Ok(()) };
            match settle(tx, account, used, to) {
                Ok(_) => Ok(()),
                Err(Abort::Refused(why)) => {
                    tracing::info!(%why, account = account.id.0, "no room for who was invited");
                    Ok(())
                }
                Err(Abort::Store(error)) => Err(error),
            }
        };
        self.link.register_and(name, password, invitation, from, welcome).await
    }
}

/// Puts an account into the room that an invitation leads to, as far as whoever made it may still
/// give that. Says whether that changed anything; decides before it writes.
fn settle(
    tx: &mut Tx<'_>,
    account: &Account,
    invitation: &Invitation,
    InvitedTo { topic: room, role }: InvitedTo,
) -> Result<bool, Abort<Refusal>> {
    let withdrawn = || refused(Refusal::Invitation(InvitationRefusal::Withdrawn));
    let person = PersonId::from(account.id);
    let (actor, mut rights) = rights_of_account(tx, account, room)?;
    let listed = rights.present;
    let (from, standing) =
        (parlor_hub::role(tx, room, person)?, parlor_hub::standing(tx, room, person)?);
    if listed && standing >= role {
        return Ok(false);
    }
    let maker = parlor_hub::account_of(tx, invitation.by_account)?.ok_or(withdrawn())?;
    let (by, their_rights) = rights_of_account(tx, &maker, room)?;
    rules::permit(&by, Verb::Invite, &their_rights).map_err(|_| withdrawn())?;
    rights.invited = true;
    let enter = rules::permit(&actor, Verb::Enter, &rights).map_err(refused)?;
    // Who has a higher role already, as an administrator has everywhere, is given membership only.
    let raised = (standing < role && role > Role::Member).then_some(role);
    let gives = match raised {
        None => enter,
        Some(to) => rules::permit(&by, Verb::SetRole { from: standing, to }, &their_rights)
            .map_err(|_| withdrawn())?,
    };
    if !listed && tables::count_listed(tx, person)? >= ROOMS_PER_ACCOUNT {
        return Err(refused(Refusal::TooManyRooms));
    }
    tables::list(tx, person, room)?;
    parlor_hub::use_invited(tx, person, room)?;
    match raised {
        Some(role) => {
            set_role(tx, &gives, person, role)?;
            let name = maker.name.as_str();
            let about = format!("{}: {} to {}", account.name, word(from), word(role));
            parlor_hub::note_as(tx, room, (by.person, name), &deed("role", about, "invitation"))?;
            let (nick, by) = (account.name.to_string(), author(&maker));
            append(tx, room, &ChatEvent::RoleChanged { by, person, nick, before: from, role })?;
        }
        None if from < Role::Member => set_role(tx, &gives, person, Role::Member)?,
        None => {}
    }
    Ok(true)
}

/// An account as somebody who has done something without being here.
fn author(account: &Account) -> Author {
    let name = account.name.to_string();
    Author {
        person: account.id.into(),
        nick: name.clone(),
        account: Some(name),
        user: account.name.folded(),
        host: "web".to_owned(),
        bot: false,
    }
}
