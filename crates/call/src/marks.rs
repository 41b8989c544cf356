//! Marks: how a call learns that an utterance has really been played.
//!
//! A carrier that can echo a mark is sent one after the last frame of each utterance. Its name carries
//! the generation of the playout, because carriers echo every pending mark when they are told to clear:
//! such an echo proves nothing (Twilio, Telnyx, SignalWire). Where the caller's side knows no marks the
//! playout clock answers in its place, and where it does not answer in time the clock is believed.

use std::collections::VecDeque;

use crate::time::Time;

/// Marks outstanding at once; older ones are taken as played. jambonz allows 30, the others more.
const BOUND: usize = 16;

/// The mark at the end of one utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How often the playout had been cut off before.
    pub generation: u32,
    /// The utterance.
    pub utterance: u32,
}

impl Mark {
    /// The name on the wire.
    pub fn name(self) -> String {
        format!("tl-{}-{}", self.generation, self.utterance)
    }

    /// The mark of this name, `None` if the name is none of ours.
    pub fn from_name(name: &str) -> Option<Self> {
        let (generation, utterance) = name.strip_prefix("tl-")?.split_once('-')?;
        Some(Self {
            generation: generation.parse().ok()?,
            utterance: utterance.parse().ok()?,
        })
    }
}

/// The marks of one call.
#[derive(Debug)]
pub struct Marks {
    echoed: bool,
    patience_us: u64,
    generation: u32,
    pending: VecDeque<(Mark, Time)>,
}

impl Marks {
    /// Marks for a caller that echoes them (`echoed`), answered by the clock after `patience_ms`, or for one
    /// that does not, answered by the clock alone.
    pub fn new(echoed: bool, patience_ms: u64) -> Self {
        Self {
            echoed,
            patience_us: if echoed { patience_ms * 1_000 } else { 0 },
            generation: 0,
            pending: VecDeque::new(),
        }
    }

    /// Sets a mark behind an utterance that will have been played at `plays_until`. Returns it if it is to
    /// be sent.
    pub fn set(&mut self, utterance: u32, plays_until: Time) -> Option<Mark> {
        let mark = Mark {
            generation: self.generation,
            utterance,
        };
        if self.pending.len() == BOUND {
            self.pending.pop_front();
        }
        self.pending
            .push_back((mark, plays_until.plus_us(self.patience_us)));
        self.echoed.then_some(mark)
    }

    /// The caller's side echoed this name. Returns the utterance that was played, if the echo proves it.
    pub fn echoed(&mut self, name: &str) -> Option<u32> {
        let mark = Mark::from_name(name)?;
        if mark.generation != self.generation {
            return None;
        }
        let at = self.pending.iter().position(|(m, _)| *m == mark)?;
        // Marks come back in order: those before it were played too.
        self.pending.drain(..=at);
        Some(mark.utterance)
    }

    /// The utterance whose time is up at `now` without an echo.
    pub fn expired(&mut self, now: Time) -> Option<u32> {
        let (mark, at) = self.pending.front().copied()?;
        (at <= now).then(|| {
            self.pending.pop_front();
            mark.utterance
        })
    }

    /// When the clock answers next.
    pub fn next_expiry(&self) -> Option<Time> {
        self.pending.front().map(|(_, at)| *at)
    }

    /// The playout was cut off: nothing pending will be played, and echoes of it mean "cleared".
    pub fn cut_off(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.pending.clear();
    }

    /// Whether an utterance is still being played somewhere.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_proves_playing_only_in_its_own_generation() {
        let mut marks = Marks::new(true, 2_000);
        let first = marks.set(0, Time::from_ms(100)).expect("sent");
        marks.cut_off();
        assert_eq!(marks.echoed(&first.name()), None, "cleared, not played");
        let second = marks.set(1, Time::from_ms(200)).expect("sent");
        assert_eq!(marks.echoed(&second.name()), Some(1));
        assert_eq!(marks.echoed(&second.name()), None, "once");
        assert_eq!(marks.echoed("somebody else's"), None);
        assert_eq!(marks.echoed("tl-9-x"), None);
    }

    #[test]
    fn the_clock_answers_where_nobody_else_does() {
        let mut emulated = Marks::new(false, 2_000);
        assert_eq!(emulated.set(7, Time::from_ms(100)), None, "nothing to send");
        assert_eq!(emulated.expired(Time::from_ms(99)), None);
        assert_eq!(emulated.expired(Time::from_ms(100)), Some(7));
        let mut slow = Marks::new(true, 2_000);
        slow.set(8, Time::from_ms(100));
        assert_eq!(slow.expired(Time::from_ms(2_099)), None);
        assert_eq!(slow.expired(Time::from_ms(2_100)), Some(8));
    }
}
