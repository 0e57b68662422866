//! Connect, send, receive, close: clients that come at their due times and want one answer each.

use std::time::Duration;

use rustix::net::sockopt;

use super::connection::{Connection, Failure, Read, State, count};
use super::crowd::{Crowd, nanoseconds};
use super::schedule::Schedule;
use crate::limits::ONESHOT_LIVE_MAX;
use crate::order::{Oneshot, Tally};

/// Lets the clients come. Latency is from the due time to the whole answer.
pub(super) fn run(crowd: &mut Crowd, order: &Oneshot) -> std::io::Result<Tally> {
    let schedule = Schedule::new(order.rate, order.duration_ms, 1).in_bursts(order.burst);
    let end_ns = nanoseconds(Duration::from_millis(order.duration_ms));
    let give_up_ns = end_ns + nanoseconds(Duration::from_millis(order.patience_ms));
    let mut clients = Clients::default();
    let mut tally = Tally {
        wanted: schedule.total(),
        seconds: order.duration_ms as f64 / 1e3,
        ..Tally::default()
    };
    let mut next = 0;
    let mut ready = Vec::new();
    crowd.connections.clear();
    loop {
        let now = crowd.now_ns();
        while next < schedule.total()
            && schedule.due_ns(next) <= now
            && clients.live < ONESHOT_LIVE_MAX
        {
            let due = schedule.due_ns(next);
            tally.lateness.record(crowd.now_ns().saturating_sub(due));
            let number = clients.begin(crowd, order, due)?;
            clients.step(crowd, number, end_ns, &mut tally);
            next += 1;
        }
        if (next == schedule.total() && clients.live == 0) || now >= give_up_ns {
            break;
        }
        let due = if next < schedule.total() { schedule.due_ns(next) } else { give_up_ns };
        // With no room for another client there is nothing to be in time for.
        let until = if clients.live < ONESHOT_LIVE_MAX { due } else { give_up_ns };
        crowd.wait(until, &mut ready)?;
        for &number in &ready {
            clients.step(crowd, number, end_ns, &mut tally);
        }
    }
    let connecting = crowd.connections.iter().filter(|one| one.state == State::Connecting).count();
    tally.failures.unconnected = connecting as u64 + (schedule.total() - next);
    tally.failures.unanswered = (clients.live - connecting) as u64;
    crowd.connections.clear();
    Ok(tally)
}

/// The clients that are there, in places that are used again.
#[derive(Default)]
struct Clients {
    free: Vec<usize>,
    live: usize,
}

impl Clients {
    fn begin(&mut self, crowd: &mut Crowd, order: &Oneshot, due: u64) -> std::io::Result<usize> {
        let connection = Connection::begin(order.to, None, due);
        let number = self.free.pop().unwrap_or(crowd.connections.len());
        if let Some(fd) = &connection.fd {
            // It says goodbye like an ordinary client.
            sockopt::set_socket_linger(fd, None)?;
            crowd.watch(fd, number)?;
        }
        if number < crowd.connections.len() {
            crowd.connections[number] = connection;
        } else {
            crowd.connections.push(connection);
        }
        self.live += 1;
        Ok(number)
    }

    /// Something happened: goes on as far as it can.
    fn step(&mut self, crowd: &mut Crowd, number: usize, end_ns: u64, tally: &mut Tally) {
        let now = crowd.now_ns();
        let Some(connection) = crowd.connections.get_mut(number) else { return };
        connection.connected();
        if connection.state == State::Idle && connection.sent == 0 {
            let due = connection.since_ns;
            connection.send(number, due, false);
        }
        if connection.state == State::Waiting && connection.read(number) == Read::Answer {
            tally.latency.record(now.saturating_sub(connection.since_ns));
            *(if now <= end_ns + IN_TIME_NS { &mut tally.answered } else { &mut tally.late }) += 1;
            self.leave(crowd, number);
        } else if let State::Failed(failure) = connection.state
            && !connection.settled
        {
            count(&mut tally.failures, failure);
            self.leave(crowd, number);
        }
    }

    /// Its place is free. The descriptor is closed with it.
    fn leave(&mut self, crowd: &mut Crowd, number: usize) {
        let connection = &mut crowd.connections[number];
        connection.fail(Failure::Generator);
        connection.settled = true;
        self.free.push(number);
        self.live -= 1;
    }
}

/// A client that comes at the very end may take this long and still be in time.
const IN_TIME_NS: u64 = 20_000_000;
