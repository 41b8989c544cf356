//! Undoes what a stall left behind, for agents that send in real time: while more is queued than the lead
//! needs, silence is dropped from the queue, and where there is none the speech is shortened by a few
//! milliseconds here and there. It touches nothing that was released and nothing of the gateway's own.

use std::collections::VecDeque;

use trunkline_codecs::format::AudioFormat;
use trunkline_codecs::level;
use trunkline_codecs::splice::Splice;

use super::utterance::{Owner, Utterance, Utterances};
use crate::time::Time;

/// More than this above the lead, all of a second long, is a backlog and no jitter.
const TOLERANCE_US: u64 = 60_000;

/// Half of the time over which the smallest depth counts.
const HALF_WINDOW_US: u64 = 500_000;

/// The most audio looked at for one push.
const SCAN_US: u64 = 400_000;

/// Root mean square of -50 dBFS.
const QUIET_RMS: f32 = 103.6;

/// Quiet stretches of 20 ms that stay of each pause, so that words stay words.
const PAUSE_KEPT: u32 = 2;

/// For every part taken out of speech this many stay: a quarter is gone at most.
const KEPT_PER_CUT: usize = 3;

/// Audio taken out to make up for stalls, in total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slipped {
    /// Microseconds of silence dropped.
    pub silence_us: u64,
    /// Microseconds by which speech was shortened.
    pub overlap_us: u64,
}

impl Slipped {
    /// Both.
    pub const fn total_us(self) -> u64 {
        self.silence_us + self.overlap_us
    }
}

/// Watches the depth of one playout and shortens its queue. Places are bytes from the front of the queue.
#[derive(Debug)]
pub(super) struct Slip {
    format: AudioFormat,
    lead_us: u64,
    dips: Dips,
    /// Bytes still to be taken out.
    owed: usize,
    /// What lies before this has been searched for silence.
    quiet_at: usize,
    /// Quiet stretches in a row before it.
    quiet_run: u32,
    /// Where speech may be cut next.
    seam_at: usize,
    splice: Splice,
    bytes: Vec<u8>,
    samples: Vec<i16>,
    slipped: Slipped,
    /// What was taken out at the last push: where, and how much.
    parts: Vec<(usize, usize)>,
}

/// The smallest depth over about a second.
#[derive(Debug)]
struct Dips {
    half_from: Time,
    smallest_us: u64,
    /// Of the half before.
    before_us: u64,
}

impl Slip {
    pub(super) fn new(format: AudioFormat, lead_us: u64) -> Self {
        Self {
            format,
            lead_us,
            dips: Dips::default(),
            owed: 0,
            quiet_at: 0,
            quiet_run: 0,
            seam_at: 0,
            splice: Splice::new(format.rate_hz),
            bytes: Vec::new(),
            samples: Vec::new(),
            slipped: Slipped::default(),
            parts: Vec::new(),
        }
    }

    /// What was taken out since [`begin`](Self::begin), one part after the other.
    pub(super) fn parts(&self) -> impl Iterator<Item = (usize, usize)> {
        self.parts.iter().copied()
    }

    /// A push begins.
    pub(super) fn begin(&mut self) {
        self.parts.clear();
    }

    pub(super) const fn slipped(&self) -> Slipped {
        self.slipped
    }

    /// What was measured no longer holds.
    pub(super) fn reset(&mut self) {
        self.dips = Dips::default();
        self.owed = 0;
    }

    /// Takes the depth just before a push: how long what is queued and released will still play.
    pub(super) fn observe(&mut self, now: Time, depth_us: u64) {
        if let Some(smallest_us) = self.dips.push(now, depth_us)
            && smallest_us > self.lead_us + TOLERANCE_US
        {
            if self.owed == 0 {
                (self.quiet_at, self.quiet_run, self.seam_at) = (0, 0, 0);
            }
            self.owed = self.above_lead(smallest_us);
        }
        self.owed = self.owed.min(self.above_lead(depth_us));
    }

    /// The front of the queue has been released.
    #[inline]
    pub(super) const fn released(&mut self, bytes: usize) {
        self.quiet_at = self.quiet_at.saturating_sub(bytes);
        self.seam_at = self.seam_at.saturating_sub(bytes);
    }

    /// Takes out what is owed, as far as the queue allows and a push may cost.
    pub(super) fn pay(&mut self, queue: &mut VecDeque<u8>, utterances: &mut Utterances) {
        if self.owed == 0 {
            return;
        }
        let mut budget = self.format.bytes_for_us(SCAN_US);
        while self.owed >= self.stretch() && budget >= self.stretch() {
            budget -= self.stretch();
            if !self.drop_stretch(queue, utterances) {
                // Speech is cut only once there is no silence left to drop.
                return self.cut_speech(queue, utterances, budget);
            }
        }
        if self.owed < self.stretch() {
            self.cut_speech(queue, utterances, budget);
        }
    }

    /// Looks at the next stretch of 20 ms and drops it if it lies within a pause. `false` where none is left.
    fn drop_stretch(&mut self, queue: &mut VecDeque<u8>, utterances: &mut Utterances) -> bool {
        let (at, stretch) = (self.quiet_at, self.stretch());
        let Some((utterance, end)) = utterances.at(at) else {
            return false;
        };
        if end - at < stretch || !may_slip(utterance) {
            self.quiet_run = 0;
            self.quiet_at = end;
            return end < queue.len() || self.wait_at(at);
        }
        self.load(queue, at, stretch);
        if level::rms(&self.samples) > QUIET_RMS {
            self.quiet_run = 0;
            self.quiet_at += stretch;
        } else if self.quiet_run < PAUSE_KEPT {
            self.quiet_run += 1;
            self.quiet_at += stretch;
        } else {
            self.take_out(queue, utterance, at, stretch);
            self.slipped.silence_us += self.format.us_for_bytes(stretch);
        }
        true
    }

    /// Shortens speech, at most by a quarter of it.
    fn cut_speech(
        &mut self,
        queue: &mut VecDeque<u8>,
        utterances: &mut Utterances,
        mut budget: usize,
    ) {
        let sample = self.format.bytes_per_sample();
        let sees = self.splice.sees() * sample;
        let overlap = self.splice.overlap() * sample;
        while self.owed >= self.splice.shortest() * sample && budget >= sees {
            let at = self.seam_at;
            let Some((utterance, end)) = utterances.at(at) else {
                return;
            };
            if end - at < sees || !may_slip(utterance) {
                if end >= queue.len() {
                    return;
                }
                self.seam_at = end;
                continue;
            }
            budget -= sees;
            self.load(queue, at, sees);
            let Some(cut) = self.splice.find(&self.samples, self.owed / sample) else {
                return;
            };
            self.splice.join(&mut self.samples, cut);
            self.store(queue, at);
            let cut = cut * sample;
            self.take_out(queue, utterance, at + overlap, cut);
            self.slipped.overlap_us += self.format.us_for_bytes(cut);
            self.seam_at += (KEPT_PER_CUT * cut).max(overlap);
        }
    }

    fn take_out(
        &mut self,
        queue: &mut VecDeque<u8>,
        utterance: &mut Utterance,
        at: usize,
        bytes: usize,
    ) {
        queue.drain(at..at + bytes);
        self.parts.push((at, bytes));
        utterance.queued -= bytes;
        utterance.cut_out += bytes as u64;
        self.owed -= bytes;
        for place in [&mut self.quiet_at, &mut self.seam_at] {
            if *place > at {
                *place = at.max(place.saturating_sub(bytes));
            }
        }
    }

    /// Reads samples out of the queue.
    fn load(&mut self, queue: &VecDeque<u8>, at: usize, bytes: usize) {
        self.bytes.clear();
        self.bytes.extend(queue.range(at..at + bytes));
        self.samples.clear();
        // Whole samples by construction; half of one would be nothing to hear.
        if self.format.decode(&self.bytes, &mut self.samples).is_err() {
            self.samples.clear();
        }
    }

    /// Writes the overlap back to where it was read.
    fn store(&mut self, queue: &mut VecDeque<u8>, at: usize) {
        self.bytes.clear();
        let faded = self.samples.get(..self.splice.overlap());
        self.format
            .encode(faded.unwrap_or_default(), &mut self.bytes);
        let place = queue.range_mut(at..at + self.bytes.len());
        for (old, new) in place.zip(&self.bytes) {
            *old = *new;
        }
    }

    /// The rest of the queue is too short to be judged before more comes.
    const fn wait_at(&mut self, at: usize) -> bool {
        self.quiet_at = at;
        false
    }

    fn stretch(&self) -> usize {
        self.format.bytes_per_frame().max(1)
    }

    fn above_lead(&self, depth_us: u64) -> usize {
        self.format
            .bytes_for_us(depth_us.saturating_sub(self.lead_us))
    }
}

impl Dips {
    /// The smallest depth of the last second, told twice a second.
    fn push(&mut self, now: Time, depth_us: u64) -> Option<u64> {
        self.smallest_us = self.smallest_us.min(depth_us);
        if now.us_since(self.half_from) < HALF_WINDOW_US {
            return None;
        }
        let smallest_us = self.smallest_us.min(self.before_us);
        self.half_from = now;
        self.before_us = std::mem::replace(&mut self.smallest_us, u64::MAX);
        Some(smallest_us)
    }
}

impl Default for Dips {
    fn default() -> Self {
        Self {
            half_from: Time::ZERO,
            smallest_us: u64::MAX,
            // Nothing is known of before.
            before_us: 0,
        }
    }
}

fn may_slip(utterance: &Utterance) -> bool {
    utterance.owner == Owner::Agent && !utterance.held
}
