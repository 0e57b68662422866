//! Presence as a plain state: what it announces, and what it never forgets.

mod residents;
mod lingering;
mod sum;

use parlor_topics::TopicId;

use super::{
    state::{Arrival, Effect, EnterRefusal, Presence, Seat},
    *,
};
use crate::{
    event::{Departure, Entrance, PresenceEvent},
    identity::{Account, AccountId, ClientInfo, GUEST_BASE, SessionId},
    limits::{QUIET_MEMBERS, TOPICS_PER_SESSION},
    refusal::NickRefusal,
};

const ROOM: TopicId = TopicId(10);
const OTHER: TopicId = TopicId(11);

/// A presence with what it has announced, each effect as one short line.
#[derive(Default)]
struct Stage {
    presence: Presence,
    effects: Vec<Effect>,
    now_ms: u64,
}

fn client() -> ClientInfo {
    let (user, host) = ("u".into(), "h".into());
    ClientInfo { protocol: "test", user, host, realname: "r".into(), away: None }
}

fn arrival(person: PersonId, nick: &str) -> Arrival {
    let nick = Nick::new(nick).unwrap();
    let account = (!person.is_guest()).then(|| Account {
        id: AccountId(person.0),
        name: nick.clone(),
        admin: false,
    });
    let inbox = Some(TopicId(person.0 % 1000 + 1000));
    let (client, now_ms, random) = (client(), 5, 41);
    Arrival {
        person,
        account,
        inbox,
        nick,
        client,
        avatar: None,
        now_ms,
        random,
        instead_of: None,
        passing: false,
        stays: false,
        seen_ms: 0,
    }
}

impl Stage {
    fn attach(&mut self, person: PersonId, nick: &str) -> Result<Seat, NickRefusal> {
        self.presence.attach(arrival(person, nick), &mut self.effects)
    }

    fn guest(&mut self, number: u64) -> SessionId {
        self.attach(PersonId(GUEST_BASE + number), &format!("g{number}")).unwrap().session
    }

    /// Enters as a member, which means nothing for who does not stay.
    fn enter(&mut self, session: SessionId, topic: TopicId) -> Entered {
        self.presence.enter(session, topic, Capacity::Member, &mut self.effects).unwrap()
    }

    fn leave(&mut self, session: SessionId, topic: TopicId) -> Left {
        self.presence.leave(session, topic, "bye", &mut self.effects)
    }

    fn rename(&mut self, session: SessionId, nick: &str) -> Result<Nick, NickRefusal> {
        let nick = Nick::new(nick).unwrap();
        self.presence.rename(session, nick, 41, &mut self.effects).map(|renamed| renamed.nick)
    }

    fn detach(&mut self, session: SessionId) -> Option<PersonId> {
        self.presence.detach(session, "gone", self.now_ms, &mut self.effects)
    }

    /// Seats the person of an account beside a guest that goes on as it.
    fn succeed(&mut self, guest: SessionId, person: PersonId, name: &str) -> Seat {
        let arrival = Arrival { instead_of: Some(guest), ..arrival(person, name) };
        self.presence.attach(arrival, &mut self.effects).unwrap()
    }

    fn take_over(
        &mut self,
        guest: SessionId,
        session: SessionId,
        topics: &[TopicId],
    ) -> Succession {
        self.presence.take_over(guest, session, topics, 5, &mut self.effects).unwrap()
    }

    fn told(&mut self) -> Vec<String> {
        self.effects
            .drain(..)
            .map(|effect| {
                let topics: Vec<_> = effect.topics.iter().map(|topic| topic.0).collect();
                match effect.event {
                    PresenceEvent::Entered(Entrance { nick, was: Some(guest), .. }) => {
                        format!("{topics:?} {nick} entered, was {}", guest - GUEST_BASE)
                    }
                    PresenceEvent::Left(Departure { nick, becomes: Some(heir), .. }) => {
                        format!("{topics:?} {nick} becomes {} {}", heir.person, heir.account)
                    }
                    PresenceEvent::Entered(e) => format!("{topics:?} {} entered", e.nick),
                    PresenceEvent::Left(e) if e.quit => {
                        format!("{topics:?} {} quit: {}", e.nick, e.reason)
                    }
                    PresenceEvent::Left(e) => format!("{topics:?} {} left: {}", e.nick, e.reason),
                    PresenceEvent::Renamed(e) => format!("{topics:?} {} is {}", e.old, e.new),
                    PresenceEvent::Away(e) => {
                        let gone = if e.gone { ", gone" } else { "" };
                        format!("{topics:?} {} away {:?}{gone}", e.nick, e.text)
                    }
                    PresenceEvent::Realname(e) => format!("{topics:?} {} = {}", e.nick, e.realname),
                    PresenceEvent::Bot(e) => format!("{topics:?} {} bot {}", e.nick, e.bot),
                    PresenceEvent::Online(e) => format!("{topics:?} {} online", e.nick),
                    PresenceEvent::Offline(e) => format!("{topics:?} {} offline", e.nick),
                }
            })
            .collect()
    }
}

#[test]
fn coming_and_going_is_told() {
    let mut stage = Stage::default();
    let ann = stage.guest(1);
    let entered = stage.enter(ann, ROOM);
    assert!(entered.first && entered.revealed && !entered.quiet && entered.stay.is_present());
    assert_eq!(entered.members, 1);
    assert!(!stage.enter(ann, ROOM).first, "entering twice is entering once");
    assert_eq!(stage.leave(ann, ROOM), Left { was_here: true, last: true });
    assert_eq!(stage.leave(ann, ROOM), Left { was_here: false, last: false });
    assert!(!entered.stay.is_present());
    assert_eq!(stage.told(), ["[10] g1 entered", "[10] g1 left: bye"]);
    assert_eq!(stage.presence.online().rooms, 0, "an empty room costs nothing");
}

#[test]
fn who_watches_for_a_nick_is_told_of_it_and_nobody_else() {
    let mut stage = Stage::default();
    let (ann, bob) = (stage.guest(1), stage.guest(2));
    assert_eq!(stage.presence.watch(ann, vec!["G2".into(), "g3".into()]).len(), 1);
    let eve = stage.guest(3);
    stage.rename(eve, "G3").unwrap();
    stage.rename(eve, "eve").unwrap();
    stage.presence.set_away(bob, Some("tea".into()), &mut stage.effects);
    stage.presence.set_realname(bob, "Bob", &mut stage.effects);
    stage.detach(bob);
    let inbox = |number: u64| (GUEST_BASE + number) % 1000 + 1000;
    let (of_ann, of_bob, of_eve) = (inbox(1), inbox(2), inbox(3));
    assert_eq!(
        stage.told(),
        [
            format!("[{of_ann}] g3 online"),
            format!("[{of_eve}] g3 is G3"),
            format!("[{of_ann}] G3 offline"),
            format!("[{of_eve}] G3 is eve"),
            format!("[{of_bob}, {of_ann}] g2 away Some(\"tea\")"),
            format!("[{of_bob}, {of_ann}] g2 = Bob"),
            format!("[{of_ann}] g2 offline"),
        ]
    );
    stage.presence.unwatch(ann, &["g3".into()]);
    stage.rename(eve, "g3").unwrap();
    assert_eq!(stage.told().len(), 1, "only its own inbox hears of the nick");
}

#[test]
fn quitting_is_told_everywhere_at_once() {
    let mut stage = Stage::default();
    let ann = stage.guest(1);
    stage.enter(ann, ROOM);
    stage.enter(ann, OTHER);
    stage.told();
    assert_eq!(stage.detach(ann), Some(PersonId(GUEST_BASE + 1)));
    assert_eq!(stage.told(), ["[10, 11] g1 quit: gone"]);
    assert_eq!(stage.detach(ann), None);
    assert_eq!(stage.told(), Vec::<String>::new());
    assert!(stage.presence.find("g1").is_none());
}

#[test]
fn sessions_of_an_account_are_one_person() {
    let mut stage = Stage::default();
    let first = stage.attach(PersonId(1), "ann").unwrap();
    let second = stage.attach(PersonId(1), "other").unwrap();
    assert!(first.first && !second.first);
    assert_eq!(second.present.nick.as_str(), "ann", "the nick comes from the first");
    assert!(stage.enter(first.session, ROOM).first);
    assert!(!stage.enter(second.session, ROOM).first);
    stage.enter(second.session, OTHER);
    assert_eq!(stage.leave(first.session, ROOM), Left { was_here: true, last: false });
    stage.enter(first.session, ROOM);
    assert_eq!(stage.detach(second.session), None, "an account leaves no rows to clear");
    assert_eq!(stage.told(), ["[10] ann entered", "[11] ann entered", "[11] ann left: gone"]);
    assert_eq!(stage.presence.count(ROOM), 1);
    assert_eq!(stage.detach(first.session), None);
    assert_eq!(stage.told(), ["[10] ann quit: gone"]);
    assert_eq!(stage.presence.online(), Online { max: 1, ..Online::default() });
}

#[test]
fn a_nick_belongs_to_one_person() {
    let mut stage = Stage::default();
    let ann = stage.guest(1);
    stage.guest(2);
    let why = stage.attach(PersonId(GUEST_BASE + 3), "G1").unwrap_err();
    assert_eq!(why, NickRefusal::InUse);
    assert_eq!(stage.rename(ann, "G2"), Err(NickRefusal::InUse));
    assert_eq!(stage.rename(ann, "g1").unwrap().as_str(), "g1");
    assert_eq!(stage.told(), Vec::<String>::new(), "the same nick is no change");
    stage.enter(ann, ROOM);
    assert_eq!(stage.rename(ann, "G1").unwrap().as_str(), "G1");
    assert_eq!(stage.rename(ann, "new").unwrap().as_str(), "new");
    let inbox = (GUEST_BASE + 1) % 1000 + 1000;
    assert_eq!(
        stage.told(),
        [
            "[10] g1 entered".to_owned(),
            format!("[{inbox}, 10] g1 is G1"),
            format!("[{inbox}, 10] G1 is new")
        ]
    );
    assert!(stage.presence.find("g1").is_none());
    assert_eq!(stage.presence.find("NEW").unwrap().nick.as_str(), "new");
    assert_eq!(stage.presence.members(ROOM)[0].nick.as_str(), "new");
    assert!(stage.attach(PersonId(GUEST_BASE + 3), "g1").is_ok(), "a nick is free at once");
}

#[test]
fn nobody_is_called_as_a_service_that_people_tell_passwords_to() {
    let mut stage = Stage::default();
    let guest = stage.attach(PersonId(GUEST_BASE + 1), "eve").unwrap().session;
    for name in ["NickServ", "chanserv", "NICKSERV", "\u{ff2e}ickServ"] {
        assert_eq!(stage.rename(guest, name), Err(NickRefusal::Service), "{name}");
    }
    let refused = stage.attach(PersonId(GUEST_BASE + 2), "nickserv").unwrap_err();
    assert_eq!(refused, NickRefusal::Service);
    assert!(stage.rename(guest, "Servant").is_ok());
    // An account that an older version made keeps its name.
    stage.presence.reserve(&Nick::new("MemoServ").unwrap(), PersonId(1));
    assert_eq!(stage.attach(PersonId(1), "MemoServ").unwrap().present.nick.as_str(), "MemoServ");
}

#[test]
fn names_of_accounts_are_theirs() {
    let mut stage = Stage::default();
    let guest = stage.attach(PersonId(GUEST_BASE + 1), "ann").unwrap().session;
    stage.enter(guest, ROOM);
    stage.told();
    stage.presence.reserve(&Nick::new("Ann").unwrap(), PersonId(1));
    assert_eq!(stage.attach(PersonId(GUEST_BASE + 2), "ANN").unwrap_err(), NickRefusal::Reserved);
    // Whoever has the name keeps it until its owner comes.
    assert!(stage.presence.find("ann").unwrap().account.is_none());
    let owner = stage.attach(PersonId(1), "Ann").unwrap();
    assert_eq!(owner.present.nick.as_str(), "Ann");
    let inbox = (GUEST_BASE + 1) % 1000 + 1000;
    assert_eq!(stage.told(), [format!("[{inbox}, 10] ann is Guest-0041")]);
    assert_eq!(stage.presence.find("ann").unwrap().person, PersonId(1));
    assert_eq!(stage.presence.find("guest-0041").unwrap().person, PersonId(GUEST_BASE + 1));
    assert_eq!(stage.rename(guest, "ann"), Err(NickRefusal::Reserved));
    stage.presence.free(&Nick::new("ann").unwrap());
    assert_eq!(stage.rename(guest, "ann"), Err(NickRefusal::InUse));
}

#[test]
fn the_owner_takes_its_name_by_renaming_too() {
    let mut stage = Stage::default();
    stage.presence.reserve(&Nick::new("ann").unwrap(), PersonId(1));
    let owner = stage.attach(PersonId(1), "other").unwrap().session;
    assert_eq!(stage.rename(owner, "ann").unwrap().as_str(), "ann");
    assert!(stage.presence.find("other").is_none());
}

#[test]
fn a_quiet_room_hears_of_who_speaks_only() {
    let mut stage = Stage::default();
    let many = u64::try_from(QUIET_MEMBERS).unwrap();
    for number in 0..many {
        let session = stage.guest(number);
        assert!(!stage.enter(session, ROOM).quiet);
    }
    stage.told();
    let late = stage.guest(many);
    let entered = stage.enter(late, ROOM);
    assert!(entered.quiet && !entered.revealed && !entered.stay.is_revealed());
    stage.presence.set_away(late, Some("tea".into()), &mut stage.effects);
    assert_eq!(stage.rename(late, "late").unwrap().as_str(), "late");
    let inbox = (GUEST_BASE + many) % 1000 + 1000;
    assert_eq!(
        stage.told(),
        [format!("[{inbox}] g{many} away Some(\"tea\")"), format!("[{inbox}] g{many} is late")]
    );
    for _ in 0..2 {
        stage.presence.reveal(late, ROOM, &mut stage.effects);
    }
    assert!(entered.stay.is_revealed());
    assert_eq!(stage.told(), ["[10] late entered"]);
    assert!(stage.presence.members(ROOM).iter().all(|attendee| attendee.revealed));
    stage.detach(late);
    assert_eq!(stage.told(), ["[10] late quit: gone"]);
    let silent = stage.guest(many + 1);
    stage.enter(silent, ROOM);
    stage.detach(silent);
    assert_eq!(stage.told(), Vec::<String>::new());
}

#[test]
fn away_is_told_once() {
    let mut stage = Stage::default();
    let ann = stage.guest(1);
    stage.enter(ann, ROOM);
    stage.told();
    for text in [Some("tea"), Some("tea"), None, None] {
        stage.presence.set_away(ann, text.map(Into::into), &mut stage.effects);
    }
    let inbox = (GUEST_BASE + 1) % 1000 + 1000;
    assert_eq!(
        stage.told(),
        [format!("[{inbox}, 10] g1 away Some(\"tea\")"), format!("[{inbox}, 10] g1 away None")]
    );
}

#[test]
fn that_somebody_is_a_program_is_told_once_and_to_who_comes() {
    let mut stage = Stage::default();
    let (robo, ann) = (stage.guest(1), stage.guest(2));
    stage.enter(robo, ROOM);
    stage.told();
    for (badge, on) in [
        (Badge::Bot, true),
        (Badge::Bot, true),
        (Badge::Operator, true),
        (Badge::Bot, false),
        (Badge::Bot, true),
    ] {
        stage.presence.set_badge(robo, badge, on, &mut stage.effects);
    }
    let inbox = (GUEST_BASE + 1) % 1000 + 1000;
    let told = [true, false, true].map(|on| format!("[{inbox}, 10] g1 bot {on}"));
    assert_eq!(stage.told(), told);
    stage.enter(ann, OTHER);
    stage.told();
    stage.enter(robo, OTHER);
    let entered = stage.effects.pop().unwrap().event;
    assert!(matches!(entered, PresenceEvent::Entered(Entrance { bot: true, .. })), "{entered:?}");
}

#[test]
fn a_kicked_person_is_out_with_all_its_sessions() {
    let mut stage = Stage::default();
    let sessions: Vec<_> =
        (0..2).map(|_| stage.attach(PersonId(1), "ann").unwrap().session).collect();
    let stays: Vec<_> = sessions.iter().map(|session| stage.enter(*session, ROOM).stay).collect();
    stage.told();
    assert!(stage.presence.remove_from(PersonId(1), ROOM, None, &mut stage.effects));
    assert!(!stage.presence.remove_from(PersonId(1), ROOM, None, &mut stage.effects));
    assert!(stays.iter().all(|stay| !stay.is_present()));
    assert_eq!(stage.presence.count(ROOM), 0);
    assert!(stage.enter(sessions[1], ROOM).first, "and can come back if it may");
    assert!(!stays[1].is_present(), "an old proof stays void");
    assert_eq!(stage.told(), ["[10] ann entered"]);
    assert!(stage.presence.remove_from(PersonId(1), ROOM, Some("bye"), &mut stage.effects));
    assert_eq!(stage.told(), ["[10] ann left: bye"]);
}

#[test]
fn a_removed_account_is_out_of_everything() {
    let mut stage = Stage::default();
    let session = stage.attach(PersonId(1), "ann").unwrap().session;
    let stay = stage.enter(session, ROOM).stay;
    stage.told();
    assert!(stage.presence.expel(PersonId(1), &mut stage.effects));
    assert!(!stay.is_present());
    assert_eq!(stage.told(), ["[10] ann quit: account removed"]);
    assert_eq!(stage.detach(session), Some(PersonId(1)), "its rows are to be cleared");
    assert!(!stage.presence.expel(PersonId(1), &mut stage.effects));
}

#[test]
fn a_guest_goes_on_as_an_account() {
    let mut stage = Stage::default();
    let (guest, eve) = (stage.guest(1), stage.guest(2));
    for topic in [ROOM, OTHER, TopicId(12)] {
        stage.enter(guest, topic);
    }
    let stay = stage.enter(guest, ROOM).stay;
    stage.presence.set_away(guest, Some("tea".into()), &mut stage.effects);
    stage.presence.watch(eve, vec!["g1".into()]);
    stage.told();
    let ann = stage.succeed(guest, PersonId(1), "ann");
    assert!(ann.first);
    assert_eq!(stage.presence.find("g1").unwrap().person, PersonId(1), "it has the nick at once");
    assert_eq!(stage.told(), Vec::<String>::new(), "who goes on under a nick has not come");
    let taken = stage.take_over(guest, ann.session, &[ROOM, OTHER, TopicId(13)]);
    assert_eq!(
        stage.told(),
        ["[12] g1 left: Signing in", "[10, 11] g1 becomes 1 ann", "[10, 11] g1 entered, was 1"]
    );
    assert_eq!(taken.departed, Some(PersonId(GUEST_BASE + 1)));
    let entered: Vec<_> = taken.entered.iter().map(|(topic, _)| *topic).collect();
    assert_eq!(entered, [ROOM, OTHER], "it does not come where the guest was not");
    assert!(taken.entered.iter().all(|(_, here)| here.first && here.stay.is_revealed()));
    assert!(!stay.is_present(), "the guest's proof is void");
    let members = stage.presence.members(ROOM);
    assert_eq!((members.len(), members[0].person), (1, PersonId(1)));
    assert_eq!(members[0].away.as_deref(), Some("tea"), "and keeps what it was");
    assert_eq!(stage.presence.count(TopicId(12)), 0);
    assert_eq!(stage.presence.find("g1").unwrap().person, PersonId(1));
    let online = Online { people: 1, guests: 1, sessions: 2, rooms: 2, max: 2, residents: 0 };
    assert_eq!(stage.presence.online(), online);
    stage.detach(ann.session);
    let of_eve = (GUEST_BASE + 2) % 1000 + 1000;
    assert_eq!(
        stage.told(),
        ["[10, 11] g1 quit: gone".to_owned(), format!("[{of_eve}] g1 offline")]
    );
    assert!(stage.attach(PersonId(GUEST_BASE + 3), "g1").is_ok(), "and its nick is free");
}

#[test]
fn who_is_here_already_does_not_go_on_as_a_guest() {
    let mut stage = Stage::default();
    let guest = stage.guest(1);
    stage.enter(guest, ROOM);
    stage.enter(guest, OTHER);
    let phone = stage.attach(PersonId(1), "ann").unwrap().session;
    stage.enter(phone, ROOM);
    stage.told();
    let ann = stage.succeed(guest, PersonId(1), "ann");
    assert!(!ann.first);
    let taken = stage.take_over(guest, ann.session, &[ROOM, OTHER]);
    assert_eq!(stage.told(), ["[10, 11] g1 quit: Signing in", "[11] ann entered"]);
    assert_eq!(taken.entered.len(), 2);
    assert!(stage.presence.find("g1").is_none());
}

#[test]
fn a_nick_that_became_somebodys_name_is_not_gone_on_under() {
    let mut stage = Stage::default();
    let guest = stage.guest(1);
    stage.enter(guest, ROOM);
    stage.told();
    stage.presence.reserve(&Nick::new("g1").unwrap(), PersonId(2));
    let ann = stage.succeed(guest, PersonId(1), "ann");
    assert_eq!(ann.present.nick.as_str(), "ann");
    stage.take_over(guest, ann.session, &[ROOM]);
    assert_eq!(stage.told(), ["[10] g1 quit: Signing in", "[10] ann entered"]);
}

#[test]
fn a_quiet_room_knows_of_who_goes_on_what_it_knew_of_the_guest() {
    let mut stage = Stage::default();
    let first = stage.guest(0);
    stage.enter(first, ROOM);
    for number in 1..=u64::try_from(QUIET_MEMBERS).unwrap() {
        let session = stage.guest(number);
        stage.enter(session, ROOM);
    }
    let late = stage.guest(500);
    assert!(!stage.enter(late, ROOM).revealed);
    stage.told();
    let ann = stage.succeed(first, PersonId(1), "ann");
    assert!(stage.take_over(first, ann.session, &[ROOM]).entered[0].1.revealed);
    assert_eq!(stage.told(), ["[10] g0 becomes 1 ann", "[10] g0 entered, was 0"]);
    let bob = stage.succeed(late, PersonId(2), "bob");
    assert!(!stage.take_over(late, bob.session, &[ROOM]).entered[0].1.revealed);
    assert_eq!(stage.told(), Vec::<String>::new());
}

#[test]
fn a_session_is_in_a_bounded_number_of_topics() {
    let mut stage = Stage::default();
    let ann = stage.guest(1);
    for topic in 0..TOPICS_PER_SESSION {
        stage.enter(ann, TopicId(u64::try_from(topic).unwrap() + 1));
    }
    let refused =
        stage.presence.enter(ann, TopicId(u64::MAX), Capacity::Member, &mut stage.effects);
    assert_eq!(refused.unwrap_err(), EnterRefusal::TooManyTopics);
    assert!(!stage.enter(ann, TopicId(1)).first, "where it is it stays");
    let gone = stage.presence.enter(SessionId(99), ROOM, Capacity::Member, &mut stage.effects);
    assert_eq!(gone.unwrap_err(), EnterRefusal::Detached);
}

#[test]
fn a_list_is_built_when_asked_for_and_kept_until_it_changes() {
    let mut stage = Stage::default();
    let ann = stage.guest(1);
    stage.enter(ann, ROOM);
    let (once, again) = (stage.presence.members(ROOM), stage.presence.members(ROOM));
    assert!(Arc::ptr_eq(&once, &again));
    let bob = stage.guest(2);
    stage.enter(bob, ROOM);
    assert_eq!((once.len(), stage.presence.members(ROOM).len()), (1, 2));
}

/// Ten thousand people enter one room: constant work each, and a list only for who asks.
#[test]
fn ten_thousand_enter_one_room() {
    let mut stage = Stage::default();
    let sessions: Vec<_> = (0..10_000).map(|number| stage.guest(number)).collect();
    for session in &sessions {
        stage.enter(*session, ROOM);
    }
    assert_eq!(stage.told().len(), QUIET_MEMBERS);
    assert_eq!(stage.presence.members(ROOM).len(), 10_000);
    for session in sessions {
        stage.detach(session);
    }
    assert_eq!(stage.told().len(), QUIET_MEMBERS, "only who was told of is missed");
    assert_eq!(stage.presence.online(), Online { max: 10_000, ..Online::default() });
}
