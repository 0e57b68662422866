//! What becomes of messages: edits, reactions, replies, and what is taken back.

use parlor_chat::{
    ChatEvent, Edit, Message, NewMessage, Page, Refusal, Scope, Target, TypingState, limits,
};
use parlor_hub::{Attached, Role};
use parlor_topics::TopicId;

use crate::world::{Ear, World, block_on, message, refused};

fn edit(world: &World, who: &Attached, scope: Scope, msgid: &str, text: &str) -> u64 {
    let edit = Edit { msgid: msgid.into(), text: text.into(), key: None };
    block_on(world.chat.edit(who, scope, edit)).unwrap()
}

fn history(world: &World, who: &Attached, scope: Scope) -> Vec<Message> {
    block_on(world.chat.history(who, scope, Page::latest(50))).unwrap().messages
}

fn answer(world: &World, who: &Attached, target: Target, text: &str, parent: &str) {
    let reply = Some(parent.to_owned());
    block_on(world.chat.post(who, target, NewMessage { reply, ..message(text) })).unwrap();
}

/// Says whether a text stands anywhere in the events of a topic.
fn is_on_disk(world: &World, topic: TopicId, text: &str) -> bool {
    world.events(topic).iter().any(|event| String::from_utf8_lossy(&event.body).contains(text))
}

/// Ann, who owns a room, bob, who is in it, and the scope.
fn room(world: &World) -> (Attached, Attached, Scope, TopicId) {
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    (ann, bob, Scope::Room(room), room)
}

#[test]
fn an_edit_is_told_and_history_has_the_latest_text() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "tee");
    let mut ear = Ear::new(&world.store, &[topic]);
    world.clock.advance_ms(5);
    assert_eq!(edit(&world, &bob, scope, &said.msgid, "te"), said.offset);
    edit(&world, &bob, scope, &said.msgid, "tea");
    let heard = ear.heard();
    assert_eq!(heard.len(), 2);
    let Some(ChatEvent::Edited { about, text }) = ChatEvent::decode(&heard[1]) else {
        panic!("{heard:?}")
    };
    assert_eq!((&*about.msgid, about.offset, &*text), (&*said.msgid, said.offset, "tea"));
    assert_eq!(about.by.person, bob.person);
    let messages = history(&world, &ann, scope);
    assert_eq!(messages.len(), 1);
    let now = &messages[0];
    assert_eq!((&*now.text, now.at_ms, now.offset), ("tea", said.at_ms, said.offset));
    assert_eq!(now.edited_ms, Some(said.at_ms + 5));
    // The same text again is no edit.
    edit(&world, &bob, scope, &said.msgid, "tea");
    assert_eq!(ear.heard().len(), 0);
}

#[test]
fn earlier_texts_are_for_the_author_and_those_who_keep_order() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let eve = world.account("eve");
    world.enter(&eve, "#tea");
    let said = world.say(&bob, topic, "tee");
    for text in ["te", "tea"] {
        world.clock.advance_ms(5);
        edit(&world, &bob, scope, &said.msgid, text);
    }
    let edits = |who| world.chat.edits(who, scope, said.msgid.clone());
    for who in [&ann, &bob] {
        let versions = block_on(edits(who)).unwrap();
        let seen: Vec<_> = versions.iter().map(|one| (&*one.text, one.at_ms)).collect();
        let first = said.at_ms;
        assert_eq!(seen, [("tee", first), ("te", first + 5), ("tea", first + 10)]);
    }
    assert!(matches!(refused(edits(&eve)), Refusal::Denied(_)));
    // What was taken back has none, for nobody.
    block_on(world.chat.redact(&bob, scope, said.msgid.clone(), String::new())).unwrap();
    assert_eq!(refused(edits(&bob)), Refusal::NoSuchMessage);
    // In a conversation they are the author's own.
    let told = world.tell(&ann, &bob, "one");
    edit(&world, &ann, Scope::Direct(bob.person), &told.msgid, "two");
    let own = world.chat.edits(&ann, Scope::Direct(bob.person), told.msgid.clone());
    assert_eq!(block_on(own).unwrap().len(), 2);
    let theirs = world.chat.edits(&bob, Scope::Direct(ann.person), told.msgid);
    assert_eq!(refused(theirs), Refusal::NotTheAuthor);
}

#[test]
fn an_edit_with_the_same_key_is_made_once() {
    let world = World::new();
    let (_, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "one");
    for text in ["two", "three"] {
        let key = Some("k".to_owned());
        let edit = Edit { msgid: said.msgid.clone(), text: text.into(), key };
        block_on(world.chat.edit(&bob, scope, edit)).unwrap();
    }
    assert_eq!(history(&world, &bob, scope)[0].text, "two");
}

#[test]
fn edits_follow_the_rules_of_messages_and_have_an_end() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "one");
    let edit_as = |who, msgid: &str, text: &str| {
        let edit = Edit { msgid: msgid.into(), text: text.into(), key: None };
        refused(world.chat.edit(who, scope, edit))
    };
    assert_eq!(edit_as(&bob, &said.msgid, ""), Refusal::Empty);
    assert_eq!(edit_as(&bob, "nothing", "x"), Refusal::NoSuchMessage);
    assert_eq!(edit_as(&ann, &said.msgid, "x"), Refusal::NotTheAuthor);
    for n in 0..limits::EDITS_MAX {
        edit(&world, &bob, scope, &said.msgid, &n.to_string());
    }
    let max = limits::EDITS_MAX;
    assert_eq!(edit_as(&bob, &said.msgid, "once more"), Refusal::TooMany { max });
}

#[test]
fn what_is_taken_back_is_nowhere_any_more() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "secret-one");
    answer(&world, &ann, Target::Room(topic), "really?", &said.msgid);
    edit(&world, &bob, scope, &said.msgid, "secret-two");
    answer(&world, &ann, Target::Room(topic), "oh", &said.msgid);
    edit(&world, &bob, scope, &said.msgid, "harmless");
    block_on(world.chat.react(&ann, scope, said.msgid.clone(), "😮".into())).unwrap();
    assert!(is_on_disk(&world, topic, "secret-one") && is_on_disk(&world, topic, "secret-two"));

    let mut ear = Ear::new(&world.store, &[topic]);
    let redact = || world.chat.redact(&bob, scope, said.msgid.clone(), "oops".into());
    block_on(redact()).unwrap();
    let heard = ear.heard();
    let Some(ChatEvent::Redacted { about, reason }) = heard.first().and_then(ChatEvent::decode)
    else {
        panic!("{heard:?}")
    };
    assert_eq!((about.offset, &*about.msgid, &*reason), (said.offset, &*said.msgid, "oops"));
    for secret in ["secret-one", "secret-two", "harmless"] {
        assert!(!is_on_disk(&world, topic, secret), "{secret}");
    }
    let messages = history(&world, &ann, scope);
    let [gone, first, second] = &messages[..] else { panic!("{messages:?}") };
    assert!(gone.redacted && gone.text.is_empty() && gone.reactions.is_empty());
    assert_eq!((gone.author.person, gone.edited_ms), (bob.person, None));
    for reply in [first, second] {
        let parent = reply.reply.as_ref().unwrap();
        assert_eq!((&*parent.msgid, parent.offset, &*parent.text), (&*said.msgid, 0, ""));
    }
    // Once more has nothing to do; nothing else can be done to it.
    block_on(redact()).unwrap();
    assert!(ear.heard().is_empty());
    let again = Edit { msgid: said.msgid.clone(), text: "back".into(), key: None };
    assert_eq!(refused(world.chat.edit(&bob, scope, again)), Refusal::NoSuchMessage);
    let react = world.chat.react(&ann, scope, said.msgid.clone(), "😮".into());
    assert_eq!(refused(react), Refusal::NoSuchMessage);
}

#[test]
fn what_was_taken_back_stays_so_over_a_restart() {
    let mut world = World::new();
    let (_, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "secret");
    block_on(world.chat.redact(&bob, scope, said.msgid, String::new())).unwrap();
    world.restart();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    world.enter(&bob, "#tea");
    // Reading the events checks each checksum.
    assert!(!is_on_disk(&world, topic, "secret"));
    assert!(history(&world, &ann, scope)[0].redacted);
}

#[test]
fn those_who_keep_order_take_back_what_others_said() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "spam");
    let eve = world.account("eve");
    world.enter(&eve, "#tea");
    let redact = |who| world.chat.redact(who, scope, said.msgid.clone(), "no".into());
    assert!(matches!(refused(redact(&eve)), Refusal::Denied(_)));
    block_on(world.chat.set_role(&ann, topic, eve.person, Role::Moderator)).unwrap();
    block_on(redact(&eve)).unwrap();
    assert!(history(&world, &bob, scope)[0].redacted);
}

#[test]
fn a_reply_shows_what_it_answers_as_it_is_now() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, &"tea? ".repeat(100));
    let mut ear = Ear::new(&world.store, &[topic]);
    answer(&world, &ann, Target::Room(topic), "yes", &said.msgid);
    answer(&world, &ann, Target::Room(topic), "to nobody", "unknown");
    let heard = ear.heard();
    let Some(ChatEvent::Posted(live)) = ChatEvent::decode(&heard[0]) else { panic!("{heard:?}") };
    let parent = live.reply.unwrap();
    assert_eq!((parent.offset, &*parent.nick), (said.offset, "bob"));
    assert_eq!(parent.text.chars().count(), limits::QUOTE_CHARS_MAX);
    edit(&world, &bob, scope, &said.msgid, "coffee?");
    let messages = history(&world, &ann, scope);
    assert_eq!(messages[1].reply.as_ref().unwrap().text, "coffee?");
    let unknown = messages[2].reply.as_ref().unwrap();
    assert_eq!((&*unknown.msgid, unknown.offset), ("unknown", 0));
}

#[test]
fn only_so_many_replies_carry_the_text() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "popular");
    let max = usize::try_from(limits::QUOTES_MAX).unwrap();
    for _ in 0..max + 3 {
        answer(&world, &ann, Target::Room(topic), "me too", &said.msgid);
    }
    let carry = |text: &str| {
        let events = world.events(topic);
        events.iter().filter(|event| String::from_utf8_lossy(&event.body).contains(text)).count()
    };
    assert_eq!(carry("popular"), max + 1);
    assert_eq!(history(&world, &ann, scope).pop().unwrap().reply.unwrap().text, "popular");
    block_on(world.chat.redact(&bob, scope, said.msgid, String::new())).unwrap();
    assert_eq!(carry("popular"), 0);
}

#[test]
fn reactions_are_counted_once_a_person_and_in_order() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "tea?");
    let mut ear = Ear::new(&world.store, &[topic]);
    let react = |who, emoji: &str| {
        block_on(world.chat.react(who, scope, said.msgid.clone(), emoji.into())).unwrap();
    };
    for (who, emoji) in [(&bob, "🍵"), (&ann, "🍵"), (&ann, "👍"), (&ann, "🍵")] {
        react(who, emoji);
    }
    assert_eq!(ear.heard().len(), 3, "a second time is no event");
    let reactions = &history(&world, &ann, scope)[0].reactions;
    let seen: Vec<_> = reactions.iter().map(|r| (&*r.emoji, r.count, r.mine)).collect();
    assert_eq!(seen, [("🍵", 2, true), ("👍", 1, true)]);
    let people: Vec<_> = reactions[0].people.iter().map(|(_, nick)| &**nick).collect();
    assert_eq!(people, ["bob", "ann"]);
    let unreact = || world.chat.unreact(&ann, scope, said.msgid.clone(), "🍵".into());
    block_on(unreact()).unwrap();
    block_on(unreact()).unwrap();
    assert_eq!(ear.heard().len(), 1);
    let reactions = &history(&world, &ann, scope)[0].reactions;
    assert_eq!((reactions[0].count, reactions[0].mine), (1, false));
}

#[test]
fn kinds_of_reactions_and_listed_people_have_bounds() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "tea?");
    for n in 0..limits::REACTIONS_MAX {
        let emoji = format!(":e{n}:");
        block_on(world.chat.react(&ann, scope, said.msgid.clone(), emoji)).unwrap();
    }
    let another = world.chat.react(&bob, scope, said.msgid.clone(), "👍".into());
    assert_eq!(refused(another), Refusal::TooMany { max: limits::REACTIONS_MAX });
    let people = limits::REACTORS_MAX + 3;
    for n in 0..people {
        let guest = world.guest(&format!("g{n}"));
        world.enter(&guest, "#tea");
        block_on(world.chat.react(&guest, scope, said.msgid.clone(), ":e0:".into())).unwrap();
    }
    let first = &history(&world, &bob, scope)[0].reactions[0];
    assert_eq!((first.people.len() as u64, first.count), (limits::REACTORS_MAX, people + 1));
}

#[test]
fn a_conversation_has_all_of_it_on_both_sides() {
    let world = World::new();
    let (ann, bob, eve) = (world.account("ann"), world.account("bob"), world.account("eve"));
    // Their inboxes are not in step.
    world.tell(&eve, &bob, "noise");
    let said = world.tell(&ann, &bob, "secret");
    let (with_bob, with_ann) = (Scope::Direct(bob.person), Scope::Direct(ann.person));
    let mut ear = Ear::new(&world.store, &[ann.inbox, bob.inbox]);
    edit(&world, &ann, with_bob, &said.msgid, "secret too");
    block_on(world.chat.react(&bob, with_ann, said.msgid.clone(), "👍".into())).unwrap();
    answer(&world, &bob, Target::Person(ann.person, ann.nick.clone()), "sure", &said.msgid);
    for (who, scope) in [(&ann, with_bob), (&bob, with_ann)] {
        let messages = history(&world, who, scope);
        assert_eq!((&*messages[0].text, messages[0].reactions[0].count), ("secret too", 1));
        let reply = messages[1].reply.as_ref().unwrap();
        assert_eq!((reply.offset, &*reply.text), (messages[0].offset, "secret too"));
    }
    let heard = ear.heard();
    assert_eq!(heard.len(), 6, "each of the three in both inboxes");
    for event in heard.iter().filter(|event| &*event.kind == "chat.edited") {
        let Some(ChatEvent::Edited { about, .. }) = ChatEvent::decode(event) else { panic!() };
        assert_eq!(about.to.unwrap().person, bob.person);
        let target = world.events(event.topic).remove(usize::try_from(about.offset).unwrap() - 1);
        let Some(ChatEvent::Posted(target)) = ChatEvent::decode(&target) else { panic!() };
        assert_eq!(target.msgid, said.msgid);
    }
    let theirs = world.chat.redact(&bob, with_ann, said.msgid.clone(), String::new());
    assert_eq!(refused(theirs), Refusal::NotTheAuthor);
    let others = world.chat.react(&eve, with_ann, said.msgid.clone(), "👍".into());
    assert_eq!(refused(others), Refusal::NoSuchMessage);
    block_on(world.chat.redact(&ann, with_bob, said.msgid.clone(), String::new())).unwrap();
    assert!(!is_on_disk(&world, ann.inbox, "secret") && !is_on_disk(&world, bob.inbox, "secret"));
    assert!(history(&world, &bob, with_ann)[0].redacted);
}

#[test]
fn who_is_writing_is_told_to_those_who_are_there() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let eve = world.account("eve");
    let mut ear = Ear::new(&world.store, &[topic, ann.inbox, bob.inbox]);
    let typing = |who, scope, state| world.chat.typing(who, scope, state);
    block_on(typing(&bob, scope, TypingState::Active)).unwrap();
    block_on(typing(&bob, scope, TypingState::Active)).unwrap();
    block_on(typing(&bob, Scope::Direct(ann.person), TypingState::Active)).unwrap();
    let heard = ear.heard();
    let seen: Vec<_> = heard.iter().map(|event| (event.topic, event.offset)).collect();
    assert_eq!(seen, [(topic, 0), (ann.inbox, 0)], "once each, and kept nowhere");
    let event = ChatEvent::decode(&heard[0]);
    let Some(ChatEvent::Typing { by, state: TypingState::Active }) = event else { panic!() };
    assert_eq!(by.person, bob.person);
    assert_eq!(refused(typing(&eve, scope, TypingState::Active)), Refusal::NotAMember);
}

#[test]
fn unread_messages_are_messages_that_are_there() {
    let world = World::new();
    let (ann, bob, scope, topic) = room(&world);
    let said = world.say(&bob, topic, "one");
    let taken = world.say(&bob, topic, "two");
    edit(&world, &bob, scope, &said.msgid, "uno");
    block_on(world.chat.react(&bob, scope, said.msgid.clone(), "👍".into())).unwrap();
    block_on(world.chat.redact(&bob, scope, taken.msgid, String::new())).unwrap();
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!(overview.rooms[0].unread, 1);
}
