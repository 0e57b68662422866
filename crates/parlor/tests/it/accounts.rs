//! How people get in: the set-up link, invitations, the command line, and wrong passwords.

use parlor_testkit::http_client::HttpClient;
use parlor_testkit::irc_client::IrcClient;

use crate::scene::{SECRET, add_member, launch, member, path_of, set_up, sign_in};

#[test]
fn the_set_up_link_makes_one_account_and_then_says_so() {
    let mut server = launch().start();
    let link = server.setup_link();
    let mut ann = set_up(&server, "ann");
    assert_eq!(ann.get("/api/v1/me").json()["name"], "ann");
    assert_eq!(ann.get("/").status, 200);
    let mut other = HttpClient::new(server.http());
    let again = other.get(path_of(&link));
    assert!((400..500).contains(&again.status), "{again:?}");
    let again = other.post_form(path_of(&link), &[("name", "eve"), ("password", SECRET)]);
    assert!((400..500).contains(&again.status), "{again:?}");
    assert!(other.cookies().is_empty());
    // Nor is there a new link after a restart.
    server.restart();
    assert!(!server.output().contains("/setup/"), "{}", server.output());
}

#[test]
fn a_link_of_an_earlier_start_no_longer_works() {
    let mut server = launch().start();
    let old = server.setup_link();
    server.restart();
    assert_ne!(server.setup_link(), old);
    let mut client = HttpClient::new(server.http());
    let answer = client.post_form(path_of(&old), &[("name", "eve"), ("password", SECRET)]);
    assert!((400..500).contains(&answer.status), "{answer:?}");
    set_up(&server, "ann");
}

#[test]
fn an_invitation_brings_in_as_many_as_it_says() {
    let server = launch().start();
    set_up(&server, "ann");
    let output = server.command(&["invite", "--uses", "1", "--plain"], "");
    assert!(output.status.success(), "{output:?}");
    let link = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert!(link.contains("/invite/"), "{link}");

    let mut bob = HttpClient::new(server.http());
    assert_eq!(bob.get(path_of(&link)).status, 200);
    let taken = bob.post_form(path_of(&link), &[("name", "ann"), ("password", SECRET)]);
    assert!((400..500).contains(&taken.status), "{taken:?}");
    let short = bob.post_form(path_of(&link), &[("name", "bob"), ("password", "x")]);
    assert!((400..500).contains(&short.status), "{short:?}");
    let made = bob.post_form(path_of(&link), &[("name", "bob"), ("password", SECRET)]);
    assert_eq!(made.status, 303, "{made:?}");
    assert_eq!(bob.get("/api/v1/me").json()["name"], "bob");

    let mut eve = HttpClient::new(server.http());
    let used = eve.get(path_of(&link));
    assert!((400..500).contains(&used.status), "{used:?}");
    assert!(used.body.contains("used"), "a used link says so: {}", used.body);
    let unknown = eve.get("/invite/never-made");
    assert!((400..500).contains(&unknown.status), "{unknown:?}");
}

#[test]
fn an_account_is_added_while_the_server_runs_and_while_it_does_not() {
    let mut server = launch().start();
    add_member(&server, "ann");
    member(&server, "ann");
    let twice = server.command(&["user", "add", "ANN", "--password-stdin"], SECRET);
    assert_eq!(twice.status.code(), Some(4), "{twice:?}");

    server.terminate();
    add_member(&server, "bob");
    let list = server.command(&["user", "list"], "");
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("ann") && list.contains("bob"), "{list}");
    let json = server.command(&["user", "list", "--json"], "").stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json[0]["name"], "ann");
    let token = server.command(&["user", "token", "bob", "--label", "cron"], "");
    let token = String::from_utf8(token.stdout).unwrap();
    assert!(token.starts_with("app_") && token.lines().count() == 1, "{token}");
    let nobody = server.command(&["user", "token", "nobody"], "");
    assert_eq!(nobody.status.code(), Some(4), "{nobody:?}");
    server.restart();
    member(&server, "bob");
    assert!(!server.output().contains("/setup/"), "{}", server.output());
}

#[test]
fn a_changed_password_replaces_the_old_one() {
    let server = launch().start();
    add_member(&server, "ann");
    let output =
        server.command(&["user", "passwd", "ann", "--password-stdin"], "another one, longer");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(sign_in(&server, "ann", SECRET).1.status, 401);
    assert_eq!(sign_in(&server, "ann", "another one, longer").1.status, 200);
}

#[test]
fn a_wrong_password_says_no_more_than_an_unknown_name() {
    let server = launch().start();
    add_member(&server, "ann");
    let (_, wrong) = sign_in(&server, "ann", "not the password");
    let (_, unknown) = sign_in(&server, "nobody", "not the password");
    assert_eq!((wrong.status, &wrong.body), (401, &unknown.body));
    assert_eq!(wrong.status, unknown.status);
}

#[test]
fn an_accounts_name_is_not_for_guests() {
    let server = launch().start();
    add_member(&server, "ann");
    let mut eve = IrcClient::connect(server.irc());
    eve.send("NICK ann");
    eve.send("USER eve 0 * :Eve");
    let line = eve.expect(" 433 ");
    assert!(line.contains("ann"), "{line}");
    eve.send("NICK eve");
    eve.welcome();
}
