//! The caller leg: one dialect's wire format turned into what a call understands, and back.

mod line;
mod omni;
#[cfg(test)]
pub(crate) mod sim;
mod twilio;

use std::borrow::Cow;

use bytes::BytesMut;
use trunkline_protocol as protocol;
use trunkline_protocol::client::omni::Configure;

use crate::info::CallInfo;
use crate::link::SendKind;
use crate::marks::Mark;
use crate::referral::Referral;

pub use line::{FrameRule, Line, MarkEcho, Pacing, Transfer};
pub use omni::OmniLeg;
#[cfg(test)]
pub use sim::SimLeg;
pub use twilio::TwilioLeg;

/// What a caller's message means.
#[derive(Debug)]
pub enum CallerEvent<'a> {
    /// The call may begin: formats and identity are known.
    Start(Box<CallInfo>),
    /// Audio in [`Line::sends`].
    Audio {
        /// Whole samples.
        audio: &'a [u8],
        /// Where the caller's side says it belongs.
        place: Place,
    },
    /// A key: `0-9 * # A-D`.
    Digit(char),
    /// The caller's side has played up to the mark of this name (or dropped it after a clear).
    Mark(Cow<'a, str>),
    /// The session configuration.
    Configure(Box<Configure>),
    /// Text in place of speech.
    Text(Cow<'a, str>),
    /// The caller's side silences the agent.
    Interrupt,
    /// Push to talk: the caller's side begins (`true`) or ends a turn.
    Talk(bool),
    /// The caller's side ends the call.
    Goodbye,
    /// Nothing to do.
    Nothing,
    /// Harmless and unknown: counted.
    Ignored,
}

/// Where a frame of audio belongs, as far as the caller's side says. Only differences mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the frame; one more than that of the frame before.
    pub chunk: Option<u64>,
    /// Milliseconds since some beginning.
    pub timestamp_ms: Option<u64>,
}

/// A message that broke the dialect's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerFault {
    /// Snake case, a closed set: counter label and error code on the wire.
    pub code: &'static str,
    /// What was expected and what came.
    pub message: String,
    /// Whether the call cannot go on.
    pub fatal: bool,
}

/// What the call has to tell the caller's side, beside audio.
#[derive(Clone, Debug, PartialEq)]
pub enum CallerMessage {
    /// First words on the socket.
    Hello,
    /// The configuration has been taken over.
    Configured(Configured),
    /// The agent begins its turn of this number.
    TurnBegin(u64),
    /// What the caller was understood to say.
    CallerSaid(String),
    /// What the agent says.
    AgentSays(String),
    /// The agent's turn was cut off.
    Clear {
        /// The caller's side has some of it left, which is to be dropped.
        outstanding: bool,
    },
    /// A key was pressed, echoed.
    Digit(char),
    /// Tell us when the audio before this has been played.
    Mark(Mark),
    /// The caller is to be connected to somebody else.
    Transfer(Referral),
    /// A message of the caller's was refused.
    Error {
        /// Snake case.
        code: &'static str,
        /// Expected and got.
        message: String,
    },
    /// Something was not as it should be, and had its effect all the same.
    Warning {
        /// Snake case.
        code: &'static str,
        /// Expected and got.
        message: String,
    },
    /// The call is about to end.
    Ending(&'static str),
}

/// What became of a session configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configured {
    /// Keys that have an effect.
    pub honored: Vec<String>,
    /// Keys that have none.
    pub ignored: Vec<String>,
    /// Whether there will be a greeting.
    pub greeting: bool,
    /// Voice asked for.
    pub voice: Option<String>,
}

/// The caller's side, by dialect.
#[derive(Debug)]
pub enum CallerLeg {
    /// A browser or application on the native protocol.
    Omni(OmniLeg),
    /// A carrier speaking Twilio Media Streams.
    Twilio(TwilioLeg),
    /// A simulated caller's side.
    #[cfg(test)]
    Sim(SimLeg),
}

impl CallerLeg {
    /// What the far end can do.
    pub fn line(&self) -> Line {
        match self {
            Self::Omni(leg) => leg.line(),
            Self::Twilio(leg) => leg.line(),
            #[cfg(test)]
            Self::Sim(leg) => leg.line(),
        }
    }

    /// Reads one message. Audio that must be unpacked is put into `wire`.
    ///
    /// # Errors
    /// A message against the dialect's rules; it has had no effect.
    pub fn decode<'a>(
        &mut self,
        frame: protocol::Frame<'a>,
        wire: &'a mut Vec<u8>,
    ) -> Result<CallerEvent<'a>, CallerFault> {
        match self {
            Self::Omni(leg) => leg.decode(frame),
            Self::Twilio(leg) => leg.decode(frame, wire),
            #[cfg(test)]
            Self::Sim(leg) => leg.decode(frame),
        }
    }

    /// Writes the next wire message that says `message`, `step` counting from 0; `None` once there are no
    /// more (some dialects have no words for some messages, some need two).
    pub fn encode(
        &mut self,
        message: &CallerMessage,
        step: u8,
        out: &mut BytesMut,
    ) -> Option<SendKind> {
        out.clear();
        match self {
            Self::Omni(leg) => leg.encode(message, step, out),
            Self::Twilio(leg) => leg.encode(message, step, out),
            #[cfg(test)]
            Self::Sim(leg) => leg.encode(message, step, out),
        }
    }

    /// Writes one frame of audio; `None` if the far end takes none now.
    pub fn encode_audio(&mut self, audio: &[u8], out: &mut BytesMut) -> Option<SendKind> {
        out.clear();
        match self {
            Self::Omni(leg) => Some(leg.encode_audio(audio, out)),
            Self::Twilio(leg) => leg.encode_audio(audio, out),
            #[cfg(test)]
            Self::Sim(leg) => Some(leg.encode_audio(audio, out)),
        }
    }
}
