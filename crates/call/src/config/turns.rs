//! Who speaks when: the policies of turn-taking.

/// The policies of turn-taking, in milliseconds unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TurnConfig {
    /// From which score of the voice activity detection on sound is speech, 0 to 1.
    pub threshold: f32,
    /// Audio before the onset of speech that agents who hear turns alone are given with it.
    pub prefix_ms: u64,
    /// Silence after which the caller's turn is over.
    pub silence_ms: u64,
    /// Silence after which an answer may be prepared while the turn is not over yet; `None` never.
    pub eager_ms: Option<u64>,
    /// What it takes to interrupt the agent.
    pub sensitivity: Sensitivity,
    /// How long the caller may be silent after the agent has spoken before the agent is told; `None` for
    /// ever.
    pub idle_ms: Option<u64>,
    /// How often the agent is told before the call ends.
    pub idle_limit: u32,
    /// How long an agent at work may leave the caller without a word before a filler is said; `None` for
    /// ever.
    pub filler_ms: Option<u64>,
    /// How long a caller's first speech may last until an answering machine is suspected; `None` does not
    /// look.
    pub machine_ms: Option<u64>,
    /// What to do with an answering machine.
    pub on_machine: OnMachine,
}

/// What it takes to interrupt an agent that speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sensitivity {
    /// Half a second of speech: "uh-huh" and coughs do not.
    Low,
    /// 140 ms of speech: clicks and short coughs do not.
    Normal,
    /// Any onset of speech, noticed after 64 ms of it instead of 112.
    High,
    /// 140 ms of speech at least this loud, in dBFS.
    Level(f32),
}

/// What to do when an answering machine has picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMachine {
    /// Tell the agent and go on.
    Tell,
    /// Hang up.
    HangUp,
}

impl Default for TurnConfig {
    fn default() -> Self {
        Self {
            threshold: 0.65,
            prefix_ms: 300,
            silence_ms: 400,
            eager_ms: None,
            sensitivity: Sensitivity::Normal,
            idle_ms: None,
            idle_limit: 3,
            filler_ms: Some(2_000),
            machine_ms: None,
            on_machine: OnMachine::Tell,
        }
    }
}
