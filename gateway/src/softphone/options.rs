//! What a call is placed with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::PhoneError;

/// The wire the phone speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// A browser or an app on the Omni socket.
    Omni,
    /// Twilio's side of a bidirectional media stream.
    Twilio,
}

/// One call's settings.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to call: `ws://host[:port]/path`. On Twilio a query string is dropped, as the carrier drops it.
    pub url: String,
    /// The wire.
    pub dialect: Dialect,
    /// The credential. Omni: subprotocol `pyai-key.<key>`. Twilio: `Authorization: Bearer <key>`, which the real
    /// carrier does not send; a path token is written in the URL.
    pub key: Option<Key>,
    /// Rate of the caller's audio and of the recording: 8000, 16000 or 24000 Hz; Twilio: 8000 only.
    pub rate_hz: u32,
    /// Twilio: `start.customParameters`. Omni: query parameters, such as `session_label`.
    pub parameters: Vec<(String, String)>,
    /// More headers of the upgrade request, for example a carrier's signature.
    pub headers: Vec<(String, String)>,
    /// Omni: further keys of the `configure` frame. Unused on Twilio.
    pub configure: Map<String, Value>,
    /// Keys pressed at a fixed time, beside the script.
    pub keys: Option<KeyPress>,
    /// The longest the call may last, in seconds, 1 to [`Options::LONGEST_S`]; then the phone hangs up.
    pub max_s: u64,
}

impl Options {
    /// Upper bound of `max_s`; it bounds the recording in memory (173 MB a channel at 24 kHz).
    pub const LONGEST_S: u64 = 3_600;

    /// A call to `url` with nothing set: no key, no parameters, at most 300 s, 8 kHz on Twilio and 24 kHz on Omni.
    #[must_use]
    pub fn new(url: impl Into<String>, dialect: Dialect) -> Self {
        let rate_hz = match dialect {
            Dialect::Omni => 24_000,
            Dialect::Twilio => 8_000,
        };
        Self {
            url: url.into(),
            dialect,
            key: None,
            rate_hz,
            parameters: Vec::new(),
            headers: Vec::new(),
            configure: Map::new(),
            keys: None,
            max_s: 300,
        }
    }

    /// Refuses what the wire does not allow, before any socket is opened.
    pub(crate) fn check(&self) -> Result<(), PhoneError> {
        let allowed: &[u32] = match self.dialect {
            Dialect::Omni => &[8_000, 16_000, 24_000],
            Dialect::Twilio => &[8_000],
        };
        if !allowed.contains(&self.rate_hz) {
            return Err(PhoneError::Rate {
                expected: allowed,
                got: self.rate_hz,
            });
        }
        if self.max_s == 0 || self.max_s > Self::LONGEST_S {
            return Err(PhoneError::Duration {
                expected_at_most: Self::LONGEST_S,
                got: self.max_s,
            });
        }
        Ok(())
    }
}

/// A credential. `Debug` shows `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Wraps a credential; surrounding white space, such as a file's last line feed, is removed.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(key.trim().to_owned())
    }

    /// The credential in clear, for the wire only.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of the credential replaced, for messages that came from the other side.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.is_empty() {
            text.to_owned()
        } else {
            text.replace(&self.0, "***")
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Keys pressed at a fixed time of the call; typed `DIGITS@SECONDS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPress {
    /// `0-9`, `*`, `#`, `A-D`.
    pub digits: String,
    /// When the first is pressed, in milliseconds since the call began.
    pub at_ms: u64,
}

impl FromStr for KeyPress {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let bad = || PhoneError::Keys {
            got: text.to_owned(),
        };
        let (digits, seconds) = text.split_once('@').ok_or_else(bad)?;
        let seconds: f64 = seconds.parse().map_err(|_| bad())?;
        let known = |digit: char| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D');
        let longest = Options::LONGEST_S as f64;
        if digits.is_empty() || !digits.chars().all(known) || !(0.0..=longest).contains(&seconds) {
            return Err(bad());
        }
        Ok(Self {
            digits: digits.to_owned(),
            at_ms: (seconds * 1000.0).round() as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_not_in_debug_output() {
        let mut options = Options::new("ws://h/", Dialect::Omni);
        options.key = Some(Key::new(" pyai_test_secret\n"));
        let shown = format!("{options:?}");
        assert!(!shown.contains("secret"), "{shown}");
        assert_eq!(
            options.key.map(|key| key.reveal().to_owned()).as_deref(),
            Some("pyai_test_secret")
        );
    }

    #[test]
    fn twilio_takes_8_khz_only() {
        let mut options = Options::new("ws://h/", Dialect::Twilio);
        assert!(options.check().is_ok());
        options.rate_hz = 16_000;
        assert!(matches!(
            options.check(),
            Err(PhoneError::Rate { got: 16_000, .. })
        ));
    }

    #[test]
    fn key_presses_are_digits_at_seconds() {
        let keys: KeyPress = "12#@3.5".parse().expect("well formed");
        assert_eq!(
            keys,
            KeyPress {
                digits: "12#".to_owned(),
                at_ms: 3_500
            }
        );
        for bad in ["12", "@3", "1x@3", "1@", "1@-1", "1@nan"] {
            assert!(bad.parse::<KeyPress>().is_err(), "{bad}");
        }
    }
}
