//! Accounts that stay while they are not connected: what others are told, and when it ends.

use super::*;
use crate::limits::{RESIDENT_MS_MAX, RESIDENTS_MAX, SEEN_STALE_MS};

pub(super) const ANN: PersonId = PersonId(1);
pub(super) const INBOX: u64 = 1001;

impl Stage {
    /// Attaches a device of an account that stays.
    pub(super) fn device(&mut self, person: PersonId, nick: &str) -> Seat {
        let arrival = Arrival { stays: true, ..arrival(person, nick) };
        self.presence.attach(arrival, &mut self.effects).unwrap()
    }

    /// Attaches the account for one request.
    pub(super) fn visit(&mut self, person: PersonId, nick: &str) -> Seat {
        let arrival = Arrival { stays: true, passing: true, ..arrival(person, nick) };
        self.presence.attach(arrival, &mut self.effects).unwrap()
    }

    pub(super) fn settle(&mut self, person: PersonId, name: &str, topics: &[TopicId]) {
        let account = arrival(person, name).account.unwrap();
        let (inbox, topics) = (TopicId(person.0 + 1000), topics.to_vec());
        let resident = Resident { account, inbox, avatar: None, seen_ms: 1, topics };
        self.presence.settle(resident, &mut self.effects);
    }

    pub(super) fn set_away(&mut self, session: SessionId, text: Option<&str>) {
        self.presence.set_away(session, text.map(Into::into), &mut self.effects);
    }
}

pub(super) fn quiet() -> Vec<String> {
    Vec::new()
}

#[test]
fn an_account_stays_when_its_last_device_leaves() {
    let mut stage = Stage::default();
    let eve = stage.guest(2);
    stage.presence.watch(eve, vec!["ann".into()]);
    let phone = stage.device(ANN, "ann").session;
    let laptop = stage.device(ANN, "ann").session;
    for session in [phone, laptop] {
        stage.enter(session, ROOM);
    }
    let stay = stage.enter(phone, OTHER).stay;
    stage.told();
    stage.detach(phone);
    assert_eq!(stage.told(), quiet(), "one device is left, and with it every room");
    assert_eq!(stage.presence.count(OTHER), 1);
    assert_eq!(stage.detach(laptop), None, "its rows stay");
    let of_eve = (GUEST_BASE + 2) % 1000 + 1000;
    let gone = "ann away Some(\"Not connected\"), gone";
    assert_eq!(stage.told(), [format!("[{INBOX}, 10, 11, {of_eve}] {gone}")]);
    assert!(stay.is_present() && stay.is_revealed());
    let shown = stage.presence.find("ann").unwrap();
    assert!(!shown.connected && !shown.operator);
    assert_eq!(stage.presence.members(ROOM)[0].away.as_deref(), Some("Not connected"));
    let online = stage.presence.online();
    assert_eq!((online.people, online.guests, online.residents), (0, 1, 1));
    let why = stage.attach(PersonId(GUEST_BASE + 3), "ann").unwrap_err();
    assert_eq!(why, NickRefusal::InUse, "its nick is its own");

    let back = stage.device(ANN, "ann");
    assert!(back.first && !back.renamed && back.away.is_none());
    let entered = stage.enter(back.session, ROOM);
    assert!(!entered.first && entered.stay.is_present());
    assert_eq!(stage.told(), [format!("[{INBOX}, 10, 11, {of_eve}] ann away None")]);
    assert!(stage.presence.find("ann").unwrap().connected);
}

#[test]
fn own_words_about_being_away_come_back() {
    let mut stage = Stage::default();
    let phone = stage.device(ANN, "ann").session;
    stage.enter(phone, ROOM);
    stage.set_away(phone, Some("on holiday"));
    stage.told();
    stage.detach(phone);
    let back = stage.device(ANN, "ann");
    assert_eq!(back.away.as_deref(), Some("on holiday"));
    stage.set_away(back.session, None);
    assert_eq!(
        stage.told(),
        [
            format!("[{INBOX}, 10] ann away Some(\"Not connected: on holiday\"), gone"),
            format!("[{INBOX}, 10] ann away Some(\"on holiday\")"),
            format!("[{INBOX}, 10] ann away None"),
        ]
    );
}

/// A client that nobody looks at comes and goes: others read of nobody's being back in between.
#[test]
fn a_client_that_comes_away_is_never_shown_as_back() {
    let mut stage = Stage::default();
    let phone = stage.device(ANN, "ann").session;
    stage.enter(phone, ROOM);
    stage.detach(phone);
    stage.told();
    let arrival = |away: &str| {
        let client = ClientInfo { away: Some(away.into()), ..client() };
        Arrival { client, stays: true, ..arrival(ANN, "ann") }
    };
    let one = stage.presence.attach(arrival("asleep"), &mut stage.effects).unwrap();
    assert_eq!(stage.told(), [format!("[{INBOX}, 10] ann away Some(\"asleep\")")]);
    stage.presence.attach(arrival("elsewhere"), &mut stage.effects).unwrap();
    assert_eq!(stage.told(), quiet(), "it says nothing about the other device");
    stage.set_away(one.session, None);
    assert_eq!(stage.told(), [format!("[{INBOX}, 10] ann away None")]);
}

#[test]
fn only_members_stay_and_only_if_they_want() {
    let mut stage = Stage::default();
    let phone = stage.device(ANN, "ann").session;
    stage.enter(phone, ROOM);
    stage.presence.enter(phone, OTHER, Capacity::Visitor, &mut stage.effects).unwrap();
    let bob = stage.device(PersonId(2), "bob").session;
    stage.presence.enter(bob, OTHER, Capacity::Visitor, &mut stage.effects).unwrap();
    stage.told();
    stage.detach(phone);
    stage.detach(bob);
    let gone = format!("[{INBOX}, 10] ann away Some(\"Not connected\"), gone");
    assert_eq!(stage.told(), ["[11] ann left: gone".into(), gone, "[11] bob quit: gone".into()]);
    stage.presence.set_stays(ANN, false, &mut stage.effects);
    assert_eq!(stage.told(), ["[10] ann quit: does not stay any more"]);
    assert!(stage.presence.find("ann").is_none());
    assert_eq!(stage.presence.online(), Online { max: 2, ..Online::default() });
}

#[test]
fn who_does_not_stay_any_more_leaves_where_no_device_is() {
    let mut stage = Stage::default();
    let sessions = [stage.device(ANN, "ann").session, stage.device(ANN, "ann").session];
    stage.enter(sessions[0], ROOM);
    stage.enter(sessions[1], OTHER);
    stage.detach(sessions[1]);
    stage.told();
    stage.presence.set_stays(ANN, false, &mut stage.effects);
    assert_eq!(stage.told(), ["[11] ann left: does not stay any more"]);
    stage.detach(sessions[0]);
    assert_eq!(stage.told(), ["[10] ann quit: gone"]);
}

#[test]
fn a_resident_is_thrown_out_like_anybody() {
    let mut stage = Stage::default();
    let phone = stage.device(ANN, "ann").session;
    stage.enter(phone, ROOM);
    stage.enter(phone, OTHER);
    stage.detach(phone);
    stage.told();
    let eve = stage.guest(2);
    stage.presence.watch(eve, vec!["ann".into()]);
    assert!(stage.presence.remove_from(ANN, OTHER, None, &mut stage.effects));
    assert!(stage.presence.find("ann").is_some());
    assert!(stage.presence.remove_from(ANN, ROOM, Some("bye"), &mut stage.effects));
    let of_eve = (GUEST_BASE + 2) % 1000 + 1000;
    assert_eq!(
        stage.told(),
        ["[10] ann left: bye".to_owned(), format!("[{of_eve}] ann offline")],
        "there is nothing left that it stays for"
    );
    assert!(stage.presence.find("ann").is_none());
}

#[test]
fn a_removed_account_does_not_stay() {
    let mut stage = Stage::default();
    let phone = stage.device(ANN, "ann").session;
    stage.enter(phone, ROOM);
    stage.detach(phone);
    stage.told();
    assert!(!stage.presence.expel(ANN, &mut stage.effects), "no connection waits to close");
    assert_eq!(stage.told(), ["[10] ann quit: account removed"]);
    assert!(stage.presence.find("ann").is_none());

    let phone = stage.device(ANN, "ann").session;
    stage.enter(phone, ROOM);
    assert!(stage.presence.expel(ANN, &mut stage.effects));
    stage.enter(phone, ROOM);
    assert_eq!(stage.detach(phone), Some(ANN), "nor does it by entering again");
    assert!(stage.presence.find("ann").is_none());
}

#[test]
fn after_a_start_accounts_are_where_they_are_members() {
    let mut stage = Stage::default();
    let guest = stage.attach(PersonId(GUEST_BASE + 1), "ann").unwrap().session;
    stage.enter(guest, ROOM);
    stage.presence.reserve(&Nick::new("ann").unwrap(), ANN);
    stage.told();
    stage.settle(ANN, "ann", &[ROOM, OTHER]);
    stage.settle(PersonId(2), "bob", &[]);
    let of_guest = (GUEST_BASE + 1) % 1000 + 1000;
    assert_eq!(
        stage.told(),
        [
            format!("[{of_guest}, 10] ann is Guest-0001"),
            "[10] ann entered".into(),
            "[10] ann away Some(\"Not connected\"), gone".into(),
            "[11] ann entered".into(),
            "[11] ann away Some(\"Not connected\"), gone".into(),
        ]
    );
    assert!(stage.presence.find("bob").is_none(), "who is a member of nothing is not here");
    let shown = stage.presence.find("ann").unwrap();
    assert_eq!((&*shown.user, &*shown.host, &*shown.realname), ("ann", "member", "ann"));
    let phone = stage.device(ANN, "ann").session;
    assert_eq!(
        stage.told(),
        [format!("[{INBOX}, 10, 11] ann = r"), format!("[{INBOX}, 10, 11] ann away None")]
    );
    assert!(!stage.enter(phone, ROOM).first);
}

#[test]
fn who_comes_back_has_the_nick_it_asks_for_if_it_is_free() {
    let mut stage = Stage::default();
    let own = |nick: &str| {
        let account = arrival(ANN, "ann").account;
        Arrival { account, stays: true, ..arrival(ANN, nick) }
    };
    let first = stage.presence.attach(own("annie"), &mut stage.effects).unwrap();
    stage.enter(first.session, ROOM);
    stage.detach(first.session);
    stage.told();
    let back = stage.presence.attach(own("ann"), &mut stage.effects).unwrap();
    assert_eq!((back.present.nick.as_str(), back.renamed), ("annie", false));
    stage.detach(back.session);
    stage.guest(7);
    let back = stage.presence.attach(own("g7"), &mut stage.effects).unwrap();
    assert_eq!((back.present.nick.as_str(), back.renamed), ("annie", false), "it is taken");
    stage.detach(back.session);
    stage.told();
    let back = stage.presence.attach(own("anna"), &mut stage.effects).unwrap();
    assert_eq!((back.present.nick.as_str(), back.renamed), ("anna", true));
    assert_eq!(
        stage.told(),
        [format!("[{INBOX}, 10] annie is anna"), format!("[{INBOX}, 10] anna away None")]
    );
}

#[test]
fn who_gives_up_a_nick_is_named_and_learns_of_it() {
    let mut stage = Stage::default();
    let own = |nick: &str| {
        let account = arrival(ANN, "ann").account;
        Arrival { account, stays: true, ..arrival(ANN, nick) }
    };
    let ann = stage.presence.attach(own("zoe"), &mut stage.effects).unwrap().session;
    stage.enter(ann, ROOM);
    stage.detach(ann);
    stage.presence.reserve(&Nick::new("zoe").unwrap(), PersonId(2));
    let zoe = stage.device(PersonId(2), "zoe");
    assert_eq!(zoe.displaced, Some(ANN));
    assert_eq!(stage.device(PersonId(2), "zoe").displaced, None);
    // A request is no device: the next one that comes is told.
    let nick = stage.presence.person(ANN).unwrap().nick.clone();
    assert!(!stage.visit(ANN, "ann").renamed);
    assert!(stage.presence.attach(own(nick.as_str()), &mut stage.effects).unwrap().renamed);
    let again = stage.presence.attach(own(nick.as_str()), &mut stage.effects).unwrap();
    assert!(!again.renamed);
    // Whoever is connected hears of it on its inbox; and by renaming it is the same.
    let guest = stage.attach(PersonId(GUEST_BASE + 1), "yan").unwrap().session;
    stage.presence.reserve(&Nick::new("yan").unwrap(), PersonId(2));
    let yan = Nick::new("yan").unwrap();
    let taken = stage.presence.rename(zoe.session, yan.clone(), 41, &mut stage.effects).unwrap();
    let displaced = Some(PersonId(GUEST_BASE + 1));
    assert_eq!(taken, Renamed { nick: yan, displaced });
    assert!(stage.rename(guest, "free").is_ok());
}

#[test]
fn one_request_is_no_connection() {
    let mut stage = Stage::default();
    let phone = stage.device(ANN, "ann").session;
    stage.enter(phone, ROOM);
    stage.detach(phone);
    stage.told();
    let request = stage.visit(ANN, "ann");
    assert!(request.first);
    stage.detach(request.session);
    assert_eq!(stage.told(), quiet());
    assert!(!stage.presence.find("ann").unwrap().connected);
    // Of an account that is in no room nothing stays.
    let request = stage.visit(PersonId(2), "bob");
    stage.detach(request.session);
    assert!(stage.presence.find("bob").is_none());
    // A program that makes its account a member makes it a resident.
    let request = stage.visit(PersonId(2), "bob");
    stage.presence.belong(PersonId(2), ROOM, &mut stage.effects);
    stage.detach(request.session);
    assert_eq!(stage.told(), ["[10] bob entered", "[10] bob away Some(\"Not connected\"), gone"]);
    assert_eq!(stage.presence.count(ROOM), 2);
}

#[test]
fn a_guest_does_not_go_on_as_a_resident() {
    let mut stage = Stage::default();
    stage.settle(ANN, "ann", &[ROOM]);
    let guest = stage.guest(1);
    stage.enter(guest, ROOM);
    stage.enter(guest, OTHER);
    stage.told();
    let arrival = Arrival { instead_of: Some(guest), stays: true, ..arrival(ANN, "ann") };
    let ann = stage.presence.attach(arrival, &mut stage.effects).unwrap();
    stage.take_over(guest, ann.session, &[ROOM, OTHER]);
    assert_eq!(
        stage.told(),
        [
            format!("[{INBOX}, 10] ann = r"),
            format!("[{INBOX}, 10] ann away None"),
            "[10, 11] g1 quit: Signing in".into(),
            "[11] ann entered".into(),
        ]
    );
}

#[test]
fn a_quiet_room_hears_nothing_of_who_is_connected() {
    let mut stage = Stage::default();
    for number in 0..=u64::try_from(QUIET_MEMBERS).unwrap() {
        stage.settle(PersonId(number + 1), &format!("a{number}"), &[ROOM]);
    }
    let late = PersonId(500);
    let session = stage.device(late, "late").session;
    let stay = stage.enter(session, ROOM).stay;
    stage.told();
    stage.detach(session);
    let seat = stage.device(ANN, "a0");
    stage.detach(seat.session);
    let told = stage.told();
    assert!(told.iter().all(|line| !line.contains("10]")), "{told:?}");
    assert!(stay.is_present() && !stay.is_revealed(), "who only read is still not told of");
    assert_eq!(stage.presence.count(ROOM), QUIET_MEMBERS + 2);
    let back = stage.device(late, "late").session;
    stage.told();
    stage.presence.reveal(back, ROOM, &mut stage.effects);
    assert_eq!(stage.told(), ["[10] late entered"]);
}

#[test]
fn who_was_not_here_for_too_long_leaves() {
    let mut stage = Stage::default();
    let eve = stage.device(PersonId(2), "eve").session;
    stage.settle(ANN, "ann", &[ROOM]);
    stage.enter(eve, ROOM);
    stage.told();
    assert_eq!(stage.presence.take_seen(), [], "the disk knows of no earlier time");
    stage.presence.look_round(1 + RESIDENT_MS_MAX, &mut stage.effects);
    assert_eq!(stage.told(), quiet());
    assert_eq!(stage.presence.take_seen(), [PersonId(2)], "who is connected is noted");
    stage.presence.look_round(2 + RESIDENT_MS_MAX, &mut stage.effects);
    assert_eq!(stage.told(), ["[10] ann quit: not connected for 30 days"]);
    assert_eq!(stage.presence.take_seen(), []);
}

#[test]
fn being_here_is_noted_once_a_day() {
    let mut stage = Stage::default();
    let at = |stage: &mut Stage, now_ms, known_ms| {
        let arrival = Arrival { now_ms, seen_ms: known_ms, stays: true, ..arrival(ANN, "ann") };
        let seat = stage.presence.attach(arrival, &mut stage.effects).unwrap();
        stage.presence.detach(seat.session, "", now_ms + 1, &mut stage.effects);
        stage.presence.take_seen().len()
    };
    assert_eq!(at(&mut stage, SEEN_STALE_MS, 0), 1);
    assert_eq!(at(&mut stage, 2 * SEEN_STALE_MS - 2, SEEN_STALE_MS), 0);
    assert_eq!(at(&mut stage, 2 * SEEN_STALE_MS - 1, SEEN_STALE_MS), 1, "noted as it leaves");
    let guest = stage.guest(1);
    stage.detach(guest);
    assert_eq!(stage.presence.take_seen(), []);
}

#[test]
fn a_bounded_number_stays() {
    let mut stage = Stage::default();
    for number in 0..u64::try_from(RESIDENTS_MAX).unwrap() - 1 {
        stage.settle(PersonId(number + 10), &format!("a{number}"), &[ROOM]);
    }
    let sessions = [1, 2].map(|person| stage.device(PersonId(person), &format!("p{person}")));
    for seat in &sessions {
        stage.enter(seat.session, OTHER);
    }
    stage.told();
    for seat in &sessions {
        stage.detach(seat.session);
    }
    assert_eq!(
        stage.told(),
        [
            format!("[{INBOX}, 11] p1 away Some(\"Not connected\"), gone"),
            "[11] p2 quit: gone".into()
        ]
    );
    assert_eq!(stage.presence.online().residents, RESIDENTS_MAX);
}
