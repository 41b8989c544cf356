//! From what was typed to what it means.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use trunkline_call::CallConfig;
use trunkline_local::script::Script;

use super::typed::{Typed, TypedAgent, TypedCarrier};
use crate::agents::{AgentSpec, Agents};
use crate::telemetry::LogFormat;

/// Defaults of everything that is not a limit of a call (those are [`CallConfig`]'s).
const LISTEN: &str = "127.0.0.1:8080";
const CALLS: usize = 10_000;
const DRAIN_MS: u64 = 30_000;
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
    /// Limits of one call.
    pub call: CallConfig,
    /// How long running calls may take to finish when the process is told to stop.
    pub drain: Duration,
    /// Who answers.
    pub agents: Agents,
    /// How Twilio proves itself.
    pub twilio: TelephonyAuth,
}

/// Everything wrong with a configuration, each with its place.
#[derive(Debug, Default)]
pub struct ConfigErrors(Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} error(s)", self.0.len())?;
        for error in &self.0 {
            write!(f, "\n  - {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl ConfigErrors {
    fn add(&mut self, error: String) {
        self.0.push(error);
    }

    /// Keeps a value that is within bounds; another is an error, and the default stands in for it.
    fn within(&mut self, key: &str, typed: Option<u64>, default: u64, from: u64, to: u64) -> u64 {
        let value = typed.unwrap_or(default);
        if (from..=to).contains(&value) {
            return value;
        }
        self.add(format!("{key}: expected {from} to {to}, got {value}"));
        default
    }
}

impl Config {
    /// Checks `typed`. Paths of scripts are taken relative to `base`.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn resolve(typed: &Typed, base: &Path) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let listen = listen(typed.listen.as_deref().unwrap_or(LISTEN), &mut errors);
        let agents = agents(typed, base, &mut errors);
        let call = call_limits(typed, &mut errors);
        let limits = &typed.limits;
        let config = Self {
            listen,
            data_dir: typed.data_dir.clone().unwrap_or_else(default_data_dir),
            shards: shards(typed.shards, &mut errors),
            pin: typed.pin.unwrap_or(false),
            log_format: typed.log.format.unwrap_or_default(),
            log_filter: typed.log.filter.clone().unwrap_or(LOG_FILTER.into()),
            calls: errors.within(
                "limits.calls",
                limits.calls.map(|n| n as u64),
                CALLS as u64,
                1,
                1_000_000,
            ) as usize,
            call,
            drain: Duration::from_millis(errors.within(
                "limits.drain_ms",
                limits.drain_ms,
                DRAIN_MS,
                0,
                86_400_000,
            )),
            agents,
            twilio: carrier("twilio", &typed.telephony.twilio, listen, &mut errors),
        };
        if errors.0.is_empty() {
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
    errors.within("shards", typed.map(|n| n as u64), cpus as u64, 1, 1_024) as usize
}

fn call_limits(typed: &Typed, errors: &mut ConfigErrors) -> CallConfig {
    let limits = &typed.limits;
    let defaults = CallConfig::default();
    let mut within = |key: &str, typed, default, from, to| {
        errors.within(&format!("limits.{key}"), typed, default, from, to)
    };
    let call = CallConfig {
        max_call_ms: within(
            "max_call_ms",
            limits.max_call_ms,
            defaults.max_call_ms,
            1_000,
            86_400_000,
        ),
        playout_ms: within(
            "playout_ms",
            limits.playout_ms,
            defaults.playout_ms,
            10_000,
            600_000,
        ),
        lead_ms: within("lead_ms", limits.lead_ms, defaults.lead_ms, 0, 1_000),
        start_ms: within("start_ms", limits.start_ms, defaults.start_ms, 100, 60_000),
        stall_ms: within("stall_ms", limits.stall_ms, defaults.stall_ms, 500, 600_000),
        ping_ms: within("ping_ms", limits.ping_ms, defaults.ping_ms, 500, 600_000),
        alive_ms: within(
            "alive_ms",
            limits.alive_ms,
            defaults.alive_ms,
            1_000,
            3_600_000,
        ),
        ..defaults
    };
    if call.alive_ms <= call.ping_ms {
        errors.add(format!(
            "limits.alive_ms: expected more than limits.ping_ms ({}), got {}",
            call.ping_ms, call.alive_ms
        ));
    }
    call
}

fn agents(typed: &Typed, base: &Path, errors: &mut ConfigErrors) -> Agents {
    if typed.agents.is_empty() && typed.routes.is_empty() {
        return Agents::builtin();
    }
    let mut by_name = BTreeMap::new();
    for (name, agent) in &typed.agents {
        match agent_spec(agent, base) {
            Ok(spec) => {
                by_name.insert(name.clone(), spec);
            }
            Err(error) => errors.add(format!("agents.{name}: {error}")),
        }
    }
    for (label, name) in &typed.routes {
        if !typed.agents.contains_key(name) {
            errors.add(format!(
                "routes.{label:?}: expected the name of an agent, got {name:?}"
            ));
        }
    }
    Agents::new(by_name, typed.routes.clone())
}

fn agent_spec(agent: &TypedAgent, base: &Path) -> Result<AgentSpec, String> {
    match (agent.echo, agent.script.as_deref()) {
        (Some(true), None) => Ok(AgentSpec::Echo),
        (None, Some("builtin:booking")) => Ok(AgentSpec::Script(Script::booking())),
        (None, Some(file)) => {
            let path = base.join(file);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("script {}: {error}", path.display()))?;
            let script = Script::parse(&text)
                .map_err(|errors| format!("script {}: {errors}", path.display()))?;
            Ok(AgentSpec::Script(Arc::new(script)))
        }
        _ => Err("expected exactly one of `echo = true` and `script = \"FILE\"`".to_owned()),
    }
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
