//! Keeping order in rooms: names, modes, roles, kicks and invitations.

use parlor_chat::{
    Ban, BanMask, BanTarget, MaskWithMute, Member, ModeChange, NewBan, Refusal, RoomName,
    SettingChange,
};
use parlor_hub::{Failure, Role};
use parlor_topics::TopicId;

use super::say::tell_away;
use super::{members_of, own_room, refuse};
use crate::command::{invite, mode, rename};
use crate::connection::Connection;
use crate::message::fold;
use crate::numeric::Numeric;

pub(super) async fn rename_room(at: &mut Connection, room: &str, name: &RoomName, reason: &str) {
    let Some(topic) = own_room(at, room).await else { return };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let Err(failure) = chat.rename_room(&attachment.who, topic, name, reason).await else { return };
    let names = [room, name.as_str()];
    let told = matches!(&failure, Failure::Refused(refusal)
        if rename::refused(&at.session, &mut at.out, names, refusal));
    if !told {
        refuse(at, "RENAME", room, "", &failure);
    }
}

pub(super) async fn set_modes(at: &mut Connection, name: &str, changes: Vec<mode::Change>) {
    let mut switches = ModeChange::default();
    let mut roles = Vec::new();
    let mut bans = Vec::new();
    let mut settings = SettingChange::default();
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
            mode::Change::ShowBans => asked = true,
            mode::Change::Ban { on, mask } => bans.push((on, mask)),
            mode::Change::Slow(seconds) => settings.slow_s = Some(seconds),
            mode::Change::Lock(on) => settings.locked = Some(on),
            mode::Change::Unknown(letter) => mode::unknown(&at.session, &mut at.out, letter),
        }
    }
    let nothing = switches == ModeChange::default() && settings == SettingChange::default();
    if !asked && nothing && roles.is_empty() && bans.is_empty() {
        return;
    }
    let Some(room) = own_room(at, name).await else { return };
    if asked {
        show_bans(at, name, room).await;
    }
    let chat = at.shared.chat.clone();
    if switches != ModeChange::default() {
        let Some(attachment) = &at.attachment else { return };
        if let Err(failure) = chat.set_modes(&attachment.who, room, switches).await {
            refuse(at, "MODE", name, "", &failure);
        }
    }
    if settings != SettingChange::default() {
        let Some(attachment) = &at.attachment else { return };
        if let Err(failure) = chat.set_settings(&attachment.who, room, settings).await {
            refuse(at, "MODE", name, "", &failure);
        }
    }
    for (letter, on, nick) in roles {
        set_role(at, name, room, (letter, on), &nick).await;
    }
    for (on, mask) in bans {
        if let Err(failure) = set_ban(at, room, on, &mask).await {
            refuse(at, "MODE", name, "", &failure);
        }
    }
}

async fn show_bans(at: &mut Connection, name: &str, room: TopicId) {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    match chat.bans(&attachment.who, room).await {
        Ok(bans) => mode::bans(&at.session, &mut at.out, name, &bans),
        Err(failure) => refuse(at, "MODE", name, "", &failure),
    }
}

/// Sets or lifts a ban. A nick alone means the person who has it, whatever it is called later.
async fn set_ban(
    at: &Connection,
    room: TopicId,
    on: bool,
    text: &str,
) -> Result<(), Failure<Refusal>> {
    let MaskWithMute { mask, mute } =
        BanMask::with_mute(text).map_err(|why| Failure::Refused(Refusal::Mask(why)))?;
    let Some(attachment) = &at.attachment else { return Err(Failure::Refused(Refusal::Gone)) };
    let (chat, who) = (&at.shared.chat, &attachment.who);
    let plain = text.trim_start_matches("m:");
    let person = at.shared.link.find(plain).await.map(|present| present.person);
    if on {
        let target = person.map_or(BanTarget::Mask(mask), BanTarget::Person);
        let new = NewBan { target, mute, reason: String::new(), seconds: None };
        return chat.ban(who, room, new).await.map(drop);
    }
    let standing = chat.bans(who, room).await?;
    let aimed = |ban: &&Ban| person.is_some() && ban.aimed.as_ref().map(|aimed| aimed.0) == person;
    let mask = standing.iter().find(aimed).map_or(mask, |ban| ban.mask.clone());
    chat.unban(who, room, mask, Some(mute)).await.map(drop)
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
