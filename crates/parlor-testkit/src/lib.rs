//! Real programs, scripted peers and ledgers: what several crates' tests need, kept in one place.
//!
//! A test drives the product from outside: [`program`] starts the real binary on free ports and
//! kills it when the test ends, [`irc_client`] and [`http_client`] are small scripted peers,
//! [`tmux`], [`weechat`] and [`browser`] drive the programs that people use. A [`ledger`] keeps
//! outside what a program acknowledged before it was killed. For the tests of the crates below the
//! server there is an [`executor`], an [`ear`] on topics, and a [`crowd`]. Every wait has a
//! [`deadline`]; when one passes, the test fails with what was waited for and what was seen
//! instead. A program that isn't installed fails the test with the command that installs it; it is
//! never a reason to skip.

#![expect(clippy::disallowed_methods, reason = "tests wait on the real clock, within a deadline")]

pub mod deadline;
pub mod executor;
pub mod ear;
pub mod crowd;
pub mod program;
pub mod irc_client;
pub mod irc_framework;
pub mod http_client;
pub mod tool;
pub mod tmpfs;
pub mod ledger;
pub mod seed;
pub mod tmux;
pub mod weechat;
pub mod browser;
