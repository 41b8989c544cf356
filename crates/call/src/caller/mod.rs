//! The caller leg: one dialect's wire format turned into what a call understands, and back.

mod omni;
mod twilio;

use std::borrow::Cow;

use bytes::BytesMut;
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol as protocol;
use trunkline_protocol::client::omni::Configure;

use crate::link::SendKind;
use crate::marks::Mark;

pub use omni::OmniLeg;
pub use twilio::TwilioLeg;

/// What a caller's message means.
#[derive(Debug)]
pub enum CallerEvent<'a> {
    /// The call may begin: formats and identity are known.
    Start {
        /// The carrier's own name of the call.
        peer_call_id: Option<String>,
    },
    /// Audio in [`CallerLeg::sends`].
    Audio {
        /// Whole samples.
        audio: &'a [u8],
        /// Frames that the numbering says were lost just before this one.
        lost: u64,
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
    /// The caller's side ends the call.
    Goodbye,
    /// Nothing to do.
    Nothing,
    /// Harmless and unknown: counted.
    Ignored,
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
    /// Drop what has not been played: the caller interrupted.
    Clear,
    /// A key was pressed, echoed.
    Digit(char),
    /// Tell us when the audio before this has been played.
    Mark(Mark),
    /// The caller is to be connected to somebody else.
    Transfer(String),
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
}

impl CallerLeg {
    /// Format of the caller's audio.
    pub fn sends(&self) -> AudioFormat {
        match self {
            Self::Omni(leg) => leg.sends(),
            Self::Twilio(_) => AudioFormat::MULAW_8K,
        }
    }

    /// Format of the audio the caller takes.
    pub fn takes(&self) -> AudioFormat {
        match self {
            Self::Omni(leg) => leg.takes(),
            Self::Twilio(_) => AudioFormat::MULAW_8K,
        }
    }

    /// Whether the far end answers marks.
    pub const fn echoes_marks(&self) -> bool {
        matches!(self, Self::Twilio(_))
    }

    /// Whether the far end can be told to connect the caller to somebody else.
    pub const fn can_transfer(&self) -> bool {
        matches!(self, Self::Omni(_))
    }

    /// Whether the call may begin by itself when the far end is silent after connecting.
    pub const fn starts_unasked(&self) -> bool {
        matches!(self, Self::Omni(_))
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
        }
    }

    /// Writes one frame of audio; `None` if the far end takes none now.
    pub fn encode_audio(&mut self, audio: &[u8], out: &mut BytesMut) -> Option<SendKind> {
        out.clear();
        match self {
            Self::Omni(leg) => Some(leg.encode_audio(audio, out)),
            Self::Twilio(leg) => leg.encode_audio(audio, out),
        }
    }
}
