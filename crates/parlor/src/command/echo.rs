//! `parlor echo`: the lecture's server, on any I/O model.

use anyhow::Context;
use parlor_engine::{
    Accept, Address, Conn, Limits, Model, Report, Server, Shutdown, is_worker, service,
};
use tokio::io::AsyncWriteExt;

use crate::cli::Echo;
use crate::settings;
use crate::signals;
use crate::system;

/// How long clients may finish after a signal. An echo waits for nothing but its socket, as in the
/// lecture, so it can't be told; whoever is idle then is cut off.
const DRAIN_MS: u64 = 300;

/// Serves until a signal asks it to stop.
#[expect(clippy::print_stdout, reason = "the first and the last line are the command's output")]
pub(crate) fn run(options: &Echo) -> anyhow::Result<()> {
    let model = settings::model(Some(&options.model))?;
    system::prepare();
    let limits = Limits { drain_ms: DRAIN_MS, ..Limits::default() };
    if !model.accepts().contains(&options.accept) {
        let able: Vec<_> = model.accepts().iter().map(Accept::name).collect();
        let (model, accept, able) = (model.name(), options.accept, able.join(", "));
        anyhow::bail!("`{model}` does not accept by `{accept}`, only by {able}");
    }
    let mut server = Server::new(model).limits(limits).accept(options.accept);
    let address = Address::Tcp(options.listen);
    let bound = if options.once {
        server.listen("echo", &address, service(echo_once))?
    } else {
        server.listen("echo", &address, service(echo))?
    };
    let shutdown = Shutdown::new();
    signals::drain_on(shutdown.clone())?;
    let model = server.model();
    if let Address::Tcp(bound) = bound
        && !is_worker()
    {
        println!("ready echo={bound} model={model}");
    }
    let report = server.run(shutdown);
    println!("{}", ended(model, &report));
    match report.error {
        Some(error) => Err(error).context("the server stopped"),
        None => Ok(()),
    }
}

/// What became of everybody, in one line, with what only this model counts.
fn ended(model: Model, report: &Report) -> String {
    let Report { accepted, admitted, served, refused, dropped, .. } = report;
    let mut line = format!(
        "ended accepted={accepted} admitted={admitted} served={served} refused={refused} \
         dropped={dropped}"
    );
    match model {
        Model::Pool { .. } => {
            let Report { queued_max, timed_out, .. } = report;
            line += &format!(" queued_max={queued_max} timed_out={timed_out}");
        }
        Model::Prefork { .. } => line += &format!(" processes_lost={}", report.processes_lost),
        _ => {}
    }
    line
}

/// Sends back whatever arrives until the other side has nothing more to say.
async fn echo(mut conn: Conn) {
    while let Ok(received) = conn.recv().await {
        if received.is_empty() || conn.write_all(&received).await.is_err() {
            return;
        }
    }
}

/// The lecture's first form: receive once, send it back, close.
async fn echo_once(mut conn: Conn) {
    let Ok(received) = conn.recv().await else { return };
    if conn.write_all(&received).await.is_ok() {
        // A failure to close means that the other side is gone already.
        drop(conn.shutdown_write().await);
    }
}
