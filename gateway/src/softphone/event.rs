//! What happens in a call, with the time it happened.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event of the timeline.
///
/// `t_ms` is when it happened on the call's clock (0 = the socket opened), which for the end of speech is earlier
/// than when it could be noticed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhoneEvent {
    /// Milliseconds since the socket opened.
    pub t_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The socket is open.
    Connected {
        /// From the first SYN to the 101, in milliseconds.
        handshake_ms: u64,
        /// The selected subprotocol.
        subprotocol: Option<String>,
    },
    /// Omni's greeting frame; the whole object.
    Hello {
        /// As received.
        body: Value,
    },
    /// The caller's first loud sample of a saying was spoken.
    CallerStarted {
        /// The saying.
        label: String,
    },
    /// The caller's last loud sample of a saying was spoken.
    CallerStopped {
        /// The saying.
        label: String,
    },
    /// The agent becomes audible after a pause: the first loud sample played.
    AgentStarted,
    /// The agent fell silent: the last loud sample played.
    AgentStopped,
    /// What one side said, as text. Deltas on Omni's caller side.
    Transcript {
        /// Who said it.
        side: Side,
        /// The words.
        text: String,
        /// No more will come for this piece.
        is_final: bool,
    },
    /// The far end had the playback buffer emptied.
    Cleared {
        /// By which message.
        how: ClearKind,
        /// Audio dropped unplayed, in milliseconds.
        dropped_ms: u64,
    },
    /// A mark was answered.
    Mark {
        /// Its name.
        name: String,
        /// The audio before it was played; false when it came back because of a clear.
        played: bool,
    },
    /// The caller pressed a key.
    Dtmf {
        /// The key.
        digit: char,
    },
    /// Another event of the agent's side, not interpreted.
    Agent {
        /// Its name on the wire.
        name: String,
        /// As received.
        body: Value,
    },
    /// The far end reported an error.
    Error {
        /// Its code, if any.
        code: Option<String>,
        /// Its message, if any.
        message: Option<String>,
    },
    /// The far end broke its wire protocol; the message was ignored.
    Fault {
        /// What was wrong.
        reason: String,
    },
    /// The socket closed.
    Closed {
        /// Who closed first.
        by: Side,
        /// Close code (RFC 6455 section 7.4); none when the connection just ended.
        code: Option<u16>,
        /// Close reason.
        reason: String,
    },
}

/// One party of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// This phone.
    Caller,
    /// The far end.
    Agent,
}

/// What emptied the playback buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClearKind {
    /// Omni `flush`.
    Flush,
    /// Omni `barge_in`.
    BargeIn,
    /// Twilio `clear`.
    Clear,
    /// Twilio discards what has not played when the stream ends.
    Closed,
}

impl fmt::Display for PhoneEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.3} s  ", self.t_ms as f64 / 1000.0)?;
        match &self.kind {
            EventKind::Connected { handshake_ms, .. } => {
                write!(f, "connected in {handshake_ms} ms")
            }
            EventKind::Hello { body } => write!(f, "hello {body}"),
            EventKind::CallerStarted { label } => write!(f, "caller starts: {label}"),
            EventKind::CallerStopped { label } => write!(f, "caller stops: {label}"),
            EventKind::AgentStarted => f.write_str("agent starts"),
            EventKind::AgentStopped => f.write_str("agent stops"),
            EventKind::Transcript { side, text, .. } => write!(f, "{side:?} said {text:?}"),
            EventKind::Cleared { how, dropped_ms } => {
                write!(f, "{how:?}: {dropped_ms} ms not played")
            }
            EventKind::Mark { name, played } => write!(
                f,
                "mark {name:?} {}",
                if *played { "played" } else { "cleared" }
            ),
            EventKind::Dtmf { digit } => write!(f, "key {digit}"),
            EventKind::Agent { name, body } => write!(f, "{name} {body}"),
            EventKind::Error { code, message } => write!(f, "error {code:?}: {message:?}"),
            EventKind::Fault { reason } => write!(f, "protocol fault: {reason}"),
            EventKind::Closed { by, code, reason } => {
                write!(f, "closed by {by:?}, code {code:?} {reason}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_flat_object() {
        let event = PhoneEvent {
            t_ms: 40,
            kind: EventKind::Cleared {
                how: ClearKind::BargeIn,
                dropped_ms: 120,
            },
        };
        let text = serde_json::to_string(&event).expect("serialisable");
        assert_eq!(
            text,
            r#"{"t_ms":40,"event":"cleared","how":"barge_in","dropped_ms":120}"#
        );
        assert_eq!(
            serde_json::from_str::<PhoneEvent>(&text).expect("readable"),
            event
        );
    }
}
