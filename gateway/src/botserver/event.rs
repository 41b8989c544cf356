//! What happens at a bot server, a line an event.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BotEvent {
    /// The call, counted from 1.
    pub call: u64,
    /// Time since the connection was accepted.
    #[serde(rename = "t_ms", serialize_with = "as_ms")]
    pub at: Duration,
    /// What happened.
    #[serde(flatten)]
    pub kind: BotEventKind,
}

/// What happened. Audio makes no events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BotEventKind {
    /// The socket is open.
    Opened {
        /// The path, without its query.
        path: String,
    },
    /// The upgrade was answered with a refusal, or failed.
    Refused {
        /// The HTTP status; `None` where the request was none.
        status: Option<u16>,
    },
    /// The platform said this.
    Heard {
        /// The message in words.
        text: String,
    },
    /// A message broke the wire's rules.
    Broken {
        /// Expected and got.
        reason: String,
    },
    /// The bot sent this.
    Said {
        /// The message in words.
        text: String,
    },
    /// The call is over.
    Ended {
        /// Audio received, in milliseconds.
        heard_ms: u64,
        /// Audio sent, in milliseconds.
        sent_ms: u64,
        /// How it ended, in words.
        how: String,
    },
}

impl fmt::Display for BotEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {} {:9.3} s  ", self.call, self.at.as_secs_f64())?;
        match &self.kind {
            BotEventKind::Opened { path } => write!(f, "opened {path}"),
            BotEventKind::Refused { status: Some(code) } => write!(f, "refused with HTTP {code}"),
            BotEventKind::Refused { status: None } => write!(f, "no WebSocket upgrade"),
            BotEventKind::Heard { text } => write!(f, "<- {text}"),
            BotEventKind::Broken { reason } => write!(f, "<- BROKEN: {reason}"),
            BotEventKind::Said { text } => write!(f, "-> {text}"),
            BotEventKind::Ended {
                heard_ms,
                sent_ms,
                how,
            } => write!(f, "{how}; heard {heard_ms} ms, sent {sent_ms} ms"),
        }
    }
}

fn as_ms<S: serde::Serializer>(at: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(at.as_millis()).unwrap_or(u64::MAX))
}
