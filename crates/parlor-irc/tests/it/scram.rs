//! SCRAM-SHA-256 from a client's side, with arithmetic of its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use parlor_engine::block_on;
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::house::House;

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn field<'a>(message: &'a str, name: &str) -> &'a str {
    let found = message.split(',').find_map(|field| field.strip_prefix(name));
    found.expect("the field is there")
}

/// What the server says next with AUTHENTICATE, decoded; or the numeric it says instead.
async fn challenge(client: &mut Client) -> String {
    loop {
        let line = client.line().await.expect("the exchange goes on");
        match line.strip_prefix("AUTHENTICATE ") {
            Some(text) => {
                return String::from_utf8(STANDARD.decode(text).expect("base64")).expect("text");
            }
            None if line.contains(" 904 ") => return line,
            None => {}
        }
    }
}

/// Gives the proof; what the server answers is still to be read. Returns how it has to prove itself.
pub(crate) async fn prove(client: &mut Client, name: &str, password: &str) -> String {
    client.send("AUTHENTICATE SCRAM-SHA-256").await;
    client.until("AUTHENTICATE +").await;
    let bare = format!("n={name},r=rOprNGfwEbeRWgbNEkqO");
    client.send(&format!("AUTHENTICATE {}", STANDARD.encode(format!("n,,{bare}")))).await;
    let first = challenge(client).await;
    let salt = STANDARD.decode(field(&first, "s=")).expect("base64");
    let rounds: u32 = field(&first, "i=").parse().expect("a number");
    let salted = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), &salt, rounds);
    let client_key = hmac(&salted, b"Client Key");
    let without_proof = format!("c=biws,r={}", field(&first, "r="));
    let all = format!("{bare},{first},{without_proof}");
    let signature = hmac(&Sha256::digest(&client_key), all.as_bytes());
    let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, sign)| key ^ sign).collect();
    let last = format!("{without_proof},p={}", STANDARD.encode(proof));
    client.send(&format!("AUTHENTICATE {}", STANDARD.encode(last))).await;
    format!("v={}", STANDARD.encode(hmac(&hmac(&salted, b"Server Key"), all.as_bytes())))
}

/// Signs in; gives the last line and whether the server has proved itself.
async fn sign_in(client: &mut Client, name: &str, password: &str) -> (String, bool) {
    let wanted = prove(client, name, password).await;
    let answer = challenge(client).await;
    if answer.contains(" 904 ") {
        return (answer, false);
    }
    client.send("AUTHENTICATE +").await;
    (client.until(" 903 ").await, answer == wanted)
}

#[test]
fn the_password_is_proved_both_ways_and_never_sent() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        house.irc.link.add_account("ann", "secret", false).await.expect("an account");
        let mut client = Client::connect(&house);
        client.send("CAP REQ sasl").await;
        client.send("NICK ann").await;
        client.send("USER ann 0 * :Ann").await;
        let (answer, _) = sign_in(&mut client, "ann", "wrong").await;
        assert!(answer.contains(" 904 "), "{answer}");
        let (answer, _) = sign_in(&mut client, "nobody", "secret").await;
        assert!(answer.contains(" 904 "), "{answer}");
        let (answer, proved) = sign_in(&mut client, "ann@phone", "secret").await;
        assert!(answer.contains(" 903 ") && proved, "{answer}");
        client.send("CAP END").await;
        client.until(" 001 ann ").await;
        drop(client);
        house.close();
    });
}

#[test]
fn an_exchange_out_of_order_is_refused() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let mut client = Client::connect(&house);
        client.send("AUTHENTICATE SCRAM-SHA-256").await;
        client.until("AUTHENTICATE +").await;
        client.send("AUTHENTICATE +").await;
        client.until(" 904 ").await;
        client.send("AUTHENTICATE bm90IHNjcmFt").await;
        client.until(" 908 ").await;
        client.send("AUTHENTICATE SCRAM-SHA-256").await;
        client.until("AUTHENTICATE +").await;
        client.send("AUTHENTICATE *").await;
        client.until(" 906 ").await;
        drop(client);
        house.close();
    });
}
