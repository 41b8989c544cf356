//! What is too little to interrupt: coughs, "uh-huh", sounds at each sensitivity just below and above.

use crate::config::Sensitivity;
use crate::sim::build::Builder;
use crate::sim::script::Told;
use crate::sim::world::World;

fn agent_speaks() -> Builder {
    World::twilio().voice_turns().agent_says_on_begin(5_000)
}

/// A sound of this length and loudness while the agent speaks. Gives whether it interrupted.
fn interrupts(w: &mut World, gain_db: f64, ms: u64) -> bool {
    w.run_for(1_000);
    w.caller_speaks_louder(gain_db, ms);
    w.run_for(2_000);
    !w.interruptions().is_empty()
}

#[test]
fn a_sound_just_too_short_is_a_backchannel_and_one_just_long_enough_interrupts() {
    for (sensitivity, below_ms, above_ms) in [
        (Sensitivity::High, 60, 140),
        (Sensitivity::Normal, 100, 240),
        (Sensitivity::Level(-60.0), 100, 240),
        (Sensitivity::Low, 480, 540),
    ] {
        let mut w = agent_speaks().sensitivity(sensitivity).build();
        assert!(!interrupts(&mut w, 0.0, below_ms), "{sensitivity:?}");
        let told = w.turns_told();
        let too_short_to_notice: &[Told] = &[];
        let backchannel = &[Told::SpeechStarted, Told::Backchannel];
        match sensitivity {
            Sensitivity::Low => assert_eq!(told, backchannel),
            _ => assert_eq!(told, too_short_to_notice, "{sensitivity:?}"),
        }
        w.run_for(2_500);
        w.assert_heard_ms(5_000);
        w.assert_no_gaps();
        w.assert_clears(0);

        let mut w = agent_speaks().sensitivity(sensitivity).build();
        assert!(interrupts(&mut w, 0.0, above_ms), "{sensitivity:?}");
        let turn = [Told::SpeechStarted, Told::EndOfTurn];
        assert_eq!(w.turns_told(), turn, "{sensitivity:?}");
        w.assert_interrupted(1, 1);
        w.assert_clears(1);
    }
}

#[test]
fn the_onset_interrupts_within_200_ms_and_other_sensitivities_take_as_long_as_they_ask_for() {
    for (sensitivity, latest_ms) in [
        (Sensitivity::High, 200),
        (Sensitivity::Normal, 200 + 40),
        (Sensitivity::Level(-60.0), 200 + 40),
        (Sensitivity::Low, 500 + 40),
    ] {
        let mut w = agent_speaks().sensitivity(sensitivity).build();
        w.run_for(1_000);
        w.caller_speaks(2_000);
        let after_ms = w.run_until(1_000, |w| !w.interruptions().is_empty());
        println!("onset to decision at {sensitivity:?}: {after_ms} ms");
        assert!(after_ms <= latest_ms, "{sensitivity:?}: {after_ms} ms");
        w.assert_silent();
    }
}

#[test]
fn a_level_lets_only_loud_speech_interrupt() {
    // The voice's loudest 100 ms, found out by asking: at this level it interrupts, a decibel above not.
    let heard_at = |level: f32, gain_db: f64| {
        let mut w = agent_speaks()
            .sensitivity(Sensitivity::Level(level))
            .build();
        interrupts(&mut w, gain_db, 1_500)
    };
    let loudest = (0..60).map(|down| -(down as f32));
    let mut loud = loudest.filter(|level| heard_at(*level, 0.0));
    let level = loud.next().expect("some level");
    assert!((-30.0..=-8.0).contains(&level), "{level} dBFS");
    // Ten decibels less take a threshold ten decibels lower.
    assert!(!heard_at(level, -10.0));
    assert!(heard_at(level - 10.0, -10.0));
    assert!(!heard_at(level - 8.0, -10.0));
}

#[test]
fn quiet_speech_over_the_agent_is_a_backchannel_and_a_turn_where_the_agent_is_silent() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_says_on_begin(3_000)
        .sensitivity(Sensitivity::Level(-20.0))
        .build();
    w.run_for(500);
    w.caller_speaks_louder(-20.0, 800);
    w.run_for(2_000);
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::Backchannel]);
    w.run_for(1_000);
    w.assert_heard_ms(3_000);
    w.caller_speaks(800);
    w.run_for(1_500);
    w.assert_told(&Told::EndOfTurn, 1);
}

#[test]
fn coughs_one_after_the_other_are_not_added_up() {
    let mut w = agent_speaks().sensitivity(Sensitivity::Low).build();
    w.run_for(440);
    for _ in 0..5 {
        w.caller_speaks(180);
        w.run_for(800);
    }
    w.run_for(1_000);
    w.assert_told(&Told::Backchannel, 5);
    w.assert_interrupted(0, 0);
    w.assert_heard_ms(5_000);
}

#[test]
fn a_short_word_during_which_the_agent_ends_is_a_turn() {
    let mut w = World::genesys()
        .voice_turns()
        .agent_says_on_begin(2_000)
        .agent_answers_with(400)
        .build();
    w.run_for(1_880);
    w.caller_speaks(180);
    w.run_for(1_500);
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::EndOfTurn]);
    w.assert_interrupted(0, 0);
    w.assert_heard_ms(2_400);
}

#[test]
fn a_yes_to_an_agent_that_has_been_heard_out_is_a_turn_though_its_mark_is_lost() {
    let mut w = World::exotel()
        .voice_turns()
        .agent_says_on_begin(1_000)
        .agent_answers_with(400)
        .build();
    // The carrier forgets to answer the mark.
    w.run_for(999);
    w.carrier.loses_marks();
    w.run_for(321);
    w.assert_silent();
    w.caller_speaks(180);
    w.run_for(1_500);
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::EndOfTurn]);
    w.assert_heard_ms(1_400);
}

#[test]
fn a_yes_to_an_agent_that_has_paused_in_its_sentence_is_a_turn() {
    let mut w = World::twilio().voice_turns().build();
    w.agent_starts(1_000);
    w.run_for(1_800);
    w.assert_silent();
    w.caller_speaks(180);
    w.run_for(1_000);
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::EndOfTurn]);
}

#[test]
fn a_backchannel_leaves_the_agents_next_words_alone() {
    let mut w = World::twilio()
        .voice_turns()
        .sensitivity(Sensitivity::Low)
        .build();
    w.agent_says(1_000);
    w.agent_says(1_000);
    // From the first utterance into the second.
    w.run_for(920);
    w.caller_speaks(180);
    w.run_for(2_000);
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::Backchannel]);
    w.assert_heard_ms(2_000);
    w.assert_spoken(2);
}
