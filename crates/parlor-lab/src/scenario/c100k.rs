//! `c100k`: how many connections a model holds, and the wall that it ends at.

use super::{Opened, Scenario, connection_cases, largest, of_case, open_and_weigh};
use crate::bench::{Bench, pace};
use crate::chart::{Bar, Bars, Drawing, Figure, bars};
use crate::order::{Pace, Task};
use crate::plan::Plan;
use crate::record::{
    CPU, Case, KERNEL_EACH, P50, P99, Row, SERVED, STACK_EACH, Sample, USER_EACH, USER_MIB,
};
use crate::subject::Subject;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "c100k",
    title: "C100K, and every model's wall",
    question: "100,000 connections, as many as it takes, opened and held; then each sends one \
        message, in turn. A process may have so many descriptors, a thread needs a stack, a set of \
        bits has an end: each model stops somewhere, and here it says where.",
    task: Task::Echo,
    cases: |plan| connection_cases(plan.counts(&[100_000], &[10_000])),
    host,
    measure,
    columns: &[&SERVED, &P50, &P99, &CPU, &USER_MIB, &USER_EACH, &KERNEL_EACH, &STACK_EACH],
    figures,
};

/// Workers that six processes' descriptors need, or six rings' tables.
const WORKERS: &str = "prefork:6";
const RINGS: &str = "io_uring:6";

/// The floors would only run into the wall of `epoll` once more, as would other people's servers.
fn host(subject: &Subject) -> Option<Subject> {
    match subject {
        Subject::Model(model) if model.name() == "prefork" => WORKERS.parse().ok(),
        Subject::Model(model) if model.name() == "io_uring" => RINGS.parse().ok(),
        Subject::Model(_) => Some(subject.clone()),
        Subject::Floor(_) | Subject::Peer { .. } => None,
    }
}

/// Everybody has had a turn after so many times the usual measurement.
const ROUND: u64 = 3;

fn measure(bench: &Bench, _: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let (Opened { mut server, mut load, served }, grown) =
        open_and_weigh(bench, Task::Echo, subject, case.amount, &mut sample)?;
    sample.add(&USER_MIB, grown.user / 1024.0);
    if subject.seats().is_some() {
        return Ok(sample);
    }
    let duration_ms = bench.times.pace_ms * ROUND;
    let rate = served as f64 * 1e3 / duration_ms as f64;
    let order = Pace::new(rate, case.amount, duration_ms);
    // It may have died of so many, which is an answer too.
    match pace(&mut server, &mut load, &order) {
        Ok(measured) => drop(measured.describe(rate, &mut sample)),
        Err(why) => sample.notes.push(why),
    }
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let rows = &largest(rows)[..];
    let survival = rows.iter().map(|row| Bar {
        name: row.subject.name(),
        family: row.subject.family().to_owned(),
        parts: row.median(&SERVED).into_iter().collect(),
        range: None,
        note: row.notes().into_iter().next(),
    });
    let survival =
        Bars { bars: survival.collect(), metric: &SERVED, parts: Vec::new(), reference: None };
    vec![
        Figure::new(
            format!("Connections held and served{}", of_case(rows).replace(", ", " of ")),
            walls(rows),
            Drawing::Bars(survival),
        ),
        bars(
            rows,
            &USER_MIB,
            "User-space memory of all that were held",
            "PSS of the server's processes, grown from none to all. Compare only what holds the \
             same number.",
        ),
    ]
}

/// The walls in a sentence.
fn walls(rows: &[&Row]) -> String {
    let wall = |row: &&Row| {
        let notes = row.notes();
        let note = notes.iter().find_map(|note| note.split_once("served; "))?.1.to_owned();
        Some(format!("{}: {note}.", row.subject))
    };
    let walls: Vec<String> = rows.iter().filter_map(wall).collect();
    if walls.is_empty() { "Nobody has met a wall.".to_owned() } else { walls.join(" ") }
}
