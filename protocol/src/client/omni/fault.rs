//! What can be wrong with a client's message.

/// A message that is not Omni. None of them ends the call: the message is dropped, counted, and answered with an
/// `error` event whose `code` is [`Fault::code`] and whose `message` is this fault's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A text message.
    #[error("expected a binary frame with a tag byte, got a text frame")]
    TextFrame,
    /// A binary message without even a tag.
    #[error("expected a tag byte 0x01 or 0x03, got an empty frame")]
    Empty,
    /// A tag a client does not send.
    #[error("expected tag 0x01 (audio) or 0x03 (control), got 0x{tag:02x}")]
    UnknownTag {
        /// The first byte of the message.
        tag: u8,
    },
    /// Audio that ends in the middle of a sample.
    #[error("expected 16-bit samples after tag 0x01, got an odd number of bytes ({len})")]
    OddAudio {
        /// Bytes after the tag.
        len: usize,
    },
    /// Control bytes that are not UTF-8.
    #[error(
        "expected UTF-8 JSON after tag 0x03, got bytes that are not UTF-8 at offset {valid_up_to}"
    )]
    NotUtf8 {
        /// How many bytes after the tag are UTF-8.
        valid_up_to: usize,
    },
    /// Control text that is not one JSON object of at most 128 keys.
    #[error(
        "expected one JSON object after tag 0x03, got something else at line {line} column {column}"
    )]
    NotJson {
        /// Line of the control text, from 1; 0 when unknown.
        line: usize,
        /// Column in bytes.
        column: usize,
    },
    /// A control without `type` (and without the older `event`).
    #[error("expected a control keyed on `type`, got an object without it")]
    MissingType,
    /// A control we do not know.
    #[error(
        "expected type configure, dtmf, tool_result, input_text, interrupt or session_ending, got {name:?}"
    )]
    UnknownType {
        /// The name, cut at 64 characters.
        name: String,
    },
    /// A field that is absent or of the wrong type.
    #[error("field `{field}`: expected {expected}, got {got}")]
    BadField {
        /// The field, with its path as in `tools[2].name`.
        field: String,
        /// What it should be.
        expected: &'static str,
        /// What it is: a JSON type, or "nothing".
        got: &'static str,
    },
}

impl Fault {
    /// A stable name in snake case, for the `error` event and the metric label.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TextFrame => "text_frame",
            Self::Empty => "empty_frame",
            Self::UnknownTag { .. } => "unknown_tag",
            Self::OddAudio { .. } => "odd_audio",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::MissingType => "missing_type",
            Self::UnknownType { .. } => "unknown_type",
            Self::BadField { .. } => "bad_field",
        }
    }
}
