//! The window in which frames that overtook others wait for them.
//!
//! Bound: [`Line::reorder_ms`](crate::caller::Line), 16 frames and 64 KiB, whichever is reached first; then
//! what has not come is given up. Where lines keep the order (a window of 0) nothing ever waits.

use trunkline_codecs::format::AudioFormat;

use super::sequence::{Gap, Placing, Sequence};
use crate::caller::Place;
use crate::time::Time;

/// Frames that may wait.
const FRAMES: usize = 16;
/// Bytes that may wait.
const BYTES: usize = 64 * 1024;
/// Larger buffers are given back rather than kept for the next frame.
const REUSED_BYTES: usize = 4 * 1024;

/// What becomes of a frame that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is to be heard now, after what is missing before it.
    Now {
        /// Fill this first.
        gap: Gap,
    },
    /// It waits for those it overtook.
    Held,
    /// It was heard before, or its place is past.
    Dropped,
}

/// Puts the caller's frames in order. After each [`push`](Self::push), [`pop`](Self::pop) until there is
/// nothing more.
#[derive(Debug)]
pub(crate) struct Reorder {
    sequence: Sequence,
    window_us: u64,
    /// In order.
    held: Vec<Early>,
    held_bytes: usize,
    spare: Vec<Vec<u8>>,
    duplicates: u64,
    late: u64,
}

/// A frame that waits.
#[derive(Debug)]
struct Early {
    place: Place,
    until: Time,
    audio: Vec<u8>,
}

impl Reorder {
    /// A window of `window_ms` over frames in `format`; gaps are filled up to `gap_ms`.
    pub(crate) const fn new(format: AudioFormat, window_ms: u64, gap_ms: u64) -> Self {
        Self {
            sequence: Sequence::new(format, gap_ms, window_ms > 0),
            window_us: window_ms.saturating_mul(1_000),
            held: Vec::new(),
            held_bytes: 0,
            spare: Vec::new(),
            duplicates: 0,
            late: 0,
        }
    }

    /// Takes a frame that came.
    pub(crate) fn push(&mut self, now: Time, place: Place, audio: &[u8]) -> Arrival {
        let orders = self.window_us > 0;
        match self.sequence.placing(place) {
            Placing::Duplicate => return self.drop_duplicate(),
            Placing::Late => {
                self.late += 1;
                return Arrival::Dropped;
            }
            Placing::Early if orders => return self.hold(now, place, audio),
            // What was held belongs before it, and is given up waiting for.
            Placing::Anew if !self.held.is_empty() => {
                self.insert(self.held.len(), place, now, audio);
                return Arrival::Held;
            }
            Placing::InOrder | Placing::Early | Placing::Anew => {}
        }
        Arrival::Now {
            gap: self.sequence.take(place, audio.len()),
        }
    }

    /// Appends the next frame that has waited long enough to `into`. Returns what is missing before it.
    pub(crate) fn pop(&mut self, now: Time, into: &mut Vec<u8>) -> Option<Gap> {
        let first = self.held.first()?;
        let full = self.held.len() >= FRAMES || self.held_bytes > BYTES;
        let over = full || self.deadline().is_some_and(|at| at <= now);
        if !over && !self.sequence.is_next(first.place) {
            return None;
        }
        let Early { place, audio, .. } = self.held.remove(0);
        self.held_bytes -= audio.len();
        let gap = self.sequence.take(place, audio.len());
        into.extend_from_slice(&audio);
        self.keep(audio);
        Some(gap)
    }

    /// When the first of the frames that wait has waited long enough.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.held.iter().map(|early| early.until).min()
    }

    /// Frames dropped because they had come before.
    pub(crate) const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Frames dropped because their place was past.
    pub(crate) const fn late(&self) -> u64 {
        self.late
    }

    const fn drop_duplicate(&mut self) -> Arrival {
        self.duplicates += 1;
        Arrival::Dropped
    }

    fn hold(&mut self, now: Time, place: Place, audio: &[u8]) -> Arrival {
        let before = |early: &Early| is_before(early.place, place);
        let at = self.held.iter().take_while(|early| before(early)).count();
        if self.held.get(at).is_some_and(|early| early.place == place) {
            return self.drop_duplicate();
        }
        self.insert(at, place, now.plus_us(self.window_us), audio);
        Arrival::Held
    }

    fn insert(&mut self, at: usize, place: Place, until: Time, audio: &[u8]) {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.extend_from_slice(audio);
        self.held_bytes += audio.len();
        let early = Early {
            place,
            until,
            audio: buffer,
        };
        self.held.insert(at.min(self.held.len()), early);
    }

    fn keep(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= REUSED_BYTES && self.spare.len() < FRAMES {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}

/// By chunk where both have one, else by timestamp.
fn is_before(a: Place, b: Place) -> bool {
    match (a.chunk, b.chunk) {
        (Some(a), Some(b)) => a.wrapping_sub(b).cast_signed() < 0,
        _ => a.timestamp_ms < b.timestamp_ms,
    }
}

#[cfg(test)]
mod tests;
