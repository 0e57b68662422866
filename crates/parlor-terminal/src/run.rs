//! The loop: keys and frames come in, the screen is drawn when something has changed.
//!
//! It owns the client's time, its threads and the channel between them.

use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use crossterm::event::{self, Event, KeyEventKind};
use ratatui_core::terminal::Terminal;

use crate::limits::INPUTS_MAX;
use crate::link::{Incoming, Link};
use crate::screen::Screen;
use crate::ui::{Phase, Ui};
use crate::view::{Clock, draw};
use crate::{Error, Session};

/// What the loop waits for.
pub(crate) enum Input {
    /// The person did something.
    Terminal(Event),
    /// The terminal can't be read any more.
    NoTerminal(io::Error),
    /// The connection tells something.
    Link(Incoming),
}

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The person wanted it.
    Quit,
    /// The server ended the session.
    SignedOut,
}

/// Whether there is a terminal to draw on; `kind` is what `TERM` says of it.
///
/// # Errors
///
/// [`Error::NoTerminal`] when standard output is none, [`Error::DumbTerminal`] when it can't be drawn
/// on.
pub fn look_for_terminal(kind: Option<&OsStr>) -> Result<(), Error> {
    if !io::stdout().is_terminal() {
        return Err(Error::NoTerminal);
    }
    if kind.is_some_and(|kind| kind == "dumb") { Err(Error::DumbTerminal) } else { Ok(()) }
}

/// Chats until the person quits. Opens `room` first, or else the first of the list.
///
/// # Errors
///
/// [`Error::NoTerminal`] when standard input or output is no terminal, [`Error::Terminal`] when it
/// fails.
pub fn run(session: Session, room: Option<String>) -> Result<Ended, Error> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Error::NoTerminal);
    }
    let (inputs, taken) = sync_channel(INPUTS_MAX);
    let id = format!("{:016x}", RandomState::new().build_hasher().finish());
    let ui = Ui::new(session.server.place(), room, id);
    let link = Link::start(session, inputs.clone()).map_err(Error::Terminal)?;
    let screen = Screen::take().map_err(Error::Terminal)?;
    let begin = || {
        let terminal = Terminal::new(screen)?;
        listen(inputs)?;
        go_on(terminal, ui, &link, &taken)
    };
    begin().map_err(Error::Terminal)
}

/// Reads the terminal on a thread of its own, which ends with the program.
fn listen(inputs: SyncSender<Input>) -> io::Result<()> {
    let read = move || {
        loop {
            let input = match event::read() {
                Ok(event) => Input::Terminal(event),
                Err(error) => Input::NoTerminal(error),
            };
            let last = matches!(input, Input::NoTerminal(_));
            if inputs.send(input).is_err() || last {
                return;
            }
        }
    };
    thread::Builder::new().name("keys".to_owned()).spawn(read).map(drop)
}

#[expect(clippy::disallowed_methods, reason = "this is where the client's time comes from")]
fn go_on(
    mut terminal: Terminal<Screen>,
    mut ui: Ui,
    link: &Link,
    inputs: &Receiver<Input>,
) -> io::Result<Ended> {
    let clock = Clock::local();
    loop {
        terminal.draw(|frame| draw(frame, &mut ui, &clock, Instant::now()))?;
        send(&mut ui, link);
        let mut next = inputs.recv_timeout(ui.patience(Instant::now()));
        // What has come meanwhile is taken too, and drawn once.
        loop {
            match next {
                Ok(input) => take(&mut ui, input, Instant::now())?,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Quit),
            }
            send(&mut ui, link);
            next = inputs.try_recv().map_err(|_| RecvTimeoutError::Timeout);
        }
        if std::mem::take(&mut ui.bell) {
            io::stdout().write_all(b"\x07")?;
        }
        if ui.quit {
            let out = ui.phase == Phase::SignedOut;
            return Ok(if out { Ended::SignedOut } else { Ended::Quit });
        }
    }
}

fn take(ui: &mut Ui, input: Input, now: Instant) -> io::Result<()> {
    match input {
        Input::Terminal(Event::Key(key)) if key.kind != KeyEventKind::Release => ui.key(key, now),
        Input::Terminal(Event::Paste(text)) => ui.paste(&text),
        Input::Terminal(_) => {}
        Input::NoTerminal(error) => return Err(error),
        Input::Link(incoming) => ui.link(incoming, now),
    }
    Ok(())
}

fn send(ui: &mut Ui, link: &Link) {
    for frame in ui.take_frames() {
        link.send(frame);
    }
    if std::mem::take(&mut ui.hurry) {
        link.now();
    }
}
