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
use crate::statistics::{slope, spread};
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
    let order = Pace::new(RATE, ACTIVE, bench.times.pace_ms);
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

/// Memory that one more idle connection takes, in KiB: medians of the rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Each {
    pub(crate) user: f64,
    /// The kernel's objects, of both ends.
    pub(crate) objects: f64,
    /// The kernel's stacks.
    pub(crate) stacks: f64,
    /// All together in the round with the least and in the one with the most.
    range: (f64, f64),
}

impl Each {
    /// The slope through all steps of a subject's ladder, by rounds; nothing when no round has two.
    pub(crate) fn of(subject: &str, rows: &[&Row]) -> Option<Self> {
        let own = |row: &&&Row| row.scenario == SCENARIO.name && row.subject.name() == subject;
        let own: Vec<&Row> = rows.iter().filter(own).copied().collect();
        let rounds = own.iter().map(|row| row.samples.len()).max()?;
        let slopes = (0..rounds).filter_map(|round| {
            let samples: Vec<&Sample> =
                own.iter().filter_map(|row| row.samples.get(round)).collect();
            let of = |metric: &Metric| {
                let step = |sample: &&Sample| Some((sample.get(&HELD)?, sample.get(metric)?));
                slope(&samples.iter().filter_map(step).collect::<Vec<_>>())
            };
            Some([of(&USER_KIB)?, of(&KERNEL_KIB)?, of(&STACK_KIB)?])
        });
        let slopes: Vec<[f64; 3]> = slopes.collect();
        let median = |part: usize| Some(spread(slopes.iter().map(|parts| parts[part]))?.median);
        // A bar has no part below nought.
        let whole = |parts: &[f64; 3]| parts.iter().map(|part| part.max(0.0)).sum::<f64>();
        let all = spread(slopes.iter().map(whole))?;
        let range = (all.least, all.greatest);
        Some(Self { user: median(0)?, objects: median(1)?, stacks: median(2)?, range })
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
            bars.push(Bar { name, family, parts, range: Some(each.range), note: None });
        }
    }
    let bars = Bars {
        bars,
        metric: &MEMORY,
        parts: vec!["user space", "kernel, both ends", "kernel stacks"],
        reference: None,
    };
    let says = format!(
        "The slope over all steps of the ladder: what one more connection takes. User space is the \
         server's own. The kernel's parts are for both ends, and known for the whole machine only.{} \
         Where a part is missing, it is nought.",
        noise(rows).unwrap_or_default()
    );
    Figure::new("Memory of one idle connection", says, Drawing::Bars(bars))
}

/// How far the kernel's figures moved where no connection was opened, which is how far they can be
/// trusted where some were.
fn noise(rows: &[&Row]) -> Option<String> {
    let samples = || rows.iter().flat_map(|row| &row.samples);
    let alone = samples().filter(|sample| sample.get(&HELD) == Some(0.0));
    let moved = alone.filter_map(|sample| Some(sample.get(&KERNEL_KIB)? + sample.get(&STACK_KIB)?));
    let kib = moved.map(f64::abs).reduce(f64::max)?;
    let most = samples().filter_map(|sample| sample.get(&HELD)).reduce(f64::max)?;
    (most > 0.0).then(|| {
        format!(
            " They moved by up to {} KiB where nobody was added: of {} connections, {:.2} KiB each.",
            group(&format!("{kib:.0}")),
            group(&format!("{most:.0}")),
            kib / most
        )
    })
}

/// What the bars show.
static MEMORY: Metric =
    Metric { key: "memory_kib", title: "memory", unit: "KiB a connection", digits: 1 };

#[cfg(test)]
mod tests {
    use super::*;

    fn row(held: u16, rounds: &[[f64; 3]]) -> Row {
        let sample = |[user, kernel, stacks]: &[f64; 3]| {
            let mut sample = Sample::default();
            let figures = [(&HELD, f64::from(held)), (&USER_KIB, *user)];
            let figures =
                figures.into_iter().chain([(&KERNEL_KIB, *kernel), (&STACK_KIB, *stacks)]);
            figures.for_each(|(metric, value)| sample.add(metric, value));
            sample
        };
        Row {
            scenario: SCENARIO.name,
            case: case("", usize::from(held), ""),
            subject: "epoll:1".parse().unwrap(),
            samples: rounds.iter().map(sample).collect(),
            failures: Vec::new(),
        }
    }

    #[test]
    fn one_disturbed_round_moves_the_range_and_not_the_figure() {
        let rows = [
            row(0, &[[5.0, 10.0, 0.0], [5.0, -90.0, 0.0], [5.0, 10.0, 0.0]]),
            row(1_000, &[[505.0, 8_010.0, 0.0], [505.0, 19_910.0, 0.0], [505.0, 8_010.0, 0.0]]),
        ];
        let rows: Vec<&Row> = rows.iter().collect();
        let each = Each::of("epoll:1", &rows).unwrap();
        assert_eq!((each.user, each.objects, each.stacks), (0.5, 8.0, 0.0));
        assert_eq!(each.range, (8.5, 20.5));
        assert!(noise(&rows).unwrap().contains("up to 90 KiB"), "{:?}", noise(&rows));
        assert!(noise(&rows).unwrap().contains("0.09 KiB each"), "{:?}", noise(&rows));
        assert!(Each::of("tokio:1", &rows).is_none() && Each::of("epoll:1", &rows[..1]).is_none());
    }
}
