//! Images through the JSON API, on messages, and under their own addresses.

use std::io::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::browser::{Answer, Browser};
use crate::house::{House, PASSWORD};
use crate::tab::Tab;

/// A picture of 4 by 3 pixels, as far as anybody here looks, of printable bytes after its head.
fn picture(length: usize) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x03\x08\x06\0\0\0";
    let mut picture = head.to_vec();
    picture.resize(length, b'x');
    picture
}

fn send(browser: &mut Browser, kind: &str, content: &[u8]) -> Answer {
    browser.send_bytes("POST", "/api/v1/files?name=cat.png", &[("Content-Type", kind)], content)
}

fn sent(browser: &mut Browser, length: usize) -> Value {
    let answer = send(browser, "image/png", &picture(length));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[test]
fn an_image_is_sent_posted_and_seen() {
    let (house, mut ann) = House::lived_in();
    let mut bob = house.member("bob");
    let (mut hers, mut his) = (Tab::open(&ann), Tab::open(&bob));
    let k = hers.room("#lobby")["k"].clone();
    let file = sent(&mut ann, 3_000_000);
    let url = file["url"].as_str().unwrap().to_owned();
    assert_eq!((&file["width"], &file["height"]), (&json!(4), &json!(3)));
    assert!(url.starts_with("/files/") && url.ends_with("/cat.png"));
    assert_eq!((ann.get(&url).status, bob.get(&url).status), (200, 404));
    hers.ask("chat.post", json!({"k": k, "files": [file["id"]]}));
    let told = his.event("chat.posted");
    assert_eq!((&told["p"]["files"], &told["p"]["text"]), (&json!([file]), &json!("")));
    let seen = bob.get(&url);
    assert!(seen.body == picture(3_000_000), "byte for byte");
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline; filename*=UTF-8''cat.png"),
        ("cache-control", "private, max-age=31536000, immutable"),
    ] {
        assert_eq!(seen.header(name), Some(value));
    }
    let tag = seen.header("etag").unwrap().to_owned();
    let again = bob.send("GET", &url, &[("If-None-Match", &tag)], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(house.browser().get(&url).status, 401);
    let page = bob.get(&format!("/api/v1/rooms/{k}/messages?limit=1")).json();
    assert_eq!(page["messages"][0]["files"], json!([file]));
}

#[test]
fn what_is_no_image_is_refused_in_words() {
    let (house, mut ann) = House::lived_in();
    let code = |answer: &Answer| (answer.status, answer.json()["error"].clone());
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for kind in ["image/svg+xml", "image/png"] {
        assert_eq!(code(&send(&mut ann, kind, svg)), (415, json!("not_an_image")), "{kind}");
    }
    for kind in ["text/html", "multipart/form-data", ""] {
        let answer = send(&mut ann, kind, &picture(50));
        assert_eq!(code(&answer), (415, json!("unsupported_media_type")), "{kind}");
    }
    let stranger = send(&mut house.browser(), "image/png", &picture(50));
    assert_eq!(stranger.status, 401);
    // What is too long is refused before it is sent.
    let mut stream = ann.connect();
    let headers = [("Content-Type", "image/png")];
    let head = ann.head("POST", "/api/v1/files", &headers, 10 * 1024 * 1024 + 1);
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(Browser::status_on(&mut stream), 413);
    let foreign = [("Content-Type", "image/png"), ("Sec-Fetch-Site", "cross-site")];
    let answer = ann.send_bytes("POST", "/api/v1/files", &foreign, &picture(50));
    assert_eq!(answer.status, 403);
}

/// What an IRC client is answered that sends an image with these credentials.
fn upload(browser: &mut Browser, credentials: &str, content: &[u8]) -> Answer {
    let headers = [
        ("Content-Type", "image/png"),
        ("Content-Disposition", "attachment; filename=\"my cat.png\""),
        ("Authorization", credentials),
    ];
    browser.send_bytes("POST", "/api/v1/upload", &headers, content)
}

#[test]
fn an_irc_client_sends_an_image_as_it_signs_in() {
    let (house, mut ann) = House::lived_in();
    let mut client = house.browser();
    let answer = upload(&mut client, &basic("ann", PASSWORD), &picture(2_000));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let location = answer.header("location").expect("where it is").to_owned();
    let path = location.strip_prefix(&client.origin()).expect("an address of this server");
    assert!(path.starts_with("/files/") && path.ends_with("/my_cat.png"), "{location}");
    assert_eq!(answer.json()["url"], path);
    let seen = ann.get(path);
    assert_eq!((seen.status, seen.body == picture(2_000)), (200, true));
    let head = ann.send("HEAD", path, &[], "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    let mut tab = Tab::open(&ann);
    let made = tab.ask("passwords.create", json!({"name": "client"}));
    let own = made["password"].as_str().unwrap();
    for credentials in [format!("Bearer {own}"), basic("ann", own)] {
        assert_eq!(upload(&mut client, &credentials, &picture(60)).status, 201, "{credentials}");
    }
}

#[test]
fn an_image_is_taken_from_nobody_else() {
    let (house, mut ann) = House::lived_in();
    let mut client = house.browser();
    for credentials in [basic("ann", "wrong"), basic("nobody", PASSWORD)] {
        let answer = upload(&mut client, &credentials, &picture(60));
        let said = (answer.status, answer.json()["error"].clone());
        assert_eq!(said, (401, json!("wrong_credentials")), "{credentials}");
    }
    for credentials in ["Bearer x", "Basic !", "Digest a", ""] {
        assert_eq!(upload(&mut client, credentials, &picture(60)).status, 401, "{credentials}");
    }
    // A cookie comes by itself; it is no credential here.
    let image = [("Content-Type", "image/png")];
    assert_eq!(ann.send_bytes("POST", "/api/v1/upload", &image, &picture(60)).status, 401);
    let svg = upload(&mut client, &basic("ann", PASSWORD), b"<svg/>");
    assert_eq!((svg.status, svg.json()["error"].clone()), (415, json!("not_an_image")));
    let asked = client.send("OPTIONS", "/api/v1/upload", &[], "");
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("allow"), Some("OPTIONS, POST"));
    assert_eq!(asked.header("accept-post"), Some("image/png, image/jpeg, image/gif, image/webp"));
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

#[test]
fn a_profile_is_set_told_and_seen_by_everybody() {
    let (house, mut ann) = House::lived_in();
    let mut bob = house.member("bob");
    let (mut hers, mut his) = (Tab::open(&ann), Tab::open(&bob));
    let k = hers.room("#lobby")["k"].clone();
    let file = sent(&mut ann, 2000);
    let id = file["id"].as_str().unwrap();
    let url = format!("/files/{id}/avatar");
    hers.ask("profile.set", json!({"display": " Ann A ", "about": "tea", "avatar": id}));
    let told = his.event("profile.changed");
    assert_eq!(told["k"], k);
    assert_eq!(told["p"], json!({"person": 1, "display": "Ann A", "avatar": url}));
    assert_eq!(hers.event("profile.changed")["p"], told["p"]);
    assert_eq!((bob.get(&url).status, house.browser().get(&url).status), (200, 401));
    hers.ask("chat.post", json!({"k": k, "text": "hello"}));
    let person = his.ask("people", json!({"nick": "ann"}))["people"][0].clone();
    assert_eq!(
        (&person["avatar"], &person["display"], &person["about"]),
        (&json!(url), &json!("Ann A"), &json!("tea"))
    );
    let members = his.ask("chat.members", json!({"k": k}))["members"].clone();
    let members = members.as_array().unwrap();
    let known = members.iter().find(|member| member["nick"] == "ann").unwrap();
    assert_eq!(known["avatar"], json!(url));
    let page = his.ask("chat.history", json!({"k": k, "limit": 1}));
    assert_eq!(page["avatars"], json!({"1": url}));
    assert_eq!(Tab::open(&ann).welcome["me"]["avatar"], json!(url));
    // What is absent stays, what is null goes; programs do the same without a live connection.
    let json = [("Content-Type", "application/json")];
    let done = ann.send("POST", "/api/v1/profile", &json, r#"{"avatar":null}"#);
    assert_eq!(done.status, 200, "{}", done.text());
    let told = his.event("profile.changed");
    assert_eq!(told["p"], json!({"person": 1, "display": "Ann A", "avatar": null}));
    assert_eq!(bob.get(&url).status, 404);
    for (wrong, code) in [
        (json!({"display": "a\u{202e}b"}), "bad_profile"),
        (json!({"about": "x".repeat(501)}), "bad_profile"),
        (json!({"avatar": "nothing"}), "no_such_file"),
    ] {
        assert_eq!(hers.try_ask("profile.set", wrong).unwrap_err(), code);
    }
}
