//! `broadcast`: one speaks, all hear, as in a room.

use std::time::Duration;

use super::{Scenario, case, everybody, largest, variant};
use crate::bench::{BACKLOG, Bench, Measured};
use crate::chart::{Figure, bars};
use crate::limits::GENERATOR_BUSY_MAX;
use crate::order::{Broadcast, Order, Task};
use crate::plan::Plan;
use crate::record::{
    BUSY, CPU_MILLION, Case, DELIVERIES, DELIVERIES_FLOORS, FAILED, LAST_P50, LAST_P99, Row,
    SERVED, Sample, group,
};
use crate::subject::Subject;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "broadcast",
    title: "One to all",
    question: "One of 1,000 clients says 100 bytes and everybody, itself too, is sent them. With one \
        message on its way the last receiver's wait is what counts; with 16, how well messages for \
        the same client are joined into one write. The floor is a bare relay. A closed loop by \
        nature: the next message begins when one has arrived everywhere.",
    task: Task::Broadcast,
    cases,
    host: everybody,
    measure,
    columns: &[
        &SERVED,
        &DELIVERIES,
        &DELIVERIES_FLOORS,
        &LAST_P50,
        &LAST_P99,
        &CPU_MILLION,
        &FAILED,
        &BUSY,
    ],
    figures,
};

/// Messages on their way at once.
const WINDOWS: [(usize, &str); 2] = [(1, "1"), (16, "16")];

fn cases(plan: &Plan) -> Vec<Case> {
    let counts = plan.counts(&[1_000], &[500]);
    let cases = counts.into_iter().flat_map(|count| {
        WINDOWS.map(|(window, variant)| {
            let count_text = group(&count.to_string());
            case(format!("{count_text} receivers, {window} in flight"), count, variant)
        })
    });
    cases.collect()
}

fn measure(bench: &Bench, _: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    if subject.seats().is_some_and(|seats| seats < case.amount) {
        return Err(format!("it has no place for {} clients at once", case.amount));
    }
    let mut sample = Sample::default();
    // The first message of each client goes to everybody too, so they only connect.
    let mut server = bench.server(subject, Task::Broadcast, BACKLOG)?;
    let mut load = bench.load(case.amount)?;
    let served = load.join(server.address, case.amount)?;
    sample.add(&SERVED, served.answered as f64);
    let window = case.variant.parse().unwrap_or(1);
    let order = |duration_ms| Order::Broadcast(Broadcast { window, duration_ms });
    let patience = Duration::from_millis(bench.times.pace_ms);
    load.perform(patience, |_, _| order(bench.times.warm_ms))?;
    let before = server.used()?;
    let tally = load.perform(patience, |_, _| order(bench.times.pace_ms))?;
    let measured = Measured::between(before, server.used()?, tally);
    let tally = &measured.tally;
    sample.add(&FAILED, tally.failures.total() as f64);
    sample.add(&BUSY, tally.busy);
    if tally.failures.total() > 0 {
        // One that loses messages gets no bar.
        sample.notes.push(format!("lost deliveries: {}", tally.failures.describe()));
        return Ok(sample);
    }
    sample.add(&DELIVERIES, measured.rate());
    sample.add(&CPU_MILLION, measured.cpu_us());
    sample.add_some(&LAST_P50, tally.latency.percentile_us(50.0).map(|us| us / 1e3));
    sample.add_some(&LAST_P99, tally.latency.percentile_us(99.0).map(|us| us / 1e3));
    if tally.busy > GENERATOR_BUSY_MAX {
        sample.notes.push("the generator was the limit".to_owned());
    }
    sample.latency = Some(tally.latency.clone());
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let (one, many) = (largest(&variant(rows, "1")), largest(&variant(rows, "16")));
    vec![
        bars(
            &one,
            &LAST_P50,
            "Time until the last of all has it",
            "Median, one message in flight.",
        ),
        bars(
            &many,
            &DELIVERIES,
            "Deliveries a second with 16 in flight",
            "A delivery is one message at one client.",
        ),
        bars(
            &many,
            &CPU_MILLION,
            "CPU time of a million deliveries with 16 in flight",
            "Messages that wait for the same client go out in one write: a sixteenth of the system \
             calls at best.",
        ),
    ]
}
