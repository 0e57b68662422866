//! `idle`: what connections cost that do nothing, in memory and to those that do something.

use super::{Opened, Scenario, case, open};
use crate::bench::{Bench, pace};
use crate::chart::{Bar, Bars, Drawing, Figure, over_connections};
use crate::order::{Pace, Task};
use crate::plan::Plan;
use crate::record::{
    CALLS, CPU, Case, HELD, KERNEL_EACH, KERNEL_KIB, Metric, P50, P99, Row, STACK_EACH, STACK_KIB,
    Sample, USER_EACH, USER_KIB, group,
};
use crate::statistics::slope;
use crate::subject::Subject;
use crate::wall;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "idle",
    title: "Idle connections beside busy ones",
    question: "200 clients send 10,000 messages a second together, beside more and more that are \
        connected and silent. What do the silent ones cost the others, and how much memory does \
        each take?",
    task: Task::Echo,
    cases,
    // One that can't even hold the busy ones says nothing here.
    host: |subject| subject.seats().is_none_or(|seats| seats > ACTIVE).then(|| subject.clone()),
    measure,
    columns: &[&HELD, &P50, &P99, &CPU, &CALLS, &USER_EACH, &KERNEL_EACH, &STACK_EACH],
    figures,
};

/// Clients that send.
const ACTIVE: usize = 200;

/// Messages a second, all of them together.
const RATE: f64 = 10_000.0;

fn cases(plan: &Plan) -> Vec<Case> {
    let counts = plan.counts(&[1_000, 3_000, 10_000], &[1_000]);
    let label = |amount: usize| format!("{} idle", group(&amount.to_string()));
    std::iter::once(0).chain(counts).map(|amount| case(label(amount), amount, "")).collect()
}

fn measure(bench: &Bench, _: &Plan, subject: &Subject, wanted: &Case) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let Opened { mut server, mut load, .. } =
        open(bench, Task::Echo, subject, ACTIVE, &mut sample)?;
    let order = Pace {
        rate: RATE,
        duration_ms: bench.times.pace_ms,
        active: ACTIVE,
        by_design_ms: 0,
        heavy_every: None,
    };
    // All memory that the busy ones will use is in use before the silent ones come.
    load.warm_up(&order)?;
    let before = server.memory();
    let held = if wanted.amount > 0 {
        let opened = load.open(&server, subject, wanted.amount)?;
        usize::try_from(opened.answered).unwrap_or(0)
    } else {
        0
    };
    if held < wanted.amount {
        sample.notes.push(wall::name(subject, held, wanted.amount));
    }
    sample.add(&HELD, held as f64);
    sample.add_memory(server.memory().since(before), held);
    load.warm_up(&order)?;
    pace(&mut server, &mut load, &order)?.describe(RATE, &mut sample);
    Ok(sample)
}

fn figures(rows: &[&Row]) -> Vec<Figure> {
    let over = |metric, title: &str, says: &str, scale: &[&Metric]| {
        let mut figure = over_connections(rows, metric, title, says, scale);
        if let Drawing::Lines(lines) = &mut figure.drawing {
            lines.x.title = "idle connections".to_owned();
        }
        figure
    };
    let latencies: &[&Metric] = &[&P50, &P99];
    vec![
        memory(rows),
        over(
            &CPU,
            "CPU time of a busy client's message",
            "A flat line means that silent connections cost the others nothing. select and poll \
             look at every connection each time they wait.",
            &[],
        ),
        over(&P50, "Median latency of the busy clients", "From when a message was due.", latencies),
        over(
            &P99,
            "99th percentile of the busy clients",
            "Same axis as the median. On a shared machine mostly the machine's own stalls.",
            latencies,
        ),
    ]
}

/// Memory that one more idle connection takes, in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Each {
    pub(crate) user: f64,
    /// The kernel's objects, of both ends.
    pub(crate) objects: f64,
    /// The kernel's stacks.
    pub(crate) stacks: f64,
}

impl Each {
    /// The slope through all steps of a subject's ladder; nothing when it has fewer than two.
    pub(crate) fn of(subject: &str, rows: &[&Row]) -> Option<Self> {
        let own = |row: &&&Row| row.scenario == SCENARIO.name && row.subject.name() == subject;
        let of = |metric| {
            let steps = rows.iter().filter(own);
            let steps = steps.filter_map(|row| Some((row.median(&HELD)?, row.median(metric)?)));
            slope(&steps.collect::<Vec<_>>())
        };
        Some(Self { user: of(&USER_KIB)?, objects: of(&KERNEL_KIB)?, stacks: of(&STACK_KIB)? })
    }
}

/// Memory of one more connection.
fn memory(rows: &[&Row]) -> Figure {
    let mut bars: Vec<Bar> = Vec::new();
    for row in rows {
        let name = row.subject.name();
        if bars.iter().any(|bar| bar.name == name) {
            continue;
        }
        if let Some(each) = Each::of(&name, rows) {
            let family = row.subject.family().to_owned();
            let parts = vec![each.user, each.objects, each.stacks];
            bars.push(Bar { name, family, parts, range: None, note: None });
        }
    }
    let bars = Bars {
        bars,
        metric: &MEMORY,
        parts: vec!["user space", "kernel, both ends", "kernel stacks"],
        reference: None,
    };
    Figure::new(
        "Memory of one idle connection",
        "The slope over all steps of the ladder: what one more connection takes. The kernel's part \
         is for both ends, since both are on this machine. Where a part is missing, it is nought.",
        Drawing::Bars(bars),
    )
}

/// What the bars show.
static MEMORY: Metric =
    Metric { key: "memory_kib", title: "memory", unit: "KiB a connection", digits: 1 };
