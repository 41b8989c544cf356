//! Tones through the resampler.

use std::f64::consts::TAU;

use trunkline_codecs::resample::{RATES_HZ, Resampler};

/// -2 dB: loud, and far enough from full scale that the filters' overshoot is not clipped.
pub(crate) const PEAK: f64 = 26_000.0;

pub(crate) fn tone(frequency_hz: f64, peak: f64, rate_hz: u32, seconds: f64) -> Vec<i16> {
    tone_from(0.0, frequency_hz, peak, rate_hz, seconds)
}

/// A tone that starts at `phase` radians.
pub(crate) fn tone_from(
    phase: f64,
    frequency_hz: f64,
    peak: f64,
    rate_hz: u32,
    seconds: f64,
) -> Vec<i16> {
    let samples = (seconds * f64::from(rate_hz)) as usize;
    let step = TAU * frequency_hz / f64::from(rate_hz);
    (0..samples)
        .map(|n| (peak * (phase + step * n as f64).sin()).round() as i16)
        .collect()
}

pub(crate) fn convert(samples: &[i16], in_hz: u32, out_hz: u32) -> Vec<i16> {
    let mut out = Vec::new();
    Resampler::new(in_hz, out_hz)
        .unwrap()
        .process(samples, &mut out);
    out
}

/// All pairs of different rates.
pub(crate) fn pairs() -> impl Iterator<Item = (u32, u32)> {
    RATES_HZ
        .into_iter()
        .flat_map(|a| RATES_HZ.into_iter().map(move |b| (a, b)))
        .filter(|(a, b)| a != b)
}
