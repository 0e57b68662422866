//! Keeping order.

use parlor_chat::{ChatEvent, ModeChange, Modes, Refusal, Target, limits};
use parlor_hub::{Attached, Denied, PersonId, Role};
use parlor_topics::TopicId;

use crate::world::{Ear, World, block_on, message, name, refused};

fn needs(role: Role) -> Refusal {
    Refusal::Denied(Denied::Needs { role })
}

fn role_of(world: &World, who: &Attached, room: TopicId) -> Role {
    let members = block_on(world.chat.members(who, room)).unwrap();
    members.iter().find(|member| member.present.person == who.person).unwrap().role
}

#[test]
fn the_matrix_holds_for_real() {
    let world = World::new();
    let owner = world.account("owner");
    let room = world.enter(&owner, "#tea");
    let chat = &world.chat;
    let victim = world.guest("victim");
    world.enter(&victim, "#tea");
    for (nick, role) in [
        ("plain", Role::None),
        ("voiced", Role::Voice),
        ("mod", Role::Moderator),
        ("boss", Role::Owner),
    ] {
        let who = world.guest(nick);
        world.enter(&who, "#tea");
        if role > Role::None {
            block_on(chat.set_role(&owner, room, who.person, role)).unwrap();
        }
        let keeps_order = role >= Role::Moderator;
        let check = |what: &str, answer: Result<(), parlor_hub::Failure<Refusal>>, may: bool| {
            assert_eq!(answer.is_ok(), may, "{nick}: {what}: {answer:?}");
        };
        block_on(chat.set_modes(
            &owner,
            room,
            ModeChange { moderated: Some(false), subject_locked: Some(false), invited_only: None },
        ))
        .unwrap();
        check("subject", block_on(chat.set_subject(&who, room, "s".into())), true);
        check("post", block_on(chat.post(&who, Target::Room(room), message("m"))).map(drop), true);
        let strict =
            ModeChange { moderated: Some(true), subject_locked: Some(true), invited_only: None };
        check("modes", block_on(chat.set_modes(&who, room, strict)), keeps_order);
        block_on(chat.set_modes(&owner, room, strict)).unwrap();
        check("locked", block_on(chat.set_subject(&who, room, "t".into())), keeps_order);
        let post = block_on(chat.post(&who, Target::Room(room), message("m"))).map(drop);
        check("moderated", post, role >= Role::Voice);
        let voice = block_on(chat.set_role(&who, room, victim.person, Role::Voice));
        check("voice", voice, keeps_order);
        let own = block_on(chat.set_role(&who, room, victim.person, Role::Owner));
        check("owner", own, role == Role::Owner);
        block_on(chat.set_role(&owner, room, victim.person, Role::None)).unwrap();
        check("demote", block_on(chat.set_role(&who, room, owner.person, Role::None)), {
            role == Role::Owner
        });
        block_on(chat.set_role(&who, room, owner.person, Role::Owner)).ok();
        check("kick", block_on(chat.kick(&who, room, victim.person, "k".into())), keeps_order);
        world.enter(&victim, "#tea");
    }
}

#[test]
fn a_kick_is_told_once_and_ends_everything() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Voice)).unwrap();
    let mut ear = Ear::new(&world.store, &[room]);
    block_on(world.chat.kick(&ann, room, bob.person, "rude".into())).unwrap();
    let heard = ear.heard();
    assert_eq!(heard.len(), 1, "no farewell besides: {heard:?}");
    match ChatEvent::decode(&heard[0]).unwrap() {
        ChatEvent::Kicked { by, person, nick, reason } => {
            assert_eq!((by.person, person), (ann.person, bob.person));
            assert_eq!((&*nick, &*reason), ("bob", "rude"));
        }
        other => panic!("{other:?}"),
    }
    let post = world.chat.post(&bob, Target::Room(room), message("why?"));
    assert_eq!(refused(post), Refusal::NotAMember);
    let again = world.chat.kick(&ann, room, bob.person, String::new());
    assert_eq!(refused(again), Refusal::NotInRoom);
    assert_eq!(world.join(&bob, "#tea").role, Role::None, "it comes back without its role");
}

#[test]
fn who_is_not_there_cannot_be_kicked_or_promoted() {
    let world = World::new();
    let (ann, bob, cid) = (world.account("ann"), world.guest("bob"), world.account("cid"));
    let room = world.enter(&ann, "#tea");
    for absent in [bob.person, cid.person] {
        let kick = world.chat.kick(&ann, room, absent, String::new());
        assert_eq!(refused(kick), Refusal::NotInRoom);
        let role = world.chat.set_role(&ann, room, absent, Role::Voice);
        assert_eq!(refused(role), Refusal::NotInRoom);
    }
    let nobody = PersonId(12_345);
    let kick = world.chat.kick(&ann, room, nobody, String::new());
    assert_eq!(refused(kick), Refusal::NoSuchPerson);
    let invite = world.chat.invite(&ann, room, nobody);
    assert_eq!(refused(invite), Refusal::NoSuchPerson);
}

#[test]
fn a_member_who_is_offline_can_be_kicked_and_promoted() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    world.link.detach(bob.session, "");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Moderator)).unwrap();
    let bob = world.account("bob");
    assert_eq!(world.join(&bob, "#tea").role, Role::Moderator);
    world.link.detach(bob.session, "");
    block_on(world.chat.kick(&ann, room, bob.person, String::new())).unwrap();
    let bob = world.account("bob");
    assert_eq!(world.join(&bob, "#tea").role, Role::Member);
}

#[test]
fn taking_a_role_leaves_an_account_a_member() {
    let world = World::new();
    let (ann, bob, eve) = (world.account("ann"), world.account("bob"), world.guest("eve"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    world.enter(&eve, "#tea");
    let set = |who: &Attached, role| block_on(world.chat.set_role(&ann, room, who.person, role));
    for who in [&bob, &eve] {
        let before = role_of(&world, who, room);
        set(who, Role::Moderator).unwrap();
        assert_eq!(role_of(&world, who, room), Role::Moderator);
        set(who, Role::None).unwrap();
        assert_eq!(role_of(&world, who, room), before);
        set(who, Role::Member).unwrap();
        assert_eq!(role_of(&world, who, room), before);
    }
    let roles = world.kinds(room).iter().filter(|kind| *kind == "chat.role").count();
    assert_eq!(roles, 4, "what changes nothing is not told");
}

#[test]
fn a_moderator_does_not_reach_an_owner() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Moderator)).unwrap();
    let kick = world.chat.kick(&bob, room, ann.person, String::new());
    assert_eq!(refused(kick), needs(Role::Owner));
    let make = world.chat.set_role(&bob, room, bob.person, Role::Owner);
    assert_eq!(refused(make), needs(Role::Owner));
}

#[test]
fn an_administrator_is_seen_and_treated_as_an_owner() {
    let world = World::new();
    let (ann, root) = (world.account("ann"), world.admin("root"));
    let room = world.enter(&ann, "#tea");
    assert_eq!(world.join(&root, "#tea").role, Role::Owner);
    assert_eq!(role_of(&world, &root, room), Role::Owner);
    assert_eq!(role_of(&world, &ann, room), Role::Owner);
    let overview = block_on(world.chat.overview(&root)).unwrap();
    assert_eq!(overview.rooms[0].role, Role::Owner);
    // What the table says of an administrator shows nowhere.
    for role in [Role::Voice, Role::Owner, Role::None] {
        block_on(world.chat.set_role(&ann, room, root.person, role)).unwrap();
        assert_eq!(role_of(&world, &root, room), Role::Owner);
    }
    assert_eq!(world.kinds(room), ["chat.created"]);
    let bob = world.guest("bob");
    world.enter(&bob, "#tea");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Moderator)).unwrap();
    let kick = world.chat.kick(&bob, room, root.person, String::new());
    assert_eq!(refused(kick), needs(Role::Owner));
    let voice = world.chat.set_role(&bob, room, root.person, Role::Voice);
    assert_eq!(refused(voice), needs(Role::Owner));
}

#[test]
fn switches_are_kept_and_told_once() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let change = ModeChange { moderated: Some(true), ..ModeChange::default() };
    for _ in 0..2 {
        block_on(world.chat.set_modes(&ann, room, change)).unwrap();
    }
    let found = block_on(world.chat.resolve(&name("#tea"))).unwrap().unwrap();
    assert_eq!(found.modes, Modes { moderated: true, ..Modes::default() });
    assert_eq!(world.kinds(room), ["chat.created", "chat.modes"]);
}

#[test]
fn who_is_in_the_room_needs_no_invitation() {
    let world = World::new();
    let (ann, bob, cid) = (world.account("ann"), world.account("bob"), world.guest("cid"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    world.link.detach(bob.session, "");
    for inside in [ann.person, bob.person] {
        let invite = world.chat.invite(&ann, room, inside);
        assert_eq!(refused(invite), Refusal::AlreadyInRoom);
    }
    block_on(world.chat.invite(&ann, room, cid.person)).unwrap();
    let invited = world.events(cid.inbox);
    match ChatEvent::decode(&invited[0]).unwrap() {
        ChatEvent::Invited { by, room: to, name } => {
            assert_eq!((by.person, to, name.as_str()), (ann.person, room, "#tea"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reason_has_an_end() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let max = limits::REASON_BYTES_MAX;
    let kick = world.chat.kick(&ann, room, ann.person, "x".repeat(max + 1));
    assert_eq!(refused(kick), Refusal::TooLong { max });
}
