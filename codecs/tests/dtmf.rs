//! Touch tones: all sixteen, the limits of Q.24, and what must not be taken for one.

use std::f64::consts::TAU;

use proptest::prelude::*;
use trunkline_codecs::AudioFormat;
use trunkline_codecs::dtmf::{Detector, Digit, DtmfEvent, Tone};
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

/// Two sines with the given frequency error and level of each (peak), 60 ms long.
fn skewed(sign: char, error: f64, low_peak: f64, high_peak: f64) -> Vec<i16> {
    let (low_hz, high_hz) = digit(sign).frequencies_hz();
    let mut out = vec![0; 400];
    out.extend((0..480).map(|n| {
        let t = f64::from(n) / 8000.0 * TAU * (1.0 + error);
        let low = low_peak * (t * f64::from(low_hz)).sin();
        let high = high_peak * (t * f64::from(high_hz)).sin();
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
fn frequency_and_twist_limits() {
    for sign in ALL.chars() {
        let whole = sign.to_string();
        assert_eq!(pressed(&skewed(sign, 0.015, 6000.0, 6000.0)), whole);
        assert_eq!(pressed(&skewed(sign, -0.015, 6000.0, 6000.0)), whole);
        assert_eq!(pressed(&skewed(sign, 0.035, 6000.0, 6000.0)), "", "{sign}");
        // 8 dB and 4 dB are inside, 15 dB and 8 dB outside.
        assert_eq!(pressed(&skewed(sign, 0.0, 9000.0, 3583.0)), whole);
        assert_eq!(pressed(&skewed(sign, 0.0, 6000.0, 9509.0)), whole);
        assert_eq!(pressed(&skewed(sign, 0.0, 9000.0, 1600.0)), "", "{sign}");
        assert_eq!(pressed(&skewed(sign, 0.0, 5000.0, 12_559.0)), "", "{sign}");
        assert_eq!(pressed(&skewed(sign, 0.0, 200.0, 200.0)), "", "{sign}");
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
    }
}
