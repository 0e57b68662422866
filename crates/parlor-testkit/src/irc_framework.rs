//! An IRC client made of irc-framework, the protocol library of The Lounge and Kiwi IRC.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::browser::node_modules;
use crate::program::Process;
use crate::tool;

/// Starts one that signs in, as `account` or `account@device`, and joins a room. What it may be
/// told and what it says stands in `node/irc.mjs`.
#[track_caller]
pub fn start(
    address: SocketAddr,
    nick: &str,
    account: &str,
    password: &str,
    room: &str,
) -> Process {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/irc.mjs");
    let mut command = Command::new(tool::find("node"));
    command.arg(script).env("PARLOR_NODE_MODULES", node_modules());
    command.args([&address.port().to_string(), nick, account, password, room]);
    Process::interactive(&mut command)
}
