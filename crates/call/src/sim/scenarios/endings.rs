//! How calls end, and what is still heard.

use crate::agent::Action;
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::sim::clips::Own;
use crate::sim::lines;
use crate::sim::script::Told;
use crate::sim::world::World;
use crate::time::Time;

#[test]
fn an_agents_last_words_are_heard() {
    let mut w = World::twilio().latency_ms(20).build();
    w.agent_says(2_000);
    w.agent_hangs_up();
    w.run_for(3_000);
    w.assert_heard_ms(2_000);
    w.assert_over(Ending::AgentHungUp, 1000);
}

#[test]
fn a_caller_who_hangs_up_ends_the_call_at_once() {
    let mut w = World::exotel().agent_says_on_begin(5_000).build();
    w.run_for(1_000);
    w.caller_hangs_up();
    w.run_for(0);
    w.assert_over(Ending::CallerHungUp, 1000);
    w.assert_told(&Told::Ended(Ending::CallerHungUp), 1);
}

#[test]
fn a_caller_whose_connection_breaks_is_lost() {
    let mut w = World::vonage().agent_says_on_begin(5_000).build();
    w.run_for(1_000);
    w.caller_is_lost();
    w.run_for(0);
    w.assert_over(Ending::CallerLost, 1000);
}

#[test]
fn a_transfer_comes_behind_the_last_words() {
    let mut w = World::omni().build();
    w.agent_says(1_000);
    w.agent_transfers("+15550100");
    w.run_for(999);
    w.assert_sent("transfer +15550100", 0);
    w.run_for(1);
    w.assert_sent("transfer +15550100", 1);
    w.run_for(10);
    w.assert_heard_ms(1_000);
    w.assert_over(Ending::Transferred, 1000);
}

#[test]
fn a_transfer_nobody_can_make_is_refused_and_the_call_goes_on() {
    let mut w = World::twilio().build();
    w.agent_transfers("+15550100");
    w.run_for(100);
    w.assert_told(&Told::TransferRefused, 1);
    w.assert_still_on();
}

#[test]
fn an_operator_silences_the_agent() {
    let mut w = World::plivo().agent_says_on_begin(5_000).build();
    w.run_for(1_000);
    w.operator_hangs_up();
    w.run_for(3_000);
    w.assert_over(Ending::Operator, 1000);
    assert!(w.heard_ms() <= 1_120, "{}", w.heard_ms());
}

#[test]
fn a_call_that_never_starts_is_ended_in_its_time() {
    let mut w = World::twilio().line(Own::Apology, 1_000).build_connected();
    w.run_for(9_999);
    w.assert_still_on();
    w.run_for(1);
    w.assert_over(Ending::NeverStarted, 4408);
    assert_eq!(Ending::NeverStarted.hangup_cause(), 102);
    assert_eq!(w.billed(), crate::meter::Metering::default());
    assert_eq!(w.lines_heard(Time::ZERO), []);
}

#[test]
fn a_long_last_sentence_is_heard_to_its_end_on_every_line() {
    for line in lines::ALL {
        let mut w = World::on(line)
            .latency_ms(150)
            .prebuffer_ms(60)
            .line(Own::Shutdown, 9_000)
            .agent_says_on_begin(20_000)
            .build();
        w.run_for(2_000);
        w.gateway_drains();
        w.run_for(20_000);
        let heard = w.lines_heard(Time::ZERO);
        let [(Own::Shutdown, _, ms)] = heard[..] else {
            panic!("{heard:?} on {line:?}");
        };
        assert!(ms.abs_diff(9_000) <= 2, "{ms} ms on {line:?}");
        w.assert_over(Ending::Shutdown, 1001);
    }
}

#[test]
fn the_first_of_two_reasons_stands() {
    type Happens = fn(&mut World);
    let both: [(Happens, Happens, Ending); 4] = [
        (
            World::caller_says_goodbye,
            World::agent_hangs_up,
            Ending::AgentHungUp,
        ),
        (
            World::agent_hangs_up,
            World::operator_hangs_up,
            Ending::AgentHungUp,
        ),
        (
            World::operator_hangs_up,
            World::gateway_drains,
            Ending::Operator,
        ),
        (
            World::caller_hangs_up,
            World::operator_hangs_up,
            Ending::Operator,
        ),
    ];
    // What the caller does reaches the call behind what happens at its own side of the network.
    for (one, other, ending) in both {
        let mut w = World::twilio().agent_says_on_begin(2_000).build();
        w.run_for(500);
        one(&mut w);
        other(&mut w);
        w.run_for(10_000);
        w.assert_over(ending, ending.close_code());
        w.assert_told(&Told::Ended(ending), 1);
        assert_eq!(w.reported(|e| matches!(e, CallEvent::Ended { .. })), 1);
    }
}

#[test]
fn a_caller_who_leaves_during_the_last_sentence_ends_it() {
    let mut w = World::plivo()
        .line(Own::TooLong, 5_000)
        .config(|c| c.max_call_ms = 1_000)
        .build();
    w.run_for(2_000);
    w.caller_hangs_up();
    w.run_for(0);
    w.assert_over(Ending::TooLong, 4411);
    assert_eq!(w.over_at(), Some(Time::from_ms(2_000)));
}

#[test]
fn a_caller_that_takes_nothing_does_not_hold_up_the_end() {
    let mut w = World::twilio()
        .line(Own::Shutdown, 1_000)
        .config(|c| c.stall_ms = 30_000)
        .build();
    w.run_for(500);
    w.caller_link_blocks(60_000);
    w.gateway_drains();
    // The sentence, what marks may take, what closing may take.
    w.run_for(1_000 + 2_000 + 2_000 - 1);
    assert_eq!(w.ending(), None);
    w.run_for(1);
    assert_eq!(w.ending(), Some(Ending::Shutdown));
}

#[test]
fn a_mark_that_is_not_answered_ends_the_call_all_the_same() {
    let mut w = World::twilio().build();
    w.agent_says(1_000);
    w.agent_hangs_up();
    w.uplink_stalls(60_000);
    w.run_for(2_999);
    w.assert_heard_ms(1_000);
    assert_eq!(w.ending(), None);
    w.run_for(1);
    w.assert_over(Ending::AgentHungUp, 1000);
}

#[test]
fn a_second_drain_changes_nothing() {
    let mut w = World::vonage().line(Own::Shutdown, 2_000).build();
    w.run_for(500);
    w.gateway_drains();
    w.run_for(1_000);
    w.gateway_drains();
    w.run_for(5_000);
    assert_eq!(w.lines_heard(Time::ZERO).len(), 1);
    w.assert_over(Ending::Shutdown, 1001);
}

#[test]
fn a_drain_before_the_call_has_begun_has_nothing_to_say() {
    let mut w = World::telnyx().line(Own::Shutdown, 1_000).build_connected();
    w.run_for(300);
    w.gateway_drains();
    w.run_for(0);
    w.assert_over(Ending::Shutdown, 1001);
    assert_eq!(w.lines_heard(Time::ZERO), []);
    assert_eq!(w.billed().session_ms, 0);
}

#[test]
fn keys_pressed_for_a_menu_come_out_before_the_agent_hangs_up() {
    let mut w = World::twilio().build();
    w.agent_says(500);
    w.agent_wants(Action::Press("12".to_owned()));
    w.agent_hangs_up();
    w.run_for(5_000);
    w.assert_over(Ending::AgentHungUp, 1000);
    // 500 ms of speech, and twice a tone of 100 ms with its pause.
    assert_eq!(w.over_at(), Some(Time::from_ms(900)));
}

#[test]
fn what_is_billed_ends_with_the_reason_and_not_with_the_last_sentence() {
    let mut w = World::twilio().line(Own::Shutdown, 3_000).build();
    w.agent_says(1_000);
    w.run_for(2_000);
    w.gateway_drains();
    w.run_for(8_000);
    let billed = w.billed();
    assert_eq!((billed.session_ms, billed.agent_audio_ms), (2_000, 1_000));
    // A frame at 0 and at every 20 ms to 2,000: the one that came with the end is not heard any more.
    assert_eq!(billed.caller_audio_ms, 101 * 20);
}
