//! The lab: measures the I/O models side by side, and draws charts that an engineer can trust.
//!
//! The same handler runs on every model, in a process of its own; the load comes from other
//! processes, on another processor; a bare loop that does nothing but the system calls stands
//! beside them as the floor. What is measured is in `scenario/`, one file a question; how, and what
//! is not believed, is in `docs/lab.md`.

#![forbid(unsafe_code)]

// Reading order.
mod plan;
mod scenario;
mod run;
mod budget;
mod bench;
mod record;
mod advice;
mod floors;
mod kegel;
mod statistics;
mod latency;
mod subject;
mod wall;
mod machine;
mod process;
mod child;
mod order;
mod server;
mod load;
mod chart;
mod table;
mod report;
mod limits;

pub use crate::child::Launcher;
pub use crate::load::load_main;
pub use crate::plan::{Options, Plan, PlanError};
pub use crate::server::server_main;

use parlor_engine::Shutdown;

/// Runs a plan, prints its tables as they are complete, and writes the report.
///
/// # Errors
///
/// When the report's folder holds something else or can't be written to, or when the run was stopped:
/// there is a report of what was measured by then.
#[expect(clippy::print_stdout, reason = "the tables are the command's output")]
pub fn run(plan: &Plan, launcher: &Launcher, stop: &Shutdown) -> anyhow::Result<()> {
    report::check(&plan.out)?;
    let results = run::run(plan, launcher, stop, |scenario, rows| {
        print!("{}", table::render(scenario, rows));
    });
    for advice in advice::give(&results.rows) {
        println!("{}: {}\n", advice.about, advice.says);
    }
    let page = report::write(plan, &results)?;
    for remark in &results.remarks {
        println!("{remark}");
    }
    println!("{} in {:.0} s", page.display(), results.seconds);
    anyhow::ensure!(!stop.is_triggered(), "stopped; the report has what was measured by then");
    Ok(())
}
