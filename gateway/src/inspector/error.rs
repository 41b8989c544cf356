//! Why a bot could not be inspected at all. What a bot does wrong is a finding, not an error.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What prevents an inspection. No variant shows a header's value or the URL's path, which may hold a token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The URL cannot be called.
    #[error("bad URL: expected ws:// or wss://host[:port]/path, got {got}")]
    Url {
        /// What is wrong with it.
        got: String,
    },
    /// An option is out of its bounds.
    #[error("{name}: expected {expected}, got {got}")]
    Option {
        /// Which one.
        name: &'static str,
        /// Its bounds.
        expected: String,
        /// What was asked.
        got: String,
    },
    /// Not `Name: value`, or not allowed in HTTP (RFC 9110 section 5.5).
    #[error("header {name:?}: expected \"Name: value\"")]
    Header {
        /// What stands before the colon.
        name: String,
    },
    /// No TCP connection.
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
    /// No TLS with the bot's host: most often a certificate that no known root has signed.
    #[error("no TLS with {host}")]
    Tls {
        /// Host called.
        host: String,
        /// What the TLS library said.
        #[source]
        source: io::Error,
    },
    /// The file of root certificates cannot be used.
    #[error("root certificates of {}: {reason}", path.display())]
    Roots {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The TLS library cannot be set up.
    #[error("TLS")]
    Setup(#[from] rustls::Error),
    /// The system gave no random bytes.
    #[error("no randomness: {reason}")]
    Randomness {
        /// What the system said.
        reason: String,
    },
}
