//! Going on after a break: no gap, no duplicate, over a restart, too.

use serde_json::{Value, json};

use crate::house::House;
use crate::tab::Tab;

fn texts(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter(|event| event["t"] == "chat.posted")
        .map(|event| event["p"]["text"].as_str().unwrap())
        .collect()
}

#[test]
fn a_short_gap_is_replayed_in_order() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let mut a = Tab::open(&ann);
    let k = a.room("#lobby")["k"].clone();
    a.ask("chat.post", json!({"k": k, "text": "0"}));
    let mut b = Tab::open(&bob);
    a.ask("chat.post", json!({"k": k, "text": "1"}));
    let seen = b.event("chat.posted")["pos"].clone();
    let inbox = (b.welcome["inbox"]["k"].clone(), b.welcome["inbox"]["pos"].clone());
    let person = b.welcome["me"]["person"].clone();
    drop(b);
    for text in ["2", "3", "4"] {
        a.ask("chat.post", json!({"k": k, "text": text}));
    }
    a.ask("chat.post", json!({"person": person, "text": "direct"}));
    let positions = json!({ k.to_string(): seen, inbox.0.to_string(): inbox.1 });
    let mut b = Tab::resume(&bob, &positions);
    let mut resumed: Vec<String> = serde_json::from_value(b.welcome["resumed"].clone()).unwrap();
    resumed.sort();
    let mut wanted = [k.to_string(), inbox.0.to_string()];
    wanted.sort();
    assert_eq!((resumed, &b.welcome["reset"]), (wanted.to_vec(), &json!([])));
    a.ask("chat.post", json!({"k": k, "text": "5"}));
    let mut got: Vec<String> = Vec::new();
    while got.last().is_none_or(|last| last != "5") {
        got.push(b.event("chat.posted")["p"]["text"].as_str().unwrap().to_owned());
    }
    assert_eq!(got, ["2", "3", "4", "direct", "5"]);
}

#[test]
fn what_became_of_messages_meanwhile_is_replayed() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let mut a = Tab::open(&ann);
    let k = a.room("#lobby")["k"].clone();
    let said = a.ask("chat.post", json!({"k": k, "text": "tee"}))["msgid"].clone();
    let secret = a.ask("chat.post", json!({"k": k, "text": "secret"}))["msgid"].clone();
    let mut b = Tab::open(&bob);
    b.ask("chat.history", json!({"k": k}));
    let seen = b.room("#lobby")["pos"].clone();
    drop(b);
    let answer = json!({"k": k, "text": "yes", "reply": said});
    a.ask("chat.post", answer);
    a.ask("chat.edit", json!({"k": k, "msgid": said, "text": "tea"}));
    a.ask("chat.react", json!({"k": k, "msgid": said, "emoji": "👍"}));
    a.ask("chat.redact", json!({"k": k, "msgid": secret}));
    a.ask("chat.typing", json!({"k": k, "state": "active"}));
    let mut b = Tab::resume(&bob, &json!({ k.to_string(): seen }));
    let posted = b.event("chat.posted");
    assert_eq!(posted["p"]["reply"]["text"], "tee");
    assert_eq!(b.event("chat.edited")["p"]["text"], "tea");
    assert_eq!(b.event("chat.reacted")["p"]["emoji"], "👍");
    assert_eq!(b.event("chat.redacted")["p"]["msgid"], secret);
    let page = b.ask("chat.history", json!({"k": k}));
    let messages = page["messages"].as_array().unwrap();
    assert_eq!((&messages[0]["text"], &messages[1]["redacted"]), (&json!("tea"), &json!(true)));
    assert_eq!(messages[2]["reply"]["text"], "tea");
    a.ask("chat.typing", json!({"k": k, "state": "done"}));
    assert_eq!(b.event("chat.typing")["p"]["state"], "done");
}

#[test]
fn every_cut_continues_exactly_there() {
    const COUNT: usize = 9;
    let (_house, ann) = House::lived_in();
    let mut a = Tab::open(&ann);
    let k = a.room("#lobby")["k"].clone();
    let mut cuts = vec![a.room("#lobby")["pos"].clone()];
    for i in 0..COUNT {
        a.ask("chat.post", json!({"k": k, "text": i.to_string()}));
        cuts.push(a.event("chat.posted")["pos"].clone());
    }
    for (seen, cut) in cuts.iter().enumerate() {
        let mut tab = Tab::resume(&ann, &json!({ k.to_string(): cut }));
        let wanted: Vec<String> = (seen..COUNT).map(|i| i.to_string()).collect();
        let mut got = Vec::new();
        while got.len() < wanted.len() {
            got.push(tab.event("chat.posted")["p"]["text"].as_str().unwrap().to_owned());
        }
        assert_eq!(got, wanted, "seen {seen}");
        assert_eq!(texts(&tab.settled()), [""; 0], "seen {seen}");
    }
}

#[test]
fn nothing_is_replayed_that_was_not_asked_for() {
    let (_house, ann) = House::lived_in();
    let mut a = Tab::open(&ann);
    let k = a.room("#lobby")["k"].clone();
    a.ask("chat.post", json!({"k": k, "text": "old"}));
    let mut b = Tab::open(&ann);
    a.ask("chat.post", json!({"k": k, "text": "new"}));
    assert_eq!(texts(&b.settled()), ["new"]);
    let page = b.ask("chat.history", json!({"k": k, "limit": 10}));
    assert_eq!(page["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn what_cannot_continue_is_reset() {
    let (_house, ann) = House::lived_in();
    let mut a = Tab::open(&ann);
    let k = a.room("#lobby")["k"].clone();
    let pos = a.room("#lobby")["pos"].as_str().unwrap().to_owned();
    let (epoch, offset) = pos.split_once('.').unwrap();
    let offset: u64 = offset.parse().unwrap();
    a.ask("chat.post", json!({"k": k, "text": "x"}));
    let future = format!("{epoch}.{}", offset + 1000);
    for (topic, position) in [
        (k.to_string(), future),
        (k.to_string(), format!("{epoch}1.{offset}")),
        (k.to_string(), "nonsense".to_owned()),
        ("987654".to_owned(), pos.clone()),
    ] {
        let mut tab = Tab::resume(&ann, &json!({ topic.clone(): position }));
        assert_eq!(tab.welcome["reset"], json!([topic]), "{position}");
        assert_eq!(tab.welcome["resumed"], json!([]));
        assert_eq!(texts(&tab.settled()), [""; 0]);
    }
    let bad = json!({"resume": {"five": pos}});
    assert_eq!(Tab::connect(&ann).try_ask("hello", bad).unwrap_err(), "bad_params");
}

#[test]
fn a_long_gap_is_reset_and_a_heavy_one_too() {
    let (_house, ann) = House::lived_in();
    let mut a = Tab::open(&ann);
    let k = a.room("#lobby")["k"].clone();
    let start = a.room("#lobby")["pos"].clone();
    // 40 texts of 7000 bytes are more than a replay may have, though not many.
    let text = "x".repeat(7000);
    for i in 0..40 {
        let post = json!({"k": k, "text": text, "key": format!("k{i}")});
        if a.try_ask("chat.post", post.clone()).is_err() {
            break;
        }
    }
    let b = Tab::resume(&ann, &json!({ k.to_string(): start }));
    assert_eq!(b.welcome["reset"], json!([k.to_string()]));
}

#[test]
fn a_restart_loses_nothing_and_repeats_nothing() {
    let (mut house, ann) = House::lived_in();
    let mut a = Tab::open(&ann);
    let k = a.room("#lobby")["k"].clone();
    let message = json!({"k": k, "text": "acknowledged", "key": "once"});
    let posted = a.ask("chat.post", message.clone());
    let pos = a.event("chat.posted")["pos"].clone();
    house.close();
    assert_eq!(a.closed(), 4003);
    house.restart();
    let ann = ann.at(house.address());
    let mut a = Tab::resume(&ann, &json!({ k.to_string(): pos }));
    assert_eq!(a.welcome["resumed"], json!([k.to_string()]));
    let again = a.ask("chat.post", message);
    assert_eq!((&again["n"], &again["repeated"]), (&posted["n"], &json!(true)));
    assert_eq!(texts(&a.settled()), [""; 0]);
    let page = a.ask("chat.history", json!({"k": k}));
    assert_eq!(page["messages"][0]["msgid"], posted["msgid"]);
    let next = a.ask("chat.post", json!({"k": k, "text": "next"}));
    assert_eq!(next["n"].as_u64(), posted["n"].as_u64().map(|n| n + 1));
}
