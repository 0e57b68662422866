//! Passwords for programs, SCRAM, changing the password, and the list of sessions.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use parlor_hub::{
    Account, AccountRefusal, AppPassword, Credential, Failure, Identity, Link, SignInRefusal,
    SignedIn, event::SessionEnded, limits, session_fingerprint,
};
use sha2::{Digest, Sha256};

use crate::world::{Ear, World, block_on};

fn refused<T: std::fmt::Debug, R: std::fmt::Debug>(answer: Result<T, Failure<R>>) -> R {
    match answer {
        Err(Failure::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A client that signs in by SCRAM-SHA-256, written from the standard.
pub(crate) fn scram(link: &Link, name: &str, password: &str) -> Result<SignedIn, SignInRefusal> {
    scram_while(link, name, password, || ())
}

/// The same, and something happens while it computes its proof.
fn scram_while(
    link: &Link,
    name: &str,
    password: &str,
    meanwhile: impl FnOnce(),
) -> Result<SignedIn, SignInRefusal> {
    let from = Some("10.0.0.1".parse().unwrap());
    let bare = format!("n={name},r=clientnonce");
    let exchange = match block_on(link.scram_begin(&format!("n,,{bare}"), from)) {
        Ok(exchange) => exchange,
        Err(Failure::Refused(why)) => return Err(why),
        Err(other) => panic!("{other:?}"),
    };
    let server_first = exchange.server_first().to_owned();
    let field = |sign: &str| {
        let found = server_first.split(',').find_map(|part| part.strip_prefix(sign));
        found.unwrap().to_owned()
    };
    let (nonce, salt, rounds) = (field("r="), field("s="), field("i="));
    assert!(nonce.starts_with("clientnonce") && nonce.len() > 40);
    let salted = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(
        password.as_bytes(),
        &STANDARD.decode(salt).unwrap(),
        rounds.parse().unwrap(),
    );
    let client_key = hmac(&salted, "Client Key");
    let without_proof = format!("c=biws,r={nonce}");
    let message = format!("{bare},{server_first},{without_proof}");
    let signature = hmac(&Sha256::digest(&client_key), &message);
    let proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
    let last = format!("{without_proof},p={}", STANDARD.encode(proof));
    meanwhile();
    match block_on(link.scram_finish(exchange, &last)) {
        Ok((signed_in, server_final)) => {
            let own = hmac(&hmac(&salted, "Server Key"), &message);
            assert_eq!(server_final, format!("v={}", STANDARD.encode(own)), "the server's proof");
            Ok(signed_in)
        }
        Err(Failure::Refused(why)) => Err(why),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn who_knows_the_password_signs_in_by_scram() {
    let mut world = World::new();
    let ann = world.register("Ann");
    let with = |edition| {
        let credential = Credential::Password { edition };
        Ok(SignedIn { account: ann.clone(), credential })
    };
    assert_eq!(scram(&world.link, "ann", "password"), with(0));
    assert_eq!(scram(&world.link, "ann", "Password"), Err(SignInRefusal::Wrong));
    assert_eq!(scram(&world.link, "nobody", "password"), Err(SignInRefusal::Wrong));
    block_on(world.link.set_password("ann", "another one")).unwrap();
    world.restart();
    assert_eq!(scram(&world.link, "ann", "password"), Err(SignInRefusal::Wrong));
    assert_eq!(scram(&world.link, "ann", "another one"), with(1));
}

#[test]
fn what_was_signed_in_with_opens_until_it_is_changed_or_removed() {
    let mut world = World::new();
    let ann = world.register("ann");
    let opens =
        |world: &World, credential| block_on(world.link.still_opens(ann.id, credential)).unwrap();
    let (program, password) = block_on(world.link.create_app_password(ann.id, "bot")).unwrap();
    let own = block_on(world.link.authenticate("ann", "password", None)).unwrap().credential;
    let bots = block_on(world.link.authenticate("ann", &password, None)).unwrap().credential;
    assert_eq!((own, bots), (Credential::FIRST, Credential::AppPassword(program.id)));
    assert!(opens(&world, own) && opens(&world, bots));
    // The same password once more is another one, too: all that was signed in has ended.
    block_on(world.link.set_password("ann", "password")).unwrap();
    assert!(!opens(&world, own) && opens(&world, bots));
    let again = block_on(world.link.authenticate("ann", "password", None)).unwrap().credential;
    block_on(world.link.remove_app_password(ann.id, program.id)).unwrap();
    world.restart();
    assert!(opens(&world, again) && !opens(&world, bots));
    block_on(world.link.remove_account("ann")).unwrap();
    assert!(!opens(&world, again));
}

#[test]
fn a_name_nobody_has_looks_the_same_before_and_after_a_restart() {
    let mut world = World::new();
    world.register("ann");
    let salt = |world: &World, name: &str| {
        let exchange = block_on(world.link.scram_begin(&format!("n,,n={name},r=x"), None)).unwrap();
        let first = exchange.server_first().to_owned();
        first.split_once(",s=").unwrap().1.to_owned()
    };
    let (ann, nobody) = (salt(&world, "ann"), salt(&world, "nobody"));
    assert_eq!(ann.len(), nobody.len());
    assert_eq!(nobody, salt(&world, "NoBody"));
    world.restart();
    assert_eq!((&*ann, &*nobody), (&*salt(&world, "ann"), &*salt(&world, "nobody")));
    // Nor does it show that somebody takes the name, or changes a password.
    world.register("nobody");
    block_on(world.link.set_password("ann", "another one")).unwrap();
    assert_eq!((ann, nobody), (salt(&world, "ann"), salt(&world, "nobody")));
}

#[test]
fn who_has_any_of_the_accounts_passwords_signs_in_by_scram() {
    let mut world = World::new();
    let (ann, bob) = (world.register("Ann"), world.register("bob"));
    let make = |account: &Account, name: &str| {
        block_on(world.link.create_app_password(account.id, name)).unwrap()
    };
    let (phone, bot, bobs) = (make(&ann, "phone"), make(&ann, "bot"), make(&bob, "phone"));
    let with = |credential| Ok(SignedIn { account: ann.clone(), credential });
    let (phones, bots) = (Credential::AppPassword(phone.0.id), Credential::AppPassword(bot.0.id));
    assert_eq!(scram(&world.link, "ann", &phone.1), with(phones));
    assert_eq!(scram(&world.link, "ann@bot", &bot.1), with(bots));
    assert_eq!(scram(&world.link, "ann", "password"), with(Credential::FIRST));
    for (name, wrong) in [("ann", &*bobs.1), ("ann", "app_"), ("bob", &*bot.1), ("eve", &*bot.1)] {
        assert_eq!(scram(&world.link, name, wrong), Err(SignInRefusal::Wrong), "{name}");
    }
    let used = || block_on(world.link.app_passwords(ann.id)).unwrap()[0].used_ms;
    assert_eq!(used(), Some(world.clock.now_ms()));
    // Another password of the account, by whoever and however, is no other one of its programs.
    block_on(world.link.set_password("ann", "another one")).unwrap();
    block_on(world.link.change_password(&ann, "another one", "a third one", None, "x")).unwrap();
    assert_eq!(scram(&world.link, "ann", &phone.1), with(phones));
    assert_eq!(scram(&world.link, "ann", "a third one"), with(Credential::Password { edition: 2 }));
    world.restart();
    assert_eq!(scram(&world.link, "ann", &bot.1), with(bots));
}

#[test]
fn an_app_password_that_was_removed_signs_in_no_more_by_scram() {
    let world = World::new();
    let ann = world.register("ann");
    let make = || block_on(world.link.create_app_password(ann.id, "phone")).unwrap();
    let remove = |made: &AppPassword| {
        block_on(world.link.remove_app_password(ann.id, made.id)).unwrap();
    };
    let (made, password) = make();
    remove(&made);
    assert_eq!(scram(&world.link, "ann", &password), Err(SignInRefusal::Wrong));
    // Nor does one that is removed while the client computes its proof.
    let (made, password) = make();
    let late = scram_while(&world.link, "ann", &password, || remove(&made));
    assert_eq!(late, Err(SignInRefusal::Wrong));
    let late = scram_while(&world.link, "ann", "password", || {
        block_on(world.link.remove_account("ann")).unwrap();
    });
    assert_eq!(late, Err(SignInRefusal::Wrong));
}

#[test]
fn guessing_keeps_no_app_password_out() {
    let world = World::new();
    let ann = world.register("ann");
    let (_, password) = block_on(world.link.create_app_password(ann.id, "phone")).unwrap();
    for _ in 0..limits::ATTEMPTS_PER_ACCOUNT {
        assert_eq!(scram(&world.link, "ann", "wrong"), Err(SignInRefusal::Wrong));
    }
    assert!(matches!(scram(&world.link, "ann", "password"), Err(SignInRefusal::TooMany { .. })));
    assert!(scram(&world.link, "ann", &password).is_ok());
}

#[test]
fn an_app_password_of_an_older_version_gets_its_verifier_when_it_is_used() {
    let world = World::new();
    let ann = world.register("ann");
    let (_, password) = block_on(world.link.create_app_password(ann.id, "phone")).unwrap();
    // The account's own may be missing as well, or have a salt that was drawn.
    for own in [
        "UPDATE hub_account SET scram = ''",
        "UPDATE hub_account SET scram = 'SCRAM-SHA-256$1:c2FsdHNhbHRzYWx0c2FsdA==$' || \
         'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='",
    ] {
        world.execute(own);
        world.execute("UPDATE hub_app_password SET scram = ''");
        assert_eq!(scram(&world.link, "ann", &password), Err(SignInRefusal::Wrong));
        block_on(world.link.authenticate("ann", &password, None)).unwrap();
        assert!(scram(&world.link, "ann", &password).is_ok());
        // It stays good when the account's own password is signed in with, or set.
        block_on(world.link.sign_in("ann", "password", None)).unwrap();
        assert!(scram(&world.link, "ann", &password).is_ok());
        block_on(world.link.set_password("ann", "password")).unwrap();
        assert!(scram(&world.link, "ann", &password).is_ok());
        assert!(scram(&world.link, "ann", "password").is_ok());
    }
}

#[test]
fn an_account_of_an_older_version_gets_its_verifier_when_it_signs_in() {
    let world = World::new();
    world.register("ann");
    world.execute("UPDATE hub_account SET scram = ''");
    assert_eq!(scram(&world.link, "ann", "password"), Err(SignInRefusal::Wrong));
    block_on(world.link.sign_in("ann", "password", None)).unwrap();
    assert!(scram(&world.link, "ann", "password").is_ok());
}

#[test]
fn guessing_by_scram_is_counted_like_any_other() {
    let world = World::new();
    world.register("ann");
    for _ in 0..limits::ATTEMPTS_PER_ACCOUNT {
        assert_eq!(scram(&world.link, "ann", "wrong"), Err(SignInRefusal::Wrong));
    }
    let wait = SignInRefusal::TooMany { retry_after_s: limits::ATTEMPTS_WINDOW_MS / 1000 };
    assert_eq!(scram(&world.link, "ann", "password"), Err(wait));
}

#[test]
fn a_program_has_a_password_of_its_own() {
    let world = World::new();
    let (ann, bob) = (world.register("ann"), world.register("bob"));
    let (made, password) = block_on(world.link.create_app_password(ann.id, " phone ")).unwrap();
    assert_eq!((&*made.name, made.used_ms), ("phone", None));
    let try_it = |name: &str| block_on(world.link.authenticate(name, &password, None));
    let signed_in = try_it("ANN").unwrap();
    assert_eq!(
        (&signed_in.account, signed_in.credential),
        (&ann, Credential::AppPassword(made.id))
    );
    assert_eq!(refused(try_it("bob")), SignInRefusal::Wrong, "it is ann's alone");
    let direct = block_on(world.link.app_password(&password)).unwrap().unwrap();
    assert_eq!(direct, signed_in);
    // It is not the account's password.
    let page = block_on(world.link.sign_in("ann", &password, None));
    assert_eq!(refused(page), SignInRefusal::Wrong);
    let change = world.link.change_password(&ann, &password, "another one", None, "x");
    assert_eq!(refused(block_on(change)), AccountRefusal::WrongPassword);
    let listed = block_on(world.link.app_passwords(ann.id)).unwrap();
    assert_eq!(listed[0].used_ms, Some(world.clock.now_ms()));
    let foreign = block_on(world.link.remove_app_password(bob.id, made.id));
    assert_eq!(refused(foreign), AccountRefusal::NoSuchAppPassword);
    let ear_of = world.attach(Identity::Account(ann.clone()), "ann").unwrap();
    let mut ear = Ear::new(&world.store, &[ear_of.inbox]);
    block_on(world.link.remove_app_password(ann.id, made.id)).unwrap();
    let ended = SessionEnded::decode(&ear.heard()[0]).unwrap();
    assert!(ended.ends([&*signed_in.credential.name().unwrap()]) && !ended.ends(["live-1"]));
    assert_eq!(refused(try_it("ann")), SignInRefusal::Wrong);
}

#[test]
fn app_passwords_are_bounded_and_named() {
    let world = World::new();
    let ann = world.register("ann");
    let make = |name: &str| block_on(world.link.create_app_password(ann.id, name));
    let max = limits::APP_PASSWORD_NAME_BYTES_MAX;
    for bad in ["", "  ", "a\nb", &"x".repeat(max + 1)] {
        assert_eq!(refused(make(bad)), AccountRefusal::BadLabel { max });
    }
    for n in 0..limits::APP_PASSWORDS_PER_ACCOUNT {
        make(&format!("program {n}")).unwrap();
    }
    assert_eq!(refused(make("one more")), AccountRefusal::TooManyAppPasswords);
    block_on(world.link.remove_account("ann")).unwrap();
    assert_eq!(world.count("hub_app_password"), 0);
}

#[test]
fn another_password_ends_all_other_sessions() {
    let world = World::new();
    let ann = world.register("ann");
    let session = |label: &str| world.session(&ann, label);
    let (laptop, phone) = (session("laptop"), session("phone"));
    let live = world.attach(Identity::Account(ann.clone()), "ann").unwrap();
    let mut ear = Ear::new(&world.store, &[live.inbox]);
    let keep = session_fingerprint(&laptop);
    let change =
        |old: &str, new: &str| block_on(world.link.change_password(&ann, old, new, None, &keep));
    assert_eq!(refused(change("wrong", "another one")), AccountRefusal::WrongPassword);
    let min = limits::PASSWORD_BYTES_MIN;
    let cheap = limits::PASSWORD_BYTES_MAX + 1;
    assert_eq!(
        refused(change("password", &"x".repeat(cheap))),
        AccountRefusal::PasswordTooLong { max: cheap - 1 }
    );
    assert!(min > 1);
    change("password", "another one").unwrap();
    let who = |token: &str| block_on(world.link.session(token)).unwrap();
    assert_eq!((who(&laptop).as_ref(), who(&phone)), (Some(&ann), None));
    let ended = SessionEnded::decode(&ear.heard()[0]).unwrap();
    assert!(!ended.ends([&*keep]) && ended.ends([&*session_fingerprint(&phone)]));
    assert!(ended.ends([&*live.session.name()]), "a program signs in again");
    assert!(block_on(world.link.sign_in("ann", "another one", None)).is_ok());
    assert!(scram(&world.link, "ann", "another one").is_ok());
}

/// Of two who know the password, one may have it changed.
#[test]
fn a_password_that_was_changed_meanwhile_changes_nothing() {
    let world = World::new();
    let ann = world.register("ann");
    let change = |new: &'static str| {
        let (link, ann) = (&world.link, &ann);
        move || block_on(link.change_password(ann, "password", new, None, "")).map(|()| new)
    };
    let both = std::thread::scope(|scope| {
        [change("one of two"), change("two of two")]
            .map(|change| scope.spawn(change))
            .map(|thread| thread.join().unwrap())
    });
    let (changed, refused): (Vec<_>, Vec<_>) = both.into_iter().partition(Result::is_ok);
    assert_eq!(refused, [Err(Failure::Refused(AccountRefusal::WrongPassword))]);
    let new = changed[0].clone().unwrap();
    assert!(block_on(world.link.sign_in("ann", new, None)).is_ok());
}

fn ids(world: &World, account: &Account) -> Vec<(String, String)> {
    let listed = block_on(world.link.sessions(account.id)).unwrap();
    listed.into_iter().map(|session| (session.kind.to_owned(), session.id)).collect()
}

#[test]
fn sessions_are_listed_and_ended_one_by_one() {
    let world = World::new();
    let (ann, bob) = (world.register("ann"), world.register("bob"));
    let address = Some("10.0.0.7".parse().unwrap());
    let who = SignedIn::registered(ann.clone());
    let session = |label: &str| block_on(world.link.create_session(&who, label, address)).unwrap();
    let laptop = session("laptop");
    let live = world.attach(Identity::Account(ann.clone()), "ann").unwrap();
    world.clock.advance_ms(5);
    let phone = session("phone");
    let listed = block_on(world.link.sessions(ann.id)).unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!((&*listed[0].device, &*listed[0].address), ("phone", "10.0.0.7"));
    let end = |account: &Account, id: &str| block_on(world.link.end_session(account.id, id));
    let (laptop_id, live_id) = (session_fingerprint(&laptop), live.session.name());
    for id in [&laptop_id, &live_id] {
        assert_eq!(refused(end(&bob, id)), AccountRefusal::NoSuchSession, "not bob's to end");
    }
    let mut ear = Ear::new(&world.store, &[live.inbox]);
    end(&ann, &laptop_id).unwrap();
    assert_eq!(block_on(world.link.session(&laptop)).unwrap(), None);
    end(&ann, &live_id).unwrap();
    let heard: Vec<_> =
        ear.heard().iter().map(|event| SessionEnded::decode(event).unwrap()).collect();
    assert!(heard[0].ends([&*laptop_id]) && heard[1].ends([&*live_id]));
    assert_eq!(refused(end(&ann, &laptop_id)), AccountRefusal::NoSuchSession);
    // The connection ends itself when it hears of it.
    world.link.detach(live.session, "");
    assert_eq!(ids(&world, &ann), [("web".to_owned(), session_fingerprint(&phone))]);
}

#[test]
fn making_accounts_from_one_address_has_an_end_after_a_class_or_two() {
    let world = World::new();
    let (here, there) = (Some("10.0.0.1".parse().unwrap()), Some("10.0.0.2".parse().unwrap()));
    let make =
        |n: u32, from| block_on(world.link.register(&format!("user{n}"), "password", None, from));
    for n in 0..limits::REGISTRATIONS_PER_PREFIX {
        make(n, here).unwrap();
    }
    assert!(matches!(refused(make(5000, here)), AccountRefusal::TooMany { .. }));
    make(5001, there).unwrap();
    world.clock.advance_ms(limits::ATTEMPTS_WINDOW_MS);
    make(5000, here).unwrap();
}
