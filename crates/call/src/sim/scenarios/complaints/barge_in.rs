//! Interruptions: the carrier's buffer, what was heard, and what is no interruption.

use trunkline_codecs::format::AudioFormat;

use crate::agent::{Action, Signal, TurnMode};
use crate::config::Sensitivity;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

/// Theme 7: barge-in does not flush what the carrier has buffered. nova-sonic-twilio #2: the engine stops, and
/// the caller hears the seconds Twilio already has.
#[test]
fn theme_07_seconds_at_the_carrier_are_gone_with_the_interruption() {
    let mut w = World::twilio()
        .voice_turns()
        .latency_ms(50)
        .config(|c| c.playout.lead_ms = Some(3_000))
        .agent_says_on_begin(10_000)
        .build();
    w.run_for(2_000);
    assert!(w.carrier.buffered_us(w.now) >= 2_900_000);
    w.caller_speaks(600);
    w.run_until(600, |w| !w.interruptions().is_empty());
    assert_eq!(w.assert_silent_within(100), 50, "the way of the clear");
    w.run_for(3_000);
    w.assert_silent();
    w.assert_clears(1);
    // Of the way to the caller the call knows nothing.
    w.assert_interrupted(1, 101);
}

/// Theme 7: cloudflare/agents #2270: the carrier's buffer outlives the answer. All of it has been made and sent,
/// so that nothing is left to be interrupted, and the caller hears the rest for seconds.
#[test]
fn theme_07_an_answer_that_has_been_sent_whole_is_interrupted_too() {
    let mut w = World::twilio()
        .config(|c| c.playout.lead_ms = Some(5_000))
        .agent_says_on_begin(4_000)
        .build();
    w.run_for(1_000);
    assert_eq!(w.carrier.buffered_us(w.now), 3_000_000, "all there is");
    w.caller_interrupts();
    w.assert_silent_within(0);
    w.run_for(4_000);
    w.assert_heard_ms(1_000);
    w.assert_clears(1);
    w.assert_interrupted(1, 0);
}

/// Theme 7, the other way round (telephony.md §18): a clear that is written behind the next answer takes the
/// beginning of that with it.
#[test]
fn theme_07_the_clear_goes_before_the_next_answer() {
    let mut w = World::plivo()
        .latency_ms(50)
        .agent_says_on_begin(10_000)
        .when(When::Interrupted, Do::Say(1_000))
        .build();
    w.run_for(2_000);
    w.caller_interrupts();
    w.run_for(2_000);
    w.assert_clears(1);
    assert_eq!(w.heard_of_utterance_ms(1), 1_000, "heard whole");
    w.assert_spoken(1);
}

/// Theme 7 (dograh #296): the engine is told to stop, and what it sends before it does is played all the same.
#[test]
fn theme_07_what_an_engine_sends_after_the_interruption_is_not_played() {
    let mut w = World::twilio()
        .agent_is_deaf_to_interruptions()
        .agent_says_on_begin(1_000)
        .build();
    w.run_for(300);
    w.caller_interrupts();
    let heard_ms = w.heard_ms();
    w.agent_goes_on(2_000);
    w.run_for(3_000);
    w.assert_heard_ms(heard_ms);
    w.agent_says(200);
    w.run_for(300);
    w.assert_heard_ms(heard_ms + 200);
}

/// Theme 8: "already shorter than" (twilio-samples #45). The place of the truncation lies behind the end of what
/// was said.
#[test]
fn theme_08_never_more_was_heard_than_was_said() {
    // When the caller interrupts, and what the agent must be told.
    for (at_ms, told_ms) in [(400, 400), (999, 999), (1_000, 1_000), (1_400, 1_000)] {
        let mut w = World::plivo().build();
        w.agent_says(1_000);
        // The carrier's answer to the mark is still on its way.
        w.carrier.loses_marks = 1;
        w.run_for(at_ms);
        w.caller_interrupts();
        w.run_for(0);
        let told: Vec<_> = w.interruptions().into_iter().map(|(_, ms)| ms).collect();
        assert_eq!(told, [told_ms], "after {at_ms} ms");
    }
}

/// Theme 8, where the engine's rate is another: what its resampler puts behind the last word was not said.
#[test]
fn theme_08_the_tail_of_a_resampler_is_not_counted_as_said() {
    let mut w = World::plivo()
        .agent_speaks(AudioFormat::pcm16(24_000))
        .build();
    w.agent_says(1_000);
    w.carrier.loses_marks = 1;
    w.run_for(1_400);
    w.caller_interrupts();
    w.run_for(0);
    assert_eq!(w.interruptions()[0].1, 1_000);
}

/// Theme 8: openai-agents #2374: heard is the time since the first audio came, by the clock on the wall, even
/// where the engine had nothing to give.
#[test]
fn theme_08_a_pause_of_the_engine_is_not_counted_as_heard() {
    let mut w = World::twilio().build();
    w.agent_starts(400);
    w.run_for(2_400);
    w.agent_goes_on(5_000);
    w.run_for(300);
    w.caller_interrupts();
    w.run_for(1);
    w.assert_interrupted(1, 0);
    assert_eq!(w.interruptions()[0].1, 700);
}

/// Theme 8: twilio-agent-connect #118: what was queued is reported, not what was played.
#[test]
fn theme_08_heard_is_what_was_played_and_not_what_was_queued() {
    let mut w = World::twilio()
        .config(|c| c.playout.lead_ms = Some(2_000))
        .when(
            When::Begin,
            Do::Tell(
                10_000,
                "one two three four five six seven eight nine ten".into(),
            ),
        )
        .build();
    w.run_for(3_300);
    w.caller_interrupts();
    w.run_for(1);
    w.assert_interrupted(1, 0);
    let told = Told::Interrupted {
        heard_ms: 3_300,
        heard: "one two three".into(),
    };
    w.assert_told(&told, 1);
}

/// Theme 9: "mm-hm" cuts the bot (livekit #3758, bolna #223). The remedy that ships elsewhere is vellum #42614, a
/// guard of 250 ms.
#[test]
fn theme_09_a_short_sound_of_the_listener_does_not_interrupt() {
    // What it takes, how long the caller makes a sound, and whether that interrupts.
    for (sensitivity, ms, interrupts) in [
        (Sensitivity::Low, 400, false),
        (Sensitivity::Low, 800, true),
        (Sensitivity::Normal, 100, false),
        (Sensitivity::Normal, 400, true),
    ] {
        let mut w = World::twilio()
            .voice_turns()
            .config(|c| c.turns.sensitivity = sensitivity)
            .agent_says_on_begin(5_000)
            .build();
        w.run_for(1_000);
        w.caller_speaks(ms);
        w.run_for(4_500);
        let case = format!("{sensitivity:?}, {ms} ms");
        assert_eq!(w.interruptions().len(), usize::from(interrupts), "{case}");
        if !interrupts {
            w.assert_heard_ms(5_000);
            w.assert_told(&Told::EndOfTurn, 0);
            w.assert_clears(0);
        }
    }
}

/// Theme 9: the same where an engine owns turns and reports speech with every "mm-hm" (livekit #3758, bolna
/// #223).
#[test]
fn theme_09_what_the_engine_understood_decides_where_it_says() {
    let mut w = World::twilio()
        .turns(TurnMode::Engine)
        .agent_says_on_begin(8_000)
        .build();
    w.run_for(1_000);
    w.agent_wants(Action::Turn(Signal::Started));
    w.run_for(150);
    w.agent_wants(Action::Turn(Signal::Partial("Mm-hm.".into())));
    w.run_for(1_000);
    w.agent_wants(Action::Turn(Signal::Ended("Mm-hm, okay.".into())));
    w.run_for(500);
    w.assert_told(&Told::Backchannel, 1);
    w.assert_clears(0);
    w.agent_wants(Action::Turn(Signal::Started));
    w.run_for(150);
    w.assert_hears_agent();
    w.agent_wants(Action::Turn(Signal::Partial("No, wait".into())));
    w.assert_silent_within(0);
    w.assert_clears(1);
    w.assert_interrupted(1, 1);
}

/// Theme 9: echo and self-interruption (pipecat #1771). The bot's voice comes back from the caller's loudspeaker,
/// quieter than the caller.
#[test]
fn theme_09_an_echo_is_quieter_than_whoever_interrupts() {
    for (level_dbfs, interrupts) in [(-6.0, false), (-30.0, true)] {
        let mut w = World::twilio()
            .voice_turns()
            .config(|c| c.turns.sensitivity = Sensitivity::Level(level_dbfs))
            .agent_says_on_begin(3_000)
            .build();
        w.run_for(500);
        w.caller_speaks(2_000);
        w.run_for(3_000);
        assert_eq!(
            !w.interruptions().is_empty(),
            interrupts,
            "{level_dbfs} dBFS"
        );
        assert_eq!(w.heard_ms() == 3_000, !interrupts);
    }
}
