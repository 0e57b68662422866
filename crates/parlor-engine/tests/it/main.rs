//! The engine from outside: real sockets, every model, the same bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what is skipped is said")]

mod running;
mod child;
mod processes;
mod scenarios;
mod matrix;
mod drain;
mod limits;
mod accept;
mod select;
mod pool;
mod prefork;
mod starvation;
mod direct;
mod leaks;
mod memory;
mod syscalls;
mod isolation;
mod examples;
