//! `parlor lab`: measures the I/O models side by side.

use anyhow::Context;
use parlor_engine::Shutdown;
use parlor_lab::{Launcher, Options, Plan};

use crate::cli::{Lab, LabRole};
use crate::exit::Problem;
use crate::signals;
use crate::system;

/// Measures until everything is done or a signal asks it to stop, and writes the report.
pub(crate) fn run(options: Lab) -> anyhow::Result<()> {
    system::prepare();
    match options.role {
        Some(LabRole::Server) => {
            let order = options.order.unwrap_or_default();
            return Ok(parlor_lab::server_main(&order)?);
        }
        Some(LabRole::Load) => return Ok(parlor_lab::load_main(options.processor)?),
        None => {}
    }
    let plan = Plan::new(Options {
        scenarios: options.scenarios,
        models: options.models,
        connections: options.connections,
        peers: options.peers,
        out: options.out,
        quick: options.quick,
        rounds: options.rounds.map(usize::from),
        closed: options.closed,
    });
    let plan = plan.map_err(|error| Problem::Usage(error.to_string()))?;
    let role = |role: &str| ["lab", "--role", role].map(str::to_owned).to_vec();
    let launcher = Launcher {
        program: std::env::current_exe().context("this program can't find itself")?,
        server: role("server"),
        load: role("load"),
    };
    let stop = Shutdown::new();
    signals::drain_on(stop.clone())?;
    parlor_lab::run(&plan, &launcher, &stop)
}
