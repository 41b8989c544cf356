//! What an agent is told.

use trunkline_protocol::client::omni::Configure;

use crate::history::Said;
use crate::info::CallInfo;
use crate::link::{Down, Frame, LinkId};
use crate::referral::TransferFault;

/// What an agent is told of the call it answers.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// Which call it is.
    pub info: &'a CallInfo,
    /// The session configuration the client sent, if its dialect has one and it came.
    pub configure: Option<&'a Configure>,
    /// What was said before this agent had the call, oldest first. Empty at the beginning of a call.
    pub history: &'a [Said],
    /// How often it has begun before in this call: above 0 it is to go on where it was lost.
    pub attempt: u32,
}

/// What an agent is told.
#[derive(Clone, Copy, Debug)]
pub enum AgentEvent<'a> {
    /// The call is live: speak or listen.
    Begin(Begin<'a>),
    /// Caller audio, in the format of [`AgentNeeds::listens`](crate::AgentNeeds::listens).
    Audio(&'a [u8]),
    /// The caller's turn began. While the agent speaks that is no interruption yet.
    SpeechStarted,
    /// The caller's turn is probably over. What is said from now on is held until
    /// [`EndOfTurn`](Self::EndOfTurn).
    EagerEndOfTurn,
    /// The caller's turn goes on: what was said since [`EagerEndOfTurn`](Self::EagerEndOfTurn) has been
    /// thrown away, and [`Action::Audio`](crate::Action::Audio) is dropped until the next
    /// [`Action::BeginUtterance`](crate::Action::BeginUtterance).
    TurnResumed,
    /// The caller's turn is over.
    EndOfTurn,
    /// What began with [`SpeechStarted`](Self::SpeechStarted) was too little to be a turn ("uh-huh", a
    /// cough): it wants no answer.
    Backchannel,
    /// The caller pressed a key: `0-9 * # A-D`.
    Digit(char),
    /// The caller's side sent text in place of speech.
    Text(&'a str),
    /// The agent's utterance was cut off. What the agent still had queued is gone, and
    /// [`Action::Audio`](crate::Action::Audio) is dropped until the next
    /// [`Action::BeginUtterance`](crate::Action::BeginUtterance).
    Interrupted {
        /// Milliseconds of the agent's own audio of it that the caller had been played.
        heard_ms: u64,
        /// What of its text that was; empty where the text is not known.
        heard: &'a str,
    },
    /// The utterance has been played to its end.
    Spoken,
    /// The caller has said nothing for the configured time, this many times in a row.
    Idle {
        /// From 1.
        times: u32,
    },
    /// Somebody or something has picked up the telephone that was called.
    AnsweredBy(Answerer),
    /// The caller is on hold, or no longer.
    Hold(bool),
    /// The caller's side cannot connect the caller elsewhere, or failed to: the call goes on, and a caller who
    /// was on hold no longer is.
    TransferRefused(TransferFault),
    /// The place of [`Action::Mark`](crate::Action::Mark) has been reached, or what was before it will never be
    /// played. Told once of each, but not of what is still being played when the agent hangs up or transfers the
    /// caller.
    Marked {
        /// Its name.
        name: &'a str,
        /// Whether everything before it has been played; else it was thrown away.
        played: bool,
    },
    /// One of the agent's own links opened.
    Up(LinkId),
    /// One of the agent's own links delivered.
    Data(LinkId, Frame<'a>),
    /// One of the agent's own links is gone.
    Down(LinkId, Down),
    /// The time asked for with [`Agent::deadline`](crate::Agent::deadline) has come.
    Tick,
}

/// Who picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer {
    /// A person.
    Human,
    /// An answering machine, whose greeting may still be running.
    Machine,
}
