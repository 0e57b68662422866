//! Becoming an account's person after having come as a guest, and making the account.
//!
//! To everybody else the guest leaves and the account's person comes; the client itself stays in
//! its rooms and keeps its nick, as far as the account may.

use parlor_hub::{Account, ClientInfo, Identity, Nick};

use super::attach::{become_person, begin};
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
    match at.shared.link.register(name, password, invitation, from).await {
        Ok(account) => {
            register::done(&at.session, &mut at.out, account.name.as_str());
            signed_in(at, account, None, true).await
        }
        Err(failure) => register::refused(&mut at.session, &mut at.out, name, &failure),
    }
}

/// Goes on as the person of this account, which `credential` stands for; `quietly` without the
/// words of SASL.
pub(super) async fn signed_in(
    at: &mut Connection,
    account: Account,
    credential: Option<String>,
    quietly: bool,
) -> Next {
    let name = account.name.to_string();
    let own = at.session.me.account.as_ref();
    if own.is_none_or(|own| account.name.same(own)) {
        at.session.me.credential = credential;
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
    let Some(mut held) = at.attachment.take() else { return Err(FAILED) };
    let rooms = std::mem::take(&mut at.session.rooms);
    let watched = at.session.monitored.clone();
    let me = &at.session.me;
    let client = ClientInfo {
        protocol: "irc",
        user: me.user.clone(),
        host: MEMBER_HOST.to_owned(),
        realname: me.realname.clone(),
    };
    let (realname, user) = (me.realname.clone(), me.user.clone());
    let wanted = Nick::new(&me.nick).unwrap_or_else(|_| account.name.clone());
    // The guest goes first, so that its nick is free.
    "Signing in".clone_into(&mut held.presence.reason);
    drop(held);
    let own_name = account.name.clone();
    let identity = Identity::Account(account);
    let link = at.shared.link.clone();
    let who = match link.attach(identity.clone(), &wanted, client.clone()).await {
        Ok(who) => who,
        // Somebody was faster: the account's own name is always there for it.
        Err(_) => link.attach(identity, &own_name, client).await.map_err(|_| FAILED)?,
    };
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
    begin(at, &rooms).await.map_err(|_| "The server cannot read its store")?;
    for room in rooms.iter().filter(|room| at.session.room_of(room.topic).is_none()) {
        part::parted(&at.session, &mut at.out, room.name.as_str(), "Not as this account", now_ms);
    }
    if let Some(attachment) = &at.attachment {
        link.watch(attachment.who.session, watched).await;
    }
    Ok(())
}
