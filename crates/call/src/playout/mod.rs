//! The playout: the one place where speech for the caller waits.
//!
//! Audio is held in the caller's own format, bounded in milliseconds, cut into messages by the dialect's
//! rule and released on an absolute schedule, at most a *lead* ahead of real time. The schedule is also the
//! clock that says how much the caller has been played: a carrier that buffers more than the lead says so
//! with marks.
//!
//! It refuses to make sound of its own, but for the codec's silence after the last word of an utterance.

mod framing;
mod schedule;
mod slip;
mod status;
mod utterance;

use std::collections::VecDeque;

use trunkline_codecs::format::AudioFormat;

use crate::agent::Delivery;
use crate::caller::{Line, Pacing};
use crate::config::PlayoutConfig;
use crate::time::Time;
use framing::Framing;
use schedule::Schedule;
use slip::Slip;
use utterance::Utterances;

pub use slip::Slipped;
pub use utterance::{Owner, Progress};

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
    /// Nothing is queued that may be released.
    Idle,
}

/// The queue of speech and its clock.
#[derive(Debug)]
pub struct Playout {
    format: AudioFormat,
    /// A byte of silence, of which a sample of silence is made in every format.
    silence: u8,
    /// Whether the caller's side drops what it has buffered when told to.
    clears: bool,
    bound_bytes: usize,
    framing: Framing,
    queue: VecDeque<u8>,
    utterances: Utterances,
    schedule: Schedule,
    /// `None` where the configuration forbids it.
    slip: Option<Slip>,
    delivery: Delivery,
    paused: bool,
    taken: Taken,
}

/// Bytes ever taken from the queue, without padding.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    all: u64,
    /// Of the agent's.
    agents: u64,
}

impl Playout {
    /// An empty playout for a caller on `line`, of an agent that gives its speech in this time.
    pub fn new(line: &Line, config: &PlayoutConfig, delivery: Delivery) -> Self {
        let format = line.takes;
        let lead_ms = match line.pacing {
            Pacing::Ahead { lead_ms } => config.lead_ms.unwrap_or(lead_ms),
            Pacing::RealTime => 0,
        };
        let mut silence = [0; 2];
        format.fill_silence(&mut silence);
        let schedule = Schedule::new(format, lead_ms);
        Self {
            format,
            silence: silence[0],
            clears: line.clears,
            bound_bytes: format.bytes_for_us(config.bound_ms.saturating_mul(1_000)),
            framing: Framing::new(format, line.framing),
            queue: VecDeque::new(),
            utterances: Utterances::default(),
            schedule,
            slip: config.slip.then(|| Slip::new(format, schedule.lead_us())),
            delivery,
            paused: false,
            taken: Taken::default(),
        }
    }

    /// Another agent speaks from now on, which gives its speech in this time.
    pub fn set_delivery(&mut self, delivery: Delivery) {
        self.delivery = delivery;
        self.forget_depth();
    }

    /// Begins an utterance behind what is queued; one still open is completed first. Returns its number;
    /// `None` if too many are waiting, and then its audio is refused.
    pub fn begin(&mut self, owner: Owner, interruptible: bool) -> Option<u32> {
        self.complete();
        self.utterances.begin(owner, interruptible)
    }

    /// Appends speech of the open utterance, in the caller's format. Returns how many bytes were refused
    /// because the bound was reached, or because no utterance is open.
    pub fn push(&mut self, now: Time, audio: &[u8]) -> usize {
        let slips = self.is_slipping();
        let depth_us = if slips { self.depth_us(now) } else { 0 };
        let Some(open) = self.utterances.open() else {
            return audio.len();
        };
        let room = self.bound_bytes.saturating_sub(self.queue.len());
        let sample_bytes = self.format.bytes_per_sample();
        let taken = audio.len().min(room) / sample_bytes * sample_bytes;
        self.queue.extend(audio.get(..taken).unwrap_or_default());
        open.queued += taken;
        if let Some(slip) = &mut self.slip {
            slip.begin();
            if slips {
                slip.observe(now, depth_us);
                slip.pay(&mut self.queue, &mut self.utterances);
            }
        }
        audio.len() - taken
    }

    /// Nothing more comes of the open utterance: its last message is padded with the codec's silence.
    pub fn complete(&mut self) {
        if let Some(open) = self.utterances.open() {
            open.complete = true;
        }
    }

    /// Utterances begun from now on wait until [`release_held`](Self::release_held): what is said before it
    /// is sure that it should be.
    pub const fn hold(&mut self) {
        self.utterances.hold();
    }

    /// What was held may be released, and nothing more is held.
    pub fn release_held(&mut self) {
        self.utterances.release_held();
        self.forget_depth();
    }

    /// Throws away what was held, and nothing else; nothing more is held. Returns its length in
    /// milliseconds.
    pub fn drop_held(&mut self) -> u64 {
        let bytes = self.utterances.drop_held();
        self.queue.truncate(self.queue.len().saturating_sub(bytes));
        self.rest_if_empty();
        self.forget_depth();
        self.format.us_for_bytes(bytes) / 1_000
    }

    /// Nothing is released from now on. What was released before is played.
    pub const fn pause(&mut self) {
        self.paused = true;
    }

    /// Goes on where it was paused.
    pub fn resume(&mut self, now: Time) {
        if std::mem::take(&mut self.paused) {
            // The pause was nobody's underrun.
            self.schedule.restart_if_dry(now);
            self.forget_depth();
        }
    }

    /// Throws away everything not yet released, ends every utterance and holds nothing more. Returns how
    /// much of the one being played the caller has heard, in milliseconds.
    pub fn cut_off(&mut self, now: Time) -> u64 {
        let heard_ms = self.heard_ms(now);
        self.queue.clear();
        self.rest_if_empty();
        self.utterances.clear();
        self.forget_depth();
        if self.clears {
            self.schedule.forget_unplayed(now);
        }
        heard_ms
    }

    /// Gives what is due at `now`. A frame is appended to `frame`, which the caller of this cleared.
    /// Call again until it gives [`Release::Wait`] or [`Release::Idle`].
    pub fn release(&mut self, now: Time, frame: &mut Vec<u8>) -> Release {
        let position = self.schedule.position();
        let Some(next) = self.utterances.next_mut().filter(|_| !self.paused) else {
            return Release::Idle;
        };
        if next.complete && next.queued == 0 {
            let number = next.number;
            self.utterances.end_next(position);
            self.rest_if_empty();
            return Release::UtteranceEnd(number);
        }
        if !self.framing.is_ready(next.queued, next.complete) {
            return Release::Idle;
        }
        self.schedule.restart_if_dry(now);
        let due = self.schedule.due();
        if now < due {
            return Release::Wait(due);
        }
        let behind = if self.framing.is_elastic() {
            self.schedule.bytes(now.us_since(due)) as usize
        } else {
            0
        };
        let cut = self.framing.cut(next.queued, next.complete, behind);
        if next.released == 0 {
            next.from = position;
        }
        next.queued -= cut.take;
        next.released += cut.take as u64;
        let padding = cut.length - cut.take;
        next.padding += padding as u64;
        self.taken.all += cut.take as u64;
        if next.owner == Owner::Agent {
            self.taken.agents += cut.take as u64;
        }
        if let Some(slip) = &mut self.slip {
            slip.released(cut.take);
        }
        take_front(&mut self.queue, cut.take, frame);
        if padding > 0 {
            frame.resize(frame.len() + padding, self.silence);
        }
        self.schedule.advance(cut.length);
        Release::Frame
    }

    /// When to look again for the sake of pacing: late within the lead.
    pub fn wake_at(&self) -> Option<Time> {
        let next = self.utterances.next().filter(|_| !self.paused)?;
        self.framing
            .is_ready(next.queued, next.complete)
            .then(|| self.schedule.wake_at())
    }

    /// The utterance of this number has been played to its end, and with it those before. Gives them, the
    /// first one first.
    pub fn settle(&mut self, number: u32) -> impl Iterator<Item = (u32, Owner)> {
        self.utterances.settle(number)
    }

    /// When everything released has been played.
    pub const fn plays_until(&self) -> Time {
        self.schedule.plays_until()
    }

    /// Whether the depth says how far the agent is ahead of the caller.
    fn is_slipping(&self) -> bool {
        let real_time = self.delivery == Delivery::RealTime && self.slip.is_some();
        real_time && !self.paused && !self.utterances.is_holding()
    }

    fn depth_us(&self, now: Time) -> u64 {
        self.drained_at(now).us_since(now)
    }

    /// Gives back memory that speech has needed.
    fn rest_if_empty(&mut self) {
        if self.queue.is_empty() {
            self.queue.shrink_to(IDLE_CAPACITY_BYTES);
        }
    }

    fn forget_depth(&mut self) {
        if let Some(slip) = &mut self.slip {
            slip.reset();
        }
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
