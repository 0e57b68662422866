//! Keeping out and silencing: bans by person, account and mask, with a reason and an end.

use std::sync::atomic::Ordering;

use parlor_hub::{
    Attached, Barred, Deed, Failure, Permit, PersonId, Present, Rights, Role, Verb, set_role,
};
use parlor_topics::{Abort, Snapshot, TopicId, Tx};

use super::{Chat, append, refused, rights_of};
use crate::{
    ban::{self, Ban, BanMask, BanTarget, Face, NewBan},
    event::{BanChange, ChatEvent},
    limits::{BAN_SECONDS_MAX, BANS_PER_ROOM, EXPELLED_AT_ONCE},
    message::Author,
    refusal::Refusal,
    rules,
    tables::{self, order},
};

/// Whom a ban was found to mean.
#[derive(Clone, Debug)]
struct Aim {
    mask: BanMask,
    person: Option<(PersonId, String)>,
}

/// Somebody to be thrown out.
#[derive(Clone, Debug)]
struct Outcast {
    person: PersonId,
    nick: String,
}

impl Chat {
    /// Keeps somebody out of a room, or silences it there. Whom a ban covers is thrown out before
    /// this returns, but for those who keep order, whom only a ban aimed at them can hit.
    pub async fn ban(
        &self,
        who: &Attached,
        room: TopicId,
        new: NewBan,
    ) -> Result<Ban, Failure<Refusal>> {
        let reason = rules::reason(&new.reason).map_err(Failure::Refused)?;
        let aim = self.aim(new.target, room).await?;
        let present = match &aim.person {
            Some((person, _)) => self.is_present(*person, room).await,
            None => false,
        };
        let seconds = new.seconds.filter(|seconds| *seconds < BAN_SECONDS_MAX);
        let (keeper, mute) = (who.clone(), new.mute);
        let set = self.store.write(move |tx| {
            let now_ms = tx.now_ms();
            let ban = Ban {
                mask: aim.mask.clone(),
                mute,
                aimed: aim.person.clone(),
                by: keeper.nick.to_string(),
                reason: reason.clone(),
                at_ms: now_ms,
                expires_ms: seconds.map(|seconds| now_ms + 1000 * seconds),
            };
            set_ban(tx, &keeper, room, &ban, present)?;
            Ok(ban)
        });
        let ban = set.await?.value;
        if !mute {
            // Who is let in from now on is let in knowing of the ban; who was let in before is
            // found below, or finds the number changed when it enters.
            self.shared.bans.fetch_add(1, Ordering::SeqCst);
            if let Some((person, _)) = &ban.aimed {
                self.link.remove_from(*person, room).await;
            }
            self.throw_out_the_banned(who, room, &ban.reason).await?;
        }
        Ok(ban)
    }

    /// Lifts the bans that have this mask, or only the mute. Returns what was lifted.
    pub async fn unban(
        &self,
        who: &Attached,
        room: TopicId,
        mask: BanMask,
        mute: Option<bool>,
    ) -> Result<Vec<Ban>, Failure<Refusal>> {
        let who = who.clone();
        let lifted = self.store.write(move |tx| {
            let rights = rights_of(tx, &who, room)?;
            let verb = Verb::Ban { target: Role::None };
            rules::permit(&who.actor(), verb, &rights).map_err(refused)?;
            let wanted = mask.to_string();
            let fits = |ban: &Ban| {
                ban.mask.to_string().eq_ignore_ascii_case(&wanted)
                    && mute.is_none_or(|mute| mute == ban.mute)
            };
            let lifted: Vec<_> = order::bans(tx, room)?.into_iter().filter(fits).collect();
            if lifted.is_empty() {
                return Err(refused(Refusal::NoSuchBan));
            }
            for ban in &lifted {
                order::delete_ban(tx, room, ban)?;
                append(tx, room, &ChatEvent::Unbanned(change(&who, ban)))?;
                let what = if ban.mute { "unmute" } else { "unban" };
                let deed = Deed { what, about: ban.mask.to_string(), reason: String::new() };
                parlor_hub::note(tx, room, &who, &deed)?;
            }
            Ok(lifted)
        });
        Ok(lifted.await?.value)
    }

    /// Lists the bans of a room, the newest first, for those who keep order in it.
    pub async fn bans(&self, who: &Attached, room: TopicId) -> Result<Vec<Ban>, Failure<Refusal>> {
        let who = who.clone();
        let bans = self.store.read(move |snapshot| {
            let rights = rights_of(snapshot, &who, room)?;
            let verb = Verb::Ban { target: Role::None };
            match rules::permit(&who.actor(), verb, &rights) {
                Ok(_) => order::bans(snapshot, room).map(Ok),
                Err(why) => Ok(Err(why)),
            }
        });
        bans.await?.map_err(Failure::Refused)
    }

    /// Finds out whom a ban means.
    async fn aim(&self, target: BanTarget, room: TopicId) -> Result<Aim, Failure<Refusal>> {
        match target {
            BanTarget::Person(person) => {
                let nick = self.nick_of(person).await?;
                let mask = if person.is_guest() {
                    let present = self.link.people(vec![person]).await.pop();
                    let present = present.ok_or(Failure::Refused(Refusal::NoSuchPerson))?;
                    // Clients of one kind all give the same user name: whoever else is here under
                    // it is not meant, and then the nick tells them apart.
                    let same =
                        |here: &Present| (&here.user, &here.host) == (&present.user, &present.host);
                    let members = self.link.members(room).await;
                    let others = members.iter().filter(|member| member.person != person);
                    let shared = others.map(|member| &*member.present).any(same);
                    let nick = if shared { present.nick.as_str() } else { "*" };
                    BanMask::guest(nick, &present.user, &present.host)
                        .map_err(|why| Failure::Refused(Refusal::Mask(why)))?
                } else {
                    let named =
                        self.store.read(move |tx| parlor_hub::account_name(tx, person)).await?;
                    let name = named.ok_or(Failure::Refused(Refusal::NoSuchPerson))?;
                    BanMask::account(&name)
                };
                Ok(Aim { mask, person: Some((person, nick)) })
            }
            BanTarget::Account(name) => {
                let account = self.link.account(&name).await?;
                let account = account.ok_or(Failure::Refused(Refusal::NoSuchPerson))?;
                let person = Some((account.id.into(), account.name.to_string()));
                Ok(Aim { mask: BanMask::account(account.name.as_str()), person })
            }
            BanTarget::Mask(mask) => {
                let account = match mask.account_name() {
                    Some(name) => self.link.account(name).await?,
                    None => None,
                };
                let person = account.map(|found| (found.id.into(), found.name.to_string()));
                Ok(Aim { mask, person })
            }
        }
    }

    /// Throws out who is in a room in spite of its bans.
    async fn throw_out_the_banned(
        &self,
        who: &Attached,
        room: TopicId,
        reason: &str,
    ) -> Result<(), Failure<Refusal>> {
        loop {
            let here = self.link.members(room).await;
            let banned = self.store.read(move |snapshot| {
                let bans = order::bans(snapshot, room)?;
                let mut banned = Vec::new();
                for member in here.iter() {
                    if banned.len() < EXPELLED_AT_ONCE
                        && ban::barred(&bans, &Face::from(&*member.present)) == Barred::Banned
                        && parlor_hub::standing(snapshot, room, member.person)? < Role::Moderator
                    {
                        let (person, nick) = (member.person, member.nick.to_string());
                        banned.push(Outcast { person, nick });
                    }
                }
                Ok(banned)
            });
            let banned = banned.await?;
            if banned.is_empty() {
                return Ok(());
            }
            let (keeper, outcasts, reason) = (who.clone(), banned.clone(), reason.to_owned());
            let thrown = self.store.write(move |tx| {
                for outcast in &outcasts {
                    let rights = rights_of(tx, &keeper, room)?;
                    let target = parlor_hub::standing(tx, room, outcast.person)?;
                    let verb = Verb::Ban { target };
                    let permit = rules::permit(&keeper.actor(), verb, &rights).map_err(refused)?;
                    expel(tx, &keeper, &permit, room, outcast, &reason)?;
                }
                Ok(())
            });
            thrown.await?;
            for outcast in banned {
                self.link.remove_from(outcast.person, room).await;
            }
        }
    }

    /// Takes somebody out again who entered while a ban was being set.
    pub(super) async fn leave_if_banned(
        &self,
        who: &Attached,
        room: TopicId,
        bans_before: u64,
    ) -> Result<(), Failure<Refusal>> {
        if self.shared.bans.load(Ordering::SeqCst) == bans_before {
            return Ok(());
        }
        let asker = who.clone();
        let rights = self.store.read(move |snapshot| rights_of(snapshot, &asker, room)).await?;
        let Err(why) = rules::permit(&who.actor(), Verb::Enter, &rights) else { return Ok(()) };
        who.forget(room);
        self.link.leave(who.session, room, "").await;
        Err(Failure::Refused(why))
    }
}

/// Reads what the bans of a room do to a session.
pub(super) fn barred(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    room: TopicId,
) -> Result<Barred, parlor_topics::Error> {
    Ok(ban::barred(&order::bans(snapshot, room)?, &Face::from(who)))
}

fn set_ban(
    tx: &mut Tx<'_>,
    keeper: &Attached,
    room: TopicId,
    ban: &Ban,
    present: bool,
) -> Result<(), Abort<Refusal>> {
    let rights: Rights = rights_of(tx, keeper, room)?;
    let target = match &ban.aimed {
        Some((person, _)) => parlor_hub::standing(tx, room, *person)?,
        None => Role::None,
    };
    let verb = Verb::Ban { target };
    let permit = rules::permit(&keeper.actor(), verb, &rights).map_err(refused)?;
    if order::count_bans(tx, room)? >= BANS_PER_ROOM {
        return Err(refused(Refusal::TooManyBans));
    }
    order::insert_ban(tx, room, ban)?;
    append(tx, room, &ChatEvent::Banned(change(keeper, ban)))?;
    let what = if ban.mute { "mute" } else { "ban" };
    let about = match &ban.aimed {
        Some((_, nick)) => format!("{nick} ({})", ban.mask),
        None => ban.mask.to_string(),
    };
    parlor_hub::note(tx, room, keeper, &Deed { what, about, reason: ban.reason.clone() })?;
    if let Some((person, nick)) = &ban.aimed {
        // Whoever keeps order here and is silenced does not do so any more, either.
        if ban.mute {
            if target >= Role::Moderator {
                set_role(tx, &permit, *person, Role::None)?;
                let (by, nick, person) = (Author::of(keeper), nick.clone(), *person);
                let event =
                    ChatEvent::RoleChanged { by, person, nick, before: target, role: Role::None };
                append(tx, room, &event)?;
            }
        } else if present || tables::is_listed(tx, *person, room)? {
            let outcast = Outcast { person: *person, nick: nick.clone() };
            expel(tx, keeper, &permit, room, &outcast, &ban.reason)?;
        } else {
            set_role(tx, &permit, *person, Role::None)?;
        }
    }
    Ok(())
}

/// Takes somebody off the room's list and out of its role, and tells the room.
fn expel(
    tx: &mut Tx<'_>,
    keeper: &Attached,
    permit: &Permit,
    room: TopicId,
    outcast: &Outcast,
    reason: &str,
) -> Result<(), Abort<Refusal>> {
    let Outcast { person, nick } = outcast.clone();
    tables::unlist(tx, person, room)?;
    set_role(tx, permit, person, Role::None)?;
    parlor_hub::use_invited(tx, person, room)?;
    let (by, reason) = (Author::of(keeper), reason.to_owned());
    append(tx, room, &ChatEvent::Kicked { by, person, nick, reason })?;
    Ok(())
}

fn change(who: &Attached, ban: &Ban) -> BanChange {
    let Ban { mask, mute, aimed, reason, expires_ms, .. } = ban.clone();
    BanChange { by: Author::of(who), mask, mute, aimed, reason, expires_ms }
}
