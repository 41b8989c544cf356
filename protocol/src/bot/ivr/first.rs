//! The message a bot's owner wants in place of `start`.

use bytes::{BufMut, BytesMut};
use serde_json::Value;

use crate::bot::Stream;
use crate::json::push_escaped_within;

/// A JSON object of the owner's, sent after `connected` in place of `start` (`sessionStartMessage` of the vendor's
/// configuration). `{{caller}}`, `{{did}}` and `{{sessionId}}` in its strings become the caller's number, the called
/// one and the stream's id; any other `{{…}}` stays as it is. What becomes of it has at most 12 KiB as well: what
/// would exceed that of a number or an id is cut off.
///
/// Its `Debug` shows none of it: it may hold a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstMessage {
    /// JSON text before each variable.
    pieces: Vec<(String, Variable)>,
    /// JSON text after the last.
    tail: String,
}

/// Why a value cannot be a first message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FirstMessageError {
    /// Not an object.
    #[error("expected a JSON object, got {got}")]
    NotAnObject {
        /// What it is: a JSON type.
        got: &'static str,
    },
    /// Larger than any bot is sent, before anything is replaced.
    #[error("expected at most 12288 bytes of JSON, got {len}")]
    TooBig {
        /// Its size in bytes, without white space.
        len: usize,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variable {
    Caller,
    Did,
    SessionId,
}

/// Of the template, and of what becomes of it.
const MAX_BYTES: usize = 12 * 1024;

impl FirstMessage {
    /// Reads the template.
    ///
    /// # Errors
    ///
    /// [`FirstMessageError`].
    pub fn parse(value: &Value) -> Result<Self, FirstMessageError> {
        if !value.is_object() {
            let got = kind(value);
            return Err(FirstMessageError::NotAnObject { got });
        }
        let json = value.to_string();
        if json.len() > MAX_BYTES {
            return Err(FirstMessageError::TooBig { len: json.len() });
        }
        // Outside of a string, JSON never has two braces in a row that open.
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = json.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            text.push_str(before);
            if let Some((variable, after)) = Variable::strip(after) {
                pieces.push((std::mem::take(&mut text), variable));
                rest = after;
            } else {
                // The second brace may open a variable with a third.
                text.push('{');
                rest = rest.get(before.len() + 1..).unwrap_or_default();
            }
        }
        text.push_str(rest);
        Ok(Self { pieces, tail: text })
    }

    pub(super) fn write(&self, stream: &Stream, out: &mut BytesMut) {
        let fixed = self.pieces.iter().map(|(text, _)| text.len());
        let fixed = fixed.sum::<usize>() + self.tail.len();
        let mut room = MAX_BYTES.saturating_sub(fixed);
        for (text, variable) in &self.pieces {
            out.put_slice(text.as_bytes());
            let value = match variable {
                Variable::Caller => &stream.from,
                Variable::Did => &stream.to,
                Variable::SessionId => &stream.stream_id,
            };
            room -= push_escaped_within(out, value, room);
        }
        out.put_slice(self.tail.as_bytes());
    }
}

impl std::fmt::Debug for FirstMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstMessage").finish_non_exhaustive()
    }
}

impl Variable {
    /// The variable whose name `text` begins with, and what follows its closing braces.
    fn strip(text: &str) -> Option<(Self, &str)> {
        [
            ("caller}}", Self::Caller),
            ("did}}", Self::Did),
            ("sessionId}}", Self::SessionId),
        ]
        .into_iter()
        .find_map(|(name, variable)| Some((variable, text.strip_prefix(name)?)))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
