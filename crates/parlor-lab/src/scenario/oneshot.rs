//! `oneshot`: the lecture's first client. Connect, send, receive, close; and what a backlog is for.

use super::{STALL_NS, Scenario, case, everybody, variant};
use crate::bench::{Bench, Measured};
use crate::chart::{Figure, bars};
use crate::order::{Oneshot, Order, Task};
use crate::plan::Plan;
use crate::process;
use crate::record::{
    BUSY, CPU, Case, FAILED, P50, P99, P999, RATE, Row, STALLED, SYN_DROPS, Sample,
};
use crate::subject::Subject;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "oneshot",
    title: "One message a connection",
    question: "Clients come 64 at a time, 4,000 a second: each connects, sends 64 bytes, receives \
        them and leaves. Once with a backlog of 4,096, and once with the lecture's listen(10): a \
        client whose SYN finds no room tries again after a whole second.",
    task: Task::Once,
    cases: |_| vec![case("backlog 4,096", 4096, "4096"), case("listen(10)", 10, "10")],
    host: everybody,
    measure,
    columns: &[&RATE, &P50, &P99, &P999, &CPU, &STALLED, &SYN_DROPS, &FAILED],
    figures,
};

/// Clients a second.
const RATE_PER_SECOND: f64 = 4_000.0;

/// Clients that come together.
const BURST: u64 = 64;

fn measure(bench: &Bench, _: &Plan, subject: &Subject, case: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let backlog = u32::try_from(case.amount).unwrap_or(u32::MAX);
    let mut server = bench.server(subject, Task::Once, backlog)?;
    let mut load = bench.load(1)?;
    let to = server.address;
    let duration_ms = bench.times.pace_ms * 2;
    let patience_ms = bench.times.stall_ms;
    let order = |burst, duration_ms| {
        let rate = RATE_PER_SECOND;
        Order::Oneshot(Oneshot { to, rate, burst, duration_ms, patience_ms })
    };
    let patience = std::time::Duration::from_millis(duration_ms + patience_ms);
    // One at a time, so that no SYN is lost, which would be waited for.
    load.perform(patience, |_, _| order(1, bench.times.warm_ms))?;
    let (before, drops) = (server.used()?, process::listen_drops());
    let tally = load.perform(patience, |_, _| order(BURST, duration_ms))?;
    let measured = Measured::between(before, server.used()?, tally);
    let tally = &measured.tally;
    sample.add(&RATE, measured.rate());
    sample.add(&CPU, measured.cpu_us());
    // Who is not connected when everybody else has been served has lost its SYN too.
    let unconnected = tally.failures.unconnected;
    sample.add(&STALLED, (tally.latency.at_least(STALL_NS) + unconnected) as f64);
    sample.add(&SYN_DROPS, process::listen_drops().saturating_sub(drops) as f64);
    sample.add(&FAILED, tally.failures.total() as f64);
    sample.add(&BUSY, tally.busy);
    // All clients are in the percentiles, those that were stalled too: that is what they are for.
    if unconnected == 0 {
        for (metric, percent) in [(&P50, 50.0), (&P99, 99.0), (&P999, 99.9)] {
            sample.add_some(metric, tally.latency.percentile_us(percent));
        }
    }
    if tally.failures.total() > 0 {
        sample.notes.push(tally.failures.describe());
    }
    sample.failures = tally.failures;
    sample.latency = Some(tally.latency.clone());
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let (roomy, short) = (variant(rows, "4096"), variant(rows, "10"));
    vec![
        bars(
            &roomy,
            &CPU,
            "CPU time of a whole connection",
            "Accepting, serving and closing, with a backlog of 4,096. Starting a thread for each \
             client is part of its price.",
        ),
        bars(
            &roomy,
            &P50,
            "Median time from wanting to connect to the answer",
            "64 clients come at the same moment, so half of them wait for 31 others at least.",
        ),
        bars(
            &short,
            &STALLED,
            "Clients that waited a second or longer with listen(10)",
            "The kernel had no room for their SYN, and they asked again after a second. With a \
             backlog of 4,096 the table shows how many it were there.",
        ),
    ]
}
