//! Caller audio on its way to a bot: one template a stream, and the numbers that run through it.

use base64_simd::{AsOut, STANDARD};
use bytes::{BufMut, BytesMut};

use super::Stream;
use crate::json::{push_escaped, push_int};

/// How far a stream has come.
#[derive(Debug)]
pub(super) struct Progress {
    /// Number of the last message. The opening one has its dialect's first number, whether it shows it or not.
    sequence: u64,
    /// Number of the last media message; the first is 1.
    chunk: u64,
    /// Audio sent.
    bytes: u64,
    bytes_per_s: u64,
}

impl Progress {
    /// Before the first media message. `start` is the number of the opening message.
    pub(super) fn new(stream: &Stream, start: u64) -> Self {
        let sample_bytes = u64::from(stream.encoding.sample_bytes());
        Self {
            sequence: start,
            chunk: 0,
            bytes: 0,
            bytes_per_s: (sample_bytes * u64::from(stream.rate_hz)).max(1),
        }
    }

    /// The number of the next message, of whatever kind.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }

    /// Milliseconds of audio sent so far.
    pub(super) fn timestamp_ms(&self) -> u64 {
        self.bytes.saturating_mul(1000) / self.bytes_per_s
    }
}

/// What is filled in for each media message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// Number of the message.
    Sequence,
    /// Number of the media message.
    Chunk,
    /// Milliseconds of audio before this message's.
    Timestamp,
    /// The audio, in base64.
    Payload,
}

/// A media message but for its slots.
#[derive(Debug, Default)]
pub(super) struct MediaTemplate {
    slots: Vec<(BytesMut, Slot)>,
    /// What follows the last slot.
    tail: BytesMut,
}

impl MediaTemplate {
    /// Adds `text` as it is.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.tail.put_slice(text.as_bytes());
        self
    }

    /// Adds `text` as the inside of a JSON string.
    pub(super) fn escaped(mut self, text: &str) -> Self {
        push_escaped(&mut self.tail, text);
        self
    }

    /// Adds a slot. It is filled without quotes: they are text.
    pub(super) fn slot(mut self, slot: Slot) -> Self {
        self.slots.push((self.tail.split(), slot));
        self
    }

    /// Appends one message. With a buffer that is reused, nothing is allocated once it has grown to the size of a
    /// frame.
    pub(super) fn write(&self, audio: &[u8], progress: &mut Progress, out: &mut BytesMut) {
        let sequence = progress.next_sequence();
        let timestamp_ms = progress.timestamp_ms();
        progress.chunk = progress.chunk.saturating_add(1);
        progress.bytes = progress.bytes.saturating_add(audio.len() as u64);
        for (text, slot) in &self.slots {
            out.put_slice(text);
            match slot {
                Slot::Sequence => push_int(out, sequence),
                Slot::Chunk => push_int(out, progress.chunk),
                Slot::Timestamp => push_int(out, timestamp_ms),
                Slot::Payload => push_base64(out, audio),
            }
        }
        out.put_slice(&self.tail);
    }
}

fn push_base64(out: &mut BytesMut, audio: &[u8]) {
    let encoded = STANDARD.encoded_length(audio.len());
    let payload_at = out.len();
    out.resize(payload_at + encoded, 0);
    if let Some(payload) = out.get_mut(payload_at..) {
        let written = STANDARD.encode(audio, payload.as_out());
        debug_assert_eq!(written.len(), encoded);
    }
}
