//! What is asked of every server, one file a question.
//!
//! A scenario names its cases (numbers of connections, backlogs, …), measures one subject in one
//! case, and says how the results are drawn. Order, rounds, failures, tables and files are the
//! same for all and stand elsewhere. To add one, write a file of this shape and name it in [`ALL`].

mod echo;
mod oneshot;
pub(crate) mod idle;
mod c10k;
mod c100k;
mod storm;
mod broadcast;
mod work;
mod wait;
mod slow;

use crate::bench::{BACKLOG, Bench, Load, Memory, Server, pace};
use crate::chart::Figure;
use crate::order::{Pace, Task};
use crate::plan::Plan;
use crate::process::Kernel;
use crate::record::{
    Case, KERNEL_EACH, KERNEL_KIB, Metric, Row, SERVED, STACK_EACH, STACK_KIB, Sample, USER_EACH,
    USER_KIB, group,
};
use crate::subject::Subject;
use crate::wall;

/// A question and how it is answered.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// The word on the command line.
    pub(crate) name: &'static str,
    /// The heading in the report.
    pub(crate) title: &'static str,
    /// What it asks, and how it measures, in a few sentences.
    pub(crate) question: &'static str,
    /// What the server does with a connection.
    pub(crate) task: Task,
    /// What is varied.
    pub(crate) cases: fn(&Plan) -> Vec<Case>,
    /// One subject as this scenario wants it, or nothing when it has no place here.
    pub(crate) host: fn(&Subject) -> Option<Subject>,
    /// One run.
    pub(crate) measure: fn(&Bench, &Plan, &Subject, &Case) -> Result<Sample, String>,
    /// What the table shows.
    pub(crate) columns: &'static [&'static Metric],
    /// The charts.
    pub(crate) figures: fn(&[&Row]) -> Vec<Figure>,
}

/// All scenarios, in the order in which they are run.
pub(crate) const ALL: &[&Scenario] = &[
    &echo::SCENARIO,
    &oneshot::SCENARIO,
    &idle::SCENARIO,
    &c10k::SCENARIO,
    &c100k::SCENARIO,
    &storm::SCENARIO,
    &broadcast::SCENARIO,
    &work::SCENARIO,
    &wait::SCENARIO,
    &slow::SCENARIO,
];

/// Their names.
pub(crate) fn names() -> Vec<&'static str> {
    ALL.iter().map(|scenario| scenario.name).collect()
}

/// Everybody takes part.
fn everybody(subject: &Subject) -> Option<Subject> {
    Some(subject.clone())
}

/// Those take part that are more than a loop.
fn no_floors(subject: &Subject) -> Option<Subject> {
    (!matches!(subject, Subject::Floor(_))).then(|| subject.clone())
}

/// One case.
fn case(label: impl Into<String>, amount: usize, variant: &'static str) -> Case {
    Case { label: label.into(), amount, variant }
}

/// Cases that are numbers of connections.
fn connection_cases(counts: impl IntoIterator<Item = usize>) -> Vec<Case> {
    counts.into_iter().map(|amount| case(connections(amount), amount, "")).collect()
}

/// A number of connections in words.
fn connections(amount: usize) -> String {
    let plural = if amount == 1 { "" } else { "s" };
    format!("{} connection{plural}", group(&amount.to_string()))
}

/// The rows of the case with the most connections: bars show one case.
fn largest<'a>(rows: &[&'a Row]) -> Vec<&'a Row> {
    let most = rows.iter().map(|row| row.case.amount).max();
    rows.iter().copied().filter(|row| Some(row.case.amount) == most).collect()
}

/// The rows of one of a scenario's variants.
fn variant<'a>(rows: &[&'a Row], variant: &str) -> Vec<&'a Row> {
    rows.iter().copied().filter(|row| row.case.variant == variant).collect()
}

/// What bars are of, as the end of a heading.
fn of_case(rows: &[&Row]) -> String {
    rows.first().map_or_else(String::new, |row| format!(", {}", row.case.label))
}

/// A wait this long is a lost SYN.
const STALL_NS: u64 = 900_000_000;

/// A server with its connections.
struct Opened {
    server: Server,
    load: Load,
    /// How many of them are served.
    served: usize,
}

/// Starts a server and opens connections to it. Fewer than asked for is a wall, which is noted;
/// none at all is an error.
fn open(
    bench: &Bench,
    task: Task,
    subject: &Subject,
    count: usize,
    sample: &mut Sample,
) -> Result<Opened, String> {
    let server = bench.server(subject, task, BACKLOG)?;
    open_on(server, bench, subject, count, sample)
}

/// The same, and adds what the connections have added to memory, which it gives back.
fn open_and_weigh(
    bench: &Bench,
    task: Task,
    subject: &Subject,
    count: usize,
    sample: &mut Sample,
) -> Result<(Opened, Memory), String> {
    let server = bench.server(subject, task, BACKLOG)?;
    let before = server.memory();
    let opened = open_on(server, bench, subject, count, sample)?;
    let grown = opened.server.memory().since(before);
    sample.add_memory(grown, opened.served);
    Ok((opened, grown))
}

fn open_on(
    server: Server,
    bench: &Bench,
    subject: &Subject,
    count: usize,
    sample: &mut Sample,
) -> Result<Opened, String> {
    let mut load = bench.load(count)?;
    let opened = load.open(&server, subject, count)?;
    let served = usize::try_from(opened.answered).unwrap_or(0);
    sample.add(&SERVED, served as f64);
    sample.failures = opened.failures;
    if served == 0 {
        return Err(trouble(server, &opened.failures.describe()));
    }
    if served < count {
        sample.notes.push(wall::name(subject, served, count));
    }
    Ok(Opened { server, load, served })
}

/// Clients that all keep sending at the same rate.
struct Steady {
    task: Task,
    /// Messages a second of one client.
    rate_each: f64,
    /// How long an answer takes by design.
    by_design_ms: u64,
    /// Every so many messages one is heavy.
    heavy_every: Option<u64>,
}

/// Measures a case's clients for twice the usual time. Those without a seat send nothing.
fn steady(
    bench: &Bench,
    subject: &Subject,
    case: &Case,
    clients: &Steady,
) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let Opened { mut server, mut load, served } =
        open(bench, clients.task, subject, case.amount, &mut sample)?;
    let rate = clients.rate_each * served as f64;
    let order = Pace {
        by_design_ms: clients.by_design_ms,
        heavy_every: clients.heavy_every,
        ..Pace::new(rate, case.amount, bench.times.pace_ms * 2)
    };
    load.warm_up(&order)?;
    pace(&mut server, &mut load, &order)?.describe(rate, &mut sample);
    Ok(sample)
}

/// Why nothing came of it: what the server says if it has ended, or what its clients saw.
fn trouble(mut server: Server, seen: &str) -> String {
    match server.used() {
        Err(why) => why,
        Ok(_) => format!("no client was served: {seen}"),
    }
}

/// Connections whose memory can be told from noise.
const MEASURABLE: usize = 20;

impl Sample {
    /// Adds what connections have added to memory.
    fn add_memory(&mut self, grown: Memory, connections: usize) {
        let parts = [
            (&USER_KIB, &USER_EACH, grown.user),
            (&KERNEL_KIB, &KERNEL_EACH, objects_of(grown.kernel, connections)),
            (&STACK_KIB, &STACK_EACH, grown.kernel.stacks),
        ];
        for (all, each, kib) in parts {
            self.add(all, kib);
            // What a few add is lost in what the machine does meanwhile.
            if connections >= MEASURABLE {
                self.add(each, kib / connections as f64);
            }
        }
    }
}

/// The part of these connections in what the kernel's objects have grown by, in KiB. Sockets of other
/// programs, and of clients that wait behind a wall, have grown too: each pair has the same part.
fn objects_of(grown: Kernel, connections: usize) -> f64 {
    let pairs = grown.sockets / 2.0;
    let own = connections as f64;
    if connections >= MEASURABLE && pairs > own {
        grown.objects * own / pairs
    } else {
        grown.objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_have_names_of_their_own_and_cases() {
        let mut names = names();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for quick in [false, true] {
            let options = crate::plan::Options { quick, ..Default::default() };
            let plan = Plan::new(options).unwrap();
            for scenario in ALL {
                let cases = (scenario.cases)(&plan);
                assert!(!cases.is_empty(), "{}", scenario.name);
                let hosted = plan.subjects.iter().filter_map(scenario.host).count();
                assert!(hosted > 2, "{}", scenario.name);
                assert!(!scenario.columns.is_empty() && scenario.question.ends_with(['.', '?']));
            }
        }
    }

    #[test]
    fn sockets_of_others_have_their_part_of_the_kernels_memory() {
        let grown = |objects, sockets| Kernel { objects, sockets, stacks: 0.0 };
        assert_eq!(objects_of(grown(8_000.0, 2_000.0), 1_000), 8_000.0);
        // Half of what has grown belongs to clients behind the wall, or to somebody else.
        assert_eq!(objects_of(grown(16_000.0, 4_000.0), 1_000), 8_000.0);
        // Where others have closed some, or none can be counted, it stays with ours.
        assert_eq!(objects_of(grown(8_000.0, 0.0), 1_000), 8_000.0);
        assert_eq!(objects_of(grown(300.0, 40.0), 0), 300.0);
    }

    #[test]
    fn charts_can_be_drawn_from_nothing() {
        for scenario in ALL {
            assert!((scenario.figures)(&[]).iter().all(Figure::is_empty), "{}", scenario.name);
        }
    }
}
