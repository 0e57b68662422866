//! Everybody in one room: irssi on a terminal, WeeChat, `nc`, and two pages in a real browser.
//!
//! They see each other arrive, talk, write privately, change the topic and a nick, and lose nothing
//! when the server is killed and started again. All clients are the real programs.

use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use parlor_testkit::browser::{Browser, Page};
use parlor_testkit::deadline::{Deadline, PATIENCE};
use parlor_testkit::irc_client::{IrcClient, trailing};
use parlor_testkit::program::{Process, Server};
use parlor_testkit::tmux::Terminal;
use parlor_testkit::weechat::{Identity, WeeChat};

use crate::nc::netcat;
use crate::scene::{LOBBY, SECRET, add_member, launch, member};

/// Where one writes on the page.
const COMPOSER: &str = "#composer";

/// How many of the last lines a newcomer is played back at least.
const PLAYBACK: usize = 40;

/// How many lines of the storm come at most: with all that was said before and is said after it,
/// what one page holds.
const STORM_MAX: usize = 40;

/// The lobby in the page's list.
const LOBBY_ENTRY: &str = ".list-pane .entry:has-text('lobby')";

/// A message on the page that the server has confirmed.
const SENT: &str = ".row-message:not(.is-waiting) .text";

/// Opens a link that makes an account, fills in the form, and waits for the room.
fn arrive(browser: &Browser, link: &str, name: &str) -> Page {
    let page = browser.open(name, link);
    page.fill("#name", name);
    page.fill("#password", SECRET);
    page.press("Enter");
    page.appear(COMPOSER);
    page
}

fn say(page: &Page, text: &str) {
    page.fill(COMPOSER, text);
    page.press("Enter");
}

fn invitation(server: &Server) -> String {
    let output = server.command(&["invite", "--plain"], "");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("a link is text").trim().to_owned()
}

fn irssi(server: &Server, nick: &str) -> Terminal {
    let port = server.irc().port().to_string();
    let terminal = Terminal::start("irssi", &["-c", "127.0.0.1", "-p", &port, "-n", nick]);
    // Registered: before that it would not join.
    terminal.expect("Your user mode is");
    // By default it waits five minutes before it tries again.
    terminal.line("/set server_reconnect_time 2s");
    terminal.line(&format!("/join {LOBBY}"));
    // The status line names the window that the room has.
    terminal.expect(&format!("[2:127/{LOBBY}"));
    terminal
}

/// `nc` with somebody who types the two lines.
fn call(server: &Server) -> Process {
    let mut nat = netcat(server.irc());
    nat.tell("NICK nat\nUSER nat 0 * :Nat\n");
    nat.expect(&format!(" 366 nat {LOBBY}"));
    nat
}

/// The clients that are in the room, and what was said there so far.
struct Room {
    ann: Page,
    bob: Page,
    ivy: Terminal,
    wes: WeeChat,
    nat: Process,
    said: Vec<String>,
}

impl Room {
    /// The first one sets the server up, the others come in by every door there is; each is seen.
    fn gather(server: &Server, browser: &Browser) -> Self {
        let ann = arrive(browser, &server.setup_link(), "ann");
        let bob = arrive(browser, &invitation(server), "bob");
        ann.expect("bob");
        let ivy = irssi(server, "ivy");
        ann.expect("ivy");
        bob.expect("ivy");
        add_member(server, "wes");
        let who = Identity { nick: "wes", password: Some(SECRET) };
        let wes = WeeChat::start(server.irc(), who, LOBBY);
        ivy.expect("wes");
        ann.expect("wes");
        let nat = call(server);
        ivy.expect("nat");
        wes.expect(LOBBY, "nat");
        bob.expect("nat");
        Self { ann, bob, ivy, wes, nat, said: Vec::new() }
    }

    /// Each writes privately to another kind of client.
    fn whisper(&mut self) {
        self.ivy.line("/msg wes between irssi and weechat");
        self.wes.expect("ivy", "between irssi and weechat");
        self.wes.tell_server("/msg nat between weechat and nc");
        self.nat.expect("PRIVMSG nat :between weechat and nc");
        self.nat.tell("PRIVMSG ann :between nc and the page\n");
        self.ann.appear(".list-pane .entry:has-text('nat') .badge");
        say(&self.bob, "/msg ivy between the page and irssi");
        // irssi opens a window for it when it has come; which one depends on what else has.
        Deadline::usual().wait("the page's words in irssi", || {
            self.ivy.line("/window goto bob");
            self.ivy.screen().contains("between the page and irssi").then_some(())
        });
        self.ivy.line(&format!("/window goto {LOBBY}"));
        // The page has gone to that conversation; back to the room.
        self.bob.click(LOBBY_ENTRY);
        self.bob.expect("bob speaks first");
    }

    /// The topic and a nick change, and everybody sees it.
    fn change(&mut self) {
        self.wes.tell_room(LOBBY, "/topic cake at four");
        self.everybody_sees("cake at four");
        self.nat.tell("NICK natalie\n");
        self.ivy.expect("natalie");
        self.wes.expect(LOBBY, "natalie");
        self.ann.expect("natalie");
    }

    /// Waits until everybody sees this text.
    fn everybody_sees(&self, text: &str) {
        self.ann.expect(text);
        self.bob.expect(text);
        self.ivy.expect(text);
        self.wes.expect(LOBBY, text);
        self.nat.expect(text);
    }

    /// Notes what was said and waits until everybody sees it.
    fn heard(&mut self, text: &str) {
        self.everybody_sees(text);
        self.said.push(text.to_owned());
    }

    fn everybody_speaks(&mut self, when: &str) {
        let text = |who: &str| format!("{who} speaks {when}");
        say(&self.ann, &text("ann"));
        self.heard(&text("ann"));
        self.ivy.line(&text("ivy"));
        self.heard(&text("ivy"));
        self.wes.tell_room(LOBBY, &text("wes"));
        self.heard(&text("wes"));
        self.nat.tell(&format!("PRIVMSG {LOBBY} :{}\n", text("nat")));
        // `nc` doesn't see its own line; the others do.
        self.ann.expect(&text("nat"));
        self.bob.expect(&text("nat"));
        self.ivy.expect(&text("nat"));
        self.wes.expect(LOBBY, &text("nat"));
        self.said.push(text("nat"));
        say(&self.bob, &text("bob"));
        self.heard(&text("bob"));
    }
}

/// Writes line after line as a client that asks for echoes, until the server goes, which should be
/// before there are too many; gives the lines whose echo came, which is what a client shows as sent. Says when the first few have come.
fn write_until_killed(server: &Server) -> (JoinHandle<Vec<String>>, Receiver<()>) {
    let mut client = IrcClient::guest_with(server.irc(), "eve", &["echo-message"]);
    client.send(&format!("JOIN {LOBBY}"));
    client.expect(" 366 ");
    let (tell, begun) = mpsc::channel();
    let writing = thread::spawn(move || {
        let mut shown = Vec::new();
        while shown.len() < STORM_MAX {
            let text = format!("line {} of the storm", shown.len());
            if !echoed(&mut client, &text) {
                return shown;
            }
            shown.push(text);
            if shown.len() == 6 {
                // The test may have failed meanwhile, and listen no more.
                tell.send(()).ok();
            }
        }
        client.expect_closed(PATIENCE);
        shown
    });
    (writing, begun)
}

/// Whether the echo of this line came back before the server went.
fn echoed(client: &mut IrcClient, text: &str) -> bool {
    if client.try_send_bytes(format!("PRIVMSG {LOBBY} :{text}\r\n").as_bytes()).is_err() {
        return false;
    }
    let deadline = Deadline::usual();
    while let Some(line) = client.line(&deadline) {
        if trailing(&line) == text {
            return true;
        }
    }
    false
}

#[test]
fn everybody_is_in_one_room_through_a_restart() {
    let mut server = launch().start();
    let browser = Browser::start();
    let mut room = Room::gather(&server, &browser);
    room.everybody_speaks("first");
    room.whisper();
    room.change();

    // The server is killed while somebody writes, and starts again.
    let (writing, begun) = write_until_killed(&server);
    begun.recv_timeout(PATIENCE).expect("lines are echoed");
    server.kill();
    room.said.extend(writing.join().expect("a writer does not panic"));
    server.restart();

    // A newcomer whose client can tell old from new is played back what was said, in order.
    let mut late = IrcClient::guest_with(server.irc(), "late", &["server-time", "batch"]);
    late.send(&format!("JOIN {LOBBY}"));
    let mut lines = late.settle();
    lines.retain(|line| line.contains(&format!(" PRIVMSG {LOBBY} ")));
    let played: Vec<&str> = lines.iter().map(|line| trailing(line)).collect();
    let from = room.said.len().saturating_sub(PLAYBACK);
    in_order(&room.said[from..], &played);

    // Everybody comes back without help; with `nc`, by calling again.
    room.nat = call(&server);
    room.ivy.expect("late");
    for page in [&room.ann, &room.bob] {
        page.expect(room.said.last().expect("something was said"));
    }
    room.everybody_speaks("again");
    for page in [&room.ann, &room.bob] {
        let shown = page.texts(SENT);
        let shown: Vec<&str> = shown.iter().map(|text| text.trim()).collect();
        in_order(&room.said, &shown);
    }
}

/// Every expected line is there once, in this order; others may stand between.
#[track_caller]
fn in_order(expected: &[String], shown: &[&str]) {
    let mut places = Vec::new();
    for text in expected {
        let found: Vec<usize> =
            (0..shown.len()).filter(|&place| shown[place] == text.as_str()).collect();
        assert_eq!(found.len(), 1, "{text:?} is there {} times in {shown:#?}", found.len());
        places.extend(found);
    }
    assert!(places.is_sorted(), "not in order: {shown:#?}");
}

#[test]
fn a_page_that_is_open_sees_who_is_a_bot() {
    let server = launch().start();
    let browser = Browser::start();
    let ann = arrive(&browser, &server.setup_link(), "ann");
    add_member(&server, "robo");
    let mut robo = member(&server, "robo");
    ann.appear(".members .entry:has-text('robo'):not(:has-text('Bot'))");
    robo.send("MODE robo +B");
    ann.appear(".members .entry:has-text('robo'):has-text('Bot')");
    robo.send(&format!("PRIVMSG {LOBBY} :beep"));
    ann.appear(".row-message:has-text('beep') .byline .role:has-text('bot')");
    // Whoever opens the page now sees it, too; and all see that it is one no more.
    let bob = arrive(&browser, &invitation(&server), "bob");
    bob.appear(".members .entry:has-text('robo'):has-text('Bot')");
    robo.send("MODE robo -B");
    for page in [&ann, &bob] {
        page.appear(".members .entry:has-text('robo'):not(:has-text('Bot'))");
    }
}
