//! The JSON API.

use serde_json::json;

use crate::house::{House, PASSWORD};
use crate::tab::Tab;

#[test]
fn programs_sign_in_read_and_post() {
    let (house, _) = House::lived_in();
    let mut program = house.browser();
    assert_eq!(program.get("/api/v1/me").json()["error"], "signed_out");
    let wrong = program.post_json("/api/v1/signin", &json!({"name": "ann", "password": "no"}));
    assert_eq!((wrong.status, wrong.json()["error"].clone()), (401, json!("wrong_credentials")));
    let signed_in =
        program.post_json("/api/v1/signin", &json!({"name": "ann", "password": PASSWORD}));
    assert_eq!(signed_in.status, 200);
    assert_eq!(program.get("/api/v1/me").json()["name"], "ann");

    let tab = Tab::open(&program);
    let k = tab.room("#lobby")["k"].clone();
    drop(tab);
    let rooms = program.get("/api/v1/rooms").json();
    assert_eq!((&rooms["rooms"][0]["name"], &rooms["rooms"][0]["k"]), (&json!("#lobby"), &k));
    let path = format!("/api/v1/rooms/{k}/messages");
    let message = json!({"text": "from a program", "key": "k1"});
    let posted = program.post_json(&path, &message);
    assert_eq!((posted.status, posted.json()["repeated"].clone()), (201, json!(false)));
    let again = program.post_json(&path, &message);
    assert_eq!(again.json()["msgid"], posted.json()["msgid"]);
    assert_eq!(again.json()["repeated"], true);
    program.post_json(&path, &json!({"text": "second"}));
    let page = program.get(&format!("{path}?limit=1")).json();
    assert_eq!((&page["messages"][0]["text"], &page["more"]), (&json!("second"), &json!(true)));
    let before = page["messages"][0]["n"].clone();
    let page = program.get(&format!("{path}?limit=5&before={before}")).json();
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    assert_eq!(page["messages"][0]["from"]["nick"], "ann");

    assert_eq!(program.get(&format!("{path}?limit=x")).status, 400);
    assert_eq!(program.get("/api/v1/rooms/999/messages").status, 404);
    assert_eq!(program.get("/api/v1/rooms/x/messages").status, 404);
    assert_eq!(program.post_json(&path, &json!({"text": ""})).status, 422);
    assert_eq!(program.post_json(&path, &json!({})).status, 400);
    let invited = program.post_json("/api/v1/invitations", &json!({"uses": 2}));
    assert_eq!(invited.status, 201);
    assert!(invited.json()["url"].as_str().unwrap().contains("/invite/"));
    assert_eq!(program.post_json("/api/v1/signout", &json!({})).status, 204);
    assert_eq!(program.get("/api/v1/rooms").status, 401);
}

#[test]
fn health_is_told_without_a_session() {
    let house = House::start();
    assert_eq!(house.browser().get("/livez").text(), "alive\n");
    assert_eq!(house.browser().get("/readyz").text(), "ready\n");
}
