//! App passwords, sessions and another password, as the page and programs use them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::browser::Browser;
use crate::house::{House, PASSWORD};
use crate::tab::Tab;

/// What a program that sends these credentials is answered.
fn me(program: &mut Browser, credentials: &str) -> u16 {
    program.send("GET", "/api/v1/me", &[("Authorization", credentials)], "").status
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

#[test]
fn a_program_signs_in_with_a_password_of_its_own_until_it_is_removed() {
    let (house, ann) = House::lived_in();
    let mut tab = Tab::open(&ann);
    let made = tab.ask("passwords.create", json!({"name": "bot"}));
    let password = made["password"].as_str().unwrap();
    let mut program = house.browser();
    let (bearer, own) = (format!("Bearer {password}"), basic("Ann", password));
    assert_eq!((me(&mut program, &bearer), me(&mut program, &own)), (200, 200));
    for wrong in [
        basic("bob", password),
        basic("ann", PASSWORD),
        "Bearer x".to_owned(),
        "Basic !".to_owned(),
        "Digest a".to_owned(),
        "Bearer".to_owned(),
    ] {
        assert_eq!(me(&mut program, &wrong), 401, "{wrong}");
    }
    let listed = tab.ask("passwords.list", json!({}));
    assert_eq!(listed["passwords"][0]["name"], "bot");
    assert!(listed["passwords"][0]["last"].is_u64());
    assert!(listed.to_string().find(password).is_none());

    // The password says who asks, whatever cookie comes with it.
    let mut live = Tab::open_with(&house.browser(), &bearer);
    for (command, params) in [
        ("passwords.list", json!({})),
        ("passwords.create", json!({"name": "another"})),
        ("passwords.remove", json!({"id": made["id"]})),
        ("sessions.list", json!({})),
        ("sessions.end", json!({"id": "x"})),
        ("password.change", json!({"old": password, "new": "another one"})),
    ] {
        assert_eq!(live.try_ask(command, params), Err("needs_password".to_owned()), "{command}");
    }
    tab.ask("passwords.remove", json!({"id": made["id"]}));
    assert_eq!(live.closed(), 4010);
    assert_eq!(me(&mut program, &bearer), 401);
    tab.ask("ping", json!({}));
}

#[test]
fn a_device_is_signed_out_from_another() {
    let (house, ann) = House::lived_in();
    let mut phone = house.browser();
    phone.post("/signin", &[("name", "ann"), ("password", PASSWORD)]);
    let (mut here, mut there) = (Tab::open(&ann), Tab::open(&phone));
    let listed = here.ask("sessions.list", json!({}));
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2, "{listed}");
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    assert_eq!((&other["kind"], &other["address"]), (&json!("web"), &json!("127.0.0.1")));
    let none = here.try_ask("sessions.end", json!({"id": "00ff"}));
    assert_eq!(none, Err("no_such_session".to_owned()));
    here.ask("sessions.end", json!({"id": other["id"]}));
    assert_eq!(there.closed(), 4010);
    assert_eq!(phone.get("/api/v1/me").status, 401);
    here.ask("ping", json!({}));
}

#[test]
fn another_password_signs_all_other_devices_out() {
    let (house, mut ann) = House::lived_in();
    let mut phone = house.browser();
    phone.post("/signin", &[("name", "ann"), ("password", PASSWORD)]);
    let (mut here, mut there) = (Tab::open(&ann), Tab::open(&phone));
    let mut change = |old: &str, new: &str| {
        here.try_ask("password.change", json!({"old": old, "new": new})).map(drop)
    };
    assert_eq!(change("wrong", "another one"), Err("wrong_password".to_owned()));
    assert_eq!(change(PASSWORD, "short"), Ok(()), "the house hashes cheaply and asks for little");
    assert_eq!(there.closed(), 4010);
    assert_eq!(phone.get("/api/v1/me").status, 401);
    assert_eq!(ann.get("/api/v1/me").status, 200);
    here.ask("ping", json!({}));
}

/// What ends between the handshake and hello is on no inbox that the connection follows yet.
#[test]
fn a_page_that_was_signed_out_before_it_says_hello_does_not_come_in() {
    let (house, ann) = House::lived_in();
    let mut here = Tab::open(&ann);
    let made = here.ask("passwords.create", json!({"name": "bot"}));
    let bearer = format!("Bearer {}", made["password"].as_str().unwrap());
    let mut phone = house.browser();
    phone.post("/signin", &[("name", "ann"), ("password", PASSWORD)]);
    let mut page = Tab::connect(&phone);
    let mut program = Tab::connect_with(&house.browser(), &[("Authorization", &bearer)]);
    let mut other = Tab::connect_with(&house.browser(), &[("Authorization", &bearer)]);
    other.ask("hello", json!({}));
    here.ask("password.change", json!({"old": PASSWORD, "new": "another one"}));
    here.ask("passwords.remove", json!({"id": made["id"]}));
    for tab in [&mut page, &mut program] {
        tab.command("hello", json!({}));
        assert_eq!(tab.closed(), 4010);
    }
    assert_eq!(other.closed(), 4010);
    here.ask("ping", json!({}));
}
