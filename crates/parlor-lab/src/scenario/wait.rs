//! `wait`: each request waits for something else, such as a database.

use super::{Opened, Scenario, connection_cases, largest, no_floors, of_case, open};
use crate::bench::{Bench, pace};
use crate::chart::{Figure, bars};
use crate::order::{Pace, Task};
use crate::plan::Plan;
use crate::record::{CPU, Case, FAILED, P50, P99, RATE, Row, SERVED, Sample};
use crate::subject::Subject;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "wait",
    title: "Each request waits 50 ms",
    question: "200 clients send 2,000 requests a second, and each waits 50 ms before it is answered, \
        as for a database: 100 are waiting at any time. Where a waiting request keeps a thread or a \
        seat, the number of those is what one can have.",
    task: Task::Wait,
    cases: |plan| connection_cases(plan.counts(&[200], &[200])),
    host: no_floors,
    measure,
    columns: &[&SERVED, &RATE, &P50, &P99, &CPU, &FAILED],
    figures,
};

/// Requests a second of one client.
const RATE_EACH: f64 = 10.0;

/// How long each waits.
const WAIT_MS: u64 = 50;

fn measure(bench: &Bench, _: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let Opened { mut server, mut load, served } =
        open(bench, Task::Wait, subject, case.amount, &mut sample)?;
    let rate = RATE_EACH * served as f64;
    let order = Pace {
        rate,
        duration_ms: bench.times.pace_ms * 2,
        active: case.amount,
        by_design_ms: WAIT_MS,
        heavy_every: None,
    };
    load.warm_up(&order)?;
    pace(&mut server, &mut load, &order)?.describe(rate, &mut sample);
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let rows = &largest(rows)[..];
    vec![
        bars(
            rows,
            &RATE,
            &format!("Requests answered a second{}", of_case(rows)),
            "Clients without a seat send nothing, so the bar is what is left of the offer of 10 each.",
        ),
        bars(
            rows,
            &P50,
            "Median latency",
            "50,000 µs are the wait itself; what is above is the model's.",
        ),
        bars(rows, &CPU, "CPU time of a request", "A timer, a wake-up, a message."),
    ]
}
