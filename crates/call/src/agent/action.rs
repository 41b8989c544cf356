//! What an agent wants done.

use crate::link::{LinkId, LinkSpec, SendKind};
use crate::referral::Referral;

/// What an agent wants done. Audio and messages lie in the buffers handed to
/// [`Agent::poll`](crate::Agent::poll).
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open one of slots 1 to 7.
    Open(LinkId, LinkSpec),
    /// Send what was put into [`Buffers`] on a link; only to a writable one.
    Send(LinkId, SendKind),
    /// Close a link. Its frames are dropped from here on.
    Close(LinkId),
    /// The same with a close code (RFC 6455 §7.4), where `Close` is normal: 1000.
    CloseWith(LinkId, u16),
    /// The agent has reached whom it must: it can listen and speak. Only where
    /// [`AgentNeeds::connects`](crate::AgentNeeds::connects).
    Ready,
    /// The agent reaches for somebody once more, such as a second bot: until [`Ready`](Self::Ready) the caller's
    /// audio is kept for it as when it began, for at most
    /// [`give_up_ms`](crate::FailoverConfig::give_up_ms).
    Away,
    /// Whom the agent reached with [`Away`](Self::Away) has the call in place of whom it had before.
    Moved,
    /// What the agent needs has changed: [`Agent::needs`](crate::Agent::needs) is asked again. Only while it has
    /// not been [`Ready`](Self::Ready).
    NeedsChanged,
    /// A bad message of whoever the agent talks to was dropped.
    Dropped {
        /// Snake case, from a closed set.
        code: &'static str,
    },
    /// The agent has been lost. Another attempt, or another agent, follows, or the call ends.
    Failed(AgentFailure),
    /// Speech begins behind what is queued: a turn the caller sees as one. At most 64 wait to be played; one
    /// more is joined to the last.
    BeginUtterance {
        /// Whether the caller may cut it off by speaking.
        interruptible: bool,
    },
    /// `buffers.audio` holds speech in the format of [`AgentNeeds::speaks`](crate::AgentNeeds::speaks).
    Audio,
    /// When the words of the open utterance are spoken, in order, appended to those already known.
    Words(Vec<Word>),
    /// The utterance is complete; [`AgentEvent::Spoken`](crate::AgentEvent::Spoken) follows when it has been
    /// played.
    EndUtterance,
    /// Silence what is being played now, if anything is. As when the caller interrupts, but no
    /// [`AgentEvent::Interrupted`](crate::AgentEvent::Interrupted) follows: the agent knows.
    CutOff,
    /// What the caller was understood to say.
    CallerSaid(String),
    /// A sentence about to be spoken: part of the open utterance, or of the next where none is open.
    AgentSays(String),
    /// Where the caller's turn stands. Only in [`TurnMode::Engine`](crate::TurnMode::Engine).
    Turn(Signal),
    /// Whether the agent is at work on something that takes time, such as a tool.
    Working(bool),
    /// Keys pressed for the caller's side: `0-9 * # A-D`, played as tones behind what was said before and ahead of
    /// what is said after. Others are left out.
    Press(String),
    /// The caller is put on hold, or taken back.
    Hold(bool),
    /// End the call once everything said has been played.
    HangUp,
    /// Hand the caller to somebody else once everything said has been played.
    Transfer(Referral),
    /// Tell with [`AgentEvent::Marked`](crate::AgentEvent::Marked) when everything said so far has been played:
    /// with the message of audio that holds the last of it, and where that is part of a message only, once more
    /// is said or the utterance ends. The open utterance goes on. The name is the agent's own, at most
    /// [`MAX_NAME_BYTES`](crate::marks::MAX_NAME_BYTES); a longer one comes back at once as not played, and so does
    /// one too many where 1,024 wait. Set while the caller is on hold, it comes back as not played when the hold
    /// is over.
    Mark(String),
    /// Another agent takes over at once: [`Agent::successor`](crate::Agent::successor) is asked for it. What was
    /// said is played. Ends the open utterance.
    HandOver,
}

/// A word of an utterance, as an engine that knows says when it is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word, with its punctuation.
    pub text: String,
    /// Milliseconds from the beginning of the utterance.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
}

/// Where the caller's turn stands, as an engine that owns turns reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Speech began.
    Started,
    /// The whole turn as understood so far.
    Partial(String),
    /// The turn is probably over: what is said from now on is held until it is.
    Eager,
    /// It was not over: what was said since [`Eager`](Self::Eager) is thrown away.
    Resumed,
    /// The turn is over; what was understood, empty where that is not known yet.
    Ended(String),
}

/// Why an agent has been lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentFailure {
    /// Snake case, a closed set for each agent: log field and metric label.
    pub reason: &'static str,
    /// Whether another attempt with the same agent may succeed.
    pub retry: bool,
}

/// Where an agent puts what goes with an [`Action`]. Empty when [`Agent::poll`](crate::Agent::poll) is called.
#[derive(Debug)]
pub struct Buffers<'a> {
    /// Speech, for [`Action::Audio`].
    pub audio: &'a mut Vec<u8>,
    /// A text or binary message, for [`Action::Send`].
    pub message: &'a mut bytes::BytesMut,
    /// Samples for a local recogniser, for [`Action::Send`] with [`SendKind::Samples`].
    pub samples: &'a mut Vec<i16>,
}
