//! Making touch tones.

use std::f64::consts::{PI, TAU};

use super::Digit;

/// Peak of the low tone, on the `i16` scale: about -8 dBm0.
const LOW_PEAK: f64 = 9_200.0;
/// The high tone is 2 dB stronger (Q.23 allows up to 2), which lines take away again.
const HIGH_PEAK: f64 = 11_600.0;
/// Rise and fall of the envelope, half a cosine each, in milliseconds. A hard edge clicks in every
/// band; 2 ms still leave 36 of the shortest tone allowed at full strength.
const RAMP_MS: u64 = 2;

/// A touch tone of a given length followed by a pause, written in pieces of any size.
#[derive(Clone, Debug)]
pub struct Tone {
    rate_hz: u32,
    low_hz: f64,
    high_hz: f64,
    at: u64,
    tone_samples: u64,
    total_samples: u64,
}

impl Tone {
    /// `digit` for `tone_ms` and then silence for `pause_ms`, at `rate_hz`. Detectors must take
    /// 40 ms each (Q.24); 100 and 60 are kinder.
    pub fn new(digit: Digit, rate_hz: u32, tone_ms: u32, pause_ms: u32) -> Self {
        let (low, high) = digit.frequencies_hz();
        let samples = |ms: u64| ms.saturating_mul(u64::from(rate_hz)) / 1000;
        Self {
            rate_hz,
            low_hz: f64::from(low),
            high_hz: f64::from(high),
            at: 0,
            tone_samples: samples(u64::from(tone_ms)),
            total_samples: samples(u64::from(tone_ms) + u64::from(pause_ms)),
        }
    }

    /// Samples still to come, the pause included.
    pub const fn remaining(&self) -> u64 {
        self.total_samples - self.at
    }

    /// Appends up to `max` samples to `out` and says how many; 0 when all were written.
    pub fn write(&mut self, max: usize, out: &mut Vec<i16>) -> usize {
        let count = usize::try_from(self.remaining()).map_or(max, |left| left.min(max));
        out.extend((self.at..).take(count).map(|at| self.sample(at)));
        self.at += count as u64;
        count
    }

    fn sample(&self, at: u64) -> i16 {
        let to_edge = (at + 1).min(self.tone_samples.saturating_sub(at));
        if to_edge == 0 {
            return 0;
        }
        let seconds = at as f64 / f64::from(self.rate_hz);
        let low = LOW_PEAK * (TAU * self.low_hz * seconds).sin();
        let high = HIGH_PEAK * (TAU * self.high_hz * seconds).sin();
        ((low + high) * self.envelope(to_edge)) as i16
    }

    /// The strength, 0 to 1, that many samples from the nearer edge.
    fn envelope(&self, to_edge: u64) -> f64 {
        let ramp = (u64::from(self.rate_hz) * RAMP_MS / 1000).max(1);
        if to_edge >= ramp {
            return 1.0;
        }
        0.5 - 0.5 * (PI * to_edge as f64 / ramp as f64).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_whole() {
        let digit = Digit::from_char('7').unwrap();
        let mut whole = Vec::new();
        let mut tone = Tone::new(digit, 24_000, 50, 10);
        assert_eq!(tone.write(usize::MAX, &mut whole), 1440);
        assert_eq!(tone.write(usize::MAX, &mut whole), 0);
        assert!(whole[..1200].iter().any(|s| s.unsigned_abs() > 15_000));
        assert!(whole[1200..].iter().all(|&s| s == 0));

        let mut pieces = Vec::new();
        let mut tone = Tone::new(digit, 24_000, 50, 10);
        while tone.write(77, &mut pieces) > 0 {}
        assert_eq!(pieces, whole);
        assert_eq!(tone.remaining(), 0);
    }
}
