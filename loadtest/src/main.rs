//! `trunkline-load`: simulated callers over real sockets.
//!
//! Knows the gateway only by its wire. Every caller sends a frame of 20 ms on an absolute schedule, each
//! with a number, to an agent that echoes, and looks at what comes back: round trip, loss, order, content.
//! One thread, so that what is measured is one clock.

mod caller;
mod dialect;
mod options;
mod payload;
mod report;
mod run;
mod schedule;
mod sequence;
mod server;
mod tally;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use options::Options;

fn main() -> ExitCode {
    match measure(Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("trunkline-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let json = options.json.clone();
    let outcome = runtime.block_on(run::run(options))?;
    print!("{}", report::table(&outcome));
    if let Some(path) = json {
        std::fs::write(&path, report::json(&outcome))
            .with_context(|| path.display().to_string())?;
    }
    Ok(if outcome.tally.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
