//! What a bot server is started with.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::mpsc::Sender;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName, HeaderValue};

use super::dialect::Dialect;
use super::event::BotEvent;
use super::fault::Fault;
use super::script::Script;

/// One server's settings.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The dialect of every call; `None` takes it from each stream's first messages.
    pub dialect: Option<Dialect>,
    /// What the bot does in each call.
    pub script: Arc<Script>,
    /// How it misbehaves; nonsense, huge and the timed faults echo beside it and run no script.
    pub fault: Option<Fault>,
    /// A header without which an upgrade is answered 401.
    pub required: Option<RequiredHeader>,
    /// Sends a script's audio on an absolute schedule of real time, not ahead of it.
    pub realtime: bool,
    /// Receives each event as it happens. A full or closed channel holds no call up: the event is lost.
    pub events: Option<Sender<BotEvent>>,
}

impl Default for Options {
    /// An echo for every dialect on a free port of 127.0.0.1.
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            dialect: None,
            script: Arc::new(Script::echo()),
            fault: None,
            required: None,
            realtime: false,
            events: None,
        }
    }
}

/// A header an upgrade must carry. `Debug` hides the value.
#[derive(Clone, PartialEq, Eq)]
pub struct RequiredHeader {
    name: HeaderName,
    value: HeaderValue,
}

/// Not a header line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("header: expected \"Name: value\"")]
pub struct RequiredHeaderError;

impl RequiredHeader {
    /// Whether the request carries it, and once only.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut all = headers.get_all(&self.name).iter();
        all.next() == Some(&self.value) && all.next().is_none()
    }
}

impl FromStr for RequiredHeader {
    type Err = RequiredHeaderError;

    fn from_str(text: &str) -> Result<Self, RequiredHeaderError> {
        let (name, value) = text.split_once(':').ok_or(RequiredHeaderError)?;
        let mut value = HeaderValue::try_from(value.trim()).map_err(|_| RequiredHeaderError)?;
        value.set_sensitive(true);
        Ok(Self {
            name: HeaderName::try_from(name.trim()).map_err(|_| RequiredHeaderError)?,
            value,
        })
    }
}

impl fmt::Debug for RequiredHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ***", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_header_is_compared_whole_and_not_shown() {
        let required: RequiredHeader = "Authorization: Bearer planted".parse().expect("a header");
        assert!(!format!("{required:?}").contains("planted"));
        let mut headers = HeaderMap::new();
        assert!(!required.is_in(&headers));
        headers.insert("authorization", HeaderValue::from_static("Bearer planted"));
        assert!(required.is_in(&headers));
        headers.append("authorization", HeaderValue::from_static("Bearer other"));
        assert!(!required.is_in(&headers));
        for bad in ["", "no colon", ": value", "bad name: v", "n: a\nb"] {
            assert!(bad.parse::<RequiredHeader>().is_err(), "{bad:?}");
        }
    }
}
