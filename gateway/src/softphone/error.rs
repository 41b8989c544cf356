//! Why a call could not be placed.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What prevents a call. No variant shows the key or the URL's path, which may hold a token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// The URL cannot be called.
    #[error("bad URL: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// The wire does not carry this rate.
    #[error("rate: expected one of {expected:?} Hz, got {got}")]
    Rate {
        /// What the dialect allows, in Hz.
        expected: &'static [u32],
        /// What was asked, in Hz.
        got: u32,
    },
    /// `max_s` is out of bounds.
    #[error("longest call: expected 1 to {expected_at_most} s, got {got}")]
    Duration {
        /// The upper bound in seconds.
        expected_at_most: u64,
        /// What was asked, in seconds.
        got: u64,
    },
    /// Not `DIGITS@SECONDS`.
    #[error("keys: expected DIGITS@SECONDS with digits of 0-9 * # A-D, got {got:?}")]
    Keys {
        /// What was typed.
        got: String,
    },
    /// Not `NAME=VALUE`.
    #[error("parameter: expected NAME=VALUE, got {got:?}")]
    Parameter {
        /// What was typed.
        got: String,
    },
    /// A header or the key cannot be put into an HTTP request (RFC 9110 section 5.5, RFC 6455 section 4.1).
    #[error("{name} cannot be sent as an HTTP header value")]
    Header {
        /// Which header; the value is not shown.
        name: String,
    },
    /// No connection.
    #[error("cannot reach {host}:{port}")]
    Connect {
        /// Host called.
        host: String,
        /// Port called.
        port: u16,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The server answered the upgrade with a refusal.
    #[error("refused: HTTP {status}{}{}", shown(" ", code.as_deref()), shown(": ", message.as_deref()))]
    Refused {
        /// HTTP status.
        status: u16,
        /// `error.code` of the body, if it has one.
        code: Option<String>,
        /// `error.message` of the body, or the beginning of a body that is not JSON.
        message: Option<String>,
        /// `Retry-After`, in seconds, if sent.
        retry_after_s: Option<u64>,
    },
    /// The upgrade failed in another way than a refusal.
    #[error("the WebSocket handshake failed: {reason}")]
    Handshake {
        /// What the WebSocket library said, without the key.
        reason: String,
    },
    /// The server selected the credential as subprotocol, which shows it to every log on the way.
    #[error("the server echoed the key as the selected subprotocol; expected pyai.v1")]
    KeyEchoed,
    /// TCP and the upgrade took too long.
    #[error("no answer to the call within {after_s} s")]
    Timeout {
        /// How long was waited, in seconds.
        after_s: u64,
    },
    /// The WAV file cannot be spoken.
    #[error("WAV: {reason}")]
    Wav {
        /// What is wrong with it.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("file {}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// `--configure` is not a JSON object, or the report could not be written as JSON.
    #[error("JSON")]
    Json(#[from] serde_json::Error),
    /// The system gave no random bytes.
    #[error("no randomness: {reason}")]
    Randomness {
        /// What the system said.
        reason: String,
    },
}

fn shown(before: &str, text: Option<&str>) -> String {
    text.map(|text| format!("{before}{text}"))
        .unwrap_or_default()
}
