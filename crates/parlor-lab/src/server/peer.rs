//! Somebody else's server, started by the shell and watched.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use parlor_engine::time;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::child::Complaint;
use crate::limits::START_PATIENCE;

/// The program, with everything that it started; killed when dropped.
pub(super) struct Peer {
    child: Child,
    complaint: Complaint,
}

/// Starts the command with a free port in `PORT` and waits until something listens there, or
/// until the lab has gone.
pub(super) fn start(
    command: &str,
    questions: &Receiver<String>,
) -> Result<(Peer, SocketAddr), String> {
    let address = free_port().map_err(|error| format!("there is no free port: {error}"))?;
    let mut child = Command::new("sh")
        .args(["-c", command])
        .env("PORT", address.port().to_string())
        .env("HOST", address.ip().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // A group of its own, so that all of it can be ended together.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("it does not start: {error}"))?;
    let complaint = child.stderr.take().map(Complaint::listen).unwrap_or_default();
    let mut peer = Peer { child, complaint };
    let deadline = time::now() + START_PATIENCE;
    while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
        peer.look()?;
        if questions.try_recv() == Err(TryRecvError::Disconnected) {
            return Err("the lab has ended".to_owned());
        }
        if time::now() > deadline {
            let seconds = START_PATIENCE.as_secs();
            return Err(format!(
                "nothing listens on its port (PORT={}) after {seconds} s",
                address.port()
            ));
        }
        #[expect(clippy::disallowed_methods, reason = "nobody announces that a port is open")]
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((peer, address))
}

/// A port that was free a moment ago.
fn free_port() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

impl Peer {
    /// An error if it has ended, with its last words.
    pub(super) fn look(&mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("it ended ({status}){}", self.complaint.last())),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process_group(group, Signal::KILL).ok();
        }
        self.child.wait().ok();
    }
}
