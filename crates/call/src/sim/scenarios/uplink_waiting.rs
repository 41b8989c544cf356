//! Caller audio that waits for the agent: backlog, pre-roll, reconnection, the prefix of a turn.

use crate::agent::{Action, AgentFailure, Hears};
use crate::sim::build::Builder;
use crate::sim::person::Background;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

const LOST: Action = Action::Failed(AgentFailure {
    reason: "lost",
    retry: true,
});

/// An agent that takes so long to be ready, each time it begins.
fn ready_after(builder: Builder, ms: u64) -> Builder {
    let ready = Do::After(ms, Box::new(Do::Act(Action::Ready)));
    builder.agent_connects_first().when(When::Begin, ready)
}

#[test]
fn an_agent_that_takes_nothing_gets_the_newest_afterwards() {
    let mut w = World::twilio().background(Background::Stamps).build();
    w.run_for(990);
    w.agent_takes_audio(false);
    w.run_for(5_000);
    w.assert_agent_heard(0..50);
    assert_eq!(w.counters().backlog_dropped_ms, 2_000);
    w.agent_takes_audio(true);
    w.assert_agent_heard((0..50).chain(150..300));
    w.run_for(1_000);
    w.assert_agent_heard((0..50).chain(150..350));
    assert_eq!(w.counters().backlog_dropped_ms, 2_000);
}

#[test]
fn the_backlog_is_bounded_in_time_whatever_the_format() {
    let formats = [8_000, 16_000, 24_000, 48_000];
    for listens in formats.map(trunkline_codecs::format::AudioFormat::pcm16) {
        let mut w = World::twilio()
            .agent_listens(listens)
            .config(|c| c.uplink.backlog_ms = 1_000)
            .build();
        w.run_for(990);
        w.agent_takes_audio(false);
        w.run_for(60_000);
        w.agent_records();
        w.agent_takes_audio(true);
        let kept_ms = w.recording().len() as u64 * 1_000 / u64::from(listens.rate_hz);
        assert!((980..=1_000).contains(&kept_ms), "{listens:?}: {kept_ms}");
    }
}

#[test]
fn what_fits_the_backlog_is_not_dropped() {
    let mut w = World::twilio().background(Background::Stamps).build();
    w.run_for(990);
    w.agent_takes_audio(false);
    w.run_for(3_000);
    w.agent_takes_audio(true);
    w.assert_agent_heard(0..200);
    assert_eq!(w.counters().backlog_dropped_ms, 0);
}

#[test]
fn what_the_agent_is_told_keeps_its_place_between_the_audio() {
    let places = |takes: bool| {
        let mut w = World::twilio().voice_turns().build();
        w.run_for(990);
        w.agent_takes_audio(takes);
        w.caller_speaks(800);
        w.run_for(500);
        w.caller_presses('7');
        w.run_for(1_500);
        w.assert_told(&Told::EndOfTurn, usize::from(takes));
        w.assert_told(&Told::Digit('7'), usize::from(takes));
        w.agent_takes_audio(true);
        let told = [Told::SpeechStarted, Told::Digit('7'), Told::EndOfTurn];
        told.map(|told| w.heard_before_ms(&told))
    };
    let at_once = places(true);
    assert!(at_once.is_sorted(), "{at_once:?}");
    assert_eq!(at_once[1], 1_500);
    assert_eq!(places(false), at_once);
}

#[test]
fn what_the_agent_is_told_outlives_the_audio_around_it() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| c.uplink.backlog_ms = 500)
        .build();
    w.run_for(990);
    w.agent_takes_audio(false);
    w.caller_speaks(600);
    w.run_for(3_000);
    w.caller_presses('7');
    w.run_for(3_000);
    w.agent_takes_audio(true);
    // All before the audio that is left.
    for told in [Told::SpeechStarted, Told::EndOfTurn, Told::Digit('7')] {
        w.assert_told(&told, 1);
        assert_eq!(w.heard_before_ms(&told), 1_000, "{told:?}");
    }
    assert_eq!(w.keys_told(), "7");
    assert_eq!(w.agent_heard_ms(), 1_500);
}

#[test]
fn a_caller_may_talk_while_the_agent_is_connected() {
    let mut w = ready_after(World::twilio(), 4_000)
        .voice_turns()
        .background(Background::Stamps)
        .build();
    w.run_for(1_000);
    w.caller_presses('1');
    w.run_for(2_999);
    assert_eq!(w.agent_heard_ms(), 0);
    assert_eq!(w.keys_told(), "");
    w.run_for(1);
    w.assert_agent_heard(0..201);
    assert_eq!(w.keys_told(), "1");
    // The key came before the frame of the same instant.
    assert_eq!(w.heard_before_ms(&Told::Digit('1')), 1_020);
    assert_eq!(w.counters().backlog_dropped_ms, 0);
}

#[test]
fn of_a_long_preroll_the_newest_is_kept() {
    let mut w = ready_after(World::twilio(), 4_000)
        .background(Background::Stamps)
        .config(|c| c.uplink.preroll_ms = 1_500)
        .build();
    w.run_for(3_999);
    assert_eq!(w.counters().backlog_dropped_ms, 2_500);
    w.run_for(1);
    w.assert_agent_heard(126..201);
}

#[test]
fn behind_the_preroll_the_bound_is_that_of_the_backlog_again() {
    let mut w = ready_after(World::twilio(), 4_000)
        .background(Background::Stamps)
        .build();
    w.run_for(4_990);
    w.assert_agent_heard(0..250);
    w.agent_takes_audio(false);
    w.run_for(8_000);
    assert_eq!(w.counters().backlog_dropped_ms, 5_000);
    w.agent_takes_audio(true);
    w.assert_agent_heard((0..250).chain(500..650));
}

#[test]
fn what_the_caller_says_while_the_agent_is_sought_again_is_heard() {
    let mut w = ready_after(World::twilio(), 4_000)
        .background(Background::Stamps)
        .build();
    w.run_for(9_990);
    w.assert_agent_heard(0..500);
    w.agent_wants(LOST);
    w.caller_presses('3');
    w.run_for(4_249);
    w.assert_agent_heard(0..500);
    // The wait before the second attempt, and the attempt: longer than the backlog.
    w.run_for(1);
    w.assert_agent_heard(0..713);
    assert_eq!(w.keys_told(), "3");
    assert_eq!(w.heard_before_ms(&Told::Digit('3')), 10_000);
    w.run_for(1_000);
    w.assert_agent_heard(0..763);
    assert_eq!(w.counters().backlog_dropped_ms, 0);
}

#[test]
fn what_was_waiting_for_a_lost_agent_is_heard_by_the_next_attempt() {
    let mut w = ready_after(World::twilio(), 500)
        .background(Background::Stamps)
        .build();
    w.run_for(9_990);
    w.agent_takes_audio(false);
    w.run_for(2_000);
    w.agent_wants(LOST);
    w.agent_takes_audio(true);
    w.run_for(1_000);
    w.assert_agent_heard(0..650);
    assert_eq!(w.counters().backlog_dropped_ms, 0);
}

#[test]
fn an_agent_of_turns_hears_the_turn_and_what_was_just_before_it() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_hears(Hears::Turns)
        .build();
    // Voice activity takes longer to trust the first word of a call.
    w.caller_speaks(1_000);
    w.run_for(3_990);
    let before_ms = w.agent_heard_ms();
    w.caller_speaks(1_000);
    w.run_until(400, |w| {
        w.told_at(&Told::SpeechStarted) > Some(w.now.minus_us(1_000))
    });
    let noticed_ms = w.now.as_ms() - 3_990;
    assert_eq!(w.heard_before_ms(&Told::SpeechStarted), before_ms);
    // 300 ms before the onset, which voice activity knows to a frame of 16 and the caller's frames to 20.
    let prefix_ms = w.agent_heard_ms() - before_ms - noticed_ms;
    assert!((280..=340).contains(&prefix_ms), "{prefix_ms} ms");
    w.run_for(5_000);
    // And then all of it, to its end, and nothing behind.
    let over = w.told_at(&Told::EndOfTurn).expect("the turn is over");
    let turn_ms = over.as_ms() - 3_990;
    let heard_ms = w.agent_heard_ms() - before_ms;
    assert!(heard_ms.abs_diff(turn_ms + prefix_ms) <= 20, "{heard_ms}");
    assert_eq!(w.heard_before_ms(&Told::EndOfTurn), w.agent_heard_ms());
}
