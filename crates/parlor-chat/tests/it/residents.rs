//! Accounts that stay in their rooms while they are not connected.

use parlor_chat::{BanMask, BanTarget, NewBan, Refusal, Scope};
use parlor_hub::Attached;
use parlor_topics::TopicId;

use crate::world::{Ear, World, block_on, name, refused};

/// Ann, who owns a room, and bob, who is a member of it and not connected.
fn room(world: &World) -> (Attached, Attached, TopicId) {
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    world.link.detach(bob.session, "gone");
    (ann, bob, room)
}

fn members(world: &World, who: &Attached, room: TopicId) -> Vec<(String, bool)> {
    let members = block_on(world.chat.members(who, room)).unwrap();
    members.iter().map(|one| (one.present.nick.to_string(), one.present.connected)).collect()
}

fn wanted(members: &[(&str, bool)]) -> Vec<(String, bool)> {
    members.iter().map(|(nick, connected)| ((*nick).to_owned(), *connected)).collect()
}

#[test]
fn a_member_is_in_the_list_until_it_leaves() {
    let world = World::new();
    let (ann, _, room) = room(&world);
    assert_eq!(members(&world, &ann, room), wanted(&[("ann", true), ("bob", false)]));
    let bob = world.account("bob");
    let mut ear = Ear::new(&world.store, &[room]);
    block_on(world.chat.join(&bob, &name("#tea"))).unwrap();
    assert_eq!(ear.kinds(), Vec::<String>::new(), "nobody sees it join again");
    block_on(world.chat.part(&bob, room, "")).unwrap();
    world.link.detach(bob.session, "gone");
    assert_eq!(members(&world, &ann, room), wanted(&[("ann", true)]));
    assert!(block_on(world.link.find("bob")).is_none());
}

#[test]
fn who_is_not_connected_is_thrown_out_as_well() {
    let world = World::new();
    let (ann, bob, room) = room(&world);
    block_on(world.chat.kick(&ann, room, bob.person, "out".into())).unwrap();
    assert_eq!(members(&world, &ann, room), wanted(&[("ann", true)]));
    assert!(block_on(world.link.find("bob")).is_none(), "it was a member of nothing else");
    let bob = world.account("bob");
    world.enter(&bob, "#tea");
    world.link.detach(bob.session, "gone");
    let mask = BanMask::account("bob");
    let ban =
        NewBan { target: BanTarget::Mask(mask), mute: false, reason: String::new(), seconds: None };
    block_on(world.chat.ban(&ann, room, ban)).unwrap();
    assert_eq!(members(&world, &ann, room), wanted(&[("ann", true)]));
    let bob = world.account("bob");
    assert!(matches!(refused(world.chat.join(&bob, &name("#tea"))), Refusal::Denied(_)));
}

#[test]
fn members_are_there_after_a_start_and_the_banned_are_not() {
    let mut world = World::new();
    let (ann, bob, room) = room(&world);
    let cid = world.account("cid");
    world.enter(&cid, "#tea");
    let dan = world.account("dan");
    world.enter(&dan, "#tea");
    let id = dan.account.as_ref().unwrap().id;
    block_on(world.link.set_always_on(id, false)).unwrap();
    let psst = world.tell(&ann, &bob, "psst");
    world.restart();
    // As an earlier version left it, or a ban that was set while the server was down.
    let sql = "INSERT INTO chat_ban VALUES (?1, '~account:cid', 0, 0, 'cid', 'ann', '', 0, 0)";
    let ban =
        world.store.write::<_, ()>(move |tx| Ok(tx.execute(sql, parlor_topics::params![room])?));
    block_on(ban).unwrap();
    block_on(world.chat.settle()).unwrap();
    let guest = world.guest("guest");
    world.enter(&guest, "#tea");
    let there = [("ann", false), ("bob", false), ("guest", true)];
    let mut members = members(&world, &guest, room);
    members.sort();
    assert_eq!(members, wanted(&there));
    let found = block_on(world.link.addressee("bob")).unwrap().unwrap();
    assert_eq!(found.present.unwrap().away.as_deref(), Some("Not connected"));
    world.tell(&guest, &bob, "hello");
    let bob = world.account("bob");
    let page = parlor_chat::Page::latest(5);
    let page = block_on(world.chat.history(&bob, Scope::Direct(ann.person), page)).unwrap();
    assert_eq!(page.messages[0].msgid, psst.msgid);
}
