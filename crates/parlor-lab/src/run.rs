//! Runs a plan: rounds, in which the subjects take turns, so that a disturbance hits all of them.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use parlor_engine::{Shutdown, time};

use crate::bench::Bench;
use crate::child::Launcher;
use crate::machine::Machine;
use crate::plan::Plan;
use crate::record::{Case, Row};
use crate::scenario::Scenario;
use crate::subject::Subject;

/// All that a run has brought.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
    /// What did not go as planned for all of it.
    pub(crate) remarks: Vec<String>,
    pub(crate) seconds: f64,
}

impl Results {
    /// The rows of one scenario.
    pub(crate) fn of(&self, scenario: &str) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.scenario == scenario).collect()
    }
}

/// Runs everything; `after` is told of each scenario that is complete. A request to stop ends the
/// run after the measurement that is under way; what there is by then is kept.
pub(crate) fn run(
    plan: &Plan,
    launcher: &Launcher,
    stop: &Shutdown,
    mut after: impl FnMut(&Scenario, &[&Row]),
) -> Results {
    let machine = Machine::look();
    let bench = Bench {
        launcher: launcher.clone(),
        processors: machine.pinned(),
        times: plan.times,
        stop: stop.clone(),
    };
    let mut results = Results { machine, rows: Vec::new(), remarks: Vec::new(), seconds: 0.0 };
    let mut progress = Progress::new(plan);
    for scenario in &plan.scenarios {
        let mut rows = prepare(scenario, plan);
        let mut cut = false;
        for round in 0..plan.times.rounds {
            // A first round is always run, so that a slow machine has something of everything.
            cut = round > 0 && progress.elapsed() > plan.times.budget;
            if cut || stop.is_triggered() {
                break;
            }
            for row in &mut rows {
                if !stop.is_triggered() {
                    progress.show(row, round);
                    turn(&bench, plan, scenario, row, round);
                    progress.done += 1;
                }
            }
        }
        if cut {
            let what = format!("{}: fewer rounds than planned, the time was up", scenario.name);
            results.remarks.push(what);
        }
        progress.clear();
        after(scenario, &rows.iter().collect::<Vec<_>>());
        results.rows.extend(rows);
        if stop.is_triggered() {
            results.remarks.push(format!("stopped during {}", scenario.name));
            break;
        }
    }
    results.seconds = progress.elapsed().as_secs_f64();
    results
}

/// The rows of a scenario: by case, then by subject.
fn prepare(scenario: &Scenario, plan: &Plan) -> Vec<Row> {
    let hosted: Vec<Subject> = plan.subjects.iter().filter_map(scenario.host).collect();
    let row = |case: &Case, subject: &Subject| Row {
        scenario: scenario.name,
        case: case.clone(),
        subject: subject.clone(),
        samples: Vec::new(),
        failures: Vec::new(),
    };
    let cases = (scenario.cases)(plan);
    let rows = cases.iter().flat_map(|case| hosted.iter().map(move |subject| (case, subject)));
    // A floor that has no part in this says nothing about it.
    let silent =
        |subject: &Subject| subject.cannot(scenario.task).is_some_and(|why| why.is_empty());
    rows.filter(|(_, subject)| !silent(subject)).map(|(case, subject)| row(case, subject)).collect()
}

/// One measurement.
fn turn(bench: &Bench, plan: &Plan, scenario: &Scenario, row: &mut Row, round: usize) {
    if let Some(why) = row.subject.cannot(scenario.task) {
        row.failures = vec![why];
        return;
    }
    // A wall does not move from round to round; running into it takes time.
    let beyond = row.subject.seats().is_some_and(|seats| seats < row.case.amount);
    if round > 0 && (beyond || row.samples.is_empty()) {
        return;
    }
    match (scenario.measure)(bench, plan, &row.subject, &row.case) {
        Ok(sample) => row.samples.push(sample),
        // What was under way when everything had to stop has not failed.
        Err(_) if bench.stop.is_triggered() => {}
        Err(why) => row.failures.push(why),
    }
}

/// The line on the terminal that says how far it is; nothing in a pipe.
struct Progress {
    start: Instant,
    total: usize,
    done: usize,
    shown: bool,
}

impl Progress {
    fn new(plan: &Plan) -> Self {
        let rows: usize = plan.scenarios.iter().map(|scenario| prepare(scenario, plan).len()).sum();
        let total = rows * plan.times.rounds;
        Self { start: time::now(), total, done: 0, shown: std::io::stderr().is_terminal() }
    }

    fn elapsed(&self) -> Duration {
        time::now() - self.start
    }

    fn show(&self, row: &Row, round: usize) {
        if self.shown {
            let seconds = self.elapsed().as_secs();
            let line = format!(
                "[{}/{}] {}, {}: {} (round {}) {}:{:02}",
                self.done + 1,
                self.total,
                row.scenario,
                row.case.label,
                row.subject,
                round + 1,
                seconds / 60,
                seconds % 60
            );
            write!(std::io::stderr(), "\r\x1b[K{line}").ok();
            std::io::stderr().flush().ok();
        }
    }

    fn clear(&self) {
        if self.shown {
            write!(std::io::stderr(), "\r\x1b[K").ok();
        }
    }
}
