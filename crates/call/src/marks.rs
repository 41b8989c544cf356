//! Marks: how a call learns that speech has really been played.
//!
//! A carrier that can echo a mark is sent one after the last frame of each utterance, and those that are set by
//! name (for agents with marks of their own; none has any yet). Its name on the wire carries the generation of the playout, because carriers echo every pending
//! mark when they are told to clear: such an echo proves nothing (Twilio, Telnyx, SignalWire), and others
//! never answer marks they cleared (Plivo, Vonage, Asterisk). Where the caller's side knows no marks the
//! playout clock answers in its place, and where it does not answer in time the clock is believed.
//!
//! Every mark completes exactly once, in the order in which marks were set.

use std::collections::VecDeque;

use crate::caller::MarkEcho;
use crate::time::Time;

/// Marks outstanding at once; older ones are taken as played. jambonz allows 30, the others more.
const BOUND: usize = 16;

/// Completed marks nobody has collected; older ones are forgotten.
const UNCOLLECTED: usize = 64;

/// The longest name of a mark set by name.
pub const MAX_NAME_BYTES: usize = 128;

/// A mark on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How often the playout had been cut off before.
    pub generation: u32,
    /// The how manieth mark of the call it is, from 0.
    pub number: u32,
}

impl Mark {
    /// The name on the wire.
    pub fn name(self) -> String {
        format!("tl-{}-{}", self.generation, self.number)
    }

    /// The mark of this name, `None` if the name is none of ours.
    pub fn from_name(name: &str) -> Option<Self> {
        let (generation, number) = name.strip_prefix("tl-")?.split_once('-')?;
        Some(Self {
            generation: generation.parse().ok()?,
            number: number.parse().ok()?,
        })
    }
}

/// What a mark stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The end of the utterance of this number.
    Utterance(u32),
    /// A place that a bot has given this name.
    Named(Box<str>),
}

/// How a mark was completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Everything before it has been played.
    Played,
    /// What was before it has been thrown away.
    Cleared,
}

/// What an echo from the caller's side meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// What was before the mark has been played.
    Played,
    /// The mark had been completed already.
    Late,
    /// It is none of ours.
    Unknown,
}

/// A name longer than [`MAX_NAME_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a mark: expected at most {MAX_NAME_BYTES} bytes, got {bytes}")]
pub struct NameTooLong {
    /// Its length.
    pub bytes: usize,
}

/// The marks of one call.
#[derive(Debug)]
pub struct Marks {
    /// Whether they are sent, because the caller's side answers.
    sent: bool,
    patience_us: u64,
    generation: u32,
    next_number: u32,
    /// In the order they were set; those completed and not yet told are the first.
    marks: VecDeque<Entry>,
    /// How many of them are completed.
    completed: usize,
    late: u64,
}

#[derive(Debug)]
struct Entry {
    number: u32,
    marked: Marked,
    /// When the clock is believed.
    at: Time,
    completion: Completion,
}

impl Marks {
    /// Marks for a caller that does this with them. The clock is believed `patience_ms` after a mark should
    /// have been played, and at once where marks are never echoed.
    pub fn new(echo: MarkEcho, patience_ms: u64) -> Self {
        let sent = echo != MarkEcho::Never;
        Self {
            sent,
            patience_us: if sent {
                patience_ms.saturating_mul(1_000)
            } else {
                0
            },
            generation: 0,
            next_number: 0,
            marks: VecDeque::new(),
            completed: 0,
            late: 0,
        }
    }

    /// Sets a mark behind an utterance that will have been played at `plays_until`. Returns it if it is to
    /// be sent. Collect with [`poll_completed`](Self::poll_completed) afterwards: at the bound the oldest is
    /// taken as played.
    pub fn set(&mut self, utterance: u32, plays_until: Time) -> Option<Mark> {
        self.enter(Marked::Utterance(utterance), plays_until)
    }

    /// The same for a mark that a bot has set behind audio that will have been played at `plays_until`.
    ///
    /// # Errors
    /// A name longer than [`MAX_NAME_BYTES`]: no mark is set.
    pub fn set_named(
        &mut self,
        name: &str,
        plays_until: Time,
    ) -> Result<Option<Mark>, NameTooLong> {
        let bytes = name.len();
        if bytes > MAX_NAME_BYTES {
            return Err(NameTooLong { bytes });
        }
        Ok(self.enter(Marked::Named(name.into()), plays_until))
    }

    /// The caller's side echoed this name. In its own generation that completes the mark as played, and with
    /// it those before.
    pub fn echoed(&mut self, name: &str) -> Echo {
        let Some(mark) = Mark::from_name(name) else {
            return Echo::Unknown;
        };
        let mut pending = self.marks.iter().skip(self.completed);
        let at = pending.position(|entry| entry.number == mark.number);
        match at.filter(|_| mark.generation == self.generation) {
            Some(at) => {
                self.complete(at + 1, Completion::Played);
                Echo::Played
            }
            None => {
                self.late += 1;
                Echo::Late
            }
        }
    }

    /// Completes as played what is still not echoed at `now`, past all patience.
    pub fn expire(&mut self, now: Time) {
        let pending = self.marks.iter().skip(self.completed);
        let expired = pending.take_while(|entry| entry.at <= now).count();
        self.complete(expired, Completion::Played);
    }

    /// When the clock answers next.
    pub fn next_expiry(&self) -> Option<Time> {
        self.marks.get(self.completed).map(|entry| entry.at)
    }

    /// The playout was cut off: what is pending is completed as cleared, and echoes of it count as late.
    pub fn cut_off(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.complete(self.pending(), Completion::Cleared);
    }

    /// The next completed mark that has not been told yet.
    pub fn poll_completed(&mut self) -> Option<(Marked, Completion)> {
        self.completed = self.completed.checked_sub(1)?;
        let entry = self.marks.pop_front()?;
        Some((entry.marked, entry.completion))
    }

    /// Whether something is still being played somewhere.
    pub fn is_pending(&self) -> bool {
        self.pending() > 0
    }

    /// Echoes of marks that had been completed already.
    pub const fn late(&self) -> u64 {
        self.late
    }

    fn enter(&mut self, marked: Marked, plays_until: Time) -> Option<Mark> {
        if self.pending() >= BOUND {
            self.complete(1, Completion::Played);
        }
        if self.completed >= UNCOLLECTED {
            self.poll_completed();
        }
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        let at = plays_until.plus_us(self.patience_us);
        let pending_last = self.marks.iter().skip(self.completed).last().map(|l| l.at);
        self.marks.push_back(Entry {
            number,
            marked,
            // One set behind another is not played before it.
            at: pending_last.map_or(at, |last| at.max(last)),
            completion: Completion::Played,
        });
        self.sent.then_some(Mark {
            generation: self.generation,
            number,
        })
    }

    fn complete(&mut self, count: usize, completion: Completion) {
        for entry in self.marks.iter_mut().skip(self.completed).take(count) {
            entry.completion = completion;
            self.completed += 1;
        }
    }

    fn pending(&self) -> usize {
        self.marks.len() - self.completed
    }
}

#[cfg(test)]
mod tests;
