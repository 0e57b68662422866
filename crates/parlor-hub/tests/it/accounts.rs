//! Accounts: who may make one, and who gets in.

use std::net::IpAddr;

use parlor_hub::{
    AccountRefusal, Failure, HubOptions, Identity, InvitationRefusal, Link, NickRefusal,
    Registration, SignInRefusal,
};

use crate::world::{Ear, OPTIONS, World, block_on};

fn sign_in(link: &Link, name: &str, password: &str) -> Result<String, SignInRefusal> {
    match block_on(link.sign_in(name, password, Some("10.0.0.1".parse().unwrap()))) {
        Ok(found) => Ok(found.account.name.to_string()),
        Err(Failure::Refused(why)) => Err(why),
        Err(other) => panic!("{other:?}"),
    }
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Failure<AccountRefusal>>) -> AccountRefusal {
    match answer {
        Err(Failure::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_account_signs_in_with_its_password_only() {
    let world = World::new();
    let ann = world.register("Ann");
    assert!(!ann.admin);
    assert_eq!(sign_in(&world.link, "aNN", "password").as_deref(), Ok("Ann"));
    assert_eq!(sign_in(&world.link, "Ann", "Password"), Err(SignInRefusal::Wrong));
    assert_eq!(sign_in(&world.link, "bob", "password"), Err(SignInRefusal::Wrong));
    let long = "x".repeat(10_000);
    assert_eq!(sign_in(&world.link, "Ann", &long), Err(SignInRefusal::Wrong));
}

#[test]
fn an_unknown_name_costs_what_a_wrong_password_costs() {
    let world = World::new();
    world.register("ann");
    let cost = |name: &str| {
        let before = world.link.password_hashes();
        assert_eq!(sign_in(&world.link, name, "wrong"), Err(SignInRefusal::Wrong));
        world.link.password_hashes() - before
    };
    assert_eq!((cost("ann"), cost("nobody"), cost("not a name!")), (1, 1, 1));
}

#[test]
fn guessing_is_slowed_down_but_locks_nobody_out() {
    let world = World::new();
    world.register("ann");
    for _ in 0..5 {
        assert_eq!(sign_in(&world.link, "ann", "wrong"), Err(SignInRefusal::Wrong));
    }
    let hashes = world.link.password_hashes();
    let wait = SignInRefusal::TooMany { retry_after_s: 900 };
    assert_eq!(sign_in(&world.link, "ANN", "password"), Err(wait));
    assert_eq!(world.link.password_hashes(), hashes, "who must wait costs no hash");
    let elsewhere: IpAddr = "2001:db8::1".parse().unwrap();
    assert!(block_on(world.link.sign_in("ann", "password", Some(elsewhere))).is_ok());
    world.clock.advance_ms(900_000);
    assert_eq!(sign_in(&world.link, "ann", "password").as_deref(), Ok("ann"));
}

#[test]
fn a_load_test_may_fail_as_often_as_it_likes() {
    let world = World::with(HubOptions { attempts: false, ..OPTIONS });
    for _ in 0..50 {
        assert_eq!(sign_in(&world.link, "ann", "wrong"), Err(SignInRefusal::Wrong));
    }
}

#[test]
fn the_set_up_link_works_once() {
    let world = World::with(HubOptions { registration: Registration::Invite, ..OPTIONS });
    let link = &world.link;
    let old = block_on(link.setup_token()).unwrap().unwrap();
    let token = block_on(link.setup_token()).unwrap().unwrap();
    assert_ne!(old, token);
    for wrong in [&*old, "", "x"] {
        let why = refused(block_on(link.set_up(wrong, "ann", "password")));
        assert_eq!(why, AccountRefusal::WrongSetUpToken, "{wrong:?}");
    }
    assert_eq!(link.password_hashes(), 0, "a wrong token costs no hash");
    let short = refused(block_on(link.set_up(&token, "0", "password")));
    assert_eq!(short, AccountRefusal::Name(NickRefusal::Malformed));
    let ann = block_on(link.set_up(&token, "ann", "password")).unwrap();
    assert!(ann.admin);
    assert_eq!(block_on(link.setup_token()).unwrap(), None);
    let again = refused(block_on(link.set_up(&token, "eve", "password")));
    assert_eq!(again, AccountRefusal::AlreadySetUp);
    assert_eq!(world.count("hub_setup"), 0);
}

#[test]
fn a_new_set_up_link_comes_with_every_start() {
    let mut world = World::new();
    let old = block_on(world.link.setup_token()).unwrap().unwrap();
    world.restart();
    assert_eq!(block_on(world.link.check_setup_token(&old)), Ok(()));
    let new = block_on(world.link.setup_token()).unwrap().unwrap();
    let stale = block_on(world.link.check_setup_token(&old));
    assert_eq!(refused(stale), AccountRefusal::WrongSetUpToken);
    assert_eq!(block_on(world.link.check_setup_token(&new)), Ok(()));
}

#[test]
fn two_people_cannot_set_up_one_server() {
    let world = World::new();
    let token = block_on(world.link.setup_token()).unwrap().unwrap();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = ["ann", "bob", "cid", "dan"]
            .into_iter()
            .map(|name| {
                let (link, token) = (world.link.clone(), token.clone());
                scope.spawn(move || block_on(link.set_up(&token, name, "password")))
            })
            .collect();
        tries.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(block_on(world.link.accounts()).unwrap().len(), 1);
}

#[test]
fn registration_is_open_by_invitation_or_closed() {
    for (registration, why) in [
        (Registration::Invite, AccountRefusal::InvitationNeeded),
        (Registration::Closed, AccountRefusal::RegistrationClosed),
    ] {
        let world = World::with(HubOptions { registration, ..OPTIONS });
        assert_eq!(refused(block_on(world.link.register("ann", "password", None, None))), why);
        assert!(block_on(world.link.add_account("ann", "pw", false)).is_ok());
    }
}

#[test]
fn names_and_passwords_are_checked() {
    let world = World::with(HubOptions { hashing: Default::default(), ..OPTIONS });
    let register = |name: &str, password: &str| {
        refused(block_on(world.link.register(name, password, None, None)))
    };
    assert_eq!(register("a b", "password"), AccountRefusal::Name(NickRefusal::Malformed));
    assert_eq!(register("ann", "secret7"), AccountRefusal::PasswordTooShort { min: 8 });
    let long = "x".repeat(1025);
    assert_eq!(register("ann", &long), AccountRefusal::PasswordTooLong { max: 1024 });
    assert_eq!(world.link.password_hashes(), 0);
    let empty = refused(block_on(world.link.add_account("ann", "", false)));
    assert_eq!(empty, AccountRefusal::PasswordTooShort { min: 1 });
}

#[test]
fn a_name_is_taken_once_whatever_its_case() {
    let world = World::new();
    world.register("Ann");
    let why = refused(block_on(world.link.register("aNN", "password", None, None)));
    assert_eq!(why, AccountRefusal::NameTaken);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| block_on(world.link.register("bob", "password", None, None))))
            .collect();
        tries.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[test]
fn an_invitation_makes_as_many_accounts_as_it_says() {
    let world = World::with(HubOptions { registration: Registration::Invite, ..OPTIONS });
    let link = &world.link;
    let ann = block_on(link.add_account("ann", "password", true)).unwrap();
    let admin = world.attach(Identity::Account(ann), "ann").unwrap().actor();
    let token = block_on(link.create_invitation(&admin, 2, 3600)).unwrap();
    for _ in 0..5 {
        let invitation = block_on(link.invitation(&token)).unwrap();
        assert_eq!((invitation.by.as_str(), invitation.uses_left), ("ann", 2));
        assert_eq!(invitation.expires_at_ms, world.clock.now_ms() + 3_600_000);
    }
    let register = |name: &str| block_on(link.register(name, "password", Some(&token), None));
    assert!(register("bob").is_ok());
    assert_eq!(refused(register("bob")), AccountRefusal::NameTaken);
    assert_eq!(block_on(link.invitation(&token)).unwrap().uses_left, 1, "no use for no account");
    assert!(register("cid").is_ok());
    let used = AccountRefusal::Invitation(InvitationRefusal::Used);
    assert_eq!(refused(register("dan")), used);
    assert_eq!(block_on(link.invitation(&token)), Err(Failure::Refused(InvitationRefusal::Used)));
    assert_eq!(block_on(link.invitation("x")), Err(Failure::Refused(InvitationRefusal::Unknown)));
    let unknown = refused(block_on(link.register("dan", "password", Some("x"), None)));
    assert_eq!(unknown, AccountRefusal::Invitation(InvitationRefusal::Unknown));
}

#[test]
fn one_use_is_one_account_however_many_try() {
    let world = World::with(HubOptions { registration: Registration::Invite, ..OPTIONS });
    let ann = block_on(world.link.add_account("ann", "password", true)).unwrap();
    let admin = world.attach(Identity::Account(ann), "ann").unwrap().actor();
    let token = block_on(world.link.create_invitation(&admin, 1, 3600)).unwrap();
    let made: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = ["b", "c", "d", "e"]
            .into_iter()
            .map(|name| {
                let (link, token) = (&world.link, &token);
                scope.spawn(move || {
                    block_on(link.register(name, "password", Some(token), None)).is_ok()
                })
            })
            .collect();
        tries.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    });
    assert_eq!(made, 1);
    assert_eq!(block_on(world.link.accounts()).unwrap().len(), 2);
}

#[test]
fn an_invitation_ends_and_only_administrators_make_one() {
    let world = World::new();
    let bob = world.register("bob");
    let member = world.attach(Identity::Account(bob), "bob").unwrap();
    let guest = world.guest("guest");
    let not_allowed = Err(Failure::Refused(InvitationRefusal::NotAllowed));
    for actor in [member.actor(), guest.actor()] {
        assert_eq!(block_on(world.link.create_invitation(&actor, 1, 60)), not_allowed);
    }
    // A claim to be an administrator is not believed.
    let mut liar = member.actor();
    liar.admin = true;
    assert_eq!(block_on(world.link.create_invitation(&liar, 1, 60)), not_allowed);
    let ann = block_on(world.link.add_account("ann", "password", true)).unwrap();
    let admin = world.attach(Identity::Account(ann), "ann").unwrap().actor();
    let token = block_on(world.link.create_invitation(&admin, 0, 0)).unwrap();
    assert_eq!(block_on(world.link.invitation(&token)).unwrap().uses_left, 1);
    world.clock.advance_ms(60_000);
    let expired = Failure::Refused(InvitationRefusal::Expired);
    assert_eq!(block_on(world.link.invitation(&token)), Err(expired));
    let why = refused(block_on(world.link.register("dan", "password", Some(&token), None)));
    assert_eq!(why, AccountRefusal::Invitation(InvitationRefusal::Expired));
}

#[test]
fn a_removed_account_is_gone_at_once() {
    let world = World::new();
    let ann = world.register("ann");
    let token = world.session(&ann, "laptop");
    let attached = world.attach(Identity::Account(ann.clone()), "ann").unwrap();
    let mut ear = Ear::new(&world.store, &[attached.inbox]);
    block_on(world.link.remove_account("ANN")).unwrap();
    assert_eq!(ear.kinds(), ["session.ended"]);
    assert_eq!(block_on(world.link.session(&token)).unwrap(), None);
    assert_eq!(sign_in(&world.link, "ann", "password"), Err(SignInRefusal::Wrong));
    let gone = world.attach(Identity::Account(ann.clone()), "ann").unwrap_err();
    assert_eq!(gone, Failure::Refused(NickRefusal::NoSuchAccount));
    let why = refused(block_on(world.link.remove_account("ann")));
    assert_eq!(why, AccountRefusal::NoSuchAccount);
    world.link.detach(attached.session, "");
    // Its id is never given to somebody else, and its name is free.
    assert_ne!(world.register("ann").id, ann.id);
    assert_eq!(world.count("hub_transient"), 0);
}

#[test]
fn accounts_outlast_a_restart() {
    let mut world = World::new();
    let ann = world.register("ann");
    let token = world.session(&ann, "laptop");
    world.restart();
    assert_eq!(sign_in(&world.link, "ann", "password").as_deref(), Ok("ann"));
    assert_eq!(block_on(world.link.session(&token)).unwrap(), Some(ann));
    let taken = world.attach(Identity::Guest, "ann").unwrap_err();
    assert_eq!(taken, Failure::Refused(NickRefusal::Reserved));
}

#[test]
fn a_stopped_hub_says_so() {
    let world = World::new();
    world.register("ann");
    world.link.stop();
    let answer = block_on(world.link.sign_in("ann", "password", None));
    assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
    assert!(matches!(world.attach(Identity::Guest, "g"), Err(Failure::Unavailable(_))));
    assert!(block_on(world.link.find("ann")).is_none());
    world.link.stop();
}

#[test]
fn invitations_are_listed_and_taken_back_by_administrators() {
    let world = World::new();
    let ann = block_on(world.link.add_account("ann", "password", true)).unwrap();
    let admin = world.attach(Identity::Account(ann), "ann").unwrap().actor();
    let guest = world.guest("guest").actor();
    let bob = world.register("bob");
    let member = world.attach(Identity::Account(bob), "bob").unwrap().actor();
    let refused = |why| Err(Failure::Refused(why));
    let (short, long) = (
        block_on(world.link.create_invitation(&admin, 1, 3600)).unwrap(),
        block_on(world.link.create_invitation(&admin, 5, 7200)).unwrap(),
    );
    let listed = block_on(world.link.invitations(&admin)).unwrap();
    let uses: Vec<u32> = listed.iter().map(|one| one.invitation.uses_left).collect();
    assert_eq!(uses, [5, 1], "those that last longest come first");
    let id = &listed[0].id;
    assert!(!long.contains(id.as_str()), "what is listed opens no door");
    let denied = InvitationRefusal::NotAllowed;
    assert_eq!(block_on(world.link.invitations(&guest)).map(drop), refused(denied.clone()));
    assert_eq!(block_on(world.link.revoke_invitation(&guest, id)), refused(denied));
    // Others see and take back their own.
    assert_eq!(block_on(world.link.invitations(&member)), Ok(Vec::new()));
    let theirs = block_on(world.link.revoke_invitation(&member, id));
    assert_eq!(theirs, refused(InvitationRefusal::Unknown));
    block_on(world.link.revoke_invitation(&admin, id)).unwrap();
    let unknown = InvitationRefusal::Unknown;
    assert_eq!(block_on(world.link.invitation(&long)).map(drop), refused(unknown.clone()));
    assert_eq!(block_on(world.link.revoke_invitation(&admin, id)), refused(unknown));
    assert!(block_on(world.link.invitation(&short)).is_ok());
}

#[test]
fn names_that_look_like_another_are_not_given() {
    let mut world = World::new();
    let why = Failure::Refused(AccountRefusal::Name(NickRefusal::LooksTaken));
    for (there, alike) in [("ace", "асе"), ("Вова", "вова"), ("ооо", "ooo")] {
        world.register(there);
        let make = world.link.register(alike, "password", None, None);
        assert_eq!(block_on(make), Err(why.clone()), "{there} {alike}");
        let guest = world.attach(Identity::Guest, alike);
        assert!(matches!(guest, Err(Failure::Refused(NickRefusal::LooksTaken))), "{guest:?}");
    }
    world.restart();
    let guest = world.attach(Identity::Guest, "вова");
    assert!(matches!(guest, Err(Failure::Refused(NickRefusal::LooksTaken))), "{guest:?}");
    assert_eq!(sign_in(&world.link, "ВОВА", "password"), Err(SignInRefusal::Wrong));
    assert_eq!(sign_in(&world.link, "Вова", "password").as_deref(), Ok("Вова"));
    // A name is free again when nobody has it, and so is its look.
    block_on(world.link.remove_account("Вова")).unwrap();
    let guest = world.attach(Identity::Guest, "вова").unwrap();
    let other = world.attach(Identity::Guest, "Вова");
    assert!(matches!(other, Err(Failure::Refused(NickRefusal::LooksTaken))), "{other:?}");
    world.link.detach(guest.session, "");
    world.attach(Identity::Guest, "Вова").unwrap();
}

#[test]
fn the_record_says_who_made_an_account() {
    let world = World::new();
    let ann = block_on(world.link.add_account("ann", "password", true)).unwrap();
    let bob = world.register("bob");
    let admin = world.attach(Identity::Account(ann), "ann").unwrap().actor();
    let page = block_on(world.link.server_audit(&admin, None, 10)).unwrap().unwrap();
    let made: Vec<_> =
        page.entries.iter().map(|entry| (entry.person.0, &*entry.name, &*entry.about)).collect();
    assert_eq!(made, [(bob.id.0, "bob", "bob"), (0, "operator", "ann")]);
}
