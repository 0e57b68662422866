//! Hashing: what it costs, what it says, and that it says when it is busy.

use parlor_testkit::executor::block_on;

use super::*;

fn salting() -> Salting {
    Salting { salt: b"salt".to_vec(), iterations: 1 }
}

fn kept(password: &str) -> Option<Kept> {
    Some(Kept { password: password.to_owned(), salting: salting(), has_scram: true })
}

/// Right, with nothing to keep anew.
const RIGHT: Verdict = Verdict::Right { renewed: None, scram: None };

#[test]
fn a_password_is_right_or_wrong() {
    let pool = Pool::start(Hashing::Cheap).unwrap();
    let hash = block_on(pool.hash("correct horse", salting())).unwrap().password;
    assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
    let stored = || kept(&hash);
    assert_eq!(block_on(pool.verify("correct horse", stored())), Ok(RIGHT));
    assert_eq!(block_on(pool.verify("correct horsE", stored())), Ok(Verdict::Wrong));
    assert_eq!(block_on(pool.verify("", stored())), Ok(Verdict::Wrong));
}

#[test]
fn nobody_costs_what_a_wrong_password_costs() {
    let pool = Pool::start(Hashing::Standard).unwrap();
    let hash = block_on(pool.hash("secret", salting())).unwrap().password;
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let costs = |stored| {
        let before = pool.hashes();
        assert_eq!(block_on(pool.verify("wrong", stored)), Ok(Verdict::Wrong));
        pool.hashes() - before
    };
    assert_eq!((costs(kept(&hash)), costs(None)), (1, 1));
    // The hash of nobody has the same parameters, so that one hash is as dear as the other.
    let nobody = pool.shared.nobodys_hash();
    let parsed = PasswordHash::new(&nobody).unwrap();
    let params = Params::try_from(&parsed).unwrap();
    assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19_456, 2, 1));
    assert_eq!(parsed.hash.unwrap().len(), 32);
}

#[test]
fn nobodys_hash_fits_no_password() {
    let pool = Pool::start(Hashing::Cheap).unwrap();
    for password in ["", "A", "\0"] {
        assert_eq!(block_on(pool.verify(password, None)), Ok(Verdict::Wrong));
    }
    assert_eq!(block_on(pool.verify("x", kept("not a hash"))), Ok(Verdict::Wrong));
}

#[test]
fn an_old_hash_is_renewed() {
    let old =
        block_on(Pool::start(Hashing::Cheap).unwrap().hash("secret", salting())).unwrap().password;
    let pool = Pool::start(Hashing::Standard).unwrap();
    let verdict = block_on(pool.verify("secret", kept(&old))).unwrap();
    let Verdict::Right { renewed: Some(renewed), scram: None } = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(block_on(pool.verify("secret", kept(&renewed))), Ok(RIGHT));
    assert_eq!(block_on(pool.verify("wrong", kept(&old))), Ok(Verdict::Wrong));
}

#[test]
fn a_verifier_that_is_missing_is_derived() {
    let pool = Pool::start(Hashing::Cheap).unwrap();
    let secrets = block_on(pool.hash("secret", salting())).unwrap();
    assert!(secrets.scram.starts_with("SCRAM-SHA-256$1:"));
    let old = || kept(&secrets.password).map(|kept| Kept { has_scram: false, ..kept });
    let verdict = block_on(pool.verify("secret", old())).unwrap();
    let Verdict::Right { renewed: None, scram: Some(scram) } = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(scram, secrets.scram);
    assert_eq!(block_on(pool.derive("secret", salting())), Ok(scram));
    assert_eq!(block_on(pool.verify("wrong", old())), Ok(Verdict::Wrong));
}

#[test]
fn beyond_its_queue_the_pool_is_busy_and_then_recovers() {
    let pool = Pool::start(Hashing::Standard).unwrap();
    let mut waiting = Vec::new();
    let mut busy = 0;
    for _ in 0..4 * (HASHING_QUEUE + HASHING_THREADS) {
        let (reply, answer) = oneshot::channel();
        match pool.shared.push(Job::Hash { password: "secret".into(), salting: salting(), reply }) {
            Ok(()) => waiting.push(answer),
            Err(Busy) => busy += 1,
        }
    }
    assert!(busy > 0, "the queue has a bound");
    assert!(waiting.len() <= 2 * HASHING_QUEUE, "{} were let in", waiting.len());
    // Those who give up are not worth a hash.
    let kept = waiting.pop().unwrap();
    drop(waiting);
    assert!(block_on(kept).is_ok());
    assert!(pool.hashes() < 2 * u64::try_from(HASHING_QUEUE).unwrap());
    assert!(block_on(pool.hash("secret", salting())).is_ok());
}

#[test]
fn a_closed_pool_is_busy() {
    let pool = Pool::start(Hashing::Cheap).unwrap();
    pool.close();
    assert_eq!(block_on(pool.hash("secret", salting())), Err(Busy));
}
