//! How the caller's audio is treated on its way to the agent.

/// Bounds and policies of the uplink, in milliseconds unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UplinkConfig {
    /// The longest gap in the caller's numbering that is filled with silence.
    pub gap_ms: u64,
    /// How long nothing may come before the caller's network counts as silent, and clocks run on without it.
    pub silent_after_ms: u64,
    /// Newest caller audio kept for an agent that takes none now.
    pub backlog_ms: u64,
    /// Newest caller audio kept while the agent is still being connected.
    pub preroll_ms: u64,
    /// Audio quieter than this reaches the agent as silence, in dBFS; `None` passes everything.
    pub gate_dbfs: Option<f32>,
    /// Whether touch tones are looked for in the caller's audio, and taken out of it.
    pub touch_tones: bool,
}

impl Default for UplinkConfig {
    fn default() -> Self {
        Self {
            gap_ms: 1_000,
            silent_after_ms: 500,
            backlog_ms: 3_000,
            preroll_ms: 10_000,
            gate_dbfs: None,
            touch_tones: false,
        }
    }
}
