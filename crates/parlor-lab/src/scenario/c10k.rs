//! `c10k`: ten thousand connections, and a load under which it matters how they are served.

use super::{Opened, Scenario, connection_cases, everybody, largest, of_case, open_and_weigh};
use crate::bench::{Bench, pace};
use crate::chart::{Axis, Drawing, Figure, Kind, Lines, Point, Series, bars};
use crate::order::{Pace, Task};
use crate::plan::Plan;
use crate::record::{
    BUSY, CALLS, CPU, CPU_FLOORS, Case, KERNEL_EACH, Metric, P50, P99, P999, PREEMPTIONS, RATE,
    Row, SERVED, STACK_EACH, Sample, USER_EACH, WAITS,
};
use crate::subject::Subject;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "c10k",
    title: "C10K",
    question: "10,000 connections that send 50,000 messages a second together, five each. One \
        message a second each, the C10K of 1999, is passed by a thread for each connection today; \
        this is not.",
    task: Task::Echo,
    cases: |plan| connection_cases(plan.counts(&[10_000], &[2_000])),
    host: everybody,
    measure,
    columns: &[
        &SERVED,
        &RATE,
        &P50,
        &P99,
        &P999,
        &CPU,
        &CPU_FLOORS,
        &CALLS,
        &WAITS,
        &PREEMPTIONS,
        &USER_EACH,
        &KERNEL_EACH,
        &STACK_EACH,
        &BUSY,
    ],
    figures,
};

/// Messages a second of one connection.
const RATE_EACH: f64 = 5.0;

fn measure(bench: &Bench, _: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let (Opened { mut server, mut load, served }, _) =
        open_and_weigh(bench, Task::Echo, subject, case.amount, &mut sample)?;
    if served < case.amount {
        // Fewer clients are another question; `echo` has answered it.
        return Ok(sample);
    }
    let rate = RATE_EACH * case.amount as f64;
    let order = Pace::new(rate, case.amount, bench.times.pace_ms * 2);
    load.warm_up(&order)?;
    pace(&mut server, &mut load, &order)?.describe(rate, &mut sample);
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let rows = &largest(rows)[..];
    let offered = rows.first().map_or(0.0, |row| row.case.amount as f64 * RATE_EACH);
    let title = format!("Messages answered a second, of {} offered", RATE.format(offered));
    vec![
        bars(
            rows,
            &RATE,
            &title,
            "Shorter bars have fallen behind: their clients wait longer and longer. Where there is \
             no bar, not all connections could be held.",
        ),
        bars(
            rows,
            &CPU,
            &format!("CPU time of a message{}", of_case(rows)),
            format!(
                "At this rate a processor has {:.0} µs for each message. Lower is better.",
                1e6 / offered.max(1.0)
            ),
        ),
        spectrum(rows),
    ]
}

/// Latency by share of messages, to the last ones: where tails show.
fn spectrum(rows: &[&Row]) -> Figure {
    let shares = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99];
    // An axis on which each further nine is as far as the one before.
    let place = |share: f64| 1.0 / (1.0 - share / 100.0);
    let series = rows.iter().filter(|row| row.spread(&P50).is_some()).filter_map(|row| {
        let latency = row.latency()?;
        let steps = (0..=40).map(|step| 100.0 * (1.0 - 10_f64.powf(-f64::from(step) / 10.0)));
        let points = steps
            .filter_map(|share| Some(Point::exact(place(share), latency.percentile_us(share)?)));
        Some(Series {
            name: row.subject.name(),
            family: row.subject.family().to_owned(),
            points: points.collect(),
        })
    });
    let tick = |share: &f64| (place(*share), format!("{share} %"));
    let lines = Lines {
        x: Axis {
            title: "share of messages that took no longer".to_owned(),
            kind: Kind::Log,
            ticks: shares.iter().map(tick).collect(),
        },
        metric: &LATENCY,
        y_kind: Some(Kind::Log),
        scale_with: Vec::new(),
        series: series.collect(),
        markers: false,
    };
    Figure::new(
        "Latency, from the fastest message to the slowest",
        "All rounds together. Each step to the right is ten times rarer; a line ends where too few \
         messages are left to say. Saturated runs are not drawn.",
        Drawing::Lines(lines),
    )
}

/// What the spectrum shows.
static LATENCY: Metric = Metric { key: "latency_us", title: "latency", unit: "µs", digits: 0 };
