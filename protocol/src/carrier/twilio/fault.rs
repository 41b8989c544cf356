//! What can be wrong with a message of Twilio's.

use crate::Severity;

/// A message that breaks the dialect. [`Fault::severity`] says whether the call survives it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A binary message.
    #[error("expected a text message, got a binary one of {len} bytes")]
    Binary {
        /// Its size.
        len: usize,
    },
    /// A message larger than any the dialect has.
    #[error("expected a message of at most 65536 bytes, got {len}")]
    TooBig {
        /// Its size in bytes.
        len: usize,
    },
    /// Not JSON, or not an object of the dialect's shape.
    #[error("expected a Media Streams object, got something else at line {line} column {column}")]
    Malformed {
        /// Line of the message, from 1; 0 when unknown.
        line: usize,
        /// Column in bytes.
        column: usize,
    },
    /// A message about a stream that has not begun.
    #[error("expected `start` first, got `{event}`")]
    BeforeStart {
        /// The event's name.
        event: &'static str,
    },
    /// Two calls on one socket.
    #[error("expected one `start` on a socket, got a second")]
    SecondStart,
    /// A message after the last.
    #[error("expected nothing after `stop`, got another message")]
    AfterStop,
    /// `start` announces audio that Twilio does not have.
    #[error("`start.mediaFormat`: expected audio/x-mulaw 8000 Hz 1 channel, got {got}")]
    BadFormat {
        /// Encoding, rate and channels, cut at 64 characters.
        got: String,
    },
    /// `start` lacks what the stream cannot do without.
    #[error("`start.{field}`: expected {expected}, got something else")]
    BadStart {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A message about another stream.
    #[error("expected streamSid {expected:?}, got {got:?}")]
    WrongStream {
        /// The stream of this socket.
        expected: String,
        /// The stream of the message, cut at 64 characters.
        got: String,
    },
    /// A field that is absent or of the wrong kind.
    #[error("`{field}`: expected {expected}, got nothing or something else")]
    BadField {
        /// The field, with its path.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// Audio that cannot be read.
    #[error("`media.payload`: expected padded base64, got {chars} characters that are not")]
    BadBase64 {
        /// Length of the payload.
        chars: usize,
    },
}

impl Fault {
    /// Whether the call goes on. A bad packet is dropped; a stream that cannot begin, or a socket that carries two,
    /// ends the call.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::TooBig { .. }
            | Self::SecondStart
            | Self::BadFormat { .. }
            | Self::BadStart { .. } => Severity::Close,
            Self::Binary { .. }
            | Self::Malformed { .. }
            | Self::BeforeStart { .. }
            | Self::AfterStop
            | Self::WrongStream { .. }
            | Self::BadField { .. }
            | Self::BadBase64 { .. } => Severity::Drop,
        }
    }

    /// A stable name in snake case, for the record and the metric label.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Binary { .. } => "binary_frame",
            Self::TooBig { .. } => "too_big",
            Self::Malformed { .. } => "malformed",
            Self::BeforeStart { .. } => "before_start",
            Self::SecondStart => "second_start",
            Self::AfterStop => "after_stop",
            Self::BadFormat { .. } => "bad_format",
            Self::BadStart { .. } => "bad_start",
            Self::WrongStream { .. } => "wrong_stream",
            Self::BadField { .. } => "bad_field",
            Self::BadBase64 { .. } => "bad_base64",
        }
    }
}
