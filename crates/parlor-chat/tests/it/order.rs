//! Settings, slow mode, the lock, reports and the record.

use parlor_chat::{ChatEvent, Keep, Refusal, RoomSettings, SettingChange, SettingRefusal, Target};
use parlor_hub::{Attached, Denied, Role};
use parlor_topics::TopicId;

use crate::world::{World, block_on, message, name, refused};

fn configure(world: &World, who: &Attached, room: TopicId, change: SettingChange) {
    block_on(world.chat.set_settings(who, room, change)).unwrap();
}

#[test]
fn settings_are_kept_and_told_once() {
    let mut world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let change = SettingChange {
        keep: Some(Keep::Days(30)),
        slow_s: Some(5),
        locked: Some(true),
        description: Some("For tea.".into()),
    };
    for _ in 0..2 {
        configure(&world, &ann, room, change.clone());
    }
    assert_eq!(world.kinds(room), ["chat.created", "chat.settings"]);
    world.restart();
    let found = block_on(world.chat.resolve(&name("#tea"))).unwrap().unwrap();
    let (keep, description) = (Keep::Days(30), "For tea.".to_owned());
    assert_eq!(found.settings, RoomSettings { keep, slow_s: 5, locked: true, description });
    // The switches and the lock are set apart and do not undo each other.
    let ann = world.account("ann");
    let modes = parlor_chat::ModeChange { moderated: Some(true), ..Default::default() };
    block_on(world.chat.set_modes(&ann, room, modes)).unwrap();
    let found = block_on(world.chat.resolve(&name("#tea"))).unwrap().unwrap();
    assert!(found.settings.locked && found.modes.moderated);
}

#[test]
fn settings_have_bounds() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let none = SettingChange::default();
    for (change, why) in [
        (SettingChange { keep: Some(Keep::Days(0)), ..none.clone() }, SettingRefusal::Days),
        (SettingChange { keep: Some(Keep::Days(9999)), ..none.clone() }, SettingRefusal::Days),
        (SettingChange { slow_s: Some(100_000), ..none.clone() }, SettingRefusal::Slow),
        (
            SettingChange { description: Some("x".repeat(1001)), ..none },
            SettingRefusal::Description,
        ),
    ] {
        let set = world.chat.set_settings(&ann, room, change);
        assert_eq!(refused(set), Refusal::Setting(why));
    }
}

#[test]
fn slow_mode_makes_those_without_a_voice_wait() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    configure(&world, &ann, room, SettingChange { slow_s: Some(30), ..Default::default() });
    world.say(&bob, room, "one");
    world.clock.advance_ms(29_000);
    let post = |text| world.chat.post(&bob, Target::Room(room), message(text));
    assert_eq!(refused(post("two")), Refusal::SlowMode { slow_s: 30, retry_after_s: 1 });
    for text in ["the owner", "talks on"] {
        world.say(&ann, room, text);
    }
    world.clock.advance_ms(1_000);
    world.say(&bob, room, "two");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Voice)).unwrap();
    world.say(&bob, room, "with a voice");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::None)).unwrap();
    configure(&world, &ann, room, SettingChange { slow_s: Some(0), ..Default::default() });
    world.say(&bob, room, "free");
}

#[test]
fn a_locked_room_is_for_reading() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    configure(&world, &ann, room, SettingChange { locked: Some(true), ..Default::default() });
    let post = world.chat.post(&bob, Target::Room(room), message("hm"));
    assert_eq!(refused(post), Refusal::Denied(Denied::Locked));
    world.say(&ann, room, "announcement");
    let lock = SettingChange { locked: Some(false), ..Default::default() };
    let set = world.chat.set_settings(&bob, room, lock);
    assert_eq!(refused(set), Refusal::Denied(Denied::Needs { role: Role::Moderator }));
}

#[test]
fn a_report_reaches_those_who_keep_order_and_nobody_else() {
    let world = World::new();
    let (ann, bob, cid) = (world.account("ann"), world.account("bob"), world.account("cid"));
    let room = world.enter(&ann, "#tea");
    for who in [&bob, &cid] {
        world.enter(who, "#tea");
    }
    let said = world.say(&cid, room, "something bad");
    world.link.detach(ann.session, "");
    let eve = world.account("eve");
    let report =
        |msgid: &str, why: &str| world.chat.report(&bob, room, msgid.to_owned(), why.to_owned());
    block_on(report(&said.msgid, "bad words")).unwrap();
    assert_eq!(refused(report(&said.msgid, "again")), Refusal::AlreadyReported);
    assert_eq!(refused(report("nothing", "x")), Refusal::NoSuchMessage);
    assert_eq!(refused(report(&said.msgid, " ")), Refusal::Empty);
    let outside = world.chat.report(&eve, room, said.msgid.clone(), "x".into());
    assert_eq!(refused(outside), Refusal::NotAMember);
    let told = world.events(ann.inbox);
    match ChatEvent::decode(told.last().unwrap()).unwrap() {
        ChatEvent::Reported(report) => {
            assert_eq!((report.by.person, report.author), (bob.person, cid.person));
            assert_eq!((report.room, report.offset), (room, said.offset));
            assert_eq!(report.reason, "bad words");
        }
        other => panic!("{other:?}"),
    }
    assert!(world.events(cid.inbox).is_empty() && world.events(bob.inbox).is_empty());
    assert!(!world.kinds(room).contains(&"chat.reported".to_owned()));
}

#[test]
fn reports_are_bounded() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let most = usize::try_from(parlor_chat::limits::REPORTS_PER_HOUR).unwrap();
    let said: Vec<_> = (0..=most).map(|_| world.say(&ann, room, "hm").msgid).collect();
    let report = |msgid: &String| world.chat.report(&bob, room, msgid.clone(), "x".into());
    for msgid in &said[..most] {
        block_on(report(msgid)).unwrap();
    }
    assert_eq!(refused(report(&said[most])), Refusal::TooManyReports);
    world.clock.advance_ms(3_600_000);
    block_on(report(&said[most])).unwrap();
}

#[test]
fn the_record_says_who_did_what_to_whom_and_why() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Voice)).unwrap();
    configure(&world, &ann, room, SettingChange { slow_s: Some(3), ..Default::default() });
    block_on(world.chat.kick(&ann, room, bob.person, "rude".into())).unwrap();
    let page = block_on(world.chat.audit(&ann, room, None, 2)).unwrap();
    let told = |entry: &parlor_hub::AuditEntry| {
        format!("{} {} {} {}", entry.name, entry.what, entry.about, entry.reason)
    };
    assert!(page.more);
    let lines: Vec<_> = page.entries.iter().map(told).collect();
    assert_eq!(lines, ["ann kick bob rude", "ann slow 3 s "]);
    let older = block_on(world.chat.audit(&ann, room, Some(page.entries[1].n), 9)).unwrap();
    assert!(!older.more);
    let lines: Vec<_> = older.entries.iter().map(told).collect();
    assert_eq!(lines, ["ann role bob: member to voice "]);
    let outsider = world.chat.audit(&bob, room, None, 9);
    assert_eq!(refused(outsider), Refusal::Denied(Denied::Needs { role: Role::Moderator }));
    world.clock.advance_ms(367 * 24 * 3600 * 1000);
    let page = block_on(world.chat.audit(&ann, room, None, 9)).unwrap();
    assert!(page.entries.is_empty(), "a year later nobody knows any more");
}
