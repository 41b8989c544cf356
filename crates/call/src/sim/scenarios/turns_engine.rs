//! Turns owned by an engine: what it reports, in the order it reports it and in odd orders.

use crate::agent::Signal;
use crate::config::Sensitivity;
use crate::io::CallEvent;
use crate::sim::build::Builder;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

fn partial(text: &str) -> Signal {
    Signal::Partial(text.to_owned())
}

fn ended(text: &str) -> Signal {
    Signal::Ended(text.to_owned())
}

fn agent_speaks() -> Builder {
    World::twilio().engine_turns().agent_says_on_begin(5_000)
}

#[test]
fn flux_starts_ends_eagerly_and_ends() {
    let mut w = World::twilio().engine_turns().build();
    w.run_for(500);
    w.engine_reports(Signal::Started);
    w.engine_reports(partial("what time"));
    w.run_for(800);
    w.engine_reports(partial("what time is it"));
    w.engine_reports(Signal::Eager);
    w.agent_tells(700, "Five.");
    w.run_for(300);
    w.assert_silent();
    w.assert_sent("turn 1", 0);
    w.assert_sent("says Five.", 0);
    w.engine_reports(ended("what time is it"));
    assert_eq!(w.assert_hears_agent_within(1), 0);
    w.assert_sent("turn 1", 1);
    w.assert_sent("says Five.", 1);
    w.run_for(1_000);
    w.assert_heard_ms(700);
    w.assert_no_gaps();
    assert_eq!(w.turns_told(), [], "it knows");
}

#[test]
fn flux_resumes_and_only_the_answer_to_the_whole_turn_is_heard() {
    let mut w = World::twilio().engine_turns().build();
    w.engine_reports(Signal::Started);
    for words in ["I would like", "I would like to book", "never heard"] {
        w.run_for(400);
        w.engine_reports(partial(words));
        w.engine_reports(Signal::Eager);
        w.agent_tells(900, words);
        w.run_for(150);
        w.engine_reports(Signal::Resumed);
    }
    w.run_for(200);
    w.engine_reports(Signal::Eager);
    w.agent_tells(600, "Booked.");
    w.run_for(100);
    w.engine_reports(ended("I would like to book a table"));
    w.run_for(1_000);
    // The last of four, whole; nothing of the others.
    w.assert_heard_ms(600);
    assert_eq!(w.heard_of_utterance_ms(3), 600);
    w.assert_sent("turn 1", 1);
    w.assert_sent("says Booked.", 1);
    let says = w
        .record
        .texts
        .iter()
        .filter(|(_, text)| text.starts_with("says"));
    assert_eq!(says.count(), 1);
    assert_eq!(w.counters().answers_dropped, 3);
    w.assert_spoken(1);
}

#[test]
fn assembly_says_nothing_but_partials_and_the_end() {
    let mut w = agent_speaks().build();
    w.run_for(1_000);
    w.engine_reports(partial(""));
    w.run_for(40);
    w.assert_interrupted(0, 0);
    w.engine_reports(partial("hang on"));
    w.run_for(0);
    w.assert_interrupted(1, 0);
    w.assert_silent();
    w.run_for(600);
    // At an utterance's boundary, and a later message of the same turn.
    w.engine_reports(Signal::Eager);
    w.agent_says(400);
    w.engine_reports(partial("hang on I am"));
    w.engine_reports(Signal::Resumed);
    w.run_for(500);
    w.engine_reports(ended("Hang on, I am driving."));
    w.agent_says(300);
    w.run_for(1_000);
    w.assert_heard_ms(1_040 + 300);
    w.assert_interrupted(1, 0);
}

#[test]
fn speechmatics_starts_and_ends_without_words_between() {
    let mut w = agent_speaks().build();
    w.run_for(1_000);
    w.engine_reports(Signal::Started);
    w.run_for(199);
    w.assert_interrupted(0, 0);
    w.run_for(1);
    w.assert_interrupted(1, 0);
    w.run_for(500);
    w.engine_reports(ended(""));
    w.agent_says(300);
    w.run_for(1_000);
    w.assert_heard_ms(1_200 + 300);
    w.assert_told(&Told::Backchannel, 0);
}

#[test]
fn soniox_reports_the_end_alone() {
    for (text, interrupts, backchannel) in
        [("what about tomorrow", 1, 0), ("mm-hm", 0, 1), ("", 0, 0)]
    {
        let mut w = agent_speaks().build();
        w.run_for(1_000);
        w.engine_reports(ended(text));
        w.run_for(0);
        w.assert_interrupted(interrupts, 0);
        w.assert_told(&Told::Backchannel, backchannel);
        w.run_for(5_000);
        w.assert_heard_ms(if interrupts == 1 { 1_000 } else { 5_000 });
    }
}

#[test]
fn words_that_grow_from_a_sign_of_listening_into_a_turn_interrupt_when_they_do() {
    let mut w = agent_speaks().build();
    w.run_for(500);
    w.engine_reports(Signal::Started);
    w.engine_reports(partial("okay"));
    // However long it takes: the words decide where there are any.
    w.run_for(900);
    w.engine_reports(partial("Okay, okay"));
    w.run_for(900);
    w.assert_interrupted(0, 0);
    w.engine_reports(partial("okay okay but not on"));
    w.run_for(0);
    w.assert_interrupted(1, 0);
    w.assert_heard_ms(2_300);
}

#[test]
fn a_sign_of_listening_is_no_turn_in_any_language() {
    for text in [
        "Uh-huh.",
        "ja, genau",
        "d’accord",
        "vale, vale",
        "va bene",
        "theek hai",
    ] {
        let mut w = agent_speaks().build();
        w.run_for(1_000);
        w.engine_reports(Signal::Started);
        w.run_for(100);
        w.engine_reports(partial(text));
        w.run_for(600);
        w.engine_reports(ended(text));
        w.run_for(4_000);
        w.assert_told(&Told::Backchannel, 1);
        w.assert_heard_ms(5_000);
        w.assert_clears(0);
    }
}

#[test]
fn speech_without_words_interrupts_when_it_has_lasted_as_long_as_asked_for() {
    for (sensitivity, least_ms) in [
        (Sensitivity::High, 0),
        (Sensitivity::Normal, 200),
        (Sensitivity::Level(-20.0), 200),
        (Sensitivity::Low, 500),
    ] {
        let mut w = agent_speaks().sensitivity(sensitivity).build();
        w.run_for(1_000);
        w.engine_reports(Signal::Started);
        let after_ms = w.run_until(600, |w| !w.interruptions().is_empty());
        assert_eq!(after_ms, least_ms, "{sensitivity:?}");
        if least_ms == 0 {
            continue;
        }
        // Over a moment before: a cough.
        let mut w = agent_speaks().sensitivity(sensitivity).build();
        w.run_for(1_000);
        w.engine_reports(Signal::Started);
        w.run_for(least_ms - 1);
        w.engine_reports(ended(""));
        w.run_for(1_000);
        w.assert_interrupted(0, 0);
        w.assert_told(&Told::Backchannel, 1);
    }
}

#[test]
fn signals_in_orders_no_engine_should_send_are_survived_and_mean_one_turn() {
    use Signal::{Eager, Resumed, Started};
    let odd: [&[Signal]; 7] = [
        &[Resumed, Started, Resumed],
        &[Started, Started, partial("a"), Started],
        &[Eager, Eager],
        &[Started, Eager, Eager, Resumed, Resumed, Eager],
        &[ended(""), ended(""), Started],
        &[partial(""), Eager, Started, partial("late words")],
        &[Started, ended("one"), ended("one, formatted"), Eager],
    ];
    for signals in odd {
        let mut w = World::twilio().engine_turns().build();
        for signal in signals {
            w.run_for(50);
            w.engine_reports(signal.clone());
        }
        w.run_for(300);
        w.engine_reports(Eager);
        w.agent_says(500);
        w.run_for(300);
        w.assert_silent();
        w.engine_reports(ended("a turn"));
        w.run_for(1_000);
        w.assert_heard_ms(500);
        w.assert_interrupted(0, 0);
        w.assert_clears(0);
        assert_eq!(w.turns_told(), [], "{signals:?}");
    }
}

#[test]
fn all_of_a_turn_in_one_step_is_a_turn() {
    let mut w = agent_speaks().build();
    w.run_for(1_000);
    for signal in [
        Signal::Started,
        partial("stop"),
        Signal::Eager,
        Signal::Resumed,
        Signal::Eager,
        ended("stop that"),
    ] {
        w.engine_reports(signal);
    }
    w.agent_says(400);
    w.run_for(1_000);
    w.assert_interrupted(1, 0);
    w.assert_clears(1);
    w.assert_heard_ms(1_400);
}

#[test]
fn an_eager_end_of_what_may_be_nothing_holds_the_answer_as_well() {
    let mut w = agent_speaks().build();
    w.run_for(1_000);
    w.engine_reports(Signal::Started);
    w.engine_reports(partial("mm-hm"));
    w.engine_reports(Signal::Eager);
    w.agent_tells(800, "an answer to nothing");
    w.run_for(200);
    w.assert_sent("says an answer to nothing", 0);
    w.engine_reports(ended("mm-hm"));
    w.run_for(5_000);
    w.assert_told(&Told::Backchannel, 1);
    w.assert_sent("says an answer to nothing", 0);
    w.assert_heard_ms(5_000);
}

#[test]
fn a_voice_decides_nothing_where_the_engine_owns_turns() {
    let mut w = agent_speaks().build();
    w.run_for(500);
    w.caller_speaks(3_000);
    w.run_for(5_000);
    assert_eq!(w.turns_told(), []);
    w.assert_heard_ms(5_000);
}

#[test]
fn what_an_agent_that_does_not_own_turns_says_of_them_means_nothing() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_says_on_begin(2_000)
        .config(|config| config.turns.idle_ms = Some(3_000))
        .build();
    w.run_for(500);
    w.engine_reports(Signal::Started);
    w.engine_reports(partial("stop it now"));
    w.run_for(1_000);
    w.engine_reports(ended("stop it now"));
    w.engine_reports(Signal::Started);
    w.run_for(1_000);
    w.assert_interrupted(0, 0);
    w.assert_heard_ms(2_000);
    assert_eq!(w.metering().speech_ms, 0);
    // Nor does a turn that never was hinder the caller from being asked.
    w.run_for(2_500);
    w.assert_told(&Told::Idle { times: 1 }, 1);
}

#[test]
fn an_engines_turn_is_billed_and_answered_from_its_start_and_end() {
    let mut w = World::twilio().engine_turns().build();
    w.run_for(500);
    w.engine_reports(Signal::Started);
    w.run_for(1_230);
    w.engine_reports(ended("hello"));
    w.run_for(450);
    w.agent_says(300);
    w.run_for(500);
    assert_eq!(w.metering().speech_ms, 1_230);
    assert_eq!(w.answered_after_ms(), [450]);
}

#[test]
fn an_engines_turn_leaves_an_uninterruptible_greeting_alone() {
    let mut w = World::twilio()
        .engine_turns()
        .when(When::Begin, Do::Insist(2_000))
        .build();
    w.run_for(500);
    w.engine_reports(Signal::Started);
    w.engine_reports(partial("hello, who is there"));
    w.run_for(500);
    w.engine_reports(ended("hello, who is there"));
    w.agent_says(500);
    w.run_for(2_000);
    w.assert_interrupted(0, 0);
    w.assert_heard_ms(2_500);
    w.assert_no_gaps();
    let barge_ins = |(_, event): &(_, CallEvent)| matches!(event, CallEvent::BargeIn { .. });
    assert!(!w.record.events.iter().any(barge_ins));
}
