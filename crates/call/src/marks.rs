//! Marks: how a call learns that speech has really been played.
//!
//! A carrier that can echo a mark is sent one after the last frame of each utterance, and one after each frame
//! that holds a place with a name. Of several at one place only the first is sent: the others ride on it, and
//! complete with it. Its name on the wire carries the generation of the playout, because carriers echo every
//! pending mark when they are told to clear: such an echo proves nothing (Twilio, Telnyx, SignalWire), and others
//! never answer marks they cleared (Plivo, Vonage, Asterisk): the clock says which of them were reached. Where
//! the caller's side knows no marks the playout clock answers in its place, and where it does not answer in time
//! the clock is believed.
//!
//! Every mark completes exactly once, in the order in which marks were set.

use std::collections::VecDeque;

use crate::caller::MarkEcho;
use crate::time::Time;

/// Places marked and outstanding at once; older ones are taken as played. jambonz allows 30 marks, the others more.
const BOUND: usize = 16;

/// Completed marks nobody has collected; older ones are forgotten.
const UNCOLLECTED: usize = 64;

/// The longest name of a mark set by name: a bot's own of 128 bytes, and what its agent puts before that.
pub const MAX_NAME_BYTES: usize = 160;

/// A mark on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How often the playout had been cut off before.
    pub generation: u32,
    /// The how manieth mark sent in the call it is, from 0.
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
    /// A place that an agent has given this name.
    Named(Box<str>),
    /// A place whose name nobody waits for any more.
    Nobody,
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
    /// Of the one that was sent for it.
    number: u32,
    marked: Marked,
    /// Bytes of speech released before it.
    place: u64,
    /// It stands at the place of the one before, which is sent for it.
    rides: bool,
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

    /// Sets a mark behind an utterance that will have been played at `plays_until`, when
    /// [`place`](crate::playout::Playout::taken) bytes of speech have been released. Returns it if it is to be
    /// sent: not where the caller's side knows none, and not where one is outstanding that was set at the same
    /// place. Collect with [`poll_completed`](Self::poll_completed) afterwards: at the bound the oldest is taken
    /// as played.
    pub fn set(&mut self, utterance: u32, place: u64, plays_until: Time) -> Option<Mark> {
        self.enter(Marked::Utterance(utterance), place, plays_until)
    }

    /// The same for a mark that a bot has set behind audio that will have been played at `plays_until`.
    ///
    /// # Errors
    /// A name longer than [`MAX_NAME_BYTES`]: no mark is set.
    pub fn set_named(
        &mut self,
        name: &str,
        place: u64,
        plays_until: Time,
    ) -> Result<Option<Mark>, NameTooLong> {
        let bytes = name.len();
        if bytes > MAX_NAME_BYTES {
            return Err(NameTooLong { bytes });
        }
        Ok(self.enter(Marked::Named(name.into()), place, plays_until))
    }

    /// The caller's side echoed this name. In its own generation that completes the mark as played, and with
    /// it those before and those that ride on it.
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

    /// The playout was cut off at `now`: what should have been played by then is completed as played, the rest
    /// as cleared, and echoes of either count as late.
    pub fn cut_off(&mut self, now: Time) {
        self.generation = self.generation.wrapping_add(1);
        let pending = self.marks.iter().skip(self.completed);
        let played = pending
            .take_while(|entry| entry.at.minus_us(self.patience_us) <= now)
            .count();
        self.complete(played, Completion::Played);
        self.complete(self.pending(), Completion::Cleared);
    }

    /// Nobody waits for the names that have been set.
    pub fn forget_names(&mut self) {
        for entry in &mut self.marks {
            if matches!(entry.marked, Marked::Named(_)) {
                entry.marked = Marked::Nobody;
            }
        }
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

    /// Marks not completed, those that ride on others among them.
    pub fn pending(&self) -> usize {
        self.marks.len() - self.completed
    }

    fn enter(&mut self, marked: Marked, place: u64, plays_until: Time) -> Option<Mark> {
        while self.completed >= UNCOLLECTED && self.poll_completed().is_some() {}
        let at = plays_until.plus_us(self.patience_us);
        let last = self.marks.back().filter(|_| self.is_pending());
        // One set behind another is not played before it.
        let at = last.map_or(at, |last| at.max(last.at));
        let carrier = last.filter(|last| last.place == place);
        let carrier = carrier.map(|carrier| carrier.number);
        let number = carrier.unwrap_or(self.next_number);
        if carrier.is_none() {
            self.next_number = number.wrapping_add(1);
            if self.places() >= BOUND {
                self.complete(1, Completion::Played);
            }
        }
        self.marks.push_back(Entry {
            number,
            marked,
            place,
            rides: carrier.is_some(),
            at,
            completion: Completion::Played,
        });
        (self.sent && carrier.is_none()).then_some(Mark {
            generation: self.generation,
            number,
        })
    }

    /// Completes the first so many of those pending, and those that ride on the last of them.
    fn complete(&mut self, count: usize, completion: Completion) {
        let pending = self.marks.iter_mut().skip(self.completed).enumerate();
        for (_, entry) in pending.take_while(|(at, entry)| *at < count || entry.rides) {
            entry.completion = completion;
            self.completed += 1;
        }
    }

    /// Places at which marks are pending.
    fn places(&self) -> usize {
        let pending = self.marks.iter().skip(self.completed);
        pending.filter(|entry| !entry.rides).count()
    }
}

#[cfg(test)]
mod tests;
