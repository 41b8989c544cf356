//! The caller is there before the agent.

use crate::ending::Ending;
use crate::sim::acts::Act;
use crate::sim::clips::Own;
use crate::sim::person::Background;
use crate::sim::relief::READY;
use crate::sim::script::{Do, Told};
use crate::sim::world::World;
use crate::time::Time;
use trunkline_codecs::format::AudioFormat;

#[test]
fn what_is_said_while_the_agent_connects_comes_first_and_in_order() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .agent_connects_first()
        .nth_after(0, 3_000, READY)
        .build();
    w.run_for(2_999);
    assert_eq!(w.agent_heard_stamps().len(), 0, "kept");
    w.run_for(1);
    assert_eq!(w.agent_heard_stamps(), (0..151).collect::<Vec<_>>());
    w.run_for(1_000);
    assert_eq!(w.agent_heard_stamps(), (0..201).collect::<Vec<_>>());
    assert_eq!(w.counters().backlog_dropped_ms, 0);
}

#[test]
fn of_a_long_wait_the_newest_is_kept_and_the_rest_is_counted() {
    let mut w = World::plivo()
        .background(Background::Stamps)
        .agent_connects_first()
        .config(|c| {
            c.uplink.preroll_ms = 2_000;
            c.failover.connect_ms = 10_000;
        })
        .nth_after(0, 6_005, READY)
        .build();
    w.run_for(6_010);
    // 301 frames of 20 ms have come.
    assert_eq!(w.agent_heard_stamps(), (201..301).collect::<Vec<_>>());
    assert_eq!(w.counters().backlog_dropped_ms, 201 * 20);
}

#[test]
fn what_waits_is_converted_once_and_whole() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .agent_listens(AudioFormat::pcm16(24_000))
        .agent_connects_first()
        .nth_after(0, 2_000, READY)
        .build();
    w.run_for(5_000);
    let heard = w.agent_heard_stamps();
    assert!(heard.len() >= 249, "{} frames", heard.len());
    assert_eq!(heard, (0..heard.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_turn_taken_while_the_agent_connects_is_told_whole_and_answered_at_once() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_connects_first()
        .agent_answers_with(1_000)
        .nth_after(0, 4_000, READY)
        .build();
    w.run_for(500);
    w.caller_speaks(1_000);
    w.run_for(3_499);
    assert_eq!(w.told().len(), 1, "{:?}", w.told());
    w.run_for(1);
    let told: Vec<_> = w.told().into_iter().skip(1).collect();
    let at = Time::from_ms(4_000);
    assert_eq!(told, [(at, Told::SpeechStarted), (at, Told::EndOfTurn)]);
    w.assert_hears_agent_within(1);
}

#[test]
fn keys_pressed_while_the_agent_connects_wait_for_it() {
    let mut w = World::exotel()
        .agent_connects_first()
        .nth_after(0, 2_000, READY)
        .build();
    w.run_for(700);
    w.caller_presses('4');
    w.run_for(100);
    w.caller_presses('2');
    w.run_for(1_199);
    assert_eq!(w.told().len(), 1);
    w.run_for(1);
    let told: Vec<_> = w.told().into_iter().skip(1).collect();
    let at = Time::from_ms(2_000);
    assert_eq!(told, [(at, Told::Digit('4')), (at, Told::Digit('2'))]);
}

#[test]
fn an_agent_that_does_not_get_ready_is_connected_again_and_given_up() {
    let mut w = World::twilio()
        .agent_connects_first()
        .config(|c| {
            c.failover.connect_ms = 2_000;
            c.failover.backoff_ms = 250;
            c.failover.attempts = 2;
        })
        .build();
    w.run_for(6_749);
    w.assert_still_on();
    assert_eq!(
        w.attempts(Time::ZERO),
        [(0, 0, 0), (2_250, 0, 1), (4_750, 0, 2)]
    );
    w.run_for(1);
    w.assert_over(Ending::AgentLost("connect_timeout"), 1011);
    let lost: Vec<_> = w.losses(Time::ZERO).into_iter().map(|(at, _)| at).collect();
    assert_eq!(lost, [2_000, 4_250, 6_750]);
    w.assert_nothing_told_astray();
}

#[test]
fn the_holding_line_is_said_at_its_times_until_the_agent_is_ready() {
    let mut w = World::twilio()
        .agent_connects_first()
        .line(Own::Holding, 600)
        .config(|c| {
            c.failover.connect_ms = 20_000;
            c.failover.holding_ms = 2_000;
        })
        .nth_after(0, 8_000, READY)
        .nth_after(0, 8_000, Do::Say(1_000))
        .build();
    w.run_for(20_000);
    let expected = [2_000, 4_600, 7_200].map(|at| (Own::Holding, at, 600));
    assert_eq!(w.lines_heard(Time::ZERO), expected);
    w.assert_heard_ms(1_000);
    w.assert_spoken(1);
}

#[test]
fn a_greeting_waits_for_the_end_of_the_holding_line() {
    let mut w = World::vonage()
        .agent_connects_first()
        .line(Own::Holding, 1_000)
        .nth_after(0, 2_300, READY)
        .nth_after(0, 2_300, Do::Say(500))
        .build();
    w.run_for(2_999);
    w.assert_heard_ms(0);
    w.run_for(5_000);
    let [(own, _, ms)] = w.lines_heard(Time::ZERO)[..] else {
        panic!("{:?}", w.lines_heard(Time::ZERO));
    };
    assert!(own == Own::Holding && ms.abs_diff(1_000) <= 2, "{ms} ms");
    w.assert_heard_ms(500);
    let greeting = w.carrier.heard(w.now)[0].at;
    assert!(
        greeting.ms_since(Time::ZERO).abs_diff(3_000) <= 20,
        "{greeting}"
    );
}

#[test]
fn an_agent_that_is_ready_in_time_is_announced_by_nothing() {
    let mut w = World::genesys()
        .agent_connects_first()
        .line(Own::Holding, 1_000)
        .nth_after(0, 1_999, READY)
        .nth_after(0, 1_999, Do::Say(400))
        .build();
    w.run_for(1_998);
    w.assert_silent();
    w.run_for(8_000);
    assert_eq!(w.lines_heard(Time::ZERO), []);
    w.assert_heard_ms(400);
    assert_eq!(w.losses(Time::ZERO), []);
}

#[test]
fn a_caller_who_gives_up_while_the_agent_connects_ends_the_call_at_once() {
    let mut w = World::telnyx()
        .agent_connects_first()
        .line(Own::Holding, 2_000)
        .line(Own::Apology, 2_000)
        .build();
    w.run_for(2_500);
    w.caller_hangs_up();
    w.run_for(0);
    w.assert_over(Ending::CallerHungUp, 1000);
    assert_eq!(w.over_at(), Some(Time::from_ms(2_500)));
    assert_eq!(w.billed().session_ms, 2_500);
}

#[test]
fn who_was_ready_at_once_has_no_claim_to_what_is_kept_for_those_who_connect() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .config(|c| (c.uplink.preroll_ms, c.uplink.backlog_ms) = (10_000, 3_000))
        .build_connected();
    w.agent_takes_audio(false);
    w.act(Act::Start);
    w.run_for(6_010);
    w.agent_takes_audio(true);
    w.run_for(0);
    assert_eq!(w.agent_heard_stamps(), (151..301).collect::<Vec<_>>());
    assert_eq!(w.counters().backlog_dropped_ms, 151 * 20);
}
