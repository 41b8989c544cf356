//! Lost, late and silent stretches: what is filled, and for whom.

use super::*;

#[test]
fn an_agent_whose_clock_is_the_audio_gets_silence_as_audio() {
    let listens = AudioFormat::pcm16(24_000);
    for turns in [TurnMode::Off, TurnMode::Voice] {
        let mut rig = Rig::new(MULAW, needs(Some(listens), Hears::Continuous, turns));
        let (heard, _) = rig.silence(500_000);
        let lengths: Vec<usize> = heard.iter().map(Vec::len).collect();
        assert_eq!(lengths, [9_600, 9_600, 4_800], "200 ms at once");
        assert!(heard.concat().iter().all(|&byte| byte == 0));
        // Odd stretches add up.
        let total: usize = (0..1_000)
            .map(|_| rig.silence(33_333).0.concat().len())
            .sum();
        assert_eq!(listens.us_for_bytes(total) / 1_000, 33_333);
    }
    let mut rig = Rig::new(MULAW, needs(Some(MULAW), Hears::Continuous, TurnMode::Off));
    assert_eq!(rig.silence(20_000).0, [[0xFF; 160]]);
}

#[test]
fn a_continuous_agent_is_kept_going_from_the_beginning() {
    let mut rig = Rig::new(MULAW, needs(Some(MULAW), Hears::Continuous, TurnMode::Off));
    assert_eq!(rig.uplink.advance(Time::from_ms(100)), 0);
    for ms in (600..2_000).step_by(100) {
        assert_eq!(rig.uplink.deadline(), Some(Time::from_ms(ms)));
        let us = rig.uplink.advance(Time::from_ms(ms));
        assert_eq!(us, if ms == 600 { 500_000 } else { 100_000 });
    }
}

fn chunk(chunk: u64) -> Place {
    Place {
        chunk: Some(chunk),
        timestamp_ms: None,
    }
}

#[test]
fn a_gap_in_the_numbering_is_counted_and_filled_but_for_what_the_clock_has_filled() {
    let mut rig = Rig::new(MULAW, needs(Some(MULAW), Hears::Continuous, TurnMode::Off));
    let mut arrive = |ms, n| match rig.uplink.arrive(Time::from_ms(ms), chunk(n), &[1; 160]) {
        Arrival::Now { gap } => (gap.frames, gap.us),
        other => panic!("{other:?}"),
    };
    assert_eq!(arrive(0, 1), (0, 0));
    assert_eq!(arrive(60, 4), (2, 40_000));
    // Nothing for 940 ms, 40 of them lost by the numbering: a line that sends nothing in silence.
    assert_eq!(arrive(1_000, 7), (2, 920_000));
    assert_eq!(arrive(1_020, 8), (0, 0));
}

#[test]
fn frames_that_overtook_others_are_heard_in_order() {
    let needs = needs(Some(MULAW), Hears::AsItComes, TurnMode::Off);
    let mut rig = Rig::configured(&line(MULAW, 100), UplinkConfig::default(), needs);
    let uplink = &mut rig.uplink;
    let mut audio = Vec::new();
    let now = Arrival::Now {
        gap: Gap::default(),
    };
    assert_eq!(uplink.arrive(Time::ZERO, chunk(1), &[1; 160]), now);
    assert_eq!(
        uplink.arrive(Time::ZERO, chunk(3), &[3; 160]),
        Arrival::Held
    );
    assert_eq!(uplink.deadline(), Some(Time::from_ms(100)));
    assert_eq!(uplink.next_held(Time::ZERO, &mut audio), None);
    assert_eq!(uplink.arrive(Time::ZERO, chunk(2), &[2; 160]), now);
    assert_eq!(
        uplink.next_held(Time::ZERO, &mut audio),
        Some(Gap::default())
    );
    assert_eq!(audio, [3; 160]);
    assert_eq!(
        uplink.arrive(Time::ZERO, chunk(3), &[3; 160]),
        Arrival::Dropped
    );
    assert_eq!(uplink.dropped_frames(), (1, 0));
    assert_eq!(uplink.deadline(), None);
}
