//! The generator's side of a measurement: a process of its own with thousands of connections.
//!
//! One thread and one epoll, pinned to a processor that the server does not use. It compares every
//! byte that comes back with what was sent, and keeps an account of its own: how late it sent, and
//! for what share of the time it was not waiting. A generator that is always busy measures itself.

pub(crate) mod message;
pub(crate) mod schedule;
pub(crate) mod crowd;
mod connection;
mod opening;
mod pace;
mod flat;
mod oneshot;
mod broadcast;
mod slow;

use std::io::BufRead;
use std::num::NonZeroU64;

use crate::child::say;
use crate::load::crowd::Crowd;
use crate::order::{Order, Tally};
use crate::server::pin;

/// Does what standard input says until it ends. The one argument is the processor to use.
///
/// # Errors
///
/// When standard input or output is broken.
pub fn load_main(processor: Option<usize>) -> std::io::Result<()> {
    if let Some(processor) = processor {
        pin(processor);
    }
    // Sleeps end when they are over, not up to 50 µs later.
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1)).ok();
    let mut crowd = Crowd::new(processor.is_some())?;
    for line in std::io::stdin().lock().lines() {
        let order = serde_json::from_str(&line?).map_err(|error| error.to_string());
        say(&order.and_then(|order| perform(&mut crowd, order).map_err(|e| e.to_string())))?;
    }
    Ok(())
}

fn perform(crowd: &mut Crowd, order: Order) -> std::io::Result<Tally> {
    crowd.begin();
    let mut tally = match order {
        Order::Open(order) => opening::run(crowd, &order),
        Order::Pace(order) => pace::run(crowd, &order),
        Order::Flat(order) => flat::run(crowd, &order),
        Order::Oneshot(order) => oneshot::run(crowd, &order),
        Order::Broadcast(order) => broadcast::run(crowd, &order),
        Order::Slow(order) => slow::open(crowd, &order),
    }?;
    crowd.account(&mut tally);
    Ok(tally)
}
