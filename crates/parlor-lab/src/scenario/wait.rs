//! `wait`: each request waits for something else, such as a database.

use super::{Scenario, Steady, connection_cases, largest, no_floors, of_case, steady};
use crate::chart::{Figure, bars};
use crate::order::Task;
use crate::record::{CPU, FAILED, P50, P99, RATE, Row, SERVED};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "wait",
    title: "Each request waits 50 ms",
    question: "200 clients send 2,000 requests a second, and each waits 50 ms before it is answered, \
        as for a database: 100 are waiting at any time. Where a waiting request keeps a thread or a \
        seat, the number of those is what one can have.",
    task: Task::Wait,
    cases: |plan| connection_cases(plan.counts(&[200], &[200])),
    host: no_floors,
    measure: |bench, _, subject, case| steady(bench, subject, case, &CLIENTS),
    columns: &[&SERVED, &RATE, &P50, &P99, &CPU, &FAILED],
    figures,
};

/// Each request waits for fifty milliseconds.
const CLIENTS: Steady =
    Steady { task: Task::Wait, rate_each: 10.0, by_design_ms: 50, heavy_every: None };

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
