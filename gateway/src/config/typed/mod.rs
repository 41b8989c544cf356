//! The configuration as it is written in `trunkline.toml`.

mod bots;
mod lines;
mod policies;
mod secret;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::telemetry::LogFormat;
pub(super) use bots::{
    TypedAddress, TypedBot, TypedEgress, TypedManners, TypedStream, TypedWebhook,
};
pub(super) use lines::{TypedLine, TypedLines, TypedRecording};
pub(super) use policies::{TypedFailover, TypedSensitivity, TypedTurns, TypedUplink};
pub(super) use secret::TypedSecret;

/// `trunkline.toml`. Every key is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Typed {
    /// `host:port` to listen on.
    pub listen: Option<String>,
    /// Where keys and revocations are kept.
    pub data_dir: Option<PathBuf>,
    /// Threads that carry calls.
    pub shards: Option<usize>,
    /// Whether each shard keeps to a CPU.
    pub pin: Option<bool>,
    /// The log.
    pub log: TypedLog,
    /// Bounds.
    pub limits: TypedLimits,
    /// Who speaks when, with any agent.
    pub turns: TypedTurns,
    /// The caller's audio on its way to any agent.
    pub uplink: TypedUplink,
    /// What happens when an agent is lost.
    pub failover: TypedFailover,
    /// What the gateway itself says.
    pub lines: TypedLines,
    /// Whom the gateway may dial.
    pub egress: TypedEgress,
    /// Agents by name.
    pub agents: BTreeMap<String, TypedAgent>,
    /// Numbers and labels to agents.
    pub routes: BTreeMap<String, String>,
    /// Carriers by dialect.
    pub telephony: TypedTelephony,
}

/// `[log]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedLog {
    /// `text` or `json`.
    pub format: Option<LogFormat>,
    /// In the syntax of `RUST_LOG`.
    pub filter: Option<String>,
}

/// `[limits]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedLimits {
    /// Calls at once.
    pub calls: Option<usize>,
    /// Longest call.
    pub max_call_ms: Option<u64>,
    /// How long running calls may take to finish when the process is told to stop.
    pub drain_ms: Option<u64>,
    /// Most speech held for a caller.
    pub playout_ms: Option<u64>,
    /// How far ahead of real time speech is sent.
    pub lead_ms: Option<u64>,
    /// How long a carrier may take to `start`.
    pub start_ms: Option<u64>,
    /// How long a caller that accepts nothing is waited for.
    pub stall_ms: Option<u64>,
    /// How often a silent caller is pinged.
    pub ping_ms: Option<u64>,
    /// How long a caller may be wholly silent.
    pub alive_ms: Option<u64>,
    /// How long closing may take once the last sentence is out.
    pub close_ms: Option<u64>,
    /// How long an unanswered mark is waited for.
    pub mark_ms: Option<u64>,
    /// How long it may take to hear what became of a transfer.
    pub transfer_ms: Option<u64>,
    /// Whether delayed speech of agents that send in real time slips back.
    pub slip: Option<bool>,
}

/// `[agents.NAME]`: exactly one kind, and what is different for this agent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedAgent {
    /// Gives every frame back.
    pub echo: Option<bool>,
    /// A script's file, or `builtin:booking`.
    pub script: Option<String>,
    /// A bot on a server of somebody's own.
    pub bot: Option<TypedBot>,
    /// A bot that is asked over HTTP.
    pub webhook: Option<TypedWebhook>,
    /// Who is told what becomes of its calls; a bot's own table may say so too.
    pub status_callback_url: Option<TypedSecret>,
    /// Signs that.
    pub status_callback_secret: Option<TypedSecret>,
    /// Agents that take over, in order, when this one is lost.
    pub fallback: Vec<String>,
    /// Above `[turns]`, key by key.
    pub turns: TypedTurns,
    /// Above `[uplink]`, key by key.
    pub uplink: TypedUplink,
    /// Above `[failover]`, key by key.
    pub failover: TypedFailover,
}

/// `[telephony]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedTelephony {
    /// `[telephony.twilio]`.
    pub twilio: TypedCarrier,
}

/// `[telephony.DIALECT]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedCarrier {
    /// `token`, or `none` on a loopback listener.
    pub auth: Option<String>,
    /// Accept `auth = "none"` on any listener.
    pub force: Option<bool>,
}
