//! Chat in a terminal: the same rooms as the page, over the same live protocol.
//!
//! # Words
//! - A **conversation** is a room or the private messages with one person; it is a window of its
//!   history, not all of it.
//! - A **frame** is one JSON text of the live protocol (`docs/protocol.md`).
//! - The **outbox** holds what was said and is not acknowledged.
//!
//! # Layout
//! - `wire`: text ⇄ frames; `state`: what events change; `ui`: what keys and answers change;
//!   `view`: the screen. All four do no I/O, and time is an argument.
//! - `link`: the connection, on a thread of its own, which comes back by itself.
//! - `screen`: the terminal itself; `run`: the loop that joins them. `signin`, `memory`: how one comes in.
//!
//! # Invariants
//! - Nothing typed is lost: a message waits for the connection and is sent once, whatever breaks.
//! - Nothing from outside reaches the terminal but through `printable`: no message can move the
//!   cursor or answer for the reader.
//! - It needs no other crate of ours: it speaks the written protocol, as any program may.

mod limits;
mod error;
mod address;
mod signin;
mod memory;
mod printable;
mod wire;
mod link;
mod state;
mod composer;
mod slash;
mod ui;
mod view;
mod screen;
mod run;

pub use crate::{
    address::ServerUrl,
    error::Error,
    memory::Memory,
    run::{Ended, look_for_terminal, run},
    signin::{Session, is_signed_in, sign_in, sign_out},
};
