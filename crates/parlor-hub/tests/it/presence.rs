//! Presence through the handle: who is told what, and in which order.

use parlor_hub::{
    Attached, Capacity, Identity,
    event::PresenceEvent,
    limits::{ACTIVE_STALE_MS, QUIET_MEMBERS},
};
use parlor_topics::{Retention, TopicId};

use crate::world::{Ear, World, block_on};

pub(crate) fn room(world: &World) -> TopicId {
    let made = world.store.write::<_, ()>(|tx| Ok(tx.topic("room", Retention::Forever)?));
    block_on(made).unwrap().value
}

pub(crate) fn enter(world: &World, who: &Attached, topic: TopicId) {
    let entered = block_on(world.link.enter(who.session, topic, Capacity::Member)).unwrap();
    who.keep(topic, entered.stay);
}

pub(crate) fn told(ear: &mut Ear) -> Vec<String> {
    let heard = ear.heard();
    heard
        .iter()
        .map(|event| match PresenceEvent::decode(event).unwrap() {
            PresenceEvent::Entered(event) => format!("{} entered", event.nick),
            PresenceEvent::Left(event) => {
                format!(
                    "{} {} {}",
                    event.nick,
                    if event.quit { "quit" } else { "left" },
                    event.reason
                )
            }
            PresenceEvent::Renamed(event) => format!("{} is {}", event.old, event.new),
            PresenceEvent::Away(event) => format!("{} away {:?}", event.nick, event.text),
            PresenceEvent::Realname(event) => format!("{} = {}", event.nick, event.realname),
            PresenceEvent::Bot(event) => format!("{} bot {}", event.nick, event.bot),
            PresenceEvent::Online(event) => format!("{} online", event.nick),
            PresenceEvent::Offline(event) => format!("{} offline", event.nick),
        })
        .collect()
}

#[test]
fn what_was_answered_has_been_told() {
    let world = World::new();
    let room = room(&world);
    let mut ear = Ear::new(&world.store, &[room]);
    let ann = world.guest("ann");
    enter(&world, &ann, room);
    assert_eq!(told(&mut ear), ["ann entered"]);
    block_on(world.link.rename(ann.session, &"anna".parse().unwrap())).unwrap();
    assert_eq!(told(&mut ear), ["ann is anna"]);
    block_on(world.link.set_away(ann.session, Some("tea".into())));
    assert_eq!(told(&mut ear), ["anna away Some(\"tea\")"]);
    block_on(world.link.set_away(ann.session, None));
    assert_eq!(told(&mut ear), ["anna away None"]);
    block_on(world.link.leave(ann.session, room, "bye"));
    assert_eq!(told(&mut ear), ["anna left bye"]);
    enter(&world, &ann, room);
    world.link.detach(ann.session, "gone");
    assert!(block_on(world.link.find("anna")).is_none());
    assert_eq!(told(&mut ear), ["anna entered", "anna quit gone"]);
}

#[test]
fn a_proof_ends_with_the_stay() {
    let world = World::new();
    let room = room(&world);
    let ann = world.guest("ann");
    assert!(ann.stay(room).is_none());
    enter(&world, &ann, room);
    assert!(ann.stay(room).unwrap().is_revealed());
    block_on(world.link.remove_from(ann.person, room));
    assert!(ann.stay(room).is_none());
    enter(&world, &ann, room);
    assert!(ann.clone().stay(room).is_some(), "clones are the same session");
    ann.forget(room);
    assert!(ann.stay(room).is_none());
}

#[test]
fn people_are_found_and_counted() {
    let world = World::new();
    let room = room(&world);
    let account = world.register("Ann");
    let ann = world.attach(Identity::Account(account.clone()), "Ann").unwrap();
    let phone = world.attach(Identity::Account(account), "other").unwrap();
    assert!(!phone.first && phone.nick.as_str() == "Ann" && phone.inbox == ann.inbox);
    let bob = world.guest("bob");
    enter(&world, &ann, room);
    enter(&world, &phone, room);
    let online = block_on(world.link.online());
    assert_eq!((online.people, online.guests, online.sessions), (1, 1, 3));
    assert_eq!((online.rooms, online.max), (1, 2));
    let found = block_on(world.link.find("ANN")).unwrap();
    assert_eq!(found.account.as_ref().unwrap().as_str(), "Ann");
    assert_eq!((&*found.user, &*found.host, &*found.realname), ("user", "host", "Real Name"));
    assert_eq!(found.signed_on_ms, world.clock.now_ms());
    let members = block_on(world.link.members(room));
    assert_eq!(members.iter().map(|m| m.nick.as_str()).collect::<Vec<_>>(), ["Ann"]);
    assert_eq!(block_on(world.link.counts(vec![room, TopicId(999)])), [1, 0]);
    let people = block_on(world.link.people(vec![bob.person, parlor_hub::PersonId(77)]));
    assert_eq!(people.len(), 1);
    assert_eq!(block_on(world.link.whereabouts(ann.person)), [room]);
    assert_eq!(block_on(world.link.everyone(1)).len(), 1);
}

#[test]
fn idle_times_cost_no_message() {
    let world = World::new();
    let ann = world.guest("ann");
    let active = || block_on(world.link.find("ann")).unwrap().active_ms();
    let start = world.clock.now_ms();
    world.clock.advance_ms(ACTIVE_STALE_MS - 1);
    world.link.touch(&ann);
    assert_eq!(active(), start);
    world.clock.advance_ms(1);
    world.link.touch(&ann);
    assert_eq!(active(), start + ACTIVE_STALE_MS);
}

#[test]
fn a_guest_with_the_name_of_an_account_is_renamed_when_its_owner_comes() {
    let world = World::new();
    let room = room(&world);
    let guest = world.guest("ann");
    enter(&world, &guest, room);
    let account = world.register("ann");
    let mut ear = Ear::new(&world.store, &[room, guest.inbox]);
    world.attach(Identity::Account(account), "ann").unwrap();
    let told = told(&mut ear);
    assert_eq!(told.len(), 2, "the room and the guest itself: {told:?}");
    assert!(told[0].starts_with("ann is Guest-"), "{told:?}");
    assert!(!block_on(world.link.find("ann")).unwrap().person.is_guest());
}

#[test]
fn many_people_enter_one_room() {
    let world = World::new();
    let room = room(&world);
    let mut ear = Ear::new(&world.store, &[room]);
    let people: Vec<_> = (0..QUIET_MEMBERS + 50).map(|n| world.guest(&format!("g{n}"))).collect();
    for person in &people {
        enter(&world, person, room);
    }
    assert_eq!(told(&mut ear).len(), QUIET_MEMBERS);
    let last = people.last().unwrap();
    assert!(!last.stay(room).unwrap().is_revealed());
    block_on(world.link.reveal(last.session, room));
    assert_eq!(told(&mut ear), [format!("{} entered", last.nick)]);
    for person in &people {
        world.link.detach(person.session, "");
    }
    assert_eq!(block_on(world.link.online()).guests, 0);
    assert_eq!(told(&mut ear).len(), QUIET_MEMBERS + 1);
}

#[test]
fn of_guests_nothing_is_left_after_a_restart() {
    let mut world = World::new();
    let room = room(&world);
    let ann = world.guest("ann");
    enter(&world, &ann, room);
    world.restart();
    assert_eq!(block_on(world.link.members(room)).len(), 0);
    assert_eq!(block_on(world.link.online()), Default::default());
    assert!(block_on(world.link.enter(ann.session, room, Capacity::Member)).is_err());
    assert!(world.attach(Identity::Guest, "ann").is_ok());
}
