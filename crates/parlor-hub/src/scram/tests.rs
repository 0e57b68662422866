//! SCRAM-SHA-256 against the example of RFC 7677, and against everything a client might send.

use proptest::prelude::*;

use super::*;

const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const SERVER_FIRST: &str =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                     p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

fn salting() -> Salting {
    Salting { salt: STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), iterations: 4096 }
}

fn verifier() -> Verifier {
    Verifier::derive("pencil", salting())
}

fn conversation() -> Conversation {
    Conversation::begin(ClientFirst::parse(FIRST).unwrap(), &salting(), SERVER_NONCE)
}

#[test]
fn the_example_of_the_standard_is_followed_to_the_letter() {
    let conversation = conversation();
    assert_eq!(conversation.server_first(), SERVER_FIRST);
    let answer = conversation.finish(FINAL, &[verifier()]);
    assert_eq!(answer, Some((0, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_owned())));
}

#[test]
fn a_proof_is_tried_on_every_password_with_the_salting() {
    let others = ["pen", "Pencil", "stencil"].map(|other| Verifier::derive(other, salting()));
    for at in 0..=others.len() {
        let mut verifiers = others.to_vec();
        verifiers.insert(at, verifier());
        let (found, proof) = conversation().finish(FINAL, &verifiers).unwrap();
        assert_eq!(found, at);
        assert_eq!(proof, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }
    assert_eq!(conversation().finish(FINAL, &others), None);
    assert_eq!(conversation().finish(FINAL, &[]), None);
}

#[test]
fn a_verifier_is_kept_as_text() {
    let text = verifier().to_string();
    assert!(text.starts_with("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"), "{text}");
    assert!(Verifier::parse(&text).unwrap() == verifier());
    for wrong in ["", "SCRAM-SHA-256$", "SCRAM-SHA-256$x:y$z:w", "$argon2id$v=19"] {
        assert!(Verifier::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn what_is_no_first_message_is_refused() {
    for wrong in [
        "",
        "n",
        "n,,",
        "n,,n=user",
        "n,,n=user,r=",
        "n,,r=abc,n=user",
        "p=tls-unique,,n=user,r=abc",
        "n,a=other,n=user,r=abc",
        "n,user,n=user,r=abc",
        "n,,m=ext,n=user,r=abc",
        "n,,n=us=er,r=abc",
        "n,,n=user,r=a\u{7f}c",
    ] {
        assert_eq!(ClientFirst::parse(wrong), None, "{wrong:?}");
    }
    let long = format!("n,,n=user,r={}", "x".repeat(SCRAM_NONCE_BYTES_MAX + 1));
    assert_eq!(ClientFirst::parse(&long), None);
    for (right, name) in [
        ("y,,n=user,r=abc", "user"),
        ("n,a=user,n=user,r=abc", "user"),
        ("n,,n=a=2Cb=3D,r=abc,x=later", "a,b="),
    ] {
        assert_eq!(ClientFirst::parse(right).unwrap().name, name);
    }
}

#[test]
fn one_changed_byte_of_the_last_message_is_refused() {
    for at in 0..FINAL.len() {
        let mut changed = FINAL.as_bytes().to_vec();
        changed[at] ^= 1;
        if let Ok(changed) = String::from_utf8(changed) {
            assert_eq!(conversation().finish(&changed, &[verifier()]), None, "{changed}");
        }
    }
}

#[test]
fn a_name_nobody_has_gets_the_same_salt_each_time_and_no_entry() {
    let salting = |name| Salting::of_name(b"secret", name, 4096);
    assert_eq!(salting("eve"), salting("eve"));
    assert_ne!(salting("eve").salt, salting("bob").salt);
    let first = ClientFirst::parse(FIRST).unwrap();
    let conversation = Conversation::begin(first, &salting("user"), SERVER_NONCE);
    assert_eq!(conversation.server_first().len(), SERVER_FIRST.len());
    let nobody = Verifier::nobodys(b"secret", "user", salting("user"));
    assert_eq!(conversation.finish(FINAL, &[nobody]), None);
}

#[test]
fn passwords_that_look_the_same_are_the_same() {
    for (typed, kept) in [
        ("pencil", "pencil"),
        ("I\u{ad}X", "IX"),
        ("\u{aa}", "a"),
        ("\u{2168}", "IX"),
        ("e\u{301}", "é"),
        ("a\u{3000}b", "a b"),
    ] {
        assert_eq!(prepared(typed), kept);
    }
}

proptest! {
    #[test]
    fn no_message_panics(first in ".{0,60}", last in ".{0,120}") {
        drop(ClientFirst::parse(&first));
        prop_assert!(conversation().finish(&last, &[verifier()]).is_none());
    }
}
