//! The servers under test, each in a process of its own, ended when dropped.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::door::Door;
use crate::{peers, process};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Parlor,
    ParlorLive,
    Ngircd,
    Inspircd,
    Relay,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Parlor, Self::ParlorLive, Self::Ngircd, Self::Inspircd, Self::Relay];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Parlor => "parlor",
            Self::ParlorLive => "parlor:live",
            Self::Ngircd => "ngircd",
            Self::Inspircd => "inspircd",
            Self::Relay => "relay",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        let names = Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.unwrap_or_else(|| panic!("there is no server `{name}`; servers: {names}"))
    }

    /// Whether it can be started here; what is missing is installed if possible, and told if not.
    pub(crate) fn is_there(self) -> bool {
        match self {
            Self::Ngircd | Self::Inspircd => peers::install(self.name()),
            Self::Parlor | Self::ParlorLive | Self::Relay => true,
        }
    }

    /// Whether so many clients can join within the benchmark's patience, as far as is known:
    /// ngIRCd's joins grow with the square of the room, and took minutes for 1,600.
    pub(crate) fn can_hold(self, clients: usize) -> bool {
        self != Self::Ngircd || clients <= 1_000
    }
}

/// A server that listens.
pub(crate) struct Server {
    child: Child,
    /// Where its clients connect, and what they speak.
    pub(crate) door: Door,
    _folder: TempDir,
}

impl Server {
    pub(crate) fn start(kind: Kind, model: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (child, door) = process::apart(|| match kind {
            Kind::Parlor | Kind::ParlorLive => parlor(&folder, model),
            Kind::Ngircd => peers::ngircd(&folder),
            Kind::Inspircd => peers::inspircd(&folder),
            Kind::Relay => relay(),
        });
        let mut server = Self { child, door, _folder: folder };
        if kind == Kind::ParlorLive {
            server.door = server.live_door();
        }
        server
    }

    /// Seconds of CPU it has used.
    pub(crate) fn cpu_s(&self) -> f64 {
        process::cpu_s(&self.child.id().to_string())
    }

    /// Its resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> f64 {
        process::resident_kib(&self.child.id().to_string())
    }

    /// Makes the accounts whose pages the clients will be.
    fn live_door(&self) -> Door {
        let Door::Parlor { http, data, .. } = &self.door else { unreachable!("it is Parlor") };
        Door::live(*http, data)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn parlor(folder: &TempDir, model: &str) -> (Child, Door) {
    let data = folder.path().to_str().unwrap().to_owned();
    let mut child = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(["serve", "--profile", "lab", "--http", "127.0.0.1:0", "--irc", "127.0.0.1:0"])
        .args(["--model", model, "--data", &data])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let ready = line_with(&mut child, "ready ");
    let address = |name: &str| -> SocketAddr {
        let mut words = ready.split_whitespace();
        words.find_map(|word| word.strip_prefix(name)).unwrap().parse().unwrap()
    };
    let door = Door::Parlor { irc: address("irc="), http: address("http="), data };
    (child, door)
}

fn relay() -> (Child, Door) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("--relay")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = line_with(&mut child, "relay ");
    let address = line.strip_prefix("relay ").unwrap().parse().unwrap();
    (child, Door::Irc(address))
}

/// The first line of its output that begins so.
fn line_with(child: &mut Child, beginning: &str) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().starts_with(beginning)).unwrap().unwrap()
}
