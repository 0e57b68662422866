//! Keeping order: throwing out, inviting, roles and switches.

use parlor_hub::{
    Access, Attached, Deed, Failure, PersonId, Role, Settings, Verb, note_invited, set_role,
    set_settings, use_invited,
};
use parlor_topics::TopicId;

use super::{Chat, append, refused, rights_of};
use crate::{
    command::ModeChange, event::ChatEvent, message::Author, refusal::Refusal, room::RoomName,
    rules, tables,
};

impl Chat {
    /// Throws somebody out of a room: out of its presence, off its list, out of its role.
    pub async fn kick(
        &self,
        who: &Attached,
        room: TopicId,
        person: PersonId,
        reason: String,
    ) -> Result<(), Failure<Refusal>> {
        let reason = rules::reason(&reason).map_err(Failure::Refused)?;
        let present = self.is_present(person, room).await;
        let nick = self.nick_of(person).await?;
        let who = who.clone();
        let kicked = self.store.write(move |tx| {
            let rights = rights_of(tx, &who, room)?;
            let target = parlor_hub::standing(tx, room, person)?;
            let permit =
                rules::permit(&who.actor(), Verb::Kick { target }, &rights).map_err(refused)?;
            let listed = tables::unlist(tx, person, room)?;
            if !listed && !present {
                return Err(refused(Refusal::NotInRoom));
            }
            set_role(tx, &permit, person, Role::None)?;
            use_invited(tx, person, room)?;
            parlor_hub::note(tx, room, &who, &deed("kick", nick.clone(), &reason))?;
            let (by, nick, reason) = (Author::of(&who), nick.clone(), reason.clone());
            append(tx, room, &ChatEvent::Kicked { by, person, nick, reason })?;
            Ok(())
        });
        kicked.await?;
        self.link.remove_from(person, room).await;
        Ok(())
    }

    /// Invites somebody to a room; lets it in if the room is private. Those in the room hear of it.
    pub async fn invite(
        &self,
        who: &Attached,
        room: TopicId,
        person: PersonId,
    ) -> Result<(), Failure<Refusal>> {
        let present = self.is_present(person, room).await;
        let by = Author::of(who);
        let who = who.clone();
        let invited = self.store.write(move |tx| {
            let rights = rights_of(tx, &who, room)?;
            let permit = rules::permit(&who.actor(), Verb::Invite, &rights).map_err(refused)?;
            let inbox = parlor_hub::inbox(tx, person)?;
            let inbox = inbox.ok_or(refused(Refusal::NoSuchPerson))?;
            if present || tables::is_listed(tx, person, room)? {
                return Err(refused(Refusal::AlreadyInRoom));
            }
            if rights.settings.access == Access::Invited {
                note_invited(tx, &permit, person)?;
            }
            let name: RoomName = tables::by_topic(tx, &who.actor(), room)?
                .ok_or(refused(Refusal::NoSuchRoom))?
                .room
                .name;
            append(tx, inbox, &ChatEvent::Invited { by: Author::of(&who), room, name })?;
            Ok(())
        });
        invited.await?;
        // The invitation stands, whether or not the room can be told.
        if let Ok(nick) = self.nick_of(person).await {
            let host = by.person;
            self.announce(&[room], host, None, &ChatEvent::Inviting { by, person, nick });
        }
        Ok(())
    }

    /// Gives somebody a role in a room. Taking a role away from somebody on the room's list leaves
    /// it a member.
    pub async fn set_role(
        &self,
        who: &Attached,
        room: TopicId,
        person: PersonId,
        role: Role,
    ) -> Result<(), Failure<Refusal>> {
        let present = self.is_present(person, room).await;
        let nick = self.nick_of(person).await?;
        let who = who.clone();
        let changed = self.store.write(move |tx| {
            let rights = rights_of(tx, &who, room)?;
            let listed = tables::is_listed(tx, person, room)?;
            let from = parlor_hub::role(tx, room, person)?;
            let to = rules::settled_role(role, listed);
            let standing = parlor_hub::standing(tx, room, person)?;
            let verb = Verb::SetRole { from: standing, to };
            let permit = rules::permit(&who.actor(), verb, &rights).map_err(refused)?;
            if !present && !listed && from == Role::None {
                return Err(refused(Refusal::NotInRoom));
            }
            if from == to {
                return Ok(());
            }
            set_role(tx, &permit, person, to)?;
            let about = format!("{nick}: {} to {}", word(from), word(to));
            parlor_hub::note(tx, room, &who, &deed("role", about, ""))?;
            // An administrator acts as an owner before and after: there is nothing to tell.
            if parlor_hub::standing(tx, room, person)? == standing {
                return Ok(());
            }
            let (by, nick) = (Author::of(&who), nick.clone());
            let event = ChatEvent::RoleChanged { by, person, nick, before: from, role: to };
            append(tx, room, &event)?;
            Ok(())
        });
        Ok(changed.await.map(drop)?)
    }

    /// Sets switches of a room.
    pub async fn set_modes(
        &self,
        who: &Attached,
        room: TopicId,
        change: ModeChange,
    ) -> Result<(), Failure<Refusal>> {
        let who = who.clone();
        let changed = self.store.write(move |tx| {
            let rights = rights_of(tx, &who, room)?;
            let permit = rules::permit(&who.actor(), Verb::Configure, &rights).map_err(refused)?;
            let now = rules::modes(rights.settings);
            let Some(modes) = rules::changed_modes(now, change) else { return Ok(()) };
            let locked = rights.settings.locked;
            set_settings(tx, &permit, Settings { locked, ..rules::settings(modes) })?;
            for (what, before, after) in [
                ("invited_only", now.invited_only, modes.invited_only),
                ("moderated", now.moderated, modes.moderated),
                ("subject_locked", now.subject_locked, modes.subject_locked),
            ] {
                if before != after {
                    let value = if after { "on" } else { "off" }.to_owned();
                    parlor_hub::note(tx, room, &who, &deed(what, value, ""))?;
                }
            }
            let by = Author::of(&who);
            append(tx, room, &ChatEvent::ModesChanged { by, before: now, modes })?;
            Ok(())
        });
        Ok(changed.await.map(drop)?)
    }
}

/// Something done to keep order, for the record.
pub(super) fn deed(what: &'static str, about: String, reason: &str) -> Deed {
    Deed { what, about, reason: reason.to_owned() }
}

pub(super) fn word(role: Role) -> &'static str {
    match role {
        Role::None => "none",
        Role::Member => "member",
        Role::Voice => "voice",
        Role::Moderator => "moderator",
        Role::Owner => "owner",
    }
}
