//! `trunkline-load`: simulated callers and bots over real sockets.
//!
//! Knows the gateway only by its wire. Every caller sends a frame of 20 ms on an absolute schedule, each with a
//! number, to somebody who gives it back, and looks at what comes: round trip, loss, order, content. Callers and bots
//! are one thread, so that what is measured is one clock.

mod audio;
mod bot;
mod caller;
mod dialect;
mod group;
mod measure;
mod options;
mod payload;
mod progress;
mod report;
mod run;
mod scenario;
mod schedule;

use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

use options::{Command, Options};

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("trunkline-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Succeeds where everything was as it should be.
fn measure(options: &Options) -> anyhow::Result<ExitCode> {
    allow_descriptors()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = LocalSet::new();
    let ended = local.block_on(&runtime, async {
        // What is dropped half-way ends its servers.
        tokio::select! {
            outcome = outcome(&options.command) => outcome.map(Ok),
            code = told_to_end() => code.map(Err),
        }
    })?;
    let outcome = match ended {
        Ok(outcome) => outcome,
        Err(code) => return Ok(code),
    };
    let results = match &options.command {
        Command::Call(call) => &call.results,
        Command::Run(run) => &run.results,
    };
    Ok(match report::publish(&outcome, results)? {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

async fn outcome(command: &Command) -> anyhow::Result<run::Outcome> {
    match command {
        Command::Call(call) => run::call(call).await,
        Command::Run(run) => run::run(run).await,
    }
}

/// Waits for SIGTERM or SIGINT, and returns how a program that was ended so ends.
async fn told_to_end() -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => Ok(ExitCode::from(128 + 15)),
        _ = interrupt.recv() => Ok(ExitCode::from(128 + 2)),
    }
}

/// A socket is a descriptor, and the usual limit is 1,024. Servers that are started inherit it.
fn allow_descriptors() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}
