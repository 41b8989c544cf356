//! The far end's play-out buffer: what the caller really hears, and when.

use std::collections::VecDeque;

use super::clips::{self, Sounded};
use super::stamp::{Reader, STAMP_US};
use crate::caller::{Line, MarkEcho};
use crate::time::Time;

/// A stamped frame as the caller hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Played {
    pub(super) number: u64,
    /// When it begins to sound, and when it ends.
    pub(super) at: Time,
    pub(super) until: Time,
}

/// Plays what arrives in real time, echoes marks as its line does, and drops what it is told to.
#[derive(Debug)]
pub(super) struct Carrier {
    line: Line,
    pub(super) reader: Reader,
    /// How long the first audio after silence waits, as jitter buffers do.
    pub(super) prebuffer_us: u64,
    plays_until: Time,
    /// Where messages begin in the stream of samples, and when they sound.
    messages: VecDeque<(u64, Time)>,
    samples: u64,
    /// Every frame that has sounded, or will if nothing clears it.
    played: Vec<Played>,
    marks: VecDeque<(String, Time)>,
    /// When audio sounded, as intervals; the last may lie in the future.
    sounding: Vec<(Time, Time)>,
    /// The gateway's own lines that have sounded, or will; looked for where there are any.
    pub(super) own: Vec<Sounded>,
    pub(super) looks_for_own: bool,
    pub(super) clears: u64,
    /// Clears that found nothing to drop.
    pub(super) idle_clears: u64,
    /// So many of the next marks are lost at the carrier.
    pub(super) loses_marks: u32,
    /// Every byte of audio that has arrived since it was set.
    pub(super) tape: Option<Vec<u8>>,
    pub(super) echoes: Echoes,
}

/// When a carrier echoes a mark, where its line has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echoes {
    /// Once what is before it has been played, as it should.
    Played,
    /// As soon as it has come.
    AtOnce,
    Never,
}

impl Carrier {
    pub(super) fn new(line: Line) -> Self {
        Self {
            line,
            reader: Reader::new(line.takes),
            prebuffer_us: 0,
            plays_until: Time::ZERO,
            messages: VecDeque::new(),
            samples: 0,
            played: Vec::new(),
            marks: VecDeque::new(),
            sounding: Vec::new(),
            own: Vec::new(),
            looks_for_own: false,
            clears: 0,
            idle_clears: 0,
            loses_marks: 0,
            tape: None,
            echoes: Echoes::Played,
        }
    }

    pub(super) const fn line(&self) -> &Line {
        &self.line
    }

    /// A message of audio has arrived.
    pub(super) fn take_audio(&mut self, now: Time, audio: &[u8]) {
        if let Some(tape) = &mut self.tape {
            tape.extend_from_slice(audio);
        }
        let from = if now > self.plays_until {
            now.plus_us(self.prebuffer_us)
        } else {
            self.plays_until
        };
        self.plays_until = from.plus_us(self.line.takes.us_for_bytes(audio.len()));
        match self.sounding.last_mut() {
            Some((_, until)) if *until == from => *until = self.plays_until,
            _ => self.sounding.push((from, self.plays_until)),
        }
        if self.looks_for_own {
            clips::find(self.line.takes, audio, from, &mut self.own);
        }
        self.messages.push_back((self.samples, from));
        self.samples += (audio.len() / self.line.takes.bytes_per_sample()) as u64;
        let (messages, played, rate_hz) =
            (&self.messages, &mut self.played, self.line.takes.rate_hz);
        self.reader.push(audio, |found| {
            let before = messages.partition_point(|(begin, _)| *begin <= found.at_sample);
            let Some((begin, at)) = messages.get(before.saturating_sub(1)) else {
                return;
            };
            let into_us = (found.at_sample - begin) * 1_000_000 / u64::from(rate_hz);
            played.push(Played {
                number: found.number,
                at: at.plus_us(into_us),
                until: at.plus_us(into_us + STAMP_US),
            });
        });
        if self.messages.len() > 16 {
            self.messages.pop_front();
        }
    }

    /// A mark has arrived: it stands behind what is buffered.
    pub(super) fn take_mark(&mut self, now: Time, name: &str) {
        if self.loses_marks > 0 {
            self.loses_marks -= 1;
            return;
        }
        let at = match self.echoes {
            Echoes::Played => self.plays_until.max(now),
            Echoes::AtOnce => now,
            Echoes::Never => return,
        };
        self.marks.push_back((name.to_owned(), at));
    }

    /// Everything not heard yet is dropped. Gives the marks that are echoed for it.
    pub(super) fn clear(&mut self, now: Time) -> Vec<String> {
        self.clears += 1;
        self.reader.break_off();
        if self.plays_until <= now {
            self.idle_clears += 1;
        }
        self.plays_until = self.plays_until.min(now);
        self.played.retain(|played| played.at < now);
        if let Some(last) = self.played.last_mut() {
            last.until = last.until.min(now);
        }
        self.sounding.retain(|(from, _)| *from < now);
        if let Some((_, until)) = self.sounding.last_mut() {
            *until = (*until).min(now);
        }
        self.own.retain(|own| own.at < now);
        if let Some(own) = self.own.last_mut() {
            own.until = own.until.min(now);
        }
        let marks = std::mem::take(&mut self.marks);
        if self.line.marks == MarkEcho::Always {
            marks.into_iter().map(|(name, _)| name).collect()
        } else {
            Vec::new()
        }
    }

    /// The marks it has are never answered.
    pub(super) fn loses_marks(&mut self) {
        self.marks.clear();
    }

    /// When the next mark has been played up to.
    pub(super) fn next(&self) -> Option<Time> {
        self.marks.front().map(|(_, at)| *at)
    }

    /// The next mark that has been played up to.
    pub(super) fn echo(&mut self, now: Time) -> Option<String> {
        self.marks.front().filter(|(_, at)| *at <= now)?;
        self.marks.pop_front().map(|(name, _)| name)
    }

    /// Stamped frames that have begun to sound.
    pub(super) fn heard(&self, now: Time) -> &[Played] {
        &self.played[..self.played.partition_point(|played| played.at < now)]
    }

    /// Microseconds heard of the frames `from..to`.
    pub(super) fn heard_us(&self, now: Time, from: u64, to: u64) -> u64 {
        self.heard(now)
            .iter()
            .filter(|played| (from..to).contains(&played.number))
            .map(|played| now.min(played.until).us_since(played.at))
            .sum()
    }

    /// Whether anything sounds at `now`.
    pub(super) fn is_sounding(&self, now: Time) -> bool {
        self.plays_until > now && self.sounding.last().is_some_and(|(from, _)| *from <= now)
    }

    /// When anything sounded, in order; the last may lie in the future.
    pub(super) fn sounded(&self) -> &[(Time, Time)] {
        &self.sounding
    }

    /// Microseconds of silence between the frames `number - 1` and `number`, over all frames heard since
    /// `since` whose neighbour was heard before them.
    pub(super) fn gaps_us(&self, now: Time, since: Time) -> u64 {
        let heard = self.heard(now);
        let pairs = heard.iter().zip(heard.get(1..).unwrap_or_default());
        pairs
            .filter(|(one, two)| two.number == one.number + 1 && one.at >= since)
            .map(|(one, two)| two.at.us_since(one.at).saturating_sub(STAMP_US))
            .filter(|us| *us > 1_000)
            .sum()
    }

    /// Microseconds of audio waiting to be heard.
    pub(super) const fn buffered_us(&self, now: Time) -> u64 {
        self.plays_until.us_since(now)
    }

    /// Microseconds of audio that have arrived.
    pub(super) fn received_us(&self) -> u64 {
        self.samples * 1_000_000 / u64::from(self.line.takes.rate_hz)
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::{PLIVO, TWILIO};
    use super::super::stamp;
    use super::*;

    fn frames(from: u64, to: u64) -> Vec<u8> {
        let mut audio = Vec::new();
        for number in from..to {
            stamp::write(number, TWILIO.takes, &mut audio);
        }
        audio
    }

    #[test]
    fn what_is_heard_is_what_has_sounded() {
        let mut carrier = Carrier::new(TWILIO);
        carrier.take_audio(Time::from_ms(10), &frames(0, 5));
        carrier.take_mark(Time::from_ms(10), "a");
        assert_eq!(carrier.heard_us(Time::from_ms(50), 0, 9), 40_000);
        assert_eq!(carrier.next(), Some(Time::from_ms(110)));
        assert_eq!(
            carrier.clear(Time::from_ms(55)),
            ["a"],
            "echoed for the clear"
        );
        assert_eq!(
            carrier.heard_us(Time::from_ms(500), 0, 9),
            45_000,
            "no more after the clear"
        );
        assert!(!carrier.is_sounding(Time::from_ms(55)));
        carrier.take_audio(Time::from_ms(80), &frames(5, 6));
        assert!(carrier.is_sounding(Time::from_ms(99)) && !carrier.is_sounding(Time::from_ms(100)));
    }

    #[test]
    fn a_carrier_that_answers_only_what_it_played_says_nothing_of_a_clear() {
        let mut carrier = Carrier::new(PLIVO);
        carrier.take_mark(Time::ZERO, "a");
        assert!(carrier.clear(Time::ZERO).is_empty());
        assert_eq!(carrier.echo(Time::from_ms(9)), None);
    }

    #[test]
    fn a_late_frame_leaves_a_gap() {
        let mut carrier = Carrier::new(TWILIO);
        carrier.take_audio(Time::ZERO, &frames(0, 2));
        carrier.take_audio(Time::from_ms(47), &frames(2, 3));
        assert_eq!(carrier.gaps_us(Time::from_ms(99), Time::ZERO), 7_000);
    }
}
