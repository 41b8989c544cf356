//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::dialect::Dialect;

/// Simulated callers and bots over real sockets: places many calls at once, and measures what comes back.
#[derive(Clone, Debug, Parser)]
#[command(name = "trunkline-load", version)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Call a server that runs already, whose agent echoes
    Call(Call),
    /// Start servers, put a scenario to them, and stop them
    Run(Run),
}

/// Ends with 1 if a call was refused or broken, a frame lost, doubled, reordered or damaged, or a limit exceeded.
#[derive(Clone, Debug, Args)]
pub(crate) struct Call {
    /// The server: ws://HOST:PORT, and a path where it wants another than the dialect's.
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
    /// The path resamples: frames are marked by a signal in place of exact bytes.
    #[arg(long)]
    pub(crate) coded: bool,
    /// The server's process on this machine, to see what it costs.
    #[arg(long)]
    pub(crate) server_pid: Option<u32>,
    #[command(flatten)]
    pub(crate) size: Size,
    #[command(flatten)]
    pub(crate) results: Results,
}

/// With two subjects the run is paired: both at once, half of the calls each, so that a ratio of their costs is one
/// of servers and not of moments. Ends with 1 as `call` does, for what is ours.
#[derive(Clone, Debug, Args)]
pub(crate) struct Run {
    /// A file, or the name of one in loadtest/scenarios.
    pub(crate) scenario: String,
    /// Servers of loadtest/subjects.toml, one or two.
    #[arg(long = "subject", default_value = "gateway", num_args = 1..=2)]
    pub(crate) subjects: Vec<String>,
    /// Where the built programs are.
    #[arg(long, default_value = "target/release")]
    pub(crate) bin: PathBuf,
    /// The repository.
    #[arg(long, default_value = ".")]
    pub(crate) root: PathBuf,
    /// Bind the servers to this CPU.
    #[arg(long)]
    pub(crate) server_cpu: Option<u32>,
    /// Bind this program to this CPU.
    #[arg(long)]
    pub(crate) load_cpu: Option<u32>,
    #[command(flatten)]
    pub(crate) size: Size,
    #[command(flatten)]
    pub(crate) results: Results,
}

/// How much.
#[derive(Clone, Debug, Args)]
pub(crate) struct Size {
    /// Calls at once.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) calls: Option<u32>,
    /// How long all of them talk together.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: Option<u32>,
    /// Calls begun in a second.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) ramp_per_s: Option<u32>,
    /// Calls come and go, each this long, for as long as the run lasts.
    #[arg(long, value_parser = clap::value_parser!(u32).range(20..=3_600_000))]
    pub(crate) hold_ms: Option<u32>,
}

/// Where the figures go, beside the table on standard output.
#[derive(Clone, Debug, Args)]
pub(crate) struct Results {
    /// For programs.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// For people, with the distributions.
    #[arg(long)]
    pub(crate) html: Option<PathBuf>,
    /// The most a figure may be, by JSON pointer into a group of the report: /spans_us/wire/p99=20000.
    #[arg(long = "at-most", value_parser = limit)]
    pub(crate) at_most: Vec<(String, f64)>,
}

fn limit(text: &str) -> Result<(String, f64), String> {
    let expected = || format!("expected /POINTER=NUMBER, got {text:?}");
    let (pointer, number) = text.rsplit_once('=').ok_or_else(expected)?;
    let number = number.parse().map_err(|_| expected())?;
    if !pointer.starts_with('/') {
        return Err(expected());
    }
    Ok((pointer.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_pointer_and_a_number() {
        assert_eq!(limit("/a/b=1.5"), Ok(("/a/b".to_owned(), 1.5)));
        for wrong in ["a=1", "/a", "/a=x", ""] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
