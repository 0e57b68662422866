//! `storm`: everybody connects at once, as after a restart.

use super::{STALL_NS, Scenario, connection_cases, everybody, largest, trouble};
use crate::bench::{BACKLOG, Bench, Measured};
use crate::chart::{Axis, Drawing, Figure, Kind, Lines, Point, Series, bars};
use crate::order::Task;
use crate::plan::Plan;
use crate::process;
use crate::record::{
    ALL_SERVED, CPU, Case, Metric, P50, P99, Row, SERVED, STALLED, SYN_DROPS, Sample,
};
use crate::subject::Subject;
use crate::wall;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "storm",
    title: "A storm of connections",
    question: "10,000 clients connect as fast as one generator can, each sends a message and is \
        served when it comes back. Nobody leaves. A SYN that finds no room is lost, and its client \
        waits a second.",
    task: Task::Echo,
    cases: |plan| connection_cases(plan.counts(&[10_000], &[2_000])),
    host: everybody,
    measure,
    columns: &[&SERVED, &ALL_SERVED, &P50, &P99, &CPU, &STALLED, &SYN_DROPS],
    figures,
};

fn measure(bench: &Bench, _: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let mut server = bench.server(subject, Task::Echo, BACKLOG)?;
    let mut load = bench.load(case.amount)?;
    let (before, drops) = (server.used()?, process::listen_drops());
    let tally = load.open_at_once(&server, subject, case.amount, case.amount)?;
    let drops = process::listen_drops().saturating_sub(drops);
    let measured = Measured::between(before, server.used()?, tally);
    let tally = &measured.tally;
    let served = usize::try_from(tally.answered).unwrap_or(0);
    sample.add(&SERVED, served as f64);
    sample.add(&SYN_DROPS, drops as f64);
    if served == 0 {
        return Err(trouble(server, &tally.failures.describe()));
    }
    sample.add(&CPU, measured.cpu_us());
    if served == case.amount {
        sample.add(&ALL_SERVED, tally.seconds * 1e3);
        sample.add(&STALLED, tally.latency.at_least(STALL_NS) as f64);
        sample.add_some(&P50, tally.latency.percentile_us(50.0));
        sample.add_some(&P99, tally.latency.percentile_us(99.0));
    } else {
        sample.notes.push(wall::name(subject, served, case.amount));
        sample.notes.push(tally.failures.describe());
    }
    sample.failures = tally.failures;
    sample.latency = Some(tally.latency.clone());
    sample.curve.clone_from(&tally.curve);
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let rows = &largest(rows)[..];
    vec![
        completion(rows),
        bars(
            rows,
            &CPU,
            "CPU time of a connection: accepted, watched and served once",
            "The server's processor time divided by the clients served. A thread has to be started \
             for each, where threads serve.",
        ),
    ]
}

/// How many were served by when; the middle round of each subject.
fn completion(rows: &[&Row]) -> Figure {
    let series = rows.iter().filter_map(|row| {
        let mut rounds: Vec<&Sample> =
            row.samples.iter().filter(|sample| sample.curve.len() > 1).collect();
        let end = |sample: &Sample| sample.curve.last().map_or(0.0, |point| point.0);
        rounds.sort_by(|a, b| end(a).total_cmp(&end(b)));
        let middle = rounds.get(rounds.len() / 2)?;
        let points = middle.curve.iter().map(|(ms, served)| Point::exact(*ms, *served));
        Some(Series {
            name: row.subject.name(),
            family: row.subject.family().to_owned(),
            points: points.collect(),
        })
    });
    let lines = Lines {
        x: Axis {
            title: "milliseconds since the first".to_owned(),
            kind: Kind::Linear,
            ticks: Vec::new(),
        },
        metric: &SERVED_BY,
        y_kind: Some(Kind::Linear),
        scale_with: Vec::new(),
        series: series.collect(),
        markers: false,
    };
    Figure::new(
        "Clients served, over time",
        "Steeper is better; a step of a second is a lost SYN. The middle round of each. A line that \
         ends early has met its wall.",
        Drawing::Lines(lines),
    )
}

/// What the curve shows.
static SERVED_BY: Metric = Metric { key: "served_by", title: "served", unit: "clients", digits: 0 };
