//! MODE: switches of rooms and people.
//!
//! Rooms have `i` (invited only), `m` (moderated), `t` (subject locked) and always `n`; slow ones
//! have `W` with the seconds, locked ones `L`, and bans and mutes are `b`. People in rooms have `o`
//! and `v`; everybody has `i`, programs may say so with `B`, operators have `o`, and accounts that
//! stay in their rooms while they are not connected have `A`.

use parlor_chat::{Ban, BanMask, Modes, Room, RoomSettings};
use parlor_hub::{Badge, Role};

use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// One change that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A switch of the room.
    Switch {
        /// `i`, `m`, `t` or `n`.
        letter: char,
        /// On or off.
        on: bool,
    },
    /// Somebody's role.
    Role {
        /// `o` or `v`.
        letter: char,
        /// Given or taken.
        on: bool,
        /// Whose.
        nick: String,
    },
    /// A ban or a mute.
    Ban {
        /// Set or lifted.
        on: bool,
        /// Whom it covers.
        mask: String,
    },
    /// The seconds between two messages; none is no pause.
    Slow(u32),
    /// Only those who keep order may speak, or everybody again.
    Lock(bool),
    /// Show the bans.
    ShowBans,
    /// There is no such letter.
    Unknown(char),
}

/// `MODE <room> [<changes> [<parameters>]]` or `MODE <nick> [<changes>]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let target = turn.param(0).to_owned();
    if !target.starts_with('#') {
        return own(turn, &target);
    }
    if turn.message.params.filled(1).is_none() {
        return Next::Ask(Request::RoomModes { room: target });
    }
    let changes = changes(turn);
    if changes.is_empty() {
        return Next::Done;
    }
    Next::Ask(Request::SetRoomModes { room: target, changes })
}

fn own(turn: &mut Turn<'_>, target: &str) -> Next {
    if !turn.session.is_me(target) {
        turn.reply(Numeric::UsersDontMatch, &[]);
        return Next::Done;
    }
    let Some(wanted) = turn.message.params.filled(1) else {
        own_modes(turn.session, turn.out);
        return Next::Done;
    };
    let (mut on, mut wish) = (true, None);
    for letter in wanted.chars().take(32) {
        match letter {
            '+' => on = true,
            '-' => on = false,
            'B' if turn.session.me.bot != on => {
                wish = Some(Request::SetBadge { badge: Badge::Bot, on });
            }
            'o' if turn.session.me.operator && !on => {
                wish = Some(Request::SetBadge { badge: Badge::Operator, on });
            }
            // What is kept may have been changed with another device: it is always asked for.
            'A' => wish = Some(Request::SetAlwaysOn(on)),
            // `+i` is always on, and `+o` comes with OPER; asking for them changes nothing and is
            // no error.
            'B' | 'i' | 'o' => {}
            _ => {
                turn.reply(Numeric::UModeUnknownFlag, &[]);
                return Next::Done;
            }
        }
    }
    wish.map_or(Next::Done, Next::Ask)
}

/// Shows the client's own modes.
pub fn own_modes(session: &Session, out: &mut Outbox) {
    let mut letters = "+".to_owned();
    letters.extend(session.me.always_on.then_some('A'));
    letters.extend(session.me.bot.then_some('B'));
    letters.push('i');
    letters.extend(session.me.operator.then_some('o'));
    session.reply_bare(out, Numeric::UModeIs, &[&letters]);
}

/// Shows a client that it is given a badge, or has it no more.
pub fn badged(session: &mut Session, out: &mut Outbox, badge: Badge, on: bool, now_ms: u64) {
    let letter = match badge {
        Badge::Bot => {
            session.me.bot = on;
            'B'
        }
        Badge::Operator => {
            if on {
                session.me.operator = true;
            } else {
                super::oper::over(session);
            }
            'o'
        }
    };
    let change = format!("{}{letter}", if on { '+' } else { '-' });
    let nick = session.me.nick.clone();
    session.own_line(out, now_ms).command("MODE").words(&[&nick, &change]).end();
}

/// Shows a client that its account stays from now on, or no more.
pub fn stays(session: &mut Session, out: &mut Outbox, on: bool, now_ms: u64) {
    session.me.always_on = on;
    let nick = session.me.nick.clone();
    let change = if on { "+A" } else { "-A" };
    session.own_line(out, now_ms).command("MODE").words(&[&nick, change]).end();
}

fn changes(turn: &mut Turn<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut on = true;
    let mut next = 2;
    let mut roles = 0;
    let letters: Vec<char> = turn.param(1).chars().take(32).collect();
    for letter in letters {
        match letter {
            '+' => on = true,
            '-' => on = false,
            'i' | 'm' | 't' | 'n' => changes.push(Change::Switch { letter, on }),
            'o' | 'v' => {
                let nick = turn.param(next).to_owned();
                next += 1;
                roles += 1;
                if nick.is_empty() {
                    turn.reply(Numeric::NeedMoreParams, &["MODE"]);
                } else if roles <= limits::MODE_CHANGES_MAX {
                    changes.push(Change::Role { letter, on, nick });
                }
            }
            'b' => match turn.message.params.filled(next).map(str::to_owned) {
                None => changes.push(Change::ShowBans),
                Some(mask) => {
                    next += 1;
                    roles += 1;
                    if roles <= limits::MODE_CHANGES_MAX {
                        changes.push(Change::Ban { on, mask });
                    }
                }
            },
            'W' if on => {
                match turn.param(next).parse() {
                    Ok(seconds) => changes.push(Change::Slow(seconds)),
                    Err(_) => turn.reply(Numeric::NeedMoreParams, &["MODE"]),
                }
                next += 1;
            }
            'W' => changes.push(Change::Slow(0)),
            'L' => changes.push(Change::Lock(on)),
            other => changes.push(Change::Unknown(other)),
        }
    }
    changes
}

/// The letters of a room's modes.
pub fn letters(modes: Modes) -> String {
    let mut letters = "+".to_owned();
    for (on, letter) in [
        (modes.invited_only, 'i'),
        (modes.moderated, 'm'),
        (true, 'n'),
        (modes.subject_locked, 't'),
    ] {
        if on {
            letters.push(letter);
        }
    }
    letters
}

/// The switches that a change turned on and off, as a MODE line says it.
pub fn changed_letters(before: Modes, modes: Modes) -> String {
    let switches = [
        (before.invited_only, modes.invited_only, 'i'),
        (before.moderated, modes.moderated, 'm'),
        (before.subject_locked, modes.subject_locked, 't'),
    ];
    let turned = |on: bool| {
        let changed = switches.iter().filter(move |(was, is, _)| was != is && *is == on);
        changed.map(|(_, _, letter)| *letter).collect()
    };
    signed(turned(true), turned(false))
}

/// The letters that another role gives and takes; none when both look the same on IRC.
pub fn role_change(before: Role, role: Role) -> String {
    let letter = |role| match role {
        Role::Moderator | Role::Owner => "o",
        Role::Voice => "v",
        Role::None | Role::Member => "",
    };
    if letter(before) == letter(role) {
        return String::new();
    }
    signed(letter(role).to_owned(), letter(before).to_owned())
}

fn signed(given: String, taken: String) -> String {
    let mut letters = String::new();
    for (sign, of_sign) in [('+', given), ('-', taken)] {
        if !of_sign.is_empty() {
            letters.push(sign);
            letters.push_str(&of_sign);
        }
    }
    letters
}

/// What a change of settings looks like as modes: letters, and their parameter if there is one.
pub fn changed_settings(
    before: &RoomSettings,
    settings: &RoomSettings,
) -> Option<(String, Option<String>)> {
    let (mut given, mut taken) = (String::new(), String::new());
    match (before.locked, settings.locked) {
        (false, true) => given.push('L'),
        (true, false) => taken.push('L'),
        _ => {}
    }
    let slow = (before.slow_s != settings.slow_s).then_some(settings.slow_s);
    match slow {
        Some(0) => taken.push('W'),
        Some(_) => given.push('W'),
        None => {}
    }
    let letters = signed(given, taken);
    let seconds = slow.filter(|seconds| *seconds > 0).map(|seconds| seconds.to_string());
    (!letters.is_empty()).then_some((letters, seconds))
}

/// A ban as it stands in lists and changes.
pub fn mask(mask: &BanMask, mute: bool) -> String {
    if mute { format!("m:{mask}") } else { mask.to_string() }
}

/// Shows the bans of a room.
pub fn bans(session: &Session, out: &mut Outbox, room: &str, bans: &[Ban]) {
    for ban in bans {
        let seconds = (ban.at_ms / 1000).to_string();
        let words = [room, &mask(&ban.mask, ban.mute), &ban.by, &seconds];
        session.reply_bare(out, Numeric::BanList, &words);
    }
    session.reply(out, Numeric::EndOfBanList, &[room]);
}

/// Shows a room's modes and when it was created.
pub fn shown(session: &Session, out: &mut Outbox, room: &Room) {
    let name = room.name.as_str();
    let mut letters = letters(room.modes);
    letters.extend(room.settings.locked.then_some('L'));
    let slow = room.settings.slow_s;
    letters.extend((slow > 0).then_some('W'));
    let seconds = slow.to_string();
    let words = [name, &letters, &seconds];
    let words = if slow > 0 { &words[..] } else { &words[..2] };
    session.reply_bare(out, Numeric::ChannelModeIs, words);
    let seconds = (room.created_at_ms / 1000).to_string();
    session.reply_bare(out, Numeric::CreationTime, &[name, &seconds]);
}

/// Shows that a letter means nothing here.
pub fn unknown(session: &Session, out: &mut Outbox, letter: char) {
    let letter = if letter == ':' { '_' } else { letter };
    session.reply(out, Numeric::UnknownMode, &[&letter.to_string()]);
}
