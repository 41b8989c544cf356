//! What an inspection is made with.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol::Secret;

use super::error::InspectError;
use crate::botserver::Dialect;
use crate::softphone::KeyPress;

/// One inspection's settings.
#[derive(Debug, Clone)]
pub struct Options {
    /// The bot: `ws://` or `wss://[user:password@]host[:port]/path[?query]`. User name and password become
    /// `Authorization: Basic` (RFC 7617), unless `headers` has one.
    pub url: Secret,
    /// The wire.
    pub dialect: Dialect,
    /// More headers of the upgrade request.
    pub headers: Vec<Header>,
    /// Custom parameters of the stream, in the place the dialect has for them; the bridge has none.
    pub parameters: Vec<(String, String)>,
    /// How the caller's audio is sent.
    pub audio: Audio,
    /// Keys the caller presses.
    pub keys: Option<KeyPress>,
    /// What is expected of the bot.
    pub limits: Limits,
    /// A file of further root certificates in PEM.
    pub ca: Option<PathBuf>,
}

/// How the caller's audio is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audio {
    /// The bridge: PCM16 only, Twilio: μ-law only.
    pub encoding: Encoding,
    /// 8000, 16000 or 24000 Hz; in μ-law 8000 only.
    pub rate_hz: u32,
    /// Length of a message: 20 or 100 ms.
    pub frame_ms: u32,
    /// As binary frames of bare PCM16; the bridge only.
    pub binary: bool,
}

/// How samples are written, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    /// 16 bits, linear, little-endian.
    Pcm16,
    /// G.711 μ-law.
    Mulaw,
}

/// What is expected of the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long to listen after the caller has spoken.
    pub linger_ms: u64,
    /// The longest the call may last, in seconds, 1 to 3,600.
    pub max_s: u64,
    /// How long TLS and the upgrade may take together.
    pub answer_ms: u64,
    /// The first audio must be there so long after `start`.
    pub first_audio_ms: u64,
    /// The most audio ahead of real time, in seconds, 1 to 600.
    pub ahead_s: u64,
}

/// A header of the upgrade. `Debug` hides the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value; often a credential.
    pub value: String,
}

impl Options {
    /// A call in `dialect` with the encoding the gateway has for it (PCM16; Twilio and Plivo μ-law) and the platform's
    /// own limits: 8000 Hz, 20 ms (Exotel 100 ms), an answer within 10 s, 10 s of listening, at most 300 s, first audio
    /// within 3 s, 120 s ahead of real time (Plivo 60 s).
    #[must_use]
    pub fn new(url: impl Into<String>, dialect: Dialect) -> Self {
        let (frame_ms, ahead_s) = match dialect {
            Dialect::Exotel => (100, 120),
            Dialect::Plivo => (20, 60),
            Dialect::Ivr | Dialect::Twilio => (20, 120),
        };
        let encoding = match dialect {
            Dialect::Ivr | Dialect::Exotel => Encoding::Pcm16,
            Dialect::Twilio | Dialect::Plivo => Encoding::Mulaw,
        };
        Self {
            url: Secret::new(url),
            dialect,
            headers: Vec::new(),
            parameters: Vec::new(),
            audio: Audio {
                encoding,
                rate_hz: 8_000,
                frame_ms,
                binary: false,
            },
            keys: None,
            limits: Limits {
                linger_ms: 10_000,
                max_s: 300,
                answer_ms: 10_000,
                first_audio_ms: 3_000,
                ahead_s,
            },
            ca: None,
        }
    }

    /// The stream's format in both directions.
    pub(crate) fn format(&self) -> AudioFormat {
        match self.audio.encoding {
            Encoding::Mulaw => AudioFormat::MULAW_8K,
            Encoding::Pcm16 => AudioFormat::pcm16(self.audio.rate_hz),
        }
    }

    /// Refuses what the wire does not allow, before any socket is opened.
    pub(crate) fn check(&self) -> Result<(), InspectError> {
        let bad = |name, expected: &str, got: u64| {
            Err(InspectError::Option {
                name,
                expected: expected.to_owned(),
                got: got.to_string(),
            })
        };
        let Audio {
            encoding,
            rate_hz,
            frame_ms,
            binary,
        } = self.audio;
        let only = match self.dialect {
            Dialect::Ivr => Some(Encoding::Pcm16),
            Dialect::Twilio => Some(Encoding::Mulaw),
            Dialect::Plivo | Dialect::Exotel => None,
        };
        if let Some(only) = only
            && encoding != only
        {
            return Err(InspectError::Option {
                name: "encoding",
                expected: format!("{} with the dialect {}", only.name(), self.dialect.name()),
                got: encoding.name().to_owned(),
            });
        }
        let rates: &[u32] = match encoding {
            Encoding::Mulaw => &[8_000],
            Encoding::Pcm16 => &[8_000, 16_000, 24_000],
        };
        if !rates.contains(&rate_hz) {
            let expected = format!("one of {rates:?} Hz in {}", encoding.name());
            return bad("rate", &expected, rate_hz.into());
        }
        if !matches!(frame_ms, 20 | 100) {
            return bad("frame-ms", "20 or 100", frame_ms.into());
        }
        if binary && self.dialect != Dialect::Ivr {
            return bad("binary", "the ivr dialect", 1);
        }
        let Limits { max_s, ahead_s, .. } = self.limits;
        if !(1..=3_600).contains(&max_s) {
            return bad("max-s", "1 to 3,600", max_s);
        }
        if !(1..=600).contains(&ahead_s) {
            return bad("ahead-s", "1 to 600", ahead_s);
        }
        Ok(())
    }
}

impl Encoding {
    /// As it is typed.
    const fn name(self) -> &'static str {
        match self {
            Self::Pcm16 => "pcm16",
            Self::Mulaw => "mulaw",
        }
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ***", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_wire_does_not_allow_is_refused() {
        let refused = |change: fn(&mut Options), dialect| {
            let mut options = Options::new("ws://h/", dialect);
            assert!(options.check().is_ok());
            change(&mut options);
            assert!(options.check().is_err(), "{options:?}");
        };
        refused(|options| options.audio.rate_hz = 16_000, Dialect::Twilio);
        refused(|options| options.audio.rate_hz = 11_025, Dialect::Ivr);
        refused(|options| options.audio.rate_hz = 16_000, Dialect::Plivo);
        let pcm16 = |options: &mut Options| options.audio.encoding = Encoding::Pcm16;
        let mulaw = |options: &mut Options| options.audio.encoding = Encoding::Mulaw;
        refused(pcm16, Dialect::Twilio);
        refused(mulaw, Dialect::Ivr);
        refused(|options| options.audio.frame_ms = 30, Dialect::Ivr);
        refused(|options| options.audio.binary = true, Dialect::Plivo);
        refused(|options| options.limits.max_s = 0, Dialect::Exotel);
        refused(|options| options.limits.ahead_s = 601, Dialect::Exotel);
    }

    #[test]
    fn the_encoding_is_the_gateways_unless_it_is_told() {
        let mut plivo = Options::new("ws://h/", Dialect::Plivo);
        assert_eq!(plivo.format(), AudioFormat::MULAW_8K);
        plivo.audio.encoding = Encoding::Pcm16;
        assert_eq!(plivo.format(), AudioFormat::pcm16(8_000));
        let mut exotel = Options::new("ws://h/", Dialect::Exotel);
        assert_eq!(exotel.format(), AudioFormat::pcm16(8_000));
        exotel.audio.encoding = Encoding::Mulaw;
        assert_eq!(exotel.format(), AudioFormat::MULAW_8K);
        assert!(plivo.check().is_ok() && exotel.check().is_ok());
    }

    #[test]
    fn credentials_are_not_in_debug_output() {
        let mut options = Options::new("ws://u:planted@h/planted?planted", Dialect::Ivr);
        options.headers.push(Header {
            name: "Authorization".to_owned(),
            value: "planted".to_owned(),
        });
        assert!(!format!("{options:?}").contains("planted"));
    }
}
