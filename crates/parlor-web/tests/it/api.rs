//! The JSON API.

use std::sync::Arc;
use std::time::Instant;

use parlor_engine::block_on;
use parlor_hub::Registration;
use parlor_hub::credit::{COMMAND, Pools};
use parlor_web::WebOptions;
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
    assert_eq!(program.post_json(&path, &json!({})).status, 422);
    let invited = program.post_json("/api/v1/invitations", &json!({"uses": 2}));
    assert_eq!(invited.status, 201);
    assert!(invited.json()["url"].as_str().unwrap().contains("/invite/"));
    assert_eq!(program.post_json("/api/v1/signout", &json!({})).status, 204);
    assert_eq!(program.get("/api/v1/rooms").status, 401);
}

#[test]
fn programs_do_with_messages_what_the_page_does() {
    let (_house, ann) = House::lived_in();
    let mut program = ann.clone();
    let k = Tab::open(&ann).room("#lobby")["k"].clone();
    let posted = program.post_json(
        &format!("/api/v1/rooms/{k}/messages"),
        &json!({"text": "tee", "kind": "action"}),
    );
    let msgid = posted.json()["msgid"].clone();
    let mut run = |command: &str, p: serde_json::Value| {
        let answer = program.post_json(&format!("/api/v1/chat/{command}"), &p);
        (answer.status, answer.json())
    };
    let here = |mut p: serde_json::Value| {
        p["k"] = k.clone();
        p["msgid"] = msgid.clone();
        p
    };
    let (status, edited) = run("edit", here(json!({"text": "tea"})));
    assert_eq!((status, &edited["n"]), (200, &posted.json()["n"]));
    let (status, edits) = run("edits", here(json!({})));
    let texts: Vec<_> = edits["versions"].as_array().unwrap().iter().map(|v| &v["text"]).collect();
    assert_eq!((status, texts), (200, vec![&json!("tee"), &json!("tea")]));
    assert_eq!(run("react", here(json!({"emoji": "👍"}))).0, 200);
    let (_, page) = run("history", json!({"k": k, "around": msgid}));
    let message = &page["messages"][0];
    assert_eq!((&message["text"], &message["reactions"][0]["count"]), (&json!("tea"), &json!(1)));
    assert!(message["edited"].is_u64());
    assert_eq!(run("unreact", here(json!({"emoji": "👍"}))).0, 200);
    assert_eq!(run("draft", json!({"k": k, "text": "I th"})).0, 200);
    assert_eq!(run("notify", json!({"k": k, "level": "mentions"})).0, 200);
    assert_eq!(run("quiet_hours", json!({"from": "22:00", "to": "07:00"})).0, 200);
    let tab = Tab::open(&ann);
    let room = tab.room("#lobby");
    assert_eq!((&room["draft"], &room["notify"]), (&json!("I th"), &json!("mentions")));
    assert_eq!(tab.welcome["quiet_hours"], json!({"from": "22:00", "to": "07:00"}));
    assert_eq!(run("redact", here(json!({}))).0, 200);
    assert_eq!(run("redact", json!({"k": k, "msgid": "no"})).0, 404);
    assert_eq!(run("redact", json!({"k": "x", "msgid": "no"})).0, 400);
    assert_eq!(run("react", here(json!({"emoji": "👍"}))).0, 404);
    assert_eq!(run("fly", json!({})).0, 404);
    // This house has no search index, and says so.
    assert_eq!(
        run("search", json!({"query": "tea"})),
        (
            404,
            json!({
                "error": "no_search", "message": "This server does not search."
            })
        )
    );
}

#[test]
fn health_is_told_without_a_session() {
    let house = House::start();
    assert_eq!(house.browser().get("/livez").text(), "alive\n");
    assert_eq!(house.browser().get("/readyz").text(), "ready\n");
}

#[test]
fn a_program_joins_a_room_without_a_live_connection() {
    let (house, ann) = House::lived_in();
    let mut tab = Tab::open(&ann);
    let k = tab.ask("chat.join", json!({"name": "#alerts"}))["room"]["k"].clone();
    let mut bot = house.member("bot");
    let path = format!("/api/v1/rooms/{k}/messages");
    let refused = bot.post_json(&path, &json!({"text": "too early"}));
    assert_eq!((refused.status, refused.json()["error"].clone()), (403, json!("not_a_member")));
    let joined = bot.post_json("/api/v1/rooms", &json!({"name": "#Alerts"}));
    assert_eq!(joined.status, 200, "{}", joined.text());
    let joined = joined.json();
    assert_eq!((&joined["created"], &joined["room"]["k"]), (&json!(false), &k));
    assert_eq!(
        (&joined["room"]["role"], &joined["room"]["members"]),
        (&json!("member"), &json!(2))
    );
    // It is among the members from now on, without ever being connected.
    assert_eq!(tab.event("presence.entered")["p"]["nick"], "bot");
    assert_eq!(tab.event("presence.away")["p"]["gone"], true);
    let members = tab.ask("chat.members", json!({"k": k}));
    assert_eq!(members["members"][1]["gone"], true, "{members}");
    assert_eq!(bot.post_json(&path, &json!({"text": "fire"})).status, 201);
    assert_eq!(tab.event("chat.posted")["p"]["from"]["nick"], "bot");
    let kinds = tab.settled();
    let told = |event: &serde_json::Value| event["t"].as_str().unwrap().starts_with("presence.");
    assert!(!kinds.iter().any(told), "a request is no coming and going: {kinds:?}");

    let made = bot.post_json("/api/v1/rooms", &json!({"name": "#new"}));
    assert_eq!((made.status, made.json()["room"]["role"].clone()), (201, json!("owner")));
    // A page of the same account shows it at once.
    let mut page = Tab::open(&bot);
    bot.post_json("/api/v1/rooms", &json!({"name": "#newer"}));
    assert_eq!(page.event("chat.joined")["p"]["room"]["name"], "#newer");

    tab.ask("chat.modes", json!({"k": k, "invited_only": true}));
    let other = house.member("eve");
    let mut eve = other.clone();
    let closed = eve.post_json("/api/v1/rooms", &json!({"name": "#alerts"}));
    assert_eq!((closed.status, closed.json()["error"].clone()), (403, json!("invited_only")));
    assert_eq!(eve.post_json("/api/v1/rooms", &json!({"name": "no room"})).status, 400);
    assert_eq!(eve.post_json("/api/v1/rooms", &json!({})).status, 400);
    let stranger = house.browser().post_json("/api/v1/rooms", &json!({"name": "#alerts"}));
    assert_eq!(stranger.status, 401);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "credit is asked for as it was before the test")]
fn requests_draw_from_the_credit_of_the_account() {
    let pools = Arc::new(Pools::default());
    let options = WebOptions { pools: Some(Arc::clone(&pools)), ..WebOptions::default() };
    let house = House::with(options, Registration::Invite);
    let (mut ann, mut program) = (house.set_up("ann"), house.member("bob"));
    let k = Tab::open(&ann).room("#lobby")["k"].clone();
    drop(Tab::open(&program));
    let begun = Instant::now();
    let accounts = block_on(house.link().accounts()).unwrap();
    let pool = |n: usize| pools.of_account(accounts[n].id, begun);
    let path = format!("/api/v1/rooms/{k}/messages");
    // There is credit for 40 in all: the last has to wait for it, and is carried out.
    for n in 0..41 {
        assert_eq!(program.post_json(&path, &json!({"text": "tea"})).status, 201, "{n}");
    }
    assert!(pool(1).charge(40 * COMMAND, begun).is_some(), "nothing was charged");
    assert!(pool(1).charge(2000 * COMMAND, begun).is_some(), "minutes are owed");
    // Nobody waits for minutes: whoever would is told so, and owes no more than before.
    for path in [&*path, "/api/v1/rooms", "/api/v1/chat/react", "/api/v1/profile"] {
        let refused = program.post_json(path, &json!({"text": "tea", "name": "#tea"}));
        assert_eq!((refused.status, refused.json()["error"].clone()), (429, json!("too_fast")));
        assert!(refused.header("retry-after").is_some());
    }
    // The account's own doors stay open.
    assert_eq!(program.get("/api/v1/me").status, 200);
    assert_eq!(program.get("/").status, 200);
    // An administrator brings in a whole archive.
    assert!(pool(0).charge(2000 * COMMAND, begun).is_some());
    assert_eq!(ann.post_json(&path, &json!({"text": "from long ago"})).status, 201);
}
