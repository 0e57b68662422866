//! Keeping order from the page: bans, slow mode, the lock, reports and the record.

use serde_json::json;

use crate::house::House;
use crate::tab::Tab;

#[test]
fn who_is_banned_is_out_at_once_and_does_not_come_back() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut keeper, mut victim) = (Tab::open(&ann), Tab::open(&bob));
    let k = keeper.ask("chat.join", json!({"name": "#tea"}))["room"]["k"].clone();
    let joined = victim.ask("chat.join", json!({"name": "#tea"}));
    assert_eq!(joined["room"]["settings"]["retention"], "forever");
    let ban = json!({"k": k, "account": "bob", "reason": "rude", "expires_s": 3600});
    keeper.ask("chat.ban", ban);
    let told = victim.event("chat.banned");
    assert_eq!(
        (&told["p"]["mask"], &told["p"]["reason"]),
        (&json!("~account:bob"), &json!("rude"))
    );
    assert_eq!(victim.event("chat.kicked")["p"]["nick"], "bob");
    let refused = |tab: &mut Tab, name: &str, params| tab.try_ask(name, params).unwrap_err();
    assert_eq!(refused(&mut victim, "chat.join", json!({"name": "#tea"})), "banned");
    assert_eq!(refused(&mut victim, "chat.post", json!({"k": k, "text": "x"})), "banned");
    assert_eq!(refused(&mut victim, "chat.history", json!({"k": k})), "banned");
    let bans = keeper.ask("chat.bans", json!({"k": k}));
    assert_eq!((&bans["bans"][0]["nick"], &bans["bans"][0]["by"]), (&json!("bob"), &json!("ann")));
    keeper.ask("chat.unban", json!({"k": k, "mask": "~a:bob"}));
    victim.ask("chat.join", json!({"name": "#tea"}));
    for wrong in [json!({"k": k}), json!({"k": k, "person": 1, "mask": "x"})] {
        assert_eq!(refused(&mut keeper, "chat.ban", wrong), "bad_params");
    }
    let wrong = json!({"k": k, "mask": "~x:y"});
    assert_eq!(refused(&mut keeper, "chat.ban", wrong), "bad_mask");
    let record = keeper.ask("chat.audit", json!({"k": k, "limit": 2}));
    let what: Vec<_> = record["entries"].as_array().unwrap().iter().map(|e| &e["what"]).collect();
    assert_eq!(what, [&json!("unban"), &json!("ban")]);
    assert_eq!(refused(&mut victim, "chat.audit", json!({"k": k})), "not_allowed");
    assert_eq!(refused(&mut victim, "chat.audit", json!({})), "not_allowed");
    let server = keeper.ask("chat.audit", json!({}));
    assert_eq!(server["entries"][0]["what"], "account.add");
}

#[test]
fn who_must_give_up_its_name_while_it_is_away_does_not_stay_under_a_banned_one() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut keeper, mut away) = (Tab::open(&ann), Tab::open(&bob));
    let k = keeper.ask("chat.join", json!({"name": "#tea"}))["room"]["k"].clone();
    away.ask("nick", json!({"nick": "zoe"}));
    away.ask("chat.join", json!({"name": "#tea"}));
    keeper.ask("chat.ban", json!({"k": k, "mask": "bob!*@*"}));
    drop(away);
    while keeper.event("presence.away")["p"]["gone"] != true {}
    // The owner of the name asks for the page, and has no live connection yet.
    assert_eq!(house.member("zoe").get("/").status, 200);
    assert_eq!(keeper.event("presence.left")["p"]["nick"], "bob");
    let members = keeper.ask("chat.members", json!({"k": k}));
    assert_eq!(members["total"], 1, "{members}");
}

#[test]
fn a_room_gets_another_name() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut keeper, mut member) = (Tab::open(&ann), Tab::open(&bob));
    let k = keeper.ask("chat.join", json!({"name": "#tea"}))["room"]["k"].clone();
    member.ask("chat.join", json!({"name": "#tea"}));
    let rename =
        |tab: &mut Tab, name: &str| tab.try_ask("chat.rename", json!({"k": k, "name": name}));
    let refused = |why: &str| Err(why.to_owned());
    assert_eq!(rename(&mut member, "#coffee"), refused("not_allowed"));
    assert_eq!(rename(&mut keeper, "coffee"), refused("bad_params"));
    assert_eq!(rename(&mut keeper, "#lobby"), refused("name_in_use"));
    assert_eq!(rename(&mut keeper, "#l\u{43e}bby"), refused("name_looks_taken"));
    let lobby = keeper.room("#lobby")["k"].clone();
    let hall = json!({"k": lobby, "name": "#hall"});
    assert_eq!(keeper.try_ask("chat.rename", hall), refused("lobby_keeps_name"));
    keeper.ask("chat.rename", json!({"k": k, "name": " #coffee ", "reason": "we changed"}));
    let told = member.event("chat.renamed");
    assert_eq!((&told["k"], &told["p"]["by"]["nick"]), (&k, &json!("ann")));
    assert_eq!((&told["p"]["before"], &told["p"]["name"]), (&json!("#tea"), &json!("#coffee")));
    assert_eq!(told["p"]["reason"], "we changed");
    assert_eq!(rename(&mut keeper, "#cake"), refused("renamed_just_now"));
    member.ask("chat.post", json!({"k": k, "text": "still here"}));
    assert_eq!(Tab::open(&bob).room("#coffee")["k"], k);
}

#[test]
fn slow_mode_and_the_lock_are_told_and_kept() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut keeper, mut member) = (Tab::open(&ann), Tab::open(&bob));
    let k = keeper.ask("chat.join", json!({"name": "#tea"}))["room"]["k"].clone();
    member.ask("chat.join", json!({"name": "#tea"}));
    let change = json!({"k": k, "slow_s": 3600, "retention": {"days": 30}, "moderated": false});
    keeper.ask("chat.settings", change);
    let told = member.event("chat.settings");
    assert_eq!(
        told["p"]["settings"],
        json!({"retention": {"days": 30}, "slow_s": 3600, "locked": false, "description": ""})
    );
    let posted = member.ask("chat.post", json!({"k": k, "text": "one"}));
    let again = member.try_ask("chat.post", json!({"k": k, "text": "two"}));
    assert_eq!(again, Err("slow_mode".to_owned()));
    keeper.ask("chat.settings", json!({"k": k, "slow_s": 0, "locked": true, "moderated": true}));
    assert_eq!(member.event("chat.modes")["p"]["modes"]["moderated"], true);
    let post = member.try_ask("chat.post", json!({"k": k, "text": "two"}));
    assert_eq!(post, Err("locked".to_owned()));
    let set = member.try_ask("chat.settings", json!({"k": k, "locked": false}));
    assert_eq!(set, Err("not_allowed".to_owned()));
    let bad = keeper.try_ask("chat.settings", json!({"k": k, "retention": {"days": 0}}));
    assert_eq!(bad, Err("bad_setting".to_owned()));
    member.ask("chat.report", json!({"k": k, "msgid": posted["msgid"], "reason": "my own"}));
    let report = keeper.event("chat.reported");
    assert_eq!((&report["p"]["k"], &report["p"]["reason"]), (&k, &json!("my own")));
    assert_eq!(report["k"], keeper.welcome["inbox"]["k"]);
}
