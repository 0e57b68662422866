//! Images by their addresses: put on messages, and shown.

use bytes::Bytes;
use parlor_engine::block_on;
use parlor_hub::Account;

use crate::client::Client;
use crate::house::House;

const PAGE: &str = "https://chat.example";

/// Stores an image as the page does; its address.
async fn stored(house: &House, owner: &Account, name: &str) -> String {
    let mut picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x03\x08\x06\0\0\0".to_vec();
    picture.extend(name.bytes());
    let upload = house.irc.chat.upload(owner, name).await.expect("there is room");
    upload.write(Bytes::from(picture)).await.expect("it is taken");
    let file = upload.finish().await.expect("it is an image");
    format!("{PAGE}/files/{}/{name}", file.id)
}

/// There is a page that images go to, and ann and bob have accounts.
async fn settle(house: &House) -> [Account; 2] {
    house.door.set_page(PAGE);
    let account = async |name| house.irc.link.add_account(name, "secret", false).await;
    [account("ann").await.expect("it is free"), account("bob").await.expect("it is free")]
}

async fn both_join(ann: &mut Client, bob: &mut Client) {
    for client in [ann, bob] {
        client.send("JOIN #x").await;
        client.until(" 366 ").await;
    }
}

#[test]
fn an_address_hangs_the_image_on_the_message() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let [ann_account, bob_account] = settle(&house).await;
        let mut ann = Client::member(&house, "ann", "secret", "echo-message").await;
        let mut bob = Client::member(&house, "bob", "secret", "batch").await;
        both_join(&mut ann, &mut bob).await;
        let cat = stored(&house, &ann_account, "cat.png").await;
        let dog = stored(&house, &ann_account, "dog.png").await;
        let may = async |owner: &str| {
            let id = owner.split('/').nth(4).expect("an id").to_owned();
            house.irc.chat.file(&bob_account, &id).await.is_ok()
        };
        assert!(!may(&cat).await, "nobody has shown it to bob");
        // Bob knows the address, but it is not his to show.
        bob.send(&format!("PRIVMSG #x :stolen {cat}")).await;
        ann.until(&format!(" PRIVMSG #x :stolen {cat}")).await;
        assert!(!may(&cat).await);
        ann.send(&format!("PRIVMSG #x :look {cat}")).await;
        ann.until(" PRIVMSG #x :look").await;
        assert_eq!(ann.line().await, Some(format!(":ann!ann@member PRIVMSG #x :{cat}")));
        bob.until(" PRIVMSG #x :look").await;
        assert_eq!(bob.line().await, Some(format!(":ann!ann@member PRIVMSG #x :{cat}")));
        assert!(may(&cat).await, "it hangs on a message that bob may read");
        // It hangs there already, so this is text.
        ann.send(&format!("PRIVMSG #x :again {cat}")).await;
        bob.until(&format!(" PRIVMSG #x :again {cat}")).await;
        // Alone, in private, and in the middle of a sentence.
        ann.send(&format!("PRIVMSG bob :{dog}")).await;
        bob.until(&format!(" PRIVMSG bob :{dog}")).await;
        assert!(may(&dog).await);
        let owl = stored(&house, &ann_account, "owl.png").await;
        ann.send(&format!("PRIVMSG #x :the {owl} of ours")).await;
        ann.send("PRIVMSG #x :next").await;
        bob.until(&format!(" PRIVMSG #x :the {owl} of ours")).await;
        let next = bob.line().await.expect("a line");
        assert!(next.ends_with(" PRIVMSG #x :next"), "shown once: {next}");
        assert!(may(&owl).await);
        drop((ann, bob));
        house.close();
    });
}

#[test]
fn an_avatar_is_an_image_of_ones_own() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let [ann_account, bob_account] = settle(&house).await;
        let caps = "batch draft/metadata-3";
        let mut ann = Client::member(&house, "ann", "secret", caps).await;
        let mut bob = Client::member(&house, "bob", "secret", caps).await;
        bob.send("METADATA * SUB avatar").await;
        bob.until(" 770 bob avatar").await;
        both_join(&mut ann, &mut bob).await;
        bob.until(" 774 bob #x").await;
        let theirs = stored(&house, &bob_account, "bob.png").await;
        ann.send(&format!("METADATA * SET avatar :{theirs}")).await;
        ann.until(" FAIL METADATA INVALID_VALUE avatar :").await;
        let own = stored(&house, &ann_account, "ann.png").await;
        ann.send(&format!("METADATA * SET avatar :{own}")).await;
        let address = own.replace("/ann.png", "/avatar");
        ann.until(&format!(" 761 ann * avatar * :{address}")).await;
        bob.until(&format!(" 761 bob ann avatar * :{address}")).await;
        let id = own.split('/').nth(4).expect("an id");
        assert!(house.irc.chat.file(&bob_account, id).await.is_ok(), "everybody may see it");
        ann.send("METADATA * SET avatar").await;
        ann.until(" 766 ann * avatar :").await;
        bob.until(" 766 bob ann avatar :").await;
        drop((ann, bob));
        house.close();
    });
}

#[test]
fn who_has_an_account_is_told_where_images_go() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        house.door.set_page(PAGE);
        house.irc.link.add_account("ann", "secret", false).await.expect("it is free");
        let token = "draft/FILEHOST=https://chat.example/api/v1/upload \
                     soju.im/FILEHOST=https://chat.example/api/v1/upload :";
        let mut ann = Client::member(&house, "ann", "secret", "batch").await;
        ann.send("ISUPPORT").await;
        ann.until(token).await;
        let mut bob = Client::guest(&house, "bob", "batch").await;
        bob.send("ISUPPORT").await;
        let lines = bob.settle().await;
        assert!(lines.iter().any(|line| line.contains(" 005 ")), "{lines:?}");
        assert!(lines.iter().all(|line| !line.contains("FILEHOST")), "{lines:?}");
        drop((ann, bob));
        house.close();
    });
}
