//! Joining and leaving.

use parlor_chat::{ChatEvent, ModeChange, Refusal, limits};
use parlor_hub::Role;
use parlor_topics::TopicId;

use crate::world::{Ear, World, block_on, message, name, refused};

#[test]
fn who_comes_first_creates_the_room_and_owns_it() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    let joined = world.join(&ann, "#Tea");
    assert!(joined.created && joined.entered.first);
    assert_eq!((joined.role, joined.position.offset), (Role::Owner, 1));
    assert_eq!(joined.room.name.as_str(), "#Tea");
    assert_eq!(joined.room.created_at_ms, world.clock.now_ms());
    let second = world.join(&bob, "#tEA");
    assert!(!second.created && second.entered.first);
    assert_eq!((second.room.topic, second.role), (joined.room.topic, Role::None));
    assert_eq!(second.entered.members, 2);
    let again = world.join(&bob, "#tea");
    assert!(!again.entered.first && !again.created);
    assert_eq!(world.kinds(joined.room.topic), ["chat.created"]);
}

#[test]
fn a_guest_owns_what_it_creates_while_it_stays() {
    let world = World::new();
    let joined = world.join(&world.guest("bob"), "#tea");
    assert_eq!(joined.role, Role::Owner);
}

#[test]
fn the_lobby_has_no_owner_but_administrators() {
    let world = World::new();
    assert_eq!(world.chat.lobby().unwrap().as_str(), "#lobby");
    assert!(block_on(world.chat.resolve(&name("#lobby"))).unwrap().is_some());
    let (bob, ann) = (world.guest("bob"), world.admin("ann"));
    assert_eq!(world.join(&bob, "#Lobby").role, Role::None);
    assert_eq!(world.join(&ann, "#lobby").role, Role::Owner);
}

#[test]
fn a_guest_joining_a_room_writes_nothing() {
    let world = World::new();
    world.enter(&world.account("ann"), "#tea");
    let (bob, ann) = (world.guest("bob"), world.account("ann"));
    let before = world.store.stats().commits;
    world.join(&bob, "#tea");
    world.join(&ann, "#tea");
    assert_eq!(world.store.stats().commits, before, "neither does who is on its list already");
}

#[test]
fn a_member_hears_who_comes_and_goes() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    let room = world.enter(&ann, "#tea");
    let mut ear = Ear::new(&world.store, &[room]);
    world.enter(&bob, "#tea");
    let left = block_on(world.chat.part(&bob, room, "bye")).unwrap();
    assert!(left.was_here && left.last);
    assert_eq!(ear.kinds(), ["presence.entered", "presence.left"]);
    assert_eq!(refused(world.chat.part(&bob, room, "bye")), Refusal::NotAMember);
    assert_eq!(refused(world.chat.part(&bob, TopicId(99), "")), Refusal::NotAMember);
    assert_eq!(ear.kinds(), Vec::<String>::new());
}

#[test]
fn an_account_parts_with_all_its_devices() {
    let world = World::new();
    let (laptop, phone) = (world.account("ann"), world.account("ann"));
    let room = world.enter(&laptop, "#tea");
    world.enter(&phone, "#tea");
    let mut ear = Ear::new(&world.store, &[room]);
    block_on(world.chat.part(&phone, room, "bye")).unwrap();
    assert_eq!(ear.kinds(), ["presence.left"]);
    let post = world.chat.post(&laptop, parlor_chat::Target::Room(room), message("still here?"));
    assert_eq!(refused(post), Refusal::NotAMember);
    assert!(block_on(world.chat.overview(&laptop)).unwrap().rooms.is_empty());
}

#[test]
fn an_owner_who_leaves_comes_back_as_owner() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    block_on(world.chat.part(&ann, room, "")).unwrap();
    assert_eq!(world.join(&ann, "#tea").role, Role::Owner);
    let bob = world.account("bob");
    assert_eq!(world.join(&bob, "#tea").role, Role::Member);
    block_on(world.chat.part(&bob, room, "")).unwrap();
    let overview = block_on(world.chat.overview(&bob)).unwrap();
    assert!(overview.rooms.is_empty());
}

#[test]
fn rooms_are_listed_with_who_is_there() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    world.enter(&ann, "#tea");
    world.enter(&bob, "#Coffee");
    world.enter(&ann, "#coffee");
    let rooms = block_on(world.chat.rooms(&ann)).unwrap();
    let listed: Vec<_> =
        rooms.iter().map(|room| (room.room.name.as_str(), room.members, room.joined)).collect();
    assert_eq!(listed, [("#Coffee", 2, true), ("#lobby", 0, false), ("#tea", 1, true)]);
}

#[test]
fn members_come_with_their_roles() {
    let world = World::new();
    let (ann, bob, cid) = (world.account("ann"), world.guest("bob"), world.guest("cid"));
    let room = world.enter(&bob, "#tea");
    world.enter(&ann, "#tea");
    world.enter(&cid, "#tea");
    let members = block_on(world.chat.members(&cid, room)).unwrap();
    let listed: Vec<_> =
        members.iter().map(|member| (member.present.nick.as_str(), member.role)).collect();
    assert_eq!(listed, [("bob", Role::Owner), ("ann", Role::Member), ("cid", Role::None)]);
    assert!(members.iter().all(|member| member.revealed));
}

#[test]
fn the_subject_is_kept_and_told() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    let room = world.enter(&ann, "#tea");
    world.clock.advance_ms(5);
    let set = |who, subject: &str| world.chat.set_subject(who, room, subject.to_owned());
    assert_eq!(refused(set(&bob, "x")), Refusal::NotAMember);
    world.enter(&bob, "#tea");
    block_on(set(&bob, "green\ntea")).unwrap();
    let found = block_on(world.chat.resolve(&name("#tea"))).unwrap().unwrap();
    assert_eq!((&*found.subject, &*found.subject_by), ("green tea", "bob"));
    assert_eq!(found.subject_at_ms, world.clock.now_ms());
    let max = limits::SUBJECT_BYTES_MAX;
    assert_eq!(refused(set(&bob, &"x".repeat(max + 1))), Refusal::TooLong { max });
    assert_eq!(world.kinds(room), ["chat.created", "chat.subject"]);
}

#[test]
fn rooms_nobody_would_miss_go_at_the_next_start() {
    let mut world = World::new();
    let (bob, ann) = (world.guest("bob"), world.account("ann"));
    world.enter(&bob, "#empty");
    let talk = world.enter(&bob, "#talk");
    world.say(&bob, talk, "hi");
    world.enter(&ann, "#listed");
    world.restart();
    let bob = world.guest("bob");
    let rooms = block_on(world.chat.rooms(&bob)).unwrap();
    let names: Vec<_> = rooms.iter().map(|room| room.room.name.as_str()).collect();
    assert_eq!(names, ["#listed", "#lobby", "#talk"]);
    assert!(world.join(&bob, "#empty").created);
}

#[test]
fn an_account_is_in_a_bounded_number_of_rooms() {
    let world = World::new();
    let ann = world.account("ann");
    for n in 0..limits::ROOMS_PER_ACCOUNT {
        world.enter(&ann, &format!("#room-{n}"));
    }
    let more = name("#more");
    assert_eq!(refused(world.chat.join(&ann, &more)), Refusal::TooManyRooms);
    assert!(block_on(world.chat.resolve(&more)).unwrap().is_none(), "nothing was made");
}

#[test]
fn guests_that_go_through_names_leave_no_rooms_behind() {
    let world = World::new();
    let (guest, ann) = (world.guest("guest"), world.account("ann"));
    let said = world.enter(&guest, "#said");
    world.say(&guest, said, "tea");
    world.enter(&guest, "#here");
    let listed = world.enter(&ann, "#listed");
    for n in 0..limits::ROOMS_BEFORE_SWEEP {
        let room = world.enter(&guest, &format!("#room-{n}"));
        block_on(world.chat.part(&guest, room, "")).unwrap();
    }
    world.clock.advance_ms(2 * limits::ROOMS_SWEEP_MS);
    world.enter(&guest, "#one-more");
    let rooms = block_on(world.chat.rooms(&ann)).unwrap();
    let mut names: Vec<_> = rooms.iter().map(|summary| summary.room.name.to_string()).collect();
    names.sort();
    assert_eq!(names, ["#here", "#listed", "#lobby", "#one-more", "#said"]);
    assert!(block_on(world.chat.room(&ann, listed)).unwrap().is_some());
    // A name that was given up is there for others.
    assert!(world.join(&ann, "#room-1").created);
}

#[test]
fn a_guest_who_signs_in_stays_where_its_account_may_be() {
    let world = World::new();
    let (ann, guest) = (world.account("ann"), world.guest("bert"));
    let (tea, closed) = (world.enter(&ann, "#tea"), world.enter(&ann, "#closed"));
    world.enter(&guest, "#tea");
    world.enter(&guest, "#closed");
    let invited = ModeChange { invited_only: Some(true), ..ModeChange::default() };
    block_on(world.chat.set_modes(&ann, closed, invited)).unwrap();
    let mut ear = Ear::new(&world.store, &[tea, closed]);
    let bob = world.sign_in(&guest, "bob");
    assert_eq!(bob.nick.as_str(), "bert");
    let joined = block_on(world.chat.succeed(&guest, &bob, &[tea, closed])).unwrap();
    let rooms: Vec<_> = joined.iter().map(|joined| joined.room.topic).collect();
    assert_eq!((rooms, joined[0].role), (vec![tea], Role::Member));
    let told = ["presence.left", "presence.left", "presence.entered"];
    assert_eq!(ear.kinds(), told, "it leaves one room, and goes on in the other");
    assert!(bob.stay(tea).is_some() && bob.stay(closed).is_none() && guest.stay(tea).is_none());
    world.say(&bob, tea, "still here");
    let overview = block_on(world.chat.overview(&bob)).unwrap();
    assert_eq!(overview.rooms.len(), 1, "the room is on the account's list");
    let post = world.chat.post(&guest, parlor_chat::Target::Room(tea), message("and I?"));
    assert_eq!(refused(post), Refusal::NotAMember);
}

#[test]
fn a_session_that_has_left_joins_nothing() {
    let world = World::new();
    let bob = world.guest("bob");
    world.link.detach(bob.session, "");
    assert!(block_on(world.chat.join(&bob, &name("#lobby"))).is_err());
    assert!(block_on(world.link.online()).rooms == 0);
}

#[test]
fn other_devices_hear_what_is_joined_and_left_and_follow() {
    let world = World::new();
    let (laptop, phone) = (world.account("ann"), world.account("ann"));
    let mut ear = Ear::new(&world.store, &[laptop.inbox]);
    let room = world.enter(&laptop, "#tea");
    world.join(&laptop, "#tea");
    let heard = ear.heard();
    let joined = ChatEvent::Joined { room, name: name("#tea") };
    let events: Vec<_> = heard.iter().map(|event| ChatEvent::decode(event).unwrap()).collect();
    assert_eq!(events, [joined], "once, however often it is joined");

    assert!(phone.stay(room).is_none());
    let followed = block_on(world.chat.follow(&phone, room)).unwrap();
    assert_eq!((followed.room.topic, followed.role), (room, Role::Owner));
    assert!(!followed.entered.first && phone.stay(room).is_some());
    assert_eq!(ear.kinds(), Vec::<String>::new(), "following is no news");

    block_on(world.chat.part(&phone, room, "tea is cold")).unwrap();
    let events: Vec<_> = ear.heard().iter().filter_map(ChatEvent::decode).collect();
    assert_eq!(events, [ChatEvent::Parted { room, reason: "tea is cold".into() }]);
    assert!(laptop.stay(room).is_none());
    // Too late: the account has left, and following does not bring it back.
    assert_eq!(refused(world.chat.follow(&phone, room)), Refusal::NotAMember);
    assert!(block_on(world.link.whereabouts(phone.person)).is_empty());
}

#[test]
fn an_account_belongs_to_a_room_without_entering_it() {
    let world = World::new();
    let ann = world.account("ann");
    let enlisted = block_on(world.chat.enlist(&ann, &name("#tea"))).unwrap();
    assert!(enlisted.created && ann.stay(enlisted.room.topic).is_none());
    assert_eq!(block_on(world.link.whereabouts(ann.person)), [enlisted.room.topic]);
    world.say(&ann, enlisted.room.topic, "from a program");
    assert!(!block_on(world.chat.enlist(&ann, &name("#Tea"))).unwrap().created);
    let guest = world.guest("guest");
    assert_eq!(refused(world.chat.enlist(&guest, &name("#tea"))), Refusal::NeedsAccount);
    // One that does not stay is not there without a session.
    let bob = world.account("bob");
    let id = bob.account.as_ref().unwrap().id;
    block_on(world.link.set_always_on(id, false)).unwrap();
    block_on(world.chat.enlist(&bob, &name("#tea"))).unwrap();
    assert!(block_on(world.link.whereabouts(bob.person)).is_empty());
}

#[test]
fn rooms_that_look_like_another_are_not_made() {
    let mut world = World::new();
    let ann = world.account("ann");
    for (there, alike) in
        [("#tea", "#tеа"), ("#Кофе", "#кофе"), ("#ооо", "#ooo"), ("#caf\u{e9}", "#cafe\u{301}")]
    {
        world.join(&ann, there);
        let refusal = refused(world.chat.join(&ann, &name(alike)));
        assert_eq!(refusal, Refusal::NameLooksTaken, "{there} {alike}");
        world.join(&ann, there);
    }
    for hidden in ["#te\u{200b}a", "#\u{202e}aet", "#\u{feff}tea", "#t\u{2066}ea"] {
        assert_eq!(refused(world.chat.join(&ann, &name(hidden))), Refusal::HiddenLetters);
    }
    for fine in ["#teа-stube", "#☕", "#お茶", "#cafe", "#TEA"] {
        world.join(&ann, fine);
    }
    // A room that an earlier version made is as good as any.
    world.forget_looks();
    world.restart();
    let ann = world.account("ann");
    world.join(&ann, "#Кофе");
    assert_eq!(refused(world.chat.join(&ann, &name("#кофе"))), Refusal::NameLooksTaken);
}
