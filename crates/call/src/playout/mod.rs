//! The playout: the one place where speech for the caller waits.
//!
//! Audio is held in the caller's own format, bounded in milliseconds, cut into frames of 20 ms and
//! released on an absolute schedule, at most a *lead* ahead of real time. The schedule is also the clock
//! that says how much the caller has been played: a carrier that buffers more than the lead says so with
//! marks.

use std::collections::VecDeque;

use trunkline_codecs::format::AudioFormat;

use crate::time::Time;

/// Length of a frame in microseconds.
pub const FRAME_US: u64 = 20_000;

/// How late within the lead the timer is armed: whatever is due goes out with any other wake, so a late
/// timer saves wakes and costs nothing while the lead lasts.
const TIMER_SLACK_US: u64 = 25_000;

/// The most bytes the queue keeps allocated while it is empty.
const IDLE_CAPACITY_BYTES: usize = 4_096;

/// What the playout gives next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// A frame was put into the buffer.
    Frame,
    /// The utterance's last frame is out; this was its number.
    UtteranceEnd(u32),
    /// Nothing is due before this time.
    Wait(Time),
    /// Nothing is queued.
    Idle,
}

/// Utterances held at once. One begun beyond that is joined to the last.
const UTTERANCES: usize = 64;

/// The queue of agent speech and its clock.
#[derive(Debug)]
pub struct Playout {
    format: AudioFormat,
    lead_us: u64,
    bound_bytes: usize,
    frame_bytes: usize,
    queue: VecDeque<u8>,
    /// What is queued or still being played, in order. Only the last may be open.
    utterances: VecDeque<Utterance>,
    schedule: Schedule,
    next_utterance: u32,
}

/// A stretch of released microseconds that belongs together.
#[derive(Clone, Copy, Debug)]
struct Utterance {
    number: u32,
    interruptible: bool,
    from_us: u64,
    /// Where it ends; `None` while more may come.
    until_us: Option<u64>,
    /// Its last frame has been released, and that has been said.
    released: bool,
}

/// Released audio against time: the sample released at `r` microseconds plays at `base + r`.
#[derive(Clone, Copy, Debug, Default)]
struct Schedule {
    base: Time,
    released_us: u64,
}

impl Schedule {
    fn plays_until(&self) -> Time {
        self.base.plus_us(self.released_us)
    }

    fn played_us(&self, now: Time) -> u64 {
        now.us_since(self.base).min(self.released_us)
    }
}

impl Playout {
    /// An empty playout for a caller that takes `format`, which releases at most `lead_ms` early and holds
    /// at most `bound_ms`.
    pub fn new(format: AudioFormat, lead_ms: u64, bound_ms: u64) -> Self {
        Self {
            format,
            lead_us: lead_ms * 1_000,
            bound_bytes: format.bytes_for_us(bound_ms * 1_000),
            frame_bytes: format.bytes_per_frame(),
            queue: VecDeque::new(),
            utterances: VecDeque::new(),
            schedule: Schedule::default(),
            next_utterance: 0,
        }
    }

    /// Begins an utterance behind what is queued; one still open is completed first. Returns its number.
    pub fn begin(&mut self, interruptible: bool) -> u32 {
        self.complete();
        if self.utterances.len() == UTTERANCES
            && let Some(last) = self.utterances.back_mut()
        {
            last.until_us = None;
            last.released = false;
            return last.number;
        }
        let number = self.next_utterance;
        self.next_utterance = number.wrapping_add(1);
        self.utterances.push_back(Utterance {
            number,
            interruptible,
            from_us: self.schedule.released_us + self.queued_us(),
            until_us: None,
            released: false,
        });
        number
    }

    /// Appends speech of the open utterance, in the caller's format. Returns how many bytes were refused
    /// because the bound was reached, or because no utterance is open.
    pub fn push(&mut self, audio: &[u8]) -> usize {
        if !self.is_open() {
            return audio.len();
        }
        let room = self.bound_bytes.saturating_sub(self.queue.len());
        let sample_bytes = self.format.bytes_per_sample();
        let taken = audio.len().min(room / sample_bytes * sample_bytes);
        self.queue.extend(audio.get(..taken).unwrap_or_default());
        audio.len() - taken
    }

    /// Nothing more comes of the open utterance: what is queued is padded to whole frames with the
    /// codec's silence.
    pub fn complete(&mut self) {
        if !self.is_open() {
            return;
        }
        let tail = self.queue.len() % self.frame_bytes;
        if tail > 0 {
            let mut silence = [0; 8];
            let sample = self.format.bytes_per_sample().min(silence.len());
            if let Some(silence) = silence.get_mut(..sample) {
                self.format.fill_silence(silence);
                let missing = self.frame_bytes - tail;
                self.queue
                    .extend(silence.iter().copied().cycle().take(missing));
            }
        }
        let until_us = self.schedule.released_us + self.queued_us();
        if let Some(open) = self.utterances.back_mut() {
            open.until_us = Some(until_us);
        }
    }

    /// Throws away everything not yet released and ends every utterance. Returns how much of the one being
    /// played the caller has heard, in milliseconds.
    pub fn cut_off(&mut self, now: Time) -> u64 {
        let heard_ms = self.heard_ms(now);
        self.queue.clear();
        self.queue.shrink_to(IDLE_CAPACITY_BYTES);
        self.utterances.clear();
        // What the caller's side had buffered is cleared there: it plays no more.
        self.schedule.released_us = self.schedule.played_us(now);
        heard_ms
    }

    /// Gives what is due at `now`. A frame is appended to `frame`, which the caller of this cleared.
    /// Call again until it gives [`Release::Wait`] or [`Release::Idle`].
    pub fn release(&mut self, now: Time, frame: &mut Vec<u8>) -> Release {
        let released_us = self.schedule.released_us;
        let next = self.utterances.iter_mut().find(|u| !u.released);
        let Some(next) = next else {
            return Release::Idle;
        };
        if next.until_us.is_some_and(|until| until <= released_us) {
            next.released = true;
            if self.queue.is_empty() {
                self.queue.shrink_to(IDLE_CAPACITY_BYTES);
            }
            return Release::UtteranceEnd(next.number);
        }
        if self.queue.len() < self.frame_bytes {
            return Release::Idle;
        }
        if now > self.schedule.plays_until() {
            // Dry: the next frame plays when it is sent, and everything after it later by the same.
            self.schedule.base = now.minus_us(released_us);
        }
        let due = self.due();
        if now < due {
            return Release::Wait(due);
        }
        take_front(&mut self.queue, self.frame_bytes, frame);
        self.schedule.released_us += FRAME_US;
        Release::Frame
    }

    /// When to look again for the sake of pacing: late within the lead.
    pub fn wake_at(&self) -> Option<Time> {
        if self.queue.len() < self.frame_bytes {
            return None;
        }
        let slack = if self.lead_us >= 40_000 {
            TIMER_SLACK_US.min(self.lead_us)
        } else {
            0
        };
        Some(self.due().plus_us(slack))
    }

    /// The utterance of this number has been played to its end, and with it those before. Returns how many
    /// that are.
    pub fn settle(&mut self, number: u32) -> usize {
        let at = self
            .utterances
            .iter()
            .position(|u| u.released && u.number == number);
        at.map_or(0, |at| self.utterances.drain(..=at).count())
    }

    /// When everything released has been played.
    pub fn plays_until(&self) -> Time {
        self.schedule.plays_until()
    }

    /// When everything queued will have been played, if nothing more comes.
    pub fn drained_at(&self, now: Time) -> Time {
        self.schedule
            .plays_until()
            .max(now)
            .plus_us(self.queued_us())
    }

    /// Milliseconds the caller has been played of the utterance being played; 0 if there is none.
    pub fn heard_ms(&self, now: Time) -> u64 {
        let played_us = self.schedule.played_us(now);
        self.playing(now)
            .map_or(0, |u| played_us.saturating_sub(u.from_us) / 1_000)
    }

    /// Whether an utterance is open, waiting to be released or still being played.
    pub fn is_speaking(&self) -> bool {
        !self.utterances.is_empty()
    }

    /// Whether an utterance takes more audio.
    pub fn is_open(&self) -> bool {
        self.utterances.back().is_some_and(|u| u.until_us.is_none())
    }

    /// Whether the caller may cut off what is being played.
    pub fn is_interruptible(&self, now: Time) -> bool {
        self.playing(now).is_some_and(|u| u.interruptible)
    }

    /// Whether the agent should be kept from sending more: 90 % of the bound.
    pub fn is_nearly_full(&self) -> bool {
        self.queue.len() >= self.bound_bytes / 10 * 9
    }

    /// Whether the schedule has run past what was released while an open utterance had nothing to give.
    pub fn is_dry(&self, now: Time) -> bool {
        let begun = self
            .utterances
            .back()
            .is_some_and(|u| u.until_us.is_none() && self.schedule.released_us > u.from_us);
        begun && self.queue.len() < self.frame_bytes && now > self.schedule.plays_until()
    }

    /// The utterance the caller hears at `now`; between two, the one before.
    fn playing(&self, now: Time) -> Option<&Utterance> {
        let played_us = self.schedule.played_us(now);
        let unfinished = |u: &&Utterance| u.until_us.is_none_or(|until| played_us < until);
        self.utterances
            .iter()
            .find(unfinished)
            .or(self.utterances.back())
    }

    fn due(&self) -> Time {
        self.schedule.plays_until().minus_us(self.lead_us)
    }

    fn queued_us(&self) -> u64 {
        self.format.us_for_bytes(self.queue.len())
    }
}

/// Moves the first `count` bytes, which are there, by copying slices: byte by byte it would be most of what a
/// frame costs.
fn take_front(queue: &mut VecDeque<u8>, count: usize, into: &mut Vec<u8>) {
    let (front, back) = queue.as_slices();
    let first = count.min(front.len());
    into.extend_from_slice(front.get(..first).unwrap_or_default());
    into.extend_from_slice(back.get(..count - first).unwrap_or_default());
    queue.drain(..count);
}

#[cfg(test)]
mod tests;
