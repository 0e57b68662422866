//! `echo`: how much a message costs, how long it takes and how many there can be, by connections.

use super::{Opened, Scenario, connection_cases, everybody, open};
use crate::bench::{Bench, flat, pace};
use crate::chart::{Figure, over_connections};
use crate::limits::GENERATOR_BUSY_MAX;
use crate::order::{Flat, Pace, Task};
use crate::plan::Plan;
use crate::record::{
    CALLS, CPU, CPU_FLOORS, Case, FLAT_BUSY, FLAT_CALLS, FLAT_CPU, FLAT_CPU_FLOORS,
    FLAT_PREEMPTIONS, FLAT_RATE, FLAT_WAITS, Metric, P50, P99, PREEMPTIONS, Row, SERVED, Sample,
    WAITS,
};
use crate::subject::Subject;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "echo",
    title: "Echo",
    question: "Each client sends 64 bytes and gets them back. First at a fixed rate, the same for \
        all (20,000 messages/s; 4,000 with one connection), where latency counts from the moment a \
        message was due. Then every client sends as soon as it is answered: the most there can be.",
    task: Task::Echo,
    cases: |plan| connection_cases(plan.counts(&[1, 100, 1_000, 10_000], &[1, 1_000])),
    host: everybody,
    measure,
    columns: &[
        &SERVED,
        &P50,
        &P99,
        &CPU,
        &CPU_FLOORS,
        &CALLS,
        &WAITS,
        &PREEMPTIONS,
        &FLAT_RATE,
        &FLAT_CPU,
        &FLAT_CPU_FLOORS,
        &FLAT_CALLS,
        &FLAT_WAITS,
        &FLAT_PREEMPTIONS,
    ],
    figures,
};

/// Messages a second, all clients together.
fn rate(connections: usize) -> f64 {
    if connections < 10 { 4_000.0 } else { 20_000.0 }
}

fn measure(bench: &Bench, plan: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let Opened { mut server, mut load, served } =
        open(bench, Task::Echo, subject, case.amount, &mut sample)?;
    let times = bench.times;
    // Clients that are not served send nothing, so the rest have the same rate each as they would.
    let rate = rate(case.amount) * served as f64 / case.amount as f64;
    let order = Pace::new(rate, case.amount, times.pace_ms);
    let closed = Flat { duration_ms: times.flat_ms, active: case.amount, each: None };
    load.flat(&Flat { duration_ms: times.warm_ms, ..closed.clone() })?;
    if plan.closed {
        let closed = Flat { duration_ms: times.pace_ms, ..closed.clone() };
        let measured = flat(&mut server, &mut load, &closed)?;
        measured.describe(0.0, &mut sample);
        sample.notes.push("closed loop: latency from the sending".to_owned());
    } else {
        pace(&mut server, &mut load, &order)?.describe(rate, &mut sample);
    }
    let most = flat(&mut server, &mut load, &closed)?;
    sample.add(&FLAT_RATE, most.rate());
    sample.add(&FLAT_CPU, most.cpu_us());
    sample.add(&FLAT_BUSY, most.tally.busy);
    sample.add_some(&FLAT_CALLS, most.calls.map(|calls| calls / most.answers()));
    sample.add(&FLAT_WAITS, most.switches.voluntary as f64 / most.answers());
    sample.add(&FLAT_PREEMPTIONS, most.switches.involuntary as f64 / most.answers());
    if most.tally.busy > GENERATOR_BUSY_MAX {
        sample.notes.push("the generator limited its greatest rate".to_owned());
    }
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let chart = |metric, title: &str, says: &str, scale: &[&Metric]| {
        over_connections(rows, metric, title, says, scale)
    };
    let latencies: &[&Metric] = &[&P50, &P99];
    vec![
        chart(
            &FLAT_RATE,
            "The most messages a second",
            "Every client sends as soon as it is answered. Where the table says that the generator \
             was the limit, the server could have done more.",
            &[],
        ),
        chart(
            &FLAT_CPU,
            "CPU time of a message, everybody busy",
            "Processor time of the server, user and kernel, divided by the messages: how much of \
             the machine is left for the application. Lower is better; the floor is a bare loop.",
            &[],
        ),
        chart(
            &P50,
            "Median latency at the fixed rate",
            "From the moment a message was due until its answer was complete. Lower is better. \
             Saturated and rejected runs have no point.",
            latencies,
        ),
        chart(
            &P99,
            "99th percentile at the fixed rate",
            "One message in a hundred took longer. Same axis as the median. On a shared machine \
             this is mostly the machine's own stalls.",
            latencies,
        ),
        chart(
            &FLAT_CALLS,
            "System calls of a message, everybody busy",
            "By the engine's own counters. Event loops wait once for many messages; a thread for \
             each connection waits for every one.",
            &[],
        ),
        chart(
            &FLAT_WAITS,
            "Context switches of a message, everybody busy",
            "How often a thread of the server gave up the processor because it had nothing to do. A \
             loop that always finds another message never does; a thread for each connection does \
             after every one.",
            &[],
        ),
    ]
}
