//! A client that takes nothing for a while: it delays nobody and loses nothing.

use std::cell::Cell;
use std::rc::Rc;

use parlor_chat::{NewMessage, RoomName, Target};
use parlor_engine::{block_on, spawn_local, yield_now};
use parlor_hub::{ClientInfo, Identity};
use serde_json::json;

use crate::house::House;
use crate::tab::Tab;

const MESSAGES: usize = 640;
const AUTHORS: usize = 32;

/// Posts many long messages without asking how fast one may, some at a time.
fn flood(house: &House) {
    block_on(async {
        let (link, chat) = (house.link().clone(), house.chat().clone());
        let account = link.accounts().await.unwrap().remove(0);
        let client = ClientInfo {
            protocol: "test",
            user: "flood".to_owned(),
            host: "test".to_owned(),
            realname: String::new(),
            away: None,
        };
        let name = account.name.clone();
        let who = link.attach(Identity::Account(account), &name, client).await.unwrap();
        let lobby = RoomName::new("#lobby").unwrap();
        let room = chat.join(&who, &lobby).await.unwrap().room.topic;
        let done = Rc::new(Cell::new(0));
        for author in 0..AUTHORS {
            let (who, chat, done) = (who.clone(), chat.clone(), Rc::clone(&done));
            spawn_local(async move {
                for i in 0..MESSAGES / AUTHORS {
                    let text = format!("{author}.{i} {}", "x".repeat(7900));
                    let message = NewMessage { text, ..NewMessage::default() };
                    chat.post(&who, Target::Room(room), message).await.unwrap();
                }
                done.set(done.get() + 1);
            });
        }
        while done.get() < AUTHORS {
            yield_now().await;
        }
        link.detach(who.session, "done");
    });
}

#[test]
fn who_reads_late_gets_everything_in_order() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let mut late = Tab::open(&bob);
    let mut quick = Tab::open(&ann);
    flood(&house);
    // The others are served meanwhile.
    assert_eq!(quick.ask("people", json!({}))["total"], 2);
    let first = late.event("chat.posted")["n"].as_u64().unwrap();
    for i in 1..MESSAGES as u64 {
        assert_eq!(late.event("chat.posted")["n"], first + i);
    }
    assert!(late.settled().iter().all(|event| event["t"] != "chat.posted"));
}
