//! MODE: switches of rooms and people.
//!
//! Rooms have `i` (invited only), `m` (moderated), `t` (subject locked) and always `n`; people in
//! rooms have `o` and `v`; everybody has `i`, programs may say so with `B`, and operators have `o`. Lists of bans do not exist: asking shows an empty
//! one.

use parlor_chat::{Modes, Room};
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
    /// Show a list.
    ShowList,
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
    let (mut on, mut badge) = (true, None);
    for letter in wanted.chars().take(32) {
        match letter {
            '+' => on = true,
            '-' => on = false,
            'B' if turn.session.me.bot != on => badge = Some((Badge::Bot, on)),
            'o' if turn.session.me.operator && !on => badge = Some((Badge::Operator, on)),
            // `+i` is always on, and `+o` comes with OPER; asking for them changes nothing and is
            // no error.
            'B' | 'i' | 'o' => {}
            _ => {
                turn.reply(Numeric::UModeUnknownFlag, &[]);
                return Next::Done;
            }
        }
    }
    badge.map_or(Next::Done, |(badge, on)| Next::Ask(Request::SetBadge { badge, on }))
}

/// Shows the client's own modes.
pub fn own_modes(session: &Session, out: &mut Outbox) {
    let mut letters = "+".to_owned();
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
            'b' | 'e' | 'I' if turn.message.params.get(next).is_none() => {
                changes.push(Change::ShowList);
            }
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

/// Shows a room's modes and when it was created.
pub fn shown(session: &Session, out: &mut Outbox, room: &Room) {
    let name = room.name.as_str();
    session.reply_bare(out, Numeric::ChannelModeIs, &[name, &letters(room.modes)]);
    let seconds = (room.created_at_ms / 1000).to_string();
    session.reply_bare(out, Numeric::CreationTime, &[name, &seconds]);
}

/// Shows the empty list of bans.
pub fn no_list(session: &Session, out: &mut Outbox, room: &str) {
    session.reply(out, Numeric::EndOfBanList, &[room]);
}

/// Shows that a letter means nothing here.
pub fn unknown(session: &Session, out: &mut Outbox, letter: char) {
    let letter = if letter == ':' { '_' } else { letter };
    session.reply(out, Numeric::UnknownMode, &[&letter.to_string()]);
}
