//! `parlor chat`: the terminal client on a real terminal, in one room with the others.

use parlor_testkit::program::Server;
use parlor_testkit::tmux::Terminal;

use crate::scene::{LOBBY, SECRET, add_member, guest, history, launch, room_id, set_up};

/// What the composer of the open lobby says.
const READY: &str = "Message #lobby";

/// A shell on a terminal, in which the client was started.
fn chat(server: &Server, more: &str) -> Terminal {
    let terminal = Terminal::start("sh", &[]);
    start(&terminal, server, more);
    terminal
}

fn start(terminal: &Terminal, server: &Server, more: &str) {
    let program = server.binary().display();
    terminal.line(&format!("{program} chat --server http://{} {more}", server.http()));
}

/// ann has signed in and is in the lobby.
fn ann_chats(server: &Server) -> Terminal {
    let terminal = chat(server, "--name ann");
    terminal.expect("Password:");
    terminal.line(SECRET);
    terminal.expect(READY);
    terminal
}

/// What ann said is there, and no longer waits for the server.
fn acknowledged(terminal: &Terminal, text: &str) {
    terminal.expect_that("the message, acknowledged", |screen| {
        screen.contains(text) && !screen.contains("ann …")
    });
}

#[test]
fn people_in_a_terminal_are_in_the_same_rooms() {
    let server = launch().start();
    add_member(&server, "ann");
    let terminal = ann_chats(&server);
    let mut bob = guest(&server, "bob");
    terminal.expect("bob came in");
    terminal.line("hello from a terminal");
    bob.expect("hello from a terminal");
    bob.send(&format!("PRIVMSG {LOBBY} :hello ann"));
    terminal.expect("hello ann");
    terminal.line("/msg bob psst");
    bob.expect("PRIVMSG bob :psst");
    terminal.expect("Message bob");
    terminal.keys(&["M-1"]);
    terminal.line("/topic tea at four");
    bob.expect("TOPIC #lobby :tea at four");
    terminal.line("/join garden");
    terminal.expect("Message #garden");
    terminal.keys(&["F1"]);
    terminal.expect("Ctrl-K");
    terminal.keys(&["Escape"]);
    terminal.keys(&["C-k"]);
    terminal.expect("Jump to");
    terminal.line("lob");
    terminal.expect(READY);
    terminal.line("/always-on");
    terminal.expect(" always on: you stay");
    terminal.line("/always-on off");
    terminal.expect("not always on: you leave");
    terminal.keys(&["C-c"]);
    bob.expect("QUIT");
}

#[test]
fn a_terminal_loses_nothing_through_a_restart() {
    let mut server = launch().start();
    let mut owner = set_up(&server, "ann");
    let terminal = ann_chats(&server);
    terminal.line("before");
    acknowledged(&terminal, "before");
    server.kill();
    terminal.expect("next attempt");
    terminal.line("while it was away");
    terminal.expect("ann …");
    server.restart();
    terminal.keys(&["C-r"]);
    acknowledged(&terminal, "while it was away");
    let lobby = room_id(&mut owner, LOBBY);
    let said = history(&mut owner, lobby);
    let texts: Vec<_> = said.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["before", "while it was away"]);
}

#[test]
fn what_was_said_is_edited_reacted_to_answered_and_taken_back() {
    let server = launch().start();
    let mut ann = set_up(&server, "ann");
    let lobby = room_id(&mut ann, LOBBY);
    let terminal = ann_chats(&server);
    terminal.line("helo");
    acknowledged(&terminal, "helo");
    terminal.keys(&["Up", "e"]);
    terminal.expect("editing your message");
    terminal.keys(&["C-u"]);
    terminal.line("hello");
    terminal.expect("hello (edited)");
    terminal.keys(&["Up", "+"]);
    terminal.line("👍");
    terminal.expect("[👍1*]");
    terminal.keys(&["Up", "r"]);
    terminal.expect("replying to ann");
    terminal.line("to myself");
    terminal.expect("↱ ann: hello");
    let said = history(&mut ann, lobby);
    assert_eq!(said[0]["text"], "hello");
    assert_eq!(said[0]["reactions"][0]["emoji"], "👍");
    assert_eq!(said[1]["reply"]["msgid"], said[0]["msgid"]);
    terminal.keys(&["Up", "Up", "DC"]);
    terminal.expect("Delete this message?");
    terminal.keys(&["y"]);
    terminal.expect("(deleted)");
    assert_eq!(history(&mut ann, lobby)[0]["redacted"], true);
}

#[test]
fn one_signs_in_once_and_the_terminal_is_given_back() {
    let server = launch().start();
    add_member(&server, "ann");
    let terminal = chat(&server, "--name ann --room tea");
    terminal.expect("Password:");
    terminal.keys(&["C-c"]);
    terminal.expect("given up");
    // What is typed into the shell is shown again: the command, and what it says.
    terminal.line("echo shown");
    terminal.expect_that("the typing", |screen| screen.matches("shown").count() == 2);
    terminal.line("clear");
    terminal.expect_that("an empty screen", |screen| !screen.contains("Password:"));
    start(&terminal, &server, "--name ann --room tea");
    terminal.expect("Password:");
    terminal.line("not the password");
    terminal.expect("parlor: ");
    start(&terminal, &server, "--name ann --room tea");
    terminal.expect_that("a second question", |screen| screen.matches("Password:").count() == 2);
    terminal.line(SECRET);
    terminal.expect("Message #tea");
    terminal.keys(&["C-c"]);
    terminal.expect("--room tea");
    start(&terminal, &server, "");
    terminal.expect("#tea");
    terminal.line("/quit");
    terminal.expect("--room tea");
    start(&terminal, &server, "--sign-out");
    terminal.expect("signed out");
    start(&terminal, &server, "--sign-out");
    terminal.expect("nobody was signed in");
}

#[test]
fn without_a_terminal_nobody_is_asked_for_a_password() {
    let server = launch().start();
    add_member(&server, "ann");
    let terminal = Terminal::start("sh", &[]);
    let program = server.binary().display();
    let chat = format!("{program} chat --server http://{} --name ann", server.http());
    terminal.line(&format!("{chat} | cat"));
    terminal.expect("this needs a terminal");
    terminal.line(&format!("TERM=dumb {chat}"));
    terminal.expect("cannot move its cursor");
    terminal.line(&format!("{chat} --password-stdin </dev/null"));
    terminal.expect("no password on standard input");
    assert!(!terminal.screen().contains("Password:"));
}
