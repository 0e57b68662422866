//! Signals: SIGTERM and SIGINT drain the server; a second one ends the process at once.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::thread;

use anyhow::Context;
use parlor_engine::Shutdown;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::{exit, pipe};

/// Exit code of a process ended by the second signal, as a shell would report SIGTERM.
const EXIT_CODE_SECOND_SIGNAL: i32 = 143;

/// Triggers `shutdown` on the first signal.
///
/// Signals arrive as bytes in a pipe, read by a thread of its own: no signal handler does more than
/// write one byte.
pub(crate) fn drain_on(shutdown: Shutdown) -> anyhow::Result<()> {
    let (mut arrived, sender) = UnixStream::pair().context("could not watch for signals")?;
    for signal in [SIGTERM, SIGINT] {
        let sender = sender.try_clone().context("could not watch for signals")?;
        pipe::register(signal, sender).context("could not watch for signals")?;
    }
    let watch = move || {
        let mut byte = [0];
        if arrived.read_exact(&mut byte).is_ok() {
            tracing::info!("asked to stop: draining");
            shutdown.trigger();
        }
        if arrived.read_exact(&mut byte).is_ok() {
            exit(EXIT_CODE_SECOND_SIGNAL);
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(watch)
        .context("could not watch for signals")?;
    Ok(())
}
