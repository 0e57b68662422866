//! Keeping order in rooms: modes, roles, kicks and invitations.

use parlor_chat::{Member, ModeChange};
use parlor_hub::Role;
use parlor_topics::TopicId;

use super::say::tell_away;
use super::{known_room, members_of, own_room, refuse};
use crate::command::{invite, mode};
use crate::connection::Connection;
use crate::message::fold;
use crate::numeric::Numeric;

pub(super) async fn set_modes(at: &mut Connection, name: &str, changes: Vec<mode::Change>) {
    let mut switches = ModeChange::default();
    let mut roles = Vec::new();
    let mut asked = false;
    for change in changes {
        match change {
            mode::Change::Switch { letter, on } => match letter {
                'i' => switches.invited_only = Some(on),
                'm' => switches.moderated = Some(on),
                't' => switches.subject_locked = Some(on),
                // `n` is always on: nobody speaks in a room from outside.
                _ => {}
            },
            mode::Change::Role { letter, on, nick } => roles.push((letter, on, nick)),
            mode::Change::ShowList => asked = true,
            mode::Change::Unknown(letter) => mode::unknown(&at.session, &mut at.out, letter),
        }
    }
    if asked && let Some(room) = known_room(at, name).await {
        mode::no_list(&at.session, &mut at.out, room.name.as_str());
    }
    if switches == ModeChange::default() && roles.is_empty() {
        return;
    }
    let Some(room) = own_room(at, name).await else { return };
    let chat = at.shared.chat.clone();
    if switches != ModeChange::default() {
        let Some(attachment) = &at.attachment else { return };
        if let Err(failure) = chat.set_modes(&attachment.who, room, switches).await {
            refuse(at, "MODE", name, "", &failure);
        }
    }
    for (letter, on, nick) in roles {
        set_role(at, name, room, (letter, on), &nick).await;
    }
}

async fn set_role(
    at: &mut Connection,
    name: &str,
    room: TopicId,
    (letter, on): (char, bool),
    nick: &str,
) {
    let Some(member) = member(at, name, room, nick).await else { return };
    let wanted = match (letter, on) {
        ('o', true) => Role::Moderator,
        ('o', false) if member.role >= Role::Moderator => Role::None,
        ('v', true) if member.role < Role::Voice => Role::Voice,
        ('v', false) if member.role == Role::Voice => Role::None,
        _ => return,
    };
    if wanted == member.role || (wanted == Role::Moderator && member.role == Role::Owner) {
        return;
    }
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let person = member.present.person;
    if let Err(failure) = chat.set_role(&attachment.who, room, person, wanted).await {
        refuse(at, "MODE", name, nick, &failure);
    }
}

/// Somebody in a room; answers 401 or 441 if there is nobody of this nick.
async fn member(at: &mut Connection, name: &str, room: TopicId, nick: &str) -> Option<Member> {
    let wanted = fold(nick);
    let members = members_of(at, room).await;
    let found = members.into_iter().find(|member| member.present.nick.folded() == wanted);
    if found.is_none() {
        if at.shared.link.find(nick).await.is_some() {
            at.session.reply(&mut at.out, Numeric::UserNotInChannel, &[nick, name]);
        } else {
            at.session.reply(&mut at.out, Numeric::NoSuchNick, &[nick]);
        }
    }
    found
}

pub(super) async fn kick(at: &mut Connection, name: &str, nick: &str, reason: String) {
    let Some(room) = own_room(at, name).await else { return };
    let Some(member) = member(at, name, room, nick).await else { return };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let person = member.present.person;
    if let Err(failure) = chat.kick(&attachment.who, room, person, reason).await {
        refuse(at, "KICK", name, nick, &failure);
    }
}

pub(super) async fn invite(at: &mut Connection, nick: &str, name: &str) {
    let Some(room) = own_room(at, name).await else { return };
    let Some(peer) = at.shared.link.find(nick).await else {
        at.session.reply(&mut at.out, Numeric::NoSuchNick, &[nick]);
        return;
    };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    match chat.invite(&attachment.who, room, peer.person).await {
        Ok(()) => {
            invite::invited(&at.session, &mut at.out, peer.nick.as_str(), name);
            tell_away(at, &peer);
        }
        Err(failure) => refuse(at, "INVITE", name, nick, &failure),
    }
}
