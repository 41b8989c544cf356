//! What a call counts. Plain integers: one task owns the call.

/// Totals of one call. For anything that queues there are two counters, in and dropped, never a gauge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Media frames received from the caller.
    pub media_in: u64,
    /// Bytes of caller audio received while the call was live.
    pub audio_in_bytes: u64,
    /// Media frames the caller's own numbering says were lost on the way.
    pub media_lost: u64,
    /// Media frames that came twice, or too late to be heard in their place.
    pub media_late: u64,
    /// Caller audio that waited for the agent and gave way to newer, in milliseconds.
    pub backlog_dropped_ms: u64,
    /// Messages of the caller dropped as faulty.
    pub dropped: u64,
    /// Messages of the caller that mean nothing to this gateway and are harmless.
    pub ignored: u64,
    /// Audio frames sent to the caller.
    pub media_out: u64,
    /// Bytes of agent audio refused because the playout was full.
    pub overflow_bytes: u64,
    /// Times the playout ran dry while the agent was still speaking.
    pub underruns: u64,
    /// Agent audio left out to make up for stalls, in milliseconds.
    pub slipped_ms: u64,
    /// Answers thrown away because the caller's turn went on.
    pub answers_dropped: u64,
    /// Messages of whoever the agents talked to dropped as faulty.
    pub agent_dropped: u64,
    /// Times an agent was lost.
    pub agents_lost: u64,
    /// Frames of links already closed or replaced, and audio of agents that had begun no utterance.
    pub stale: u64,
    /// Times the caller interrupted the agent.
    pub barge_ins: u64,
    /// Turns begun by the agent.
    pub turns: u64,
}
