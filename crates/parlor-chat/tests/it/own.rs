//! What an account keeps for itself, for all its devices.

use parlor_chat::{ChatEvent, NotifyLevel, Own, QuietHours, Refusal, Scope, limits};

use crate::world::{Ear, World, block_on, refused};

#[test]
fn drafts_are_kept_and_told_to_the_other_devices_only() {
    let mut world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.tell(&bob, &ann, "psst");
    let mut ear = Ear::new(&world.store, &[ann.inbox, bob.inbox, room]);
    let draft = |world: &World, scope, text: &str| {
        block_on(world.chat.set_draft(&ann, scope, text.into())).unwrap();
    };
    let with_bob = Scope::Direct(bob.person);
    draft(&world, Scope::Room(room), "I th");
    draft(&world, with_bob, "we");
    draft(&world, with_bob, "well");
    let heard = ear.heard();
    assert!(heard.iter().all(|event| event.topic == ann.inbox && event.offset == 0), "{heard:?}");
    let last = heard.last().and_then(ChatEvent::decode).unwrap();
    assert_eq!(last, ChatEvent::Draft { scope: with_bob, text: "well".into() });
    drop(ear);
    world.restart();
    let ann = world.account("ann");
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!((&*overview.rooms[0].own.draft, &*overview.direct[0].own.draft), ("I th", "well"));
    block_on(world.chat.set_draft(&ann, Scope::Room(room), String::new())).unwrap();
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!(overview.rooms[0].own, Own::default());
}

#[test]
fn what_one_wants_to_hear_of_and_when_is_kept() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let mut ear = Ear::new(&world.store, &[ann.inbox]);
    let scope = Scope::Room(room);
    let quiet = Some(QuietHours { starts: 1_320, ends: 420 });
    block_on(world.chat.set_notify(&ann, scope, NotifyLevel::Mentions)).unwrap();
    block_on(world.chat.set_quiet_hours(&ann, quiet)).unwrap();
    assert_eq!(ear.heard().len(), 2);
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!(overview.rooms[0].own.notify, NotifyLevel::Mentions);
    assert_eq!(overview.quiet_hours, quiet);
    block_on(world.chat.set_notify(&ann, scope, NotifyLevel::Default)).unwrap();
    block_on(world.chat.set_quiet_hours(&ann, None)).unwrap();
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!(overview.rooms[0].own.notify, NotifyLevel::Default);
    assert_eq!(overview.quiet_hours, None);
}

#[test]
fn only_accounts_keep_something_and_only_where_they_may_read() {
    let world = World::new();
    let (ann, guest, eve) = (world.account("ann"), world.guest("gus"), world.account("eve"));
    let room = world.enter(&ann, "#tea");
    let change = parlor_chat::ModeChange { invited_only: Some(true), ..Default::default() };
    block_on(world.chat.set_modes(&ann, room, change)).unwrap();
    let scope = Scope::Room(room);
    let draft = |who| refused(world.chat.set_draft(who, scope, "x".into()));
    assert_eq!(draft(&guest), Refusal::NeedsAccount);
    assert_eq!(draft(&eve), Refusal::NoSuchRoom);
    let notify = world.chat.set_notify(&eve, scope, NotifyLevel::All);
    assert_eq!(refused(notify), Refusal::NoSuchRoom);
    let long = "x".repeat(limits::TEXT_BYTES_MAX + 1);
    let max = limits::TEXT_BYTES_MAX;
    assert_eq!(refused(world.chat.set_draft(&ann, scope, long)), Refusal::TooLong { max });
}

#[test]
fn drafts_have_an_end() {
    let world = World::new();
    let ann = world.account("ann");
    for n in 1..=limits::DRAFTS_MAX {
        let scope = Scope::Direct(parlor_hub::PersonId(1_000 + n));
        block_on(world.chat.set_draft(&ann, scope, "x".into())).unwrap();
    }
    let draft = |person| world.chat.set_draft(&ann, Scope::Direct(person), "y".into());
    let max = limits::DRAFTS_MAX;
    assert_eq!(refused(draft(parlor_hub::PersonId(9))), Refusal::TooMany { max });
    block_on(draft(parlor_hub::PersonId(1_001))).unwrap();
}

#[test]
fn the_first_unread_message_is_marked() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let read = world.say(&bob, room, "one");
    block_on(world.chat.mark_read(&ann, room, None, read.offset)).unwrap();
    world.say(&ann, room, "mine");
    let first = world.say(&bob, room, "two");
    world.say(&bob, room, "three");
    let told = world.tell(&bob, &ann, "psst");
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    let (here, direct) = (&overview.rooms[0], &overview.direct[0]);
    assert_eq!((here.unread, here.first_unread), (2, first.offset));
    assert_eq!(direct.unread, 1);
    assert!(direct.first_unread > 0 && told.offset > 0);
    assert_eq!(block_on(world.chat.overview(&bob)).unwrap().rooms[0].first_unread, 3);
}
