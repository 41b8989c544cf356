//! Nobody says anything: the filler, the question again, the longest call, the answering machine.

use crate::agent::{Action, Answerer, Signal, TurnMode};
use crate::config::OnMachine;
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::sim::clips::Own;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use crate::time::Time;

/// An agent that goes to work on every turn of the caller's.
fn at_work() -> crate::sim::build::Builder {
    World::twilio()
        .voice_turns()
        .line(Own::Filler, 600)
        .when(When::EndOfTurn, Do::Act(Action::Working(true)))
}

/// Milliseconds from the end of the caller's last turn to each line.
fn after_the_turn(w: &World) -> Vec<(Own, u64, u64)> {
    w.lines_heard(w.told_at(&Told::EndOfTurn).expect("a turn"))
}

#[test]
fn an_agent_at_work_is_filled_in_for_once() {
    let mut w = at_work().build();
    w.run_for(200);
    w.caller_speaks(1_000);
    w.run_for(15_000);
    w.assert_told(&Told::EndOfTurn, 1);
    assert_eq!(after_the_turn(&w), [(Own::Filler, 2_000, 600)]);
}

#[test]
fn every_turn_has_its_filler() {
    let mut w = at_work().build();
    w.run_for(200);
    w.caller_speaks(1_000);
    w.run_for(8_000);
    assert_eq!(after_the_turn(&w), [(Own::Filler, 2_000, 600)]);
    w.caller_speaks(1_000);
    w.run_for(8_000);
    w.assert_told(&Told::EndOfTurn, 2);
    assert_eq!(after_the_turn(&w)[1..], [(Own::Filler, 2_000, 600)]);
}

#[test]
fn the_filler_waits_for_the_agent_and_for_its_last_word() {
    let mut w = at_work()
        .when(When::EndOfTurn, Do::After(1_500, Box::new(Do::Say(1_000))))
        .build();
    w.run_for(200);
    w.caller_speaks(1_000);
    w.run_for(12_000);
    w.assert_heard_ms(1_000);
    // "One moment" from 1,500 to 2,500; two seconds of nothing after it.
    assert_eq!(after_the_turn(&w), [(Own::Filler, 4_500, 600)]);
}

#[test]
fn an_answer_waits_for_the_end_of_the_filler() {
    let mut w = at_work()
        .when(
            When::EndOfTurn,
            Do::After(2_200, Box::new(Do::Act(Action::Working(false)))),
        )
        .when(When::EndOfTurn, Do::After(2_200, Box::new(Do::Say(500))))
        .build();
    w.run_for(200);
    w.caller_speaks(1_000);
    w.run_for(10_000);
    assert_eq!(after_the_turn(&w), [(Own::Filler, 2_000, 600)]);
    let turn = w.told_at(&Told::EndOfTurn).expect("a turn");
    assert_eq!(w.carrier.heard(w.now)[0].at.ms_since(turn), 2_600);
    w.assert_heard_ms(500);
    w.assert_spoken(1);
}

#[test]
fn a_caller_who_speaks_into_the_wait_is_not_talked_over() {
    let mut w = at_work().build();
    w.run_for(200);
    w.caller_speaks(1_000);
    w.run_until(3_000, |w| w.told_at(&Told::EndOfTurn).is_some());
    w.run_for(1_500);
    w.caller_speaks(3_000);
    w.run_for(3_000);
    assert_eq!(w.lines_heard(Time::ZERO), []);
    w.run_for(8_000);
    assert_eq!(after_the_turn(&w), [(Own::Filler, 2_000, 600)]);
}

#[test]
fn an_agent_that_is_done_with_its_work_is_not_filled_in_for() {
    let mut w = at_work()
        .when(
            When::EndOfTurn,
            Do::After(1_900, Box::new(Do::Act(Action::Working(false)))),
        )
        .build();
    w.run_for(200);
    w.caller_speaks(1_000);
    w.run_for(8_000);
    w.assert_told(&Told::EndOfTurn, 1);
    assert_eq!(w.lines_heard(Time::ZERO), []);
}

#[test]
fn a_silent_caller_is_asked_again_and_given_up_at_last() {
    let mut w = World::twilio()
        .voice_turns()
        .line(Own::Silent, 1_000)
        .config(|c| {
            c.turns.idle_ms = Some(3_000);
            c.turns.idle_limit = 2;
        })
        .agent_says_on_begin(1_000)
        .when(When::Idle, Do::Say(1_000))
        .build();
    w.run_for(20_000);
    assert_eq!(
        w.told_at(&Told::Idle { times: 1 }),
        Some(Time::from_ms(4_000))
    );
    assert_eq!(
        w.told_at(&Told::Idle { times: 2 }),
        Some(Time::from_ms(8_000))
    );
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::Silent, 12_000, 1_000)]);
    w.assert_over(Ending::CallerSilent, 1000);
    assert_eq!(w.over_at(), Some(Time::from_ms(13_000)));
}

#[test]
fn whatever_the_caller_does_starts_the_count_again() {
    type Sign = fn(&mut World);
    let signs: [(&str, Sign); 3] = [
        ("voice", |w| w.caller_speaks(600)),
        ("key", |w| w.caller_presses('1')),
        ("text", |w| w.caller_types("hello")),
    ];
    for (name, sign) in signs {
        let mut w = World::twilio()
            .voice_turns()
            .config(|c| {
                c.turns.idle_ms = Some(3_000);
                c.turns.idle_limit = 2;
            })
            .build();
        w.run_for(7_000);
        w.assert_told(&Told::Idle { times: 2 }, 1);
        sign(&mut w);
        w.run_for(4_500);
        w.assert_told(&Told::Idle { times: 1 }, 2);
        w.run_for(3_500);
        w.assert_still_on();
        w.run_for(3_000);
        assert_eq!(w.ending(), Some(Ending::CallerSilent), "{name}");
    }
}

#[test]
fn a_network_that_goes_silent_ends_the_turn_and_counts_as_silence() {
    let mut w = World::asterisk()
        .voice_turns()
        .config(|c| c.turns.idle_ms = Some(3_000))
        .agent_answers_with(500)
        .build();
    w.caller_network_suppresses_silence();
    w.run_for(1_000);
    w.caller_speaks(1_000);
    w.run_for(1_600);
    w.assert_told(&Told::EndOfTurn, 1);
    w.run_for(1_000);
    w.assert_heard_ms(500);
    let turn = w.told_at(&Told::EndOfTurn).expect("a turn");
    w.run_for(3_000);
    let idle = w.told_at(&Told::Idle { times: 1 }).expect("told");
    // The answer, then three seconds; frames leave in real time.
    assert!(
        idle.ms_since(turn).abs_diff(3_500) <= 20,
        "{idle} after {turn}"
    );
}

#[test]
fn a_long_speech_of_the_agents_or_of_the_callers_is_no_silence() {
    let mut w = World::twilio()
        .turns(TurnMode::Engine)
        .config(|c| c.turns.idle_ms = Some(2_000))
        .agent_says_on_begin(6_000)
        .build();
    w.run_for(6_500);
    w.agent_wants(Action::Turn(Signal::Started));
    w.run_for(8_000);
    assert_eq!(w.told_at(&Told::Idle { times: 1 }), None);
    w.agent_wants(Action::Turn(Signal::Ended("a long story".to_owned())));
    let ended = w.now;
    w.run_for(2_000);
    let told = w.told_at(&Told::Idle { times: 1 }).expect("told");
    assert_eq!(told.ms_since(ended), 2_000);
}

#[test]
fn an_agent_at_work_does_not_make_the_caller_idle() {
    let mut w = at_work().config(|c| c.turns.idle_ms = Some(3_000)).build();
    w.run_for(200);
    w.caller_speaks(600);
    w.run_for(10_000);
    w.assert_told(&Told::Idle { times: 1 }, 0);
    w.agent_works(false);
    let free = w.now;
    w.run_for(3_000);
    let told = w.told_at(&Told::Idle { times: 1 }).expect("told");
    assert_eq!(told.ms_since(free), 3_000);
}

#[test]
fn the_longest_call_ends_with_its_sentence_whatever_the_agent_says() {
    let mut w = World::twilio()
        .latency_ms(30)
        .line(Own::TooLong, 1_500)
        .config(|c| c.max_call_ms = 5_000)
        .agent_says_on_begin(20_000)
        .build_connected();
    w.caller_sends("start");
    w.run_for(4_999);
    w.assert_still_on();
    w.run_for(6_000);
    // The clear and the line arrive together.
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::TooLong, 5_030, 1_500)]);
    w.assert_over(Ending::TooLong, 4411);
    let last = w.carrier.heard(w.now).last().expect("heard").until;
    assert_eq!(last, Time::from_ms(5_030));
}

#[test]
fn who_goes_on_talking_after_picking_up_is_a_machine() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| c.turns.machine_ms = Some(4_000))
        .build();
    w.run_for(500);
    w.caller_speaks(8_000);
    w.run_for(4_000);
    w.assert_told(&Told::AnsweredBy(Answerer::Machine), 0);
    w.run_for(400);
    w.assert_told(&Told::AnsweredBy(Answerer::Machine), 1);
    w.run_for(6_000);
    w.assert_told(&Told::AnsweredBy(Answerer::Machine), 1);
    w.assert_still_on();
}

#[test]
fn who_says_hello_and_waits_is_a_person_and_stays_one() {
    let mut w = World::plivo()
        .voice_turns()
        .config(|c| {
            c.turns.machine_ms = Some(4_000);
            c.turns.on_machine = OnMachine::HangUp;
        })
        .build();
    w.run_for(500);
    w.caller_speaks(800);
    w.run_for(1_500);
    w.assert_told(&Told::AnsweredBy(Answerer::Human), 1);
    w.caller_speaks(9_000);
    w.run_for(10_000);
    w.assert_told(&Told::AnsweredBy(Answerer::Machine), 0);
    w.assert_still_on();
}

#[test]
fn a_machine_is_hung_up_on_where_that_is_wanted() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| {
            c.turns.machine_ms = Some(2_000);
            c.turns.on_machine = OnMachine::HangUp;
        })
        .build();
    w.caller_speaks(8_000);
    w.run_for(3_000);
    w.assert_over(Ending::Machine, 1000);
    w.assert_told(&Told::AnsweredBy(Answerer::Machine), 1);
}

#[test]
fn what_the_carrier_has_found_is_not_doubted() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| c.turns.machine_ms = Some(2_000))
        .build();
    w.run_for(300);
    w.carrier_finds(Answerer::Human);
    w.caller_speaks(8_000);
    w.run_for(9_000);
    w.assert_told(&Told::AnsweredBy(Answerer::Human), 1);
    let reported = w.reported(|e| matches!(e, CallEvent::AnsweredBy { .. }));
    assert_eq!(reported, 1);
}

#[test]
fn a_filler_is_said_to_its_end_whoever_speaks() {
    let mut w = at_work().line(Own::Filler, 1_500).build();
    w.run_for(200);
    w.caller_speaks(1_000);
    w.run_until(6_000, |w| !w.lines_heard(Time::ZERO).is_empty());
    w.caller_speaks(900);
    w.run_for(1_600);
    assert_eq!(w.lines_heard(Time::ZERO)[0].2, 1_500);
    w.assert_clears(0);
    w.assert_interrupted(0, 0);
}
