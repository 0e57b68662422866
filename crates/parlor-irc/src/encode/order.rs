//! How a room is kept in order, as lines: names, subjects, roles, modes, bans and kicks.

use parlor_chat::ChatEvent;

use super::{Class, from};
use crate::command::mode;
use crate::outbox::Outbox;

/// Shows an event of this kind; nothing for the others, which have no line.
pub(super) fn shown(out: &mut Outbox, event: &ChatEvent, at_ms: u64, target: &str, class: Class) {
    match event {
        ChatEvent::SubjectChanged { by, subject } => {
            from(out, by, at_ms, class).command("TOPIC").word(target).text(subject);
        }
        ChatEvent::Renamed { by, before, name, reason } => {
            let line = from(out, by, at_ms, class).command("RENAME");
            line.words(&[before.as_str(), name.as_str()]).text(reason);
        }
        ChatEvent::RoleChanged { by, nick, before, role, .. } => {
            let letters = mode::role_change(*before, *role);
            if letters.is_empty() {
                return;
            }
            let line = from(out, by, at_ms, class).command("MODE").word(target);
            let line = line.word(&letters);
            // One nick for each letter, the letters being those that are no signs.
            let nicks = letters.bytes().filter(u8::is_ascii_alphabetic).count();
            line.words(&vec![nick.as_str(); nicks]).end();
        }
        ChatEvent::ModesChanged { by, before, modes } => {
            let line = from(out, by, at_ms, class).command("MODE").word(target);
            line.word(&mode::changed_letters(*before, *modes)).end();
        }
        ChatEvent::Kicked { by, nick, reason, .. } => {
            let line = from(out, by, at_ms, class).command("KICK").words(&[target, nick]);
            line.text(reason);
        }
        ChatEvent::SettingsChanged { by, before, settings } => {
            let Some((letters, seconds)) = mode::changed_settings(before, settings) else {
                return;
            };
            let line = from(out, by, at_ms, class).command("MODE").words(&[target, &letters]);
            match &seconds {
                Some(seconds) => line.word(seconds).end(),
                None => line.end(),
            }
        }
        ChatEvent::Banned(ban) | ChatEvent::Unbanned(ban) => {
            let change = if matches!(event, ChatEvent::Banned(_)) { "+b" } else { "-b" };
            let mask = mode::mask(&ban.mask, ban.mute);
            let line = from(out, &ban.by, at_ms, class).command("MODE");
            line.words(&[target, change, &mask]).end();
        }
        _ => {}
    }
}
