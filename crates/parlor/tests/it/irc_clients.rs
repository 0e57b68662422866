//! Real IRC clients through their day: come, talk, lose the connection, come back, catch up.
//!
//! irssi and WeeChat do so in `together.rs`, with the page.

use std::fs;
use std::path::Path;
use std::process::Command;

use parlor_testkit::deadline::Deadline;
use parlor_testkit::irc_client::IrcClient;
use parlor_testkit::irc_framework;
use parlor_testkit::program::{Process, Server};
use parlor_testkit::tool;
use tempfile::TempDir;

use crate::scene::{LOBBY, NO_GRACE, SECRET, add_member, guest, launch, member};

/// A password that is one word of a line, as `ii` sends it.
const ONE_WORD: &str = "correct-horse-battery";

/// `ii`, whose connection is a folder: a pipe to write to and a file to read for each room.
struct Ii {
    // Declared before the folder, so that the program ends before its files go.
    _process: Process,
    folder: TempDir,
}

impl Ii {
    fn start(server: &Server, nick: &str, account: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("parlor-ii-").tempdir().unwrap();
        let mut command = Command::new(tool::find("ii"));
        command.args(["-s", "127.0.0.1", "-p", &server.irc().port().to_string(), "-n", nick]);
        command.arg("-i").arg(folder.path()).args(["-k", "IIPASS"]);
        command.env("IIPASS", format!("{account}:{ONE_WORD}"));
        Self { _process: Process::start(&mut command), folder }
    }

    /// Writes a line to the server's pipe (no room) or a room's.
    fn write(&self, room: &str, line: &str) {
        let pipe = self.folder.path().join("127.0.0.1").join(room).join("in");
        Deadline::usual().wait("ii's pipe", || pipe.exists().then_some(()));
        fs::write(&pipe, format!("{line}\n")).unwrap();
    }

    fn expect(&self, room: &str, text: &str) {
        let file = self.folder.path().join("127.0.0.1").join(room).join("out");
        let seen = || contents(&file).contains(text).then_some(());
        Deadline::usual().wait(format!("{text:?} in ii's file of {room:?}"), seen);
    }
}

fn contents(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

#[test]
fn ii_is_at_home() {
    let mut server = launch().configuration(NO_GRACE).start();
    let added = server.command(&["user", "add", "ann", "--password-stdin"], ONE_WORD);
    assert!(added.status.success(), "{added:?}");
    let mut bob = IrcClient::guest_with(server.irc(), "bob", &["away-notify"]);
    bob.send(&format!("JOIN {LOBBY}"));
    bob.expect(" 366 ");
    let ii = Ii::start(&server, "ann", "ann@files");
    ii.expect("", "There is no message of the day");
    bob.expect(&format!(":ann!ann@member JOIN {LOBBY}"));
    ii.write("", "/j #files");
    ii.expect("#files", "ann");
    ii.write(LOBBY, "hello from a file \u{1f4c1}");
    bob.expect(&format!("PRIVMSG {LOBBY} :hello from a file \u{1f4c1}"));
    bob.send(&format!("PRIVMSG {LOBBY} :hello, file"));
    ii.expect(LOBBY, "<bob> hello, file");
    bob.send("PRIVMSG ann :just between us");
    ii.expect("bob", "<bob> just between us");
    drop(ii);
    bob.expect(":ann!ann@member AWAY :Not connected");
    // It knows no times, so what was said directly comes as a notice that has one.
    bob.send("PRIVMSG ann :are you away?");
    bob.expect(" 301 bob ann :Not connected");
    // Its account is still there when the server is killed and comes back.
    server.restart();
    let mut bob = IrcClient::guest_with(server.irc(), "bob", &["away-notify"]);
    bob.send(&format!("JOIN {LOBBY}"));
    bob.expect(&format!(" 353 bob = {LOBBY} :ann bob"));
    let ii = Ii::start(&server, "ann", "ann@files");
    ii.expect("bob", "] are you away?");
    bob.expect(":ann!ann@member AWAY");
    ii.write(LOBBY, "back in my room");
    bob.expect("back in my room");
}

#[test]
fn a_client_made_of_irc_framework_catches_up_after_every_loss() {
    let mut server = launch().configuration(NO_GRACE).start();
    add_member(&server, "ann");
    add_member(&server, "bob");
    let mut bob = member(&server, "bob");
    let mut lounge = irc_framework::start(server.irc(), "ann", "ann@lounge", SECRET, LOBBY);
    lounge.expect("signed in to ann");
    lounge.expect("registered as ann");
    lounge.expect(&format!("list of {LOBBY} 2"));
    lounge.tell("say hello from a library \u{1f44b}\n");
    let line = bob.expect("hello from a library \u{1f44b}");
    lounge.expect("hello from a library \u{1f44b}");
    let id = line.split("msgid=").nth(1).unwrap().split([';', ' ']).next().unwrap().to_owned();
    bob.send(&format!("@+reply={id} PRIVMSG {LOBBY} :an answer"));
    lounge.expect(&format!("new privmsg bob {id} "));
    bob.send(&format!("@+draft/react=\u{1f44d};+reply={id} TAGMSG {LOBBY}"));
    lounge.expect("\u{1f44d}");
    lounge.tell("monitor eve\n");
    lounge.expect("offline eve");
    let eve = guest(&server, "eve");
    lounge.expect("online eve");
    drop(eve);
    bob.send("NICK robert");
    lounge.expect("nick bob robert");
    // Killed in mid-air: both come back by themselves or are let back, and nothing is missing.
    server.restart();
    lounge.expect("closed");
    let mut bob = member(&server, "bob");
    bob.send(&format!("PRIVMSG {LOBBY} :after the fall"));
    lounge.expect("after the fall");
    drop(lounge);
    bob.expect(" AWAY :Not connected");
    bob.send(&format!("PRIVMSG {LOBBY} :you missed this"));
    bob.expect("you missed this");
    // Another device of the account reads it; the first one still gets it.
    let phone = irc_framework::start(server.irc(), "ann", "ann@phone", SECRET, LOBBY);
    phone.expect("old privmsg bob - ");
    phone.expect("you missed this");
    let lounge = irc_framework::start(server.irc(), "ann", "ann@lounge", SECRET, LOBBY);
    lounge.expect("you missed this");
    assert!(!lounge.output().contains("old privmsg ann"), "{}", lounge.output());
}
