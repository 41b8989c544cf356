//! From what was typed to what it means.

mod agents;
mod bots;
mod callbacks;
mod egress;
mod errors;
mod limits;
mod lines;
mod outside;
mod policies;
mod warnings;
mod webhooks;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::typed::{Typed, TypedCarrier};
use crate::agents::Agents;
use crate::dial::EgressConfig;
use crate::lines::LineSpecs;
use crate::telemetry::LogFormat;
pub use errors::ConfigErrors;
use outside::Outside;

/// Defaults of everything that is not a limit of a call (those are the core's own).
const LISTEN: &str = "127.0.0.1:8080";
const LOG_FILTER: &str = "info";

/// How a carrier's socket proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TelephonyAuth {
    /// A key of ours, in the last segment of the path or in a header.
    Token,
    /// Not at all.
    None,
}

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where keys and revocations are kept.
    pub data_dir: PathBuf,
    /// Threads that carry calls, at least 1.
    pub shards: usize,
    /// Whether each shard keeps to a CPU.
    pub pin: bool,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: String,
    /// Calls at once.
    pub calls: usize,
    /// How long running calls may take to finish when the process is told to stop.
    pub drain: Duration,
    /// Whom the gateway may dial, and whom it believes.
    pub egress: EgressConfig,
    /// Who answers, and what holds for the calls of each.
    pub agents: Agents,
    /// What the gateway itself says.
    pub lines: LineSpecs,
    /// How Twilio proves itself.
    pub twilio: TelephonyAuth,
    /// What is written and can have no effect.
    pub warnings: Vec<String>,
}

impl Config {
    /// Checks `typed`, with the values it leaves to the environment. Paths of all files are taken relative to `base`.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn resolve(typed: &Typed, base: &Path) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let listen = listen(typed.listen.as_deref().unwrap_or(LISTEN), &mut errors);
        let call = limits::call(typed, &mut errors);
        let egress = egress::egress(&typed.egress, base, &mut errors);
        let outside = Outside::new(base, &egress);
        let agents = agents::agents(typed, &outside, &call, &mut errors);
        let config = Self {
            listen,
            data_dir: typed.data_dir.clone().unwrap_or_else(default_data_dir),
            shards: shards(typed.shards, &mut errors),
            pin: typed.pin.unwrap_or(false),
            log_format: typed.log.format.unwrap_or_default(),
            log_filter: typed.log.filter.clone().unwrap_or(LOG_FILTER.into()),
            calls: limits::calls(&typed.limits, &mut errors),
            drain: limits::drain(&typed.limits, &mut errors),
            egress,
            agents,
            lines: lines::lines(&typed.lines, base, &mut errors),
            twilio: carrier("twilio", &typed.telephony.twilio, listen, &mut errors),
            warnings: warnings::warnings(typed),
        };
        if errors.is_empty() {
            Ok(config)
        } else {
            Err(errors)
        }
    }
}

fn listen(typed: &str, errors: &mut ConfigErrors) -> SocketAddr {
    let fallback = SocketAddr::from(([127, 0, 0, 1], 0));
    match typed.to_socket_addrs().map(|mut all| all.next()) {
        Ok(Some(address)) => address,
        _ => {
            errors.add(format!("listen: expected host:port, got {typed:?}"));
            fallback
        }
    }
}

fn shards(typed: Option<usize>, errors: &mut ConfigErrors) -> usize {
    // Takes the affinity mask and the cgroup quota into account.
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let typed = typed.map(|n| n as u64);
    let mut table = errors.table("");
    table.within("shards", typed, cpus as u64, 1..=1_024) as usize
}

fn carrier(
    dialect: &str,
    typed: &TypedCarrier,
    listen: SocketAddr,
    errors: &mut ConfigErrors,
) -> TelephonyAuth {
    match typed.auth.as_deref() {
        None | Some("token") => TelephonyAuth::Token,
        Some("none") if listen.ip().is_loopback() || typed.force == Some(true) => {
            TelephonyAuth::None
        }
        Some("none") => {
            errors.add(format!(
                "telephony.{dialect}.auth: \"none\" on {listen} lets anybody place calls; \
                 expected a loopback listener, or force = true beside it"
            ));
            TelephonyAuth::Token
        }
        Some(other) => {
            errors.add(format!(
                "telephony.{dialect}.auth: expected \"token\" or \"none\", got {other:?}"
            ));
            TelephonyAuth::Token
        }
    }
}

/// Where keys and revocations are kept unless something else is asked for: `$XDG_DATA_HOME/trunkline`, else
/// `~/.local/share/trunkline`, else `trunkline-data` beside the process.
pub fn default_data_dir() -> PathBuf {
    let from = |key: &str| std::env::var_os(key).map(PathBuf::from);
    from("XDG_DATA_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".local/share")))
        .map_or_else(
            || PathBuf::from("trunkline-data"),
            |dir| dir.join("trunkline"),
        )
}

#[cfg(test)]
mod tests;
