//! Keys the caller presses, heard in band or told out of band: one event for each press.
//!
//! A carrier may do both for the same press, in either order. In band, what is left of a tone is taken out of
//! the sound.

use std::collections::VecDeque;

use trunkline_codecs::dtmf::{DtmfEvent, Suppressor};
use trunkline_codecs::resample::{Resampler, UnsupportedRate};

use super::fade::Fade;
use crate::time::Time;

/// How far apart the two reports of one press may be.
const SAME_PRESS_MS: u64 = 500;
/// Presses remembered, and presses waiting to be told: more than fit into the time.
const PRESSES: usize = 16;
/// The rate touch tones are looked for at.
const NARROW_HZ: u32 = 8_000;
/// What is silenced at once at other rates, as a part of a second: 5 ms.
const BLOCKS_A_SECOND: u32 = 200;

/// Finds touch tones, silences them, and matches them with those told.
#[derive(Debug)]
pub(crate) struct Keys {
    suppressor: Suppressor,
    /// Where the sound is not at 8 kHz.
    copy: Option<Copied>,
    /// Presses reported by one source that the other may still report, oldest first.
    unmatched: VecDeque<Press>,
    /// Heard and not told yet: a piece may hold several.
    found: VecDeque<char>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Press {
    digit: char,
    source: Source,
    at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Heard,
    Told,
}

/// The sound at 8 kHz beside the original, which is silenced with it.
#[derive(Debug)]
struct Copied {
    resampler: Resampler,
    samples: Vec<i16>,
    block: usize,
    fade: Fade,
}

impl Keys {
    /// Keys in sound at `rate_hz`.
    ///
    /// # Errors
    /// A rate the resampler does not know.
    pub(crate) fn new(rate_hz: u32) -> Result<Self, UnsupportedRate> {
        let copy = if rate_hz == NARROW_HZ {
            None
        } else {
            Some(Copied {
                resampler: Resampler::new(rate_hz, NARROW_HZ)?,
                samples: Vec::new(),
                block: (rate_hz / BLOCKS_A_SECOND).max(1) as usize,
                fade: Fade::new(rate_hz, false),
            })
        };
        Ok(Self {
            suppressor: Suppressor::new(),
            copy,
            unmatched: VecDeque::new(),
            found: VecDeque::new(),
        })
    }

    /// Looks for keys in the sound that ends at `now`, and silences them in place.
    /// [`next`](Self::next) gives what was found.
    pub(crate) fn in_band(&mut self, now: Time, samples: &mut [i16]) {
        let (found, unmatched) = (&mut self.found, &mut self.unmatched);
        let mut heard = |event| {
            if let DtmfEvent::Pressed { digit, .. } = event
                && is_new(unmatched, digit.as_char(), Source::Heard, now)
                && found.len() < PRESSES
            {
                found.push_back(digit.as_char());
            }
        };
        let Some(copy) = &mut self.copy else {
            self.suppressor.process(samples, heard);
            return;
        };
        for block in samples.chunks_mut(copy.block) {
            copy.samples.clear();
            copy.resampler.process(block, &mut copy.samples);
            self.suppressor.process(&mut copy.samples, &mut heard);
            copy.fade.apply(block, self.suppressor.is_muting());
        }
    }

    /// The caller's side says a key was pressed. Returns it if it has not been heard already.
    pub(crate) fn out_of_band(&mut self, now: Time, digit: char) -> Option<char> {
        is_new(&mut self.unmatched, digit, Source::Told, now).then_some(digit)
    }

    /// The next key heard in band.
    pub(crate) fn next(&mut self) -> Option<char> {
        self.found.pop_front()
    }

    /// That much silence has passed without being shown: long enough, no key is down any more.
    pub(crate) fn rest(&mut self, us: u64) {
        const SILENCE: [i16; 80] = [0; 80];
        let blocks = us.min(100_000) / 10_000;
        for _ in 0..blocks {
            self.suppressor.process(&mut SILENCE.clone(), |_| {});
        }
    }
}

/// Notes a press; `false` if it is the other source's report of one that is known.
fn is_new(unmatched: &mut VecDeque<Press>, digit: char, source: Source, at: Time) -> bool {
    unmatched.retain(|press| at.us_since(press.at) <= SAME_PRESS_MS * 1_000);
    let known = |press: &Press| press.digit == digit && press.source != source;
    if let Some(index) = unmatched.iter().position(known) {
        unmatched.remove(index);
        return false;
    }
    if unmatched.len() == PRESSES {
        unmatched.pop_front();
    }
    unmatched.push_back(Press { digit, source, at });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunkline_codecs::dtmf::{Digit, Tone};

    fn tones(rate_hz: u32, signs: &str, on_ms: u32, off_ms: u32) -> Vec<i16> {
        let mut out = Vec::new();
        for sign in signs.chars() {
            let digit = Digit::from_char(sign).unwrap();
            Tone::new(digit, rate_hz, on_ms, off_ms).write(usize::MAX, &mut out);
        }
        out
    }

    /// What is heard in `samples` by pieces of `piece_ms`, and what is left of them.
    fn hear(keys: &mut Keys, rate_hz: u32, samples: &[i16], piece_ms: u32) -> (String, Vec<i16>) {
        let (mut heard, mut left) = (String::new(), Vec::new());
        let mut now = Time::ZERO;
        for piece in samples.chunks((rate_hz * piece_ms / 1_000) as usize) {
            now = now.plus_ms(u64::from(piece_ms));
            let mut piece = piece.to_vec();
            keys.in_band(now, &mut piece);
            heard.extend(keys.next());
            left.extend(piece);
        }
        heard.extend(std::iter::from_fn(|| keys.next()));
        (heard, left)
    }

    #[test]
    fn keys_are_heard_and_silenced_at_every_rate() {
        for rate_hz in [8_000, 16_000, 22_050, 24_000, 48_000] {
            let mut keys = Keys::new(rate_hz).unwrap();
            let sound = tones(rate_hz, "159#", 100, 100);
            let (heard, left) = hear(&mut keys, rate_hz, &sound, 20);
            assert_eq!(heard, "159#", "{rate_hz}");
            let loud = |samples: &[i16]| samples.iter().filter(|s| s.unsigned_abs() > 300).count();
            let passed_ms = loud(&left) * 1_000 / rate_hz as usize;
            assert!(
                passed_ms <= 4 * 36,
                "{rate_hz} Hz: {passed_ms} ms got through"
            );
            assert!(loud(&sound) * 1_000 / rate_hz as usize > 350);
        }
        assert!(Keys::new(11_025).is_err());
    }

    #[test]
    fn several_keys_in_one_piece_are_all_told() {
        let mut keys = Keys::new(8_000).unwrap();
        let (heard, _) = hear(&mut keys, 8_000, &tones(8_000, "123456", 50, 50), 200);
        assert_eq!(heard, "123456");
    }

    #[test]
    fn other_sound_passes_untouched() {
        let mut keys = Keys::new(16_000).unwrap();
        let sound: Vec<i16> = (0..3_200).map(|n| (n * 37 % 2_000) as i16).collect();
        let (heard, left) = hear(&mut keys, 16_000, &sound, 20);
        assert_eq!((heard.as_str(), left), ("", sound));
    }

    #[test]
    fn the_same_press_from_both_sources_is_one() {
        for told_first in [true, false] {
            let mut keys = Keys::new(8_000).unwrap();
            let mut told = Vec::new();
            let sound = tones(8_000, "5", 100, 100);
            if told_first {
                told.extend(keys.out_of_band(Time::ZERO, '5'));
            }
            let (heard, _) = hear(&mut keys, 8_000, &sound, 20);
            if !told_first {
                told.extend(keys.out_of_band(Time::from_ms(500), '5'));
            }
            told.extend(heard.chars());
            assert_eq!(told, ['5'], "told first: {told_first}");
        }
    }

    #[test]
    fn a_press_is_matched_once_and_only_for_half_a_second() {
        let mut keys = Keys::new(8_000).unwrap();
        let (heard, _) = hear(&mut keys, 8_000, &tones(8_000, "5", 60, 0), 20);
        assert_eq!(heard, "5", "at 40 ms");
        assert_eq!(keys.out_of_band(Time::from_ms(100), '5'), None);
        assert_eq!(keys.out_of_band(Time::from_ms(101), '5'), Some('5'));
        let mut keys = Keys::new(8_000).unwrap();
        hear(&mut keys, 8_000, &tones(8_000, "5", 60, 0), 20);
        assert_eq!(keys.out_of_band(Time::from_ms(541), '5'), Some('5'));
    }

    #[test]
    fn the_same_digit_twice_from_one_source_is_two_presses() {
        let mut keys = Keys::new(8_000).unwrap();
        assert_eq!(keys.out_of_band(Time::ZERO, '5'), Some('5'));
        assert_eq!(keys.out_of_band(Time::from_ms(10), '5'), Some('5'));
        assert_eq!(keys.out_of_band(Time::from_ms(20), '6'), Some('6'));
        let (heard, _) = hear(&mut keys, 8_000, &tones(8_000, "555", 50, 50), 20);
        assert_eq!(heard, "5", "two of three had been told");
    }

    #[test]
    fn silence_that_was_not_shown_lets_the_key_up() {
        let mut keys = Keys::new(8_000).unwrap();
        let down = tones(8_000, "5", 100, 0);
        assert_eq!(hear(&mut keys, 8_000, &down, 20).0, "5");
        keys.rest(3_000_000);
        assert_eq!(hear(&mut keys, 8_000, &down, 20).0, "5");
    }

    #[test]
    fn presses_without_end_are_bounded() {
        let mut keys = Keys::new(8_000).unwrap();
        for _ in 0..1_000 {
            assert_eq!(keys.out_of_band(Time::ZERO, '1'), Some('1'));
        }
        assert_eq!(keys.unmatched.len(), PRESSES);
    }
}
