//! The low-pass behind the filters that are ours: a Kaiser-windowed sinc at the common rate.
//!
//! It is 32 periods of the lower rate long, less one tap (95 taps at 24 kHz between 8 and 24 kHz), which
//! is the most that 2 ms allow on an 8 kHz leg. β and the cutoff share the width of the edge out: at 0.85 of
//! the lower Nyquist frequency it is down by 0.065 dB (bound 0.1), from 1.15 on by 82 dB (bound 80).
//!
//! The window is lowered by its own end, where it is not zero. That step makes side lobes that hardly fall,
//! and with it the images of a kilohertz would lie at -87 dB; without it they lie at -96, below the noise
//! of 16 bits.

use std::f64::consts::PI;

/// Length of the filter in periods of the lower rate.
pub(crate) const PERIODS: usize = 32;
/// The window's shape: the trade between the stop band and the width of the edge.
const KAISER_BETA: f64 = 8.5;
/// The filter's -6 dB point, relative to half the lower rate.
const CUTOFF: f64 = 0.98;

/// The impulse response for interpolation by `up` and decimation by `down`, symmetric, of
/// `PERIODS * max(up, down) - 1` taps.
pub(crate) fn prototype(up: usize, down: usize) -> Vec<f32> {
    let factor = up.max(down);
    let len = PERIODS * factor - 1;
    let centre = (len - 1) as f64 / 2.0;
    let cutoff = CUTOFF / factor as f64;
    let taps: Vec<f64> = (0..len)
        .map(|n| {
            let x = n as f64 - centre;
            sinc(cutoff * x) * kaiser(x / (centre + 1.0))
        })
        .collect();
    // Interpolation spreads one input over `up` outputs, so each phase must sum to one.
    let gain = up as f64 / taps.iter().sum::<f64>();
    taps.iter().map(|tap| (tap * gain) as f32).collect()
}

/// By how many input samples the prototype delays.
pub(crate) fn delay_in_samples(up: usize, down: usize) -> f64 {
    (PERIODS * up.max(down) / 2 - 1) as f64 / up as f64
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// The Kaiser window at `x` in -1..=1, less its value at the ends.
fn kaiser(x: f64) -> f64 {
    let inside = bessel_i0(KAISER_BETA * (1.0 - x * x).max(0.0).sqrt()) - 1.0;
    inside / (bessel_i0(KAISER_BETA) - 1.0)
}

/// The modified Bessel function of order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..40 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symmetric_of_unit_gain_and_known_bessel_values() {
        for (up, down) in [(3, 1), (1, 3), (2, 3), (441, 80)] {
            let taps = prototype(up, down);
            assert_eq!(taps.len(), 32 * up.max(down) - 1);
            assert!(taps.iter().zip(taps.iter().rev()).all(|(a, b)| a == b));
            let sum: f64 = taps.iter().copied().map(f64::from).sum();
            assert!((sum - up as f64).abs() < 1e-4 * up as f64);
        }
        // Abramowitz and Stegun, table 9.8.
        assert!((bessel_i0(1.0) - 1.266_065_877_8).abs() < 1e-9);
        assert!((bessel_i0(5.0) - 27.239_871_823_6).abs() < 1e-8);
    }
}
