//! What can be wrong with a bot's message.

use crate::Severity;

/// A message that breaks its dialect. None ends the call: the message is dropped and counted. The text quotes ids and
/// audio formats at most, never audio, keys or addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BotFault {
    /// A binary message in a dialect that has none.
    #[error("expected a text message, got a binary one of {len} bytes")]
    Binary {
        /// Its size.
        len: usize,
    },
    /// A message larger than any that is read.
    #[error("expected a message of at most 262144 bytes, got {len}")]
    TooBig {
        /// Its size in bytes.
        len: usize,
    },
    /// Not JSON, or not an object of the dialect's shape.
    #[error(
        "expected a JSON object of the dialect, got something else at line {line} column {column}"
    )]
    Malformed {
        /// Line of the message, from 1; 0 when unknown.
        line: usize,
        /// Column in bytes.
        column: usize,
    },
    /// A message about another stream.
    #[error("expected stream {expected:?}, got {got:?}")]
    WrongStream {
        /// The stream of this socket, cut at 64 characters.
        expected: String,
        /// The stream of the message, cut at 64 characters.
        got: String,
    },
    /// Audio that says it is not what the stream carries.
    #[error("`media`: expected {expected}, got {got:?}")]
    WrongFormat {
        /// What the stream carries, as in `audio/x-mulaw 8000 Hz`.
        expected: String,
        /// Content type and rate of the message, cut at 64 characters.
        got: String,
    },
    /// A field that is absent, of the wrong kind or out of bounds.
    #[error("`{field}`: expected {expected}, got {got}")]
    BadField {
        /// The field, with its path.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is: a JSON type, or "nothing".
        got: &'static str,
    },
    /// Audio that cannot be read.
    #[error("`{field}`: expected padded base64, got {chars} characters that are not")]
    BadBase64 {
        /// The field, with its path.
        field: &'static str,
        /// Length of the payload.
        chars: usize,
    },
}

impl BotFault {
    /// Always [`Severity::Drop`]: a call outlives what its bot says.
    pub const fn severity(&self) -> Severity {
        Severity::Drop
    }

    /// A stable name in snake case, for the record and the metric label.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Binary { .. } => "binary_frame",
            Self::TooBig { .. } => "too_big",
            Self::Malformed { .. } => "malformed",
            Self::WrongStream { .. } => "wrong_stream",
            Self::WrongFormat { .. } => "wrong_format",
            Self::BadField { .. } => "bad_field",
            Self::BadBase64 { .. } => "bad_base64",
        }
    }
}
