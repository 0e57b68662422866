//! Other names for rooms.

use parlor_chat::{ChatEvent, Refusal, limits};
use parlor_hub::{Denied, Role};

use crate::world::{World, block_on, name, refused};

#[test]
fn a_room_keeps_everything_but_its_name() {
    let mut world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    world.say(&ann, room, "hello");
    block_on(world.chat.rename_room(&ann, room, &name("#Coffee"), "we changed")).unwrap();
    assert_eq!(world.kinds(room), ["chat.created", "chat.posted", "chat.renamed"]);
    let event = ChatEvent::decode(world.events(room).last().unwrap()).unwrap();
    let ChatEvent::Renamed { by, before, name: after, reason } = event else { panic!("{event:?}") };
    assert_eq!((by.person, &*reason), (ann.person, "we changed"));
    assert_eq!((before.as_str(), after.as_str()), ("#tea", "#Coffee"));
    world.say(&bob, room, "still here");
    let found = block_on(world.chat.resolve(&name("#coffee"))).unwrap().unwrap();
    assert_eq!((found.topic, found.name.as_str()), (room, "#Coffee"));
    assert!(block_on(world.chat.resolve(&name("#tea"))).unwrap().is_none());
    let record = block_on(world.chat.audit(&ann, room, None, 1)).unwrap();
    let deed = &record.entries[0];
    assert_eq!(
        (&*deed.what, &*deed.about, &*deed.reason),
        ("rename", "#tea to #Coffee", "we changed")
    );
    // The old name is free, and what is made of it is another room.
    let other = world.join(&bob, "#tea");
    assert!(other.created && other.room.topic != room);
    assert_eq!(world.join(&ann, "#coffee").role, Role::Owner);
    world.restart();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    assert_eq!(world.join(&ann, "#coffee").room.topic, room);
    assert_eq!(world.join(&bob, "#tea").room.topic, other.room.topic);
}

#[test]
fn only_who_keeps_a_room_names_it() {
    let world = World::new();
    let (ann, bob, eve) = (world.account("ann"), world.account("bob"), world.guest("eve"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let coffee = name("#coffee");
    let rename = |who| world.chat.rename_room(who, room, &coffee, "");
    let needs = Refusal::Denied(Denied::Needs { role: Role::Moderator });
    assert_eq!(refused(rename(&bob)), needs);
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Moderator)).unwrap();
    block_on(rename(&bob)).unwrap();
    assert_eq!(refused(rename(&eve)), needs);
}

#[test]
fn a_name_that_is_taken_or_looks_taken_is_refused() {
    let world = World::new();
    let ann = world.admin("ann");
    let room = world.enter(&ann, "#tea");
    world.enter(&ann, "#Coffee");
    world.enter(&ann, "#\u{447}\u{430}\u{439}");
    let lobby = world.enter(&ann, "#lobby");
    let rename = |room, to: &str| {
        let to = name(to);
        let (world, ann) = (&world, &ann);
        async move { world.chat.rename_room(ann, room, &to, "").await }
    };
    assert_eq!(refused(rename(room, "#COFFEE")), Refusal::NameTaken);
    assert_eq!(refused(rename(room, "#lobby")), Refusal::NameTaken);
    assert_eq!(refused(rename(room, "#c\u{43e}ffee")), Refusal::NameLooksTaken);
    assert_eq!(refused(rename(room, "#t\u{200b}ea")), Refusal::HiddenLetters);
    assert_eq!(refused(rename(lobby, "#hall")), Refusal::LobbyKeepsName);
    let max = limits::REASON_BYTES_MAX;
    let long = "x".repeat(max + 1);
    let why = refused(world.chat.rename_room(&ann, room, &name("#cake"), &long));
    assert_eq!(why, Refusal::TooLong { max });
    assert_eq!(world.kinds(room), ["chat.created"], "nothing was done");
    // Its own name is no other room's.
    block_on(rename(room, "#Tea")).unwrap();
    block_on(rename(room, "#Tea")).unwrap();
    assert_eq!(world.kinds(room), ["chat.created", "chat.renamed"], "the same name is no change");
    assert_eq!(refused(rename(room, "#tEa")), Refusal::RenamedJustNow { retry_after_s: 10 });
    world.clock.advance_ms(limits::RENAME_INTERVAL_MS);
    block_on(rename(room, "#cake")).unwrap();
    // What a room looked like under its old name is free, too.
    world.clock.advance_ms(limits::RENAME_INTERVAL_MS);
    let chai =
        block_on(world.chat.resolve(&name("#\u{447}\u{430}\u{439}"))).unwrap().unwrap().topic;
    block_on(rename(chai, "#milk")).unwrap();
    assert!(world.join(&ann, "#\u{447}\u{430}\u{439}").created);
}
