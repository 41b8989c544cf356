//! `trunkline serve`.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::oneshot;
use trunkline_local::{Workers, WorkersConfig};

use super::options::Options;
use super::signals::shutdown_signal;
use crate::config::Config;
use crate::keys::DataDir;
use crate::running::Running;
use crate::telemetry::{init_log, write_reports};

/// How long the last lines of the log may take.
const LAST_LINES: Duration = Duration::from_secs(2);

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let config = options.resolve()?;
    init_log(config.log_format, &config.log_filter);
    for warning in &config.warnings {
        tracing::warn!(warning, "written without effect");
    }
    let workers = Workers::start(WorkersConfig::default());
    let stopped = super::block_on(async {
        // Caught from the beginning: who knows the address may already want us gone.
        let shutdown = shutdown_signal()?;
        let (running, reports) = Running::start(&config, &workers).await?;
        let (stop_log, log_stopped) = oneshot::channel::<()>();
        let log = tokio::spawn(write_reports(reports, log_stopped.map(drop)));
        announce(&config, running.address())?;
        shutdown.await;
        let stopped = running.stop().await;
        drop(stop_log);
        if tokio::time::timeout(LAST_LINES, log).await.is_err() {
            tracing::warn!("the last lines of the log took too long");
        }
        Ok(stopped)
    })?;
    workers.shutdown();
    Ok(if stopped.left == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Says where it listens, and how to place the first call.
fn announce(config: &Config, address: SocketAddr) -> anyhow::Result<()> {
    let (path, made) = DataDir::open(&config.data_dir)?.sandbox_key()?;
    tracing::info!(%address, agents = ?config.agents.names().collect::<Vec<_>>(), "listening");
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {address}")?;
    if let Some(key) = made {
        writeln!(out, "sandbox key: {}", path.display())?;
        writeln!(
            out,
            "try:  trunkline call --to ws://{address}/v1/omni --dialect omni --key-file {} --wav caller.wav --out heard.wav",
            path.display()
        )?;
        if out.is_terminal() {
            writeln!(out, "key:  {key}")?;
        }
    }
    out.flush()?;
    Ok(())
}
