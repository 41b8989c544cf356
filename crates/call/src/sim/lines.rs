//! The caller's sides there are, as far as a call can tell them apart.

use trunkline_codecs::format::AudioFormat;

use crate::caller::{FrameRule, Line, MarkEcho, Pacing, Transfer};

/// Twilio Media Streams; SignalWire is the same with a transfer.
pub(crate) const TWILIO: Line = Line {
    sends: AudioFormat::MULAW_8K,
    takes: AudioFormat::MULAW_8K,
    framing: FrameRule::Any,
    pacing: Pacing::Ahead { lead_ms: 100 },
    marks: MarkEcho::Always,
    clears: true,
    reorder_ms: 0,
    transfer: Transfer::Nobody,
    starts_unasked: false,
};

/// Telnyx: its frames come in any order.
pub(super) const TELNYX: Line = Line {
    reorder_ms: 60,
    transfer: Transfer::Outside,
    ..TWILIO
};

/// Plivo: A-law here, so that there is a line with it.
pub(super) const PLIVO: Line = Line {
    sends: AudioFormat::ALAW_8K,
    takes: AudioFormat::ALAW_8K,
    marks: MarkEcho::Played,
    ..TWILIO
};

/// Vonage: frames of exactly 20 ms, linear.
pub(crate) const VONAGE: Line = Line {
    sends: AudioFormat::pcm16(16_000),
    takes: AudioFormat::pcm16(16_000),
    framing: FrameRule::Exact { us: 20_000 },
    marks: MarkEcho::Played,
    transfer: Transfer::Outside,
    ..TWILIO
};

/// Exotel: multiples of 320 bytes, 3,200 at least.
pub(super) const EXOTEL: Line = Line {
    sends: AudioFormat::pcm16(8_000),
    takes: AudioFormat::pcm16(8_000),
    framing: FrameRule::Multiple {
        unit_bytes: 320,
        min_bytes: 3_200,
        max_bytes: 99_840,
    },
    pacing: Pacing::Ahead { lead_ms: 200 },
    marks: MarkEcho::Played,
    ..TWILIO
};

/// Asterisk over WebSocket, unbuffered: exact frames in real time.
pub(super) const ASTERISK: Line = Line {
    framing: FrameRule::Exact { us: 20_000 },
    pacing: Pacing::RealTime,
    marks: MarkEcho::Played,
    transfer: Transfer::Outside,
    ..TWILIO
};

/// Asterisk AudioSocket: no marks, no clear.
pub(super) const AUDIO_SOCKET: Line = Line {
    sends: AudioFormat::pcm16(8_000),
    takes: AudioFormat::pcm16(8_000),
    marks: MarkEcho::Never,
    clears: false,
    transfer: Transfer::Nobody,
    ..ASTERISK
};

/// Genesys AudioHook: at most ten messages a second.
pub(super) const GENESYS: Line = Line {
    framing: FrameRule::Multiple {
        unit_bytes: 160,
        min_bytes: 800,
        max_bytes: 64_000,
    },
    pacing: Pacing::Ahead { lead_ms: 200 },
    marks: MarkEcho::Never,
    transfer: Transfer::Message,
    ..TWILIO
};

/// Azure Communication Services; Bandwidth is the same in μ-law.
pub(super) const ACS: Line = Line {
    sends: AudioFormat::pcm16(24_000),
    takes: AudioFormat::pcm16(24_000),
    marks: MarkEcho::Never,
    ..TWILIO
};

/// A browser on the native protocol.
pub(super) const OMNI: Line = Line {
    sends: AudioFormat::pcm16(16_000),
    takes: AudioFormat::pcm16(24_000),
    marks: MarkEcho::Never,
    transfer: Transfer::Message,
    starts_unasked: true,
    ..TWILIO
};

/// All of them.
pub(super) const ALL: [Line; 10] = [
    TWILIO,
    TELNYX,
    PLIVO,
    VONAGE,
    EXOTEL,
    ASTERISK,
    AUDIO_SOCKET,
    GENESYS,
    ACS,
    OMNI,
];

/// Microseconds of the longest message that may have to be waited for before it can be sent whole.
pub(super) fn message_us(line: &Line) -> u64 {
    match line.framing {
        FrameRule::Exact { us } => us,
        FrameRule::Multiple { min_bytes, .. } => line.takes.us_for_bytes(min_bytes),
        FrameRule::Any => 20_000,
    }
}
