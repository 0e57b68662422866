//! The grace: who is back before it has passed was away to nobody.

use super::{
    residents::{ANN, INBOX, quiet},
    *,
};
use crate::limits::RESIDENTS_MAX;

const GRACE_MS: u64 = 20;
const GONE: &str = "away Some(\"Not connected\"), gone";

fn stage() -> Stage {
    Stage { presence: Presence::with_grace(GRACE_MS), now_ms: 100, ..Stage::default() }
}

impl Stage {
    /// A device of ann in the room, of which everything was told.
    fn ann(&mut self) -> SessionId {
        let session = self.device(ANN, "ann").session;
        self.enter(session, ROOM);
        self.told();
        session
    }

    fn wait(&mut self, by_ms: u64) -> Vec<String> {
        self.now_ms += by_ms;
        self.presence.end_lingering(self.now_ms, 100, &mut self.effects);
        self.told()
    }

    /// How long until somebody is to be told of.
    fn ends_in_ms(&self) -> Option<u128> {
        self.presence.lingering_ends_in(self.now_ms).map(|wait| wait.as_millis())
    }
}

#[test]
fn who_is_back_within_the_grace_was_away_to_nobody() {
    let mut stage = stage();
    let eve = stage.guest(2);
    stage.presence.watch(eve, vec!["ann".into()]);
    let page = stage.ann();
    stage.detach(page);
    assert_eq!(stage.wait(GRACE_MS - 1), quiet());
    let shown = stage.presence.find("ann").unwrap();
    assert!(shown.connected && shown.away.is_none(), "every answer says what was told");
    assert!(stage.presence.members(ROOM)[0].connected);
    let online = stage.presence.online();
    assert_eq!((online.people, online.residents, online.sessions), (1, 0, 1));
    let back = stage.device(ANN, "ann");
    assert!(back.first && !back.renamed);
    assert!(!stage.enter(back.session, ROOM).first);
    assert_eq!(stage.wait(10 * GRACE_MS), quiet());
    assert_eq!(stage.ends_in_ms(), None);
    assert_eq!(stage.presence.online().max, 2, "it was one person all the time");
}

#[test]
fn who_is_not_back_is_told_of_once() {
    let mut stage = stage();
    let page = stage.ann();
    assert_eq!(stage.ends_in_ms(), None);
    stage.detach(page);
    assert_eq!(stage.ends_in_ms(), Some(u128::from(GRACE_MS)));
    assert_eq!(stage.wait(GRACE_MS), [format!("[{INBOX}, 10] ann {GONE}")]);
    assert_eq!(stage.wait(GRACE_MS), quiet());
    assert_eq!(stage.presence.online().residents, 1);
    stage.device(ANN, "ann");
    assert_eq!(stage.told(), [format!("[{INBOX}, 10] ann away None")]);
}

/// Each going has a grace of its own, and a request in between is no coming back.
#[test]
fn the_grace_begins_with_the_last_device() {
    let mut stage = stage();
    let page = stage.ann();
    let phone = stage.device(ANN, "ann").session;
    stage.detach(page);
    assert_eq!(stage.ends_in_ms(), None);
    stage.now_ms += 15;
    stage.detach(phone);
    assert_eq!(stage.wait(15), quiet());
    let page = stage.device(ANN, "ann").session;
    stage.detach(page);
    assert_eq!(stage.wait(15), quiet(), "the first grace is over");
    let request = stage.visit(ANN, "ann");
    stage.detach(request.session);
    assert_eq!(stage.ends_in_ms(), Some(5));
    assert_eq!(stage.wait(5).len(), 1);
}

#[test]
fn they_are_told_of_in_the_order_in_which_they_went() {
    let mut stage = stage();
    let all: Vec<_> = (1..=4)
        .map(|person| {
            let session = stage.device(PersonId(person), &format!("p{person}")).session;
            stage.enter(session, ROOM);
            session
        })
        .collect();
    stage.told();
    for session in [all[2], all[0], all[1], all[3]] {
        stage.detach(session);
        stage.now_ms += 1;
    }
    stage.device(PersonId(1), "p1");
    stage.now_ms += GRACE_MS;
    // A bounded number at once.
    for who in ["p3", "p2", "p4"] {
        assert_eq!(stage.ends_in_ms(), Some(0));
        stage.presence.end_lingering(stage.now_ms, 1, &mut stage.effects);
        let told = stage.told();
        assert!(told.len() == 1 && told[0].contains(who), "{told:?}");
    }
    assert_eq!(stage.ends_in_ms(), None);
}

#[test]
fn what_is_new_about_who_comes_back_is_told() {
    let mut stage = stage();
    let page = stage.ann();
    stage.set_away(page, Some("tea"));
    stage.told();
    stage.detach(page);
    let page = stage.device(ANN, "ann");
    assert_eq!((page.away.as_deref(), stage.told()), (Some("tea"), quiet()));
    stage.set_away(page.session, None);
    stage.told();
    stage.detach(page.session);
    // A client that nobody looks at says so itself.
    let client = ClientInfo { away: Some("asleep".into()), ..client() };
    let account = arrival(ANN, "ann").account;
    let asleep = Arrival { client, account, stays: true, ..arrival(ANN, "anna") };
    stage.presence.attach(asleep, &mut stage.effects).unwrap();
    assert_eq!(
        stage.told(),
        [format!("[{INBOX}, 10] ann is anna"), format!("[{INBOX}, 10] anna away Some(\"asleep\")"),]
    );
}

#[test]
fn who_leaves_for_good_does_not_linger() {
    let mut stage = stage();
    // By being taken out of its last room, by its wish, with its account: and a guest at once.
    let page = stage.ann();
    stage.detach(page);
    stage.presence.remove_from(ANN, ROOM, Some("bye"), &mut stage.effects);
    assert_eq!(stage.told(), ["[10] ann left: bye"]);
    let page = stage.ann();
    stage.detach(page);
    stage.presence.set_stays(ANN, false, &mut stage.effects);
    assert_eq!(stage.told(), ["[10] ann quit: does not stay any more"]);
    let page = stage.ann();
    stage.detach(page);
    stage.presence.expel(ANN, &mut stage.effects);
    assert_eq!(stage.told(), ["[10] ann quit: account removed"]);
    let guest = stage.guest(1);
    stage.enter(guest, ROOM);
    stage.told();
    stage.detach(guest);
    assert_eq!(stage.told(), ["[10] g1 quit: gone"]);
    assert_eq!((stage.ends_in_ms(), stage.wait(GRACE_MS)), (None, quiet()));
    assert_eq!(stage.presence.online(), Online { max: 1, ..Online::default() });
}

#[test]
fn who_kept_order_does_so_no_more_at_once() {
    let mut stage = stage();
    let page = stage.ann();
    stage.presence.set_badge(page, Badge::Operator, true, &mut stage.effects);
    stage.detach(page);
    assert!(!stage.presence.find("ann").unwrap().operator);
    stage.device(ANN, "ann");
    assert!(!stage.presence.find("ann").unwrap().operator);
    assert_eq!(stage.told(), quiet());
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody() {
    let mut stage = stage();
    let page = stage.ann();
    stage.detach(page);
    stage.now_ms = 50;
    let bob = stage.device(PersonId(2), "bob").session;
    stage.enter(bob, ROOM);
    stage.told();
    stage.detach(bob);
    assert_eq!(stage.wait(0), [format!("[{INBOX}, 10] ann {GONE}")]);
    assert_eq!(stage.ends_in_ms(), Some(u128::from(GRACE_MS)));
}

#[test]
fn those_who_linger_count_among_those_who_stay() {
    let mut stage = stage();
    for number in 0..u64::try_from(RESIDENTS_MAX).unwrap() - 1 {
        stage.settle(PersonId(number + 10), &format!("a{number}"), &[OTHER]);
    }
    let sessions = [1, 2].map(|person| stage.device(PersonId(person), &format!("p{person}")));
    for seat in &sessions {
        stage.enter(seat.session, ROOM);
    }
    stage.told();
    for seat in &sessions {
        stage.detach(seat.session);
    }
    assert_eq!(stage.told(), ["[10] p2 quit: gone"]);
    stage.wait(GRACE_MS);
    assert_eq!(stage.presence.online().residents, RESIDENTS_MAX);
}
