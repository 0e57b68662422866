//! Saying something.

use parlor_chat::{ChatEvent, MessageKind, NewMessage, Page, Refusal, Scope, Target, limits};
use parlor_hub::{Nick, PersonId, limits::QUIET_MEMBERS};
use parlor_topics::TopicId;

use crate::world::{Ear, World, block_on, keyed, message, refused};

#[test]
fn what_is_answered_as_posted_is_there() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let mut ear = Ear::new(&world.store, &[room]);
    world.clock.advance_ms(7);
    let waves = NewMessage { kind: MessageKind::Action, ..message("waves") };
    let posted = block_on(world.chat.post(&bob, Target::Room(room), waves)).unwrap();
    assert_eq!((posted.topic, posted.offset, posted.repeated), (room, 2, false));
    assert_eq!(posted.at_ms, world.clock.now_ms());
    let heard = ear.heard();
    assert_eq!((heard.len(), heard[0].actor), (1, bob.person.0));
    let Some(ChatEvent::Posted(message)) = ChatEvent::decode(&heard[0]) else {
        panic!("{heard:?}")
    };
    assert_eq!((message.msgid.clone(), message.at_ms), (posted.msgid, posted.at_ms));
    assert_eq!((message.topic, message.offset), (room, 2));
    assert_eq!((&*message.text, message.kind, &message.to), ("waves", MessageKind::Action, &None));
    let author = &message.author;
    assert_eq!((&*author.nick, &*author.user, &*author.host), ("bob", "bob", "host"));
    assert_eq!((author.person, &author.account), (bob.person, &None));
    let page = block_on(world.chat.history(&ann, Scope::Room(room), Page::latest(10))).unwrap();
    assert_eq!(page.messages, [message]);
}

#[test]
fn a_retry_posts_nothing_new() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let post = |who, text: &str| {
        block_on(world.chat.post(who, Target::Room(room), keyed(text, "k1"))).unwrap()
    };
    let first = post(&ann, "once");
    world.clock.advance_ms(1000);
    for text in ["once", "something else"] {
        let again = post(&ann, text);
        assert!(again.repeated);
        assert_eq!((&again.msgid, again.offset), (&first.msgid, first.offset));
        assert_eq!(again.at_ms, first.at_ms);
    }
    assert!(!post(&bob, "mine").repeated, "a key is a person's own");
    assert_eq!(world.kinds(room).len(), 3);
}

#[test]
fn a_retry_of_a_direct_message_posts_nothing_new() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let to = Target::Person(bob.person, bob.nick.clone());
    let first = block_on(world.chat.post(&ann, to.clone(), keyed("psst", "k"))).unwrap();
    let again = block_on(world.chat.post(&ann, to, keyed("psst", "k"))).unwrap();
    assert!(again.repeated && again.msgid == first.msgid && again.topic == ann.inbox);
    assert_eq!((world.kinds(ann.inbox).len(), world.kinds(bob.inbox).len()), (1, 1));
}

#[test]
fn what_a_key_named_may_be_gone() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let post = || block_on(world.chat.post(&ann, Target::Room(room), keyed("x", "k"))).unwrap();
    let first = post();
    let trimmed = world.store.write::<_, ()>(move |tx| Ok(tx.trim(room, first.offset + 1)?));
    block_on(trimmed).unwrap();
    assert!(!post().repeated);
    assert!(!post().repeated, "a lost key is no longer good for anything, and harms nothing");
}

#[test]
fn a_direct_message_is_one_message_in_two_inboxes() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    let mut ear = Ear::new(&world.store, &[ann.inbox, bob.inbox]);
    let posted = world.tell(&ann, &bob, "psst");
    assert_eq!(posted.topic, ann.inbox, "the author's own copy is the answer");
    let heard = ear.heard();
    let topics: Vec<_> = heard.iter().map(|event| event.topic).collect();
    assert!(topics.contains(&ann.inbox) && topics.contains(&bob.inbox) && topics.len() == 2);
    for event in &heard {
        let Some(ChatEvent::Posted(message)) = ChatEvent::decode(event) else {
            panic!("{event:?}")
        };
        assert_eq!(message.msgid, posted.msgid);
        let to = message.to.unwrap();
        assert_eq!((to.person, &*to.nick), (bob.person, "bob"));
    }
    world.tell(&bob, &ann, "what?");
    for (who, with) in [(&ann, &bob), (&bob, &ann)] {
        let page = world.chat.history(who, Scope::Direct(with.person), Page::latest(10));
        let page = block_on(page).unwrap();
        let texts: Vec<_> = page.messages.iter().map(|message| &*message.text).collect();
        assert_eq!(texts, ["psst", "what?"]);
    }
}

#[test]
fn somebody_may_talk_to_itself() {
    let world = World::new();
    let ann = world.account("ann");
    world.tell(&ann, &ann, "note");
    assert_eq!(world.kinds(ann.inbox), ["chat.posted"]);
    let page = world.chat.history(&ann, Scope::Direct(ann.person), Page::latest(10));
    assert_eq!(block_on(page).unwrap().messages.len(), 1);
}

#[test]
fn an_account_that_is_offline_still_gets_it_and_a_guest_that_left_does_not() {
    let world = World::new();
    let (ann, bob, cid) = (world.guest("ann"), world.account("bob"), world.guest("cid"));
    for gone in [&bob, &cid] {
        world.link.detach(gone.session, "");
    }
    world.tell(&ann, &bob, "later");
    assert_eq!(world.kinds(bob.inbox), ["chat.posted"]);
    let bob = world.account("bob");
    assert_eq!(block_on(world.chat.overview(&bob)).unwrap().direct[0].unread, 1);
    // The hub clears up when it has nothing else to do.
    let to_cid = || {
        let target = Target::Person(cid.person, cid.nick.clone());
        block_on(world.chat.post(&ann, target, message("x")))
    };
    while to_cid().is_ok() {
        std::thread::yield_now();
    }
    assert_eq!(refused(async { to_cid() }), Refusal::NoSuchPerson);
    let nobody = Target::Person(PersonId(77), Nick::new("x").unwrap());
    assert_eq!(refused(world.chat.post(&ann, nobody, message("x"))), Refusal::NoSuchPerson);
}

#[test]
fn who_is_not_in_the_room_says_nothing_there() {
    let world = World::new();
    let (ann, bob, cid) = (world.account("ann"), world.guest("bob"), world.account("cid"));
    let room = world.enter(&ann, "#tea");
    for outside in [&bob, &cid] {
        let post = world.chat.post(outside, Target::Room(room), message("x"));
        assert_eq!(refused(post), Refusal::NotAMember);
        let relay = world.chat.relay(outside, Target::Room(room), "x".into());
        assert_eq!(refused(relay), Refusal::NotAMember);
    }
    let nowhere = world.chat.post(&ann, Target::Room(TopicId(999)), message("x"));
    assert_eq!(refused(nowhere), Refusal::NoSuchRoom);
}

#[test]
fn a_member_may_post_without_being_there() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    world.link.detach(ann.session, "");
    let script = world.account("ann");
    world.say(&script, room, "posted by a program");
}

#[test]
fn bad_messages_are_refused_before_anything_is_written() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let commits = world.store.stats().commits;
    let post = |message| refused(world.chat.post(&ann, Target::Room(room), message));
    let max = limits::TEXT_BYTES_MAX;
    assert_eq!(post(message("")), Refusal::Empty);
    assert_eq!(post(message(&"x".repeat(max + 1))), Refusal::TooLong { max });
    assert_eq!(post(keyed("x", "")), Refusal::Malformed);
    let max = limits::KEY_BYTES_MAX;
    assert_eq!(post(keyed("x", &"k".repeat(max + 1))), Refusal::TooLong { max });
    assert_eq!(world.store.stats().commits, commits);
}

#[test]
fn what_is_passed_on_is_heard_and_not_kept() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.guest("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let mut ear = Ear::new(&world.store, &[room, ann.inbox, bob.inbox]);
    let text = "\u{1}PING 1\u{1}";
    block_on(world.chat.relay(&ann, Target::Room(room), text.into())).unwrap();
    let to = Target::Person(bob.person, bob.nick.clone());
    block_on(world.chat.relay(&ann, to, text.into())).unwrap();
    let heard = ear.heard();
    let topics: Vec<_> = heard.iter().map(|event| (event.topic, event.offset)).collect();
    assert_eq!(topics.len(), 3, "{heard:?}");
    for topic in [room, ann.inbox, bob.inbox] {
        assert!(topics.contains(&(topic, 0)));
    }
    for event in &heard {
        let Some(ChatEvent::Relayed { by, to, text: said }) = ChatEvent::decode(event) else {
            panic!("{event:?}")
        };
        assert_eq!((by.person, &*said), (ann.person, text));
        assert_eq!(to.map(|to| to.person), (event.topic != room).then_some(bob.person));
    }
    assert_eq!(world.kinds(room), ["chat.created"]);
    assert_eq!(world.kinds(bob.inbox), Vec::<String>::new());
}

#[test]
fn who_speaks_in_a_quiet_room_is_introduced_first() {
    let world = World::new();
    let people: Vec<_> = (0..=QUIET_MEMBERS).map(|n| world.guest(&format!("g{n}"))).collect();
    let mut room = TopicId(0);
    for person in &people {
        room = world.enter(person, "#big");
    }
    let mut ear = Ear::new(&world.store, &[room]);
    let last = people.last().unwrap();
    world.say(last, room, "hello");
    world.say(last, room, "again");
    assert_eq!(ear.kinds(), ["presence.entered", "chat.posted", "chat.posted"]);
}

#[test]
fn posting_is_one_transaction() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let before = world.store.stats().commits;
    for n in 0..10 {
        world.say(&ann, room, &n.to_string());
    }
    assert_eq!(world.store.stats().commits - before, 10);
}

/// Many people say something at the same time: every answer is true, and nothing is there twice.
#[test]
fn many_speak_at_once() {
    let world = World::new();
    let people: Vec<_> = (0..8).map(|n| world.guest(&format!("g{n}"))).collect();
    let room = world.enter(&people[0], "#tea");
    for person in &people {
        world.enter(person, "#tea");
    }
    let mut answered: Vec<_> = std::thread::scope(|scope| {
        let world = &world;
        let threads: Vec<_> = people
            .iter()
            .map(|person| {
                scope.spawn(move || {
                    let say = |n: u32| (world.say(person, room, &n.to_string()).offset, n);
                    (0..50).map(say).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    answered.sort_unstable();
    let offsets: Vec<_> = answered.iter().map(|(offset, _)| *offset).collect();
    assert_eq!(offsets, (2..=401).collect::<Vec<u64>>());
    let events = world.events(room);
    for (offset, n) in answered {
        let event = &events[usize::try_from(offset).unwrap() - 1];
        let Some(ChatEvent::Posted(message)) = ChatEvent::decode(event) else { panic!() };
        assert_eq!(message.text, n.to_string());
    }
}
