//! The live connection: hello, commands, events, and how it ends.

use std::sync::Arc;
use std::time::Instant;

use parlor_engine::{Model, block_on};
use parlor_hub::credit::{COMMAND, Pools};
use parlor_hub::limits::QUIET_MEMBERS;
use parlor_hub::{Badge, Capacity, ClientInfo, Identity, Registration};
use parlor_testkit::crowd;
use parlor_topics::TopicId;
use parlor_web::WebOptions;
use parlor_web::limits::{COMMANDS_BURST, PEOPLE_MAX};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD};
use crate::tab::Tab;

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["t"].as_str().unwrap()).collect()
}

#[test]
fn hello_puts_newcomers_in_the_lobby() {
    let (_house, ann) = House::lived_in();
    let tab = Tab::open(&ann);
    let me = &tab.welcome["me"];
    assert_eq!(
        (&me["name"], &me["nick"], &me["admin"]),
        (&json!("ann"), &json!("ann"), &json!(true))
    );
    assert_eq!(tab.welcome["server"]["name"], "Parlor");
    assert!(tab.welcome["inbox"]["k"].is_u64() && tab.welcome["inbox"]["pos"].is_string());
    let lobby = tab.room("#lobby");
    assert_eq!(lobby["members"], 1);
    assert_eq!(lobby["modes"]["invited_only"], false);
    for field in ["k", "unread", "read", "last"] {
        assert!(lobby[field].is_u64(), "{field} in {lobby}");
    }
    assert!(lobby["quiet"].is_boolean() && lobby["role"].is_string() && lobby["pos"].is_string());
    assert_eq!(tab.welcome["direct"], json!([]));
    assert_eq!((&tab.welcome["resumed"], &tab.welcome["reset"]), (&json!([]), &json!([])));
}

#[test]
fn what_one_says_all_see_once() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut b) = (Tab::open(&ann), Tab::open(&bob));
    assert_eq!(a.event("presence.entered")["p"]["nick"], "bob");
    let k = a.room("#lobby")["k"].clone();
    let message = json!({"k": k, "text": "hello <b>there</b>", "key": "x"});
    let posted = a.ask("chat.post", message.clone());
    let seen = b.event("chat.posted");
    assert_eq!((&seen["k"], &seen["n"]), (&posted["k"], &posted["n"]));
    assert_eq!((&seen["p"]["msgid"], &seen["p"]["text"]), (&posted["msgid"], &message["text"]));
    assert_eq!(seen["p"]["from"]["nick"], "ann");
    assert!(seen["pos"].is_string() && seen["at"].is_u64());
    assert!(seen["p"]["from"].get("host").is_none());
    // The sender's own event came before its answer.
    assert_eq!(a.event("chat.posted")["n"], posted["n"]);

    let again = a.ask("chat.post", message);
    assert_eq!((&again["n"], &again["repeated"]), (&posted["n"], &json!(true)));
    assert_eq!(kinds(&b.settled()), [""; 0]);
}

#[test]
fn every_model_serves_the_live_connection() {
    // Two tabs, and what they and their pages ask for beside them.
    for model in Model::hosting(4) {
        let house = House::on(model, WebOptions::default(), Registration::Invite);
        let ann = house.set_up("ann");
        let bob = house.member("bob");
        let (mut a, mut b) = (Tab::open(&ann), Tab::open(&bob));
        let k = a.room("#lobby")["k"].clone();
        for i in 0..20 {
            a.ask("chat.post", json!({"k": k, "text": format!("{model} {i}")}));
        }
        for i in 0..20 {
            assert_eq!(b.event("chat.posted")["p"]["text"], format!("{model} {i}"));
        }
    }
}

#[test]
fn who_was_thrown_out_can_come_back_and_hears_again() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut b) = (Tab::open(&ann), Tab::open(&bob));
    let k = a.room("#lobby")["k"].clone();
    let person = b.welcome["me"]["person"].clone();
    for i in 0..10 {
        a.ask("chat.kick", json!({"k": k, "person": person}));
        b.ask("chat.join", json!({"name": "#lobby"}));
        a.ask("chat.post", json!({"k": k, "text": format!("round {i}")}));
        assert_eq!(b.event("chat.posted")["p"]["text"], format!("round {i}"));
    }
}

#[test]
fn direct_messages_reach_both_inboxes() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut other, mut b) = (Tab::open(&ann), Tab::open(&ann), Tab::open(&bob));
    let person = b.welcome["me"]["person"].clone();
    let posted = a.ask("chat.post", json!({"person": person, "text": "psst", "kind": "action"}));
    assert_eq!(posted["k"], a.welcome["inbox"]["k"]);
    let seen = b.event("chat.posted");
    assert_eq!(seen["k"], b.welcome["inbox"]["k"]);
    assert_eq!((&seen["p"]["to"]["nick"], &seen["p"]["kind"]), (&json!("bob"), &json!("action")));
    assert_eq!(seen["p"]["msgid"], posted["msgid"]);
    assert_eq!(other.event("chat.posted")["p"]["text"], "psst", "the sender's other tab sees it");
    let history = b.ask("chat.history", json!({"person": a.welcome["me"]["person"]}));
    assert_eq!(history["messages"][0]["text"], "psst");

    drop(b);
    let late = a.ask("chat.post", json!({"person": person, "text": "while you were away"}));
    let b = Tab::open(&bob);
    let direct = &b.welcome["direct"][0];
    assert_eq!((&direct["nick"], &direct["unread"]), (&json!("ann"), &json!(2)));
    assert!(late["repeated"] == false);
}

#[test]
fn who_is_away_is_found_by_name_and_reads_it_later() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let mut a = Tab::open(&ann);
    let found = a.ask("people", json!({"nick": "BOB"}));
    let person = &found["people"][0];
    assert_eq!((&person["nick"], &person["online"]), (&json!("bob"), &json!(false)));
    let posted = a.ask("chat.post", json!({"nick": "Bob", "text": "later"}));
    assert_eq!(posted["k"], a.welcome["inbox"]["k"]);
    a.ask("chat.post", json!({"person": person["person"], "text": "much later"}));
    assert_eq!(a.ask("people", json!({"nick": "nobody"}))["people"], json!([]));
    let unknown = a.try_ask("chat.post", json!({"nick": "nobody", "text": "x"}));
    assert_eq!(unknown.unwrap_err(), "no_such_person");
    let b = Tab::open(&bob);
    assert_eq!(b.welcome["direct"][0]["unread"], 2);
    assert_eq!(a.ask("people", json!({"nick": "bob"}))["people"][0]["online"], true);
}

#[test]
fn rooms_are_joined_shown_and_left() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut b) = (Tab::open(&ann), Tab::open(&bob));
    assert_eq!(a.event("presence.entered")["k"], a.room("#lobby")["k"]);
    let made = a.ask("chat.join", json!({"name": "#garden"}));
    assert_eq!((&made["created"], &made["room"]["role"]), (&json!(true), &json!("owner")));
    let k = made["room"]["k"].clone();
    a.ask("chat.subject", json!({"k": k, "subject": "tomatoes"}));
    let joined = b.ask("chat.join", json!({"name": "#Garden"}));
    assert_eq!((&joined["room"]["k"], &joined["room"]["subject"]), (&k, &json!("tomatoes")));
    assert_eq!(a.event("presence.entered")["k"], k);
    let members = a.ask("chat.members", json!({"k": k}));
    assert_eq!((&members["total"], &members["members"][0]["nick"]), (&json!(2), &json!("ann")));
    let rooms = b.ask("chat.rooms", json!({}));
    let names: Vec<&Value> =
        rooms["rooms"].as_array().unwrap().iter().map(|room| &room["name"]).collect();
    assert_eq!(names, ["#garden", "#lobby"]);
    b.ask("chat.part", json!({"k": k, "reason": "weeds"}));
    let left = a.event("presence.left");
    assert_eq!((&left["k"], &left["p"]["reason"]), (&k, &json!("weeds")));
    a.ask("chat.post", json!({"k": k, "text": "alone"}));
    assert!(!kinds(&b.settled()).contains(&"chat.posted"));
    assert_eq!(b.ask("chat.members", json!({"k": k}))["total"], 1, "an open room can be seen");
    for name in ["garden", "#", "#a b", ""] {
        assert_eq!(a.try_ask("chat.join", json!({"name": name})).unwrap_err(), "bad_params");
    }
}

#[test]
fn reading_on_one_device_shows_on_the_other() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut b) = (Tab::open(&ann), Tab::open(&bob));
    let k = a.room("#lobby")["k"].clone();
    let n = b.ask("chat.post", json!({"k": k, "text": "read me"}))["n"].clone();
    assert_eq!(Tab::open(&ann).room("#lobby")["unread"], 1);
    let mut phone = Tab::open(&ann);
    phone.ask("chat.read", json!({"k": k, "n": n}));
    assert_eq!(a.event("chat.read")["p"], json!({"k": k, "n": n}));
    assert_eq!(Tab::open(&ann).room("#lobby")["unread"], 0);
}

#[test]
fn who_is_kicked_hears_it_last() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut b) = (Tab::open(&ann), Tab::open(&bob));
    let k = a.ask("chat.join", json!({"name": "#garden"}))["room"]["k"].clone();
    b.ask("chat.join", json!({"name": "#garden"}));
    let person = b.welcome["me"]["person"].clone();
    assert_eq!(
        b.try_ask("chat.kick", json!({"k": k, "person": a.welcome["me"]["person"]})).unwrap_err(),
        "not_allowed"
    );
    a.ask("chat.kick", json!({"k": k, "person": person, "reason": "weeds"}));
    let kicked = b.event("chat.kicked");
    assert_eq!(
        (&kicked["p"]["by"]["nick"], &kicked["p"]["reason"]),
        (&json!("ann"), &json!("weeds"))
    );
    a.ask("chat.post", json!({"k": k, "text": "secret"}));
    assert_eq!(kinds(&b.settled()), [""; 0]);
    assert!(b.try_ask("chat.post", json!({"k": k, "text": "hey"})).is_err());
    assert!(b.try_ask("chat.history", json!({"k": k})).is_ok(), "an open room can be read");
}

#[test]
fn a_tab_follows_when_another_leaves_the_room() {
    let (_house, ann) = House::lived_in();
    let (mut one, mut two) = (Tab::open(&ann), Tab::open(&ann));
    let k = one.room("#lobby")["k"].clone();
    one.ask("chat.part", json!({"k": k}));
    assert_eq!(two.event("gone")["p"], json!({"k": k, "why": "left"}));
    assert!(!kinds(&one.settled()).contains(&"gone"));
}

#[test]
fn a_tab_sees_who_is_a_program_and_speaks_as_one() {
    let (house, ann) = House::lived_in();
    let robo = house.member("robo");
    let (mut tab, mut robos) = (Tab::open(&ann), Tab::open(&robo));
    let k = tab.room("#lobby")["k"].clone();
    let lobby = TopicId(k.as_u64().unwrap());
    // Another connection of the account says so.
    let account = block_on(house.link().account("robo")).unwrap().unwrap();
    let (user, host, realname) = ("robo".into(), "member".into(), "Robo".into());
    let client = ClientInfo { protocol: "irc", user, host, realname, away: None };
    let nick = account.name.clone();
    let live = house.link().attach(Identity::Account(account), &nick, client);
    let live = block_on(live).unwrap();
    block_on(house.link().enter(live.session, lobby, Capacity::Member)).unwrap();
    block_on(house.link().set_badge(live.session, Badge::Bot, true));
    let told = tab.event("presence.bot");
    assert_eq!(
        (&told["k"], &told["p"]["nick"], &told["p"]["bot"]),
        (&k, &json!("robo"), &json!(true))
    );
    assert_eq!(robos.event("presence.bot")["p"]["bot"], true);
    robos.ask("chat.post", json!({"k": k, "text": "beep"}));
    assert_eq!(tab.event("chat.posted")["p"]["from"]["bot"], true);
    // Whoever comes now is told as well.
    let bots = |members: &Value| -> Vec<(Value, Value)> {
        let members = members.as_array().unwrap().iter();
        members.map(|one| (one["nick"].clone(), one["bot"].clone())).collect()
    };
    let mut late = Tab::open(&ann);
    let members = late.ask("chat.members", json!({"k": k}));
    let wanted = [(json!("ann"), Value::Null), (json!("robo"), json!(true))];
    assert_eq!(bots(&members["members"]), wanted);
    assert_eq!(late.ask("people", json!({"nick": "robo"}))["people"][0]["bot"], true);
    block_on(house.link().set_badge(live.session, Badge::Bot, false));
    assert_eq!(tab.event("presence.bot")["p"]["bot"], false);
    robos.event("presence.bot");
    robos.ask("chat.post", json!({"k": k, "text": "hello"}));
    assert_eq!(tab.event("chat.posted")["p"]["from"].get("bot"), None);
}

#[test]
fn a_tab_follows_when_another_joins_a_room() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut one, mut two, mut b) = (Tab::open(&ann), Tab::open(&ann), Tab::open(&bob));
    let k = b.ask("chat.join", json!({"name": "#garden"}))["room"]["k"].clone();
    b.ask("chat.post", json!({"k": k, "text": "before"}));
    let answer = one.ask("chat.join", json!({"name": "#garden"}));
    let told = two.event("chat.joined");
    assert_eq!((&told["k"], &told["p"]["room"]["k"]), (&two.welcome["inbox"]["k"], &k));
    assert_eq!(told["p"]["room"], answer["room"]);
    assert!(!kinds(&one.settled()).contains(&"chat.joined"), "the answer has said it");
    assert_eq!(b.ask("chat.members", json!({"k": k}))["total"], 2);

    b.ask("chat.post", json!({"k": k, "text": "after"}));
    for tab in [&mut one, &mut two] {
        assert_eq!(tab.event("chat.posted")["p"]["text"], "after");
    }
    two.ask("chat.post", json!({"k": k, "text": "from the other tab"}));
    two.ask("chat.part", json!({"k": k}));
    assert_eq!(one.event("gone")["p"], json!({"k": k, "why": "left"}));
    assert_eq!(b.ask("chat.members", json!({"k": k}))["total"], 1);
    // In and out, with one tab and the other: both end where the last one left it.
    for _ in 0..5 {
        one.ask("chat.join", json!({"name": "#garden"}));
        two.ask("chat.part", json!({"k": k}));
    }
    one.ask("chat.join", json!({"name": "#garden"}));
    two.event("chat.joined");
    b.ask("chat.post", json!({"k": k, "text": "again"}));
    for tab in [&mut one, &mut two] {
        while tab.event("chat.posted")["p"]["text"] != "again" {}
    }
}

#[test]
fn people_have_nicks_and_are_away() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut b) = (Tab::open(&ann), Tab::open(&bob));
    a.ask("away", json!({"text": "lunch"}));
    assert_eq!(b.event("presence.away")["p"]["text"], "lunch");
    let people = b.ask("people", json!({}));
    assert_eq!(people["total"], 2);
    a.ask("away", json!({"text": null}));
    assert_eq!(b.event("presence.away")["p"]["text"], Value::Null);
    assert_eq!(a.ask("nick", json!({"nick": "anna"}))["nick"], "anna");
    assert_eq!(b.event("presence.renamed")["p"]["new"], "anna");
    assert_eq!(b.try_ask("nick", json!({"nick": "9"})).unwrap_err(), "bad_name");
    assert_eq!(b.try_ask("nick", json!({"nick": "anna"})).unwrap_err(), "name_in_use");
    a.ask("away", json!({"text": "on holiday"}));
    b.event("presence.away");
    drop(a);
    let gone = b.event("presence.away")["p"].clone();
    let text = "Not connected: on holiday";
    assert_eq!((&gone["gone"], &gone["text"]), (&json!(true), &json!(text)));
    let k = b.room("#lobby")["k"].clone();
    let members = b.ask("chat.members", json!({"k": k}));
    let listed = members["members"].as_array().unwrap().iter().find(|one| one["nick"] == "anna");
    assert_eq!((&listed.unwrap()["gone"], &members["total"]), (&json!(true), &json!(2)));
    let people = b.ask("people", json!({}));
    assert_eq!(people["people"][0]["nick"], "bob", "who is connected comes first: {people}");
    assert_eq!((&people["total"], &people["people"][1]["online"]), (&json!(2), &json!(false)));
    let mut a = Tab::open(&ann);
    assert_eq!(a.welcome["me"]["away"], "on holiday");
    assert_eq!(a.welcome["me"]["nick"], "anna");
    assert_eq!(b.event("presence.away")["p"]["gone"], Value::Null);
    // One that does not want to stay quits, as a guest does.
    assert_eq!(a.welcome["me"]["always_on"], true);
    assert_eq!(a.ask("always_on", json!({})), json!({"on": true}));
    assert_eq!(a.ask("always_on", json!({"on": false})), json!({"on": false}));
    assert_eq!(a.ask("always_on", json!({})), json!({"on": false}), "asking switches nothing");
    drop(a);
    assert_eq!(b.event("presence.left")["p"]["quit"], true);
    assert_eq!(Tab::open(&ann).welcome["me"]["always_on"], false);
}

#[test]
fn a_page_that_is_loaded_again_is_away_to_nobody() {
    let (house, ann) = House::with_grace(3_600_000);
    let bob = house.member("bob");
    let (a, mut b) = (Tab::open(&ann), Tab::open(&bob));
    let k = b.room("#lobby")["k"].clone();
    b.settled();
    drop(a);
    while block_on(house.link().online()).sessions > 1 {}
    let members = b.ask("chat.members", json!({"k": k}));
    let listed = members["members"].as_array().unwrap().iter().find(|one| one["nick"] == "ann");
    assert_eq!((&listed.unwrap()["gone"], &listed.unwrap()["away"]), (&Value::Null, &Value::Null));
    assert_eq!(b.ask("people", json!({"nick": "ann"}))["people"][0]["online"], true);
    let mut a = Tab::open(&ann);
    a.ask("chat.post", json!({"k": k, "text": "here I am"}));
    let told = b.settled();
    assert_eq!(kinds(&told), ["chat.posted"]);
}

#[test]
fn of_a_crowd_one_page_is_shown_and_how_many_there_are() {
    let (house, ann) = House::lived_in();
    let mut a = Tab::open(&ann);
    let k = a.room("#lobby")["k"].clone();
    let lobby = TopicId(k.as_u64().unwrap());
    block_on(crowd::join(house.store(), lobby, PEOPLE_MAX + 100));
    block_on(house.chat().settle()).unwrap();
    let members = a.ask("chat.members", json!({"k": k}));
    assert_eq!(members["members"].as_array().unwrap().len(), PEOPLE_MAX);
    assert_eq!((&members["total"], &members["members"][0]["nick"]), (&json!(601), &json!("ann")));
    let last = a.ask("chat.members", json!({"k": k, "skip": PEOPLE_MAX}));
    assert_eq!((last["members"].as_array().unwrap().len(), &last["total"]), (101, &json!(601)));
    let person = |page: &Value, n: usize| page["members"][n]["nick"].as_str().unwrap().to_owned();
    assert!(
        person(&members, PEOPLE_MAX - 1) < person(&last, 0),
        "it goes on where the first ended"
    );
    let beyond = a.ask("chat.members", json!({"k": k, "skip": 601}));
    assert_eq!((&beyond["members"], &beyond["total"]), (&json!([]), &json!(601)));
    let people = a.ask("people", json!({}));
    assert_eq!(people["people"].as_array().unwrap().len(), PEOPLE_MAX);
    assert_eq!((&people["total"], &people["people"][0]["nick"]), (&json!(601), &json!("ann")));
    assert!(a.settled().len() <= 2 * QUIET_MEMBERS, "of the others nothing is told");
    let b = Tab::open(&house.member("bob"));
    assert!(b.welcome.to_string().len() < 2_000, "a newcomer is told of none: {}", b.welcome);
    assert_eq!(kinds(&a.settled()), Vec::<&str>::new(), "the lobby is quiet");
}

#[test]
fn roles_modes_and_invitations_reach_whom_they_concern() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut b) = (Tab::open(&ann), Tab::open(&bob));
    let k = a.ask("chat.join", json!({"name": "#club"}))["room"]["k"].clone();
    a.ask("chat.modes", json!({"k": k, "invited_only": true}));
    assert_eq!(a.event("chat.modes")["p"]["modes"]["invited_only"], true);
    let refused = b.try_ask("chat.join", json!({"name": "#club"})).unwrap_err();
    assert_eq!(refused, "invited_only");
    a.ask("chat.invite", json!({"k": k, "nick": "Bob"}));
    let invited = b.event("chat.invited");
    assert_eq!((&invited["p"]["room"], &invited["p"]["k"]), (&json!("#club"), &k));
    b.ask("chat.join", json!({"name": "#club"}));
    let person = b.welcome["me"]["person"].clone();
    a.ask("chat.role", json!({"k": k, "person": person, "role": "moderator"}));
    assert_eq!(b.event("chat.role")["p"]["role"], "moderator");
    b.ask("chat.subject", json!({"k": k, "subject": "by a moderator"}));
    let invitation = a.ask("invite.create", json!({}));
    assert!(invitation["url"].as_str().unwrap().contains("/invite/"));
    assert_eq!(invitation["qr"], Value::Null);
}

#[test]
fn another_nick_is_what_rooms_see_and_what_bans_are_asked_about() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut a, mut b, mut phone) = (Tab::open(&ann), Tab::open(&bob), Tab::open(&bob));
    let lobby = a.room("#lobby")["k"].clone();
    let k = a.ask("chat.join", json!({"name": "#club"}))["room"]["k"].clone();
    b.ask("chat.join", json!({"name": "#club"}));
    phone.event("chat.joined");
    assert_eq!(b.ask("nick", json!({"nick": "bobby"}))["nick"], "bobby");
    assert_eq!(phone.event("presence.renamed")["p"]["new"], "bobby");
    for tab in [&mut b, &mut phone] {
        tab.ask("chat.post", json!({"k": lobby, "text": "it is me"}));
        assert_eq!(a.event("chat.posted")["p"]["from"]["nick"], "bobby");
    }
    a.ask("chat.ban", json!({"k": k, "mask": "rogue*!*@*"}));
    b.ask("nick", json!({"nick": "rogue1"}));
    for tab in [&mut b, &mut phone] {
        assert_eq!(tab.event("gone")["k"], k);
        assert_eq!(tab.try_ask("chat.join", json!({"name": "#club"})).unwrap_err(), "banned");
    }
}

#[test]
fn an_administrator_is_an_owner_in_every_list() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let mut b = Tab::open(&bob);
    let k = b.ask("chat.join", json!({"name": "#den"}))["room"]["k"].clone();
    let mut a = Tab::open(&ann);
    let joined = a.ask("chat.join", json!({"name": "#den"}));
    assert_eq!(joined["room"]["role"], "owner");
    for room in [&k, &a.room("#lobby")["k"].clone()] {
        let members = b.ask("chat.members", json!({"k": room}))["members"].clone();
        let listed = members.as_array().unwrap().iter().find(|member| member["nick"] == "ann");
        assert_eq!(listed.unwrap()["role"], "owner");
    }
    assert_eq!(Tab::open(&ann).room("#den")["role"], "owner");
}

#[test]
fn mistakes_are_answered_and_do_no_harm() {
    let (_house, ann) = House::lived_in();
    let mut tab = Tab::connect(&ann);
    assert_eq!(tab.try_ask("ping", json!({})).unwrap_err(), "no_hello");
    tab.ask("hello", json!({}));
    assert_eq!(tab.try_ask("hello", json!({})).unwrap_err(), "already_greeted");
    assert_eq!(tab.try_ask("fly", json!({})).unwrap_err(), "unknown_command");
    assert_eq!(tab.try_ask("chat.post", json!({"text": "x"})).unwrap_err(), "bad_params");
    assert_eq!(
        tab.try_ask("chat.post", json!({"k": 9999, "text": "x"})).unwrap_err(),
        "no_such_room"
    );
    let long = "x".repeat(20_000);
    let k = tab.ask("chat.join", json!({"name": "#lobby"}))["room"]["k"].clone();
    assert_eq!(tab.try_ask("chat.post", json!({"k": k, "text": long})).unwrap_err(), "too_long");
    assert_eq!(tab.ask("ping", json!({})), json!({}));
}

#[test]
fn what_is_no_command_ends_the_connection() {
    let (_house, ann) = House::lived_in();
    for text in ["", "[]", "{\"id\":1}", "hello"] {
        let mut tab = Tab::connect(&ann);
        tab.send(text);
        assert_eq!(tab.closed(), 1007, "{text:?}");
    }
}

#[test]
fn what_is_too_long_ends_the_connection() {
    let (_house, ann) = House::lived_in();
    let mut tab = Tab::open(&ann);
    tab.send(&format!("{{\"t\":\"ping\",\"x\":\"{}\"}}", "x".repeat(60_000)));
    assert_eq!(tab.answer(0).unwrap(), json!({}), "long, but not too long");
    tab.send(&"x".repeat(70_000));
    assert_eq!(tab.closed(), 1009);
}

#[test]
fn who_is_hasty_is_read_more_slowly_and_loses_nothing() {
    let (_house, ann) = House::lived_in();
    let mut tab = Tab::open(&ann);
    let sent: Vec<_> = (0..COMMANDS_BURST + 10).map(|_| tab.command("ping", json!({}))).collect();
    // In the order in which they were sent: an answer that is passed over would be missed.
    for id in sent {
        assert_eq!(tab.answer(id).unwrap(), json!({}));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "credit is asked for as it was before the test")]
fn what_an_account_says_costs_credit_that_all_its_connections_share() {
    let pools = Arc::new(Pools::default());
    let options = WebOptions { pools: Some(Arc::clone(&pools)), ..WebOptions::default() };
    let house = House::with(options, Registration::Invite);
    let ann = house.set_up("ann");
    let begun = Instant::now();
    let account = block_on(house.link().accounts()).unwrap()[0].id;
    let pool = pools.of_account(account, begun);
    let (mut phone, mut laptop) = (Tab::open(&ann), Tab::open(&ann));
    let lobby = phone.room("#lobby")["k"].clone();
    for tab in [&mut phone, &mut laptop] {
        for _ in 0..19 {
            tab.ask("chat.post", json!({"k": lobby, "text": "tea"}));
        }
    }
    // There is credit for 40 at most, of which 38 were used up.
    assert!(pool.charge(40 * COMMAND, begun).is_some(), "nothing was charged");
    assert_eq!(phone.ask("ping", json!({})), json!({}), "it is held, not refused");
}

#[test]
fn signing_out_ends_the_live_connections_of_that_browser_only() {
    let (house, ann) = House::lived_in();
    let mut phone = house.browser();
    phone.post("/signin", &[("name", "ann"), ("password", PASSWORD)]);
    let (mut one, mut two, mut other) = (Tab::open(&ann), Tab::open(&ann), Tab::open(&phone));
    ann.clone().post("/signout", &[]);
    assert_eq!((one.closed(), two.closed()), (4010, 4010));
    assert_eq!(other.ask("ping", json!({})), json!({}));
}
