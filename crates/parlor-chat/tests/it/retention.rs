//! How long rooms keep what was said.

use parlor_chat::{Keep, Page, Refusal, Scope, Search, SettingChange, limits};
use parlor_hub::Attached;
use parlor_topics::TopicId;

use crate::world::{World, block_on, refused};

const DAY_MS: u64 = 86_400_000;

fn keeps(world: &World, who: &Attached, room: TopicId, keep: Keep) {
    let change = SettingChange { keep: Some(keep), ..SettingChange::default() };
    block_on(world.chat.set_settings(who, room, change)).unwrap();
}

fn texts(world: &World, who: &Attached, room: TopicId) -> Vec<String> {
    let page = block_on(world.chat.history(who, Scope::Room(room), Page::latest(200))).unwrap();
    page.messages.into_iter().map(|message| message.text).collect()
}

#[test]
fn days_are_kept_and_then_nothing_is_left() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let (room, forever) = (world.enter(&ann, "#tea"), world.enter(&ann, "#archive"));
    world.enter(&bob, "#tea");
    keeps(&world, &ann, room, Keep::Days(2));
    let old = world.say(&bob, room, "ann: old secret");
    block_on(world.chat.react(&ann, Scope::Room(room), old.msgid.clone(), "👍".into())).unwrap();
    world.say(&ann, forever, "old and kept");
    world.clock.advance_ms(DAY_MS);
    world.say(&ann, room, "young");
    world.chat.keep().unwrap();
    assert_eq!(texts(&world, &ann, room), ["ann: old secret", "young"]);
    assert_eq!(block_on(world.chat.overview(&ann)).unwrap().rooms[1].mentions, 1);

    world.clock.advance_ms(DAY_MS + 1);
    world.chat.keep().unwrap();
    assert_eq!(texts(&world, &ann, room), ["young"]);
    assert_eq!(texts(&world, &ann, forever), ["old and kept"]);
    let first = world.events(room).remove(0);
    assert!(!String::from_utf8_lossy(&first.body).contains("secret"));
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!((overview.rooms[1].mentions, overview.rooms[1].unread), (0, 0));
    let search = Search { query: "old".into(), limit: 9, ..Search::default() };
    let found = block_on(world.chat.search(&ann, search)).unwrap();
    assert_eq!(found.hits.len(), 1, "{found:?}");
    let react = world.chat.react(&ann, Scope::Room(room), old.msgid, "👍".into());
    assert_eq!(refused(react), Refusal::NoSuchMessage);
    // Twice is once.
    world.chat.keep().unwrap();
    assert_eq!(texts(&world, &ann, room), ["young"]);
}

#[test]
fn a_room_that_keeps_nothing_has_it_for_a_minute() {
    let mut world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    keeps(&world, &ann, room, Keep::Nothing);
    for n in 0..limits::RETENTION_SLICE + 9 {
        world.say(&ann, room, &format!("fleeting {n}"));
    }
    world.clock.advance_ms(limits::NOTHING_KEPT_MS);
    world.chat.keep().unwrap();
    assert!(!texts(&world, &ann, room).is_empty(), "whoever is there gets it");
    world.clock.advance_ms(1);
    world.chat.keep().unwrap();
    assert!(texts(&world, &ann, room).is_empty());
    assert!(world.events(room).is_empty());
    // It can be spoken in as before, also after a restart.
    world.restart();
    let ann = world.account("ann");
    world.enter(&ann, "#tea");
    world.say(&ann, room, "again");
    assert_eq!(texts(&world, &ann, room), ["again"]);
}
