//! Rules as tables, and what must hold for any text.

use parlor_hub::{Barred, PersonId};
use parlor_topics::TopicId;
use proptest::prelude::*;

use super::*;

#[test]
fn messages_arrive_as_they_were_said() {
    for (typed, posted) in [
        ("hi", "hi"),
        (" spaces stay ", " spaces stay "),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("\n\nlines around go\n", "lines around go"),
        ("tab\there", "tab\there"),
        ("\x02bold\x02 \x0304red\x03", "\x02bold\x02 \x0304red\x03"),
        ("no\0 bell\x07 escape\x1b[2J delete\x7f", "no bell escape[2J delete"),
        ("no \u{85}\u{9b}steering", "no steering"),
        ("🎉 naïve", "🎉 naïve"),
    ] {
        assert_eq!(text(typed).as_deref(), Ok(posted), "{typed:?}");
    }
}

#[test]
fn messages_have_something_in_them_and_an_end() {
    for typed in ["", "\n", "\r\n\r\n", "\0\x07"] {
        assert_eq!(text(typed), Err(Refusal::Empty), "{typed:?}");
    }
    assert!(text(&"x".repeat(TEXT_BYTES_MAX)).is_ok());
    let too_long = Err(Refusal::TooLong { max: TEXT_BYTES_MAX });
    assert_eq!(text(&"x".repeat(TEXT_BYTES_MAX + 1)), too_long);
}

#[test]
fn subjects_and_reasons_are_one_line() {
    assert_eq!(subject("a\nb\r\nc").as_deref(), Ok("a b  c"));
    assert_eq!(subject("").as_deref(), Ok(""), "a subject can be cleared");
    assert_eq!(subject(&"x".repeat(391)), Err(Refusal::TooLong { max: SUBJECT_BYTES_MAX }));
    assert_eq!(reason(&"x".repeat(301)), Err(Refusal::TooLong { max: REASON_BYTES_MAX }));
}

#[test]
fn a_name_for_a_room_is_its_own() {
    let name = |text: &str| RoomName::new(text).unwrap();
    for (text, same, alike, wanted) in [
        ("#tea", false, false, Ok(())),
        ("#чай", false, false, Ok(())),
        ("#tea", true, false, Err(Refusal::NameTaken)),
        ("#tea", true, true, Err(Refusal::NameTaken)),
        ("#tеa", false, true, Err(Refusal::NameLooksTaken)),
        ("#t\u{200b}ea", false, false, Err(Refusal::HiddenLetters)),
        ("#t\u{202e}ea", true, true, Err(Refusal::HiddenLetters)),
        // A blank that is no space.
        ("#tea\u{2800}", false, false, Err(Refusal::HiddenLetters)),
    ] {
        assert_eq!(room_name(&name(text), Namesakes { same, alike }), wanted, "{text:?}");
    }
}

#[test]
fn a_new_name_is_kept_for_a_while() {
    let again = |renamed_ms| rename_again(renamed_ms, 1_000_000);
    let wait = |retry_after_s| Err(Refusal::RenamedJustNow { retry_after_s });
    for (renamed_ms, wanted) in [
        (None, Ok(())),
        (Some(1_000_000 - RENAME_INTERVAL_MS), Ok(())),
        (Some(1_000_001 - RENAME_INTERVAL_MS), wait(1)),
        (Some(1_000_000), wait(10)),
        (Some(1_000_500), wait(10)),
    ] {
        assert_eq!(again(renamed_ms), wanted, "{renamed_ms:?}");
    }
}

#[test]
fn keys_are_short_and_plain() {
    assert_eq!(key("a"), Ok(()));
    assert_eq!(key(&"k".repeat(KEY_BYTES_MAX)), Ok(()));
    assert_eq!(key(&"k".repeat(KEY_BYTES_MAX + 1)), Err(Refusal::TooLong { max: KEY_BYTES_MAX }));
    assert_eq!(key(""), Err(Refusal::Malformed));
    assert_eq!(key("a\nb"), Err(Refusal::Malformed));
}

#[test]
fn what_is_passed_on_may_have_control_characters_but_no_line_ends() {
    assert_eq!(relayed("\x01PING 1\x01"), Ok(()));
    assert_eq!(relayed("a\nb"), Err(Refusal::Malformed));
    assert_eq!(relayed("a\0"), Err(Refusal::Malformed));
    assert_eq!(relayed(""), Err(Refusal::Empty));
}

const ACTOR: Actor = Actor { person: PersonId(7), account: None, admin: false };

fn rights(access: Access, role: Role, present: bool) -> Rights {
    let settings = Settings { access, moderated: true, subject_locked: true, locked: false };
    let (topic, barred) = (TopicId(3), Barred::No);
    Rights { topic, role, admin: false, settings, invited: false, present, barred }
}

#[test]
fn refusals_keep_private_rooms_secret() {
    use Access::{Closed, Invited, Open};
    let set_voice = Verb::SetRole { from: Role::None, to: Role::Voice };
    let needs = |role| Refusal::Denied(Denied::Needs { role });
    for (verb, access, role, present, refusal) in [
        (Verb::Read, Invited, Role::None, false, Refusal::NoSuchRoom),
        (Verb::Post, Invited, Role::None, false, Refusal::NoSuchRoom),
        (Verb::Configure, Invited, Role::None, false, Refusal::NoSuchRoom),
        (Verb::Invite, Invited, Role::None, false, Refusal::NoSuchRoom),
        (Verb::Enter, Invited, Role::None, false, Refusal::InvitedOnly),
        (Verb::Invite, Invited, Role::Member, true, needs(Role::Moderator)),
        (Verb::Post, Invited, Role::Voice, false, Refusal::NotAMember),
        (Verb::Post, Open, Role::None, false, Refusal::NotAMember),
        (Verb::Post, Open, Role::None, true, Refusal::Denied(Denied::Moderated)),
        (Verb::SetSubject, Open, Role::Voice, true, needs(Role::Moderator)),
        (set_voice, Open, Role::Voice, true, needs(Role::Moderator)),
        (Verb::Read, Closed, Role::Owner, true, Refusal::NoSuchRoom),
        (Verb::Post, Closed, Role::Owner, true, Refusal::NoSuchRoom),
    ] {
        let answer = permit(&ACTOR, verb, &rights(access, role, present));
        assert_eq!(answer, Err(refusal), "{verb:?} {access:?} {role:?} {present}");
    }
}

#[test]
fn switches_change_or_do_not() {
    let now = Modes { moderated: true, ..Modes::default() };
    let change = |moderated| ModeChange { moderated, ..ModeChange::default() };
    assert_eq!(changed_modes(now, ModeChange::default()), None);
    assert_eq!(changed_modes(now, change(Some(true))), None);
    assert_eq!(changed_modes(now, change(Some(false))), Some(Modes::default()));
}

#[test]
fn switches_are_settings() {
    for bits in 0..8u8 {
        let bit = |n: u8| bits >> n & 1 == 1;
        let switches = Modes { invited_only: bit(0), moderated: bit(1), subject_locked: bit(2) };
        assert_eq!(modes(settings(switches)), switches);
    }
}

#[test]
fn roles_settle() {
    for (wished, listed, settled) in [
        (Role::None, false, Role::None),
        (Role::Member, false, Role::None),
        (Role::None, true, Role::Member),
        (Role::Member, true, Role::Member),
        (Role::Voice, false, Role::Voice),
        (Role::Owner, true, Role::Owner),
    ] {
        assert_eq!(settled_role(wished, listed), settled);
    }
}

#[test]
fn slow_mode_counts_from_the_last_message() {
    let pace_at = |spoke_at_ms, now_ms| pace(Pace { slow_s: 10, spoke_at_ms }, now_ms);
    let wait = |retry_after_s| Err(Refusal::SlowMode { slow_s: 10, retry_after_s });
    for (spoke, now, wanted) in [
        (None, 5_000, Ok(())),
        (Some(5_000), 5_000, wait(10)),
        (Some(5_000), 5_001, wait(10)),
        (Some(5_000), 14_000, wait(1)),
        (Some(5_000), 14_999, wait(1)),
        (Some(5_000), 15_000, Ok(())),
        // A clock that went back makes nobody wait longer than the pause.
        (Some(5_000), 1_000, wait(10)),
    ] {
        assert_eq!(pace_at(spoke, now), wanted, "{spoke:?} {now}");
    }
    for (role, slowed) in [
        (Role::None, true),
        (Role::Member, true),
        (Role::Voice, false),
        (Role::Moderator, false),
        (Role::Owner, false),
    ] {
        assert_eq!(is_slowed(Pace { slow_s: 10, spoke_at_ms: None }, role), slowed);
        assert!(!is_slowed(Pace { slow_s: 0, spoke_at_ms: Some(1) }, role));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any text is refused, or comes out clean, not longer, and the same when posted again.
    #[test]
    fn any_text_is_posted_clean_or_refused(typed in "(?s).{0,80}") {
        if let Ok(posted) = text(&typed) {
            prop_assert!(!posted.is_empty() && posted.len() <= typed.len());
            prop_assert!(posted.chars().all(|c| c == '\n' || is_sayable(c)));
            prop_assert_eq!(text(&posted), Ok(posted));
        }
        if let Ok(line) = subject(&typed) {
            prop_assert!(!line.contains(['\n', '\r', '\0']));
            prop_assert_eq!(subject(&line), Ok(line));
        }
        // No rule panics, whatever it is given.
        drop((reason(&typed), relayed(&typed), key(&typed)));
    }

    /// Printable text is never touched.
    #[test]
    fn printable_text_is_kept(typed in "[^\\p{Cc}]{1,80}") {
        prop_assert_eq!(text(&typed), Ok(typed));
    }
}

#[test]
fn a_reaction_is_one_emoji_or_a_short_name() {
    for (typed, fine) in [
        ("👍", true),
        ("👍🏽", true),
        ("👩‍🚀", true),
        ("🇩🇪", true),
        ("❤️", true),
        ("1️⃣", true),
        ("é", true),
        (":tea:", true),
        (":+1:", true),
        ("", false),
        ("👍👍", false),
        ("a", false),
        ("1", false),
        ("lol", false),
        (" ", false),
        ("\u{a0}", false),
        ("\u{7}", false),
        ("\n", false),
        ("::", false),
        (":a b:", false),
        (":tea", false),
        ("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", true),
        ("❤\u{fe0f}", true),
        ("\u{202e}", false),
        ("\u{200d}", false),
        ("\u{fe0f}", false),
        ("👍\u{200b}", false),
        ("\u{2800}", false),
    ] {
        assert_eq!(emoji(typed).is_ok(), fine, "{typed:?}");
    }
    assert!(emoji(&format!(":{}:", "x".repeat(EMOJI_BYTES_MAX - 2))).is_ok());
    assert!(emoji(&format!(":{}:", "x".repeat(EMOJI_BYTES_MAX - 1))).is_err());
    assert!(emoji(&format!("e{}", "\u{301}".repeat(EMOJI_BYTES_MAX))).is_err());
}

#[test]
fn ids_that_cannot_be_name_nothing() {
    assert_eq!(msgid("01hf7yat00"), Ok(()));
    assert_eq!(msgid(&"m".repeat(MSGID_BYTES_MAX)), Ok(()));
    for id in ["", "a b", "a\nb", "é", &"m".repeat(MSGID_BYTES_MAX + 1)] {
        assert_eq!(msgid(id), Err(Refusal::NoSuchMessage), "{id:?}");
    }
}

#[test]
fn a_quote_is_cut_between_characters() {
    assert_eq!(quote("short"), "short");
    let long = "é".repeat(QUOTE_CHARS_MAX + 1);
    assert_eq!(quote(&long).chars().count(), QUOTE_CHARS_MAX);
}

#[test]
fn only_the_author_edits_and_only_what_is_there() {
    let (ann, bob) = (PersonId(1), PersonId(2));
    assert_eq!(may_edit(ann, ann, false), Ok(()));
    assert_eq!(may_edit(bob, ann, false), Err(Refusal::NotTheAuthor));
    assert_eq!(may_edit(ann, ann, true), Err(Refusal::NoSuchMessage));
    assert_eq!(may_edit(bob, ann, true), Err(Refusal::NoSuchMessage));
}

#[test]
fn writing_is_passed_on_when_it_changes_and_now_and_then() {
    use TypingState::{Active, Done, Paused};
    // What came, when, and whether it is passed on.
    for story in [
        &[(Active, 0, true), (Active, 1_000, false), (Active, 3_000, true)][..],
        &[(Active, 0, true), (Done, 10, true), (Done, 20, false), (Active, 30, false)],
        &[(Active, 0, true), (Paused, 10, true), (Paused, 20, false), (Done, 30, true)],
        &[(Done, 0, false), (Paused, 1, false), (Active, 2, true)],
        &[(Active, 0, true), (Done, 10, true), (Active, 3_001, true)],
    ] {
        let mut last = None;
        for &(state, at_ms, passed) in story {
            let next = typing(last, state, at_ms);
            assert_eq!(next.is_some(), passed, "{state:?} at {at_ms} of {story:?}");
            last = next.or(last);
        }
    }
}

proptest! {
    #[test]
    fn of_any_writing_at_most_one_a_state_is_passed_on_in_an_interval(
        came in prop::collection::vec((0_u8..3, 0_u64..2_000), 1..60)
    ) {
        let (mut last, mut now_ms, mut active) = (None, 0, Vec::new());
        for (state, later) in came {
            now_ms += later;
            let state = match state {
                0 => TypingState::Active,
                1 => TypingState::Paused,
                _ => TypingState::Done,
            };
            if let Some(next) = typing(last, state, now_ms) {
                last = Some(next);
                if state == TypingState::Active {
                    active.push(now_ms);
                }
            }
        }
        prop_assert!(active.windows(2).all(|pair| pair[1] - pair[0] >= TYPING_INTERVAL_MS));
    }
}

#[test]
fn quiet_hours_are_two_minutes_of_a_day() {
    let quiet = |starts, ends| quiet_hours(Some(QuietHours { starts, ends }));
    assert_eq!(quiet_hours(None), Ok(()));
    assert_eq!(quiet(1_320, 420), Ok(()));
    assert_eq!(quiet(0, 1_439), Ok(()));
    for (starts, ends) in [(60, 60), (1_440, 0), (0, 1_440)] {
        assert_eq!(quiet(starts, ends), Err(Refusal::Malformed));
    }
}

#[test]
fn rooms_keep_what_they_say() {
    let (now_ms, day_ms) = (1_700_000_000_000, 86_400_000);
    assert_eq!(kept_since(Keep::Forever, now_ms), None);
    assert_eq!(kept_since(Keep::Days(1), now_ms), Some(now_ms - day_ms));
    assert_eq!(kept_since(Keep::Days(30), now_ms), Some(now_ms - 30 * day_ms));
    assert_eq!(kept_since(Keep::Nothing, now_ms), Some(now_ms - NOTHING_KEPT_MS));
    assert_eq!(kept_since(Keep::Days(u32::MAX), now_ms), Some(0));
}
