//! Accounts that stay through the handle: over restarts, by their own wish, and for how long.

use std::sync::{Arc, Mutex};

use parlor_hub::{
    Account, HubOptions, Identity,
    limits::{LOOK_ROUND_MS, RESIDENT_MS_MAX, SEEN_STALE_MS},
};
use parlor_topics::TopicId;

use crate::{
    presence::{enter, room, told},
    world::{Ear, OPTIONS, World, block_on, client},
};

const GONE: &str = "ann away Some(\"Not connected\")";

/// Settles everybody in one topic; returns who was asked about, in this order.
fn settle(world: &World, topic: TopicId) -> Vec<String> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&asked);
    let settled = world.link.settle(move |_, account| {
        names.lock().unwrap().push(account.name.to_string());
        Ok(vec![topic])
    });
    block_on(settled).unwrap();
    asked.lock().unwrap().clone()
}

/// Lets an account be here once, and waits until that is noted on the disk.
fn be_here(world: &World, name: &str) {
    let account = block_on(world.link.account(name)).unwrap().unwrap();
    let who = world.attach(Identity::Account(account.clone()), name).unwrap();
    let noted = || {
        let sql = "SELECT seen_ms FROM hub_account WHERE id = ?1";
        let read = world.store.read(move |snapshot| {
            snapshot.query_one(sql, parlor_topics::params![account.id.0], |row| row.get::<u64>(0))
        });
        block_on(read).unwrap().unwrap()
    };
    while world.clock.now_ms() - noted() >= SEEN_STALE_MS {
        std::thread::yield_now();
    }
    world.link.detach(who.session, "gone");
}

/// ann has been here and is in a room, not connected; somebody listens there.
fn ann_stays_away() -> (World, Ear) {
    let world = World::new();
    let room = room(&world);
    world.register("ann");
    be_here(&world, "ann");
    settle(&world, room);
    let ear = Ear::new(&world.store, &[room]);
    (world, ear)
}

#[test]
fn an_account_stays_and_comes_back() {
    let world = World::new();
    let room = room(&world);
    let account = world.register("ann");
    let mut ear = Ear::new(&world.store, &[room]);
    let ann = world.attach(Identity::Account(account.clone()), "ann").unwrap();
    enter(&world, &ann, room);
    world.link.detach(ann.session, "gone");
    assert!(!block_on(world.link.find("ann")).unwrap().connected);
    assert_eq!(told(&mut ear), ["ann entered", GONE]);
    assert_eq!(block_on(world.link.members(room)).len(), 1);
    let visit = block_on(world.link.visit(account.clone(), client())).unwrap();
    world.link.detach(visit.session, "");
    let back = world.attach(Identity::Account(account), "ann").unwrap();
    assert!(back.first && back.always_on);
    enter(&world, &back, room);
    assert_eq!(told(&mut ear), ["ann away None"]);
    let online = block_on(world.link.online());
    assert_eq!((online.people, online.residents, online.sessions), (1, 0, 1));
}

#[test]
fn who_was_here_lately_is_there_after_a_restart() {
    let mut world = World::new();
    let room = room(&world);
    for name in ["ann", "bob", "cid", "never"] {
        world.register(name);
    }
    for name in ["ann", "bob", "cid"] {
        be_here(&world, name);
        world.clock.advance_ms(1);
    }
    world.restart();
    assert_eq!(settle(&world, room), ["cid", "bob", "ann"], "the last one first");
    assert_eq!(block_on(world.link.members(room)).len(), 3);
    world.clock.advance_ms(RESIDENT_MS_MAX - 3);
    world.restart();
    assert_eq!(settle(&world, room), ["cid", "bob"]);
    world.clock.advance_ms(2);
    world.restart();
    assert_eq!(settle(&world, room), Vec::<String>::new());
    assert_eq!(block_on(world.link.online()), Default::default());
}

#[test]
fn an_account_says_itself_whether_it_stays() {
    let mut world = World::with(HubOptions { always_on: false, ..OPTIONS });
    let room = room(&world);
    let (ann, bob) = (world.register("ann"), world.register("bob"));
    assert!(!block_on(world.link.always_on(ann.id)).unwrap());
    block_on(world.link.set_always_on(ann.id, true)).unwrap();
    assert!(block_on(world.link.always_on(ann.id)).unwrap());
    be_here(&world, "ann");
    be_here(&world, "bob");
    world.restart();
    assert_eq!(settle(&world, room), ["ann"]);
    let mut ear = Ear::new(&world.store, &[room]);
    block_on(world.link.set_always_on(ann.id, false)).unwrap();
    assert!(block_on(world.link.find("ann")).is_none());
    assert_eq!(told(&mut ear), ["ann quit does not stay any more"]);
    let bob = world.attach(Identity::Account(bob), "bob").unwrap();
    enter(&world, &bob, room);
    world.link.detach(bob.session, "gone");
    assert!(block_on(world.link.find("bob")).is_none());
    assert_eq!(told(&mut ear), ["bob entered", "bob quit gone"]);
}

#[test]
fn who_stays_away_for_too_long_leaves() {
    let (world, mut ear) = ann_stays_away();
    world.clock.advance_ms(RESIDENT_MS_MAX + LOOK_ROUND_MS);
    // The next question sees to it, once it is answered.
    while block_on(world.link.find("ann")).is_some() {}
    assert_eq!(told(&mut ear), ["ann quit not connected for 30 days"]);
}

#[test]
fn a_removed_account_is_gone_with_all_its_rows() {
    let (world, mut ear) = ann_stays_away();
    block_on(world.link.remove_account("ann")).unwrap();
    assert!(block_on(world.link.find("ann")).is_none());
    assert_eq!(told(&mut ear), ["ann quit account removed"]);
    assert_eq!(world.count("hub_transient"), 0);
}

const GRACE: HubOptions = HubOptions { absence_grace_ms: 5_000, ..OPTIONS };

/// Lets ann be in a room, and lets her last device go.
fn gone(world: &World, room: TopicId) -> Account {
    let account = world.register("ann");
    let ann = world.attach(Identity::Account(account.clone()), "ann").unwrap();
    enter(world, &ann, room);
    world.link.detach(ann.session, "gone");
    account
}

#[test]
fn a_page_that_is_loaded_again_is_away_to_nobody() {
    let world = World::with(GRACE);
    let room = room(&world);
    let mut ear = Ear::new(&world.store, &[room]);
    let account = gone(&world, room);
    world.clock.advance_ms(4_999);
    assert!(block_on(world.link.find("ann")).unwrap().connected);
    let back = world.attach(Identity::Account(account), "ann").unwrap();
    assert!(back.first);
    world.clock.advance_ms(10_000);
    for _ in 0..3 {
        assert!(block_on(world.link.find("ann")).unwrap().connected);
    }
    assert_eq!(told(&mut ear), ["ann entered"]);
    // One that is not back is told of, in the quiet after the next question.
    world.link.detach(back.session, "gone");
    block_on(world.link.find("ann"));
    world.clock.advance_ms(5_000);
    while block_on(world.link.find("ann")).unwrap().connected {}
    assert_eq!(told(&mut ear), [GONE]);
}

#[test]
fn the_end_of_the_grace_needs_no_question() {
    let world = World::with(HubOptions { absence_grace_ms: 1, ..OPTIONS });
    let room = room(&world);
    gone(&world, room);
    let mut ear = Ear::new(&world.store, &[room]);
    assert!(block_on(world.link.find("ann")).unwrap().connected);
    world.clock.advance_ms(1);
    let heard = std::iter::repeat_with(|| told(&mut ear)).find(|heard| !heard.is_empty());
    assert_eq!(heard.unwrap(), [GONE]);
}

#[test]
fn a_stop_within_the_grace_leaves_who_stays_without_a_device() {
    let mut world = World::with(GRACE);
    let room = room(&world);
    let account = gone(&world, room);
    assert!(block_on(world.link.find("ann")).unwrap().connected);
    world.restart();
    assert_eq!(settle(&world, room), ["ann"]);
    let there = block_on(world.link.members(room));
    assert!(!there[0].connected && there[0].away.as_deref() == Some("Not connected"));
    let mut ear = Ear::new(&world.store, &[room]);
    world.attach(Identity::Account(account), "ann").unwrap();
    assert_eq!(told(&mut ear), ["ann = Real Name", "ann away None"]);
}
