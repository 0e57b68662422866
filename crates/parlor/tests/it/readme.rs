//! What the README promises about starting and stopping, and what a mistake on the command line
//! gets for an answer.

use std::net::TcpStream;
use std::process::{Command, Output};
use std::time::Duration;

use parlor_testkit::deadline::PATIENCE;
use parlor_testkit::irc_client::IrcClient;
use parlor_testkit::program;

use crate::scene::launch;

/// The product's promise for a server with idle connections.
const DRAIN: Duration = Duration::from_secs(2);

fn parlor(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    program::run(command.args(arguments), b"", PATIENCE)
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_ready_line_names_what_really_listens() {
    let server = launch().start();
    for address in [server.http(), server.irc()] {
        assert_ne!(address.port(), 0);
        assert!(address.ip().is_loopback(), "{address} is not safe by default");
        TcpStream::connect(address).unwrap();
    }
    assert!(server.ready().model.starts_with("epoll"), "{:?}", server.ready());
}

#[test]
fn a_listener_that_is_off_is_not_there() {
    let server = launch().http("off").start();
    assert_eq!(server.ready().http, None);
    IrcClient::guest(server.irc(), "ann");
    let server = launch().irc("off").start();
    assert_eq!(server.ready().irc, None);
    TcpStream::connect(server.http()).unwrap();
    let output = launch().http("off").irc("off").run_to_end();
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("nothing to serve"), "{output:?}");
}

#[test]
fn an_idle_server_drains_quickly() {
    let mut server = launch().start();
    let mut guests: Vec<IrcClient> =
        ["ann", "bob", "cat"].iter().map(|nick| IrcClient::guest(server.irc(), nick)).collect();
    let _browser = TcpStream::connect(server.http()).unwrap();
    let (status, took) = server.terminate();
    assert!(status.success(), "{status}: {}", server.output());
    assert!(took <= DRAIN, "draining took {took:?}");
    for guest in &mut guests {
        guest.expect_closed(PATIENCE);
    }
}

#[test]
fn an_address_in_use_is_said_with_the_address() {
    let server = launch().start();
    let address = server.irc().to_string();
    let output = launch().irc(&address).run_to_end();
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).contains(&address), "{output:?}");
}

#[test]
fn a_mistake_on_the_command_line_gets_a_suggestion() {
    let cases: &[(&[&str], &str)] = &[
        (&["serve", "--htpp", "off"], "--http"),
        (&["srve"], "serve"),
        (&["serve", "--model", "epol"], "epoll"),
        (&["serve", "--http", "off", "--irc", "off"], "nothing to serve"),
        (&["user", "addd", "ann"], "add"),
    ];
    let data = tempfile::tempdir().unwrap();
    for (arguments, expected) in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        command.args(*arguments).current_dir(data.path());
        let output = program::run(&mut command, b"", PATIENCE);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(complaint(&output).contains(expected), "{arguments:?}: {}", complaint(&output));
    }
}

#[test]
fn a_mistake_in_the_configuration_gets_a_suggestion() {
    let cases = [
        ("[irc]\nlobbby = '#x'\n", "irc.lobby"),
        ("[accounts]\nregistration = 'sometimes'\n", "registration"),
        ("[server\n", "parlor.toml"),
    ];
    for (text, expected) in cases {
        let output = launch().configuration(text).run_to_end();
        assert_eq!(output.status.code(), Some(2), "{text}: {output:?}");
        assert!(complaint(&output).contains(expected), "{text}: {}", complaint(&output));
    }
}

#[test]
fn the_lab_profile_does_not_leave_the_machine() {
    let output = launch().irc("0.0.0.0:0").flag("--profile").flag("lab").run_to_end();
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("loopback"), "{output:?}");
}

#[test]
fn help_and_version_are_answers() {
    let help = parlor(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    for command in ["serve", "echo", "user", "invite"] {
        assert!(text.contains(command), "{text}");
    }
    let version = parlor(&["--version"]);
    let text = String::from_utf8_lossy(&version.stdout).into_owned();
    assert!(text.contains(env!("CARGO_PKG_VERSION")), "{text}");
}
