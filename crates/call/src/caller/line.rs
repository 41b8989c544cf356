//! What the far end of a caller's leg can do: the constants of a dialect that the call goes by.

use trunkline_codecs::format::AudioFormat;

/// Formats, framing and abilities of the caller's side. Fixed once the call begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Format of the caller's audio.
    pub sends: AudioFormat,
    /// Format of the audio the caller takes.
    pub takes: AudioFormat,
    /// How long messages of audio may be.
    pub framing: FrameRule,
    /// How far ahead of real time audio may be sent.
    pub pacing: Pacing,
    /// What it does with marks.
    pub marks: MarkEcho,
    /// Whether it can be told to drop what it has buffered.
    pub clears: bool,
    /// How long a frame that overtook others waits for them, in milliseconds; 0 where frames come in order.
    pub reorder_ms: u64,
    /// Who can connect the caller to somebody else.
    pub transfer: Transfer,
    /// Whether it may begin the call by itself when the far end is silent after connecting.
    pub starts_unasked: bool,
}

/// How long one message of audio may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameRule {
    /// Each message holds exactly this much (Vonage, Asterisk).
    Exact {
        /// Microseconds, a whole number of samples.
        us: u64,
    },
    /// Each message is a multiple of `unit` bytes, within bounds (Exotel: 320, 3,200 to 100,000).
    Multiple {
        /// Bytes, whole samples.
        unit_bytes: usize,
        /// Bytes, a multiple of the unit.
        min_bytes: usize,
        /// Bytes, a multiple of the unit.
        max_bytes: usize,
    },
    /// Anything goes (Twilio, Omni): 20 ms a message.
    Any,
}

/// How far ahead of real time audio may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    /// This far, because the far end buffers and can clear.
    Ahead {
        /// Milliseconds.
        lead_ms: u64,
    },
    /// Not at all.
    RealTime,
}

impl Pacing {
    /// The lead in milliseconds.
    pub const fn lead_ms(self) -> u64 {
        match self {
            Self::Ahead { lead_ms } => lead_ms,
            Self::RealTime => 0,
        }
    }
}

/// What the far end does with marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkEcho {
    /// It has none: the playout clock answers.
    Never,
    /// Echoes each when it has been played, and all that wait when it clears (Twilio, Telnyx).
    Always,
    /// Echoes each when it has been played, and says nothing of those it cleared (Plivo, Vonage, Asterisk).
    Played,
}

/// Who can connect the caller to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Nobody: transfers are refused and the call goes on.
    Nobody,
    /// The caller's side, told by a message of its dialect.
    Message,
    /// Somebody outside the call, who says what became of it
    /// ([`Control::Transferred`](crate::Control::Transferred)).
    Outside,
}
