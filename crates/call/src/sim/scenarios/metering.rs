//! What is billed: to the frame, whatever happens.

use std::sync::Arc;

use trunkline_codecs::format::AudioFormat;

use crate::agent::{Action, AgentFailure, Hears};
use crate::caller::{Line, Place};
use crate::config::Lines;
use crate::ending::Ending;
use crate::meter::Metering;
use crate::sim::clips;
use crate::sim::lines;
use crate::sim::person::Background;
use crate::sim::script::{Do, When};
use crate::sim::world::World;

fn line_at(rate_hz: u32) -> Line {
    Line {
        sends: AudioFormat::pcm16(rate_hz),
        takes: AudioFormat::pcm16(rate_hz),
        ..lines::TWILIO
    }
}

#[test]
fn the_callers_audio_is_billed_to_the_sample_at_every_rate() {
    for (rate_hz, samples, frames) in [
        (8_000, 160, 333),
        (8_000, 7, 1_001),
        (16_000, 321, 500),
        (22_050, 441, 501),
        (22_050, 7, 1_000),
        (22_050, 997, 999),
        (24_000, 481, 777),
    ] {
        let mut w = World::on(line_at(rate_hz)).build_by_hand();
        for frame in 1..=frames {
            w.caller_sends_audio(Place::default(), &vec![0; 2 * samples]);
            w.run_for(20);
            let ms = frame * samples as u64 * 1_000 / u64::from(rate_hz);
            assert_eq!(w.metering().caller_audio_ms, ms, "{rate_hz} {samples}");
        }
    }
}

#[test]
fn the_agents_audio_is_billed_to_the_frame_at_every_rate() {
    for rate_hz in [8_000, 16_000, 22_050, 24_000] {
        let mut w = World::on(line_at(rate_hz)).build();
        w.agent_says(1_000);
        for _ in 0..110 {
            w.run_for(10);
            let at_carrier_ms = w.carrier.received_us() / 1_000;
            assert_eq!(w.metering().agent_audio_ms, at_carrier_ms, "{rate_hz}");
        }
        assert_eq!(w.metering().agent_audio_ms, 1_000);
    }
}

#[test]
fn the_agents_audio_is_billed_as_it_is_heard_where_rates_differ() {
    for speaks in [8_000, 16_000, 22_050, 24_000, 48_000] {
        for takes in [8_000, 16_000, 24_000] {
            let mut w = World::on(line_at(takes))
                .agent_speaks(AudioFormat::pcm16(speaks))
                .agent_gives_pieces_of(758)
                .build();
            w.agent_says(1_000);
            w.run_for(2_000);
            let billed_ms = w.metering().agent_audio_ms;
            // The last message is stuffed with silence, which is not billed.
            let stuffed_ms = w.carrier.received_us() / 1_000 - billed_ms;
            assert!(stuffed_ms <= 20, "{stuffed_ms}");
            // A resampler rings on for up to 2 ms.
            assert!((1_000..=1_002).contains(&billed_ms), "{billed_ms}");
        }
    }
}

#[test]
fn what_was_cut_off_before_it_was_handed_over_is_not_billed() {
    let lines = [
        lines::TWILIO,
        lines::VONAGE,
        lines::EXOTEL,
        lines::ASTERISK,
        lines::ACS,
        line_at(22_050),
    ];
    for line in lines {
        let mut w = World::on(line).agent_says_on_begin(60_000).build();
        w.run_for(1_010);
        w.caller_interrupts();
        w.run_for(2_000);
        let handed_over_ms = w.carrier.received_us() / 1_000;
        assert_eq!(w.metering().agent_audio_ms, handed_over_ms, "{line:?}");
        let ahead_ms = handed_over_ms - w.heard_ms();
        assert!(ahead_ms <= line.pacing.lead_ms() + 200, "{ahead_ms}");
        w.agent_says(500);
        w.run_for(1_000);
        let billed_ms = w.metering().agent_audio_ms;
        // Whole messages: stuffed with silence, which is not billed.
        assert_eq!(billed_ms, handed_over_ms + 500, "{line:?}");
    }
}

#[test]
fn silence_that_fills_a_message_is_not_billed() {
    let mut w = World::exotel().build();
    w.agent_says(40);
    w.run_for(1_000);
    assert_eq!(w.carrier.received_us(), 200_000, "the least there is");
    assert_eq!(w.metering().agent_audio_ms, 40);
}

#[test]
fn the_gateways_own_lines_are_not_the_agents_audio() {
    let ready = Do::After(2_500, Box::new(Do::Act(Action::Ready)));
    let mut w = World::twilio()
        .agent_connects_first()
        .when(When::Begin, ready)
        .config(|c| c.failover.holding_ms = 1_000)
        .config(|c| {
            c.lines = Arc::new(Lines {
                holding: Some(clips::tone(1_000)),
                hold_music: Some(clips::tone(1_000)),
                ..Lines::default()
            });
        })
        .build();
    w.run_for(2_500);
    assert_eq!(w.carrier.received_us(), 1_000_000, "the holding line");
    w.operator_holds(true);
    w.run_for(3_000);
    w.operator_holds(false);
    w.run_for(1_000);
    assert!(w.carrier.received_us() > 3_900_000, "the music");
    assert_eq!(w.metering().agent_audio_ms, 0);
    w.agent_says(700);
    w.run_for(1_000);
    assert_eq!(w.metering().agent_audio_ms, 700);
}

#[test]
fn what_the_gateway_fills_in_is_not_billed() {
    let mut w = World::asterisk()
        .agent_hears(Hears::Continuous)
        .background(Background::Stamps)
        .build();
    w.run_for(990);
    w.network_loses(20);
    w.run_for(1_000);
    w.caller_mutes(true);
    w.run_for(2_000);
    w.caller_mutes(false);
    w.run_for(1_000);
    assert_eq!(w.agent_heard_ms(), 5_000);
    assert_eq!(w.metering().caller_audio_ms, 5_000 - 400 - 2_000);
}

#[test]
fn what_comes_twice_or_too_late_is_billed_once() {
    let mut w = World::telnyx().build_by_hand();
    for n in [0, 1, 1, 3, 2, 3, 4, 0, 6, 7, 8, 9, 10, 5] {
        let place = Place {
            chunk: Some(n + 1),
            timestamp_ms: None,
        };
        w.caller_sends_stamp(place, n);
        w.run_for(20);
    }
    // Frame 5 came after the window.
    w.assert_agent_heard((0..5).chain(6..11));
    assert_eq!(w.metering().caller_audio_ms, 200);
}

#[test]
fn audio_is_billed_whether_the_agent_takes_it_or_not() {
    let mut w = World::twilio().build();
    w.run_for(990);
    w.agent_takes_audio(false);
    w.run_for(10_000);
    w.agent_takes_audio(true);
    w.run_for(1_000);
    assert_eq!(w.metering().caller_audio_ms, 12_000);
    let mut w = World::twilio().agent_has_no_ears().build();
    w.run_for(990);
    assert_eq!(w.metering().caller_audio_ms, 1_000);
}

#[test]
fn a_call_whose_agent_was_lost_is_billed_once() {
    let ready = Do::After(500, Box::new(Do::Act(Action::Ready)));
    let mut w = World::twilio()
        .agent_connects_first()
        .when(When::Begin, ready)
        .build();
    w.run_for(2_000);
    w.agent_says(5_000);
    w.run_for(990);
    w.agent_wants(Action::Failed(AgentFailure {
        reason: "lost",
        retry: true,
    }));
    w.run_for(6_000);
    assert_eq!(w.carrier.received_us(), w.metering().agent_audio_ms * 1_000);
    w.agent_says(500);
    w.run_for(1_000);
    let expected = Metering {
        caller_audio_ms: 10_000,
        speech_ms: 0,
        agent_audio_ms: w.carrier.received_us() / 1_000,
        session_ms: 9_990,
    };
    assert_eq!(w.metering(), expected);
}

#[test]
fn a_hold_costs_time_and_no_speech() {
    let mut w = World::twilio().voice_turns().build();
    w.agent_says(5_000);
    w.run_for(990);
    w.operator_holds(true);
    let before = w.metering();
    assert_eq!(before.agent_audio_ms, w.carrier.received_us() / 1_000);
    w.caller_speaks(2_000);
    w.run_for(4_000);
    let after = w.metering();
    assert_eq!(after.agent_audio_ms, before.agent_audio_ms);
    assert_eq!((after.speech_ms, after.session_ms), (0, 4_990));
    w.operator_holds(false);
    w.agent_says(1_000);
    w.run_for(2_000);
    let billed = w.metering();
    assert_eq!(billed.agent_audio_ms, before.agent_audio_ms + 1_000);
    assert_eq!(billed.agent_audio_ms, w.carrier.received_us() / 1_000);
    assert_eq!(billed.caller_audio_ms, after.caller_audio_ms + 2_000);
}

#[test]
fn speech_is_billed_from_its_onset_to_its_end() {
    let mut w = World::twilio().voice_turns().build();
    // Voice activity takes longer to trust the first word of a call.
    w.caller_speaks(1_000);
    w.run_for(3_000);
    for ms in [600, 1_000, 2_000, 1_500] {
        let before_ms = w.metering().speech_ms;
        w.caller_speaks(ms);
        w.run_for(5_500);
        let spoken_ms = w.metering().speech_ms - before_ms;
        // It works in frames of 16 ms, at both ends.
        assert!(spoken_ms.abs_diff(ms) <= 32, "{spoken_ms} of {ms}");
    }
    let billed = w.metering();
    assert_eq!(billed.caller_audio_ms, 25_020);
    w.operator_mutes(true);
    w.run_for(500);
    w.caller_speaks(2_000);
    w.run_for(4_000);
    assert_eq!(w.metering().speech_ms, billed.speech_ms, "muted");
    assert_eq!(w.metering().caller_audio_ms, 25_020 + 4_500);
}

#[test]
fn speech_that_the_end_of_the_call_cuts_short_is_billed() {
    let mut w = World::twilio().voice_turns().build();
    w.caller_speaks(1_000);
    w.run_for(5_000);
    let before_ms = w.metering().speech_ms;
    w.caller_speaks(10_000);
    w.run_for(3_000);
    w.caller_hangs_up();
    w.run_for(100);
    w.assert_over(Ending::CallerHungUp, 1000);
    let spoken_ms = w.billed().speech_ms - before_ms;
    assert!(spoken_ms.abs_diff(3_000) <= 20, "{spoken_ms} ms");
}

#[test]
fn speech_is_billed_by_the_audio_and_not_by_the_time_it_took() {
    for stall_ms in [300, 450, 2_000] {
        let mut w = World::twilio().voice_turns().build();
        w.caller_speaks(1_000);
        w.run_for(5_000);
        let before_ms = w.metering().speech_ms;
        w.caller_speaks(2_000);
        w.run_for(1_200);
        w.uplink_stalls(stall_ms);
        w.run_for(6_000);
        let spoken_ms = w.metering().speech_ms - before_ms;
        // Where the network counts as silent, one word becomes two: the second is noticed late.
        let least_ms = if stall_ms < 500 { 1_980 } else { 1_800 };
        assert!(
            (least_ms..=2_020).contains(&spoken_ms),
            "{stall_ms}: {spoken_ms}"
        );
    }
}

#[test]
fn a_hold_in_the_middle_of_speech_is_no_speech() {
    let mut w = World::twilio().voice_turns().build();
    w.caller_speaks(1_000);
    w.run_for(5_000);
    let before_ms = w.metering().speech_ms;
    w.caller_speaks(1_500);
    w.run_for(1_000);
    w.operator_holds(true);
    w.run_for(60_000);
    w.operator_holds(false);
    w.run_for(3_000);
    let spoken_ms = w.metering().speech_ms - before_ms;
    assert!(spoken_ms.abs_diff(1_000) <= 20, "{spoken_ms} ms");
}

#[test]
fn the_session_is_billed_from_the_start_to_the_end() {
    let mut w = World::twilio().build_connected();
    w.run_for(700);
    w.act(crate::sim::acts::Act::Start);
    w.run_for(12_345);
    assert_eq!(w.metering().session_ms, 12_345);
    w.caller_hangs_up();
    w.run_for(5_000);
    let expected = Metering {
        caller_audio_ms: 12_360,
        speech_ms: 0,
        agent_audio_ms: 0,
        session_ms: 12_345,
    };
    assert_eq!(w.billed(), expected);
    assert_eq!(w.metering(), expected, "and no more afterwards");
}

#[test]
fn a_call_that_never_began_costs_nothing() {
    let mut w = World::twilio().build_connected();
    w.run_for(15_000);
    assert_eq!(w.ending(), Some(Ending::NeverStarted));
    assert_eq!(w.billed(), Metering::default());
}

#[test]
fn a_caller_who_hangs_up_pays_for_what_was_handed_over() {
    let mut w = World::acs().agent_says_on_begin(5_000).build();
    w.run_for(1_010);
    w.caller_hangs_up();
    w.run_for(100);
    let handed_over_ms = w.carrier.received_us() / 1_000;
    assert_eq!(w.billed().agent_audio_ms, handed_over_ms);
    assert!((1_100..=1_120).contains(&handed_over_ms));
}

#[test]
fn last_words_are_billed() {
    let mut w = World::twilio().build();
    w.agent_says(2_000);
    w.agent_hangs_up();
    w.run_for(3_000);
    assert_eq!(w.billed().agent_audio_ms, 2_000);
}
