//! Answers prepared while the caller's turn may not be over: held, released, thrown away.

use crate::agent::{Action, Signal, TurnVerdict};
use crate::ending::Ending;
use crate::history::Speaker;
use crate::io::{CallEvent, Control};
use crate::referral::Referral;
use crate::sim::acts::Act;
use crate::sim::build::Builder;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

/// An answer may be prepared after 200 ms; the turn is over after 700.
fn eager() -> Builder {
    World::twilio()
        .voice_turns()
        .eager_ms(200)
        .turn_config(|turns| turns.silence_ms = 700)
}

/// A turn of 600 ms, up to its eager end.
fn pause(w: &mut World) {
    w.caller_speaks(600);
    w.run_until(1_000, |w| w.told_at(&Told::EagerEndOfTurn) == Some(w.now));
}

fn act(action: Action) -> Do {
    Do::Act(action)
}

#[test]
fn an_answer_is_prepared_in_the_pause_and_heard_when_the_turn_is_over() {
    let mut w = eager().when(When::EagerEndOfTurn, Do::Say(900)).build();
    w.run_for(1_000);
    w.caller_speaks(600);
    w.run_for(600);
    let silent_since = w.now;
    w.run_for(400);
    let eager_ms = w.told_after_ms(&Told::EagerEndOfTurn, silent_since);
    assert!((200..=280).contains(&eager_ms), "{eager_ms} ms");
    w.assert_silent();
    let more_ms = w.assert_hears_agent_within(500);
    assert_eq!(w.told_at(&Told::EndOfTurn), Some(w.now), "{more_ms} ms");
    w.run_for(2_000);
    w.assert_heard_ms(900);
    w.assert_no_gaps();
    w.assert_spoken(1);
    let turn = [Told::SpeechStarted, Told::EagerEndOfTurn, Told::EndOfTurn];
    assert_eq!(w.turns_told(), turn);
}

#[test]
fn the_time_to_think_is_hidden_in_the_pause() {
    // It takes 400 ms to find an answer.
    let think = || Do::After(400, Box::new(Do::Say(500)));
    let mut late = eager().when(When::EndOfTurn, think()).build();
    let mut early = eager().when(When::EagerEndOfTurn, think()).build();
    for w in [&mut late, &mut early] {
        w.run_for(1_000);
        w.caller_speaks(600);
        w.run_for(3_000);
        w.assert_heard_ms(500);
    }
    let (late_ms, early_ms) = (late.answered_after_ms()[0], early.answered_after_ms()[0]);
    println!("silence to answer: {late_ms} ms, prepared in the pause: {early_ms} ms");
    assert_eq!(late_ms - early_ms, 400);
    assert!((700..=740).contains(&early_ms), "{early_ms} ms");
}

#[test]
fn not_a_sound_not_a_line_and_no_turn_before_the_end() {
    let mut w = eager()
        .when(
            When::EagerEndOfTurn,
            Do::Tell(900, "It is five.".to_owned()),
        )
        .build();
    w.run_for(1_000);
    pause(&mut w);
    w.run_for(300);
    let before = w.record.texts.len();
    assert_eq!(w.watch.tally.messages, 0);
    w.assert_sent("turn 1", 0);
    let says = |w: &World| {
        let says = |(_, event): &&(_, CallEvent)| matches!(event, CallEvent::AgentSays { .. });
        w.record.events.iter().filter(says).count()
    };
    assert_eq!(says(&w), 0);
    assert_eq!(w.counters().turns, 0);
    w.run_until(500, |w| w.told_at(&Told::EndOfTurn).is_some());
    let texts: Vec<_> = w.record.texts[before..]
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(texts, ["turn 1", "says It is five."]);
    assert_eq!(says(&w), 1);
    assert_eq!(w.sent_at("turn 1"), w.told_at(&Told::EndOfTurn));
}

#[test]
fn what_was_prepared_for_half_a_turn_is_never_heard() {
    let mut w = eager()
        .when(When::EagerEndOfTurn, Do::Tell(900, "Too soon.".to_owned()))
        .when(When::EndOfTurn, Do::Tell(400, "Now.".to_owned()))
        .build();
    w.run_for(1_000);
    pause(&mut w);
    w.run_for(100);
    // On with it; the second pause has an answer of its own, which is as good as the first.
    w.caller_speaks(600);
    w.run_for(500);
    w.assert_told(&Told::TurnResumed, 1);
    assert_eq!(w.counters().answers_dropped, 1);
    w.run_for(4_000);
    assert_eq!(w.heard_of_utterance_ms(0), 0);
    assert_eq!(w.heard_of_utterance_ms(1), 900);
    w.assert_sent("says Too soon.", 1);
    w.assert_sent("turn 2", 1);
    w.assert_sent("turn 3", 0);
    w.assert_spoken(2);
    let said: Vec<_> = w.history().into_iter().map(|said| said.text).collect();
    assert_eq!(said, ["Too soon. Now."]);
}

#[test]
fn the_caller_goes_on_within_200_ms_of_the_first_sound() {
    let mut w = eager().when(When::EagerEndOfTurn, Do::Say(900)).build();
    w.run_for(1_000);
    pause(&mut w);
    let again = w.now;
    w.caller_speaks(600);
    w.run_for(300);
    let after_ms = w.told_after_ms(&Told::TurnResumed, again);
    println!("onset to TurnResumed: {after_ms} ms");
    assert!(after_ms <= 100, "{after_ms} ms");
    w.assert_silent();
}

#[test]
fn what_an_answer_leads_to_waits_with_it() {
    let transfer = Action::Transfer(Referral::to("+15550100"));
    for (order, ending) in [
        (Action::HangUp, Some(Ending::AgentHungUp)),
        (transfer, Some(Ending::Transferred)),
        (Action::Hold(true), None),
        (Action::Press("5".to_owned()), None),
    ] {
        let mut w = World::genesys()
            .voice_turns()
            .eager_ms(200)
            .turn_config(|turns| turns.silence_ms = 700)
            .when(When::EagerEndOfTurn, Do::Say(500))
            .when(When::EagerEndOfTurn, act(order.clone()))
            .build();
        w.run_for(1_000);
        pause(&mut w);
        w.run_for(300);
        w.assert_still_on();
        w.assert_told(&Told::Hold(true), 0);
        w.assert_silent();
        let over_ms = w.assert_hears_agent_within(500);
        w.run_for(499);
        assert!(!w.driver.over);
        w.assert_told(&Told::Hold(true), 0);
        w.run_for(1);
        w.assert_heard_ms(500);
        w.run_for(300);
        assert_eq!(w.ending(), ending, "{order:?} after {over_ms} ms");
        let held = usize::from(order == Action::Hold(true));
        w.assert_told(&Told::Hold(true), held);
    }
}

#[test]
fn what_half_an_answer_led_to_is_forgotten_with_it() {
    for order in [
        Action::HangUp,
        Action::Hold(true),
        Action::Press("5".to_owned()),
    ] {
        let mut w = eager().build();
        w.run_for(1_000);
        pause(&mut w);
        w.agent_says(500);
        w.agent_wants(order);
        w.run_for(100);
        w.caller_speaks(600);
        w.run_for(4_000);
        w.assert_told(&Told::EndOfTurn, 1);
        w.assert_still_on();
        w.assert_told(&Told::Hold(true), 0);
        w.assert_silent();
        assert_eq!(w.watch.tally.messages, 0);
    }
}

#[test]
fn an_answer_that_is_still_being_given_when_the_turn_ends_goes_on() {
    let mut w = eager().build();
    w.run_for(1_000);
    pause(&mut w);
    w.agent_starts(300);
    w.assert_silent();
    w.assert_hears_agent_within(600);
    w.run_for(100);
    w.agent_goes_on(400);
    w.agent_finishes();
    w.run_for(1_000);
    w.assert_heard_ms(700);
    w.assert_no_gaps();
    w.assert_spoken(1);
}

#[test]
fn what_was_begun_before_the_pause_is_not_held() {
    let mut w = eager().when(When::Begin, Do::Insist(4_000)).build();
    w.run_for(1_000);
    pause(&mut w);
    w.agent_says(300);
    w.run_for(200);
    w.assert_hears_agent();
    w.run_for(4_000);
    w.assert_heard_ms(4_300);
    w.assert_no_gaps();
}

#[test]
fn a_message_throws_a_held_answer_away_and_what_is_begun_then_waits_as_well() {
    let mut w = eager().build();
    w.run_for(1_000);
    pause(&mut w);
    w.agent_tells(900, "One.");
    w.run_for(50);
    w.caller_interrupts();
    w.run_for(0);
    assert_eq!(w.interruptions(), [(w.now, 0)]);
    w.assert_clears(0);
    w.agent_tells(400, "Two.");
    w.run_for(100);
    w.assert_silent();
    w.assert_sent("says Two.", 0);
    w.run_for(2_000);
    w.assert_heard_ms(400);
    w.assert_sent("says One.", 0);
    w.assert_sent("says Two.", 1);
}

#[test]
fn an_agent_that_thinks_better_of_its_answer_is_held_with_the_new_one() {
    let mut w = World::twilio().engine_turns().build();
    w.run_for(300);
    w.engine_reports(Signal::Started);
    w.run_for(700);
    w.engine_reports(Signal::Eager);
    w.agent_tells(900, "One.");
    w.run_for(50);
    w.agent_cuts_itself_off();
    w.agent_tells(400, "Two.");
    w.run_for(200);
    w.assert_silent();
    w.assert_sent("says Two.", 0);
    w.engine_reports(Signal::Ended("hello".to_owned()));
    w.run_for(1_000);
    w.assert_heard_ms(400);
    w.assert_sent("says One.", 0);
}

#[test]
fn a_caller_who_hangs_up_in_the_pause_has_heard_nothing() {
    let mut w = eager()
        .when(When::EagerEndOfTurn, Do::Tell(900, "Bye.".to_owned()))
        .when(When::EagerEndOfTurn, act(Action::HangUp))
        .build();
    w.run_for(1_000);
    pause(&mut w);
    w.run_for(100);
    w.caller_hangs_up();
    w.run_for(1_000);
    w.assert_over(Ending::CallerHungUp, 1000);
    w.assert_heard_ms(0);
    w.assert_sent("says Bye.", 0);
    assert_eq!(w.metering().agent_audio_ms, 0);
}

#[test]
fn an_answer_is_held_while_an_unfinished_sentence_is_waited_for() {
    let mut w = eager().when(When::EagerEndOfTurn, Do::Say(500)).build();
    w.agent_will_judge(&[TurnVerdict::Wait { ms: 1_500 }]);
    w.run_for(1_000);
    pause(&mut w);
    w.run_for(1_500);
    w.assert_silent();
    assert_eq!(w.watch.tally.messages, 0);
    w.run_for(2_000);
    let judged = w.agent.desk().notes.judged[0];
    assert_eq!(w.told_after_ms(&Told::EndOfTurn, judged), 1_500);
    w.assert_heard_ms(500);

    // And thrown away where the sentence is finished after all.
    let mut w = eager().build();
    w.agent_will_judge(&[TurnVerdict::Wait { ms: 1_500 }]);
    w.run_for(1_000);
    pause(&mut w);
    w.agent_says(500);
    w.run_for(1_200);
    w.caller_speaks(600);
    w.run_for(3_000);
    w.assert_told(&Told::TurnResumed, 1);
    w.assert_heard_ms(0);
}

#[test]
fn a_pause_as_long_as_the_turn_allows_is_told_before_its_end() {
    for eager_ms in [700, 2_000] {
        let mut w = eager()
            .eager_ms(eager_ms)
            .when(When::EagerEndOfTurn, Do::Say(300))
            .when(When::EndOfTurn, Do::Say(200))
            .build();
        w.run_for(1_000);
        w.caller_speaks(600);
        w.run_for(3_000);
        w.assert_told(&Told::EndOfTurn, 1);
        let heard_ms = if eager_ms == 700 { 500 } else { 200 };
        w.assert_heard_ms(heard_ms);
    }
}

#[test]
fn a_caller_put_on_hold_in_the_pause_hears_the_music_and_no_answer() {
    let mut w = eager()
        .when(When::EagerEndOfTurn, Do::Tell(900, "Late.".to_owned()))
        .config(|config| super::set_lines(config, |lines, clip| lines.hold_music = Some(clip)))
        .build();
    w.run_for(1_000);
    pause(&mut w);
    w.run_for(100);
    w.act(Act::Control(Control::Hold(true)));
    w.assert_hears_agent_within(20);
    w.run_for(2_000);
    w.assert_hears_agent();
    w.assert_heard_ms(0);
    w.act(Act::Control(Control::Hold(false)));
    w.run_for(2_000);
    w.assert_silent();
    w.assert_heard_ms(0);
    w.assert_sent("says Late.", 0);
}

#[test]
fn an_agent_that_has_not_heard_of_the_pause_ending_speaks_to_nobody() {
    let mut w = eager().build();
    w.run_for(1_000);
    pause(&mut w);
    // Its engine takes nothing: what it is told waits behind the audio.
    w.agent_takes_audio(false);
    w.run_for(50);
    w.caller_speaks(2_000);
    w.run_for(400);
    w.assert_told(&Told::TurnResumed, 0);
    w.agent_tells(900, "An answer to half a turn.");
    w.run_for(300);
    w.assert_silent();
    w.agent_takes_audio(true);
    w.run_for(4_000);
    w.assert_told(&Told::TurnResumed, 1);
    w.assert_heard_ms(0);
    let said = w.history();
    assert!(said.iter().all(|said| said.speaker == Speaker::Caller));
}
