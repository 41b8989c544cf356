//! Limits of a call, with their defaults in one place.

/// Bounds and timers of one call, all in milliseconds. The defaults suit a telephone call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallConfig {
    /// How long a carrier may take from the upgrade to `start`.
    pub start_ms: u64,
    /// How long an Omni client may take to `configure` before its call begins without.
    pub configure_ms: u64,
    /// The longest call.
    pub max_call_ms: u64,
    /// Most speech held for the caller.
    pub playout_ms: u64,
    /// How far ahead of real time speech is sent to a caller whose side can drop it again.
    pub lead_ms: u64,
    /// How long a caller that accepts nothing is waited for.
    pub stall_ms: u64,
    /// How often a silent caller is pinged.
    pub ping_ms: u64,
    /// How long a caller may be wholly silent, pings unanswered.
    pub alive_ms: u64,
    /// How long an unanswered mark is waited for after its audio must have been played.
    pub mark_ms: u64,
    /// How long closing may take once the last sentence is out.
    pub close_ms: u64,
    /// Faulty messages tolerated before the call is ended.
    pub max_faults: u64,
}

impl Default for CallConfig {
    fn default() -> Self {
        Self {
            start_ms: 10_000,
            configure_ms: 1_000,
            max_call_ms: 3_600_000,
            playout_ms: 120_000,
            lead_ms: 100,
            stall_ms: 10_000,
            ping_ms: 20_000,
            alive_ms: 50_000,
            mark_ms: 2_000,
            close_ms: 2_000,
            max_faults: 100,
        }
    }
}
