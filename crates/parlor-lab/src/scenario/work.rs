//! `work`: some requests compute, and the others have to wait for them or not.

use super::{Opened, Scenario, connection_cases, largest, no_floors, open};
use crate::bench::{Bench, pace};
use crate::chart::{Figure, bars};
use crate::order::{Pace, Task};
use crate::plan::Plan;
use crate::record::{CPU, Case, FAILED, P50, P99, P999, RATE, Row, SERVED, Sample};
use crate::subject::Subject;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "work",
    title: "One request in a hundred computes",
    question: "100 clients send 2,000 requests a second; one in a hundred costs 10 ms of processor \
        time. The figures are those of the other ninety-nine: do they have to wait behind it? An \
        event loop can do one thing at a time; threads are taken turns with by the kernel.",
    task: Task::Work,
    cases: |plan| connection_cases(plan.counts(&[100], &[100])),
    host: no_floors,
    measure,
    columns: &[&SERVED, &RATE, &P50, &P99, &P999, &CPU, &FAILED],
    figures,
};

/// Requests a second of one client.
const RATE_EACH: f64 = 20.0;

/// Of so many requests one computes.
const HEAVY_EVERY: u64 = 100;

fn measure(bench: &Bench, _: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let Opened { mut server, mut load, served } =
        open(bench, Task::Work, subject, case.amount, &mut sample)?;
    let rate = RATE_EACH * served as f64;
    let order = Pace {
        rate,
        duration_ms: bench.times.pace_ms * 2,
        active: case.amount,
        by_design_ms: 10,
        heavy_every: Some(HEAVY_EVERY),
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
