//! Runs a plan: rounds, in which the subjects take turns, so that a disturbance hits all of them.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use parlor_engine::{Shutdown, time};

use crate::bench::Bench;
use crate::budget::Budget;
use crate::child::Launcher;
use crate::floors;
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
    let mut rows: Vec<Vec<Row>> = plan.scenarios.iter().map(|one| prepare(one, plan)).collect();
    let count = rows.iter().map(Vec::len).sum();
    let mut under_way = UnderWay {
        bench,
        plan,
        budget: Budget::new(plan.times.budget, count),
        progress: Progress::new(count * plan.times.rounds),
        remarks: Vec::new(),
    };
    for (scenario, rows) in plan.scenarios.iter().zip(&mut rows) {
        under_way.scenario(scenario, rows);
        under_way.progress.clear();
        after(scenario, &rows.iter().collect::<Vec<_>>());
        results.rows.append(rows);
        if stop.is_triggered() {
            under_way.remarks.push(format!("stopped during {}", scenario.name));
            break;
        }
    }
    results.remarks = under_way.remarks;
    results.seconds = under_way.progress.elapsed().as_secs_f64();
    results
}

/// A run that is under way.
struct UnderWay<'a> {
    bench: Bench,
    plan: &'a Plan,
    budget: Budget,
    progress: Progress,
    remarks: Vec<String>,
}

impl UnderWay<'_> {
    /// All rounds of a scenario, as far as the time allows.
    fn scenario(&mut self, scenario: &Scenario, rows: &mut [Row]) {
        let mut least: f64 = 1.0;
        for round in 0..self.plan.times.rounds {
            if round > 0 && !self.budget.allows(rows.len(), self.progress.elapsed()) {
                self.remark(scenario, "fewer rounds than planned, for want of time");
                break;
            }
            for case in rows.chunk_by_mut(|one, next| one.case == next.case) {
                least = least.min(self.case(scenario, case, round));
            }
            if self.bench.stop.is_triggered() {
                return;
            }
        }
        if least < 1.0 {
            let percent = least * 100.0;
            let what = format!("measured for less time than planned, down to {percent:.0} % of it");
            self.remark(scenario, &what);
        }
        let left_out = rows.iter().filter(|row| !row.was_tried()).count();
        if left_out > 0 {
            let what = format!("{left_out} of {} not measured, the time was up", rows.len());
            self.remark(scenario, &what);
        }
    }

    /// A case with all subjects, each with the same share of the planned time, which it returns.
    fn case(&mut self, scenario: &Scenario, rows: &mut [Row], round: usize) -> f64 {
        let first = round == 0;
        let share = if first { self.budget.share(self.progress.elapsed()) } else { 1.0 };
        self.bench.times = self.plan.times.shortened(share);
        let mut least: f64 = 1.0;
        for at in floors::order(rows, round) {
            let row = &mut rows[at];
            let over = self.budget.is_over(self.progress.elapsed());
            if !over && !self.bench.stop.is_triggered() {
                self.progress.show(row, round);
                if turn(&self.bench, self.plan, scenario, row, round) {
                    self.budget.is_made();
                    least = share;
                }
            }
            self.progress.done += 1;
            if first {
                self.budget.first_is_done();
            }
        }
        floors::compare(rows, round);
        least
    }

    fn remark(&mut self, scenario: &Scenario, what: &str) {
        self.remarks.push(format!("{}: {what}", scenario.name));
    }
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

/// One measurement, if there is anything to measure; says whether there was.
fn turn(bench: &Bench, plan: &Plan, scenario: &Scenario, row: &mut Row, round: usize) -> bool {
    if let Some(why) = row.subject.cannot(scenario.task) {
        row.failures = vec![why];
        return false;
    }
    // A wall does not move from round to round; running into it takes time.
    let beyond = row.subject.seats().is_some_and(|seats| seats < row.case.amount);
    if round > 0 && (beyond || row.samples.is_empty()) {
        return false;
    }
    match (scenario.measure)(bench, plan, &row.subject, &row.case) {
        Ok(sample) => row.samples.push(sample.in_round(round)),
        // What was under way when everything had to stop has not failed.
        Err(_) if bench.stop.is_triggered() => {}
        Err(why) => row.failures.push(why),
    }
    true
}

/// The line on the terminal that says how far it is; nothing in a pipe.
struct Progress {
    start: Instant,
    total: usize,
    done: usize,
    shown: bool,
}

impl Progress {
    fn new(total: usize) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Options;

    /// No case measures for longer than this; processes, opening and waiting need the rest.
    #[test]
    fn a_quick_plan_leaves_a_quarter_of_its_time_for_all_that_is_not_measuring() {
        let plan = Plan::new(Options { quick: true, ..Options::default() }).unwrap();
        let rows: usize =
            plan.scenarios.iter().map(|scenario| prepare(scenario, &plan).len()).sum();
        let times = plan.times;
        let each = Duration::from_millis(times.warm_ms + times.pace_ms * 2 + times.flat_ms);
        let measuring = each * u32::try_from(rows * times.rounds).unwrap();
        assert!(measuring < times.budget * 3 / 4, "{rows} rows of {each:?}: {measuring:?}");
    }
}
