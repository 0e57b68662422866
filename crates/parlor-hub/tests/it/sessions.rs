//! Browser sessions: how long they live, and how they end.

use parlor_hub::{
    Account, Credential, Failure, Identity, SignInRefusal, SignedIn, event::SessionEnded, limits,
    session_fingerprint,
};

use crate::world::{Ear, World, block_on};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

fn whose(world: &World, token: &str) -> Option<Account> {
    block_on(world.link.session(token)).unwrap()
}

#[test]
fn a_token_is_a_secret_of_256_bits_and_not_kept() {
    let world = World::new();
    let ann = world.register("ann");
    let token = world.session(&ann, "laptop");
    assert_eq!(token.len(), 43, "256 bits in base 64");
    assert_eq!(whose(&world, &token), Some(ann.clone()));
    for wrong in ["", "x", &token[1..], &token.to_uppercase()] {
        assert_eq!(whose(&world, wrong), None);
    }
    let secret = token.clone();
    let found = world.store.read(move |snapshot| {
        let sql = "SELECT count(*) FROM hub_session WHERE instr(hash, CAST(?1 AS BLOB)) > 0";
        snapshot.query_one(sql, parlor_topics::params![secret], |row| row.get::<u64>(0))
    });
    assert_eq!(block_on(found).unwrap(), Some(0));
    assert_eq!(session_fingerprint(&token).len(), 16);
    assert!(!token.contains(&session_fingerprint(&token)));
}

#[test]
fn a_session_ends_by_disuse() {
    let world = World::new();
    let ann = world.register("ann");
    let token = world.session(&ann, "laptop");
    world.clock.advance_ms(limits::SESSION_IDLE_MS_MAX + 1);
    assert_eq!(whose(&world, &token), None);
    assert_eq!(world.count("hub_session"), 0, "and is not kept");
}

#[test]
fn a_session_in_use_ends_by_age() {
    let world = World::new();
    let ann = world.register("ann");
    let token = world.session(&ann, "laptop");
    for _ in 0..90 {
        world.clock.advance_ms(DAY_MS);
        assert_eq!(whose(&world, &token), Some(ann.clone()));
    }
    world.clock.advance_ms(DAY_MS);
    assert_eq!(whose(&world, &token), None);
}

#[test]
fn using_a_session_writes_seldom() {
    let world = World::new();
    let ann = world.register("ann");
    let token = world.session(&ann, "laptop");
    let used = || {
        let used = world.store.read(|snapshot| {
            snapshot.query_one("SELECT used_ms FROM hub_session", &[], |row| row.get::<u64>(0))
        });
        block_on(used).unwrap().unwrap()
    };
    let then = used();
    world.clock.advance_ms(HOUR_MS);
    assert!(whose(&world, &token).is_some());
    assert_eq!(used(), then);
    world.clock.advance_ms(1);
    assert!(whose(&world, &token).is_some());
    assert_eq!(used(), world.clock.now_ms());
}

#[test]
fn revoking_ends_one_session_and_says_which() {
    let world = World::new();
    let ann = world.register("ann");
    let session = |label| world.session(&ann, label);
    let (laptop, phone) = (session("laptop"), session("phone"));
    let attached = world.attach(Identity::Account(ann.clone()), "ann").unwrap();
    let mut ear = Ear::new(&world.store, &[attached.inbox]);
    block_on(world.link.revoke_session(&laptop)).unwrap();
    block_on(world.link.revoke_session(&laptop)).unwrap();
    let heard = ear.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let session = Some(session_fingerprint(&laptop));
    assert_eq!(SessionEnded::decode(&heard[0]), Some(SessionEnded { session, except: None }));
    assert_eq!(whose(&world, &laptop), None);
    assert_eq!(whose(&world, &phone), Some(ann));
}

#[test]
fn what_a_connection_came_with_is_there_until_it_ends() {
    let world = World::new();
    let ann = world.register("ann");
    let token = world.session(&ann, "laptop");
    let (program, _) = block_on(world.link.create_app_password(ann.id, "irc")).unwrap();
    let session = session_fingerprint(&token);
    let app = Credential::AppPassword(program.id).name().unwrap();
    let before = world.link.endings();
    let is_there = |name: &str| block_on(world.link.is_signed_in(ann.id, name, before)).unwrap();
    assert!(is_there(&session) && is_there(&app));
    assert!(is_there("never heard of"), "nothing has ended, so nobody looks");
    world.register("bob");
    block_on(world.link.set_password("bob", "another")).unwrap();
    assert!(is_there(&session) && is_there(&app) && !is_there("never heard of"));
    block_on(world.link.set_password("ann", "another")).unwrap();
    assert!(!is_there(&session) && is_there(&app));
    block_on(world.link.remove_app_password(ann.id, program.id)).unwrap();
    assert!(!is_there(&app));
}

#[test]
fn another_password_ends_all_sessions() {
    let world = World::new();
    let ann = world.register("ann");
    let token = world.session(&ann, "laptop");
    let attached = world.attach(Identity::Account(ann), "ann").unwrap();
    let mut ear = Ear::new(&world.store, &[attached.inbox]);
    block_on(world.link.set_password("Ann", "another")).unwrap();
    let heard = ear.heard();
    assert_eq!(SessionEnded::decode(&heard[0]), Some(SessionEnded::default()));
    assert_eq!(whose(&world, &token), None);
    assert!(block_on(world.link.sign_in("ann", "password", None)).is_err());
    assert!(block_on(world.link.sign_in("ann", "another", None)).is_ok());
}

#[test]
fn no_session_begins_with_a_password_that_was_changed_meanwhile() {
    let world = World::new();
    let ann = world.register("ann");
    let begin = |who: &SignedIn| block_on(world.link.create_session(who, "laptop", None));
    let wrong = Err(Failure::Refused(SignInRefusal::Wrong));
    let sign_in = |password| block_on(world.link.sign_in("ann", password, None)).unwrap();
    let before = sign_in("password");
    block_on(world.link.set_password("ann", "another")).unwrap();
    assert_eq!(begin(&before), wrong);
    let after = sign_in("another");
    let token = begin(&after).unwrap();
    assert_eq!(whose(&world, &token).as_ref(), Some(&ann));
    // By its owner, too, who keeps the session in which it was changed.
    let kept = session_fingerprint(&token);
    block_on(world.link.change_password(&ann, "another", "a third one", None, &kept)).unwrap();
    assert_eq!(begin(&after), wrong);
    // A password for a program never begins one, and nobody who is gone does.
    let (_, program) = block_on(world.link.create_app_password(ann.id, "irc")).unwrap();
    assert_eq!(begin(&block_on(world.link.app_password(&program)).unwrap().unwrap()), wrong);
    let last = sign_in("a third one");
    block_on(world.link.remove_account("ann")).unwrap();
    assert_eq!(begin(&last), wrong);
    assert_eq!(world.count("hub_session"), 0);
}

#[test]
fn an_account_has_a_bounded_number_of_sessions() {
    let world = World::new();
    let ann = world.register("ann");
    let tokens: Vec<_> = (0..limits::SESSIONS_PER_ACCOUNT + 5)
        .map(|_| {
            world.clock.advance_ms(1);
            world.session(&ann, "x")
        })
        .collect();
    assert_eq!(world.count("hub_session"), limits::SESSIONS_PER_ACCOUNT as u64);
    assert_eq!(whose(&world, &tokens[4]), None, "the oldest made room");
    assert!(whose(&world, &tokens[5]).is_some());
}
