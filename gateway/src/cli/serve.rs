//! `trunkline serve`.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use trunkline_local::{Workers, WorkersConfig};

use crate::config::{Config, Typed};
use crate::keys::DataDir;
use crate::running::Running;
use crate::telemetry::{LogFormat, init_log, write_reports};

/// Take calls.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// host:port to listen on [default: 127.0.0.1:8080].
    #[arg(long, env = "TRUNKLINE__LISTEN")]
    listen: Option<String>,
    /// Where keys and revocations are kept [default: ~/.local/share/trunkline].
    #[arg(long, env = "TRUNKLINE__DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Threads that carry calls [default: one a CPU].
    #[arg(long, env = "TRUNKLINE__SHARDS")]
    shards: Option<usize>,
    /// Keep each shard on a CPU of its own.
    #[arg(long, env = "TRUNKLINE__PIN")]
    pin: bool,
    /// trunkline.toml.
    #[arg(long, env = "TRUNKLINE__CONFIG")]
    config: Option<PathBuf>,
    /// How log lines look.
    #[arg(long, env = "TRUNKLINE__LOG__FORMAT")]
    log_format: Option<LogFormat>,
    /// What is logged, in the syntax of RUST_LOG.
    #[arg(long, env = "TRUNKLINE__LOG__FILTER")]
    log: Option<String>,
}

impl Options {
    /// The configuration file under the options of the command line.
    fn resolve(&self) -> anyhow::Result<Config> {
        let mut typed = read_config(self.config.as_deref())?;
        typed.listen = self.listen.clone().or(typed.listen);
        typed.data_dir = self.data_dir.clone().or(typed.data_dir);
        typed.shards = self.shards.or(typed.shards);
        typed.pin = self.pin.then_some(true).or(typed.pin);
        typed.log.format = self.log_format.or(typed.log.format);
        typed.log.filter = self.log.clone().or(typed.log.filter);
        Ok(Config::resolve(&typed, base_of(self.config.as_deref()))?)
    }
}

/// The configuration as typed; nothing where there is no file.
pub(super) fn read_config(path: Option<&Path>) -> anyhow::Result<Typed> {
    let Some(path) = path else {
        return Ok(Typed::default());
    };
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}

/// What paths in a configuration file are relative to.
pub(super) fn base_of(config: Option<&Path>) -> &Path {
    config.and_then(Path::parent).unwrap_or(Path::new("."))
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let config = options.resolve()?;
    init_log(config.log_format, &config.log_filter);
    let workers = Workers::start(WorkersConfig::default());
    let stopped = super::block_on(async {
        // Caught from the beginning: who knows the address may already want us gone.
        let shutdown = shutdown_signal()?;
        let (running, reports) = Running::start(&config, &workers).await?;
        let log = tokio::spawn(write_reports(reports));
        announce(&config, running.address())?;
        shutdown.await;
        let stopped = running.stop().await;
        log.abort();
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

/// Completes at SIGTERM or SIGINT, which are caught from the moment this returns.
fn shutdown_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
