//! What one agent, one hold or one transfer must not leave behind for what comes after it.

use crate::agent::{Hears, Signal, TurnMode};
use crate::caller::{FrameRule, Line};
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::sim::clips::Own;
use crate::sim::lines;
use crate::sim::person::Background;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use trunkline_codecs::format::AudioFormat;

#[test]
fn a_turn_of_a_lost_engine_does_not_bind_the_next() {
    let mut w = World::twilio()
        .engine_turns()
        .config(|c| c.failover.attempts = 0)
        .fallback(|_| {})
        .nth(1, Do::Say(4_000))
        .build();
    w.run_for(500);
    w.engine_reports(Signal::Started);
    w.run_for(1_000);
    w.agent_fails("closed", false);
    w.run_for(1_500);
    // The speech ended with the engine that had heard it.
    assert_eq!(w.metering().speech_ms, 1_000);
    w.engine_reports(Signal::Started);
    w.run_for(200);
    assert_eq!(
        w.interruptions().len(),
        1,
        "the next engine's caller interrupts"
    );
}

#[test]
fn an_answer_a_lost_engine_had_held_back_does_not_let_the_next_ones_out() {
    let mut w = World::twilio()
        .engine_turns()
        .config(|c| c.failover.attempts = 0)
        .fallback(|_| {})
        .build();
    w.engine_reports(Signal::Started);
    w.engine_reports(Signal::Eager);
    w.run_for(100);
    w.agent_fails("closed", false);
    w.run_for(500);
    w.engine_reports(Signal::Started);
    w.engine_reports(Signal::Eager);
    w.agent_says(1_000);
    w.run_for(500);
    w.assert_heard_ms(0);
    w.engine_reports(Signal::Ended("yes please".to_owned()));
    w.run_for(1_500);
    w.assert_heard_ms(1_000);
}

#[test]
fn what_an_agent_says_to_a_caller_on_hold_is_void_and_it_is_told_so() {
    let mut w = World::twilio().build();
    w.operator_holds(true);
    w.run_for(500);
    w.agent_tells(1_000, "Nobody hears this.");
    w.run_for(2_000);
    w.assert_heard_ms(0);
    w.assert_sent("says Nobody hears this.", 0);
    w.assert_told(&Told::Hold(false), 0);
    assert!(
        w.interruptions().is_empty(),
        "or it might try again and again"
    );
    w.operator_holds(false);
    w.run_for(0);
    assert_eq!(w.interruptions().last().map(|told| told.1), Some(0));
    w.agent_tells(1_000, "Hello again.");
    w.run_for(1_500);
    let history = w.history();
    let said: Vec<_> = history.iter().map(|said| said.text.as_str()).collect();
    assert_eq!(said, ["Hello again."]);
}

#[test]
fn an_agent_that_takes_over_on_hold_is_told_of_the_hold() {
    let mut w = World::twilio()
        .config(|c| c.failover.attempts = 0)
        .fallback(|_| {})
        .build();
    w.operator_holds(true);
    w.run_for(1_000);
    w.assert_told(&Told::Hold(true), 1);
    w.agent_fails("closed", false);
    w.run_for(1_000);
    w.assert_told(&Told::Hold(true), 2);
}

#[test]
fn a_transfer_behind_an_utterance_left_open_is_asked_for_all_the_same() {
    let framing = FrameRule::Multiple {
        unit_bytes: 160,
        min_bytes: 1_600,
        max_bytes: 16_000,
    };
    let line = Line {
        framing,
        ..lines::TELNYX
    };
    let mut w = World::on(line).build();
    // Not a whole number of messages: the rest waits for more.
    w.agent_starts(1_100);
    w.run_for(500);
    w.agent_transfers("+15550100");
    w.run_for(700);
    let wanted = |event: &CallEvent| matches!(event, CallEvent::TransferWanted { .. });
    assert_eq!(w.reported(wanted), 1);
}

#[test]
fn a_transfer_of_an_agent_that_never_stops_speaking_comes_to_an_end() {
    let mut w = World::telnyx().config(|c| c.transfer_ms = 5_000).build();
    w.agent_starts(1_000);
    w.run_for(500);
    w.agent_transfers("+15550100");
    for _ in 0..20 {
        w.agent_goes_on(500);
        w.run_for(500);
    }
    w.assert_told(&Told::TransferRefused, 1);
    w.assert_still_on();
}

#[test]
fn the_music_is_not_heard_out_before_a_transfer_or_a_hang_up() {
    for hangs_up in [false, true] {
        let mut w = World::telnyx().line(Own::Music, 20_000).build();
        w.operator_holds(true);
        w.run_for(2_000);
        if hangs_up {
            w.agent_hangs_up();
            w.run_for(200);
            w.assert_over(Ending::AgentHungUp, 1_000);
        } else {
            w.agent_transfers("+15550100");
            w.run_for(200);
            let wanted = |event: &CallEvent| matches!(event, CallEvent::TransferWanted { .. });
            assert_eq!(w.reported(wanted), 1);
        }
    }
}

#[test]
fn the_last_agent_with_a_rate_nobody_has_ends_the_call_at_once() {
    let mut w = World::twilio()
        .config(|c| c.failover.attempts = 0)
        .fallback(|manner| manner.speaks = Some(AudioFormat::pcm16(11_025)))
        .build();
    w.run_for(500);
    w.agent_fails("closed", false);
    w.run_for(100);
    let lost = |event: &CallEvent| matches!(event, CallEvent::AgentLost { .. });
    assert_eq!(w.reported(lost), 2, "once each");
    w.assert_over(Ending::AgentLost("unsupported_rate"), 1_011);
}

#[test]
fn nobody_above_disturbs_the_last_sentence() {
    let mut w = World::twilio()
        .line(Own::TooLong, 2_000)
        .config(|c| c.max_call_ms = 3_000)
        .build();
    w.run_for(3_500);
    w.operator_holds(true);
    w.transfer_comes_to(true);
    w.run_for(4_000);
    let heard = w.lines_heard(crate::time::Time::ZERO);
    assert!(
        heard
            .iter()
            .any(|(own, _, ms)| *own == Own::TooLong && *ms >= 1_980)
    );
    w.assert_told(&Told::Hold(true), 0);
    w.assert_over(Ending::TooLong, 4_411);
}

#[test]
fn okay_answers_a_question_that_has_just_been_asked() {
    let mut w = World::twilio().engine_turns().build();
    w.agent_says(1_000);
    w.run_for(950);
    w.engine_reports(Signal::Started);
    w.run_for(600);
    w.engine_reports(Signal::Ended("okay".to_owned()));
    w.run_for(100);
    w.assert_told(&Told::Backchannel, 0);
}

#[test]
fn a_key_pressed_in_the_middle_of_speech_does_not_count_as_silence() {
    let mut w = World::twilio()
        .engine_turns()
        .config(|c| c.turns.idle_ms = Some(1_000))
        .build();
    w.engine_reports(Signal::Started);
    w.run_for(500);
    w.caller_presses('5');
    w.run_for(5_000);
    w.assert_told(&Told::Idle { times: 1 }, 0);
}

#[test]
fn what_the_gateway_says_cuts_nothing_of_the_agents_off() {
    let mut w = World::twilio().line(Own::Music, 20_000).build();
    w.agent_tells(500, "One moment.");
    w.run_for(1_500);
    w.operator_holds(true);
    w.run_for(2_000);
    w.operator_holds(false);
    w.run_for(500);
    let history = w.history();
    assert_eq!(history.len(), 1);
    assert!(!history[0].cut_off, "it was heard whole");
}

#[test]
fn a_caller_who_talks_to_an_agent_without_turns_is_never_idle() {
    let mut w = World::twilio()
        .config(|c| (c.turns.idle_ms, c.turns.idle_limit) = (Some(1_000), 1))
        .build();
    w.caller_speaks(10_000);
    w.run_for(15_000);
    w.assert_still_on();
}

#[test]
fn the_next_agent_hears_the_rest_of_a_turn_with_its_beginning_told() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| c.failover.attempts = 0)
        .fallback(|_| {})
        .build();
    w.run_for(1_000);
    w.caller_speaks(1_500);
    w.run_for(700);
    w.assert_told(&Told::SpeechStarted, 1);
    w.agent_fails("closed", false);
    w.run_for(3_000);
    assert_eq!(
        w.turns_told(),
        [Told::SpeechStarted, Told::SpeechStarted, Told::EndOfTurn],
        "the second to the second agent"
    );
}

#[test]
fn an_agent_that_answers_every_interruption_does_not_speak_for_ever_on_hold() {
    let mut w = World::twilio()
        .when(When::Interrupted, Do::Say(500))
        .when(When::Hold(true), Do::Say(500))
        .build();
    w.agent_says(5_000);
    w.run_for(1_000);
    w.operator_holds(true);
    w.run_for(5_000);
    w.operator_holds(false);
    w.assert_hears_agent_within(200);
    w.assert_still_on();
}

#[test]
fn a_hold_is_no_interruption_by_the_caller() {
    let mut w = World::twilio().agent_says_on_begin(5_000).build();
    w.run_for(1_000);
    w.operator_holds(true);
    w.run_for(1_000);
    // The agent is told what was heard; nobody spoke over it.
    assert_eq!(w.interruptions().len(), 1);
    assert_eq!(w.counters().barge_ins, 0);
    assert_eq!(w.reported(|e| matches!(e, CallEvent::BargeIn { .. })), 0);
}

#[test]
fn a_transfer_is_asked_for_when_the_last_word_is_heard_though_nothing_else_happens() {
    let mut w = World::telnyx().background(Background::Nothing).build();
    w.agent_starts(1_000);
    w.run_for(500);
    w.agent_transfers("+15550100");
    w.run_for(600);
    let wanted = |event: &CallEvent| matches!(event, CallEvent::TransferWanted { .. });
    assert_eq!(w.reported(wanted), 1, "by its own timer");
}

#[test]
fn speech_is_billed_though_the_agent_that_heard_it_by_voice_gave_way_to_an_engine() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| c.failover.attempts = 0)
        .fallback(|manner| manner.needs.turns = TurnMode::Engine)
        .build();
    w.caller_speaks(1_000);
    w.run_for(3_000);
    let before_ms = w.metering().speech_ms;
    w.caller_speaks(2_000);
    w.run_for(1_500);
    w.agent_fails("closed", false);
    w.run_for(3_000);
    let spoken_ms = w.metering().speech_ms - before_ms;
    assert!((1_400..=1_500).contains(&spoken_ms), "{spoken_ms} ms");
}

#[test]
fn an_agent_whose_clock_is_the_audio_does_not_get_the_silence_of_before_its_time() {
    let mut w = World::asterisk()
        .background(Background::Nothing)
        .config(|c| c.failover.attempts = 0)
        .fallback(|manner| manner.needs.hears = Hears::Continuous)
        .build();
    w.run_for(600_000);
    w.agent_fails("closed", false);
    w.run_for(2_000);
    let heard_ms = w.agent_heard_ms();
    assert!((1_300..=2_000).contains(&heard_ms), "{heard_ms} ms");
}
