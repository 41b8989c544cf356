//! How the agent learns that it was heard.

use crate::caller::{Line, MarkEcho};
use crate::ending::Ending;
use crate::sim::carrier::Echoes;
use crate::sim::lines;
use crate::sim::network::Packet;
use crate::sim::script::Told;
use crate::sim::world::World;
use crate::time::Time;

/// When the agent was told that it had been heard, in milliseconds since `since`.
fn spoken_ms(w: &World, since: Time) -> Vec<u64> {
    let told = w.told().into_iter();
    told.filter(|(_, told)| *told == Told::Spoken)
        .map(|(at, _)| at.ms_since(since))
        .collect()
}

/// The marks written so far.
fn marks(w: &World) -> Vec<String> {
    let texts = w.record.texts.iter().map(|(_, text)| text.clone());
    texts.filter(|text| text.starts_with("mark ")).collect()
}

#[test]
fn an_echoed_mark_says_that_the_utterance_was_heard() {
    let mut w = World::twilio()
        .latency_ms(30)
        .prebuffer_ms(60)
        .agent_says_on_begin(1_000)
        .build();
    let begun = w.now;
    w.run_for(2_000);
    w.assert_spoken(1);
    let spoken = w.told_at(&Told::Spoken).expect("told");
    // The way there, the jitter buffer, the utterance, the way back.
    assert_eq!(spoken.ms_since(begun), 30 + 60 + 1_000 + 30);
}

#[test]
fn the_clock_answers_where_there_are_no_marks() {
    let mut w = World::genesys().agent_says_on_begin(1_000).build();
    w.run_for(999);
    w.assert_spoken(0);
    w.run_for(1);
    w.assert_spoken(1);
}

#[test]
fn an_echo_that_does_not_come_is_waited_for_and_counts_once() {
    let mut w = World::plivo().agent_says_on_begin(1_000).build();
    w.uplink_stalls(5_000);
    w.run_for(1_000 + 2_000 - 1);
    w.assert_spoken(0);
    w.run_for(1);
    w.assert_spoken(1);
    w.run_for(5_000);
    w.assert_spoken(1);
}

#[test]
fn the_echoes_of_a_clear_are_no_proof_of_hearing() {
    let mut w = World::twilio().build();
    w.agent_says(60);
    w.agent_says(40);
    w.run_for(30);
    w.caller_interrupts();
    w.run_for(3_000);
    w.assert_interrupted(1, 1);
    w.assert_spoken(0);
}

#[test]
fn on_every_line_each_utterance_is_spoken_once() {
    for line in lines::ALL {
        let mut w = World::on(line).latency_ms(20).build();
        let begun = w.now;
        for ms in [400, 60, 1_000] {
            w.agent_says(ms);
        }
        w.run_for(10_000);
        let sent = if line.marks == MarkEcho::Never { 0 } else { 3 };
        assert_eq!(marks(&w).len(), sent, "{line:?}");
        let spoken = spoken_ms(&w, begun);
        assert_eq!(spoken.len(), 3, "{line:?}");
        // Not before it was heard, and soon after: padding, and the way there and back.
        for (at, ends) in spoken.iter().zip([400, 460, 1_460]) {
            assert!((ends..=ends + 440).contains(at), "{spoken:?} on {line:?}");
        }
    }
}

#[test]
fn a_mark_stands_between_the_last_frame_of_its_utterance_and_the_next() {
    let mut w = World::twilio().build_taped();
    w.agent_says(60);
    w.agent_says(40);
    w.run_for(500);
    let tape = w.record.tape.iter().flatten();
    let words: Vec<_> = tape
        .filter_map(|(_, packet)| match packet {
            Packet::Binary(_) => Some("audio"),
            Packet::Text(text) => text.strip_prefix("mark "),
            _ => None,
        })
        .collect();
    assert_eq!(
        words,
        [
            "audio", "audio", "audio", "tl-0-0", "audio", "audio", "tl-0-1"
        ]
    );
}

#[test]
fn each_interruption_begins_a_generation_of_marks() {
    let mut w = World::twilio().build();
    for _ in 0..3 {
        w.agent_says(40);
        w.agent_says(1_000);
        w.run_for(60);
        w.caller_interrupts();
        w.run_for(100);
    }
    w.agent_says(40);
    w.run_for(100);
    let expected = ["mark tl-0-0", "mark tl-1-1", "mark tl-2-2", "mark tl-3-3"];
    assert_eq!(marks(&w), expected);
    w.assert_spoken(4);
    w.assert_clears(3);
}

#[test]
fn an_echo_speaks_for_those_before_it_and_theirs_come_too_late() {
    let mut w = World::twilio().build();
    w.carrier.echoes = Echoes::Never;
    for _ in 0..3 {
        w.agent_says(100);
    }
    w.run_for(400);
    w.assert_spoken(0);
    w.caller_sends("mark tl-0-1");
    w.run_for(0);
    w.assert_spoken(2);
    w.caller_sends("mark tl-0-0");
    w.caller_sends("mark tl-0-1");
    w.run_for(100);
    w.assert_spoken(2);
    w.caller_sends("mark tl-0-2");
    w.run_for(5_000);
    w.assert_spoken(3);
    w.assert_still_on();
}

#[test]
fn marks_that_are_never_echoed_run_out_each_at_its_own_time() {
    for patience_ms in [2_000, 500, 0] {
        let mut w = World::vonage()
            .config(|c| c.playout.mark_ms = patience_ms)
            .build();
        w.carrier.echoes = Echoes::Never;
        let begun = w.now;
        for ms in [1_000, 400, 20] {
            w.agent_says(ms);
        }
        w.run_for(5_000);
        let ends = [1_000, 1_400, 1_420];
        assert_eq!(spoken_ms(&w, begun), ends.map(|ms| ms + patience_ms));
    }
}

#[test]
fn an_echo_of_somebody_elses_mark_is_nothing() {
    let mut w = World::plivo().build();
    w.carrier.echoes = Echoes::Never;
    w.agent_says(200);
    w.run_for(150);
    for name in [
        "tl-0", "tl--0", "tl-0-1", "tl-1-0", "bot-0-0", "", "tl-0-0 ",
    ] {
        w.caller_sends(&format!("mark {name}"));
    }
    w.run_for(200);
    w.assert_spoken(0);
    w.caller_sends("mark tl-0-0");
    w.run_for(0);
    w.assert_spoken(1);
    w.assert_still_on();
    assert_eq!(w.counters().dropped, 0);
}

#[test]
fn an_echo_sent_too_early_is_early_by_no_more_than_the_lead() {
    // A mark is only sent behind audio that is due: whoever echoes it at once lies by 100 ms, not by 5 s.
    let mut w = World::twilio().build();
    w.carrier.echoes = Echoes::AtOnce;
    let begun = w.now;
    w.agent_says(5_000);
    w.run_for(6_000);
    let spoken = spoken_ms(&w, begun);
    assert_eq!(spoken.len(), 1);
    assert!((4_880..=5_000).contains(&spoken[0]), "{spoken:?}");
}

#[test]
fn an_echo_of_before_the_clear_does_not_speak_for_what_came_after() {
    let mut w = World::twilio().latency_ms(150).build();
    w.agent_says(60);
    w.agent_says(2_000);
    w.run_for(200);
    w.caller_interrupts();
    w.run_for(150);
    w.assert_clears(0);
    w.agent_says(1_000);
    // The first mark's echo was on its way when the call was interrupted; the carrier then echoes no other.
    w.run_for(700);
    w.assert_interrupted(1, 300);
    let before = spoken_ms(&w, w.now.minus_us(600_000)).len();
    w.run_for(3_000);
    let spoken = w.told_at(&Told::Spoken).expect("told");
    let interrupted = w.interruptions()[0].0;
    assert_eq!(spoken.ms_since(interrupted), 1_000 + 300);
    assert!(before <= 1);
}

#[test]
fn marks_a_carrier_drops_with_a_clear_are_not_waited_for() {
    let mut w = World::plivo().build();
    w.agent_says(40);
    w.agent_says(40);
    w.run_for(10);
    w.caller_interrupts();
    w.run_for(0);
    w.agent_hangs_up();
    w.run_for(1);
    // Nothing is left to be heard: the call is over at once and not two seconds later.
    w.assert_over(Ending::AgentHungUp, 1000);
    w.assert_spoken(0);
    w.assert_interrupted(1, 1);
}

#[test]
fn an_agent_that_cuts_itself_off_is_told_neither() {
    let mut w = World::twilio().agent_says_on_begin(3_000).build();
    w.run_for(1_000);
    w.agent_cuts_itself_off();
    w.run_for(0);
    w.assert_silent();
    w.assert_clears(1);
    w.run_for(5_000);
    w.assert_spoken(0);
    w.assert_interrupted(0, 0);
    w.assert_heard_ms(1_000);
}

#[test]
fn of_too_many_marks_outstanding_the_oldest_count_as_played() {
    let mut w = World::twilio()
        .config(|c| c.playout.lead_ms = Some(1_000))
        .build();
    w.carrier.echoes = Echoes::Never;
    for _ in 0..20 {
        w.agent_says(20);
    }
    w.run_for(0);
    assert_eq!(marks(&w).len(), 20);
    w.assert_spoken(4);
    w.caller_sends("mark tl-0-19");
    w.run_for(5_000);
    w.assert_spoken(20);
}

#[test]
fn an_utterance_without_a_sound_is_spoken_in_its_place() {
    let mut w = World::twilio().build();
    let begun = w.now;
    w.agent_says(0);
    w.agent_says(500);
    w.agent_says(0);
    w.run_for(1_000);
    assert_eq!(spoken_ms(&w, begun), [0, 500, 500]);
    w.assert_heard_ms(500);
}

#[test]
fn what_was_spoken_stays_spoken_when_the_next_is_interrupted() {
    let mut w = World::vonage().build();
    w.agent_says(500);
    w.agent_says(2_000);
    w.run_for(1_200);
    w.caller_interrupts();
    w.run_for(5_000);
    w.assert_spoken(1);
    w.assert_interrupted(1, 1);
    assert_eq!(w.interruptions()[0].1, 700, "of the second alone");
}

#[test]
fn what_was_played_and_not_yet_confirmed_is_spoken_when_the_next_is_interrupted() {
    // The clock that says what was heard of the second knows that the first was heard whole.
    let mut w = World::twilio().build();
    w.carrier.echoes = Echoes::Never;
    w.agent_says(500);
    w.agent_says(400);
    w.agent_says(2_000);
    w.run_for(1_000);
    w.assert_spoken(0);
    w.caller_interrupts();
    w.run_for(0);
    w.assert_spoken(2);
    w.assert_interrupted(1, 1);
    assert_eq!(w.interruptions()[0].1, 100);
    w.run_for(5_000);
    w.assert_spoken(2);
}

#[test]
fn a_mark_that_could_not_be_written_before_an_interruption_proves_nothing() {
    let mut w = World::twilio().build();
    w.agent_says(100);
    w.caller_link_blocks(500);
    w.run_for(10);
    w.caller_interrupts();
    w.run_for(10);
    w.agent_says(100);
    w.run_for(3_000);
    w.assert_spoken(1);
    assert_eq!(w.interruptions().len(), 1);
    w.assert_heard_ms(200);
}

#[test]
fn a_goodbye_is_waited_for_until_its_echo_or_its_time() {
    for (echoes, over_ms) in [
        (Echoes::Played, 2_000 + 60 + 2 * 40),
        (Echoes::Never, 2_000 + 2_000),
    ] {
        let mut w = World::twilio().latency_ms(40).prebuffer_ms(60).build();
        w.carrier.echoes = echoes;
        let begun = w.now;
        w.agent_says(2_000);
        w.agent_hangs_up();
        w.run_until(10_000, |w| w.driver.over);
        assert_eq!(w.now.ms_since(begun), over_ms, "{echoes:?}");
        w.run_for(100);
        w.assert_heard_ms(2_000);
        w.assert_over(Ending::AgentHungUp, 1000);
    }
}

#[test]
fn an_echo_after_the_end_is_nothing() {
    let mut w = World::twilio().latency_ms(100).build();
    w.agent_says(200);
    w.run_for(250);
    w.operator_hangs_up();
    w.run_for(0);
    w.assert_over(Ending::Operator, 1000);
    w.run_for(2_000);
    w.assert_spoken(0);
}

#[test]
fn what_was_begun_again_after_a_clear_is_marked_again() {
    // A line that answers played marks alone: the second utterance has the only mark that is answered.
    let line = Line {
        marks: MarkEcho::Played,
        ..lines::TWILIO
    };
    let mut w = World::on(line).latency_ms(30).build();
    let begun = w.now;
    w.agent_says(100);
    w.run_for(50);
    w.caller_interrupts();
    w.run_for(30);
    w.agent_says(300);
    w.run_for(5_000);
    assert_eq!(marks(&w), ["mark tl-0-0", "mark tl-1-1"]);
    assert_eq!(spoken_ms(&w, begun), [80 + 300 + 60]);
}
