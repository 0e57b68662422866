//! A disk that is full: who comes in, and what the others are told.

use parlor_chat::{NewMessage, RoomName, Target};
use parlor_engine::block_on;
use parlor_hub::{ClientInfo, Identity, Nick};
use parlor_testkit::tmpfs::Tmpfs;

use crate::client::Client;
use crate::house::House;

#[test]
fn a_guest_is_told_at_once_that_the_disk_is_full() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root may mount the small file system this test fills");
        return;
    }
    let disk = Tmpfs::mount(8 << 20);
    block_on(async {
        let house = House::open_in(&disk.path().join("data"), None, |_| {}).await;
        house.irc.link.add_account("ann", "secret123", false).await.expect("an account");
        let ballast = disk.fill();
        fill_up(&house).await;

        let mut guest = Client::connect(&house);
        guest.send("CAP LS 302").await;
        guest.send("NICK bob").await;
        guest.send("USER bob 0 * :Bob").await;
        guest.send("CAP END").await;
        let last = guest.rest().await.pop().expect("a last word");
        assert!(last.starts_with("ERROR :"), "{last}");
        assert!(last.contains("disk is full") && last.contains("account can still"), "{last}");

        let mut member = Client::member(&house, "ann", "secret123", "server-time").await;
        member.send("LIST").await;
        member.until(" 323 ").await;

        drop(ballast);
        let mut guest = Client::guest(&house, "bob", "server-time").await;
        assert!(guest.settle().await.is_empty());
        drop((guest, member));
        house.close();
    });
}

/// Writes until the last corner of the disk is used.
async fn fill_up(house: &House) {
    let account = house.irc.link.account("ann").await.expect("a read").expect("it is there");
    let nick = Nick::new("ann").expect("a nick");
    let text = || "ann".to_owned();
    let (user, host, realname) = (text(), text(), text());
    let client = ClientInfo { protocol: "test", user, host, realname, away: None };
    let attached = house.irc.link.attach(Identity::Account(account), &nick, client).await;
    let who = attached.expect("accounts need no write");
    let name = RoomName::new("#full").expect("a name");
    let Ok(joined) = house.irc.chat.join(&who, &name).await else { return };
    let room = Target::Room(joined.room.topic);
    for size in [8_000, 100] {
        for _ in 0..5_000 {
            let message = NewMessage { text: "x".repeat(size), ..NewMessage::default() };
            if house.irc.chat.post(&who, room.clone(), message).await.is_err() {
                break;
            }
        }
    }
}
