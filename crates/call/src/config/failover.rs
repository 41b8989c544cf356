//! What happens when the agent is lost.

/// How long and how often a lost agent is sought again, in milliseconds unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailoverConfig {
    /// How long an agent may take to be ready.
    pub connect_ms: u64,
    /// How often one agent is connected again before the next has its turn.
    pub attempts: u32,
    /// Wait before the second attempt; doubled for each one after.
    pub backoff_ms: u64,
    /// Connections that live shorter than this count as quick failures; after three the next agent has its
    /// turn.
    pub quick_ms: u64,
    /// How long the caller hears nothing while the agent is away before the holding line is said, and said
    /// again.
    pub holding_ms: u64,
    /// How long an agent may be away in all before the call is given up.
    pub give_up_ms: u64,
    /// Where the caller is transferred when no agent is left, where the caller's side can be.
    pub destination: Option<String>,
}

impl Default for FailoverConfig {
    fn default() -> Self {
        Self {
            connect_ms: 5_000,
            attempts: 2,
            backoff_ms: 250,
            quick_ms: 5_000,
            holding_ms: 2_000,
            give_up_ms: 15_000,
            destination: None,
        }
    }
}
