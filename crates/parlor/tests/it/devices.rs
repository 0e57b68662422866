//! Two devices of one account, each a real program: one leaves, things are said, it comes back and
//! is shown exactly what it missed, once; and the one that stayed is shown nothing twice.
//!
//! Each signs in with an app password of its own, WeeChat by SCRAM.

use parlor_testkit::deadline::Deadline;
use parlor_testkit::irc_client::IrcClient;
use parlor_testkit::program::Server;
use parlor_testkit::tmux::Terminal;
use parlor_testkit::weechat::{Identity, WeeChat};

use crate::scene::{LOBBY, add_member, launch, member};

/// ann with a laptop and a desk, both in the lobby, and bob there with her.
struct Scene {
    laptop: Terminal,
    desk: WeeChat,
    bob: IrcClient,
    /// The last to go: programs that lose their server try to come back.
    _server: Server,
}

impl Scene {
    /// Everybody has come, and has heard the same line. `options` are for WeeChat.
    fn both_hear_one(options: &[(&str, &str)]) -> Self {
        let server = launch().start();
        add_member(&server, "ann");
        add_member(&server, "bob");
        let mut bob = member(&server, "bob");
        let (laptop, desk) = (irssi(&server), weechat(&server, options));
        say(&mut bob, LOBBY, "both hear one");
        laptop.expect("both hear one");
        desk.expect(LOBBY, "both hear one");
        Self { laptop, desk, bob, _server: server }
    }

    /// bob has the last word, and then both devices show what was said in the lobby and what bob
    /// wrote in private: each thing once, in order.
    fn both_show_once(mut self, lobby: &[&str], private: &str) {
        let last = lobby.last().expect("something was said");
        say(&mut self.bob, LOBBY, last);
        self.desk.expect(LOBBY, last);
        once_in_order(&self.desk.log(LOBBY), lobby);
        once_in_order(&shown_in(&self.laptop, LOBBY, last), lobby);
        self.desk.expect("bob", private);
        once_in_order(&self.desk.log("bob"), &[private]);
        once_in_order(&shown_in(&self.laptop, "bob", private), &[private]);
    }
}

/// Makes a password for one of ann's programs.
fn app_password(server: &Server) -> String {
    let output = server.command(&["user", "token", "ann"], "");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// ann's irssi, in the lobby.
fn irssi(server: &Server) -> Terminal {
    let terminal = Terminal::start("irssi", &[]);
    terminal.expect("Irssi");
    let (address, password) = (server.irc(), app_password(server));
    terminal.line(&format!(
        "/network add -nick ann -sasl_mechanism PLAIN -sasl_username ann/laptop \
         -sasl_password {password} parlor"
    ));
    let (ip, port) = (address.ip(), address.port());
    terminal.line(&format!("/server add -network parlor {ip} {port}"));
    // It comes back when it is told to.
    terminal.line("/set server_reconnect_time 1h");
    terminal.line("/connect parlor");
    terminal.expect("Your user mode is");
    terminal.line(&format!("/join {LOBBY}"));
    terminal.expect(&format!("/{LOBBY}"));
    terminal.line(&format!("/window goto {LOBBY}"));
    terminal
}

/// ann's WeeChat, in the lobby.
fn weechat(server: &Server, options: &[(&str, &str)]) -> WeeChat {
    let password = app_password(server);
    let who = Identity { nick: "ann", password: Some(&password) };
    let mut all = vec![("sasl_mechanism", "scram-sha-256"), ("sasl_username", "ann@desk")];
    all.extend(options);
    let weechat = WeeChat::start_with(server.irc(), who, LOBBY, &all);
    weechat.expect(LOBBY, "has joined");
    weechat
}

/// WeeChat says goodbye, and the server's answer says that it has heard it.
fn leave(desk: &WeeChat) {
    desk.tell_server("/quote QUIT :to lunch");
    let goodbye = || desk.server_log().contains("Closing link").then_some(());
    Deadline::usual().wait("WeeChat's goodbye", goodbye);
    desk.tell_server("/disconnect parlor");
}

/// What irssi shows in a window.
fn shown_in(irssi: &Terminal, window: &str, text: &str) -> String {
    Deadline::usual().wait(format!("{text:?} in irssi's {window}"), || {
        irssi.line(&format!("/window goto {window}"));
        Some(irssi.screen()).filter(|screen| screen.contains(text))
    })
}

/// Says something and waits until it is kept.
fn say(bob: &mut IrcClient, target: &str, text: &str) {
    bob.send(&format!("PRIVMSG {target} :{text}"));
    bob.expect(&format!("PRIVMSG {target} :{text}"));
}

/// Each of the texts is there once, and in this order.
#[track_caller]
fn once_in_order(shown: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(shown.matches(text).count(), 1, "{text:?} in\n{shown}");
    }
    assert!(texts.is_sorted_by_key(|text| shown.find(text)), "not in order:\n{shown}");
}

#[test]
fn irssi_comes_back_while_weechat_stayed() {
    let mut scene = Scene::both_hear_one(&[]);
    let Scene { laptop, desk, bob, .. } = &mut scene;
    // It says so before it goes, and the server's goodbye says that it has heard it.
    laptop.line("/quote QUIT :to the train");
    shown_in(laptop, "1", "Closing link");
    say(bob, LOBBY, "missed two");
    say(bob, LOBBY, "missed three");
    say(bob, "ann", "missed in private");
    desk.expect("bob", "missed in private");
    desk.tell_room(LOBBY, "ann answers from the desk");
    bob.expect("ann answers from the desk");
    laptop.line("/reconnect");
    let said = [
        "both hear one",
        "missed two",
        "missed three",
        "ann answers from the desk",
        "and all hear four",
    ];
    scene.both_show_once(&said, "missed in private");
}

#[test]
fn weechat_comes_back_while_irssi_stayed() {
    let mut scene = Scene::both_hear_one(&[]);
    let Scene { laptop, desk, bob, .. } = &mut scene;
    leave(desk);
    say(bob, LOBBY, "missed two");
    say(bob, "ann", "missed in private");
    shown_in(laptop, "bob", "missed in private");
    laptop.line(&format!("/window goto {LOBBY}"));
    laptop.line("ann answers from the laptop");
    bob.expect("ann answers from the laptop");
    desk.tell_server("/connect parlor");
    desk.expect(LOBBY, "ann answers from the laptop");
    let said = ["both hear one", "missed two", "ann answers from the laptop", "and all hear three"];
    scene.both_show_once(&said, "missed in private");
}

#[test]
fn weechat_asks_what_it_missed_as_one_asks_a_bouncer() {
    let mut scene = Scene::both_hear_one(&[("capabilities", "*,znc.in/playback")]);
    let Scene { laptop, desk, bob, .. } = &mut scene;
    // Scripts for bouncers keep the time of the last line they saw, and ask when they connect.
    desk.tell_server("/quote PRIVMSG *playback :LIST");
    desk.expect("*playback", &format!("{LOBBY} 0 "));
    let listed = desk.log("*playback");
    let last = listed.split(&format!("{LOBBY} 0 ")).nth(1).and_then(|rest| rest.lines().next());
    let ask = format!("/quote PRIVMSG *playback :PLAY * {}", last.expect("a time").trim());
    desk.tell_server(&format!("/set irc.server.parlor.command {ask}"));
    leave(desk);
    say(bob, LOBBY, "missed two");
    say(bob, "ann", "missed in private");
    shown_in(laptop, "bob", "missed in private");
    desk.tell_server("/connect parlor");
    desk.expect("bob", "missed in private");
    scene.both_show_once(
        &["both hear one", "missed two", "and all hear three"],
        "missed in private",
    );
}
