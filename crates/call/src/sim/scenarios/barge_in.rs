//! The caller speaks over the agent.

use crate::agent::Action;
use crate::config::Sensitivity;
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::sim::acts::Act;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

#[test]
fn a_voice_interrupts_and_the_carrier_is_cleared() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_says_on_begin(5_000)
        .build();
    w.run_for(1_000);
    w.caller_speaks(600);
    w.run_until(400, |w| !w.interruptions().is_empty());
    w.assert_silent();
    w.run_for(1_500);
    w.assert_interrupted(1, 1);
    w.assert_clears(1);
    w.assert_told(&Told::EndOfTurn, 1);
    w.assert_spoken(0);
}

#[test]
fn what_is_on_the_way_is_cleared_too() {
    let mut w = World::plivo()
        .latency_ms(40)
        .agent_says_on_begin(5_000)
        .build();
    w.run_for(1_000);
    w.caller_interrupts();
    // There and back again.
    assert_eq!(w.assert_silent_within(200), 80);
    w.run_for(1_000);
    w.assert_silent();
    w.assert_clears(1);
    // The call cannot know of what was heard while its clear was on the way, nor of the way there.
    w.assert_interrupted(1, 80);
}

#[test]
fn who_may_not_be_interrupted_is_heard_out() {
    let mut w = World::twilio()
        .voice_turns()
        .when(When::Begin, Do::Insist(3_000))
        .build();
    w.run_for(1_000);
    w.caller_speaks(600);
    w.run_for(2_500);
    w.assert_told(&Told::SpeechStarted, 1);
    w.assert_interrupted(0, 0);
    w.assert_heard_ms(3_000);
    w.assert_clears(0);
}

#[test]
fn an_agent_that_does_not_listen_is_silenced_all_the_same() {
    let mut w = World::acs()
        .agent_in_real_time()
        .agent_is_deaf_to_interruptions()
        .agent_says_on_begin(4_000)
        .build();
    w.run_for(1_000);
    w.caller_interrupts();
    w.assert_silent_within(0);
    w.run_for(4_000);
    w.assert_silent();
    w.assert_heard_ms(1_000);
    w.agent_says(500);
    w.assert_hears_agent_within(1);
    w.run_for(600);
    w.assert_heard_ms(1_500);
}

#[test]
fn an_interrupt_while_nobody_speaks_wipes_nothing() {
    let mut w = World::twilio().build();
    w.run_for(200);
    w.caller_interrupts();
    w.run_for(10);
    w.assert_clears(0);
    w.assert_interrupted(0, 0);
    w.agent_says(1_000);
    w.run_for(1_100);
    w.assert_heard_ms(1_000);
}

#[test]
fn a_line_that_cannot_clear_plays_out_what_it_has() {
    let mut w = World::audio_socket().agent_says_on_begin(5_000).build();
    w.run_for(1_010);
    w.caller_interrupts();
    assert_eq!(w.assert_silent_within(20), 10, "the frame being played");
    w.assert_clears(0);
    w.run_for(1_000);
    w.assert_heard_ms(1_020);
}

#[test]
fn the_order_is_clear_agent_new_words_whatever_comes_in_the_step() {
    let mut w = World::twilio()
        .agent_says_on_begin(5_000)
        .when(When::Interrupted, Do::Tell(700, "Yes?".to_owned()))
        .build();
    w.run_for(1_000);
    let before = w.record.texts.len();
    let media_before = w.watch.tally.messages;
    w.caller_interrupts();
    w.run_for(0);
    let texts: Vec<_> = w.record.texts[before..]
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(texts, ["clear", "turn 2", "says Yes?"]);
    assert!(w.watch.tally.messages > media_before, "in the same step");
    assert_eq!(w.interruptions(), [(w.now, 1_000)]);
    w.assert_hears_agent();
    w.run_for(2_000);
    w.assert_heard_ms(1_700);
    assert_eq!(w.heard_of_utterance_ms(1), 700);
}

#[test]
fn a_decision_is_reported_with_what_was_heard_and_when_the_clear_was_written() {
    let mut w = World::twilio().agent_says_on_begin(5_000).build();
    w.run_for(1_000);
    w.caller_link_blocks(800);
    w.run_for(200);
    w.caller_interrupts();
    w.run_for(0);
    w.assert_clears(0);
    w.agent_says(500);
    w.run_for(2_000);
    assert_eq!(w.carrier.clears, 1);
    // What had left before the link took no more was heard.
    let heard_ms = w.interruptions()[0].1;
    assert!((1_100..=1_120).contains(&heard_ms), "{heard_ms} ms");
    w.assert_heard_ms(heard_ms + 500);
    let barge_ins: Vec<_> = w
        .record
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            CallEvent::BargeIn {
                heard_ms,
                cleared_after_us,
            } => Some((*heard_ms, *cleared_after_us)),
            _ => None,
        })
        .collect();
    assert_eq!(barge_ins, [(heard_ms, 600_000)]);
}

#[test]
fn one_interruption_is_one_however_many_say_it() {
    let mut w = World::omni()
        .push_to_talk()
        .agent_says_on_begin(5_000)
        .build();
    w.run_for(1_000);
    w.caller_interrupts();
    w.caller_talks(true);
    w.caller_interrupts();
    w.run_for(0);
    w.agent_cuts_itself_off();
    w.run_for(100);
    w.caller_interrupts();
    w.run_for(1_000);
    w.assert_interrupted(1, 0);
    w.assert_clears(1);
    assert_eq!(w.counters().barge_ins, 1);
}

#[test]
fn everything_that_was_queued_goes_with_what_is_played() {
    let mut w = World::vonage().build();
    for _ in 0..4 {
        w.agent_says(1_000);
    }
    w.agent_insists(1_000);
    w.run_for(1_500);
    w.assert_spoken(1);
    w.caller_interrupts();
    w.run_for(6_000);
    w.assert_interrupted(1, 0);
    assert_eq!(w.interruptions()[0].1, 500, "of the second");
    w.assert_heard_ms(1_500);
    w.assert_spoken(1);
}

#[test]
fn a_greeting_that_is_still_being_made_is_not_wiped_by_a_voice() {
    let mut w = World::twilio()
        .voice_turns()
        .sensitivity(Sensitivity::High)
        .build();
    w.run_for(1_000);
    w.agent_starts(0);
    w.caller_speaks(400);
    w.run_for(500);
    w.assert_told(&Told::SpeechStarted, 1);
    w.agent_goes_on(2_000);
    w.agent_finishes();
    w.run_for(3_000);
    w.assert_interrupted(0, 0);
    w.assert_clears(0);
    w.assert_heard_ms(2_000);
}

#[test]
fn a_greeting_the_line_has_not_taken_yet_is_not_wiped_by_a_voice() {
    let mut w = World::twilio()
        .voice_turns()
        .sensitivity(Sensitivity::High)
        .build();
    w.run_for(1_000);
    w.caller_link_blocks(1_500);
    w.agent_says(2_000);
    w.caller_speaks(400);
    w.run_for(4_000);
    w.assert_told(&Told::EndOfTurn, 1);
    w.assert_interrupted(0, 0);
    w.assert_clears(0);
    w.assert_heard_ms(2_000);
}

#[test]
fn behind_what_may_not_be_interrupted_the_rest_may() {
    let mut w = World::twilio()
        .voice_turns()
        .when(When::Begin, Do::Insist(2_000))
        .when(When::Begin, Do::Say(5_000))
        .build();
    w.run_for(1_000);
    w.caller_speaks(5_000);
    // A second of both has passed when the rest begins.
    w.run_for(999);
    w.assert_interrupted(0, 0);
    w.run_until(1_100, |w| !w.interruptions().is_empty());
    w.assert_silent();
    assert_eq!(w.heard_of_utterance_ms(0), 2_000);
    w.assert_interrupted(1, 20);
    w.run_for(5_000);
    w.assert_silent();
}

#[test]
fn a_message_silences_even_what_a_voice_may_not() {
    let mut w = World::omni().when(When::Begin, Do::Insist(3_000)).build();
    w.run_for(1_000);
    w.caller_interrupts();
    w.assert_silent_within(0);
    w.assert_interrupted(1, 0);
}

#[test]
fn the_gateways_own_line_is_heard_out_by_who_speaks_over_it() {
    let mut w = World::twilio()
        .voice_turns()
        .sensitivity(Sensitivity::High)
        .config(|config| super::set_lines(config, |lines, clip| lines.filler = Some(clip)))
        .when(When::EndOfTurn, Do::Act(Action::Working(true)))
        .build();
    w.run_for(1_000);
    w.caller_speaks(600);
    w.run_for(600);
    w.assert_hears_agent_within(3_000);
    let said = w.now;
    w.caller_speaks(1_500);
    w.run_for(499);
    w.assert_hears_agent();
    w.assert_clears(0);
    w.assert_silent_within(1);
    assert_eq!(w.now.ms_since(said), 500);
    w.run_for(2_000);
    w.assert_told(&Told::EndOfTurn, 2);
    w.assert_interrupted(0, 0);
}

#[test]
fn a_message_cuts_the_gateways_own_line_and_the_agent_is_told_nothing() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|config| super::set_lines(config, |lines, clip| lines.filler = Some(clip)))
        .when(When::EndOfTurn, Do::Act(Action::Working(true)))
        .build();
    w.run_for(1_000);
    w.caller_speaks(600);
    w.run_for(600);
    w.assert_hears_agent_within(3_000);
    w.run_for(100);
    w.caller_interrupts();
    w.assert_silent_within(0);
    w.assert_clears(1);
    w.assert_interrupted(0, 0);
    assert_eq!(w.counters().barge_ins, 0);
    // What comes after it is heard.
    w.agent_says(400);
    w.run_for(500);
    w.assert_heard_ms(400);
    assert!(w.history().is_empty());
}

#[test]
fn last_words_are_not_interrupted() {
    let mut w = World::twilio().voice_turns().build();
    w.agent_says(2_000);
    w.agent_hangs_up();
    w.run_for(500);
    w.caller_interrupts();
    w.caller_speaks(1_000);
    w.run_for(2_000);
    w.assert_heard_ms(2_000);
    w.assert_clears(0);
    w.assert_over(Ending::AgentHungUp, 1000);
}

#[test]
fn a_mark_and_an_interruption_in_one_step_say_what_came_first() {
    for mark_first in [true, false] {
        let mut w = World::plivo().agent_says_on_begin(1_000).build();
        if mark_first {
            w.later(1_000, Act::Text("mark tl-0-0".to_owned()));
        }
        // The carrier's own echo comes behind it in the same step.
        w.later(1_000, Act::Text("interrupt".to_owned()));
        w.run_for(1_000);
        w.assert_spoken(usize::from(mark_first));
        assert_eq!(w.interruptions().len(), usize::from(!mark_first));
        w.run_for(3_000);
        w.assert_spoken(usize::from(mark_first));
        w.assert_heard_ms(1_000);
    }
}

#[test]
fn a_caller_who_interrupts_and_hangs_up_in_one_step_has_hung_up() {
    let mut w = World::twilio().agent_says_on_begin(3_000).build();
    w.run_for(1_000);
    w.caller_interrupts();
    w.caller_hangs_up();
    w.run_for(0);
    w.assert_interrupted(1, 0);
    w.assert_over(Ending::CallerHungUp, 1000);
    let told: Vec<_> = w.told().into_iter().map(|(_, told)| told).collect();
    assert_eq!(told.last(), Some(&Told::Ended(Ending::CallerHungUp)));
    w.run_for(1_000);
    w.assert_heard_ms(1_000);
}

#[test]
fn an_interruption_takes_a_transfer_that_waits_for_the_last_words_with_it_or_leaves_it_whole() {
    let mut w = World::telnyx().agent_says_on_begin(3_000).build();
    w.run_for(1_000);
    w.agent_transfers("+15550100");
    w.caller_interrupts();
    w.run_for(0);
    let wanted = |w: &World| {
        let wanted =
            |(_, event): &&(_, CallEvent)| matches!(event, CallEvent::TransferWanted { .. });
        w.record.events.iter().filter(wanted).count()
    };
    // Silenced, the agent has no more last words: the transfer is asked for now, once.
    w.assert_silent();
    assert_eq!(wanted(&w), 1);
    w.run_for(5_000);
    assert_eq!(wanted(&w), 1);
    w.assert_interrupted(1, 0);
}

#[test]
fn words_and_sounds_of_an_old_generation_are_dropped_whatever_the_engine_does() {
    let mut w = World::twilio().build();
    w.agent_starts(2_000);
    w.run_for(500);
    w.caller_interrupts();
    w.run_for(20);
    // Not begun anew: all of it belongs to what was cut off.
    let stale = w.counters().stale;
    w.agent_wants(Action::Audio);
    w.agent_wants(Action::EndUtterance);
    w.agent_wants(Action::Audio);
    w.run_for(500);
    assert_eq!(w.counters().stale, stale + 2);
    w.assert_spoken(0);
    w.assert_silent();
    w.agent_says(300);
    w.run_for(400);
    w.assert_spoken(1);
    w.assert_heard_ms(800);
}
