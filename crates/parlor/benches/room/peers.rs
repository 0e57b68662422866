//! Debian's IRC servers, set up so that nothing of theirs is in the way: no limits for an address,
//! no flood control, no look-ups, buffers that hold what is measured.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::door::Door;

const PATIENCE: Duration = Duration::from_secs(30);

/// Whether the program is there, after an attempt to install it.
pub(crate) fn install(name: &str) -> bool {
    let there = || Path::new("/usr/sbin").join(name).is_file();
    if !there() {
        println!("installing Debian's {name}");
        let quiet = || Stdio::null();
        let apt = |arguments: &[&str]| {
            Command::new("apt-get").args(arguments).stdout(quiet()).stderr(quiet()).status().ok()
        };
        apt(&["update"]);
        apt(&["install", "-y", name]);
    }
    if !there() {
        println!("{name} is not there and could not be installed; it is left out");
    }
    there()
}

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

pub(crate) fn ngircd(folder: &TempDir) -> (Child, Door) {
    let address = free();
    let file = folder.path().join("ngircd.conf");
    let text = format!(
        "[Global]\nName = bench.local\nInfo = bench\nListen = 127.0.0.1\nPorts = {}\n\
         MotdPhrase = \"bench\"\nServerUID = {}\nServerGID = {}\n\
         [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxNickLength = 32\n\
         MaxPenaltyTime = 0\nPingTimeout = 3600\nPongTimeout = 3600\n\
         [Options]\nDNS = no\nIdent = no\nPAM = no\nSyslogFacility = local1\n",
        address.port(),
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    fs::write(&file, text).unwrap();
    start(Command::new("/usr/sbin/ngircd").arg("-n").arg("-f").arg(&file), address)
}

pub(crate) fn inspircd(folder: &TempDir) -> (Child, Door) {
    let address = free();
    let file = folder.path().join("inspircd.conf");
    let motd = folder.path().join("motd");
    fs::write(&motd, "bench\n").unwrap();
    let text = format!(
        "<server name=\"bench.local\" description=\"bench\" network=\"bench\">\n\
         <admin name=\"bench\" nick=\"bench\" email=\"bench@bench.local\">\n\
         <bind address=\"127.0.0.1\" port=\"{}\" type=\"clients\">\n\
         <connect allow=\"*\" timeout=\"60\" pingfreq=\"3600\" hardsendq=\"64M\" softsendq=\"64M\" \
         recvq=\"64M\" threshold=\"1000000\" commandrate=\"1000000000\" fakelag=\"no\" \
         localmax=\"30000\" globalmax=\"30000\" resolvehostnames=\"no\" useconnectban=\"no\" \
         useident=\"no\" limit=\"30000\" maxchans=\"100\">\n\
         <files motd=\"{}\">\n\
         <performance netbuffersize=\"65534\" somaxconn=\"4096\" softlimit=\"30000\" \
         quietbursts=\"yes\">\n\
         <pid file=\"{}\">\n",
        address.port(),
        motd.display(),
        folder.path().join("pid").display(),
    );
    fs::write(&file, text).unwrap();
    let mut command = Command::new("/usr/sbin/inspircd");
    command.args(["--nofork", "--runasroot", "--config"]).arg(&file);
    start(&mut command, address)
}

/// Starts it and waits until it listens.
fn start(command: &mut Command, address: SocketAddr) -> (Child, Door) {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begin = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(begin.elapsed() < PATIENCE, "{command:?} does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    (child, Door::Irc(address))
}
