//! Finding what was said: the newest first, as it is now, and only for those who may read it.

use std::time::Duration;

use parlor_chat::{
    Edit, Keeper, ModeChange, Refusal, Scope, Search, SearchLag, SearchPage, Target, limits,
};
use parlor_hub::Attached;
use parlor_testkit::deadline::Deadline;
use parlor_topics::TopicId;

use crate::world::{World, block_on, message, refused};

fn search(query: &str) -> Search {
    Search { query: query.into(), limit: 50, ..Search::default() }
}

fn pages(world: &World, who: &Attached, search: Search) -> SearchPage {
    world.chat.keep().unwrap();
    block_on(world.chat.search(who, search)).unwrap()
}

fn texts(page: &SearchPage) -> Vec<&str> {
    page.hits.iter().map(|hit| &*hit.message.text).collect()
}

/// What somebody finds, the newest first.
fn check(world: &World, who: &Attached, query: &str, wanted: &[&str]) {
    let page = pages(world, who, search(query));
    assert_eq!(texts(&page), wanted, "{query}");
}

fn private(world: &World, who: &Attached, room: TopicId) {
    let change = ModeChange { invited_only: Some(true), ..ModeChange::default() };
    block_on(world.chat.set_modes(who, room, change)).unwrap();
}

#[test]
fn words_are_found_in_all_scripts_the_newest_first() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let (tea, art) = (world.enter(&ann, "#tea"), world.enter(&ann, "#art"));
    for (room, text) in [
        (tea, "green tea for two"),
        (art, "see https://example.org/tea"),
        (tea, "東京都でお茶"),
        (art, "black tea"),
    ] {
        world.clock.advance_ms(1);
        world.say(&ann, room, text);
    }
    world.enter(&bob, "#tea");
    world.clock.advance_ms(1);
    world.say(&bob, tea, "ann: tea?");
    check(
        &world,
        &ann,
        "tea",
        &["ann: tea?", "black tea", "see https://example.org/tea", "green tea for two"],
    );
    check(&world, &ann, "\"tea for two\"", &["green tea for two"]);
    check(&world, &ann, "tea -black -green", &["ann: tea?", "see https://example.org/tea"]);
    check(&world, &ann, "京都", &["東京都でお茶"]);
    check(&world, &ann, "茶", &["東京都でお茶"]);
    check(&world, &ann, "tea from:BOB", &["ann: tea?"]);
    check(&world, &ann, "tea in:#art", &["black tea", "see https://example.org/tea"]);
    check(&world, &ann, "tea in:art", &["black tea", "see https://example.org/tea"]);
    check(&world, &ann, "te* bla*", &["black tea"]);
    check(&world, &ann, "tea -bla* -gre*", &["ann: tea?", "see https://example.org/tea"]);
    check(&world, &ann, "京都*", &["東京都でお茶"]);
    check(&world, &ann, "has:link", &["see https://example.org/tea"]);
    check(&world, &ann, "is:mention", &["ann: tea?"]);
    check(&world, &ann, "tea before:2023-11-14", &[]);
    check(&world, &ann, "black after:2023-11-14 before:2023-11-15", &["black tea"]);
    // Bob is in one of the rooms.
    check(&world, &bob, "black", &[]);
    let hit = &pages(&world, &ann, search("green")).hits[0];
    assert_eq!(hit.room.as_ref().unwrap().as_str(), "#tea");
}

#[test]
fn edits_and_redactions_are_followed_and_counted_mentions_too() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let scope = Scope::Room(room);
    let said = world.say(&bob, room, "bob and ann: old words");
    let taken = world.say(&bob, room, "@Ann old secret");
    let mentions = || {
        world.chat.keep().unwrap();
        block_on(world.chat.overview(&ann)).unwrap().rooms[0].mentions
    };
    assert_eq!(mentions(), 2);
    block_on(world.chat.redact(&bob, scope, taken.msgid, String::new())).unwrap();
    // Also before the index hears of it nobody finds it.
    let at_once = block_on(world.chat.search(&ann, search("old"))).unwrap();
    assert_eq!(texts(&at_once), ["bob and ann: old words"]);
    assert_eq!(mentions(), 1);
    let edit = Edit { msgid: said.msgid.clone(), text: "new words".into(), key: None };
    block_on(world.chat.edit(&bob, scope, edit)).unwrap();
    assert_eq!(mentions(), 0);
    check(&world, &ann, "old", &[]);
    check(&world, &ann, "secret", &[]);
    check(&world, &ann, "new from:bob", &["new words"]);
    let edit = Edit { msgid: said.msgid, text: "ann!".into(), key: None };
    block_on(world.chat.edit(&bob, scope, edit)).unwrap();
    assert_eq!(mentions(), 1);
    assert_eq!(block_on(world.chat.overview(&bob)).unwrap().rooms[0].mentions, 0);
    block_on(world.chat.mark_read(&ann, room, None, u64::MAX)).unwrap();
    assert_eq!(mentions(), 0);
}

#[test]
fn nobody_finds_what_it_may_not_read() {
    let world = World::new();
    let (ann, bob, eve) = (world.account("ann"), world.account("bob"), world.account("eve"));
    let (open, closed) = (world.enter(&ann, "#open"), world.enter(&ann, "#closed"));
    private(&world, &ann, closed);
    world.say(&ann, open, "treasure in the open");
    world.say(&ann, closed, "treasure in private");
    world.tell(&ann, &bob, "treasure between us");
    check(&world, &eve, "treasure", &[]);
    // An open room may be read by everybody who asks for it.
    check(&world, &eve, "treasure in:#open", &["treasure in the open"]);
    let refusal = |who, search| refused(world.chat.search(who, search));
    assert_eq!(refusal(&eve, search("treasure in:#closed")), Refusal::NoSuchRoom);
    assert_eq!(refusal(&eve, search("treasure in:#none")), Refusal::NoSuchRoom);
    let there = Search { scope: Some(Scope::Room(closed)), ..search("treasure") };
    assert_eq!(refusal(&eve, there.clone()), Refusal::NoSuchRoom);
    assert_eq!(texts(&pages(&world, &ann, there.clone())), ["treasure in private"]);
    let inbox = Search { scope: Some(Scope::Room(bob.inbox)), ..search("treasure") };
    assert_eq!(refusal(&eve, inbox), Refusal::NoSuchRoom);
    // Both people of a conversation find it, and only in the conversation that it is in.
    check(&world, &bob, "treasure", &["treasure between us"]);
    let with = |person| Search { scope: Some(Scope::Direct(person)), ..search("treasure") };
    assert_eq!(texts(&pages(&world, &ann, with(bob.person))), ["treasure between us"]);
    assert_eq!(texts(&pages(&world, &bob, with(ann.person))), ["treasure between us"]);
    assert!(pages(&world, &ann, with(eve.person)).hits.is_empty());
    assert!(pages(&world, &eve, with(ann.person)).hits.is_empty());
    // Thrown out is thrown out: what was found before is not found any more.
    block_on(world.chat.invite(&ann, closed, eve.person)).unwrap();
    world.enter(&eve, "#closed");
    check(&world, &eve, "treasure", &["treasure in private"]);
    block_on(world.chat.kick(&ann, closed, eve.person, String::new())).unwrap();
    check(&world, &eve, "treasure", &[]);
    assert_eq!(refusal(&eve, there), Refusal::NoSuchRoom);
    // A guest finds what is said in the rooms where it is.
    let guest = world.guest("gus");
    check(&world, &guest, "treasure", &[]);
    world.enter(&guest, "#open");
    check(&world, &guest, "treasure", &["treasure in the open"]);
}

#[test]
fn pages_visit_every_hit_once() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let mut taken = Vec::new();
    for n in 0..30 {
        let said = world.say(&ann, room, &format!("tea {n}"));
        if n % 3 == 0 {
            taken.push(said.msgid);
        }
    }
    world.chat.keep().unwrap();
    // The index still has these.
    for msgid in taken {
        block_on(world.chat.redact(&ann, Scope::Room(room), msgid, String::new())).unwrap();
    }
    let mut question = Search { limit: 7, ..search("tea") };
    let mut seen = Vec::new();
    loop {
        let page = block_on(world.chat.search(&ann, question.clone())).unwrap();
        assert!(page.hits.len() <= 7);
        seen.extend(page.hits.into_iter().map(|hit| hit.message.text));
        question.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    let wanted: Vec<_> = (0..30).rev().filter(|n| n % 3 != 0).map(|n| format!("tea {n}")).collect();
    assert_eq!(seen, wanted);
}

#[test]
fn what_is_no_question_is_refused() {
    let world = World::new();
    let ann = world.account("ann");
    let refusal = |query: &str| refused(world.chat.search(&ann, search(query)));
    assert_eq!(refusal("  "), Refusal::Empty);
    assert!(matches!(refusal("has:fun"), Refusal::NotAQuestion { .. }));
    let long = "x".repeat(limits::QUERY_BYTES_MAX + 1);
    assert_eq!(refusal(&long), Refusal::TooLong { max: limits::QUERY_BYTES_MAX });
}

#[test]
fn the_index_goes_on_where_it_stopped_and_is_made_anew_when_lost() {
    let mut world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    world.say(&ann, room, "tea one");
    world.chat.keep().unwrap();
    // The server dies before the index has heard of these.
    world.clock.advance_ms(1);
    world.say(&ann, room, "tea two");
    world.clock.advance_ms(1);
    world.tell(&ann, &ann, "tea for myself");
    world.restart();
    let ann = world.account("ann");
    check(&world, &ann, "tea", &["tea for myself", "tea two", "tea one"]);
    world.lose_index();
    let ann = world.account("ann");
    check(&world, &ann, "tea", &["tea for myself", "tea two", "tea one"]);
}

#[test]
fn a_message_is_found_as_soon_as_the_index_says_so() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let lag = || block_on(world.chat.search_lag()).unwrap().unwrap();
    world.chat.keep().unwrap();
    assert_eq!(lag(), SearchLag::default());
    world.say(&ann, room, "tea one");
    world.say(&ann, room, "tea two");
    assert_eq!(lag(), SearchLag { topics: 1, events: 2 });
    let keeper = Keeper::start(&world.chat).unwrap();
    for text in ["tea three", "tea four"] {
        let said = world.say(&ann, room, text);
        let now = block_on(world.store.read(move |snapshot| snapshot.position(room))).unwrap();
        assert_eq!(now.offset, said.offset);
        assert_eq!(world.index.wait(room, now, Duration::from_secs(60)), Ok(true));
        let found = block_on(world.chat.search(&ann, search("tea"))).unwrap();
        assert_eq!(found.hits[0].message.msgid, said.msgid, "{text}");
    }
    assert_eq!(lag(), SearchLag::default());
    drop(keeper);
}

#[test]
fn the_keeper_hears_of_what_is_said() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    let keeper = Keeper::start(&world.chat).unwrap();
    let said = world.say(&ann, room, "tea");
    block_on(world.chat.post(&ann, Target::Person(bob.person, bob.nick.clone()), message("tea")))
        .unwrap();
    let found = |query: &str| block_on(world.chat.search(&ann, search(query))).unwrap().hits.len();
    // It tells nobody how far it is.
    let wait_for = |query: &str, hits: usize| {
        Deadline::usual().wait(query, || (found(query) == hits).then_some(()));
    };
    wait_for("tea", 2);
    let edit = Edit { msgid: said.msgid.clone(), text: "coffee".into(), key: None };
    block_on(world.chat.edit(&ann, Scope::Room(room), edit)).unwrap();
    wait_for("coffee", 1);
    block_on(world.chat.redact(&ann, Scope::Room(room), said.msgid, String::new())).unwrap();
    assert_eq!(found("coffee"), 0, "gone at once");
    drop(keeper);
}

#[test]
fn what_was_taken_back_is_nowhere_in_the_index() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let said = world.say(&ann, room, "xyzzysecret");
    world.chat.keep().unwrap();
    assert!(world.index_holds("xyzzysecret"));
    let reason = String::new();
    block_on(world.chat.redact(&ann, Scope::Room(room), said.msgid, reason)).unwrap();
    world.chat.keep().unwrap();
    assert!(!world.index_holds("xyzzysecret"));
}
