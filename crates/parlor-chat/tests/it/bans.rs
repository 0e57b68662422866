//! Keeping out and silencing.

use parlor_chat::{Ban, BanMask, BanTarget, ChatEvent, NewBan, Refusal, Target};
use parlor_hub::{Attached, ClientInfo, Denied, Identity, Nick, Role};
use parlor_topics::TopicId;

use crate::world::{Ear, World, block_on, message, name, refused};

const BANNED: Refusal = Refusal::Denied(Denied::Banned);
const MUTED: Refusal = Refusal::Denied(Denied::Muted);

fn ban(target: BanTarget) -> NewBan {
    NewBan { target, mute: false, reason: "rude".into(), seconds: None }
}

fn mask(text: &str) -> BanTarget {
    BanTarget::Mask(BanMask::new(text).unwrap())
}

fn set(world: &World, who: &Attached, room: TopicId, new: NewBan) -> Ban {
    block_on(world.chat.ban(who, room, new)).unwrap()
}

#[test]
fn who_is_banned_is_thrown_out_and_stays_out() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    for (target, victim) in [
        (None, world.guest("guest")),
        (None, world.account("bob")),
        (Some(BanTarget::Account("Cid".into())), world.account("cid")),
        (Some(mask("~a:dan")), world.account("dan")),
        (Some(mask("eve")), world.guest("eve")),
        (Some(mask("fay!*@host")), world.account("fay")),
    ] {
        world.enter(&victim, "#tea");
        let target = target.unwrap_or(BanTarget::Person(victim.person));
        set(&world, &ann, room, ban(target));
        let post = world.chat.post(&victim, Target::Room(room), message("why?"));
        assert_eq!(refused(post), BANNED, "{:?}", victim.nick);
        assert_eq!(refused(world.chat.join(&victim, &name("#tea"))), BANNED);
        assert!(victim.stay(room).is_none(), "thrown out before the ban is answered");
        let members = block_on(world.chat.members(&ann, room)).unwrap();
        assert_eq!(members.len(), 1, "{:?}", victim.nick);
        let read = world.chat.members(&victim, room);
        assert_eq!(refused(read), BANNED);
    }
    let banned = world.kinds(room).iter().filter(|kind| *kind == "chat.banned").count();
    let kicked = world.kinds(room).iter().filter(|kind| *kind == "chat.kicked").count();
    assert_eq!((banned, kicked), (6, 6));
}

#[test]
fn a_ban_of_one_guest_spares_the_others_whose_clients_say_the_same() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let guest = |nick: &str| {
        let (user, host, realname) = ("webchat".into(), "guest".into(), "Somebody".into());
        let client = ClientInfo { protocol: "test", user, host, realname, away: None };
        let nick = Nick::new(nick).unwrap();
        let guest = block_on(world.link.attach(Identity::Guest, &nick, client)).unwrap();
        world.enter(&guest, "#tea");
        guest
    };
    let (eve, fay) = (guest("eve"), guest("fay"));
    let set_at = set(&world, &ann, room, ban(BanTarget::Person(eve.person)));
    assert_eq!(set_at.mask.to_string(), "eve!webchat@guest");
    assert!(eve.stay(room).is_none() && fay.stay(room).is_some());
    // Another nick does not help the one who is meant.
    block_on(world.link.rename(eve.session, &Nick::new("other").unwrap())).unwrap();
    assert_eq!(refused(world.chat.join(&eve, &name("#tea"))), BANNED);
    // With nobody beside it a nick is not worth asking for.
    let last = set(&world, &ann, room, ban(BanTarget::Person(fay.person)));
    assert_eq!(last.mask.to_string(), "*!webchat@guest");
}

#[test]
fn an_account_is_banned_while_away_and_under_another_nick() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    world.link.detach(bob.session, "");
    set(&world, &ann, room, ban(BanTarget::Account("bob".into())));
    let bob = world.account("bob");
    let nick = Nick::new("other").unwrap();
    block_on(world.link.rename(bob.session, &nick)).unwrap();
    assert_eq!(refused(world.chat.join(&bob, &name("#tea"))), BANNED);
    assert!(block_on(world.chat.overview(&bob)).unwrap().rooms.is_empty(), "off its list");
}

#[test]
fn a_ban_ends_by_itself_or_is_lifted() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    let short = NewBan { seconds: Some(60), ..ban(BanTarget::Person(bob.person)) };
    let set_at = set(&world, &ann, room, short.clone());
    assert_eq!(set_at.expires_ms, Some(set_at.at_ms + 60_000));
    world.clock.advance_ms(59_999);
    assert_eq!(refused(world.chat.join(&bob, &name("#tea"))), BANNED);
    world.clock.advance_ms(1);
    world.enter(&bob, "#tea");
    assert!(block_on(world.chat.bans(&ann, room)).unwrap().is_empty());
    set(&world, &ann, room, short);
    let wanted = BanMask::new("~a:BOB").unwrap();
    let lifted = block_on(world.chat.unban(&ann, room, wanted.clone(), None)).unwrap();
    assert_eq!(lifted.len(), 1);
    world.enter(&bob, "#tea");
    assert_eq!(refused(world.chat.unban(&ann, room, wanted, None)), Refusal::NoSuchBan);
}

#[test]
fn a_mute_takes_the_voice_and_nothing_else() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let mute = NewBan { mute: true, ..ban(BanTarget::Person(bob.person)) };
    set(&world, &ann, room, mute);
    let post = world.chat.post(&bob, Target::Room(room), message("hm"));
    assert_eq!(refused(post), MUTED);
    assert_eq!(refused(world.chat.relay(&bob, Target::Room(room), "hm".into())), MUTED);
    assert_eq!(refused(world.chat.set_subject(&bob, room, "hm".into())), MUTED);
    assert_eq!(block_on(world.chat.members(&bob, room)).unwrap().len(), 2);
    // A ban and a mute of one mask are two, and can be lifted apart.
    let wanted = BanMask::new("~a:bob").unwrap();
    set(&world, &ann, room, ban(BanTarget::Mask(wanted.clone())));
    assert_eq!(block_on(world.chat.bans(&ann, room)).unwrap().len(), 2);
    block_on(world.chat.unban(&ann, room, wanted.clone(), Some(false))).unwrap();
    world.enter(&bob, "#tea");
    let post = world.chat.post(&bob, Target::Room(room), message("hm"));
    assert_eq!(refused(post), MUTED);
    block_on(world.chat.unban(&ann, room, wanted, None)).unwrap();
    world.say(&bob, room, "at last");
}

#[test]
fn a_ban_on_everybody_spares_those_who_keep_order() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Moderator)).unwrap();
    let many: Vec<_> = (0..300).map(|n| world.guest(&format!("g{n}"))).collect();
    for guest in &many {
        world.enter(guest, "#tea");
    }
    set(&world, &bob, room, ban(mask("*")));
    let left = block_on(world.chat.members(&ann, room)).unwrap();
    assert_eq!(left.len(), 2, "more than one write's worth was thrown out");
    world.say(&bob, room, "quiet at last");
}

#[test]
fn a_moderator_reaches_a_moderator_and_not_an_owner() {
    let world = World::new();
    let (ann, bob, cid) = (world.account("ann"), world.account("bob"), world.account("cid"));
    let room = world.enter(&ann, "#tea");
    for who in [&bob, &cid] {
        world.enter(who, "#tea");
        block_on(world.chat.set_role(&ann, room, who.person, Role::Moderator)).unwrap();
    }
    let needs = Refusal::Denied(Denied::Needs { role: Role::Owner });
    for target in [BanTarget::Person(ann.person), BanTarget::Account("ann".into()), mask("~a:Ann")]
    {
        assert_eq!(refused(world.chat.ban(&bob, room, ban(target))), needs);
    }
    let mute = NewBan { mute: true, ..ban(BanTarget::Person(cid.person)) };
    set(&world, &bob, room, mute);
    let post = world.chat.post(&cid, Target::Room(room), message("hm"));
    assert_eq!(refused(post), MUTED, "its role went with its voice");
    let bans = world.chat.bans(&cid, room);
    assert_eq!(refused(bans), Refusal::Denied(Denied::Needs { role: Role::Moderator }));
}

#[test]
fn bans_outlast_a_restart_and_are_bounded() {
    let mut world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    for n in 0..parlor_chat::limits::BANS_PER_ROOM {
        set(&world, &ann, room, ban(mask(&format!("bad{n}"))));
    }
    let one_more = world.chat.ban(&ann, room, ban(mask("bad")));
    assert_eq!(refused(one_more), Refusal::TooManyBans);
    world.restart();
    let ann = world.account("ann");
    assert_eq!(block_on(world.chat.bans(&ann, room)).unwrap().len(), 500);
    let bad = world.guest("bad7");
    assert_eq!(refused(world.chat.join(&bad, &name("#tea"))), BANNED);
}

#[test]
fn the_ban_is_told_to_the_room() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    set(&world, &ann, room, ban(BanTarget::Person(bob.person)));
    let events = world.events(room);
    match ChatEvent::decode(events.last().unwrap()).unwrap() {
        ChatEvent::Banned(told) => {
            assert_eq!(told.by.person, ann.person);
            assert_eq!(told.mask.to_string(), "~account:bob");
            assert_eq!(told.aimed, Some((bob.person, "bob".into())));
            assert_eq!((told.mute, &*told.reason), (false, "rude"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_takes_a_banned_nick_is_out_at_once() {
    let world = World::new();
    let ann = world.account("ann");
    let (bob, eve) = (world.account("bob"), world.guest("eve"));
    let (room, other) = (world.enter(&ann, "#tea"), world.enter(&ann, "#other"));
    for who in [&bob, &eve] {
        world.enter(who, "#tea");
        world.enter(who, "#other");
    }
    set(&world, &ann, room, ban(mask("rogue*!*@*")));
    for (who, nick) in [(&bob, "rogue1"), (&eve, "rogue2")] {
        let nick = Nick::new(nick).unwrap();
        assert_eq!(block_on(world.chat.rename(who, &nick)).unwrap(), nick);
        assert!(who.stay(room).is_none(), "{nick} is still there");
        assert!(who.stay(other).is_some(), "nobody bans {nick} elsewhere");
        assert_eq!(refused(world.chat.join(&renamed(who, &nick), &name("#tea"))), BANNED);
    }
    assert_eq!(block_on(world.chat.members(&ann, room)).unwrap().len(), 1);
    // It is off the account's list: under another nick it comes back only when it wants to.
    let overview = block_on(world.chat.overview(&bob)).unwrap();
    assert!(overview.rooms.iter().all(|listed| listed.room.topic != room));
    // A mute keeps nobody out, and who keeps order is hit by no mask.
    let mute = NewBan { mute: true, ..ban(mask("quiet!*@*")) };
    set(&world, &ann, other, mute);
    block_on(world.chat.rename(&bob, &Nick::new("quiet").unwrap())).unwrap();
    assert!(bob.stay(other).is_some());
    block_on(world.chat.rename(&ann, &Nick::new("rogue3").unwrap())).unwrap();
    assert!(ann.stay(room).is_some());
}

#[test]
fn who_is_given_a_banned_nick_is_out_at_once() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    // Bob calls himself zoe, and a guest wolf; then the owners of these names come.
    let (bob, eve) = (world.account("bob"), world.guest("wolf"));
    block_on(world.chat.rename(&bob, &Nick::new("zoe").unwrap())).unwrap();
    for who in [&bob, &eve] {
        world.enter(who, "#tea");
    }
    for wanted in ["bob!*@*", "Guest-*!*@*"] {
        set(&world, &ann, room, ban(mask(wanted)));
    }
    for who in [&bob, &eve] {
        assert!(who.stay(room).is_some(), "nobody bans it under the name it has");
    }
    for (who, name) in [(&bob, "zoe"), (&eve, "wolf")] {
        world.account(name);
        let nick = block_on(world.link.people(vec![who.person])).pop().unwrap().nick.clone();
        assert_ne!(nick.as_str(), name, "its owner has claimed it");
        block_on(world.chat.renamed(who.person));
        assert!(who.stay(room).is_none(), "{nick} is still there");
        assert_eq!(refused(world.chat.join(&renamed(who, &nick), &self::name("#tea"))), BANNED);
    }
    let overview = block_on(world.chat.overview(&bob)).unwrap();
    assert!(overview.rooms.is_empty(), "off the account's list");
}

/// Bob, who calls himself zoe and is not connected, in a room that bans his own name.
fn away_under_another_name(world: &World) -> (Attached, TopicId) {
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    block_on(world.chat.rename(&bob, &Nick::new("zoe").unwrap())).unwrap();
    world.enter(&bob, "#tea");
    world.link.detach(bob.session, "");
    set(world, &ann, room, ban(mask("bob!*@*")));
    assert_eq!(nicks(world, &ann, room), ["ann", "zoe"]);
    (ann, room)
}

fn nicks(world: &World, who: &Attached, room: TopicId) -> Vec<String> {
    let members = block_on(world.chat.members(who, room)).unwrap();
    members.iter().map(|member| member.present.nick.to_string()).collect()
}

fn is_off_its_list(world: &World, name: &str) {
    let back = world.account(name);
    assert!(block_on(world.chat.overview(&back)).unwrap().rooms.is_empty());
    world.link.detach(back.session, "");
}

#[test]
fn who_is_given_a_banned_nick_while_not_connected_is_out_at_once() {
    let world = World::new();
    let (ann, room) = away_under_another_name(&world);
    let mut ear = Ear::new(&world.store, &[room]);
    let zoe = world.account("zoe");
    assert_eq!(nicks(&world, &ann, room), ["ann", "bob"]);
    block_on(world.chat.arrived(&zoe));
    assert_eq!(nicks(&world, &ann, room), ["ann"]);
    assert_eq!(ear.kinds(), ["presence.renamed", "presence.left"]);
    is_off_its_list(&world, "bob");
    // The same when the owner of the name is there, and takes it.
    let world = World::new();
    let (ann, room) = away_under_another_name(&world);
    let account = block_on(world.link.add_account("zoe", "password", false)).unwrap();
    let other = Nick::new("other").unwrap();
    let client = ClientInfo {
        protocol: "test",
        user: "zoe".into(),
        host: "host".into(),
        realname: "zoe".into(),
        away: None,
    };
    let zoe = world.link.attach(Identity::Account(account), &other, client);
    let zoe = block_on(zoe).unwrap();
    block_on(world.chat.arrived(&zoe));
    assert_eq!(nicks(&world, &ann, room), ["ann", "zoe"], "nobody has claimed the name");
    block_on(world.chat.rename(&zoe, &Nick::new("Zoe").unwrap())).unwrap();
    assert_eq!(nicks(&world, &ann, room), ["ann"]);
    is_off_its_list(&world, "bob");
}

/// The owner of the name may be gone before it has looked.
#[test]
fn who_comes_back_under_a_nick_it_was_given_is_looked_at() {
    let world = World::new();
    let (ann, room) = away_under_another_name(&world);
    world.account("zoe");
    let bob = world.account("bob");
    assert_eq!(bob.nick.as_str(), "bob");
    block_on(world.chat.arrived(&bob));
    assert_eq!(nicks(&world, &ann, room), ["ann"]);
    // A nick that nobody bans lets it stay, and is looked at once.
    let next = world.account("bob");
    assert!(bob.renamed && !next.renamed);
}

#[test]
fn who_is_given_a_nick_that_nobody_bans_stays() {
    let world = World::new();
    let (ann, room) = away_under_another_name(&world);
    let wanted = BanMask::new("bob!*@*").unwrap();
    block_on(world.chat.unban(&ann, room, wanted, None)).unwrap();
    // Who keeps order is hit by no mask, connected or not.
    let keeper = world.account("keeper");
    let other = world.enter(&keeper, "#other");
    block_on(world.chat.rename(&keeper, &Nick::new("yan").unwrap())).unwrap();
    world.enter(&ann, "#other");
    set(&world, &keeper, other, ban(mask("keeper!*@*")));
    world.link.detach(keeper.session, "");
    for name in ["zoe", "yan"] {
        block_on(world.chat.arrived(&world.account(name)));
    }
    assert_eq!(nicks(&world, &ann, room), ["ann", "bob"]);
    assert_eq!(nicks(&world, &ann, other), ["keeper", "ann"]);
}

fn renamed(who: &Attached, nick: &Nick) -> Attached {
    let mut renamed = who.clone();
    renamed.nick = nick.clone();
    renamed
}
