//! Bots: other people's servers that answer a call. We connect to theirs, in the role of the telephony platform.
//!
//! [`BotSocket`] is one WebSocket to a bot, in one of four dialects: it writes what a platform says (the call begins,
//! caller audio, keys, marks, the end) and reads what a bot says (audio, clear, marks, transfers, hang-up).
//! [`webhook`] is the bot that speaks text over HTTP.
//!
//! Nothing a bot sends ends a call: every [`BotFault`] is dropped and counted.

mod exotel;
mod fault;
mod inbound;
mod ivr;
mod media;
mod plivo;
mod socket;
mod twilio;
pub mod webhook;

pub use fault::BotFault;
pub use ivr::{FirstMessage, FirstMessageError};
pub use socket::BotSocket;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::Secret;
use crate::excerpt::excerpt;
use crate::json::escaped_bytes;

/// The largest message that is read of a bot, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The largest message that opens a stream, in bytes. Whoever makes a [`Stream`] keeps within it, by
/// [`written_bytes`] and [`parameter_bytes`]; what a [`FirstMessage`] becomes does so by itself.
pub const MAX_OPENING_BYTES: usize = 16 * 1024;

/// How many bytes a text takes in a message, escaped as JSON asks, without its quotes.
pub fn written_bytes(text: &str) -> usize {
    escaped_bytes(text)
}

/// How many bytes one of a [`Stream`]'s parameters takes in a message: name and value, escaped,
/// with what stands around them.
pub fn parameter_bytes(name: &str, value: &str) -> usize {
    // Two pairs of quotes, a colon and a comma.
    escaped_bytes(name) + escaped_bytes(value) + 6
}

/// The wire format a bot speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// WSS Telephony Bridge of IVR Solutions.
    Ivr,
    /// Twilio Media Streams, bidirectional.
    Twilio,
    /// Plivo audio streaming, bidirectional.
    Plivo,
    /// Exotel AgentStream (Voicebot).
    Exotel,
}

impl Dialect {
    /// Its name in configuration and in metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ivr => "ivr",
            Self::Twilio => "twilio",
            Self::Plivo => "plivo",
            Self::Exotel => "exotel",
        }
    }
}

/// A dialect no bot socket speaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected ivr, twilio, plivo or exotel, got {got:?}")]
pub struct UnknownDialect {
    /// The name, cut at 64 characters.
    pub got: String,
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        [Self::Ivr, Self::Twilio, Self::Plivo, Self::Exotel]
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
            .ok_or_else(|| UnknownDialect { got: excerpt(name) })
    }
}

/// How samples are written on a stream, in both directions. One channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// G.711 μ-law, a byte a sample.
    Mulaw,
    /// Signed 16-bit samples, little-endian.
    Pcm16,
}

impl Encoding {
    /// Bytes of one sample.
    pub const fn sample_bytes(self) -> u32 {
        match self {
            Self::Mulaw => 1,
            Self::Pcm16 => 2,
        }
    }
}

/// What a bot is told of the call. Its `Debug` shows the parameters' names alone: a value may be a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Stream {
    /// The stream, as it stands in every message: `MZ` and 32 hexadecimal digits for Twilio bots.
    pub stream_id: String,
    /// The call, as the bot shall know it.
    pub call_id: String,
    /// The account; not told to IVR bots.
    pub account_id: String,
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// Further names and values. Not told to IVR bots, which have no field for them.
    pub parameters: Vec<(String, String)>,
    /// The samples, in both directions.
    pub encoding: Encoding,
    /// Their rate. At least 1.
    pub rate_hz: u32,
    /// IVR only: caller audio goes out as binary messages of bare samples in place of JSON.
    pub binary: bool,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("Stream")
            .field("stream_id", &self.stream_id)
            .field("call_id", &self.call_id)
            .field("account_id", &self.account_id)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("parameters", &names)
            .field("encoding", &self.encoding)
            .field("rate_hz", &self.rate_hz)
            .field("binary", &self.binary)
            .finish()
    }
}

/// Why a stream ends, for the dialects that say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The call is over: `callended`.
    CallEnded,
    /// The call goes on without this bot: `stopped`.
    Stopped,
}

impl StopReason {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallEnded => "callended",
            Self::Stopped => "stopped",
        }
    }
}

/// One message of a bot's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BotEvent<'a> {
    /// Audio to play, appended to the scratch buffer in the stream's encoding. It may be empty, or end in the middle of
    /// a sample that the next message completes.
    Audio,
    /// Drop the audio that has not been played.
    Clear,
    /// Say so once the audio before this has been played.
    Mark(
        /// Its name, 1 to 128 bytes.
        Cow<'a, str>,
    ),
    /// Send keys to the caller.
    Press(
        /// 1 to 64 of `0`-`9`, `*`, `#`, `A`-`D`.
        Cow<'a, str>,
    ),
    /// End the call.
    HangUp,
    /// Connect the caller with somebody else; the bot's part is over.
    Transfer {
        /// 1 to 16 numbers or addresses of 1 to 128 characters.
        destinations: Vec<String>,
        /// One after the other, where otherwise all ring and the first to answer wins.
        sequential: bool,
    },
    /// Hand the call over to another bot.
    TransferBot {
        /// Its socket, at most 2,048 bytes; unchecked. It may hold a credential.
        url: Secret,
    },
    /// Hand the call over to a flow, a queue or a voicemail.
    TransferFlow {
        /// Its name, 1 to 128 characters.
        flow_id: String,
    },
    /// Connect the caller with an extension.
    TransferExtension {
        /// Its number, 1 to 128 characters.
        extension: String,
    },
    /// A message that means nothing to a platform.
    Ignored,
}
