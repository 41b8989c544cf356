//! Touch tones: all sixteen, the limits of Q.24, and what must not be taken for one.

use std::f64::consts::TAU;

use proptest::prelude::*;
use trunkline_codecs::AudioFormat;
use trunkline_codecs::dtmf::{Detector, Digit, DtmfEvent, Suppressor, Tone};
use trunkline_codecs::resample::Resampler;

const ALL: &str = "0123456789*#ABCD";

fn digit(sign: char) -> Digit {
    Digit::from_char(sign).unwrap()
}

fn tones(signs: &str, rate_hz: u32, tone_ms: u32, pause_ms: u32) -> Vec<i16> {
    let mut out = vec![0; rate_hz as usize / 20];
    for sign in signs.chars() {
        Tone::new(digit(sign), rate_hz, tone_ms, pause_ms).write(usize::MAX, &mut out);
    }
    out.extend(vec![0; rate_hz as usize / 20]);
    out
}

fn events(samples: &[i16]) -> Vec<DtmfEvent> {
    let mut events = Vec::new();
    Detector::new().push(samples, |event| events.push(event));
    events
}

fn pressed(samples: &[i16]) -> String {
    let sign = |event: &DtmfEvent| match event {
        DtmfEvent::Pressed { digit, .. } => Some(digit.as_char()),
        DtmfEvent::Released { .. } => None,
    };
    events(samples).iter().filter_map(sign).collect()
}

/// Two sines, 60 ms long, with the frequency error of each as a share of it, and the peak of each.
fn skewed(
    sign: char,
    [low_error, high_error]: [f64; 2],
    low_peak: f64,
    high_peak: f64,
) -> Vec<i16> {
    let (low_hz, high_hz) = digit(sign).frequencies_hz();
    let mut out = vec![0; 400];
    out.extend((0..480).map(|n| {
        let t = f64::from(n) / 8000.0 * TAU;
        let low = low_peak * (t * (1.0 + low_error) * f64::from(low_hz)).sin();
        let high = high_peak * (t * (1.0 + high_error) * f64::from(high_hz)).sin();
        (low + high) as i16
    }));
    out.extend([0; 400]);
    out
}

/// Pseudo-random noise in -amplitude..=amplitude.
fn noise(samples: usize, amplitude: i32, seed: u32) -> Vec<i16> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        ((state >> 8) as i32).rem_euclid(2 * amplitude + 1) - amplitude
    };
    (0..samples).map(|_| next() as i16).collect()
}

#[test]
fn all_sixteen_at_the_shortest_length_allowed() {
    assert_eq!(pressed(&tones(ALL, 8000, 40, 40)), ALL);
    assert_eq!(pressed(&tones(ALL, 8000, 100, 60)), ALL);
    assert_eq!(pressed(&tones("1122", 8000, 50, 50)), "1122");
}

#[test]
fn any_rate_and_law_on_the_way() {
    for rate_hz in [16_000, 24_000, 48_000, 44_100] {
        let mut at_8k = Vec::new();
        let mut resampler = Resampler::new(rate_hz, 8000).unwrap();
        resampler.process(&tones(ALL, rate_hz, 60, 60), &mut at_8k);
        assert_eq!(pressed(&at_8k), ALL, "{rate_hz}");
    }
    for law in [AudioFormat::MULAW_8K, AudioFormat::ALAW_8K] {
        let (mut codes, mut samples) = (Vec::new(), Vec::new());
        law.encode(&tones(ALL, 8000, 60, 60), &mut codes);
        law.decode(&codes, &mut samples).unwrap();
        assert_eq!(pressed(&samples), ALL, "{law}");
    }
}

#[test]
fn tones_of_23_ms_are_not_digits() {
    for start in 0..102 {
        let mut samples = vec![0; start];
        samples.extend(tones("5", 8000, 23, 60));
        assert_eq!(pressed(&samples), "", "offset {start}");
    }
}

#[test]
fn tones_of_40_ms_are_digits_wherever_they_start() {
    for start in 0..102 {
        let mut samples = vec![0; start];
        samples.extend(tones("5", 8000, 40, 60));
        assert_eq!(pressed(&samples), "5", "offset {start}");
    }
}

#[test]
fn positions_enclose_the_tone() {
    let found = events(&tones("9", 8000, 100, 60));
    let [
        DtmfEvent::Pressed {
            at_sample: down, ..
        },
        DtmfEvent::Released { at_sample: up, .. },
    ] = found[..]
    else {
        panic!("{found:?}");
    };
    assert!((375..=451).contains(&down), "{down}");
    assert!((1149..=1225).contains(&up), "{up}");
}

#[test]
fn a_gap_of_10_ms_does_not_split_a_digit() {
    for start in 0..102 {
        let mut samples = vec![0; start];
        samples.extend(tones("5", 8000, 120, 60));
        samples[start + 800..start + 880].fill(0);
        assert_eq!(pressed(&samples), "5", "offset {start}");
    }
}

#[test]
fn frequency_limits() {
    const PEAK: f64 = 6000.0;
    for sign in ALL.chars() {
        let whole = sign.to_string();
        for low in [-0.015, 0.0, 0.015] {
            for high in [-0.015, 0.0, 0.015] {
                let samples = skewed(sign, [low, high], PEAK, PEAK);
                assert_eq!(pressed(&samples), whole, "{low} {high}");
            }
        }
        // One tone off is enough to refuse both.
        for off in [-0.035, 0.035] {
            for near in [-0.015, 0.0, 0.015, off] {
                let low_off = skewed(sign, [off, near], PEAK, PEAK);
                assert_eq!(pressed(&low_off), "", "{sign} low {off} high {near}");
                let high_off = skewed(sign, [near, off], PEAK, PEAK);
                assert_eq!(pressed(&high_off), "", "{sign} low {near} high {off}");
            }
        }
    }
}

#[test]
fn twist_and_level_limits() {
    let from_db = |db: f64| 10f64.powf(db / 20.0);
    for sign in ALL.chars() {
        let whole = sign.to_string();
        // The high tone up to 4 dB above the low one and 8 dB below it, on frequency or not.
        for twist_db in [-8.0, -4.0, 0.0, 2.0, 4.0] {
            let high = 6000.0 * from_db(twist_db);
            for error in [[0.0; 2], [0.015; 2], [-0.015; 2], [0.015, -0.015]] {
                let samples = skewed(sign, error, 6000.0, high);
                assert_eq!(pressed(&samples), whole, "{twist_db} dB, {error:?}");
            }
        }
        for twist_db in [-15.0, 8.0] {
            let samples = skewed(sign, [0.0; 2], 6000.0, 6000.0 * from_db(twist_db));
            assert_eq!(pressed(&samples), "", "{sign} {twist_db} dB");
        }
        assert_eq!(pressed(&skewed(sign, [0.0; 2], 15_000.0, 15_000.0)), whole);
        assert_eq!(pressed(&skewed(sign, [0.0; 2], 550.0, 550.0)), whole);
        assert_eq!(pressed(&skewed(sign, [0.0; 2], 200.0, 200.0)), "", "{sign}");
    }
}

#[test]
fn the_limits_hold_together_at_the_shortest_length() {
    for sign in ALL.chars() {
        for start in (0..102).step_by(3) {
            for (errors, high) in [([0.015, -0.015], 3800.0), ([-0.015, 0.015], 2389.0)] {
                let mut samples = vec![0; start];
                samples.extend(&skewed(sign, errors, 6000.0, high)[..400 + 320]);
                samples.extend([0; 400]);
                assert_eq!(pressed(&samples), sign.to_string(), "{errors:?} at {start}");
            }
        }
    }
}

#[test]
fn noise_beside_a_digit_is_borne_and_alone_is_none() {
    let mut samples = tones(ALL, 8000, 60, 60);
    // 15 dB below the tones.
    for (sample, noise) in samples.iter_mut().zip(noise(20_000, 3000, 7)) {
        *sample = sample.saturating_add(noise);
    }
    assert_eq!(pressed(&samples), ALL);
    assert_eq!(pressed(&noise(80_000, 20_000, 9)), "");
}

#[test]
fn no_rate_or_length_of_a_tone_panics() {
    for rate_hz in [0, 1, 999, 1_000_000_000, u32::MAX] {
        for ms in [0, 1, u32::MAX] {
            let mut tone = Tone::new(digit('5'), rate_hz, ms, ms);
            tone.write(100, &mut Vec::new());
        }
    }
}

#[test]
fn an_envelope_leaves_no_click() {
    // What a 100 ms tone has above 2.6 kHz, where neither tone is, against all of it.
    let click_db = |samples: &[i16]| {
        let power_at = |hz: f64| {
            let (re, im) = samples
                .iter()
                .zip(0..)
                .fold((0.0, 0.0), |(re, im), (&s, n)| {
                    let (sin, cos) = (TAU * hz * f64::from(n) / 8000.0).sin_cos();
                    (re + f64::from(s) * cos, im + f64::from(s) * sin)
                });
            re * re + im * im
        };
        let band = |from: i32, to: i32| -> f64 {
            (from..to)
                .step_by(5)
                .map(|hz| power_at(f64::from(hz)))
                .sum()
        };
        10.0 * (band(2600, 4000) / band(0, 4000)).log10()
    };
    let mut shaped = Vec::new();
    Tone::new(digit('1'), 8000, 100, 0).write(usize::MAX, &mut shaped);
    let (low_hz, high_hz) = digit('1').frequencies_hz();
    let hard: Vec<i16> = (0..800)
        .map(|n| {
            let t = TAU * f64::from(n) / 8000.0;
            let low = 9200.0 * (t * f64::from(low_hz)).cos();
            (low + 11_600.0 * (t * f64::from(high_hz)).cos()) as i16
        })
        .collect();
    let (shaped, hard) = (click_db(&shaped), click_db(&hard));
    assert!(
        shaped < -55.0 && shaped < hard - 20.0,
        "{shaped:.1} against {hard:.1} dB"
    );
}

/// Where `samples` are not silent, first and last.
fn sounding(samples: &[i16]) -> Option<(usize, usize)> {
    let first = samples.iter().position(|&s| s != 0)?;
    Some((first, samples.iter().rposition(|&s| s != 0)?))
}

#[test]
fn a_suppressed_tone_leaks_30_ms_at_most() {
    for sign in ALL.chars() {
        for start in (400..502).step_by(3) {
            let mut samples = vec![0; start];
            Tone::new(digit(sign), 8000, 100, 100).write(usize::MAX, &mut samples);
            let mut keys = 0;
            Suppressor::new().process(&mut samples, |_| keys += 1);
            let (_, last) = sounding(&samples).unwrap();
            assert!(
                last < start + 240,
                "{sign} at {start}: until {}",
                last - start
            );
            assert_eq!(keys, 2);
        }
    }
}

#[test]
fn what_is_no_tone_passes_the_suppressor_untouched() {
    let original = noise(16_000, 12_000, 3);
    let mut samples = original.clone();
    Suppressor::new().process(&mut samples, |_| {});
    assert_eq!(samples, original);
    // And so does what follows a tone, once its release is known.
    let mut samples = tones("5", 8000, 100, 60);
    let after = samples.len();
    samples.extend(&original);
    let mut suppressor = Suppressor::new();
    suppressor.process(&mut samples, |_| {});
    assert!(!suppressor.is_muting());
    assert_eq!(samples[after..], original);
}

#[test]
fn single_tones_and_dial_tone_are_no_digits() {
    for pair in [
        [697.0, 0.0],
        [0.0, 1336.0],
        [350.0, 440.0],
        [697.0, 770.0],
        [440.0, 480.0],
    ] {
        let samples: Vec<i16> = (0..8000)
            .map(|n| {
                let t = TAU * f64::from(n) / 8000.0;
                (8000.0 * ((t * pair[0]).sin() + (t * pair[1]).sin())) as i16
            })
            .collect();
        assert_eq!(pressed(&samples), "", "{pair:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_events(
        signs in "[0-9A-D*#]{1,6}",
        chunk in 1usize..500,
    ) {
        let samples = tones(&signs, 8000, 50, 50);
        let mut detector = Detector::new();
        let mut found = Vec::new();
        for piece in samples.chunks(chunk) {
            detector.push(piece, |event| found.push(event));
        }
        prop_assert_eq!(found, events(&samples));
        prop_assert_eq!(pressed(&samples), signs);

        let mut whole = samples.clone();
        Suppressor::new().process(&mut whole, |_| {});
        let mut pieces = samples;
        let mut suppressor = Suppressor::new();
        for piece in pieces.chunks_mut(chunk) {
            suppressor.process(piece, |_| {});
        }
        prop_assert_eq!(pieces, whole);
    }
}
