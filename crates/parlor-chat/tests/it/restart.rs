//! What was answered as done is done, also after the server was stopped and started again.

use parlor_chat::{ModeChange, Page, Scope, Target};
use parlor_hub::Role;

use crate::world::{World, block_on, keyed, name};

#[test]
fn what_was_posted_is_still_there() {
    let mut world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let posted: Vec<_> = (0..50)
        .map(|n| {
            let message = keyed(&n.to_string(), &format!("key-{n}"));
            block_on(world.chat.post(&ann, Target::Room(room), message)).unwrap()
        })
        .collect();
    let direct = world.tell(&bob, &ann, "psst");
    block_on(world.chat.set_subject(&bob, room, "green".into())).unwrap();
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Voice)).unwrap();
    let change = ModeChange { invited_only: Some(true), ..ModeChange::default() };
    block_on(world.chat.set_modes(&ann, room, change)).unwrap();
    block_on(world.chat.mark_read(&bob, room, None, 20)).unwrap();
    let before = block_on(world.chat.overview(&bob)).unwrap();

    world.restart();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let mut after = block_on(world.chat.overview(&bob)).unwrap();
    assert_eq!(after.rooms[0].members, 0, "presence begins anew");
    after.rooms[0].members = before.rooms[0].members;
    assert_eq!(after, before);
    let page = block_on(world.chat.history(&bob, Scope::Room(room), Page::latest(50))).unwrap();
    let kept: Vec<_> = page.messages.iter().map(|m| (&m.msgid, m.offset, m.at_ms)).collect();
    let wanted: Vec<_> = posted.iter().map(|p| (&p.msgid, p.offset, p.at_ms)).collect();
    assert_eq!(kept, wanted);
    let page = world.chat.history(&ann, Scope::Direct(bob.person), Page::latest(50));
    assert_eq!(block_on(page).unwrap().messages[0].msgid, direct.msgid);
    assert_eq!(world.join(&bob, "#tea").role, Role::Voice);
    let found = block_on(world.chat.resolve(&name("#tea"))).unwrap().unwrap();
    assert!(found.modes.invited_only && found.subject == "green");
    // A client that never heard the answer tries again.
    for (n, first) in posted.iter().enumerate() {
        let message = keyed(&n.to_string(), &format!("key-{n}"));
        let again = block_on(world.chat.post(&ann, Target::Room(room), message)).unwrap();
        assert!(again.repeated && again.offset == first.offset);
    }
}

#[test]
fn what_guests_left_is_cleared() {
    let mut world = World::new();
    let (ann, cid) = (world.account("ann"), world.guest("cid"));
    let room = world.enter(&cid, "#tea");
    world.say(&cid, room, "mine");
    world.tell(&cid, &ann, "psst");
    world.restart();
    let ann = world.account("ann");
    assert_eq!(world.join(&ann, "#tea").role, Role::Member, "a guest's room has no owner now");
    let overview = block_on(world.chat.overview(&ann)).unwrap();
    assert_eq!((&*overview.direct[0].nick, overview.direct[0].online), ("cid", false));
    // The hub clears the inboxes in the background, the next start finds them gone.
    world.restart();
    block_on(world.chat.prepare()).unwrap();
    let inbox = cid.inbox;
    let rows = world.store.read(move |snapshot| {
        let sql = "SELECT count(*) FROM chat_message WHERE topic = ?1";
        snapshot.query_one(sql, parlor_topics::params![inbox], |row| row.get::<u64>(0))
    });
    assert_eq!(block_on(rows).unwrap(), Some(0));
}
