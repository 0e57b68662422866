//! What the machine knows of the server: its names and words, and what may be asked of it. The same
//! for all clients, and but for two values the same from the start to the end.

use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

use parlor_chat::RoomName;

use crate::isupport;

/// What is the same for all clients of a server.
#[derive(Debug)]
pub struct Server {
    /// Its name in prefixes.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// The network's name.
    pub network: String,
    /// Name and version of the program.
    pub version: String,
    /// When it was started, as people read it.
    pub created: String,
    /// The connection password, if there is one.
    pub password: Option<String>,
    /// The message of the day, line by line.
    pub motd: Vec<String>,
    /// The lobby's name, if there is one.
    pub lobby: Option<RoomName>,
    /// The tokens of 005, line by line.
    pub isupport: Vec<Vec<String>>,
    /// What a gateway says before WEBIRC is believed.
    pub gateway_password: Option<String>,
    /// Those who may become operators.
    pub operators: Vec<Operator>,
    /// How many operators are here.
    pub operators_here: AtomicUsize,
    /// Where browsers reach the page, without a slash at the end; absent if there is none.
    pub page: OnceLock<String>,
}

/// Somebody who may keep order on the whole server.
#[derive(Clone, PartialEq, Eq)]
pub struct Operator {
    /// The name given with OPER.
    pub name: String,
    /// The password given with it.
    pub password: String,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Server {
    /// Prepares what [`isupport`] says.
    pub fn isupport(network: &str, icon: Option<&str>) -> Vec<Vec<String>> {
        isupport::lines(network, icon)
    }

    /// A server without anything special, for tests.
    pub fn named(name: &str, network: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: "A Parlor".to_owned(),
            network: network.to_owned(),
            version: "parlor".to_owned(),
            created: String::new(),
            password: None,
            motd: Vec::new(),
            lobby: None,
            isupport: Self::isupport(network, None),
            gateway_password: None,
            operators: Vec::new(),
            operators_here: AtomicUsize::new(0),
            page: OnceLock::new(),
        }
    }
}
