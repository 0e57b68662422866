//! What a page shows first.

use parlor_chat::{Latest, ModeChange, Scope, limits};
use parlor_hub::Role;

use crate::world::{World, block_on};

#[test]
fn an_overview_has_rooms_and_conversations() {
    let world = World::new();
    let (ann, bob, cid) = (world.account("ann"), world.account("bob"), world.guest("cid"));
    let tea = world.enter(&ann, "#Tea");
    let coffee = world.enter(&bob, "#coffee");
    world.enter(&ann, "#coffee");
    world.enter(&bob, "#tea");
    world.say(&ann, tea, "own");
    world.say(&bob, tea, "one");
    world.clock.advance_ms(3);
    let last = world.say(&bob, tea, "two");
    world.tell(&bob, &ann, "psst");
    world.tell(&ann, &cid, "hello");
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    let [first, second] = &overview.rooms[..] else { panic!("{overview:?}") };
    assert_eq!((first.room.topic, second.room.topic), (coffee, tea));
    assert_eq!((first.role, second.role), (Role::Member, Role::Owner));
    assert_eq!((first.members, second.members), (2, 2));
    assert_eq!((first.unread, first.last, first.last_at_ms), (0, 0, 0));
    assert_eq!((second.unread, second.read, second.last), (2, 0, last.offset));
    assert_eq!((second.last_at_ms, second.position.offset), (last.at_ms, last.offset));
    let direct: Vec<_> = overview
        .direct
        .iter()
        .map(|direct| (&*direct.nick, direct.unread, direct.last, direct.online))
        .collect();
    assert_eq!(direct, [("cid", 0, 2, true), ("bob", 1, 1, true)]);
    assert_eq!(overview.inbox.offset, 2);
    world.link.detach(bob.session, "");
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert!(!overview.direct[1].online && overview.direct[1].nick == "bob");
    assert_eq!(overview.rooms[1].members, 2, "and stays a member");
}

#[test]
fn names_in_conversations_are_those_of_now() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    world.tell(&bob, &ann, "psst");
    block_on(world.link.rename(bob.session, &"bobby".parse().unwrap())).unwrap();
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!((&*overview.direct[0].nick, overview.direct[0].person), ("bobby", bob.person));
}

#[test]
fn a_guest_sees_where_it_is() {
    let world = World::new();
    let cid = world.guest("cid");
    let room = world.enter(&cid, "#tea");
    let overview = block_on(world.chat.overview(&cid)).unwrap();
    assert_eq!(overview.rooms.len(), 1);
    assert_eq!((overview.rooms[0].room.topic, overview.rooms[0].role), (room, Role::Owner));
}

#[test]
fn unread_messages_are_counted_up_to_a_limit() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    // Far more than the limit, straight into the index: what they say does not matter here.
    let author = bob.person.0;
    let written = world.store.write::<_, ()>(move |tx| {
        for offset in 2..limits::UNREAD_MAX * 20 {
            let sql = "INSERT INTO chat_message (topic, peer, offset, author, at_ms, msgid) \
                       VALUES (?1, 0, ?2, ?3, 0, ?4)";
            let msgid = format!("{offset:026}");
            tx.execute(sql, parlor_topics::params![room, offset, author, msgid])?;
        }
        Ok(())
    });
    block_on(written).unwrap();
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!(overview.rooms[0].unread, limits::UNREAD_MAX);
}

#[test]
fn the_latest_says_when_and_only_to_those_who_may_read() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let tea = world.enter(&ann, "#tea");
    let silent = world.enter(&ann, "#silent");
    let hidden = ModeChange { invited_only: Some(true), ..ModeChange::default() };
    block_on(world.chat.set_modes(&ann, tea, hidden)).unwrap();
    world.say(&ann, tea, "one");
    world.clock.advance_ms(5);
    let gus = world.guest("gus");
    world.tell(&gus, &ann, "hello");
    let latest = block_on(world.chat.latest(&ann, vec![tea, silent])).unwrap();
    let start = 1_700_000_000_000;
    let room = Latest { scope: Scope::Room(tea), nick: String::new(), at_ms: start };
    let direct =
        Latest { scope: Scope::Direct(gus.person), nick: "gus".to_owned(), at_ms: start + 5 };
    assert_eq!(latest, [room, direct]);
    assert_eq!(block_on(world.chat.latest(&bob, vec![tea, silent])).unwrap(), []);
    assert_eq!(block_on(world.chat.known_as(&ann, "GUS")).unwrap(), Some(gus.person));
    assert_eq!(block_on(world.chat.known_as(&bob, "gus")).unwrap(), None);
}
