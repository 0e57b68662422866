//! Becoming an account's person after having come as a guest, and making the account.
//!
//! The client stays in its rooms and keeps its nick, as far as the account may. Others are shown
//! that one person goes on, or, where they know nothing of accounts, that one leaves and one comes.

use parlor_hub::{Account, ClientInfo, Credential};
use parlor_topics::TopicId;

use super::attach::{Kept, become_person, begin};
use crate::capability::Capability;
use crate::command::{authenticate, nick, part, register};
use crate::connection::Connection;
use crate::session::{MEMBER_HOST, Next};

/// Makes an account and signs in to it.
pub(super) async fn register(
    at: &mut Connection,
    name: &str,
    invitation: Option<&str>,
    password: &str,
) -> Next {
    let from = at.session.reported.or(at.from);
    match at.shared.chat.register(name, password, invitation, from).await {
        Ok(account) => {
            register::done(&at.session, &mut at.out, account.name.as_str());
            signed_in(at, account, Credential::FIRST, true).await
        }
        Err(failure) => register::refused(&mut at.session, &mut at.out, name, &failure),
    }
}

/// Goes on as the person of this account, which `credential` stands for; `quietly` without the
/// words of SASL.
pub(super) async fn signed_in(
    at: &mut Connection,
    account: Account,
    credential: Credential,
    quietly: bool,
) -> Next {
    let name = account.name.to_string();
    let own = at.session.me.account.as_ref();
    if own.is_none_or(|own| account.name.same(own)) {
        at.session.me.credential = Some(credential);
    }
    if !at.session.is_registered() {
        at.account = Some(Box::new(account));
        return authenticate::signed_in(&mut at.session, &mut at.out, &name, quietly);
    }
    match &at.session.me.account {
        Some(own) if account.name.same(own) => {}
        Some(_) => {
            authenticate::somebody_else(&at.session, &mut at.out);
            return Next::Done;
        }
        None => {
            if let Err(words) = switch(at, account).await {
                return Next::Close(words.to_owned());
            }
        }
    }
    authenticate::signed_in(&mut at.session, &mut at.out, &name, quietly)
}

async fn switch(at: &mut Connection, account: Account) -> Result<(), &'static str> {
    const FAILED: &str = "The server cannot let you in now; try again in a moment";
    at.settle().await;
    let Some(held) = at.attachment.take() else { return Err(FAILED) };
    let rooms = std::mem::take(&mut at.session.rooms);
    let watched = at.session.monitored.clone();
    let me = &at.session.me;
    let client = ClientInfo {
        protocol: "irc",
        user: me.user.clone(),
        host: MEMBER_HOST.to_owned(),
        realname: me.realname.clone(),
        away: None,
    };
    let (realname, user) = (me.realname.clone(), me.user.clone());
    let link = at.shared.link.clone();
    let who = link.succeed(&held.who, account, client).await.map_err(|_| FAILED)?;
    let topics: Vec<TopicId> = rooms.iter().map(|room| room.topic).collect();
    let joined = at.shared.chat.succeed(&held.who, &who, &topics).await;
    let joined = match joined {
        Ok(joined) => joined,
        Err(error) => {
            tracing::warn!(%error, "a guest could not go on as an account");
            link.detach(who.session, "Signing in");
            return Err(FAILED);
        }
    };
    // What was not delivered yet comes to the account's person.
    let kept: Vec<Kept> = joined
        .into_iter()
        .map(|joined| {
            let position = held.reader.position(joined.room.topic).unwrap_or(joined.position);
            Kept { topic: joined.room.topic, name: joined.room.name, position }
        })
        .collect();
    drop(held);
    if at.session.caps.has(Capability::ChgHost) {
        let now_ms = at.shared.store.now_ms();
        let line = at.session.own_line(&mut at.out, now_ms).command("CHGHOST");
        line.words(&[&who.user, &who.host]).end();
    }
    let now_ms = at.shared.store.now_ms();
    who.user.clone_into(&mut at.session.me.user);
    who.host.clone_into(&mut at.session.me.host);
    nick::renamed(&mut at.session, &mut at.out, who.nick.as_str(), now_ms);
    tracing::debug!(user, "a guest has signed in");
    become_person(at, who, realname);
    at.push_out();
    begin(at, kept).await.map_err(|_| "The server cannot read its store")?;
    for room in rooms.iter().filter(|room| at.session.room_of(room.topic).is_none()) {
        part::parted(&at.session, &mut at.out, room.name.as_str(), "Not as this account", now_ms);
    }
    if let Some(attachment) = &at.attachment {
        link.watch(attachment.who.session, watched).await;
    }
    Ok(())
}
