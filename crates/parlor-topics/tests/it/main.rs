//! The contract of the store, tested from outside: what it promises, under load, under failure
//! and after a crash.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![expect(clippy::print_stdout, reason = "what was skipped or counted is said in the output")]

mod support;
mod writes;
mod subscriptions;
mod lagging;
mod standing;
mod model;
mod disk;
mod damage;
mod crash;
mod limited;
