//! The product from outside: the real binary, driven by the programs that people use.
//!
//! One binary for all of them, so that it is linked once. Each module is one promise; each test
//! starts a server of its own on free ports with a data directory of its own. What needs irssi,
//! WeeChat, `nc`, tmux or Chromium fails with the command that installs them.

#![expect(clippy::unwrap_used, reason = "a test fails with whatever it did not expect")]
#![expect(clippy::disallowed_methods, reason = "tests wait on the real clock, within a deadline")]

mod scene;
mod readme;
mod nc;
mod accounts;
mod models;
mod irc_socket;
mod irc_clients;
mod devices;
mod hostile;
mod data_dir;
mod durability;
mod browser;
mod together;
mod terminal;
mod lab;
