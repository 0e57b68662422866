//! Opens connections, as a trickle or as a storm; each is served once its first message came back.

use std::time::Duration;

use super::connection::{Connection, Read, State, count};
use super::crowd::{Crowd, nanoseconds};
use crate::latency::Latencies;
use crate::limits::CURVE_POINTS;
use crate::order::{Failures, Open, Tally};

/// Connections begun before the others are looked at.
const BATCH: usize = 32;

/// Opens until all are served, or until nothing has changed for the order's patience, which is less
/// once the server has no more room. Those that were never served stay open, as a waiting user would, and take no part in what follows.
pub(super) fn run(crowd: &mut Crowd, order: &Open) -> std::io::Result<Tally> {
    let first = crowd.connections.len();
    let end = first + order.count;
    let ms = |count| nanoseconds(Duration::from_millis(count));
    let at_most = ms(order.at_most_ms);
    let mut opening = Opening::default();
    let mut last_change = 0;
    let mut ready = Vec::new();
    while opening.settled() < order.count {
        let mut begun = 0;
        while crowd.connections.len() < end && opening.under_way() < order.at_once && begun < BATCH
        {
            let number = crowd.connections.len();
            opening.begun += 1;
            begun += 1;
            let connection = Connection::begin(order.to, order.source, crowd.now_ns());
            if let Some(fd) = &connection.fd {
                crowd.watch(fd, number)?;
            }
            crowd.connections.push(connection);
            opening.step(crowd, number, order.greet);
        }
        let now = crowd.now_ns();
        let at_wall = order.wall.filter(|wall| first + opening.served_ns.len() >= wall.at);
        let patience = ms(at_wall.map_or(order.patience_ms, |wall| wall.patience_ms));
        let done = opening.settled();
        let until = if begun > 0 { now } else { last_change + patience };
        crowd.wait(until, &mut ready)?;
        for &number in &ready {
            if number >= first && number < end {
                opening.step(crowd, number, order.greet);
            }
        }
        let now = crowd.now_ns();
        if opening.settled() > done || begun > 0 {
            last_change = now;
        }
        if now >= last_change + patience || now >= at_most {
            break;
        }
    }
    Ok(opening.tally(crowd, order))
}

/// How far it has come.
#[derive(Default)]
struct Opening {
    begun: usize,
    /// Also those that failed later.
    connected: usize,
    /// Failed before they were connected.
    lost: usize,
    failures: Failures,
    latency: Latencies,
    /// When each was served.
    served_ns: Vec<u64>,
}

impl Opening {
    /// Served or failed.
    fn settled(&self) -> usize {
        self.served_ns.len() + usize::try_from(self.failures.total()).unwrap_or(usize::MAX)
    }

    /// Begun, and not yet connected.
    fn under_way(&self) -> usize {
        self.begun.saturating_sub(self.connected + self.lost)
    }

    /// Something happened on a connection that is being opened.
    fn step(&mut self, crowd: &mut Crowd, number: usize, greet: bool) {
        let now = crowd.now_ns();
        let connection = &mut crowd.connections[number];
        if connection.settled {
            return;
        }
        let begun_ns = connection.since_ns;
        connection.connected();
        let mut served = false;
        if connection.state == State::Idle && connection.sent == 0 {
            self.connected += 1;
            if greet {
                connection.send(number, begun_ns, false);
            } else {
                served = true;
            }
        }
        if connection.state == State::Waiting {
            served = connection.read(number) == Read::Answer;
        }
        if let State::Failed(failure) = connection.state {
            connection.settled = true;
            self.lost += usize::from(connection.sent == 0);
            count(&mut self.failures, failure);
        } else if served {
            connection.settled = true;
            self.latency.record(now - begun_ns);
            self.served_ns.push(now);
        }
    }

    fn tally(mut self, crowd: &Crowd, order: &Open) -> Tally {
        let served = self.served_ns.len();
        let waiting = crowd.connections.iter().filter(|one| one.state == State::Waiting).count();
        self.failures.unanswered = waiting as u64;
        let missing = (order.count - served) as u64;
        self.failures.unconnected = missing.saturating_sub(self.failures.total());
        let last = self.served_ns.last().copied().unwrap_or(0);
        Tally {
            wanted: order.count as u64,
            answered: served as u64,
            failures: self.failures,
            latency: self.latency,
            seconds: last as f64 / 1e9,
            curve: curve(&self.served_ns),
            ..Tally::default()
        }
    }
}

/// A few points of how many were served by when.
fn curve(served_ns: &[u64]) -> Vec<(f64, f64)> {
    let step = served_ns.len().div_ceil(CURVE_POINTS).max(1);
    let last = served_ns.len().checked_sub(1);
    let places = (0..served_ns.len()).step_by(step).chain(last);
    let mut points: Vec<(f64, f64)> =
        places.map(|at| (served_ns[at] as f64 / 1e6, (at + 1) as f64)).collect();
    points.dedup();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_keeps_its_first_and_last_point_and_few_between() {
        let times: Vec<u64> = (1..=10_000).map(|n| n * 1_000_000).collect();
        let points = curve(&times);
        assert!(points.len() <= CURVE_POINTS + 1);
        assert_eq!(points.first(), Some(&(1.0, 1.0)));
        assert_eq!(points.last(), Some(&(10_000.0, 10_000.0)));
        assert!(curve(&[]).is_empty());
    }
}
