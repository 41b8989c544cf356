//! Voice activity: a synthetic talker is found where he is, noises and tones are not, and neither
//! chunks nor silence by arithmetic change anything.

mod signal;

use proptest::prelude::*;
use signal::{Noise, brown, dtmf, pink, silence, talk, tone, white};
use trunkline_codecs::AudioFormat;
use trunkline_codecs::level::AutoGainConfig;
use trunkline_codecs::resample::Resampler;
use trunkline_codecs::vad::{FRAME_SAMPLES, RATE_HZ, Segmenter, Vad, VadConfig, VadEvent};

const SECOND: usize = RATE_HZ as usize;

fn events(samples: &[i16]) -> Vec<VadEvent> {
    let mut found = Vec::new();
    Segmenter::new(VadConfig::default()).push(samples, |event| found.push(event));
    found
}

/// Where speech starts and stops in a signal with exactly one stretch of it, in seconds.
fn single_segment(samples: &[i16]) -> (f64, f64) {
    let found = events(samples);
    let [
        VadEvent::SpeechStarted { at_sample: start },
        VadEvent::SpeechStopped { at_sample: stop },
    ] = found[..]
    else {
        panic!("expected one stretch of speech, got {found:?}");
    };
    let seconds = |at: u64| at as f64 / f64::from(RATE_HZ);
    (seconds(start), seconds(stop))
}

/// A second of `around`, 1.6 s of talk in it, then 1.4 s more.
fn phrase(around: &mut dyn FnMut(usize) -> Vec<i16>) -> Vec<i16> {
    let mut samples = around(4 * SECOND);
    for (sample, voice) in samples[SECOND..].iter_mut().zip(talk(1.6)) {
        *sample = sample.saturating_add(voice);
    }
    samples
}

fn assert_phrase(samples: &[i16], what: &str) {
    let (start, stop) = single_segment(samples);
    assert!((0.9..1.2).contains(&start), "{what}: started at {start:.3}");
    assert!((2.4..2.9).contains(&stop), "{what}: stopped at {stop:.3}");
}

#[test]
fn a_phrase_is_found_where_it_is() {
    assert_phrase(&phrase(&mut silence), "in silence");
    let mut hiss = Noise::new(3);
    assert_phrase(&phrase(&mut |n| white(&mut hiss, n, 60.0)), "in hiss");
    let mut room = Noise::new(4);
    assert_phrase(&phrase(&mut |n| pink(&mut room, n, 300.0)), "in a room");
}

#[test]
fn a_phrase_that_came_over_the_telephone_is_found() {
    let mut hiss = Noise::new(5);
    let wide = phrase(&mut |n| white(&mut hiss, n, 40.0));
    let (mut narrow, mut codes, mut decoded, mut back) = (vec![], vec![], vec![], vec![]);
    Resampler::new(16_000, 8000)
        .unwrap()
        .process(&wide, &mut narrow);
    AudioFormat::MULAW_8K.encode(&narrow, &mut codes);
    AudioFormat::MULAW_8K.decode(&codes, &mut decoded).unwrap();
    Resampler::new(8000, 16_000)
        .unwrap()
        .process(&decoded, &mut back);
    assert_phrase(&back, "over the telephone");
}

fn quieter(samples: &[i16], db: f64) -> Vec<i16> {
    let gain = 10f64.powf(-db / 20.0);
    samples
        .iter()
        .map(|&s| (f64::from(s) * gain) as i16)
        .collect()
}

fn narrow(samples: &[i16]) -> Vec<i16> {
    let mut out = Vec::new();
    Resampler::new(16_000, 8000)
        .unwrap()
        .process(samples, &mut out);
    out
}

/// Events of an 8 kHz stream in frames of 20 ms.
fn telephone_events(samples: &[i16], config: VadConfig) -> Vec<VadEvent> {
    let mut vad = Vad::new(8000, config).unwrap();
    let mut found = Vec::new();
    for frame in samples.chunks(160) {
        vad.push(frame, |event| found.push(event));
    }
    found
}

#[test]
fn a_talker_30_db_down_is_found_in_time() {
    for (db, rate_hz) in [(20.0, 16_000), (30.0, 16_000), (20.0, 8000), (30.0, 8000)] {
        let wide = quieter(&phrase(&mut silence), db);
        let found = match rate_hz {
            8000 => telephone_events(&narrow(&wide), VadConfig::default()),
            _ => events(&wide),
        };
        let [
            VadEvent::SpeechStarted { at_sample: start },
            VadEvent::SpeechStopped { at_sample: stop },
        ] = found[..]
        else {
            panic!("-{db} dB at {rate_hz}: expected one stretch of speech, got {found:?}");
        };
        let seconds = |at: u64| at as f64 / f64::from(rate_hz);
        let (start, stop) = (seconds(start), seconds(stop));
        assert!(
            (0.9..1.2).contains(&start),
            "-{db} dB: started at {start:.3}"
        );
        assert!((2.4..2.9).contains(&stop), "-{db} dB: stopped at {stop:.3}");
    }
}

#[test]
fn the_gain_is_what_finds_the_quiet_talker() {
    let quiet = quieter(&phrase(&mut silence), 30.0);
    let config = VadConfig {
        gain: AutoGainConfig {
            max_gain_db: 0,
            ..AutoGainConfig::default()
        },
        ..VadConfig::default()
    };
    let mut onset = None;
    Segmenter::new(config).push(&quiet, |event| {
        if let VadEvent::SpeechStarted { at_sample } = event {
            onset = onset.or(Some(at_sample));
        }
    });
    let late = |at: u64| at > 12 * SECOND as u64 / 10;
    assert!(
        onset.is_none_or(late),
        "{onset:?}: the talker is too easy to hear"
    );
}

#[test]
fn a_quiet_phrase_after_a_loud_one_is_found() {
    let mut samples = phrase(&mut silence);
    samples.extend(quieter(&phrase(&mut silence), 30.0));
    let starts: Vec<u64> = events(&samples)
        .iter()
        .filter_map(|event| match event {
            VadEvent::SpeechStarted { at_sample } => Some(*at_sample),
            VadEvent::SpeechStopped { .. } => None,
        })
        .collect();
    let [_, second] = starts[..] else {
        panic!("{starts:?}");
    };
    let late = second as f64 / f64::from(RATE_HZ) - 5.0;
    assert!((-0.1..0.3).contains(&late), "{late:.3} s late");
}

#[test]
fn a_tone_at_any_level_and_rate_is_not_speech() {
    for db in (0..=54).step_by(6) {
        for hz in [350.0, 425.0, 440.0, 480.0, 620.0, 1000.0] {
            let mut wide = silence(SECOND);
            wide.extend(quieter(&tone(hz, 5 * SECOND, 30_000.0), f64::from(db)));
            wide.extend(silence(SECOND));
            assert_eq!(events(&wide), [], "{hz} Hz at -{db} dB");
            let found = telephone_events(&narrow(&wide), VadConfig::default());
            assert_eq!(found, [], "{hz} Hz at -{db} dB over the telephone");
        }
    }
}

#[test]
fn telephone_positions_are_those_of_the_stream() {
    let wide = phrase(&mut silence);
    let (start, stop) = single_segment(&wide);
    let found = telephone_events(&narrow(&wide), VadConfig::default());
    let [
        VadEvent::SpeechStarted { at_sample: began },
        VadEvent::SpeechStopped { at_sample: ended },
    ] = found[..]
    else {
        panic!("{found:?}");
    };
    for (at, expected) in [(began, start), (ended, stop)] {
        let off = at as f64 / 8000.0 - expected;
        assert!(off.abs() < 0.1, "{off:.3} s off");
    }
    // A day without audio ends speech and keeps the place.
    let mut vad = Vad::new(8000, VadConfig::default()).unwrap();
    vad.push(&narrow(&wide)[..16_000], |_| {});
    assert!(vad.is_speaking());
    let mut last = None;
    vad.advance_silence(24 * 3600 * 8000, |event| last = Some(event));
    assert!(
        matches!(last, Some(VadEvent::SpeechStopped { at_sample }) if at_sample < 20_000),
        "{last:?}"
    );
    assert!(Vad::new(11_025, VadConfig::default()).is_err());
}

#[test]
fn the_decision_comes_within_200_ms_of_the_onset() {
    let samples = phrase(&mut silence);
    let mut segmenter = Segmenter::new(VadConfig::default());
    let mut decided_at = None;
    for (n, chunk) in samples.chunks(160).enumerate() {
        segmenter.push(chunk, |_| decided_at = decided_at.or(Some(160 * (n + 1))));
    }
    let late = decided_at.unwrap() - SECOND;
    assert!(late <= SECOND / 5, "{late} samples after the onset");
}

#[test]
fn silence_noise_and_tones_are_not_speech() {
    let samples = 8 * SECOND;
    assert_eq!(events(&silence(samples)), []);
    for seed in 1..=4 {
        let mut noise = Noise::new(seed);
        for level in [20.0, 300.0, 3000.0] {
            assert_eq!(
                events(&white(&mut noise, samples, level)),
                [],
                "white {level}"
            );
            assert_eq!(
                events(&pink(&mut noise, samples, level)),
                [],
                "pink {level}"
            );
            assert_eq!(
                events(&brown(&mut noise, samples, level)),
                [],
                "brown {level}"
            );
        }
    }
    for frequency in [200.0, 350.0, 425.0, 440.0, 480.0, 620.0, 1000.0] {
        let mut samples = silence(SECOND);
        samples.extend(tone(frequency, 5 * SECOND, 8000.0));
        assert_eq!(events(&samples), [], "{frequency}");
    }
    // Dial tone and busy, on and off. Ringback (440 and 480 Hz) beats as fast as a voice moves and
    // is not among them.
    for pair in [[350.0, 440.0], [480.0, 620.0]] {
        for on in [SECOND / 2, 2 * SECOND] {
            let low = tone(pair[0], on, 5000.0);
            let high = tone(pair[1], on, 5000.0);
            let both: Vec<i16> = low.iter().zip(&high).map(|(a, b)| a + b).collect();
            let mut samples = silence(SECOND);
            for _ in 0..4 {
                samples.extend(&both);
                samples.extend(silence(on));
            }
            assert_eq!(events(&samples), [], "{pair:?} for {on}");
        }
    }
    assert_eq!(events(&dtmf("0123456789*#ABCD")), []);
}

#[test]
fn a_hum_from_the_first_sample_on_is_not_speech() {
    // The detector takes 200 Hz for a voice; that it stands still gives it away.
    assert_eq!(events(&tone(200.0, 5 * SECOND, 8000.0)), []);
}

#[test]
fn the_guard_is_what_rejects_some_brown_noise() {
    let unguarded = VadConfig {
        min_swing_db: 0.0,
        ..VadConfig::default()
    };
    let mut without = 0;
    for seed in 1..=12 {
        let samples = brown(&mut Noise::new(seed), 15 * SECOND, 6000.0);
        Segmenter::new(unguarded).push(&samples, |_| without += 1);
        assert_eq!(events(&samples), [], "seed {seed}");
    }
    assert!(without > 0, "the noise of this test is too tame to show it");
}

#[test]
fn speech_that_never_stops_is_one_segment_and_resets() {
    let mut segmenter = Segmenter::new(VadConfig::default());
    let mut found = Vec::new();
    segmenter.push(&silence(SECOND / 2), |event| found.push(event));
    segmenter.push(&talk(10.0), |event| found.push(event));
    assert!(
        matches!(found[..], [VadEvent::SpeechStarted { .. }]),
        "{found:?}"
    );
    assert!(segmenter.is_speaking());
    assert_eq!(segmenter.position(), 21 * SECOND as u64 / 2);
    segmenter.reset();
    assert!(!segmenter.is_speaking());
    assert_eq!(segmenter.position(), 21 * SECOND as u64 / 2);
}

#[test]
fn the_end_of_what_was_voiced_is_known_before_speech_is_over() {
    let samples = phrase(&mut silence);
    let mut segmenter = Segmenter::new(VadConfig::default());
    assert_eq!(segmenter.voiced_until(), 0);
    let mut before = 0;
    let mut stopped = None;
    for chunk in samples.chunks(FRAME_SAMPLES) {
        segmenter.push(chunk, |event| {
            if let VadEvent::SpeechStopped { at_sample } = event {
                stopped = Some(at_sample);
            }
        });
        let voiced_until = segmenter.voiced_until();
        assert!((before..=segmenter.position()).contains(&voiced_until));
        assert_eq!(
            segmenter.is_speaking(),
            voiced_until > 0 && stopped.is_none()
        );
        before = voiced_until;
    }
    assert_eq!(stopped, Some(before), "it stays where the speech ended");
}

#[test]
fn a_day_of_silence_costs_nothing_and_ends_speech() {
    let mut segmenter = Segmenter::new(VadConfig::default());
    segmenter.push(&phrase(&mut silence)[..2 * SECOND], |_| {});
    assert!(segmenter.is_speaking());
    let day = 24 * 3600 * u64::from(RATE_HZ) + 7;
    let mut found = Vec::new();
    segmenter.advance_silence(day, |event| found.push(event));
    assert!(
        matches!(found[..], [VadEvent::SpeechStopped { at_sample }] if at_sample < 5 * SECOND as u64 / 2),
        "{found:?}"
    );
    assert_eq!(segmenter.position(), day + 2 * SECOND as u64);
}

#[test]
fn nonsense_in_the_configuration_is_brought_inside() {
    let config = VadConfig {
        window: 1000,
        start_frames: 0,
        end_ms: 0,
        ..VadConfig::default()
    };
    let mut found = 0;
    Segmenter::new(config).push(&phrase(&mut silence), |_| found += 1);
    assert!(found >= 2);
}

/// Talk and pauses, long enough for several events.
fn conversation() -> Vec<i16> {
    let mut samples = silence(5000);
    for _ in 0..2 {
        samples.extend(talk(0.9));
        samples.extend(silence(9111));
    }
    samples
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_events(cuts in prop::collection::vec(1usize..1500, 1..20)) {
        let samples = conversation();
        let whole = events(&samples);
        prop_assert!(whole.len() >= 4);
        let mut segmenter = Segmenter::new(VadConfig::default());
        let mut found = Vec::new();
        let mut rest = &samples[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            segmenter.push(now, |event| found.push(event));
            rest = later;
        }
        prop_assert_eq!(found, whole);
    }

    #[test]
    fn silence_by_arithmetic_is_silence(
        voiced in 1000usize..30_000,
        silences in prop::collection::vec(0u64..30 * FRAME_SAMPLES as u64, 1..6),
    ) {
        let mut pushed = Segmenter::new(VadConfig::default());
        let mut advanced = Segmenter::new(VadConfig::default());
        let (mut by_push, mut by_advance) = (Vec::new(), Vec::new());
        let speech = talk(2.0);
        for silent in silences {
            let voice = &speech[..voiced];
            pushed.push(voice, |event| by_push.push(event));
            pushed.push(&silence(silent as usize), |event| by_push.push(event));
            advanced.push(voice, |event| by_advance.push(event));
            advanced.advance_silence(silent, |event| by_advance.push(event));
            prop_assert_eq!(&by_advance, &by_push);
            prop_assert_eq!(advanced.position(), pushed.position());
        }
    }
}
