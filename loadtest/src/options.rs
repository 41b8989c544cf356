//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::dialect::Dialect;

/// Place many calls at once to an agent that echoes, and measure what comes back.
///
/// Ends with 1 if a call was refused or broken, or a frame lost, doubled, reordered or damaged.
#[derive(Clone, Debug, Parser)]
#[command(name = "trunkline-load", version)]
pub(crate) struct Options {
    /// The gateway: ws://HOST:PORT.
    #[arg(long)]
    pub(crate) to: String,
    /// How the callers speak.
    #[arg(long, value_enum)]
    pub(crate) dialect: Dialect,
    /// A file with the key to present; none is presented without.
    #[arg(long)]
    pub(crate) key_file: Option<PathBuf>,
    /// The agent to ask for. It must echo.
    #[arg(long, default_value = "echo")]
    pub(crate) agent: String,
    /// Calls at once.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) calls: u32,
    /// How long all of them talk together.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,
    /// Calls begun in a second.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) ramp_per_s: u32,
    /// The gateway's process on this machine, to see what it costs.
    #[arg(long)]
    pub(crate) server_pid: Option<u32>,
    /// Write the figures here as well.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}
