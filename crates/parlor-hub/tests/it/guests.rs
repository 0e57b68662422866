//! Guests: people who leave nothing behind.

use parlor_hub::{Failure, GUEST_BASE, Identity, NickRefusal, Role, Settings, establish, role};
use parlor_topics::Retention;

use crate::world::{World, block_on};

#[test]
fn a_guest_has_an_inbox_while_it_stays() {
    let world = World::new();
    let guest = world.guest("guest");
    assert!(guest.person.is_guest() && guest.person.0 >= GUEST_BASE && guest.first);
    assert!(guest.person.0 < 1 << 53, "exact as a JavaScript number");
    assert!(guest.account.is_none() && !guest.actor().admin);
    let inbox = guest.inbox;
    assert!(block_on(world.store.read(move |snapshot| snapshot.position(inbox))).is_ok());
    world.link.detach(guest.session, "bye");
    settle(&world);
    assert!(block_on(world.store.read(move |snapshot| snapshot.position(inbox))).is_err());
    assert_eq!(world.count("hub_transient"), 0);
}

/// Waits until the hub has cleared up: it does so whenever it has nothing else to do, and the
/// store does what it is told in order. What the store has not done yet is waited for first: a
/// guest that nobody waits for may have its row still to come.
fn settle(world: &World) {
    for _ in 0..2 {
        block_on(world.link.online());
        let nothing = world.store.write::<(), std::convert::Infallible>(|_| Ok(()));
        assert!(block_on(nothing).is_ok());
    }
    while world.count("hub_transient")
        > u64::try_from(block_on(world.link.online()).guests).unwrap()
    {
        std::thread::yield_now();
    }
}

#[test]
fn what_a_guest_was_goes_with_it() {
    let mut world = World::new();
    let guest = world.guest("guest");
    let person = guest.person;
    let made = world.store.write::<_, ()>(move |tx| {
        let topic = tx.topic("room", Retention::Forever)?;
        let access = parlor_hub::Access::Open;
        let settings = Settings { access, moderated: false, subject_locked: false, locked: false };
        establish(tx, topic, settings, Some(person))?;
        Ok(topic)
    });
    let topic = block_on(made).unwrap().value;
    let owner = world.store.read(move |snapshot| role(snapshot, topic, person));
    assert_eq!(block_on(owner).unwrap(), Role::Owner);
    // The server stops without a farewell; the next start clears up.
    world.restart();
    settle(&world);
    let left = world.store.read(move |snapshot| role(snapshot, topic, person));
    assert_eq!(block_on(left).unwrap(), Role::None);
    assert_eq!(block_on(world.link.online()).guests, 0);
}

#[test]
fn a_refused_guest_leaves_nothing() {
    let world = World::new();
    world.guest("guest");
    let why = world.attach(Identity::Guest, "GUEST").unwrap_err();
    assert_eq!(why, Failure::Refused(NickRefusal::InUse));
    assert_eq!(world.count("hub_transient"), 1);
    assert_eq!(block_on(world.link.online()).sessions, 1);
}

#[test]
fn an_attach_nobody_waits_for_is_undone() {
    use std::task::{Context, Poll, Waker};
    let world = World::new();
    let nick = parlor_hub::Nick::new("ghost").unwrap();
    // Dropped after one, two, … turns: whatever it had done by then is undone.
    for turns in 0..6 {
        let mut attach =
            Box::pin(world.link.attach(Identity::Guest, &nick, crate::world::client()));
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..turns {
            if let Poll::Ready(attached) = attach.as_mut().poll(&mut cx) {
                world.link.detach(attached.unwrap().session, "");
                break;
            }
            // Each question in between makes sure that the answer to the last one is there.
            block_on(world.link.online());
        }
        drop(attach);
        while block_on(world.link.online()).sessions > 0 {
            std::thread::yield_now();
        }
    }
    settle(&world);
    assert_eq!(world.count("hub_transient"), 0);
}
