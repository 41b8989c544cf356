//! What the dialects share in reading a bot: whole messages, base64, marks, keys, and the stream they speak of.

use std::borrow::Cow;

use base64_simd::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{BotEvent, BotFault, MAX_MESSAGE_BYTES};
use crate::Frame;
use crate::excerpt::excerpt;
use crate::json::{Text, kind};

const MAX_MARK_BYTES: usize = 128;
const MAX_KEYS: usize = 64;

/// `media` as Twilio and its descendants write it.
#[derive(Deserialize)]
pub(super) struct Media<'a> {
    #[serde(borrow)]
    pub(super) payload: Option<Text<'a>>,
}

/// `mark` as Twilio and its descendants write it.
#[derive(Deserialize)]
pub(super) struct Mark<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
}

impl<'a> Mark<'a> {
    /// The event a mark is.
    pub(super) fn event(mark: Option<Self>) -> Result<BotEvent<'a>, BotFault> {
        mark_name("mark.name", mark.and_then(|mark| mark.name)).map(BotEvent::Mark)
    }
}

/// The text of a message that must be one.
pub(super) fn text(frame: Frame<'_>) -> Result<&str, BotFault> {
    match frame {
        Frame::Binary(bytes) => Err(BotFault::Binary { len: bytes.len() }),
        Frame::Text(text) => check_size(text.len()).map(|()| text),
    }
}

/// Refuses a message that is too large.
pub(super) const fn check_size(len: usize) -> Result<(), BotFault> {
    if len > MAX_MESSAGE_BYTES {
        return Err(BotFault::TooBig { len });
    }
    Ok(())
}

/// Reads a message as one object.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, BotFault> {
    serde_json::from_str(text).map_err(|e| BotFault::Malformed {
        line: e.line(),
        column: e.column(),
    })
}

/// The name of the event a message is of.
pub(super) fn event_name<'t>(event: Option<&'t Text<'_>>) -> Result<&'t str, BotFault> {
    event
        .map(|Text(name)| name.as_ref())
        .ok_or(BotFault::BadField {
            field: "event",
            expected: "the event's name",
            got: "nothing",
        })
}

/// Appends the samples of `payload` to `audio`, which is as before where that fails.
pub(super) fn audio<'a>(
    field: &'static str,
    payload: Option<&Text<'_>>,
    audio: &mut Vec<u8>,
) -> Result<BotEvent<'a>, BotFault> {
    let Some(Text(payload)) = payload else {
        return Err(BotFault::BadField {
            field,
            expected: "base64 audio",
            got: "nothing",
        });
    };
    let before = audio.len();
    if STANDARD.decode_append(payload.as_bytes(), audio).is_err() {
        audio.truncate(before);
        return Err(BotFault::BadBase64 {
            field,
            chars: payload.len(),
        });
    }
    Ok(BotEvent::Audio)
}

/// A message that names a stream must name this one.
pub(super) fn check_stream(own: &str, named: Option<&Text<'_>>) -> Result<(), BotFault> {
    match named {
        Some(Text(named)) if named != own => Err(BotFault::WrongStream {
            expected: excerpt(own),
            got: excerpt(named),
        }),
        _ => Ok(()),
    }
}

/// The name of a mark: 1 to 128 bytes.
pub(super) fn mark_name<'a>(
    field: &'static str,
    raw: Option<&'a RawValue>,
) -> Result<Cow<'a, str>, BotFault> {
    scalar(field, raw, "a name of 1 to 128 bytes", |name| {
        (1..=MAX_MARK_BYTES).contains(&name.len())
    })
}

/// Keys to press, in upper case.
pub(super) fn keys<'a>(
    field: &'static str,
    raw: Option<&'a RawValue>,
) -> Result<Cow<'a, str>, BotFault> {
    const EXPECTED: &str = "1 to 64 of 0-9 * # A-D";
    let is_key = |b: u8| matches!(b.to_ascii_uppercase(), b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D');
    let keys = scalar(field, raw, EXPECTED, |keys| {
        (1..=MAX_KEYS).contains(&keys.len()) && keys.bytes().all(is_key)
    })?;
    Ok(match keys {
        keys if keys.bytes().any(|b| b.is_ascii_lowercase()) => keys.to_ascii_uppercase().into(),
        keys => keys,
    })
}

/// A string or a number as text, if it is `valid`.
pub(super) fn scalar<'a>(
    field: &'static str,
    raw: Option<&'a RawValue>,
    expected: &'static str,
    valid: impl FnOnce(&str) -> bool,
) -> Result<Cow<'a, str>, BotFault> {
    let text = raw.and_then(|raw| serde_json::from_str::<Text<'a>>(raw.get()).ok());
    match text {
        Some(Text(text)) if valid(&text) => Ok(text),
        text => Err(BotFault::BadField {
            field,
            expected,
            got: match (text, raw) {
                (Some(Text(text)), _) if text.is_empty() => "an empty string",
                (Some(_), _) => "another text",
                (None, Some(raw)) => kind(raw),
                (None, None) => "nothing",
            },
        }),
    }
}
