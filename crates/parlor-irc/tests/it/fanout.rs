//! Many clients in one room: everybody gets everything, once, in order, and a slow one harms nobody.

use parlor_engine::block_on;
use parlor_irc::limits;

use crate::client::Client;
use crate::house::House;

#[test]
fn everybody_sees_every_message_once_and_in_order() {
    const LISTENERS: usize = 20;
    const MESSAGES: usize = 60;
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut listeners = Vec::new();
        for index in 0..LISTENERS {
            let caps = if index % 2 == 0 { "message-tags,server-time" } else { "batch" };
            let mut client =
                Client::guest(&house, &format!("l{index}"), &caps.replace(',', " ")).await;
            client.send("JOIN #r").await;
            client.until(" 366 ").await;
            listeners.push(client);
        }
        let mut senders = Vec::new();
        for name in ["s0", "s1", "s2"] {
            let mut client = Client::guest(&house, name, "echo-message").await;
            client.send("JOIN #r").await;
            client.until(" 366 ").await;
            senders.push(client);
        }
        for number in 0..MESSAGES {
            let sender = &mut senders[number % 3];
            sender.send(&format!("PRIVMSG #r :n{number}")).await;
            // The echo says that it is kept; only then the next is sent, so the order is known.
            sender.until(&format!(":n{number}")).await;
        }
        for client in &mut listeners {
            let lines = client.settle().await;
            let numbers: Vec<&str> = lines
                .iter()
                .filter(|line| line.contains(" PRIVMSG #r :n"))
                .map(|line| line.rsplit(":n").next().expect("a number"))
                .collect();
            let wanted: Vec<String> = (0..MESSAGES).map(|number| number.to_string()).collect();
            assert_eq!(numbers, wanted);
        }
        drop((listeners, senders));
        house.close();
    });
}

#[test]
fn what_is_acknowledged_is_seen_before_any_later_answer() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut ann = Client::guest(&house, "ann", "echo-message").await;
        let mut bob = Client::guest(&house, "bob", "batch").await;
        for client in [&mut ann, &mut bob] {
            client.send("JOIN #r").await;
            client.until(" 366 ").await;
        }
        bob.settle().await;
        for number in 0..100 {
            ann.send(&format!("PRIVMSG #r :n{number}")).await;
            ann.until(&format!(":n{number}")).await;
            let seen = bob.settle().await;
            assert!(seen.iter().any(|line| line.ends_with(&format!(":n{number}"))), "{seen:?}");
        }
        drop((ann, bob));
        house.close();
    });
}

#[test]
fn a_client_that_does_not_read_delays_nobody_and_misses_nothing() {
    const MESSAGES: usize = 700;
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut slow = Client::guest(&house, "slow", "batch").await;
        let mut fast = Client::guest(&house, "fast", "batch").await;
        let mut ann = Client::guest(&house, "ann", "echo-message").await;
        for client in [&mut slow, &mut fast, &mut ann] {
            client.send("JOIN #r").await;
            client.until(" 366 ").await;
        }
        let filler = "x".repeat(400);
        for number in 0..MESSAGES {
            ann.send(&format!("PRIVMSG #r :n{number} {filler}")).await;
            ann.until(&format!(":n{number} ")).await;
            fast.until(&format!(":n{number} ")).await;
        }
        for number in 0..MESSAGES {
            let line = slow.until(" PRIVMSG #r :n").await;
            assert!(line.contains(&format!(":n{number} ")), "{number}: {line}");
        }
        drop((slow, fast, ann));
        house.close();
    });
}

#[test]
fn a_crowd_joins_without_a_flood_of_lines() {
    const CROWD: usize = 600;
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut first = Client::guest(&house, "first", "batch").await;
        first.send("JOIN #r").await;
        first.until(" 366 ").await;
        let mut crowd = Vec::new();
        let mut bytes = 0;
        for index in 0..CROWD {
            let mut client = Client::guest(&house, &format!("member{index}"), "batch").await;
            client.send("JOIN #r").await;
            loop {
                let line = client.line().await.expect("an answer");
                bytes += line.len() + 2;
                if line.contains(" 366 ") {
                    break;
                }
            }
            crowd.push(client);
        }
        for client in &mut crowd {
            bytes += client.settle().await.iter().map(|line| line.len() + 2).sum::<usize>();
        }
        // 30 MB for 10,000, of which the first 200 see each other come.
        assert!(bytes < CROWD * 3_000 + 200 * 200 * 50, "{bytes} bytes");
        let seen = first.settle().await;
        assert!(seen.len() < 250, "{} lines", seen.len());
        first.send("NAMES #r").await;
        let mut names = 0;
        loop {
            let line = first.line().await.expect("an answer");
            if line.contains(" 366 ") {
                break;
            }
            let (_, list) = line.rsplit_once(':').expect("names");
            names += list.split(' ').count();
        }
        assert_eq!(names, CROWD + 1, "asking shows everybody");
        // Who speaks is shown to have come.
        let last = &mut crowd[CROWD - 1];
        last.send("PRIVMSG #r :hello").await;
        let shown = first.until("member599!").await;
        assert!(shown.contains(" JOIN #r"), "{shown}");
        first.until(" PRIVMSG #r :hello").await;
        drop((first, crowd));
        house.close();
    });
}

#[test]
fn a_room_of_people_who_are_not_connected_costs_a_newcomer_no_more() {
    const MEMBERS: usize = 230;
    block_on(async {
        let house = House::open(None, |_| {}).await;
        for index in 0..MEMBERS {
            let who = house.enter(&format!("member{index}"), "#r").await.0;
            house.irc.link.detach(who.session, "gone");
        }
        // The last one that the room was told of is the only one that is connected.
        let (here, _) = house.enter("member199", "#r").await;
        let mut guest = Client::guest(&house, "guest", "away-notify").await;
        guest.send("JOIN #r").await;
        let mut names = guest.until(" 353 ").await;
        assert!(names.contains(":guest @member0 member199 "), "who is connected first: {names}");
        while !names.contains(" 366 ") {
            names += &guest.line().await.expect("an answer");
        }
        assert!(names.len() < limits::QUIET_NAMES_BYTES_MAX + 300, "{} bytes", names.len());
        // It is quiet about who comes and goes, and asking shows everybody.
        house.irc.link.detach(here.session, "gone");
        house.enter("member7", "#r").await;
        assert_eq!(guest.settle().await, Vec::<String>::new());
        guest.send("WHO #r").await;
        let mut people = 0;
        loop {
            let line = guest.line().await.expect("an answer");
            if line.contains(" 315 ") {
                break;
            }
            people += 1;
        }
        assert_eq!(people, MEMBERS + 1);
        drop(guest);
        house.close();
    });
}
