//! The resampler measured as a listener would: tones in, tones out, and the same samples however
//! they are cut.

use std::f64::consts::TAU;

use proptest::prelude::*;
use trunkline_codecs::resample::{RATES_HZ, Resampler};

/// Quarter of a second thrown away at the start and never at the end: the filter's settling.
const SETTLE_PART: usize = 4;
const PEAK: f64 = 26_000.0;

fn tone(frequency_hz: f64, rate_hz: u32, seconds: f64) -> Vec<i16> {
    let samples = (seconds * f64::from(rate_hz)) as usize;
    let step = TAU * frequency_hz / f64::from(rate_hz);
    (0..samples)
        .map(|n| (PEAK * (step * n as f64).sin()).round() as i16)
        .collect()
}

fn convert(samples: &[i16], in_hz: u32, out_hz: u32) -> Vec<i16> {
    let mut out = Vec::new();
    Resampler::new(in_hz, out_hz)
        .unwrap()
        .process(samples, &mut out);
    out
}

/// The best sine of that frequency in the settled part: its peak, its phase in radians at the first
/// sample of the stream, and what remains without it (root mean square).
fn fit(samples: &[i16], frequency_hz: f64, rate_hz: u32) -> (f64, f64, f64) {
    let skip = samples.len() / SETTLE_PART;
    let step = TAU * frequency_hz / f64::from(rate_hz);
    let (mut ss, mut cc, mut sc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let at = |n: usize| (step * n as f64).sin_cos();
    for (n, &x) in samples.iter().enumerate().skip(skip) {
        let ((s, c), x) = (at(n), f64::from(x));
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += x * s;
        xc += x * c;
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((xs * cc - xc * sc) / det, (xc * ss - xs * sc) / det);
    let mut rest = 0.0;
    for (n, &x) in samples.iter().enumerate().skip(skip) {
        let (s, c) = at(n);
        rest += (f64::from(x) - a * s - b * c).powi(2);
    }
    let count = (samples.len() - skip) as f64;
    (a.hypot(b), b.atan2(a), (rest / count).sqrt())
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

fn rms(samples: &[i16]) -> f64 {
    let settled = &samples[samples.len() / SETTLE_PART..];
    let sum: f64 = settled.iter().map(|&s| f64::from(s).powi(2)).sum();
    (sum / settled.len() as f64).sqrt()
}

fn unequal_pairs() -> impl Iterator<Item = (u32, u32)> {
    RATES_HZ
        .into_iter()
        .flat_map(|a| RATES_HZ.into_iter().map(move |b| (a, b)))
        .filter(|(a, b)| a != b)
}

fn is_telephone_rate(rate_hz: u32) -> bool {
    rate_hz.is_multiple_of(8000)
}

#[test]
fn a_kilohertz_keeps_80_db_to_noise_and_its_level() {
    for (in_hz, out_hz) in unequal_pairs() {
        let out = convert(&tone(1000.0, in_hz, 0.4), in_hz, out_hz);
        let (peak, _, noise) = fit(&out, 1000.0, out_hz);
        let snr = db(peak / 2f64.sqrt() / noise);
        assert!(snr >= 80.0, "{in_hz} -> {out_hz}: {snr:.1} dB");
        let gain = db(peak / PEAK);
        assert!(gain.abs() < 0.05, "{in_hz} -> {out_hz}: {gain:.3} dB");
    }
}

#[test]
fn the_telephone_band_passes() {
    for (in_hz, out_hz) in unequal_pairs() {
        let low_hz = f64::from(in_hz.min(out_hz));
        for step in 1..=16 {
            let frequency = low_hz / 2.0 * 0.76 * f64::from(step) / 16.0;
            let out = convert(&tone(frequency, in_hz, 0.2), in_hz, out_hz);
            let gain = db(fit(&out, frequency, out_hz).0 / PEAK);
            assert!(
                gain.abs() < 0.1,
                "{in_hz} -> {out_hz} at {frequency}: {gain:.2} dB"
            );
        }
        let edge = low_hz / 2.0 * 0.86;
        let out = convert(&tone(edge, in_hz, 0.2), in_hz, out_hz);
        let gain = db(fit(&out, edge, out_hz).0 / PEAK);
        assert!(
            (-1.0..0.2).contains(&gain),
            "{in_hz} -> {out_hz} at {edge}: {gain:.2} dB"
        );
    }
}

#[test]
fn what_the_lower_rate_cannot_hold_is_stopped() {
    for (in_hz, out_hz) in unequal_pairs().filter(|(a, b)| a > b) {
        let from = f64::from(out_hz) / 2.0 * 1.15;
        let to = f64::from(in_hz) / 2.0 * 0.99;
        if from > to {
            continue;
        }
        for step in 0..=30 {
            let frequency = from + (to - from) * f64::from(step) / 30.0;
            let out = convert(&tone(frequency, in_hz, 0.2), in_hz, out_hz);
            let alias = db(rms(&out).max(1e-3) / (PEAK / 2f64.sqrt()));
            assert!(
                alias <= -70.0,
                "{in_hz} -> {out_hz} at {frequency:.0}: {alias:.1} dB"
            );
        }
    }
}

#[test]
fn interpolation_leaves_no_images() {
    for (in_hz, out_hz) in unequal_pairs().filter(|(a, b)| a < b) {
        for part in [0.1, 0.3, 0.5, 0.7, 0.84] {
            let frequency = f64::from(in_hz) / 2.0 * part;
            let out = convert(&tone(frequency, in_hz, 0.2), in_hz, out_hz);
            let (peak, _, rest) = fit(&out, frequency, out_hz);
            let images = db(rest / (peak / 2f64.sqrt()));
            assert!(
                images <= -70.0,
                "{in_hz} -> {out_hz} at {frequency}: {images:.1} dB"
            );
        }
    }
}

#[test]
fn delay_is_what_is_said_and_at_most_2_ms_between_telephone_rates() {
    for (in_hz, out_hz) in unequal_pairs() {
        let frequency = 20.0;
        let out = convert(&tone(frequency, in_hz, 1.0), in_hz, out_hz);
        let (_, phase, _) = fit(&out, frequency, out_hz);
        let measured_us = -phase / (TAU * frequency) * 1e6;
        let stated_us = Resampler::new(in_hz, out_hz).unwrap().delay_us() as f64;
        assert!(
            (measured_us - stated_us).abs() < 70.0,
            "{in_hz} -> {out_hz}: {measured_us:.0} us, stated {stated_us:.0}"
        );
        let most_us = if is_telephone_rate(in_hz) && is_telephone_rate(out_hz) {
            2000.0
        } else {
            10_000.0
        };
        assert!(stated_us <= most_us, "{in_hz} -> {out_hz}: {stated_us} us");
    }
}

#[test]
fn twenty_ms_in_are_always_twenty_ms_out() {
    for (in_hz, out_hz) in unequal_pairs() {
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        let frame = vec![1000; in_hz as usize / 50];
        for _ in 0..100 {
            let mut out = Vec::new();
            resampler.process(&frame, &mut out);
            assert_eq!(out.len(), out_hz as usize / 50, "{in_hz} -> {out_hz}");
        }
    }
}

#[test]
fn flush_gives_the_tail_and_leaves_it_as_new() {
    for (in_hz, out_hz) in unequal_pairs() {
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        let input = tone(300.0, in_hz, 0.0333);
        let mut first = Vec::new();
        resampler.process(&input, &mut first);
        resampler.flush(&mut first);
        let delay = resampler.delay_us() as f64 / 1e6;
        let expected = (input.len() as f64 / f64::from(in_hz) + delay) * f64::from(out_hz);
        assert!(
            (first.len() as f64 - expected).abs() <= 8.0,
            "{in_hz} -> {out_hz}: {} of {expected:.1}",
            first.len()
        );
        let mut second = Vec::new();
        resampler.process(&input, &mut second);
        resampler.flush(&mut second);
        assert_eq!(first, second, "{in_hz} -> {out_hz}");
    }
}

#[test]
fn equal_rates_pass_through() {
    for rate in RATES_HZ {
        let input = tone(440.0, rate, 0.05);
        assert!(Resampler::new(rate, rate).unwrap().is_pass_through());
        assert_eq!(convert(&input, rate, rate), input);
    }
}

#[test]
fn full_scale_square_waves_saturate() {
    let input: Vec<i16> = (0..1600)
        .map(|n| if n / 20 % 2 == 0 { i16::MAX } else { i16::MIN })
        .collect();
    let out = convert(&input, 8000, 24_000);
    for (n, pair) in out.windows(2).enumerate() {
        let jump = (i32::from(pair[0]) - i32::from(pair[1])).abs();
        assert!(jump < 45_000, "wrapped around at {n}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_samples(
        pair in (0usize..6, 0usize..6),
        samples in prop::collection::vec(any::<i16>(), 0..3000),
        cuts in prop::collection::vec(1usize..700, 1..20),
    ) {
        let (in_hz, out_hz) = (RATES_HZ[pair.0], RATES_HZ[pair.1]);
        let mut whole = Vec::new();
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        resampler.process(&samples, &mut whole);
        resampler.flush(&mut whole);

        let mut pieces = Vec::new();
        let mut rest = &samples[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            resampler.process(now, &mut pieces);
            rest = later;
        }
        resampler.flush(&mut pieces);
        prop_assert_eq!(pieces, whole);
    }
}
