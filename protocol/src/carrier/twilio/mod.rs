//! Twilio Media Streams, bidirectional (`<Connect><Stream>`).
//!
//! **Who connects.** Twilio opens our `wss://` socket, without subprotocol and without query string; the upgrade is
//! signed (`X-Twilio-Signature`). Secrets and parameters travel in the path or in `start.customParameters`.
//!
//! **Framing.** JSON text only, audio in base64: μ-law, 8000 Hz, mono, no file header. Numbers are strings.
//!
//! ```text
//! <- {"event":"connected","protocol":"Call","version":"1.0.0"}
//! <- {"event":"start","sequenceNumber":"1","streamSid":"MZ..","start":{"accountSid":"AC..","streamSid":"MZ..",
//!     "callSid":"CA..","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
//!     "customParameters":{"k":"v"}}}
//! <- {"event":"media","sequenceNumber":"3","streamSid":"MZ..","media":{"track":"inbound","chunk":"1","timestamp":"5",
//!     "payload":"<base64, 160 bytes>"}}
//! <- {"event":"dtmf","sequenceNumber":"5","streamSid":"MZ..","dtmf":{"track":"inbound_track","digit":"1"}}
//! <- {"event":"mark","sequenceNumber":"4","streamSid":"MZ..","mark":{"name":"m1"}}
//! <- {"event":"stop","sequenceNumber":"5","streamSid":"MZ..","stop":{"accountSid":"AC..","callSid":"CA.."}}
//! -> {"event":"media","streamSid":"MZ..","media":{"payload":"<base64, any length>"}}
//! -> {"event":"mark","streamSid":"MZ..","mark":{"name":"m1"}}
//! -> {"event":"clear","streamSid":"MZ.."}
//! ```
//!
//! **Marks.** A mark comes back when the audio sent before it has been played, at once if nothing is queued.
//! **Clear.** Empties Twilio's buffer and returns every pending mark: an echoed mark does not prove playback.
//!
//! **Limits.** Twilio buffers 10 minutes of our audio. An unknown field or a wrong `streamSid` of ours is its error
//! 31951. We take messages of at most 64 KiB.
//!
//! **Leniency.** Numbers may be integers, unknown fields and events are ignored, `connected` may be missing,
//! `streamSid` may be missing beside `event`, and an absent `mediaFormat` is taken as the only one there is.
//!
//! **End.** `stop`, then the socket closes. We end a call by closing: Twilio goes on with the TwiML after `<Connect>`.
//!
//! Source: Twilio's Media Streams documentation.

mod decode;
mod encode;
mod fault;
mod scan;
mod start;

pub use encode::NoStream;
pub use fault::Fault;
pub use start::Start;

use std::borrow::Cow;

use encode::Templates;

/// One media-stream socket of Twilio's, from its first message to its last.
#[derive(Debug, Default)]
pub struct Twilio {
    phase: Phase,
}

/// One message of Twilio's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarrierEvent<'a> {
    /// The socket is a media stream. Says nothing about the call.
    Connected,
    /// The stream of a call begins. Comes once.
    Start(Box<Start>),
    /// Caller audio. The samples (μ-law, 8000 Hz, mono; 160 bytes as a rule, may be empty) are in the scratch buffer.
    Media {
        /// Number of this packet on its track. A gap is lost audio.
        chunk: Option<u64>,
        /// Number of this message on the socket.
        sequence: Option<u64>,
        /// Milliseconds since the stream began.
        timestamp_ms: Option<u64>,
    },
    /// The caller pressed a key.
    Dtmf {
        /// One of `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
    },
    /// A mark of ours came back: played, or cleared.
    Mark {
        /// Its name.
        name: Cow<'a, str>,
    },
    /// The stream is over.
    Stop {
        /// Why, from peers that say so; Twilio does not.
        reason: Option<Cow<'a, str>>,
    },
    /// A message that means nothing to us: an unknown event, or audio of another track than the caller's.
    Ignored,
}

#[derive(Debug, Default)]
enum Phase {
    /// Nothing is known about the call yet.
    #[default]
    Waiting,
    Streaming(Templates),
    Stopped,
}

impl Twilio {
    /// A socket that has said nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}
