//! The words of an agent's script: what it is told, when it reacts, what it does.

use crate::agent::{Action, Answerer};
use crate::ending::Ending;
use crate::link::{Down, LinkId};

/// What the agent was told, as it is written down. Audio is counted instead.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    Begin { attempt: u32, history: usize },
    Marked { name: String, played: bool },
    SpeechStarted,
    EagerEndOfTurn,
    TurnResumed,
    EndOfTurn,
    Backchannel,
    Digit(char),
    Text(String),
    Interrupted { heard_ms: u64, heard: String },
    Spoken,
    Idle { times: u32 },
    AnsweredBy(Answerer),
    Hold(bool),
    TransferRefused,
    Up(LinkId),
    Data(LinkId, String),
    Down(LinkId, Down),
    Ended(Ending),
}

/// When a line of the script applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Begin,
    /// An agent begins for the n-th time in the call, from 0.
    Nth(usize),
    SpeechStarted,
    EagerEndOfTurn,
    TurnResumed,
    EndOfTurn,
    Backchannel,
    Digit(char),
    Text,
    Interrupted,
    Spoken,
    Idle,
    Answered,
    Hold(bool),
    TransferRefused,
    Marked,
    /// The call is over for it.
    Ended,
    /// Something of the agent's own link in this slot.
    Up(usize),
    Data(usize),
    Down(usize),
}

/// What the agent does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Do {
    /// An utterance of stamped audio the caller may interrupt, in milliseconds.
    Say(u64),
    /// One the caller may not.
    Insist(u64),
    /// An utterance with its text.
    Tell(u64, String),
    /// An utterance that is begun, and given so much of, and left open.
    Start(u64),
    /// More of the utterance left open.
    More(u64),
    /// The end of it.
    Finish,
    /// Silences itself.
    CutOff,
    /// Whatever the call can be asked for.
    Act(Action),
    /// A text on one of its own links, once that is writable.
    Send(LinkId, String),
    /// Something later, in milliseconds.
    After(u64, Box<Self>),
}
