//! The policies of a call as they are written: once for all agents, and again for a single one.

use serde::Deserialize;

/// `[turns]` and `[agents.NAME.turns]`: who speaks when.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedTurns {
    /// From which score of the voice activity detection on sound is speech.
    pub threshold: Option<f64>,
    /// Audio before the onset of speech.
    pub prefix_ms: Option<u64>,
    /// Silence after which the caller's turn is over.
    pub silence_ms: Option<u64>,
    /// Silence after which an answer may be prepared; 0 never.
    pub eager_ms: Option<u64>,
    /// What it takes to interrupt the agent.
    pub sensitivity: Option<TypedSensitivity>,
    /// How long a caller may be silent before the agent is told; 0 for ever.
    pub idle_ms: Option<u64>,
    /// How often it is told before the call ends.
    pub idle_limit: Option<u64>,
    /// How long an agent may work without a word; 0 for ever.
    pub filler_ms: Option<u64>,
    /// How long a first speech may last until a machine is suspected; 0 does not look.
    pub machine_ms: Option<u64>,
    /// `tell` or `hang_up`.
    pub on_machine: Option<String>,
}

/// A name, or a level in dBFS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"low\", \"normal\", \"high\" or a number in dBFS"
)]
pub enum TypedSensitivity {
    /// `low`, `normal` or `high`.
    Name(String),
    /// In dBFS.
    Level(f64),
}

/// `[uplink]` and `[agents.NAME.uplink]`: the caller's audio on its way to the agent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedUplink {
    /// The longest gap that is filled with silence.
    pub gap_ms: Option<u64>,
    /// How long nothing may come before the network counts as silent.
    pub silent_after_ms: Option<u64>,
    /// Newest audio kept for an agent that takes none now.
    pub backlog_ms: Option<u64>,
    /// Newest audio kept while the agent is being connected.
    pub preroll_ms: Option<u64>,
    /// What is quieter reaches the agent as silence; 0 passes everything.
    pub gate_dbfs: Option<f64>,
    /// Whether touch tones are looked for.
    pub touch_tones: Option<bool>,
}

/// `[failover]` and `[agents.NAME.failover]`: what happens when the agent is lost.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedFailover {
    /// How long an agent may take to be ready.
    pub connect_ms: Option<u64>,
    /// How often one agent is connected again.
    pub attempts: Option<u64>,
    /// Wait before the second attempt.
    pub backoff_ms: Option<u64>,
    /// Connections that live shorter are quick failures.
    pub quick_ms: Option<u64>,
    /// How long the caller hears nothing before the holding line.
    pub holding_ms: Option<u64>,
    /// How long an agent may be away in all.
    pub give_up_ms: Option<u64>,
    /// Where the caller is transferred in the end; empty for nowhere.
    pub destination: Option<String>,
}
