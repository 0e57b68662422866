//! What most tests begin with: a server, its first account, members, a way into a room.

use parlor_testkit::http_client::{HttpClient, Response};
use parlor_testkit::irc_client::IrcClient;
use parlor_testkit::program::{Launch, Server};
use serde_json::{Value, json};

/// The password of every account.
pub(crate) const SECRET: &str = "correct horse battery";

/// The room that newcomers land in.
pub(crate) const LOBBY: &str = "#lobby";

/// For tests in which somebody goes and is missed: others are told at once.
pub(crate) const NO_GRACE: &str = "[accounts]\nabsence_grace_seconds = 0\n";

/// The program under test, on free ports.
pub(crate) fn launch() -> Launch {
    Launch::new(env!("CARGO_BIN_EXE_parlor"))
}

/// The path of a link on this server.
pub(crate) fn path_of(link: &str) -> &str {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..])
}

/// Makes the first account through the set-up link, as a browser would; gives the signed-in client.
#[track_caller]
pub(crate) fn set_up(server: &Server, name: &str) -> HttpClient {
    let link = server.setup_link();
    let mut client = HttpClient::new(server.http());
    let form = client.get(path_of(&link));
    assert_eq!(form.status, 200, "{form:?}");
    let answer = client.post_form(path_of(&link), &[("name", name), ("password", SECRET)]);
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(!client.cookies().is_empty(), "the first account is signed in: {answer:?}");
    client
}

/// Adds an account from the command line while the server runs.
#[track_caller]
pub(crate) fn add_member(server: &Server, name: &str) {
    let output = server.command(&["user", "add", name, "--password-stdin"], SECRET);
    assert!(output.status.success(), "{output:?}");
}

/// A member's connection over IRC, in the lobby, with every capability that tests look at.
#[track_caller]
pub(crate) fn member(server: &Server, name: &str) -> IrcClient {
    let wanted = ["away-notify", "echo-message", "message-tags", "server-time", "batch"];
    let mut client = IrcClient::member(server.irc(), name, SECRET, &wanted);
    client.send(&format!("JOIN {LOBBY}"));
    client.expect(" 366 ");
    client
}

/// A guest's plain connection, in the lobby.
#[track_caller]
pub(crate) fn guest(server: &Server, nick: &str) -> IrcClient {
    let mut client = IrcClient::guest(server.irc(), nick);
    client.send(&format!("JOIN {LOBBY}"));
    client.expect(" 366 ");
    client
}

/// The id of a room, as the JSON API knows it.
#[track_caller]
pub(crate) fn room_id(client: &mut HttpClient, name: &str) -> u64 {
    let rooms = client.get("/api/v1/rooms").json();
    let found = rooms["rooms"].as_array().into_iter().flatten().find(|room| room["name"] == name);
    match found.and_then(|room| room["k"].as_u64()) {
        Some(id) => id,
        None => panic!("there is no room {name} in {rooms}"),
    }
}

/// Every message of a room from the first on, page by page, as the JSON API gives it.
#[track_caller]
pub(crate) fn history(client: &mut HttpClient, room: u64) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let before = all.first().map(|message| format!("&before={}", message["n"]));
        let path = format!("/api/v1/rooms/{room}/messages?limit=200{}", before.unwrap_or_default());
        let page = client.get(&path).json();
        let Some(messages) = page["messages"].as_array() else { panic!("{path}: {page}") };
        all.splice(0..0, messages.iter().cloned());
        if page["more"] != json!(true) || messages.is_empty() {
            return all;
        }
    }
}

/// The texts of messages.
pub(crate) fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["text"].as_str()).collect()
}

/// Signs in to an account through the JSON API.
#[track_caller]
pub(crate) fn sign_in(server: &Server, name: &str, password: &str) -> (HttpClient, Response) {
    let mut client = HttpClient::new(server.http());
    let answer = client.post_json("/api/v1/signin", &json!({ "name": name, "password": password }));
    (client, answer)
}
