//! Lost and leaked audio where rates differ, and the one clock of both directions.

use trunkline_codecs::format::AudioFormat;

use crate::sim::world::World;
use crate::time::Time;

/// Theme 10: lost audio. pipecat #5386: some 60 ms stay in the resampler at each pause.
#[test]
fn theme_10_nothing_is_lost_at_a_pause_of_an_engine_at_another_rate() {
    let mut w = World::twilio()
        .agent_speaks(AudioFormat::pcm16(24_000))
        .agent_gives_pieces_of(1_516)
        .build();
    for _ in 0..20 {
        w.agent_says(300);
        w.run_for(700);
    }
    w.assert_heard_ms(20 * 300);
    w.assert_gaps_ms(Time::ZERO, 19 * 400);
    w.assert_spoken(20);
    // The resampler's own tail is 2 ms of silence behind each.
    let metered_ms = w.metering().agent_audio_ms;
    assert!((6_000..=6_040).contains(&metered_ms), "{metered_ms} ms");
}

/// Theme 10: pipecat #5386 within one utterance: the engine pauses in the middle of it.
#[test]
fn theme_10_nothing_is_held_back_while_an_engine_thinks() {
    let mut w = World::acs()
        .agent_speaks(AudioFormat::pcm16(16_000))
        .build();
    w.agent_starts(600);
    w.run_for(2_000);
    // Of what was given no more is missing than the resampler's own delay.
    let heard_ms = w.metering().agent_audio_ms;
    assert!((596..=600).contains(&heard_ms), "{heard_ms} ms");
    w.agent_goes_on(400);
    w.agent_finishes();
    w.run_for(500);
    let heard_ms = w.metering().agent_audio_ms;
    assert!((1_000..=1_002).contains(&heard_ms), "{heard_ms} ms");
}

/// The first answer of a call, or the one after an interruption in the middle of a word, as it arrives at the
/// carrier: so many bytes of it.
fn beginning_of_an_answer(after_an_interruption: bool, bytes: usize) -> Vec<u8> {
    let mut w = World::twilio()
        .agent_speaks(AudioFormat::pcm16(24_000))
        .agent_gives_pieces_of(758)
        .build();
    if after_an_interruption {
        w.agent_starts(5_007);
        w.run_for(1_007);
        w.caller_interrupts();
        w.run_for(500);
        w.assert_interrupted(1, 0);
    }
    w.carrier.tape = Some(Vec::new());
    w.agent_says(400);
    w.run_for(1_000);
    let index = usize::from(after_an_interruption);
    assert_eq!(
        w.heard_of_utterance_ms(index),
        400,
        "each of its frames is legible"
    );
    let mut tape = w.carrier.tape.take().unwrap_or_default();
    tape.truncate(bytes);
    tape
}

/// Theme 10: pipecat #5769: clearing the resampler takes 50 to 100 ms of the next word with it; not clearing it
/// plays the end of the old one before it.
#[test]
fn theme_10_after_an_interruption_the_next_answer_begins_with_its_first_sample() {
    // The first 3 ms of every stamp are the same.
    let first = beginning_of_an_answer(false, 24);
    assert_eq!(beginning_of_an_answer(true, 24), first);
}

/// Theme 24: dual-channel recordings are misaligned. callpilot #108: bursts are laid over each other where they
/// came, not where they were played. When each frame is played follows from when it left: here it is measured
/// at the far end, for two bursts of five seconds given in the same moment.
#[test]
fn theme_24_bursts_lie_behind_each_other_as_they_are_played() {
    let mut w = World::vonage().build();
    w.run_for(500);
    let begun = w.now;
    w.agent_says(5_000);
    w.agent_says(5_000);
    w.run_for(11_000);
    let heard = w.carrier.heard(w.now);
    assert_eq!(heard.len(), 500);
    for (index, played) in heard.iter().enumerate() {
        let place_ms = played.at.ms_since(begun);
        assert_eq!((played.number, place_ms), (index as u64, index as u64 * 20));
    }
}

/// Theme 24: the two channels of a recording misaligned (livekit #2365, egress #939). One clock serves both: what
/// the caller says and what is played keep their distance, after a stall as before it.
#[test]
fn theme_24_both_directions_are_placed_by_one_clock() {
    let mut w = World::asterisk().agent_echoes().build();
    let began = w.now;
    w.run_for(2_000);
    w.uplink_stalls(300);
    w.run_for(58_000);
    let heard = w.carrier.heard(w.now);
    assert!(heard.len() >= 2_980, "{} frames", heard.len());
    let distance_ms = |index: usize| {
        let spoken_ms = heard[index].number * 20;
        heard[index].at.ms_since(began) - spoken_ms
    };
    assert_eq!(distance_ms(10), 0, "frames play the moment they came in");
    let after = [150, 1_000, 2_950].map(distance_ms);
    assert_eq!(
        after, [280; 3],
        "from the frame due at 2,020 ms, and no drift"
    );
    assert_eq!(w.metering().caller_audio_ms, w.agent_heard_ms());
}
