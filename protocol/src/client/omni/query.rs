//! What the URL of an Omni session asks for.

use std::borrow::Cow;

use crate::excerpt::excerpt;

/// The query of `/v1/omni`. Source: the vendor's OpenAPI document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Rate of the caller's audio: 8000, 16000 or 24000.
    pub rate_in_hz: u32,
    /// Opaque tag of the session, 1 to 256 characters, none of them a control character.
    pub session_label: Option<String>,
}

/// A query that is refused before the upgrade, with HTTP 400 and `invalid_request_error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another sample format.
    #[error("`format`: expected pcm16, got {got:?}")]
    UnsupportedFormat {
        /// What was asked for, cut at 64 characters.
        got: String,
    },
    /// Another rate.
    #[error("`rate`: expected 8000, 16000 or 24000, got {got:?}")]
    UnsupportedRate {
        /// What was asked for, cut at 64 characters.
        got: String,
    },
    /// A label that is too long.
    #[error("`{param}`: expected at most 256 characters, got {chars}")]
    LabelTooLong {
        /// `session_label` or `agent_id`.
        param: &'static str,
        /// Its length in characters.
        chars: usize,
    },
    /// A label that would not be safe as a header value.
    #[error("`{param}`: expected no control characters, got U+{code_point:04X}")]
    LabelControl {
        /// `session_label` or `agent_id`.
        param: &'static str,
        /// The first control character.
        code_point: u32,
    },
    /// Percent-encoded bytes that are not UTF-8.
    #[error("`{param}`: expected percent-encoded UTF-8, got bytes that are not UTF-8")]
    NotUtf8 {
        /// The parameter.
        param: &'static str,
    },
}

const MAX_LABEL_CHARS: usize = 256;

impl Open {
    /// Reads the part of the URL after `?`. Unknown parameters are ignored, the first of a repeated one counts,
    /// and an empty label counts as none. `agent_id` is an older name of `session_label`, which wins.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] naming the parameter.
    pub fn parse(query: &str) -> Result<Self, OpenError> {
        let format = value(query, "format")?;
        if let Some(got) = format.filter(|format| format != "pcm16") {
            return Err(OpenError::UnsupportedFormat { got: excerpt(&got) });
        }
        let rate_in_hz = match value(query, "rate")?.as_deref() {
            None | Some("24000") => 24_000,
            Some("16000") => 16_000,
            Some("8000") => 8_000,
            Some(got) => return Err(OpenError::UnsupportedRate { got: excerpt(got) }),
        };
        let session_label = match label(query, "session_label")? {
            Some(label) => Some(label),
            None => label(query, "agent_id")?,
        };
        Ok(Self {
            rate_in_hz,
            session_label,
        })
    }

    /// Rate of the agent's audio: 8000 for a caller at 8000, else 24000. The vendor's agents speak no other rate,
    /// and its newest clients accept only these two in `hello.audio_out`.
    pub const fn rate_out_hz(&self) -> u32 {
        if self.rate_in_hz == 8_000 {
            8_000
        } else {
            24_000
        }
    }
}

impl OpenError {
    /// The parameter at fault, for `error.param` of the HTTP answer.
    pub const fn param(&self) -> &'static str {
        match self {
            Self::UnsupportedFormat { .. } => "format",
            Self::UnsupportedRate { .. } => "rate",
            Self::LabelTooLong { param, .. }
            | Self::LabelControl { param, .. }
            | Self::NotUtf8 { param } => param,
        }
    }
}

fn label(query: &str, param: &'static str) -> Result<Option<String>, OpenError> {
    let Some(label) = value(query, param)?.filter(|label| !label.is_empty()) else {
        return Ok(None);
    };
    let chars = label.chars().count();
    if chars > MAX_LABEL_CHARS {
        return Err(OpenError::LabelTooLong { param, chars });
    }
    match label.chars().find(|c| c.is_control()) {
        Some(control) => Err(OpenError::LabelControl {
            param,
            code_point: control.into(),
        }),
        None => Ok(Some(label)),
    }
}

/// The first value of `param`, decoded as a form field (WHATWG URL, section 5.1).
fn value(query: &str, param: &'static str) -> Result<Option<String>, OpenError> {
    let found = query
        .trim_start_matches('?')
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(name, _)| *percent_decode(name) == *param.as_bytes());
    found
        .map(|(_, raw)| String::from_utf8(percent_decode(raw).into_owned()))
        .transpose()
        .map_err(|_| OpenError::NotUtf8 { param })
}

/// `+` is a space; a `%` without two hexadecimal digits stands for itself.
fn percent_decode(raw: &str) -> Cow<'_, [u8]> {
    if !raw.contains(['%', '+']) {
        return Cow::Borrowed(raw.as_bytes());
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    Cow::Owned(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    // A hexadecimal digit always fits.
    char::from(digit).to_digit(16).map(|value| value as u8)
}
