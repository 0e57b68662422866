//! Paging, finding and marking as read.

use parlor_chat::{ChatEvent, Mark, Message, Moment, Page, Refusal, Scope, limits};
use parlor_hub::Attached;
use parlor_topics::TopicId;
use proptest::prelude::*;

use crate::world::{Ear, World, block_on, refused};

fn page(world: &World, who: &Attached, scope: Scope, page: Page) -> (Vec<u64>, bool) {
    let page = block_on(world.chat.history(who, scope, page)).unwrap();
    (page.messages.iter().map(|message| message.offset).collect(), page.more)
}

#[test]
fn a_page_around_a_message_has_both_sides() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let said: Vec<_> = (0..9).map(|n| world.say(&ann, room, &n.to_string())).collect();
    let around = |offset, limit| {
        let page = Page::around(offset, limit);
        let page = block_on(world.chat.history(&ann, Scope::Room(room), page)).unwrap();
        let texts: String = page.messages.iter().map(|message| &*message.text).collect();
        (texts, page.more, page.more_after)
    };
    assert_eq!(around(said[4].offset, 4), ("3456".into(), true, true));
    assert_eq!(around(said[4].offset, 1), ("4".into(), true, true));
    assert_eq!(around(said[0].offset, 4), ("012".into(), false, true));
    assert_eq!(around(said[8].offset, 4), ("78".into(), true, false));
    assert_eq!(around(said[4].offset, 100), ("012345678".into(), false, false));
    assert_eq!(around(0, 4), ("01".into(), false, true));
    assert_eq!(around(u64::MAX, 4), ("78".into(), true, false));
}

#[test]
fn pages_have_exclusive_bounds_and_say_whether_there_is_more() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let scope = Scope::Room(room);
    assert_eq!(page(&world, &ann, scope, Page::latest(5)), (vec![], false));
    for n in 0..10 {
        world.say(&ann, room, &n.to_string());
    }
    // The room was created by event 1, so the messages are 2 to 11.
    for (wanted, offsets, more) in [
        (Page::latest(3), vec![9, 10, 11], true),
        (Page::latest(10), (2..=11).collect(), false),
        (Page::before(9, 3), vec![6, 7, 8], true),
        (Page::before(5, 3), vec![2, 3, 4], false),
        (Page::before(2, 3), vec![], false),
        (Page::before(0, 3), vec![], false),
        (Page::before(u64::MAX, 1), vec![11], true),
        (Page::after(0, 3), vec![2, 3, 4], true),
        (Page::after(8, 3), vec![9, 10, 11], false),
        (Page::after(8, 2), vec![9, 10], true),
        (Page::after(11, 3), vec![], false),
        (Page::after(u64::MAX, 3), vec![], false),
        (Page::latest(0), vec![11], true),
    ] {
        assert_eq!(page(&world, &ann, scope, wanted), (offsets, more), "{wanted:?}");
    }
    let whole = block_on(world.chat.history(&ann, scope, Page::latest(3))).unwrap();
    assert_eq!(whole.position.offset, 11);
}

#[test]
fn a_page_is_bounded() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    for n in 0..=limits::PAGE_MAX {
        world.say(&ann, room, &n.to_string());
    }
    let (offsets, more) = page(&world, &ann, Scope::Room(room), Page::latest(1_000_000));
    assert_eq!((offsets.len(), more), (limits::PAGE_MAX, true));
}

/// Somebody says something, or something else happens in between.
#[derive(Clone, Copy, Debug)]
enum Step {
    Say,
    Subject,
    Tell(u8),
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Say),
        1 => Just(Step::Subject),
        3 => (0..3u8).prop_map(Step::Tell),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    // A world for each case is dear; the cases are long instead.
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// However the pages are cut, forwards or backwards, they hold every message of the room and of
    /// each conversation exactly once and in order; and what is unread adds up.
    #[test]
    fn paging_visits_every_message_once(
        steps in any_steps(),
        limit in 1..9usize,
        reads in proptest::collection::vec((0..4usize, 0..60u64), 0..12),
    ) {
        let world = World::new();
        let (ann, bob) = (world.account("ann"), world.account("bob"));
        let others: Vec<_> = (0..3).map(|n| world.account(&format!("other{n}"))).collect();
        let room = world.enter(&ann, "#tea");
        world.enter(&bob, "#tea");
        for (n, step) in steps.iter().enumerate() {
            match step {
                Step::Say if n % 3 == 0 => drop(world.say(&ann, room, "own")),
                Step::Say => drop(world.say(&bob, room, "x")),
                Step::Subject => {
                    block_on(world.chat.set_subject(&ann, room, n.to_string())).unwrap();
                }
                Step::Tell(to) if n % 2 == 0 => {
                    drop(world.tell(&ann, &others[usize::from(*to)], "own"));
                }
                Step::Tell(from) => drop(world.tell(&others[usize::from(*from)], &ann, "x")),
            }
        }
        let mut scopes = vec![(Scope::Room(room), room, None)];
        scopes.extend(others.iter().map(|other| {
            (Scope::Direct(other.person), ann.inbox, Some(other.person))
        }));
        let messages: Vec<Vec<Message>> = scopes
            .iter()
            .map(|(_, topic, peer)| said(&world, *topic, |message| {
                let to = message.to.as_ref().map(|to| to.person);
                peer.is_none_or(|peer| to == Some(peer) || message.author.person == peer)
            }))
            .collect();
        for ((scope, ..), all) in scopes.iter().zip(&messages) {
            let chat = &world.chat;
            let (mut forwards, mut at) = (Vec::new(), 0);
            loop {
                let page = block_on(chat.history(&ann, *scope, Page::after(at, limit))).unwrap();
                prop_assert!(page.messages.len() <= limit);
                prop_assert!(page.messages.len() == limit || !page.more);
                at = page.messages.last().map_or(at, |message| message.offset);
                forwards.extend(page.messages);
                if !page.more {
                    break;
                }
            }
            prop_assert_eq!(&forwards, all);
            let (mut backwards, mut wanted) = (Vec::new(), Page::latest(limit));
            loop {
                let page = block_on(chat.history(&ann, *scope, wanted)).unwrap();
                backwards.extend(page.messages.iter().rev().cloned());
                let Some(first) = page.messages.first() else { break };
                wanted = Page::before(first.offset, limit);
                if !page.more {
                    break;
                }
            }
            backwards.reverse();
            prop_assert_eq!(&backwards, all);
        }
        // Reading only goes forward, never beyond the end, and leaves what is said by others later.
        let mut model = vec![0; scopes.len()];
        for (which, offset) in reads {
            let (_, topic, peer) = scopes[which];
            let end = world.events(topic).len() as u64;
            model[which] = model[which].max(offset.min(end));
            let kept = block_on(world.chat.mark_read(&ann, topic, peer, offset)).unwrap();
            prop_assert_eq!(kept, model[which]);
            prop_assert_eq!(block_on(world.chat.read_offset(&ann, topic, peer)).unwrap(), kept);
        }
        let overview = block_on(world.chat.overview(&ann)).unwrap();
        let unread = |which: usize| {
            let later = messages[which].iter().filter(|message| message.offset > model[which]);
            later.filter(|message| message.author.person != ann.person).count() as u64
        };
        prop_assert_eq!(overview.rooms[0].unread, unread(0));
        prop_assert_eq!(overview.rooms[0].read, model[0]);
        for direct in overview.direct {
            let which = others.iter().position(|o| o.person == direct.person).unwrap() + 1;
            prop_assert_eq!((direct.unread, direct.read), (unread(which), model[which]));
            prop_assert_eq!(direct.last, messages[which].last().unwrap().offset);
        }
    }
}

/// The messages of a topic, from its events.
fn said(world: &World, topic: TopicId, wanted: impl Fn(&Message) -> bool) -> Vec<Message> {
    let events = world.events(topic);
    let messages = events.iter().filter_map(|event| match ChatEvent::decode(event) {
        Some(ChatEvent::Posted(message)) => Some(message),
        _ => None,
    });
    messages.filter(|message| wanted(message)).collect()
}

#[test]
fn a_message_is_found_by_id_and_time() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let start = world.clock.now_ms();
    let posted: Vec<_> = (0..20)
        .map(|n| {
            world.clock.advance_ms(10);
            // Other things happen in between, so that offsets are not dense.
            if n % 3 == 0 {
                block_on(world.chat.set_subject(&ann, room, n.to_string())).unwrap();
            }
            world.tell(&bob, &ann, "elsewhere");
            world.say(&ann, room, &n.to_string())
        })
        .collect();
    let scope = Scope::Room(room);
    let locate = |moment| block_on(world.chat.locate(&bob, scope, moment)).unwrap();
    for posted in &posted {
        assert_eq!(locate(Moment::Msgid(posted.msgid.clone())), Some(posted.offset));
        for before_ms in [0, 1, 9] {
            assert_eq!(locate(Moment::At(posted.at_ms - before_ms)), Some(posted.offset));
        }
    }
    assert_eq!(locate(Moment::At(0)), Some(posted[0].offset));
    assert_eq!(locate(Moment::At(start + 201)), None);
    assert_eq!(locate(Moment::Msgid("nothing".into())), None);
    let direct = world.tell(&bob, &ann, "psst");
    assert_eq!(locate(Moment::Msgid(direct.msgid.clone())), None, "it is not of this room");
    let conversation = Scope::Direct(ann.person);
    let found = world.chat.locate(&bob, conversation, Moment::Msgid(direct.msgid));
    assert_eq!(block_on(found).unwrap(), Some(direct.offset));
}

#[test]
fn reading_is_told_to_the_other_devices() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.say(&ann, room, "hi");
    world.tell(&bob, &ann, "psst");
    let mut ear = Ear::new(&world.store, &[ann.inbox]);
    block_on(world.chat.mark_read(&ann, room, None, 2)).unwrap();
    block_on(world.chat.mark_read(&ann, room, None, 1)).unwrap();
    block_on(world.chat.mark_read(&ann, ann.inbox, Some(bob.person), 1)).unwrap();
    let heard: Vec<_> = ear.heard().iter().map(|event| ChatEvent::decode(event).unwrap()).collect();
    let read = |topic, direct, offset| ChatEvent::Read { topic, direct, offset };
    assert_eq!(heard, [read(room, None, 2), read(ann.inbox, Some(bob.person), 1)]);
}

#[test]
fn guests_have_no_place_to_keep_what_they_read() {
    let world = World::new();
    let bob = world.guest("bob");
    let room = world.enter(&bob, "#tea");
    let marked = world.chat.mark_read(&bob, room, None, 1);
    assert_eq!(refused(marked), Refusal::NeedsAccount);
    assert_eq!(block_on(world.chat.read_offset(&bob, room, None)), Ok(0));
}

#[test]
fn marks_are_times_of_messages() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    let scope = Scope::Room(room);
    let start = 1_700_000_000_000;
    let until = |at_ms| {
        let mark = block_on(world.chat.last_until(&ann, scope, at_ms)).unwrap();
        mark.map(|mark| (mark.offset, mark.at_ms))
    };
    assert_eq!(until(u64::MAX), None);
    // The room was created by event 1; two messages share a time.
    world.say(&ann, room, "one");
    world.say(&ann, room, "two");
    world.clock.advance_ms(10);
    world.say(&ann, room, "three");
    assert_eq!(until(start - 1), None);
    assert_eq!(until(start), Some((3, start)));
    assert_eq!(until(start + 9), Some((3, start)));
    assert_eq!(until(start + 10), Some((4, start + 10)));
    assert_eq!(until(u64::MAX), Some((4, start + 10)));
    assert_eq!(block_on(world.chat.mark(&ann, scope)).unwrap(), None);
    block_on(world.chat.mark_read(&ann, room, None, 3)).unwrap();
    let mark = block_on(world.chat.mark(&ann, scope)).unwrap();
    assert_eq!(mark, Some(Mark { offset: 3, at_ms: start }));
    // In a conversation, what was said to others does not count.
    let gus = world.guest("gus");
    let first = world.tell(&ann, &gus, "hello");
    world.tell(&ann, &bob, "hello");
    let direct = Scope::Direct(gus.person);
    let mark = block_on(world.chat.last_until(&ann, direct, u64::MAX)).unwrap();
    assert_eq!(mark, Some(Mark { offset: first.offset, at_ms: first.at_ms }));
    world.link.detach(gus.session, "");
    let name = block_on(world.chat.name_of(&ann, gus.person)).unwrap();
    assert_eq!(name.as_deref(), Some("gus"));
}
