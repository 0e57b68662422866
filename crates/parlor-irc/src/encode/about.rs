//! What becomes of messages, as lines: edits, redactions, reactions, and writing one.

use parlor_chat::{About, Author, TypingState};

use super::{Class, EDITS, TAGS, author_tags, from, lines_of, pieces, room_for_text, time_tag};
use crate::outbox::{Line, Outbox};

/// A reply's tag, under its name and that of its draft.
pub(super) fn reply_tags<'a>(line: Line<'a>, msgid: &str) -> Line<'a> {
    line.tag("+draft/reply", msgid).tag("+reply", msgid)
}

/// An edit: as one to clients that know them, as a corrected line to the others.
pub(super) fn edited(
    out: &mut Outbox,
    about: &About,
    text: &str,
    at_ms: u64,
    target: &str,
    class: Class,
) {
    let target = about.to.as_ref().map_or(target, |to| to.nick.as_str());
    let by = &about.by;
    let fits = || {
        let room = room_for_text(by, "EDITMSG", target);
        !text.contains(['\n', '\r']) && about.msgid.len() + 1 + text.len() <= room
    };
    if class.has(EDITS) && fits() {
        let line = from(out, by, at_ms, class).command("EDITMSG");
        line.words(&[target, &about.msgid]).text(text);
        return;
    }
    const SIGN: &str = "* ";
    let room = room_for_text(by, "PRIVMSG", target).saturating_sub(SIGN.len()).max(1);
    let mut sign = SIGN;
    for piece in lines_of(text).flat_map(|line| pieces(line, room)) {
        let mut line = author_tags(time_tag(out.line(), at_ms, class), by, class);
        if class.has(TAGS) && !sign.is_empty() {
            line = reply_tags(line, &about.msgid);
        }
        let line = line.person(&by.nick, &by.user, &by.host).command("PRIVMSG");
        line.word(target).text_between(std::mem::take(&mut sign), piece, "");
    }
}

/// A redaction, for clients that know them.
pub(super) fn redacted(
    out: &mut Outbox,
    about: &About,
    reason: &str,
    at_ms: u64,
    target: &str,
    class: Class,
) {
    let target = about.to.as_ref().map_or(target, |to| to.nick.as_str());
    let line = from(out, &about.by, at_ms, class).command("REDACT");
    let line = line.words(&[target, &about.msgid]);
    if reason.is_empty() { line.end() } else { line.text(reason) }
}

/// A reaction, or its end, for clients that know tags.
pub(super) fn reacted(
    out: &mut Outbox,
    about: &About,
    (tag, emoji): (&str, &str),
    at_ms: u64,
    target: &str,
    class: Class,
) {
    let target = about.to.as_ref().map_or(target, |to| to.nick.as_str());
    if class.has(TAGS) {
        let line = tagged(out, &about.by, at_ms, class).tag(tag, emoji);
        tagmsg(reply_tags(line, &about.msgid), &about.by, target);
    }
}

/// That somebody is writing, for clients that know tags.
pub(super) fn typing(
    out: &mut Outbox,
    by: &Author,
    state: TypingState,
    at_ms: u64,
    target: &str,
    class: Class,
) {
    let state = match state {
        TypingState::Active => "active",
        TypingState::Paused => "paused",
        TypingState::Done => "done",
    };
    if class.has(TAGS) {
        tagmsg(tagged(out, by, at_ms, class).tag("+typing", state), by, target);
    }
}

fn tagged<'a>(out: &'a mut Outbox, by: &Author, at_ms: u64, class: Class) -> Line<'a> {
    author_tags(time_tag(out.line(), at_ms, class), by, class)
}

fn tagmsg(line: Line<'_>, by: &Author, target: &str) {
    line.person(&by.nick, &by.user, &by.host).command("TAGMSG").word(target).end();
}
