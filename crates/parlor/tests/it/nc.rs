//! The beginner's door: two lines typed into `nc`, and one is in the lobby.

use std::net::SocketAddr;
use std::process::Command;

use parlor_testkit::deadline::Deadline;
use parlor_testkit::program::Process;
use parlor_testkit::tool;

use crate::scene::{LOBBY, guest, launch};

/// `nc` connected to the server.
#[track_caller]
pub(crate) fn netcat(address: SocketAddr) -> Process {
    let mut command = Command::new(tool::find("nc"));
    command.arg(address.ip().to_string()).arg(address.port().to_string());
    Process::interactive(&mut command)
}

#[test]
fn two_lines_lead_into_the_lobby() {
    let server = launch().start();
    let mut bob = guest(&server, "bob");
    let mut ann = netcat(server.irc());
    // `nc` sends what is typed: bare line feeds.
    ann.tell("NICK ann\n");
    ann.tell("USER ann 0 * :Ann\n");
    bob.expect(&format!("JOIN {LOBBY}"));
    ann.expect(&format!("JOIN {LOBBY}"));
    ann.expect(" 366 ann #lobby");
    bob.send(&format!("PRIVMSG {LOBBY} :welcome, ann"));
    ann.expect(&format!("PRIVMSG {LOBBY} :welcome, ann"));
    ann.tell(&format!("PRIVMSG {LOBBY} :thank you\n"));
    let line = bob.expect(&format!("PRIVMSG {LOBBY} :thank you"));
    assert!(line.starts_with(":ann!"), "{line}");
    ann.tell("PRIVMSG bob :just between us\n");
    bob.expect("PRIVMSG bob :just between us");
}

#[test]
fn lines_may_come_in_pieces_and_together() {
    let server = launch().start();
    let mut bob = guest(&server, "bob");
    let mut ann = netcat(server.irc());
    for piece in
        ["NI", "CK an", "n\nUSER a", "nn 0 * :Ann\nPRIVMSG ", "bob :one\nPRIVMSG bob :two\n"]
    {
        ann.tell(piece);
    }
    bob.expect("PRIVMSG bob :one");
    bob.expect("PRIVMSG bob :two");
}

#[test]
fn one_who_hangs_up_is_gone_for_the_others() {
    let server = launch().start();
    let mut bob = guest(&server, "bob");
    let mut ann = netcat(server.irc());
    ann.tell("NICK ann\nUSER ann 0 * :Ann\n");
    bob.expect("JOIN #lobby");
    drop(ann);
    bob.expect(":ann!");
    let gone = Deadline::usual().poll(|| {
        bob.send("WHOIS ann");
        bob.settle().iter().any(|line| line.contains(" 401 ")).then_some(())
    });
    assert!(gone.is_some(), "{}", bob.conversation());
}
