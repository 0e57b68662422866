//! The closed loop: each connection sends its next message when the last one is answered.
//!
//! It finds the greatest rate. Its latencies say how long a client waited that was polite enough to
//! wait, so they are shown only where a closed loop was asked for, and labelled.

use std::time::Duration;

use super::connection::{Read, State, count};
use super::crowd::{Crowd, nanoseconds};
use crate::limits::ANSWER_GRACE;
use crate::order::{Flat, Tally};

/// Keeps one message on its way on each connection.
pub(super) fn run(crowd: &mut Crowd, order: &Flat) -> std::io::Result<Tally> {
    let served = crowd.connections.iter().enumerate();
    let served = served.filter(|(_, one)| one.state == State::Idle && one.fd.is_some());
    let members: Vec<usize> = served.map(|(number, _)| number).take(order.active).collect();
    let end_ns = nanoseconds(Duration::from_millis(order.duration_ms));
    let give_up_ns = end_ns + nanoseconds(ANSWER_GRACE);
    let mut member = vec![false; crowd.connections.len()];
    members.iter().for_each(|number| member[*number] = true);
    let mut tally = Tally::default();
    let mut left = vec![order.each.unwrap_or(u64::MAX); crowd.connections.len()];
    let mut outstanding = 0;
    let mut last_ns = 0;
    for number in &members {
        let now = crowd.now_ns();
        send(crowd, *number, now, &mut left, &mut outstanding, &mut tally);
    }
    let mut ready = Vec::new();
    while outstanding > 0 {
        let now = crowd.now_ns();
        if now >= give_up_ns {
            break;
        }
        crowd.wait(give_up_ns, &mut ready)?;
        let now = crowd.now_ns();
        for &number in &ready {
            let Some(connection) = crowd.connections.get_mut(number) else { continue };
            let waited = connection.state == State::Waiting;
            if !member[number] {
                // An answer to an earlier order's question, or none at all.
                connection.read(number);
                continue;
            }
            match connection.read(number) {
                Read::Nothing => {}
                Read::Failed => {
                    if let State::Failed(failure) = connection.state {
                        count(&mut tally.failures, failure);
                    }
                    outstanding -= usize::from(waited);
                }
                Read::Answer => {
                    tally.latency.record(now.saturating_sub(connection.since_ns));
                    outstanding -= 1;
                    last_ns = now;
                    if now <= end_ns {
                        tally.answered += 1;
                        send(crowd, number, now, &mut left, &mut outstanding, &mut tally);
                    } else {
                        tally.late += 1;
                    }
                }
            }
        }
    }
    tally.failures.unanswered += outstanding as u64;
    tally.seconds = last_ns.min(end_ns).max(1) as f64 / 1e9;
    tally.wanted = tally.answered + tally.late + tally.failures.total();
    Ok(tally)
}

fn send(
    crowd: &mut Crowd,
    number: usize,
    now: u64,
    left: &mut [u64],
    outstanding: &mut usize,
    tally: &mut Tally,
) {
    if left[number] == 0 {
        return;
    }
    left[number] -= 1;
    let connection = &mut crowd.connections[number];
    connection.send(number, now, false);
    match connection.state {
        State::Failed(failure) => count(&mut tally.failures, failure),
        _ => *outstanding += 1,
    }
}
