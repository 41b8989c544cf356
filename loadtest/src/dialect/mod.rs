//! How callers and bots speak, written from the vendors' pages and from nothing of the gateway's.
//!
//! Each dialect has two ends: the *caller's* (a carrier or a browser, who dials) and the *bot's* (who is dialled).
//! Between two of them a relay can stand, or a gateway that turns one dialect into the other.

mod ivr;
mod omni;
mod plivo;
mod scan;
mod twilio;

use anyhow::Context;
use clap::ValueEnum;
use serde::Deserialize;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::audio::Format;

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    /// PyAI Omni: binary messages with a tag, PCM16 at 24 kHz. A caller's alone.
    Omni,
    /// Twilio Media Streams: JSON, μ-law at 8 kHz.
    Twilio,
    /// Plivo audio streaming: JSON, μ-law at 8 kHz.
    Plivo,
    /// IVR Solutions' bridge: JSON, and PCM16 in binary messages.
    Ivr,
    /// Bare binary messages, for relays that carry anything.
    Raw,
}

/// A dialect and the audio in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Speech {
    pub(crate) dialect: Dialect,
    pub(crate) format: Format,
    /// Messages of [`Dialect::Raw`].
    pub(crate) raw: Raw,
    /// IVR bots: audio as JSON in place of binary messages.
    pub(crate) as_json: bool,
}

/// Bytes of a message that has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) sent: usize,
    /// As many of them as come back, whatever a relay makes of the rest.
    pub(crate) kept: usize,
}

/// What a message of the far end is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Audio, in the buffer that was lent.
    Audio,
    /// What was sent before is not to be played.
    Clear,
    /// Nothing that matters here.
    Other,
    /// The far end is not content, or not understood.
    Complaint(String),
}

impl Speech {
    /// The one format of a dialect that leaves no choice, or PCM16 at `rate_hz`.
    pub(crate) const fn new(dialect: Dialect, rate_hz: u32) -> Self {
        let format = match dialect {
            Dialect::Twilio | Dialect::Plivo => Format::MULAW_8K,
            Dialect::Omni => Format::pcm16(24_000),
            Dialect::Ivr | Dialect::Raw => Format::pcm16(rate_hz),
        };
        Self {
            dialect,
            format,
            raw: Raw {
                sent: format.frame_bytes(),
                kept: format.frame_bytes(),
            },
            as_json: false,
        }
    }

    /// Bytes of a frame as it is sent.
    pub(crate) const fn frame_bytes(&self) -> usize {
        match self.dialect {
            Dialect::Raw => self.raw.sent,
            _ => self.format.frame_bytes(),
        }
    }

    /// Bytes of a frame as it is heard.
    pub(crate) const fn heard_bytes(&self) -> usize {
        match self.dialect {
            Dialect::Raw => self.raw.kept,
            _ => self.format.frame_bytes(),
        }
    }

    /// The request that opens a call to `agent` at `to`. A path in `to` is taken as it is.
    ///
    /// # Errors
    /// Not the URL of a socket without TLS, or a key that cannot be a header.
    pub(crate) fn request(
        &self,
        to: &str,
        agent: &str,
        key: Option<&str>,
    ) -> anyhow::Result<Request> {
        anyhow::ensure!(
            to.starts_with("ws://"),
            "expected ws://HOST:PORT, got {to:?}"
        );
        let bare = to.trim_end_matches('/');
        let has_path = bare
            .split_once("://")
            .is_some_and(|(_, rest)| rest.contains('/'));
        let url = match self.dialect {
            _ if has_path => to.to_owned(),
            Dialect::Omni => format!("{bare}{}", omni::path(agent)),
            Dialect::Twilio => format!("{bare}{}", twilio::path(agent)),
            Dialect::Plivo | Dialect::Ivr | Dialect::Raw => format!("{bare}/"),
        };
        let mut request = url.as_str().into_client_request().context(url.clone())?;
        let Some(key) = key else {
            return Ok(request);
        };
        let (name, value) = match self.dialect {
            Dialect::Omni => ("sec-websocket-protocol", omni::subprotocols(key)),
            _ => ("authorization", format!("Bearer {key}")),
        };
        let mut value = HeaderValue::from_str(&value).context("the key is no header value")?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
        Ok(request)
    }

    /// What a caller sends first.
    pub(crate) fn opening(&self, caller: u32) -> Vec<Message> {
        match self.dialect {
            Dialect::Omni => vec![omni::configure()],
            Dialect::Twilio => twilio::opening(caller).to_vec(),
            Dialect::Plivo => vec![plivo::start(caller)],
            Dialect::Ivr => ivr::opening(caller, self.format.rate_hz).to_vec(),
            Dialect::Raw => Vec::new(),
        }
    }

    /// One frame of a caller's.
    pub(crate) fn encode(&self, caller: u32, number: u32, audio: &[u8]) -> Message {
        match self.dialect {
            Dialect::Omni => omni::audio(audio),
            Dialect::Twilio => twilio::media(caller, number, audio),
            Dialect::Plivo => plivo::media(caller, number, audio),
            Dialect::Ivr | Dialect::Raw => Message::binary(audio.to_vec()),
        }
    }

    /// Reads a message as this caller; audio is put into `audio`, which is emptied first.
    pub(crate) fn decode(&self, caller: u32, message: &Message, audio: &mut Vec<u8>) -> Heard {
        audio.clear();
        match (self.dialect, message) {
            (_, Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => Heard::Other,
            (Dialect::Omni, Message::Binary(bytes)) => omni::decode(bytes, audio),
            (Dialect::Twilio, Message::Text(text)) => twilio::decode(caller, text, audio),
            (Dialect::Plivo, Message::Text(text)) => plivo::decode(text, audio),
            (Dialect::Ivr, Message::Binary(bytes)) => {
                audio.extend_from_slice(bytes);
                Heard::Audio
            }
            (Dialect::Raw, Message::Binary(bytes)) => {
                audio.extend(bytes.iter().take(self.raw.kept));
                Heard::Audio
            }
            (Dialect::Ivr, Message::Text(text)) => ivr::decode(text, audio),
            _ => Heard::Complaint("a message of the wrong kind".to_owned()),
        }
    }

    /// The last message of a caller who hangs up, where there is one.
    pub(crate) fn goodbye(&self, caller: u32) -> Option<Message> {
        match self.dialect {
            Dialect::Omni => Some(omni::session_ending()),
            Dialect::Twilio => Some(twilio::stop(caller)),
            Dialect::Ivr => Some(ivr::stop(caller)),
            Dialect::Plivo | Dialect::Raw => None,
        }
    }

    /// As a bot: the message that gives the audio of `message` back, if that is audio. `stream` is the stream's name,
    /// which the dialect may want and which is taken from the messages.
    pub(crate) fn echo(&self, message: &Message, stream: &mut String) -> Option<Message> {
        match (self.dialect, message) {
            (Dialect::Raw | Dialect::Ivr, Message::Binary(_)) => Some(message.clone()),
            (Dialect::Twilio, Message::Text(text)) => twilio::echo(text, stream),
            (Dialect::Plivo, Message::Text(text)) => plivo::echo(text),
            (Dialect::Ivr, Message::Text(text)) => ivr::echo(text),
            _ => None,
        }
    }

    /// As a bot: reads the caller's audio into `audio`, which is emptied first. Returns whether there was any.
    pub(crate) fn hear(&self, message: &Message, audio: &mut Vec<u8>) -> bool {
        audio.clear();
        match (self.dialect, message) {
            (Dialect::Raw | Dialect::Ivr, Message::Binary(bytes)) => {
                audio.extend_from_slice(bytes);
                true
            }
            (Dialect::Twilio | Dialect::Plivo | Dialect::Ivr, Message::Text(text)) => {
                scan::is_media(text) && scan::payload(text, audio)
            }
            _ => false,
        }
    }

    /// As a bot: one frame.
    pub(crate) fn say(&self, audio: &[u8], stream: &str) -> Message {
        match self.dialect {
            Dialect::Twilio => twilio::say(audio, stream),
            Dialect::Plivo => plivo::say(audio),
            Dialect::Ivr if self.as_json => ivr::delta(audio),
            Dialect::Ivr | Dialect::Raw | Dialect::Omni => Message::binary(audio.to_vec()),
        }
    }

    /// As a bot: what was said is not to be played. `None` where the dialect has no word for it.
    pub(crate) fn clear(&self, stream: &str) -> Option<Message> {
        match self.dialect {
            Dialect::Twilio => Some(twilio::clear(stream)),
            Dialect::Plivo => Some(plivo::clear(stream)),
            Dialect::Ivr => Some(ivr::clear()),
            Dialect::Raw | Dialect::Omni => None,
        }
    }
}

#[cfg(test)]
mod tests;
