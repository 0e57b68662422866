//! `slow`: clients that send as fast as they may and read a kilobyte a second, beside ordinary ones.

use std::time::Duration;

use super::{Opened, Scenario, case, no_floors, open, variant};
use crate::bench::{Bench, pace};
use crate::chart::{Figure, bars};
use crate::order::{Order, Pace, Slow, Task};
use crate::plan::Plan;
use crate::record::{
    CPU, Case, FAILED, KERNEL_EACH, P50, P99, RATE, Row, SERVED, STACK_EACH, Sample, USER_EACH,
};
use crate::subject::Subject;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "slow",
    title: "Slow readers among the clients",
    question: "200 clients send 5,000 messages a second; then the same beside 20 more that send as \
        much as the server takes and read 1,000 bytes a second of it. Do the others notice, and how \
        much does the server keep for each slow one?",
    task: Task::Echo,
    cases: |_| vec![case("no slow readers", 0, "none"), case("20 slow readers", SLOW, "slow")],
    host: no_floors,
    measure,
    columns: &[&SERVED, &RATE, &P50, &P99, &CPU, &USER_EACH, &KERNEL_EACH, &STACK_EACH, &FAILED],
    figures,
};

/// Ordinary clients.
const CLIENTS: usize = 200;

/// Their messages a second, all together.
const RATE_ALL: f64 = 5_000.0;

/// Slow ones.
const SLOW: usize = 20;

/// What a slow one reads.
const SLOW_BYTES_PER_SECOND: u64 = 1_000;

fn measure(bench: &Bench, _: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let Opened { mut server, mut load, served } =
        open(bench, Task::Echo, subject, CLIENTS, &mut sample)?;
    let rate = RATE_ALL * served as f64 / CLIENTS as f64;
    let order = Pace::new(rate, CLIENTS, bench.times.pace_ms);
    load.warm_up(&order)?;
    let before = (case.amount > 0).then(|| server.memory());
    if case.amount > 0 {
        let slow = Slow {
            to: server.address,
            count: case.amount,
            bytes_per_second: SLOW_BYTES_PER_SECOND,
        };
        load.perform(Duration::from_secs(1), |_, _| Order::Slow(slow.clone()))?;
        // Until what they send has filled all that there is to fill.
        load.pace(&order)?;
    }
    pace(&mut server, &mut load, &order)?.describe(rate, &mut sample);
    if let Some(before) = before {
        sample.add_memory(server.memory().since(before), case.amount);
    }
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let (none, slow) = (variant(rows, "none"), variant(rows, "slow"));
    vec![
        bars(
            &none,
            &P50,
            "Median latency without slow readers",
            "What the next chart is to be compared with.",
        ),
        bars(
            &slow,
            &P50,
            "Median latency of the others, beside 20 slow readers",
            "The same is what one wants: a slow reader is nobody else's business.",
        ),
        bars(
            &slow,
            &USER_EACH,
            "User-space memory kept for one slow reader",
            "The handler stops receiving when it can't send, so what is kept is bounded by the \
             buffer that it holds; the rest stays with the kernel and the client.",
        ),
    ]
}
