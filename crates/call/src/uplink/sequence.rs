//! Where a frame of the caller's belongs in the stream, by its number or else by its timestamp.
//!
//! It only places frames: it holds no audio and drops none. Timestamps may be stamped on the way and carry
//! its jitter, so they are compared with a schedule that the earliest frames set.

use trunkline_codecs::format::AudioFormat;

use crate::caller::Place;

/// More frames missing at once are a new numbering (RFC 3550, appendix A.1, `MAX_DROPOUT`).
const MAX_LOST: u64 = 3_000;
/// More time missing at once is a new numbering.
const MAX_LOST_US: u64 = 60_000_000;
/// How many frames back one can be late; further back is a new numbering.
const REACH: u64 = 64;
/// So many late frames in a row, numbered one after the other, are a numbering begun anew.
const RESTART: u32 = 8;

/// Audio lost on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gap {
    /// Frames the numbering says are missing.
    pub(crate) frames: u64,
    /// Silence to put in their place, in microseconds.
    pub(crate) us: u64,
}

/// Where a frame belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placing {
    /// It is the next, or nobody can tell.
    InOrder,
    /// Frames before it have not come yet.
    Early,
    /// It has been taken already.
    Duplicate,
    /// Its place has been passed. Without chunk numbers this may be a duplicate.
    Late,
    /// The numbering begins anew with it.
    Anew,
}

/// The numbering of one caller's frames.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    format: AudioFormat,
    /// Longest gap filled, in microseconds.
    gap_us: u64,
    /// Whether frames can overtake each other on this line.
    reorders: bool,
    last: Option<Last>,
    /// Late frames in a row, and the chunk that would be the next of them.
    stale: (u32, u64),
}

/// The last frame taken.
#[derive(Clone, Copy, Debug)]
struct Last {
    chunk: Option<u64>,
    /// When it began, by the schedule of the timestamps.
    began_us: Option<u64>,
    bytes: usize,
    /// One bit a chunk, this one lowest: whether it was taken.
    taken: u64,
}

/// How far a frame is from where the next one belongs.
#[derive(Clone, Copy)]
enum Offset {
    Unknown,
    Chunks(i64),
    Us(i64),
}

impl Sequence {
    /// A numbering of frames in `format` that has not begun; gaps are filled up to `gap_ms`.
    pub(crate) const fn new(format: AudioFormat, gap_ms: u64, reorders: bool) -> Self {
        Self {
            format,
            gap_us: gap_ms.saturating_mul(1_000),
            reorders,
            last: None,
            stale: (0, 0),
        }
    }

    /// Where a frame that has just come belongs.
    pub(crate) fn placing(&mut self, place: Place) -> Placing {
        let placing = self.judge(self.offset(place));
        if !matches!(placing, Placing::Duplicate | Placing::Late) {
            self.stale.0 = 0;
            return placing;
        }
        let Some(chunk) = place.chunk else {
            return placing;
        };
        let run = if self.stale.1 == chunk {
            self.stale.0
        } else {
            0
        };
        self.stale = (run + 1, chunk.wrapping_add(1));
        if self.stale.0 == RESTART {
            self.stale.0 = 0;
            return Placing::Anew;
        }
        placing
    }

    /// Whether nothing is missing before this frame.
    pub(crate) fn is_next(&self, place: Place) -> bool {
        self.judge(self.offset(place)) != Placing::Early
    }

    /// Takes the frame at `place`, of `bytes` bytes, as the next of the stream. Returns what is missing
    /// before it.
    pub(crate) fn take(&mut self, place: Place, bytes: usize) -> Gap {
        let offset = self.offset(place);
        let lost = self.lost_before(offset);
        let lost_us = match lost {
            0 => 0,
            lost => lost.saturating_mul(self.frame_us()),
        };
        let taken = match (self.last, offset) {
            (Some(last), Offset::Chunks(0..)) if lost < 63 => last.taken << (lost + 1) | 1,
            _ => 1,
        };
        let began_us = self.began_us(place, offset, lost_us);
        self.last = (place != Place::default()).then_some(Last {
            chunk: place.chunk,
            began_us,
            bytes,
            taken,
        });
        Gap {
            frames: lost,
            us: lost_us.min(self.gap_us),
        }
    }

    fn judge(&self, offset: Offset) -> Placing {
        match offset {
            Offset::Unknown | Offset::Chunks(0) => Placing::InOrder,
            Offset::Chunks(ahead @ 1..) => self.ahead(ahead.unsigned_abs()),
            Offset::Chunks(behind) => self.behind(behind.unsigned_abs()),
            Offset::Us(us) => self.by_time(us),
        }
    }

    fn offset(&self, place: Place) -> Offset {
        let Some(last) = self.last else {
            return Offset::Unknown;
        };
        if let (Some(chunk), Some(before)) = (place.chunk, last.chunk) {
            return Offset::Chunks(chunk.wrapping_sub(before.wrapping_add(1)).cast_signed());
        }
        if let (Some(at_ms), Some(began_us)) = (place.timestamp_ms, last.began_us) {
            let expected_us = began_us.saturating_add(self.frame_us());
            let at_us = at_ms.saturating_mul(1_000);
            return Offset::Us(at_us.wrapping_sub(expected_us).cast_signed());
        }
        Offset::Unknown
    }

    fn ahead(&self, frames: u64) -> Placing {
        let us = frames.saturating_mul(self.frame_us());
        if frames > MAX_LOST || us > MAX_LOST_US {
            return Placing::Anew;
        }
        Placing::Early
    }

    fn behind(&self, frames: u64) -> Placing {
        let taken = self.last.map_or(0, |last| last.taken);
        match frames {
            1..=REACH if taken >> (frames - 1) & 1 == 1 => Placing::Duplicate,
            1..=REACH => Placing::Late,
            _ => Placing::Anew,
        }
    }

    fn by_time(&self, us: i64) -> Placing {
        let frame_us = self.frame_us().max(1);
        let off_us = us.unsigned_abs();
        if us >= 0 {
            return match off_us {
                _ if off_us > MAX_LOST_US => Placing::Anew,
                _ if frames_of(off_us, frame_us) > 0 => Placing::Early,
                _ => Placing::InOrder,
            };
        }
        // Where frames come in order, a clock that runs back says nothing about them.
        let late = self.reorders && off_us <= REACH.saturating_mul(frame_us);
        match off_us {
            _ if off_us < frame_us => Placing::InOrder,
            _ if late => Placing::Late,
            _ => Placing::Anew,
        }
    }

    /// Frames missing before one so far off.
    fn lost_before(&self, offset: Offset) -> u64 {
        match offset {
            Offset::Chunks(ahead @ 1..) if self.judge(offset) == Placing::Early => {
                ahead.unsigned_abs()
            }
            Offset::Us(us) if self.judge(offset) == Placing::Early => {
                frames_of(us.unsigned_abs(), self.frame_us().max(1))
            }
            _ => 0,
        }
    }

    /// When a frame taken after `lost_us` of loss began, by the schedule: as early as it says itself, and
    /// else a thousandth late, so that a clock that runs slow or fast is followed.
    fn began_us(&self, place: Place, offset: Offset, lost_us: u64) -> Option<u64> {
        let at_us = place.timestamp_ms?.saturating_mul(1_000);
        if !matches!(offset, Offset::Us(_)) || self.judge(offset) == Placing::Anew {
            return Some(at_us);
        }
        let frame_us = self.frame_us();
        let before_us = self.last?.began_us?.saturating_add(frame_us);
        let expected_us = before_us.saturating_add(lost_us);
        let late_us = at_us.saturating_sub(expected_us);
        Some(expected_us.min(at_us) + late_us.min(frame_us / 1_000))
    }

    /// Length of the last frame, by which those that did not come are measured.
    fn frame_us(&self) -> u64 {
        self.last
            .map_or(0, |last| self.format.us_for_bytes(last.bytes))
    }
}

/// Whole frames in `us`, where an eighth of one is jitter.
const fn frames_of(us: u64, frame_us: u64) -> u64 {
    us.saturating_add(frame_us / 8) / frame_us
}

#[cfg(test)]
mod tests;
