//! Limits and policies of a call, with their defaults in one place.

mod failover;
mod lines;
mod turns;
mod uplink;

pub use failover::FailoverConfig;
pub use lines::{Clip, Lines};
pub use turns::{OnMachine, Sensitivity, TurnConfig};
pub use uplink::UplinkConfig;

use std::sync::Arc;

/// Bounds, timers and policies of one call. The defaults suit a telephone call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallConfig {
    /// How long a carrier may take from the upgrade to `start`.
    pub start_ms: u64,
    /// How long an Omni client may take to `configure` before its call begins without.
    pub configure_ms: u64,
    /// The longest call.
    pub max_call_ms: u64,
    /// How long a caller that accepts nothing is waited for.
    pub stall_ms: u64,
    /// How often a silent caller is pinged.
    pub ping_ms: u64,
    /// How long a caller may be wholly silent, pings unanswered.
    pub alive_ms: u64,
    /// How long closing may take once the last sentence is out.
    pub close_ms: u64,
    /// How long whoever controls the caller's side may take to say what became of a transfer.
    pub transfer_ms: u64,
    /// Faulty messages tolerated before the call is ended.
    pub max_faults: u64,
    /// Speech on its way to the caller.
    pub playout: PlayoutConfig,
    /// Speech on its way to the agent.
    pub uplink: UplinkConfig,
    /// Who speaks when.
    pub turns: TurnConfig,
    /// What happens when the agent is lost.
    pub failover: FailoverConfig,
    /// What the gateway itself says.
    pub lines: Arc<Lines>,
}

/// Speech for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayoutConfig {
    /// Most speech held for the caller, in milliseconds; what comes beyond is refused and counted.
    pub bound_ms: u64,
    /// How far ahead of real time speech is sent to a caller whose side can drop it again, in milliseconds;
    /// `None` for the dialect's own lead.
    pub lead_ms: Option<u64>,
    /// How long an unanswered mark is waited for after its audio must have been played.
    pub mark_ms: u64,
    /// Whether audio of agents that send in real time slips back towards the lead after a stall.
    pub slip: bool,
}

impl Default for CallConfig {
    fn default() -> Self {
        Self {
            start_ms: 10_000,
            configure_ms: 1_000,
            max_call_ms: 3_600_000,
            stall_ms: 10_000,
            ping_ms: 20_000,
            alive_ms: 50_000,
            close_ms: 2_000,
            transfer_ms: 30_000,
            max_faults: 100,
            playout: PlayoutConfig::default(),
            uplink: UplinkConfig::default(),
            turns: TurnConfig::default(),
            failover: FailoverConfig::default(),
            lines: Arc::default(),
        }
    }
}

impl Default for PlayoutConfig {
    fn default() -> Self {
        Self {
            bound_ms: 120_000,
            lead_ms: None,
            mark_ms: 2_000,
            slip: true,
        }
    }
}
