//! SEARCH: what is found, and by whom.

use parlor_engine::block_on;

use crate::client::Client;
use crate::house::House;

/// Asks, and gives what stands in the batch of the answer.
async fn find(client: &mut Client, query: &str) -> Vec<String> {
    client.send(&format!("SEARCH {query}")).await;
    let opened = client.line().await.expect("an answer");
    assert!(opened.contains(" BATCH +") && opened.ends_with(" soju.im/search"), "{opened}");
    let mut found = Vec::new();
    loop {
        let line = client.line().await.expect("the batch ends");
        if line.contains(" BATCH -") {
            return found;
        }
        found.push(line);
    }
}

#[test]
fn words_are_found_by_who_may_read_them() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut ann = Client::guest(&house, "ann", "soju.im/search batch message-tags").await;
        let mut bob = Client::guest(&house, "bob", "soju.im/search batch").await;
        ann.send("JOIN #x").await;
        ann.until(" 366 ").await;
        ann.send("PRIVMSG #x :a purple elephant").await;
        ann.send("PRIVMSG #x :a green one").await;
        ann.send("PRIVMSG #x :an elephant again").await;
        ann.send("PING said").await;
        ann.until(" PONG ").await;
        house.irc.chat.keep().expect("the index is filled");
        let found = find(&mut ann, "in=#x;text=elephant").await;
        assert_eq!(found.len(), 2, "{found:?}");
        let line = &found[0];
        assert!(line.starts_with("@batch=") && line.contains(";msgid="), "{line}");
        assert!(line.ends_with(":ann!ann@guest PRIVMSG #x :a purple elephant"), "{line}");
        let newest = find(&mut ann, "text=elephant;limit=1;from=ann;after=2020-01-01").await;
        assert_eq!(newest, [line_after_tags(&found[1], &newest)], "the newest, oldest first");
        assert_eq!(find(&mut ann, "text=elephant;before=2020-01-01T00:00:00.000Z").await.len(), 0);
        bob.send("SEARCH in=#x;text=elephant").await;
        bob.until("FAIL SEARCH INVALID_TARGET :").await;
        bob.send("SEARCH in=#nowhere;text=elephant").await;
        bob.until("FAIL SEARCH INVALID_TARGET :").await;
        assert_eq!(find(&mut bob, "text=elephant").await.len(), 0, "bob was never there");
        drop((ann, bob));
        house.close();
    });
}

/// The same line in another batch.
fn line_after_tags(line: &str, other: &[String]) -> String {
    let name = |line: &str| line.split_once(';').map(|(batch, _)| batch.to_owned());
    let (ours, theirs) = (name(line), other.first().and_then(|line| name(line)));
    line.replacen(&ours.unwrap_or_default(), &theirs.unwrap_or_default(), 1)
}

#[test]
fn who_did_not_ask_for_it_does_not_know_the_command() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut ann = Client::guest(&house, "ann", "batch").await;
        ann.send("SEARCH text=elephant").await;
        ann.until(" 421 ann SEARCH :").await;
        drop(ann);
        house.close();
    });
}
