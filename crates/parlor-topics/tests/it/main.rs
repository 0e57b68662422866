//! The contract of the store, tested from outside: what it promises, under load, under failure
//! and after a crash.

mod support;
mod writes;
mod subscriptions;
mod lagging;
mod model;
mod disk;
mod crash;
