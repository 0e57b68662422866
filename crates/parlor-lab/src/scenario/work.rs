//! `work`: some requests compute, and the others have to wait for them or not.

use super::{Scenario, Steady, connection_cases, largest, no_floors, steady};
use crate::chart::{Figure, bars};
use crate::order::Task;
use crate::record::{CPU, FAILED, P50, P99, P999, RATE, Row, SERVED};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "work",
    title: "One request in a hundred computes",
    question: "100 clients send 2,000 requests a second; one in a hundred costs 10 ms of processor \
        time. The figures are those of the other ninety-nine: do they have to wait behind it? An \
        event loop can do one thing at a time; threads are taken turns with by the kernel.",
    task: Task::Work,
    cases: |plan| connection_cases(plan.counts(&[100], &[100])),
    host: no_floors,
    measure: |bench, _, subject, case| steady(bench, subject, case, &CLIENTS),
    columns: &[&SERVED, &RATE, &P50, &P99, &P999, &CPU, &FAILED],
    figures,
};

/// Of so many requests one computes, for ten milliseconds.
const CLIENTS: Steady =
    Steady { task: Task::Work, rate_each: 20.0, by_design_ms: 10, heavy_every: Some(100) };

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let rows = &largest(rows)[..];
    vec![
        bars(
            rows,
            &P50,
            "Median latency of the light requests",
            "A fifth of the processor's time goes to the heavy ones.",
        ),
        bars(
            rows,
            &P99,
            "99th percentile of the light requests",
            "About 10,000 µs and more: they wait for a heavy one to end. On one processor even \
             threads share its time; computation belongs on a thread of its own.",
        ),
    ]
}
