//! The resampler as a stream: the same samples however they are cut, frames that stay whole, a tail, and no
//! input that breaks it. What it does to sounds is in `resample_sweep.rs`.

#[path = "resample/tones.rs"]
mod tones;

use proptest::prelude::*;
use tones::{PEAK, convert, pairs, tone};
use trunkline_codecs::resample::{RATES_HZ, Resampler, UnsupportedRate};

#[test]
fn twenty_ms_in_are_always_twenty_ms_out() {
    for (in_hz, out_hz) in pairs() {
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        let frame = vec![1000; in_hz as usize / 50];
        let mut out = Vec::new();
        // Three minutes: a clock in floating point that wobbles about whole samples shows within seconds.
        for _ in 0..10_000 {
            out.clear();
            resampler.process(&frame, &mut out);
            assert_eq!(out.len(), out_hz as usize / 50, "{in_hz} -> {out_hz}");
        }
    }
}

/// Were a block waited for, a short chunk would give nothing.
#[test]
fn nothing_is_held_back() {
    for (in_hz, out_hz) in pairs() {
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        let mut out = Vec::new();
        for came in 1..=in_hz as usize / 10 {
            resampler.process(&[500], &mut out);
            let owed = came as f64 * f64::from(out_hz) / f64::from(in_hz);
            let given = out.len() as f64;
            assert!(
                (given - owed).abs() < 1.0,
                "{in_hz} -> {out_hz}: {given} of {owed:.2} after {came}"
            );
        }
    }
}

#[test]
fn flush_gives_the_tail_and_leaves_it_as_new() {
    for (in_hz, out_hz) in pairs() {
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        let input = tone(300.0, PEAK, in_hz, 0.0333);
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
        let input = tone(440.0, PEAK, rate, 0.05);
        assert!(Resampler::new(rate, rate).unwrap().is_pass_through());
        assert_eq!(convert(&input, rate, rate), input);
    }
}

/// Filters overshoot at the edges of a square wave; what was positive may not come out negative.
#[test]
fn full_scale_square_waves_saturate() {
    const HALF_S: f64 = 0.01;
    for (in_hz, out_hz) in pairs() {
        let half = (HALF_S * f64::from(in_hz)) as usize;
        let input: Vec<i16> = (0..20 * half)
            .map(|n| [i16::MAX, i16::MIN][n / half % 2])
            .collect();
        let out = convert(&input, in_hz, out_hz);
        let delay_s = Resampler::new(in_hz, out_hz).unwrap().delay_us() as f64 / 1e6;
        // The edge itself, in time: a little over one sample of the lower rate on either side.
        let edge_s = 1.2 / f64::from(in_hz.min(out_hz));
        let half_s = half as f64 / f64::from(in_hz);
        for (n, &sample) in out.iter().enumerate() {
            let at_s = n as f64 / f64::from(out_hz) - delay_s;
            let from_edge_s = at_s.rem_euclid(half_s);
            if at_s < edge_s || from_edge_s < edge_s || half_s - from_edge_s < edge_s {
                continue;
            }
            let is_high = ((at_s / half_s) as usize).is_multiple_of(2);
            assert_eq!(sample > 0, is_high, "{in_hz} -> {out_hz} at {n}: {sample}");
        }
        assert!(out.contains(&i16::MAX) && out.contains(&i16::MIN));
    }
}

#[test]
fn an_empty_frame_gives_nothing_and_changes_nothing() {
    for (in_hz, out_hz) in pairs() {
        let input = tone(300.0, PEAK, in_hz, 0.03);
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        let mut out = Vec::new();
        resampler.process(&[], &mut out);
        assert!(out.is_empty());
        resampler.process(&input, &mut out);
        resampler.process(&[], &mut out);
        assert_eq!(out, convert(&input, in_hz, out_hz));
    }
}

/// As after a barge-in: nothing of the old sound is heard in the new one.
#[test]
fn reset_forgets() {
    for (in_hz, out_hz) in pairs() {
        let input = tone(300.0, PEAK, in_hz, 0.03);
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        resampler.process(&tone(1000.0, PEAK, in_hz, 0.0123), &mut Vec::new());
        resampler.reset();
        let mut out = Vec::new();
        resampler.process(&input, &mut out);
        assert_eq!(out, convert(&input, in_hz, out_hz));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_samples(
        pair in (0usize..6, 0usize..6),
        samples in prop::collection::vec(any::<i16>(), 0..3000),
        cuts in prop::collection::vec(0usize..700, 1..20),
    ) {
        let (in_hz, out_hz) = (RATES_HZ[pair.0], RATES_HZ[pair.1]);
        let mut whole = Vec::new();
        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        resampler.process(&samples, &mut whole);
        resampler.flush(&mut whole);

        let mut pieces = Vec::new();
        let mut rest = &samples[..];
        for cut in cuts.iter().chain(&[1]).cycle() {
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

    #[test]
    fn any_rate_is_taken_or_refused_by_name(in_hz: u32, out_hz: u32, known in 0usize..6) {
        for (in_hz, out_hz) in [(in_hz, out_hz), (RATES_HZ[known], out_hz), (in_hz, RATES_HZ[known])] {
            let known = RATES_HZ.contains(&in_hz) && RATES_HZ.contains(&out_hz);
            let refused = Err(UnsupportedRate { in_hz, out_hz });
            let delay = Resampler::new(in_hz, out_hz).map(|resampler| resampler.delay_us());
            let is_right = if known { delay.is_ok_and(|us| us <= 2000) } else { delay == refused };
            prop_assert!(is_right, "{} -> {}", in_hz, out_hz);
        }
    }
}
