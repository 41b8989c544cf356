//! Places in what the agent says that it has given names.

use crate::agent::{Action, Signal, TurnVerdict};
use crate::caller::MarkEcho;
use crate::ending::Ending;
use crate::marks::MAX_NAME_BYTES;
use crate::sim::carrier::Echoes;
use crate::sim::clips::Own;
use crate::sim::lines;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use crate::time::Time;

/// The names it was told since `since`: when, in milliseconds, which, and whether what was before was played.
fn marked(w: &World, since: Time) -> Vec<(u64, String, bool)> {
    w.marked(since)
}

/// The same without the times.
fn outcomes(w: &World) -> Vec<(String, bool)> {
    let marked = marked(w, Time::ZERO).into_iter();
    marked.map(|(_, name, played)| (name, played)).collect()
}

fn all(names: &[&str], played: bool) -> Vec<(String, bool)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), played))
        .collect()
}

#[test]
fn each_name_is_told_when_what_is_before_it_has_been_played() {
    for line in lines::ALL {
        let mut w = World::on(line).latency_ms(20).build();
        let begun = w.now;
        w.agent_says(400);
        w.agent_marks("a");
        w.agent_marks("b");
        w.agent_says(1_000);
        w.agent_marks("c");
        w.run_for(10_000);
        assert_eq!(outcomes(&w), all(&["a", "b", "c"], true), "{line:?}");
        let at: Vec<_> = marked(&w, begun).iter().map(|(at, ..)| *at).collect();
        // Not before it was heard, and soon after: padding, and the way there and back.
        for (at, ends) in at.iter().zip([400, 400, 1_400]) {
            assert!((ends..=ends + 440).contains(at), "{at} ms on {line:?}");
        }
        w.assert_spoken(2);
    }
}

#[test]
fn the_utterance_goes_on_behind_a_name() {
    let mut w = World::vonage().build();
    let begun = w.now;
    w.agent_starts(300);
    w.agent_marks("so far");
    w.agent_goes_on(300);
    w.run_for(2_000);
    assert_eq!(marked(&w, begun), [(300, "so far".to_owned(), true)]);
    w.assert_spoken(0);
    w.agent_finishes();
    w.run_for(100);
    w.assert_spoken(1);
    w.assert_heard_ms(600);
    w.assert_no_gaps();
}

#[test]
fn names_within_an_utterance_put_no_silence_into_it() {
    for line in lines::ALL {
        let mut w = World::on(line).build();
        let begun = w.now;
        w.agent_starts(0);
        let names: Vec<_> = (1..=40).map(|n| format!("n{n}")).collect();
        for name in &names {
            w.agent_goes_on(60);
            w.agent_marks(name);
        }
        w.agent_finishes();
        w.run_for(5_000);
        w.assert_heard_ms(2_400);
        w.assert_no_gaps();
        w.assert_spoken(1);
        assert_eq!(w.counters().turns, 1, "{line:?}");
        let told = marked(&w, begun);
        let names_told: Vec<_> = told.iter().map(|(_, name, _)| name).collect();
        assert_eq!(names_told, names.iter().collect::<Vec<_>>(), "{line:?}");
        let message_ms = lines::message_us(&line) / 1_000;
        for ((at, _, played), ends) in told.iter().zip((60..).step_by(60)) {
            let time = ends..=ends + message_ms.max(20);
            assert!(*played && time.contains(at), "{ends}: {at} on {line:?}");
        }
    }
}

#[test]
fn behind_part_of_a_message_a_name_waits_for_more_or_for_the_end() {
    // Messages of 100 ms.
    let mut w = World::genesys().build();
    let begun = w.now;
    w.agent_starts(160);
    w.agent_marks("a");
    w.agent_marks("b");
    w.run_for(150);
    assert_eq!(outcomes(&w), []);
    w.agent_goes_on(40);
    w.run_for(150);
    assert_eq!(outcomes(&w), all(&["a", "b"], true));
    w.agent_goes_on(60);
    w.agent_marks("c");
    w.run_for(1_000);
    assert_eq!(outcomes(&w), all(&["a", "b"], true));
    w.agent_finishes();
    w.run_for(150);
    assert_eq!(outcomes(&w), all(&["a", "b", "c"], true));
    // The one message from 150 on, the other from 1,300 on.
    let at: Vec<_> = marked(&w, begun).iter().map(|(at, ..)| *at).collect();
    assert_eq!(at, [250, 250, 1_400]);
    w.assert_heard_ms(260);
}

#[test]
fn of_marks_at_one_place_one_goes_out_and_its_echo_tells_all() {
    let mut w = World::twilio().latency_ms(50).build();
    let begun = w.now;
    w.agent_says(400);
    w.agent_marks("a");
    w.agent_marks("b");
    w.agent_says(200);
    w.agent_marks("c");
    // Between the last frame and its echo.
    w.run_for(590);
    w.agent_marks("d");
    w.run_for(2_000);
    let names = ["a", "b", "c", "d"];
    let at = [500, 500, 700, 700];
    let told = names
        .iter()
        .zip(at)
        .map(|(n, at)| (at, (*n).to_owned(), true));
    assert_eq!(marked(&w, begun), told.collect::<Vec<_>>());
    let texts = w.record.texts.iter().map(|(_, text)| text.as_str());
    let sent: Vec<_> = texts.filter(|text| text.starts_with("mark ")).collect();
    assert_eq!(sent, ["mark tl-0-0", "mark tl-0-1"]);
    w.assert_spoken(2);
}

#[test]
fn a_name_behind_what_was_cut_out_is_told_without_more_being_said() {
    // Each 100 ms come within 80: the queue grows until it is shortened.
    let mut w = World::twilio()
        .agent_in_real_time()
        .agent_pauses(500, 500)
        .build();
    w.agent_starts(0);
    for n in 0..100 {
        w.agent_goes_on(100);
        w.agent_marks(&n.to_string());
    }
    w.run_for(20_000);
    assert!(w.counters().slipped_ms > 200, "{:?}", w.counters());
    assert_eq!(outcomes(&w).len(), 100);
    w.assert_spoken(0);
}

#[test]
fn where_nothing_is_said_a_name_comes_back_at_once() {
    let mut w = World::genesys().build();
    w.run_for(500);
    w.agent_marks("idle");
    assert_eq!(marked(&w, w.now), [(0, "idle".to_owned(), true)]);
    let mut w = World::twilio().latency_ms(30).build();
    w.run_for(500);
    let set = w.now;
    w.agent_marks("idle");
    w.run_for(59);
    assert_eq!(marked(&w, set), [], "the carrier has the word");
    w.run_for(1);
    assert_eq!(marked(&w, set), [(60, "idle".to_owned(), true)]);
}

#[test]
fn behind_what_is_being_played_a_name_waits_for_the_end_of_it() {
    for line in [lines::TWILIO, lines::PLIVO, lines::ACS] {
        let mut w = World::on(line).build();
        let begun = w.now;
        w.agent_says(1_000);
        // The last frame is out 100 ms before it ends.
        w.run_for(950);
        w.agent_marks("nearly");
        w.run_for(49);
        assert_eq!(marked(&w, begun), [], "{line:?}");
        w.run_for(1);
        assert_eq!(marked(&w, begun), [(1_000, "nearly".to_owned(), true)]);
    }
}

#[test]
fn an_echo_that_does_not_come_is_not_waited_for_for_ever() {
    let mut w = World::plivo().build();
    w.carrier.echoes = Echoes::Never;
    let begun = w.now;
    w.agent_says(1_000);
    w.agent_marks("lost");
    w.run_for(2_999);
    assert_eq!(marked(&w, begun), []);
    w.run_for(1);
    assert_eq!(marked(&w, begun), [(3_000, "lost".to_owned(), true)]);
}

#[test]
fn an_interruption_tells_which_names_were_reached() {
    for line in lines::ALL.into_iter().filter(|line| line.clears) {
        let mut w = World::on(line).latency_ms(40).build();
        for (ms, name) in [(1_000, "heard"), (4_000, "cut"), (1_000, "never")] {
            w.agent_says(ms);
            w.agent_marks(name);
        }
        // By the clock the first is over, and its echo is on the way.
        let echoed = line.marks != MarkEcho::Never;
        w.run_for(if echoed { 1_010 } else { 1_300 });
        w.agent.desk_mut().notes.told.clear();
        w.caller_sends("interrupt");
        w.run_for(6_000);
        let mut told = outcomes(&w);
        told.retain(|(name, _)| name != "heard");
        assert_eq!(told, all(&["cut", "never"], false), "{line:?}");
        assert_eq!(w.interruptions().len(), 1, "{line:?}");
    }
}

#[test]
fn a_name_whose_echo_is_on_the_way_when_the_caller_interrupts_was_reached() {
    let mut w = World::twilio().latency_ms(100).build();
    w.agent_says(500);
    w.agent_marks("heard");
    w.agent_says(3_000);
    w.agent_marks("cut");
    w.run_for(450);
    w.caller_interrupts();
    // It comes at 550, 50 ms after the first has ended by the clock; the echo would at 700.
    w.run_for(3_000);
    let expected = [
        (550, "heard".to_owned(), true),
        (550, "cut".to_owned(), false),
    ];
    let begun = w.begun()[0].at;
    assert_eq!(marked(&w, begun), expected);
    w.assert_spoken(1);
}

#[test]
fn an_agent_that_cuts_itself_off_is_told_of_its_names_all_the_same() {
    let mut w = World::twilio().build();
    w.agent_says(1_000);
    w.agent_marks("a");
    w.agent_says(1_000);
    w.agent_marks("b");
    w.run_for(500);
    w.agent_cuts_itself_off();
    assert_eq!(outcomes(&w), all(&["a", "b"], false));
    w.agent_says(200);
    w.agent_marks("c");
    w.run_for(3_000);
    let mut expected = all(&["a", "b"], false);
    expected.extend(all(&["c"], true));
    assert_eq!(outcomes(&w), expected);
}

#[test]
fn names_behind_an_answer_that_is_held_wait_for_it() {
    let mut w = World::twilio().engine_turns().build();
    w.engine_reports(Signal::Started);
    w.engine_reports(Signal::Eager);
    w.agent_says(300);
    w.agent_marks("a");
    w.agent_starts(500);
    w.agent_marks("b");
    w.run_for(2_000);
    assert_eq!(outcomes(&w), []);
    w.engine_reports(Signal::Ended("yes".to_owned()));
    let over = w.now;
    w.run_for(2_000);
    // Each behind its own utterance.
    let expected = [(300, "a".to_owned(), true), (800, "b".to_owned(), true)];
    assert_eq!(marked(&w, over), expected);
}

#[test]
fn names_of_an_answer_that_is_dropped_are_void_and_those_before_it_are_not() {
    let mut w = World::twilio().engine_turns().build();
    w.agent_insists(2_000);
    w.agent_marks("before");
    w.run_for(300);
    w.engine_reports(Signal::Started);
    w.engine_reports(Signal::Eager);
    w.agent_marks("meanwhile");
    w.agent_says(400);
    w.agent_marks("a");
    w.agent_says(400);
    w.agent_marks("b");
    w.run_for(500);
    w.engine_reports(Signal::Resumed);
    assert_eq!(outcomes(&w), all(&["a", "b"], false));
    w.run_for(4_000);
    let mut expected = all(&["a", "b"], false);
    expected.extend(all(&["before", "meanwhile"], true));
    assert_eq!(outcomes(&w), expected);
}

#[test]
fn a_name_set_by_who_does_not_know_yet_that_the_answer_is_void_is_not_played() {
    let mut w = World::twilio()
        .voice_turns()
        .eager_ms(300)
        .turn_config(|turns| turns.silence_ms = 1_500)
        .build();
    w.run_for(300);
    w.caller_speaks(800);
    w.run_until(3_000, |w| w.told_at(&Told::EagerEndOfTurn).is_some());
    w.agent_takes_audio(false);
    w.run_for(40);
    w.caller_speaks(1_000);
    w.run_for(700);
    w.assert_told(&Told::TurnResumed, 0);
    w.agent_says(300);
    w.agent_marks("void");
    assert_eq!(outcomes(&w), all(&["void"], false));
    w.last_words_are_void();
    w.agent_takes_audio(true);
    w.run_for(5_000);
    assert_eq!(outcomes(&w), all(&["void"], false));
}

#[test]
fn on_hold_nobody_hears_what_a_name_stands_behind() {
    for music in [0, 300] {
        let mut w = World::twilio().line(Own::Music, music).build();
        w.agent_says(3_000);
        w.agent_marks("cut");
        w.run_for(500);
        w.operator_holds(true);
        assert_eq!(outcomes(&w), all(&["cut"], false));
        w.agent.desk_mut().notes.told.clear();
        w.agent_says(200);
        w.agent_marks("unheard");
        w.run_for(2_000);
        assert_eq!(outcomes(&w), []);
        w.last_words_are_void();
        w.operator_holds(false);
        assert_eq!(outcomes(&w), all(&["unheard"], false), "music {music} ms");
    }
}

#[test]
fn a_hold_that_waits_for_the_last_word_leaves_its_name_alone() {
    let mut w = World::plivo().line(Own::Music, 1_000).build();
    w.agent_says(600);
    w.agent_marks("one moment");
    w.agent_holds(true);
    w.run_for(5_000);
    assert_eq!(outcomes(&w), all(&["one moment"], true));
}

#[test]
fn names_set_on_hold_do_not_outlive_it() {
    let mut w = World::telnyx().build();
    w.operator_holds(true);
    w.run_for(500);
    w.agent_marks("unheard");
    w.run_for(500);
    w.agent_transfers("+15550100");
    w.run_for(100);
    assert_eq!(outcomes(&w), all(&["unheard"], false));
}

#[test]
fn one_name_too_many_and_one_too_long_come_back_at_once() {
    let mut w = World::twilio().build();
    w.agent_says(1_000);
    let names: Vec<_> = (0..1_025).map(|n| format!("n{n}")).collect();
    for name in &names {
        w.agent_marks(name);
    }
    assert_eq!(outcomes(&w), all(&["n1024"], false));
    let (fits, long) = ("x".repeat(MAX_NAME_BYTES), "y".repeat(MAX_NAME_BYTES + 1));
    w.run_for(1_500);
    w.agent_marks(&fits);
    w.agent_marks(&long);
    w.run_for(1_500);
    let told = outcomes(&w);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(told[1..1_025], all(&names[..1_024], true));
    let mut expected = all(&[&long], false);
    expected.extend(all(&[&fits], true));
    assert_eq!(told[1_025..], expected);
    assert_eq!(w.counters().turns, 1);
}

#[test]
fn names_in_front_of_a_caller_who_takes_nothing_do_not_end_the_call() {
    let mut w = World::twilio().socket_bytes(1_024).build();
    w.caller_link_blocks(3_000);
    for n in 0..300 {
        w.agent_marks(&format!("n{n}"));
    }
    w.run_for(6_000);
    w.assert_still_on();
    let told = outcomes(&w);
    assert_eq!(told.len(), 300);
    assert!(told.iter().all(|(_, played)| *played));
    w.assert_sent("mark tl-0-0", 1);
    w.assert_sent("mark tl-0-1", 0);
}

#[test]
fn names_wait_behind_a_line_of_the_gateways_own() {
    let mut w = World::genesys()
        .line(Own::Holding, 1_000)
        .agent_connects_first()
        .build();
    let begun = w.now;
    // The holding line begins at 2,000.
    w.run_for(2_500);
    w.agent_marks("behind it");
    w.run_for(2_000);
    assert_eq!(marked(&w, begun), [(3_000, "behind it".to_owned(), true)]);
}

#[test]
fn nobody_is_told_of_the_names_of_a_lost_agent() {
    for substitute in [false, true] {
        let mut world = World::twilio();
        if substitute {
            world = world.config(|c| c.failover.attempts = 0).fallback(|_| {});
        }
        let mut w = world.nth(1, Do::Say(500)).nth(1, mark("new")).build();
        for name in ["a", "b"] {
            w.agent_says(500);
            w.agent_marks(name);
        }
        w.run_for(450);
        w.agent_fails("closed", true);
        w.run_for(5_000);
        w.assert_heard_ms(1_500);
        assert_eq!(outcomes(&w), all(&["new"], true));
    }
}

#[test]
fn at_the_end_of_a_call_what_will_not_be_played_is_told_of() {
    let mut w = World::twilio().build();
    w.agent_says(500);
    w.agent_marks("heard");
    w.agent_says(5_000);
    w.agent_marks("cut");
    w.run_for(1_000);
    w.operator_hangs_up();
    let mut expected = all(&["heard"], true);
    expected.extend(all(&["cut"], false));
    assert_eq!(outcomes(&w), expected);
}

#[test]
fn an_agent_that_hangs_up_has_no_more_ears() {
    let mut w = World::twilio().build();
    w.agent_says(500);
    w.agent_marks("goodbye");
    w.agent_hangs_up();
    w.run_for(2_000);
    w.assert_over(Ending::AgentHungUp, 1000);
    w.assert_heard_ms(500);
    assert_eq!(outcomes(&w), []);
}

#[test]
fn an_agent_may_go_on_at_the_place_it_is_told_of() {
    let mut w = World::asterisk()
        .when(When::Marked, Do::Say(200))
        .when(When::Begin, Do::Say(400))
        .when(When::Begin, mark("next"))
        .build();
    w.agent_will_judge(&[TurnVerdict::Over]);
    w.run_for(2_000);
    assert_eq!(outcomes(&w), all(&["next"], true));
    w.assert_heard_ms(600);
    w.assert_no_gaps();
}

fn mark(name: &str) -> Do {
    Do::Act(Action::Mark(name.to_owned()))
}
