//! What an agent wants of the call it answers.

use trunkline_codecs::format::AudioFormat;

/// What an agent wants of the call's audio path and of its turn-taking, fixed when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentNeeds {
    /// Format in which it takes the caller's audio; `None` takes none.
    pub listens: Option<AudioFormat>,
    /// How much of it.
    pub hears: Hears,
    /// Format in which it gives its own.
    pub speaks: AudioFormat,
    /// In what time it gives it.
    pub delivery: Delivery,
    /// Who says when the caller's turn begins and ends.
    pub turns: TurnMode,
    /// Whether what it says before the caller's turn is surely over may be held, and be void
    /// ([`eager_ms`](crate::TurnConfig::eager_ms)): it must know of it.
    pub early: bool,
    /// Whether it has to reach somebody first: until [`Action::Ready`](crate::Action::Ready) the caller's
    /// audio is kept for it.
    pub connects: bool,
}

impl AgentNeeds {
    /// An agent that is ready at once, hears everything in `listens`, speaks `speaks` in bursts and takes no
    /// turns.
    pub const fn new(listens: Option<AudioFormat>, speaks: AudioFormat) -> Self {
        Self {
            listens,
            hears: Hears::AsItComes,
            speaks,
            delivery: Delivery::Burst,
            turns: TurnMode::Off,
            early: true,
            connects: false,
        }
    }
}

/// How much of the caller's audio an agent is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// What comes from the caller, when it comes.
    AsItComes,
    /// The same, with silence where the caller's network is silent: for engines whose clock is the audio.
    Continuous,
    /// The caller's turns alone, each with [`prefix_ms`](crate::TurnConfig::prefix_ms) before its onset. Only
    /// with [`TurnMode::Voice`].
    Turns,
}

/// In what time an agent gives its speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As fast as it is made; the playout paces it.
    Burst,
    /// As fast as it is spoken. What a stall has delayed is made up for.
    RealTime,
}

/// Who says when the caller's turn begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnMode {
    /// Nobody: both may speak at once, and the agent decides when it is silent.
    Off,
    /// The gateway, by voice activity.
    Voice,
    /// The agent, with [`Action::Turn`](crate::Action::Turn).
    Engine,
    /// The caller's side.
    PushToTalk,
}
