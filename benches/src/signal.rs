//! Sound to feed the rigs with, the same on every run.

use std::f64::consts::TAU;

/// Something like a voice: a falling buzz with syllables, four of them a second, and a little noise.
pub(crate) fn voice(rate_hz: u32, samples: usize) -> Vec<i16> {
    let mut noise = Noise::new();
    let pitch = |seconds: f64| 120.0 - 20.0 * (seconds * 0.7).fract();
    (0..samples)
        .map(|at| {
            let seconds = at as f64 / f64::from(rate_hz);
            let syllable = (TAU * 4.0 * seconds).sin().max(0.0);
            let buzz: f64 = (1..=12)
                .map(|harmonic| {
                    let harmonic = f64::from(harmonic);
                    (TAU * pitch(seconds) * harmonic * seconds).sin() / harmonic
                })
                .sum();
            (6_000.0 * syllable * buzz) as i16 + noise.sample(100)
        })
        .collect()
}

/// The hiss of a line on which nobody speaks: loud enough to be looked at, far below speech.
pub(crate) fn hiss(samples: usize) -> Vec<i16> {
    let mut noise = Noise::new();
    (0..samples).map(|_| noise.sample(160)).collect()
}

/// A linear congruential generator (Knuth's MMIX constants).
#[derive(Debug)]
struct Noise(u64);

impl Noise {
    const fn new() -> Self {
        Self(1)
    }

    /// Between `-peak` and `peak`.
    fn sample(&mut self, peak: i16) -> i16 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = (self.0 >> 48) as u16 as i16;
        ((i32::from(random) * i32::from(peak)) >> 15) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_loud_and_has_pauses_and_a_hiss_is_neither() {
        let loudest = |samples: &[i16]| samples.iter().map(|s| s.unsigned_abs()).max();
        let voice = voice(8_000, 8_000);
        assert!(loudest(&voice) > Some(5_000));
        assert!(loudest(&voice[1_100..1_900]) <= Some(100), "between two");
        let hiss = hiss(8_000);
        assert!(loudest(&hiss) <= Some(160) && loudest(&hiss) > Some(120));
    }
}
