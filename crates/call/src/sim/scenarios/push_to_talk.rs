//! The caller's own button: no guessing at all.

use crate::config::Sensitivity;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

#[test]
fn a_press_is_a_turn_from_the_step_it_comes_to_the_step_it_ends() {
    let mut w = World::omni().push_to_talk().agent_answers_with(500).build();
    w.run_for(700);
    let down = w.now;
    w.caller_talks(true);
    w.run_for(1_300);
    let up = w.now;
    w.caller_talks(false);
    w.run_for(0);
    assert_eq!(w.told_at(&Told::SpeechStarted), Some(down));
    assert_eq!(w.told_at(&Told::EndOfTurn), Some(up));
    assert_eq!(w.assert_hears_agent_within(1), 0);
    w.run_for(1_000);
    w.assert_heard_ms(500);
}

#[test]
fn a_voice_without_the_button_is_nobodys_turn() {
    let mut w = World::omni()
        .push_to_talk()
        .agent_says_on_begin(4_000)
        .build();
    w.run_for(500);
    w.caller_speaks(3_000);
    w.run_for(4_500);
    assert_eq!(w.turns_told(), []);
    w.assert_heard_ms(4_000);
}

#[test]
fn the_button_interrupts_at_once_whatever_the_sensitivity() {
    for sensitivity in [
        Sensitivity::Low,
        Sensitivity::Normal,
        Sensitivity::High,
        Sensitivity::Level(0.0),
    ] {
        let mut w = World::omni()
            .push_to_talk()
            .sensitivity(sensitivity)
            .agent_says_on_begin(4_000)
            .build();
        w.run_for(1_000);
        w.caller_talks(true);
        assert_eq!(w.assert_silent_within(1), 0);
        w.assert_interrupted(1, 0);
        w.assert_clears(1);
    }
}

#[test]
fn a_button_said_twice_is_pressed_once_and_released_once() {
    let mut w = World::omni()
        .push_to_talk()
        .agent_says_on_begin(4_000)
        .build();
    w.run_for(500);
    w.caller_talks(false);
    w.run_for(500);
    assert_eq!(w.turns_told(), [], "released without having been pressed");
    for down in [true, true, true, false, false] {
        w.caller_talks(down);
        w.run_for(200);
    }
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::EndOfTurn]);
    w.assert_interrupted(1, 0);
    w.assert_clears(1);
}

#[test]
fn a_tap_of_no_length_is_a_turn_and_interrupts() {
    let mut w = World::omni()
        .push_to_talk()
        .agent_says_on_begin(4_000)
        .agent_answers_with(300)
        .build();
    w.run_for(1_000);
    w.caller_talks(true);
    w.caller_talks(false);
    w.run_for(0);
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::EndOfTurn]);
    assert_eq!(w.interruptions().len(), 1);
    w.run_for(1_000);
    w.assert_heard_ms(1_300);
}

#[test]
fn the_button_does_not_cut_off_what_may_not_be_cut_off() {
    let mut w = World::omni()
        .push_to_talk()
        .when(When::Begin, Do::Insist(2_000))
        .agent_answers_with(500)
        .build();
    w.run_for(500);
    w.caller_talks(true);
    w.run_for(500);
    w.caller_talks(false);
    w.run_for(2_000);
    w.assert_interrupted(0, 0);
    w.assert_clears(0);
    w.assert_heard_ms(2_500);
    w.assert_no_gaps();
}

#[test]
fn a_press_is_billed_as_speech_and_its_answer_is_timed() {
    let mut w = World::omni()
        .push_to_talk()
        .when(When::EndOfTurn, Do::After(250, Box::new(Do::Say(300))))
        .build();
    w.run_for(500);
    w.caller_talks(true);
    w.run_for(1_500);
    w.caller_talks(false);
    w.run_for(1_000);
    assert_eq!(w.metering().speech_ms, 1_500);
    assert_eq!(w.answered_after_ms(), [250]);
}

#[test]
fn the_first_press_begins_a_call_that_nobody_has_configured() {
    let mut w = World::omni()
        .push_to_talk()
        .agent_says_on_begin(1_000)
        .build_connected();
    w.run_for(100);
    w.caller_talks(true);
    w.run_for(0);
    let told: Vec<_> = w.told().into_iter().map(|(_, told)| told).collect();
    let begin = Told::Begin {
        attempt: 0,
        history: 0,
    };
    assert_eq!(told, [begin, Told::SpeechStarted]);
    // It presses before the greeting has begun: that is not wiped.
    w.run_for(1_500);
    w.assert_heard_ms(1_000);
}

#[test]
fn a_caller_who_holds_the_button_is_not_asked_whether_anybody_is_there() {
    let mut w = World::omni()
        .push_to_talk()
        .config(|config| config.turns.idle_ms = Some(1_000))
        .build();
    w.run_for(900);
    w.caller_talks(true);
    w.run_for(5_000);
    w.assert_told(&Told::Idle { times: 1 }, 0);
    w.caller_talks(false);
    w.run_for(999);
    w.assert_told(&Told::Idle { times: 1 }, 0);
    w.run_for(1);
    w.assert_told(&Told::Idle { times: 1 }, 1);
}
