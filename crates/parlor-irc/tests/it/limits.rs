//! Bounds that a client can reach.

use std::sync::Arc;
use std::time::Duration;

use parlor_chat::{NewMessage, RoomName, Target};
use parlor_engine::{block_on, time};
use parlor_hub::{ClientInfo, Identity, Nick};

use crate::client::Client;
use crate::house::House;

#[test]
fn a_client_that_floods_is_read_more_slowly_and_loses_nothing() {
    block_on(async {
        let house = House::open(None, |options| options.pools = Some(Arc::default())).await;
        let mut client = Client::guest(&house, "ann", "batch").await;
        let begun = time::now();
        for number in 0..12 {
            client.send(&format!("PRIVMSG ann :n{number}")).await;
        }
        for number in 0..12 {
            client.until(&format!(":n{number}")).await;
        }
        assert!(time::now() - begun >= Duration::from_millis(400), "nothing was held back");
        drop(client);
        house.close();
    });
}

#[test]
fn rooms_that_are_made_cost_more_than_joining() {
    block_on(async {
        let house = House::open(None, |options| options.pools = Some(Arc::default())).await;
        let mut client = Client::guest(&house, "ann", "batch").await;
        let begun = time::now();
        let rooms: Vec<String> = (0..8).map(|number| format!("#n{number}")).collect();
        client.send(&format!("JOIN {}", rooms.join(","))).await;
        client.until(" 366 ann #n7 ").await;
        client.send("PING made").await;
        client.until("made").await;
        assert!(time::now() - begun >= Duration::from_secs(2), "they cost nothing");
        // To go where others are is cheap.
        let mut other = Client::guest(&house, "bob", "batch").await;
        let begun = time::now();
        other.send(&format!("JOIN {}", rooms.join(","))).await;
        other.until(" 366 bob #n7 ").await;
        other.send("PING joined").await;
        other.until("joined").await;
        assert!(time::now() - begun < Duration::from_secs(2), "they were made once");
        drop((client, other));
        house.close();
    });
}

#[test]
fn the_devices_of_an_account_are_read_at_one_speed() {
    block_on(async {
        let house = House::open(None, |options| options.pools = Some(Arc::default())).await;
        house.irc.link.add_account("ann", "secret", false).await.expect("it is free");
        let mut devices = Vec::new();
        for _ in 0..10 {
            devices.push(Client::member(&house, "ann", "secret", "echo-message").await);
        }
        // No more than each may send alone without being held back.
        let begun = time::now();
        for (number, device) in devices.iter_mut().enumerate() {
            for line in 0..7 {
                device.send(&format!("PRIVMSG nobody :d{number} n{line}")).await;
            }
        }
        for device in &mut devices {
            for _ in 0..7 {
                device.until(" 401 ").await;
            }
        }
        let took = time::now() - begun;
        assert!(took >= Duration::from_secs(1), "{took:?}: nothing was held back");
        drop(devices);
        house.close();
    });
}

#[test]
fn history_costs_what_it_weighs() {
    block_on(async {
        let house = House::open(None, |options| options.pools = Some(Arc::default())).await;
        let (link, chat) = (&house.irc.link, &house.irc.chat);
        let client = ClientInfo {
            protocol: "test",
            user: "bob".to_owned(),
            host: "guest".to_owned(),
            realname: "bob".to_owned(),
            away: None,
        };
        let nick = Nick::new("bob").expect("a nick");
        let bob = link.attach(Identity::Guest, &nick, client).await.expect("it is free");
        let name = RoomName::new("#x").expect("a name");
        let room = chat.join(&bob, &name).await.expect("it is open").room.topic;
        for _ in 0..45 {
            let text = "x".repeat(parlor_chat::limits::TEXT_BYTES_MAX);
            let message = NewMessage { text, ..NewMessage::default() };
            chat.post(&bob, Target::Room(room), message).await.expect("it is kept");
        }
        let mut ann = Client::guest(&house, "ann", "batch draft/chathistory").await;
        ann.send("JOIN #x").await;
        ann.until(" 366 ").await;
        ann.send("CHATHISTORY LATEST #x * 200").await;
        ann.until(" BATCH -").await;
        let begun = time::now();
        ann.send("PING later").await;
        ann.until("later").await;
        assert!(time::now() - begun >= Duration::from_millis(200), "nothing was charged");
        drop(ann);
        house.close();
    });
}

#[test]
fn failed_sign_ins_end_the_connection() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut client = Client::connect(&house);
        client.send("CAP REQ sasl").await;
        for _ in 0..6 {
            client.send("AUTHENTICATE PLAIN").await;
            client.until("AUTHENTICATE +").await;
            client.send("AUTHENTICATE AGFubgB3cm9uZw==").await;
            client.until(" 904 ").await;
        }
        assert_eq!(client.rest().await, ["ERROR :Closing link: Too many failed sign-ins"]);
        house.close();
    });
}

#[test]
fn a_hundred_rooms_are_enough() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut client = Client::guest(&house, "ann", "no-implicit-names").await;
        for number in 0..=100 {
            client.send(&format!("JOIN #r{number}")).await;
        }
        let refused = client.until(" 405 ").await;
        assert!(refused.contains("#r100 "), "{refused}");
        drop(client);
        house.close();
    });
}

#[test]
fn commands_are_not_read_while_answers_are_not_taken() {
    block_on(async {
        let house = House::open(None, |options| options.motd = vec!["x".repeat(400); 400]).await;
        let mut client = Client::guest(&house, "ann", "batch").await;
        // Each answer has 160 KB; ten of them wait without being held in memory all at once.
        for _ in 0..10 {
            client.send("MOTD").await;
        }
        for _ in 0..10 {
            client.until(" 376 ").await;
        }
        assert!(client.settle().await.is_empty());
        drop(client);
        house.close();
    });
}
