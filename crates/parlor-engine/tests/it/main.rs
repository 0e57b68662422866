//! The engine from outside: real sockets, every model, the same bytes.

mod running;
mod child;
mod scenarios;
mod matrix;
mod drain;
mod limits;
mod starvation;
mod leaks;
mod syscalls;
mod isolation;
