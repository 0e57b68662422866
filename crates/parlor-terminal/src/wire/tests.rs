//! Frames as they stand in `docs/protocol.md`, and arbitrary text.

use proptest::prelude::*;

use super::*;

#[test]
fn a_command_is_a_frame() {
    let command = Command::new("chat.post", json!({ "k": 5, "text": "hi" }));
    assert_eq!(command.encode(17), r#"{"id":17,"p":{"k":5,"text":"hi"},"t":"chat.post"}"#);
}

#[test]
fn answers_carry_the_number_of_their_command() {
    let Some(Frame::Ok { re: 17, p }) = decode(r#"{"t":"ok","re":17,"p":{"n":3}}"#) else {
        panic!("no answer")
    };
    assert_eq!(p["n"], 3);
    let refused = decode(r#"{"t":"err","re":18,"code":"too_long","msg":"At most 8000 bytes."}"#);
    let Some(Frame::Refused { re: 18, code, msg }) = refused else { panic!("no refusal") };
    assert_eq!((code.as_str(), msg.as_str()), ("too_long", "At most 8000 bytes."));
}

#[test]
fn a_message_has_its_place_from_the_frame() {
    let text = r#"{"t":"chat.posted","k":5,"n":412,"pos":"1f.412","at":1790000000000,
        "p":{"msgid":"m","from":{"person":18446744073709551615,"nick":"ann","account":null},
             "kind":"action","text":"waves","reply":{"msgid":"p","nick":"bob","text":"hi"},
             "reactions":[{"emoji":"👍","count":2,"mine":true,"people":[]}]}}"#;
    let Some(Frame::Event(place, Event::Posted(message))) = decode(text) else {
        panic!("no message")
    };
    assert_eq!((place.k, place.n, place.pos.as_deref()), (5, Some(412), Some("1f.412")));
    assert_eq!((message.n, message.at), (412, 1_790_000_000_000));
    assert_eq!(message.from, Person { person: u64::MAX, nick: "ann".to_owned() });
    assert_eq!(message.reply.unwrap().nick.as_deref(), Some("bob"));
    assert!(message.reactions[0].mine);
}

#[test]
fn what_is_not_known_is_no_reason_to_stop() {
    let unknown = decode(r#"{"t":"news.posted","k":1,"pos":"1.2","p":[1,2]}"#);
    let Some(Frame::Event(place, Event::Other)) = unknown else { panic!("not tolerated") };
    assert_eq!(place.pos.as_deref(), Some("1.2"));
    assert!(decode("no frame").is_none());
}

proptest! {
    #[test]
    fn any_text_is_read_or_not(text in any::<String>()) {
        drop(decode(&text));
    }

    #[test]
    fn any_body_of_a_known_event_is_read_or_not(
        name in prop::sample::select(vec![
            "chat.posted", "chat.edited", "chat.reacted", "chat.kicked", "chat.banned",
            "chat.read", "chat.joined", "chat.renamed", "presence.left", "presence.away", "reset", "gone",
        ]),
        field in prop::sample::select(vec!["n", "by", "person", "room", "from", "text", "k"]),
        value in prop_oneof![
            Just(json!(null)), any::<i64>().prop_map(|n| json!(n)),
            any::<String>().prop_map(|s| json!(s)), Just(json!({})), Just(json!([])),
        ],
    ) {
        let mut body = serde_json::Map::new();
        body.insert(field.to_owned(), value);
        let frame = json!({ "t": name, "k": 1, "n": 2, "p": body });
        prop_assert!(decode(&frame.to_string()).is_some());
    }
}
