//! What a hostile page, proxy or client cannot do.

use parlor_http::CONTENT_POLICY;
use serde_json::json;

use crate::house::{House, PASSWORD};
use crate::tab::HANDSHAKE;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn every_page_carries_the_security_headers_and_nothing_inline() {
    let (house, mut ann) = House::lived_in();
    let invited = ann.post("/invitations", &[("uses", "1"), ("days", "1")]);
    let invite = invited.text().split("/invite/").nth(1).unwrap().split('"').next().unwrap();
    let invite = format!("/invite/{invite}");
    let mut stranger = house.browser();
    let answers = [
        ann.get("/"),
        ann.get("/invitations"),
        invited,
        stranger.get("/"),
        stranger.get("/signin"),
        stranger.get("/setup/x"),
        stranger.get(&invite),
        stranger.get("/register"),
        stranger.get("/nowhere"),
        stranger.get("/api/v1/me"),
        stranger.get("/livez"),
        stranger.post("/signin", &[("name", "x"), ("password", "y")]),
    ];
    for answer in answers {
        assert_eq!(answer.header("content-security-policy"), Some(CONTENT_POLICY), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        let html = answer.text();
        for inline in ["<style", " style=", "onclick=", "onload=", "javascript:", "<script>"] {
            assert!(!html.contains(inline), "{inline} in {html}");
        }
    }
}

#[test]
fn pages_are_whole_documents_with_labels() {
    let (house, _) = House::lived_in();
    let page = house.browser().get("/signin");
    let html = page.text();
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{html}");
    assert!(html.contains("<body class=\"page-signin\">"), "{html}");
    for id in ["name", "password"] {
        assert!(html.contains(&format!("<label for=\"{id}\">")), "{html}");
    }
}

#[test]
fn other_sites_cannot_use_the_cookie() {
    let (_house, mut ann) = House::lived_in();
    let body = "uses=1&days=1";
    for headers in [
        vec![FORM, ("Sec-Fetch-Site", "cross-site")],
        vec![FORM, ("Sec-Fetch-Site", "same-site")],
        vec![FORM, ("Origin", "http://evil.example")],
        vec![FORM, ("Origin", "null")],
    ] {
        let answer = ann.send("POST", "/invitations", &headers, body);
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let origin = ann.origin();
    let own = ann.send("POST", "/invitations", &[FORM, ("Origin", &origin)], body);
    assert_eq!(own.status, 200);
    assert_eq!(ann.send("POST", "/signout", &[("Sec-Fetch-Site", "cross-site")], "").status, 403);
    assert_eq!(ann.get("/api/v1/me").status, 200, "still signed in");
}

#[test]
fn rebound_names_are_refused_with_an_explanation() {
    let (_house, mut ann) = House::lived_in();
    let answer = ann.send("GET", "/", &[("Host", "evil.example")], "");
    assert_eq!(answer.status, 421);
    assert!(answer.text().contains("evil.example") && answer.text().contains("hosts"));
}

#[test]
fn a_websocket_needs_a_session_and_our_own_origin() {
    let (house, mut ann) = House::lived_in();
    let origin = ann.origin();
    let with = |origin: Option<&'static str>| {
        let mut headers = HANDSHAKE.to_vec();
        headers.extend(origin.map(|origin| ("Origin", origin)));
        headers
    };
    assert_eq!(ann.send("GET", "/api/v1/live", &with(None), "").status, 403);
    let evil = with(Some("http://evil.example"));
    assert_eq!(ann.send("GET", "/api/v1/live", &evil, "").status, 403);
    let mut own = HANDSHAKE.to_vec();
    own.push(("Origin", &origin));
    assert_eq!(house.browser().send("GET", "/api/v1/live", &own, "").status, 401);
    own[4].1 = "other.protocol";
    assert_eq!(ann.send("GET", "/api/v1/live", &own, "").status, 400);
    assert_eq!(ann.get("/api/v1/live").status, 403);
}

#[test]
fn bodies_are_bounded() {
    let (house, _) = House::lived_in();
    let mut browser = house.browser();
    let long = "x".repeat(20_000);
    assert_eq!(browser.post("/signin", &[("name", &long), ("password", PASSWORD)]).status, 413);
    let long = json!({ "name": "x".repeat(70_000), "password": "" });
    assert_eq!(browser.post_json("/api/v1/signin", &long).status, 413);
    let odd = browser.send("POST", "/signin", &[("Content-Type", "text/plain")], "name=ann");
    assert_eq!(odd.status, 415);
}

#[test]
fn odd_methods_and_paths_are_told() {
    let (house, _) = House::lived_in();
    let mut browser = house.browser();
    let answer = browser.send("DELETE", "/signin", &[], "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST, HEAD")));
    let head = browser.send("HEAD", "/signin", &[], "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_ne!(head.header("content-length"), Some("0"));
    assert_eq!(browser.get("/signout").status, 405);
    assert_eq!(browser.get("/no/such/page").status, 404);
}
