//! The client side of each wire: audio and keys to packets, packets to signals. Pure, no clock.

mod omni;
mod twilio;

use super::PhoneError;
use super::event::{ClearKind, EventKind};
use super::options::{Dialect, Options};
use omni::Omni;
use twilio::Twilio;
use url::Url;

/// One WebSocket message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet {
    Text(String),
    Binary(Vec<u8>),
}

/// What a packet from the far end means to a phone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Signal {
    /// Agent audio at `rate_hz`.
    Audio { samples: Vec<i16>, rate_hz: u32 },
    /// Empty the playback buffer.
    Clear(ClearKind),
    /// Tell when the audio so far has been played.
    Mark(String),
    /// For the timeline only.
    Note(EventKind),
    /// The packet breaks the wire's rules.
    Fault(String),
}

/// What the upgrade request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upgrade {
    pub(crate) url: Url,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) bearer: Option<String>,
}

/// The chosen wire.
#[derive(Debug)]
pub(crate) enum Wire {
    Omni(Omni),
    Twilio(Twilio),
}

impl Wire {
    /// Twilio's bound; Omni states none, and a browser's buffer is taken to be as long.
    const BUFFER_MS: u64 = 10 * 60 * 1000;

    /// `random` makes the ids of the stream.
    pub(crate) fn new(options: &Options, random: [u8; 48]) -> Self {
        match options.dialect {
            Dialect::Omni => Self::Omni(Omni::new(options.rate_hz, &options.configure)),
            Dialect::Twilio => Self::Twilio(Twilio::new(random, &options.parameters)),
        }
    }

    /// Where and with what to ask for the upgrade.
    pub(crate) fn upgrade(&self, options: &Options) -> Result<Upgrade, PhoneError> {
        let url = Url::parse(&options.url).map_err(|error| PhoneError::Url {
            reason: error.to_string(),
        })?;
        match url.scheme() {
            "ws" => {}
            "wss" => {
                return Err(PhoneError::Url {
                    reason: "wss needs TLS, which this build has not; use ws".to_owned(),
                });
            }
            other => {
                return Err(PhoneError::Url {
                    reason: format!("scheme: expected ws, got {other}"),
                });
            }
        }
        let key = options.key.as_ref().map(super::Key::reveal);
        Ok(match self {
            Self::Omni(omni) => omni.upgrade(url, key, &options.parameters),
            Self::Twilio(_) => twilio::upgrade(url, key),
        })
    }

    /// What is sent as soon as the socket is open.
    pub(crate) fn encode_opening(&mut self) -> Vec<Packet> {
        match self {
            Self::Omni(omni) => vec![omni.encode_configure()],
            Self::Twilio(twilio) => twilio.encode_opening(),
        }
    }

    /// One frame of the caller's audio, captured from `t_ms` on.
    pub(crate) fn encode_audio(&mut self, samples: &[i16], t_ms: u64) -> Packet {
        match self {
            Self::Omni(_) => omni::encode_audio(samples),
            Self::Twilio(twilio) => twilio.encode_audio(samples, t_ms),
        }
    }

    /// One key press.
    pub(crate) fn encode_digit(&mut self, digit: char) -> Packet {
        match self {
            Self::Omni(_) => omni::encode_digit(digit),
            Self::Twilio(twilio) => twilio.encode_digit(digit),
        }
    }

    /// The answer to a mark, where the wire has marks.
    pub(crate) fn encode_mark(&mut self, name: &str) -> Option<Packet> {
        match self {
            Self::Omni(_) => None,
            Self::Twilio(twilio) => Some(twilio.encode_mark(name)),
        }
    }

    /// The last packet before the close frame.
    pub(crate) fn encode_ending(&mut self) -> Packet {
        match self {
            Self::Omni(_) => omni::encode_ending(),
            Self::Twilio(twilio) => twilio.encode_stop(),
        }
    }

    /// Reads a packet from the far end.
    pub(crate) fn decode(&mut self, packet: &Packet) -> Signal {
        let decoded = match self {
            Self::Omni(omni) => omni.decode(packet),
            Self::Twilio(twilio) => twilio.decode(packet),
        };
        decoded.unwrap_or_else(Signal::Fault)
    }

    /// How much unplayed audio the far side's network holds, in milliseconds; what is beyond is discarded.
    pub(crate) fn buffer_ms(&self) -> u64 {
        Self::BUFFER_MS
    }

    /// Whether audio that waits when the agent closes is still played: a browser plays it, Twilio ends the stream.
    pub(crate) fn plays_on_after_close(&self) -> bool {
        matches!(self, Self::Omni(_))
    }
}
