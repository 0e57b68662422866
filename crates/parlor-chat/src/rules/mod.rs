//! What is allowed and what follows: pure functions over commands and rows. No store, no clock, no
//! randomness, so that every case is a line in a table.

use parlor_hub::{
    Access, Actor, Denied, Permit, PersonId, Rights, Role, Settings, Verb, authorize, is_hidden,
    is_sayable,
};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    command::{ModeChange, TypingState},
    limits::{
        DESCRIPTION_BYTES_MAX, EMOJI_BYTES_MAX, KEY_BYTES_MAX, MSGID_BYTES_MAX, NOTHING_KEPT_MS,
        PAGE_MAX, QUOTE_CHARS_MAX, REASON_BYTES_MAX, RENAME_INTERVAL_MS, SUBJECT_BYTES_MAX,
        TEXT_BYTES_MAX, TYPING_INTERVAL_MS,
    },
    own::QuietHours,
    refusal::Refusal,
    room::{Modes, RoomName},
    settings::Keep,
    tables::order::Pace,
};

/// Asks permission, and hides from outsiders that a private room exists: they get the answer that
/// a room that does not exist would give. Only who tries to come in by its name learns of it.
pub(crate) fn permit(actor: &Actor, verb: Verb, rights: &Rights) -> Result<Permit, Refusal> {
    authorize(actor, verb, rights).map_err(|denied| {
        let enters = verb == Verb::Enter;
        // Who may not even read is told that, whatever it asked for. Reading asks whether somebody
        // belongs here before it looks at bans: a ban is told to those only who would.
        let unread = authorize(actor, Verb::Read, rights).err().filter(|_| !enters);
        let denied = unread.unwrap_or(denied);
        match denied {
            Denied::Closed => Refusal::NoSuchRoom,
            Denied::InvitedOnly if enters => Refusal::InvitedOnly,
            Denied::InvitedOnly => Refusal::NoSuchRoom,
            Denied::NotPresent => Refusal::NotAMember,
            Denied::Banned
            | Denied::Moderated
            | Denied::Locked
            | Denied::Muted
            | Denied::Needs { .. } => Refusal::Denied(denied),
        }
    })
}

/// Makes what somebody typed into what is posted: lines end with a line feed, characters that
/// only steer terminals are dropped, and the codes by which IRC marks bold, colour and the like
/// stay. Never shortens a message otherwise.
pub(crate) fn text(typed: &str) -> Result<String, Refusal> {
    if typed.len() > TEXT_BYTES_MAX {
        return Err(Refusal::TooLong { max: TEXT_BYTES_MAX });
    }
    let lines = typed.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = lines.chars().filter(|c| *c == '\n' || is_sayable(*c)).collect();
    let text = text.trim_matches('\n');
    if text.is_empty() { Err(Refusal::Empty) } else { Ok(text.to_owned()) }
}

/// Makes a text of one line: a subject.
pub(crate) fn subject(typed: &str) -> Result<String, Refusal> {
    one_line(typed, SUBJECT_BYTES_MAX)
}

/// Makes a text of one line: the description of a room.
pub(crate) fn description(typed: &str) -> Result<String, Refusal> {
    one_line(typed, DESCRIPTION_BYTES_MAX)
}

/// Says whether slow mode means somebody: all but those with a voice.
pub(crate) fn is_slowed(pace: Pace, role: Role) -> bool {
    pace.slow_s > 0 && role < Role::Voice
}

/// Decides whether somebody whom slow mode means may speak again.
pub(crate) fn pace(pace: Pace, now_ms: u64) -> Result<(), Refusal> {
    let Pace { slow_s, spoke_at_ms } = pace;
    let Some(spoke_at_ms) = spoke_at_ms else { return Ok(()) };
    let passed_ms = now_ms.saturating_sub(spoke_at_ms);
    let pause_ms = u64::from(slow_s) * 1000;
    if passed_ms >= pause_ms {
        return Ok(());
    }
    let retry_after_s = (pause_ms - passed_ms).div_ceil(1000);
    Err(Refusal::SlowMode { slow_s, retry_after_s })
}

/// What other rooms there are, as far as a name for a room is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Namesakes {
    /// One is called so.
    pub(crate) same: bool,
    /// One looks so.
    pub(crate) alike: bool,
}

/// Decides whether a room may be given a name: a new one, or one that is to have another name.
pub(crate) fn room_name(name: &RoomName, others: Namesakes) -> Result<(), Refusal> {
    match others {
        _ if name.hides_something() => Err(Refusal::HiddenLetters),
        Namesakes { same: true, .. } => Err(Refusal::NameTaken),
        Namesakes { alike: true, .. } => Err(Refusal::NameLooksTaken),
        Namesakes { .. } => Ok(()),
    }
}

/// Decides whether a room that was renamed then may be renamed again.
pub(crate) fn rename_again(renamed_ms: Option<u64>, now_ms: u64) -> Result<(), Refusal> {
    let Some(renamed_ms) = renamed_ms else { return Ok(()) };
    match RENAME_INTERVAL_MS.saturating_sub(now_ms.saturating_sub(renamed_ms)) {
        0 => Ok(()),
        left_ms => Err(Refusal::RenamedJustNow { retry_after_s: left_ms.div_ceil(1000) }),
    }
}

/// Makes a text of one line: a reason.
pub(crate) fn reason(typed: &str) -> Result<String, Refusal> {
    one_line(typed, REASON_BYTES_MAX)
}

/// Makes what is passed on without being kept: like a message, but control characters are its
/// business. Only line ends are not, since protocols end their lines with them.
pub(crate) fn relayed(text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        return Err(Refusal::Empty);
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(Refusal::TooLong { max: TEXT_BYTES_MAX });
    }
    if text.contains(['\0', '\r', '\n']) { Err(Refusal::Malformed) } else { Ok(()) }
}

/// Checks a key that makes a retry safe.
pub(crate) fn key(key: &str) -> Result<(), Refusal> {
    if key.len() > KEY_BYTES_MAX {
        return Err(Refusal::TooLong { max: KEY_BYTES_MAX });
    }
    if key.is_empty() || key.chars().any(char::is_control) {
        return Err(Refusal::Malformed);
    }
    Ok(())
}

/// Checks the id of a message that a command names: what cannot be one names nothing.
pub(crate) fn msgid(id: &str) -> Result<(), Refusal> {
    let is_plain = id.bytes().all(|byte| byte.is_ascii_graphic());
    if !id.is_empty() && id.len() <= MSGID_BYTES_MAX && is_plain {
        Ok(())
    } else {
        Err(Refusal::NoSuchMessage)
    }
}

/// Checks a reaction: what people see as one character and is no letter, digit or blank, or a
/// short name between colons.
pub(crate) fn emoji(emoji: &str) -> Result<(), Refusal> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    let named =
        emoji.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).is_some_and(is_name);
    // Emoji are put together, and flags spelled, with letters that nobody sees by themselves.
    let joins = |c| matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{e0020}'..='\u{e007f}');
    let is_shown = |c: char| !c.is_control() && !c.is_whitespace() && !is_hidden(c) && !joins(c);
    let is_one = emoji.graphemes(true).count() == 1
        && emoji.chars().all(|c| is_shown(c) || joins(c))
        && emoji.chars().any(is_shown)
        && emoji.chars().next().is_some_and(|first| !first.is_ascii() || emoji.chars().count() > 1);
    if emoji.len() <= EMOJI_BYTES_MAX && (named || is_one) {
        Ok(())
    } else {
        Err(Refusal::NotAReaction)
    }
}

/// Checks what somebody has begun to write: anything that could still become a message.
pub(crate) fn draft(text: &str) -> Result<(), Refusal> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Refusal::TooLong { max: TEXT_BYTES_MAX });
    }
    Ok(())
}

/// Checks quiet hours: two different minutes of a day.
pub(crate) fn quiet_hours(quiet: Option<QuietHours>) -> Result<(), Refusal> {
    const DAY: u16 = 24 * 60;
    match quiet {
        Some(QuietHours { starts, ends }) if starts >= DAY || ends >= DAY || starts == ends => {
            Err(Refusal::Malformed)
        }
        Some(_) | None => Ok(()),
    }
}

/// Returns what a reply shows of the message it answers.
pub(crate) fn quote(text: &str) -> String {
    text.chars().take(QUOTE_CHARS_MAX).collect()
}

/// Says whether somebody may change a message: its author, until it was taken back.
pub(crate) fn may_edit(person: PersonId, author: PersonId, redacted: bool) -> Result<(), Refusal> {
    match (redacted, person == author) {
        (true, _) => Err(Refusal::NoSuchMessage),
        (false, true) => Ok(()),
        (false, false) => Err(Refusal::NotTheAuthor),
    }
}

/// What is remembered of somebody's writing in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Typing {
    pub(crate) state: TypingState,
    /// When it was last passed on that it writes.
    pub(crate) active_ms: u64,
}

/// Says whether it is passed on that somebody is writing, or no longer: a change is, but that it
/// writes at most once in [`TYPING_INTERVAL_MS`]. Returns what to remember.
pub(crate) fn typing(last: Option<Typing>, state: TypingState, now_ms: u64) -> Option<Typing> {
    match last {
        None if state == TypingState::Active => Some(Typing { state, active_ms: now_ms }),
        Some(last) if state == TypingState::Active => {
            let again = now_ms.saturating_sub(last.active_ms) >= TYPING_INTERVAL_MS;
            again.then_some(Typing { state, active_ms: now_ms })
        }
        // Only after it was seen writing there is something to take back.
        Some(last) if last.state != TypingState::Done && last.state != state => {
            Some(Typing { state, ..last })
        }
        Some(_) | None => None,
    }
}

fn one_line(typed: &str, bytes_max: usize) -> Result<String, Refusal> {
    if typed.len() > bytes_max {
        return Err(Refusal::TooLong { max: bytes_max });
    }
    let line = typed.replace(['\r', '\n'], " ");
    Ok(line.chars().filter(|c| is_sayable(*c)).collect::<String>().trim().to_owned())
}

/// Returns the switches after a change, if it changes anything.
pub(crate) fn changed_modes(now: Modes, change: ModeChange) -> Option<Modes> {
    let then = Modes {
        invited_only: change.invited_only.unwrap_or(now.invited_only),
        moderated: change.moderated.unwrap_or(now.moderated),
        subject_locked: change.subject_locked.unwrap_or(now.subject_locked),
    };
    (then != now).then_some(then)
}

/// Returns the role somebody ends up with when it is to be given one: who is on the room's list
/// stays a member whatever else is taken away, and who is not has no plain membership to be given.
pub(crate) fn settled_role(wished: Role, listed: bool) -> Role {
    match (wished, listed) {
        (Role::None | Role::Member, true) => Role::Member,
        (Role::None | Role::Member, false) => Role::None,
        (higher, _) => higher,
    }
}

/// Returns what the switches mean to permissions, in a room that is not locked.
pub(crate) fn settings(modes: Modes) -> Settings {
    Settings {
        access: if modes.invited_only { Access::Invited } else { Access::Open },
        moderated: modes.moderated,
        subject_locked: modes.subject_locked,
        locked: false,
    }
}

/// Returns the switches behind the settings.
pub(crate) fn modes(settings: Settings) -> Modes {
    Modes {
        invited_only: settings.access != Access::Open,
        moderated: settings.moderated,
        subject_locked: settings.subject_locked,
    }
}

/// Returns the moment before which a room keeps nothing, if there is one.
pub(crate) fn kept_since(keep: Keep, now_ms: u64) -> Option<u64> {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    let kept_ms = match keep {
        Keep::Forever => return None,
        Keep::Days(days) => u64::from(days) * DAY_MS,
        Keep::Nothing => NOTHING_KEPT_MS,
    };
    Some(now_ms.saturating_sub(kept_ms))
}

/// Returns how many messages a page has at most.
pub(crate) fn page_size(wished: usize) -> usize {
    wished.clamp(1, PAGE_MAX)
}

#[cfg(test)]
mod tests;
