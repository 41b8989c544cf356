//! The seam: everything that enters and leaves a call.

use crate::agent::Answerer;
use crate::counters::Counters;
use crate::ending::Ending;
use crate::history::Said;
use crate::info::CallInfo;
use crate::link::{Down, Frame, LinkId, LinkSpec, SendKind};
use crate::meter::Metering;
use crate::referral::{Referral, TransferFault};
use crate::time::Time;

/// What the driver tells a call.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Time has passed; nothing else happened.
    Tick,
    /// The link is open.
    Up(LinkId),
    /// The link delivered a frame.
    Data(LinkId, Frame<'a>),
    /// The link is gone; nothing more comes from it.
    Down(LinkId, Down),
    /// Somebody outside the call wants something of it.
    Control(Control),
}

/// Orders from outside: the operator, the REST interface, the process itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// End the call now.
    HangUp,
    /// The process is going away and the time for running calls is over.
    Drain,
    /// Put the caller on hold, or take them back.
    Hold(bool),
    /// Keep the caller's audio from the agent, or no longer.
    Mute(bool),
    /// Whether the transfer last asked for has succeeded.
    Transferred(bool),
    /// Who has picked up, as the carrier found.
    AnsweredBy(Answerer),
}

/// What a call asks of the driver.
#[derive(Debug)]
pub enum Output {
    /// Open a link under this name; answered by [`Input::Up`] or [`Input::Down`].
    Open(LinkId, LinkSpec),
    /// Send what lies in the scratch buffers.
    Send(LinkId, SendKind),
    /// Close the link with a WebSocket close code (links without codes ignore it).
    /// Nothing is delivered from it to the call afterwards.
    Close(LinkId, u16),
    /// Something to tell whoever watches.
    Event(CallEvent),
    /// Nothing more now; come back at this time at the latest, or with input.
    Timeout(Time),
    /// The call is over and every link is closed: drop it.
    Ended,
}

/// What happened in a call, for logs, metrics and records. Never carries audio or a credential.
#[derive(Clone, Debug)]
pub enum CallEvent {
    /// Caller and agent are talking.
    Live {
        /// Which call it is.
        info: CallInfo,
    },
    /// The call, live already, has got its name from the carrier.
    Identified {
        /// The carrier's own name of the call.
        peer_call_id: String,
    },
    /// The caller finished a turn and was understood as this text.
    CallerSaid {
        /// Empty when nothing was understood.
        text: String,
    },
    /// A sentence of the agent is about to be spoken.
    AgentSays {
        /// The sentence.
        text: String,
    },
    /// From the end of the caller's speech to the first frame of the answer handed to the caller's link.
    Answered {
        /// Microseconds.
        after_us: u64,
    },
    /// The caller spoke over the agent, who was silenced.
    BargeIn {
        /// How much of the utterance the caller had been played, in milliseconds.
        heard_ms: u64,
        /// From the decision to the clear handed to the caller's link, in microseconds.
        cleared_after_us: u64,
    },
    /// A bad message was dropped.
    Dropped {
        /// The fault's code.
        code: &'static str,
    },
    /// A bad message of whoever the agent talks to was dropped. Told of the first 16 of a call.
    AgentDropped {
        /// The fault's code.
        code: &'static str,
    },
    /// The agent asked for a transfer, which needs control of the caller's side.
    TransferWanted {
        /// To whom.
        referral: Referral,
    },
    /// The transfer last asked for came to nothing; the call goes on.
    TransferFailed {
        /// Why.
        fault: TransferFault,
    },
    /// The call was given to another agent, or another bot, by the one that had it.
    HandedOver,
    /// The agent has been lost; another attempt or another agent follows, or the end.
    AgentLost {
        /// Snake case, from a closed set.
        reason: &'static str,
    },
    /// An agent has the call again.
    AgentBack,
    /// The caller was put on hold, or taken back.
    OnHold {
        /// Which.
        hold: bool,
    },
    /// Who picked up.
    AnsweredBy {
        /// A person or a machine.
        answerer: Answerer,
    },
    /// The call is over.
    Ended {
        /// Why.
        ending: Ending,
        /// What was counted.
        counters: Counters,
        /// What is billed.
        metering: Metering,
        /// What was said, oldest first.
        said: Vec<Said>,
    },
}
