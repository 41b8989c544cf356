//! Where speech begins and ends, how long and how loud it is.

use proptest::prelude::*;

use super::*;

#[test]
fn speech_is_found_and_measured_at_every_rate() {
    for rate_hz in [8_000, 16_000, 24_000, 48_000] {
        let sends = AudioFormat::pcm16(rate_hz);
        let mut rig = Rig::new(sends, needs(None, Hears::AsItComes, TurnMode::Voice));
        let found = rig.hear_samples(&phrase(rate_hz));
        let [('+', start), ('-', stop)] = speech(&found)[..] else {
            panic!("{rate_hz} Hz: {:?}", speech(&found));
        };
        assert!(
            (1_400_000..1_700_000).contains(&start),
            "{rate_hz} Hz: {start}"
        );
        assert!(
            (2_450_000..2_700_000).contains(&stop),
            "{rate_hz} Hz: {stop}"
        );
        for (now, activity) in &found {
            let speaking = activity.voiced_us > 0;
            let heard = now.as_us();
            assert!(activity.voiced_us <= heard.saturating_sub(start));
            assert!(!speaking || activity.level_dbfs > -35.0, "{activity:?}");
            assert!(speaking || activity.level_dbfs == -100.0);
        }
        let (_, last) = found
            .iter()
            .find(|(_, a)| a.stopped_ago_us.is_some())
            .unwrap();
        assert_eq!(last.voiced_us, stop - start, "of the speech just over");
        assert_eq!(found.last().unwrap().1, Activity::default());
        let heard_us = rig.uplink.silent_us() + stop;
        assert!(
            rig.now.as_us() - heard_us < 2_000,
            "but for the resampler's delay"
        );
        assert!(!rig.uplink.is_speaking());
    }
}

#[test]
fn the_level_is_that_of_the_speech() {
    let level = |gain: f64| {
        let mut rig = Rig::new(MULAW, needs(None, Hears::AsItComes, TurnMode::Voice));
        let samples: Vec<i16> = phrase(8_000)
            .iter()
            .map(|&s| (f64::from(s) * gain) as i16)
            .collect();
        let found = rig.hear_samples(&samples);
        let (_, stopped) = found
            .iter()
            .find(|(_, a)| a.stopped_ago_us.is_some())
            .unwrap();
        stopped.level_dbfs
    };
    let (loud, faint) = (level(1.0), level(0.1));
    assert!((loud - faint - 20.0).abs() < 1.0, "{loud} {faint}");
}

#[test]
fn silence_by_arithmetic_ends_speech_where_silence_as_audio_does() {
    let speaking = || {
        let mut rig = Rig::new(MULAW, needs(None, Hears::AsItComes, TurnMode::Voice));
        rig.hear_samples(&phrase(8_000)[..11_200]);
        assert!(rig.uplink.is_speaking());
        rig
    };
    let (mut by_audio, mut by_time) = (speaking(), speaking());
    let ended = speech(&by_audio.hear_samples(&[0; 8_000]));
    by_time.now = by_time.now.plus_ms(3_600_000);
    let (heard, found) = by_time.silence(3_600_000_000);
    assert_eq!((heard.len(), found.len()), (0, 1), "an hour costs one step");
    let [(_, by_audio)] = ended[..] else {
        panic!("{ended:?}");
    };
    let [(_, by_time)] = speech(&[(by_time.now, found[0])])[..] else {
        panic!("{found:?}");
    };
    assert!(by_audio.abs_diff(by_time) < 20_000, "{by_audio} {by_time}");
}

#[test]
fn a_caller_whose_network_falls_silent_ends_its_turn_by_the_clock() {
    let mut rig = Rig::new(MULAW, needs(None, Hears::AsItComes, TurnMode::Voice));
    assert_eq!(rig.uplink.deadline(), None);
    rig.hear_samples(&phrase(8_000)[..11_200]);
    let deadline = rig.uplink.deadline().unwrap();
    assert_eq!(deadline, rig.now.plus_ms(500));
    assert_eq!(rig.uplink.advance(deadline), 500_000);
    let (_, found) = rig.silence(500_000);
    assert!(found[0].stopped_ago_us.is_some());
    assert_eq!(rig.uplink.deadline(), None, "nobody waits any more");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces of up to 200 ms, as a peer may cut them.
    #[test]
    fn speech_is_where_it_is_however_the_audio_is_cut(cuts in prop::collection::vec(1usize..1_600, 1..20)) {
        let samples = phrase(8_000);
        let mut codes = Vec::new();
        MULAW.encode(&samples, &mut codes);
        let needs = needs(None, Hears::AsItComes, TurnMode::Voice);
        let whole = speech(&Rig::new(MULAW, needs).hear_samples(&samples));
        prop_assert_eq!(whole.len(), 2);
        let mut rig = Rig::new(MULAW, needs);
        let (mut found, mut rest) = (Vec::new(), &codes[..]);
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            let (_, activity) = rig.hear(now);
            found.push((rig.now, activity));
            rest = later;
        }
        let cut = speech(&found);
        prop_assert_eq!(cut.len(), 2);
        for ((what, at), (expected, place)) in cut.into_iter().zip(whole) {
            prop_assert_eq!(what, expected);
            prop_assert!(at.abs_diff(place) < 200, "{} {}", at, place);
        }
    }
}
