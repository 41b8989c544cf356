//! Dead air, silence, and what comes before the start.

use std::sync::Arc;

use crate::agent::Action;
use crate::config::Lines;
use crate::ending::Ending;
use crate::sim::acts::Act;
use crate::sim::clips;
use crate::sim::person::Background;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

/// Theme 22: dead air at answer (AVA #527, CALL-E #295, livekit #4487). The engine takes seconds to connect. What
/// helped there (AVA #529) was something to hear.
#[test]
fn theme_22_a_caller_who_waits_for_the_agent_hears_so() {
    let mut w = World::twilio()
        .agent_connects_first()
        .background(Background::Stamps)
        .config(|c| {
            c.failover.holding_ms = 700;
            c.lines = Arc::new(Lines {
                holding: Some(clips::tone(800)),
                ..Lines::default()
            });
        })
        .build();
    assert_eq!(w.assert_hears_agent_within(1_000), 700);
    assert_eq!(w.assert_silent_within(1_000), 800);
    assert_eq!(w.assert_hears_agent_within(1_000), 700, "and again");
    w.run_for(1_000);
    w.agent_wants(Action::Ready);
    w.agent_says(1_000);
    assert_eq!(w.assert_hears_agent_within(1), 0, "no dead air behind it");
    assert_eq!(
        w.agent_heard_stamps()[0],
        0,
        "what was said meanwhile is heard"
    );
    w.run_for(1_001);
    w.assert_heard_ms(1_000);
}

/// Theme 22: the caller says "hello?" into the silence, and that wipes the greeting before its first word (vellum
/// #37061).
#[test]
fn theme_22_a_hello_does_not_wipe_the_greeting_that_has_not_begun() {
    let mut w = World::twilio()
        .voice_turns()
        .when(When::Begin, Do::Start(0))
        .build();
    w.run_for(300);
    w.caller_speaks(500);
    w.run_for(600);
    w.assert_told(&Told::SpeechStarted, 1);
    w.agent_goes_on(2_000);
    w.agent_finishes();
    assert_eq!(w.assert_hears_agent_within(1), 0);
    w.run_for(2_100);
    w.assert_heard_ms(2_000);
    w.assert_clears(0);
    w.assert_interrupted(0, 0);
}

/// Theme 23: voice activity is stuck when the audio stops (pipecat #4124). The microphone is muted in the middle
/// of a word.
#[test]
fn theme_23_a_turn_ends_when_the_audio_stops_in_the_middle_of_a_word() {
    let mut w = World::asterisk()
        .voice_turns()
        .agent_answers_with(500)
        .build();
    w.run_for(200);
    w.caller_speaks(5_000);
    w.run_for(990);
    w.caller_mutes(true);
    let muted_at = w.now;
    w.run_for(2_000);
    w.assert_told(&Told::EndOfTurn, 1);
    let ended_at = w.told_at(&Told::EndOfTurn).expect("told");
    assert_eq!(
        ended_at.ms_since(muted_at),
        490,
        "500 ms after the last frame"
    );
    w.assert_heard_ms(500);
}

/// Theme 23: idle prompts and hanging up by itself (livekit #2829).
#[test]
fn theme_23_a_silent_caller_is_asked_and_then_let_go() {
    let mut w = World::twilio()
        .engine_turns()
        .config(|c| {
            c.turns.idle_ms = Some(3_000);
            c.turns.idle_limit = 2;
            c.lines = Arc::new(Lines {
                silent: Some(clips::tone(500)),
                ..Lines::default()
            });
        })
        .agent_says_on_begin(2_000)
        .when(When::Idle, Do::Say(1_000))
        .build();
    let begun = w.now;
    w.run_for(12_999);
    let idle = |times| {
        let at = w.told_at(&Told::Idle { times });
        at.map(|at| at.ms_since(begun))
    };
    // Silence counts from when the agent has been heard, not from when it was sent.
    assert_eq!([idle(1), idle(2)], [Some(5_000), Some(9_000)]);
    w.assert_still_on();
    w.run_for(1);
    assert!(w.is_ending());
    w.assert_hears_agent();
    w.run_for(500);
    w.assert_over(Ending::CallerSilent, 1000);
}

/// Theme 25: audio before the start event, in one call of seven to ten (Asterisk #1712).
#[test]
fn theme_25_audio_before_the_start_is_heard_and_begins_the_call() {
    let mut w = World::asterisk()
        .background(Background::Stamps)
        .agent_says_on_begin(500)
        .build_connected();
    w.act(Act::Microphone);
    w.later(200, Act::Text("start".to_owned()));
    w.run_for(1_000);
    assert_eq!(w.agent_heard_stamps(), (0..51).collect::<Vec<_>>());
    assert_eq!(w.counters().dropped, 0);
    w.assert_told(
        &Told::Begin {
            attempt: 0,
            history: 0,
        },
        1,
    );
    w.assert_heard_ms(500);
}

/// Theme 25: two starts for one call. call-gpt #61: Twilio connects a second time, and two voices talk. Two sockets
/// are for whoever accepts them; here the second start is on the same one.
#[test]
fn theme_25_a_second_start_begins_nothing() {
    let mut w = World::twilio().agent_says_on_begin(1_000).build();
    w.run_for(400);
    w.caller_sends("start");
    w.run_for(2_000);
    w.assert_told(
        &Told::Begin {
            attempt: 0,
            history: 0,
        },
        1,
    );
    w.assert_heard_ms(1_000);
    w.assert_no_gaps();
    assert_eq!(
        w.record
            .events
            .iter()
            .filter(|(_, e)| matches!(e, crate::io::CallEvent::Live { .. }))
            .count(),
        1
    );
}
