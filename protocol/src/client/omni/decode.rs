//! What a client says, read from one message.

use std::borrow::Cow;

use super::configure::Configure;
use super::fields::Fields;
use super::{Fault, TAG_AUDIO, TAG_CONTROL};
use crate::Frame;
use crate::excerpt::excerpt;
use crate::json::Object;

/// One message of a client.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientEvent<'a> {
    /// Caller audio: PCM16 LE mono at the rate of [`super::Open`]. Even length, may be empty, any number of samples.
    Audio(&'a [u8]),
    /// What the agent is to be.
    Configure(Box<Configure>),
    /// A key press.
    Dtmf {
        /// One of `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
    },
    /// The answer to a `tool_call`.
    ToolResult {
        /// The `call_id` of the `tool_call`; not the session's.
        call_id: Cow<'a, str>,
        /// The result as JSON text of any type, as the client wrote it; or what went wrong.
        /// Where a client sends both, the error counts.
        outcome: Result<&'a str, Cow<'a, str>>,
    },
    /// Words instead of sound.
    InputText {
        /// The words.
        text: Cow<'a, str>,
    },
    /// Stop speaking. Not documented by the vendor, sent by one client in the field.
    Interrupt,
    /// The client says goodbye and will close with 1000.
    SessionEnding,
}

/// Reads one message.
///
/// # Errors
///
/// A [`Fault`] for anything that is not a client's message; the caller answers with an `error` event and goes on.
pub fn decode(frame: Frame<'_>) -> Result<ClientEvent<'_>, Fault> {
    let Frame::Binary(bytes) = frame else {
        return Err(Fault::TextFrame);
    };
    match bytes.split_first() {
        None => Err(Fault::Empty),
        Some((&TAG_AUDIO, pcm)) if pcm.len().is_multiple_of(2) => Ok(ClientEvent::Audio(pcm)),
        Some((&TAG_AUDIO, pcm)) => Err(Fault::OddAudio { len: pcm.len() }),
        Some((&TAG_CONTROL, json)) => control(json),
        Some((&tag, _)) => Err(Fault::UnknownTag { tag }),
    }
}

fn control(json: &[u8]) -> Result<ClientEvent<'_>, Fault> {
    let text = str::from_utf8(json).map_err(|e| Fault::NotUtf8 {
        valid_up_to: e.valid_up_to(),
    })?;
    let object = Object::parse(text).map_err(|e| Fault::NotJson {
        line: e.line(),
        column: e.column(),
    })?;
    let fields = Fields::new(object, String::new());
    let (name, keyed_on_event) = match fields.text("type")? {
        Some(name) => (name, false),
        None => (fields.text("event")?.ok_or(Fault::MissingType)?, true),
    };
    match name.as_ref() {
        "configure" => Ok(ClientEvent::Configure(Box::new(Configure::read(
            &fields,
            keyed_on_event,
        )?))),
        "dtmf" => dtmf(&fields),
        "tool_result" => tool_result(&fields),
        "input_text" => Ok(ClientEvent::InputText {
            text: fields.required("text")?,
        }),
        "interrupt" => Ok(ClientEvent::Interrupt),
        "session_ending" => Ok(ClientEvent::SessionEnding),
        other => Err(Fault::UnknownType {
            name: excerpt(other),
        }),
    }
}

fn dtmf<'a>(fields: &Fields<'a>) -> Result<ClientEvent<'a>, Fault> {
    let text = fields.required("digit")?;
    let mut chars = text.chars().map(|c| c.to_ascii_uppercase());
    match (chars.next(), chars.next()) {
        (Some(digit @ ('0'..='9' | '*' | '#' | 'A'..='D')), None) => {
            Ok(ClientEvent::Dtmf { digit })
        }
        _ => Err(fields.bad("digit", "one character of 0-9 * # A-D")),
    }
}

fn tool_result<'a>(fields: &Fields<'a>) -> Result<ClientEvent<'a>, Fault> {
    let call_id = fields.required("call_id")?;
    let outcome = match fields.text("error")? {
        Some(error) => Err(error),
        None => Ok(fields
            .raw_or_null("result")
            .ok_or_else(|| fields.bad("result", "any JSON, or `error`"))?
            .get()),
    };
    Ok(ClientEvent::ToolResult { call_id, outcome })
}
