//! A private room is nobody's business but its members'.

use parlor_chat::{ModeChange, Page, Refusal, Scope, Target};
use parlor_hub::{Attached, Role};
use parlor_topics::TopicId;

use crate::world::{World, block_on, message, name, refused};

/// A private room with something in it, its owner, and a topic that does not exist.
fn secret(world: &World) -> (Attached, TopicId) {
    let ann = world.account("ann");
    let room = world.enter(&ann, "#secret");
    let change = ModeChange { invited_only: Some(true), ..ModeChange::default() };
    block_on(world.chat.set_modes(&ann, room, change)).unwrap();
    world.say(&ann, room, "the plan");
    (ann, room)
}

/// What an outsider gets from every command, in order.
fn tries(world: &World, who: &Attached, room: TopicId, other: &Attached) -> Vec<Refusal> {
    let chat = &world.chat;
    let post = || message("let me in");
    vec![
        refused(chat.post(who, Target::Room(room), post())),
        refused(chat.relay(who, Target::Room(room), "x".into())),
        refused(chat.members(who, room)),
        refused(chat.history(who, Scope::Room(room), Page::latest(10))),
        refused(chat.set_subject(who, room, "x".into())),
        refused(chat.kick(who, room, other.person, String::new())),
        refused(chat.invite(who, room, who.person)),
        refused(chat.set_role(who, room, who.person, Role::Owner)),
        refused(chat.set_modes(
            who,
            room,
            ModeChange { moderated: Some(true), ..Default::default() },
        )),
    ]
}

#[test]
fn outsiders_cannot_tell_a_private_room_from_none() {
    let world = World::new();
    let (ann, room) = secret(&world);
    for outsider in [world.guest("eve"), world.account("bob")] {
        let secret = tries(&world, &outsider, room, &ann);
        let missing = tries(&world, &outsider, TopicId(999), &ann);
        assert_eq!(secret, missing);
        assert!(secret.iter().all(|why| *why == Refusal::NoSuchRoom), "{secret:?}");
        let rooms = block_on(world.chat.rooms(&outsider)).unwrap();
        assert!(rooms.iter().all(|summary| summary.room.topic != room));
        assert!(block_on(world.chat.visible(&outsider, &name("#secret"))).unwrap().is_none());
        assert!(block_on(world.chat.room(&outsider, room)).unwrap().is_none());
        assert!(block_on(world.chat.overview(&outsider)).unwrap().rooms.is_empty());
        let marked = world.chat.mark_read(&outsider, room, None, 1);
        assert!(matches!(refused(marked), Refusal::NoSuchRoom | Refusal::NeedsAccount));
    }
    assert_eq!(world.kinds(room), ["chat.created", "chat.modes", "chat.posted"]);
}

#[test]
fn only_who_is_invited_comes_in_and_only_once() {
    let world = World::new();
    let (ann, room) = secret(&world);
    let eve = world.guest("eve");
    let named = name("#Secret");
    let join = || world.chat.join(&eve, &named);
    assert_eq!(refused(join()), Refusal::InvitedOnly);
    block_on(world.chat.invite(&ann, room, eve.person)).unwrap();
    assert_eq!(world.kinds(eve.inbox), ["chat.invited"]);
    assert!(block_on(join()).is_ok());
    let history = world.chat.history(&eve, Scope::Room(room), Page::latest(10));
    assert_eq!(block_on(history).unwrap().messages.len(), 1, "who is in may read");
    block_on(world.chat.part(&eve, room, "")).unwrap();
    assert_eq!(refused(join()), Refusal::InvitedOnly, "an invitation is used up");
}

#[test]
fn an_account_stays_a_member_and_a_kick_ends_that() {
    let world = World::new();
    let (ann, room) = secret(&world);
    let bob = world.account("bob");
    block_on(world.chat.invite(&ann, room, bob.person)).unwrap();
    world.enter(&bob, "#secret");
    world.link.detach(bob.session, "");
    let bob = world.account("bob");
    let rooms = block_on(world.chat.rooms(&bob)).unwrap();
    assert!(rooms.iter().any(|summary| summary.room.topic == room && summary.joined));
    world.enter(&bob, "#secret");
    world.say(&bob, room, "back");
    block_on(world.chat.kick(&ann, room, bob.person, "out".into())).unwrap();
    assert!(tries(&world, &bob, room, &ann).iter().all(|why| *why == Refusal::NoSuchRoom));
    assert_eq!(refused(world.chat.join(&bob, &name("#secret"))), Refusal::InvitedOnly);
}

#[test]
fn an_administrator_may_come_in() {
    let world = World::new();
    let (_, room) = secret(&world);
    let root = world.admin("root");
    assert!(block_on(world.chat.visible(&root, &name("#secret"))).unwrap().is_some());
    assert_eq!(world.join(&root, "#secret").role, Role::Owner);
    world.say(&root, room, "hello");
}

#[test]
fn an_administrator_no_longer_one_may_not() {
    let world = World::new();
    let (ann, room) = secret(&world);
    let mut liar = world.account("bob");
    liar.account.as_mut().unwrap().admin = true;
    assert!(liar.actor().admin);
    assert!(tries(&world, &liar, room, &ann).iter().all(|why| *why == Refusal::NoSuchRoom));
}

#[test]
fn an_inbox_is_no_room() {
    let world = World::new();
    let (ann, bob, root) = (world.account("ann"), world.guest("bob"), world.admin("root"));
    world.tell(&bob, &ann, "psst");
    for nosy in [&bob, &root, &ann] {
        let answers = tries(&world, nosy, ann.inbox, &bob);
        assert!(answers.iter().all(|why| *why == Refusal::NoSuchRoom), "{answers:?}");
    }
}

#[test]
fn a_conversation_is_between_two() {
    let world = World::new();
    let (ann, bob, root) = (world.account("ann"), world.account("bob"), world.admin("root"));
    world.tell(&ann, &bob, "psst");
    for (who, with, messages) in
        [(&ann, &bob, 1), (&bob, &ann, 1), (&root, &ann, 0), (&root, &bob, 0), (&ann, &root, 0)]
    {
        let history = world.chat.history(who, Scope::Direct(with.person), Page::latest(10));
        assert_eq!(block_on(history).unwrap().messages.len(), messages);
    }
}
