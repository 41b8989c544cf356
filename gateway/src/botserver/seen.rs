//! What a bot server saw of a call.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio_tungstenite::tungstenite::http::HeaderMap;

use super::dialect::Dialect;

/// One call as the bot saw it, up to now.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CallSeen {
    /// What was asked for when the socket was opened; not serialised.
    #[serde(skip)]
    pub upgrade: Upgrade,
    /// The dialect of the stream, once it is known.
    pub dialect: Option<Dialect>,
    /// The stream's id, once it has started.
    pub stream_id: String,
    /// The stream's `start` message, as received.
    pub start: serde_json::Value,
    /// Audio messages received.
    pub media: u64,
    /// Audio received, in milliseconds.
    pub heard_ms: u64,
    /// Audio sent, in milliseconds.
    pub sent_ms: u64,
    /// Digits in the order they were pressed; at most 1,024.
    pub digits: String,
    /// Names of the marks that came back, in order; at most 1,024.
    pub marks: Vec<String>,
    /// Other messages in order, as printed; at most 1,024.
    pub messages: Vec<String>,
    /// How the call ended, once it has.
    pub ended: Option<Ended>,
}

/// How a call ended for the bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// `stop.reason` of the platform, empty where it gave none; `None` without a `stop`.
    pub stop: Option<String>,
    /// The close code the platform sent: 1005 for a close frame without one, `None` without a close frame.
    pub close_code: Option<u16>,
}

impl CallSeen {
    /// Digits, marks and messages kept.
    pub(crate) const KEPT: usize = 1_024;
}

/// The request that opened a socket. `Debug` hides the headers' values and the query.
#[derive(Clone, Default)]
pub struct Upgrade {
    /// Path and query.
    pub path: String,
    /// The headers, credentials included.
    pub headers: HeaderMap,
}

impl Upgrade {
    /// The first value of a header, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        let names: Vec<_> = self.headers.keys().collect();
        f.debug_struct("Upgrade")
            .field("path", &path)
            .field("headers", &names)
            .finish()
    }
}

/// Where a running call writes what it sees.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<CallSeen>>);

impl Slot {
    pub(crate) fn new(upgrade: Upgrade) -> Self {
        Self(Arc::new(Mutex::new(CallSeen {
            upgrade,
            ..CallSeen::default()
        })))
    }

    /// What was seen up to now.
    pub(crate) fn snapshot(&self) -> CallSeen {
        self.lock().clone()
    }

    /// Writes something down.
    pub(crate) fn note(&self, write: impl FnOnce(&mut CallSeen)) {
        write(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, CallSeen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
