//! No agent is left: what the caller hears, how long, and what becomes of the call.

use crate::caller::Line;
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::sim::build::Builder;
use crate::sim::clips::Own;
use crate::sim::lines;
use crate::sim::relief::failed;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use crate::time::Time;

/// A call whose agent comes back as often as it may and is never ready again.
fn forsaken(line: Line) -> Builder {
    World::on(line)
        .agent_connects_first()
        .line(Own::Holding, 600)
        .line(Own::Apology, 1_500)
        .config(|c| {
            c.failover.connect_ms = 60_000;
            c.failover.holding_ms = 2_000;
            c.failover.give_up_ms = 11_000;
        })
        .nth(0, crate::sim::relief::READY)
}

/// The same without a fallback, whose agent is refused right away.
fn refused(line: Line) -> Builder {
    World::on(line).line(Own::Apology, 1_500).when(
        When::Begin,
        Do::After(1_000, Box::new(failed("refused", false))),
    )
}

#[test]
fn while_the_agent_is_away_no_silence_is_longer_than_configured() {
    for (line, tolerance_ms) in [
        (lines::TWILIO, 0),
        (lines::VONAGE, 0),
        (lines::ASTERISK, 20),
        (lines::GENESYS, 0),
        (lines::EXOTEL, 0),
        (lines::AUDIO_SOCKET, 20),
        (lines::OMNI, 0),
    ] {
        let mut w = forsaken(line).build();
        w.run_for(1_000);
        w.agent_says(1_500);
        w.run_for(500);
        w.agent_fails("closed", true);
        // What it had said plays until 2,500.
        w.run_for(1_000);
        let silent = w.now;
        w.run_until(20_000, |w| w.driver.over);
        let longest_ms = w.longest_silence_ms(silent);
        assert!(
            (1_990..=2_000 + tolerance_ms).contains(&longest_ms),
            "{longest_ms} ms on {line:?}"
        );
        let own: Vec<_> = w.lines_heard(Time::ZERO).into_iter().map(|l| l.0).collect();
        let holding = own.iter().filter(|own| **own == Own::Holding).count();
        assert_eq!((holding, own.last()), (4, Some(&Own::Apology)));
        w.assert_over(Ending::AgentLost("closed"), 1011);
    }
}

#[test]
fn a_silent_network_hears_the_holding_line_at_its_times_too() {
    let mut w = forsaken(lines::ASTERISK).build();
    w.caller_network_suppresses_silence();
    w.run_for(1_000);
    w.agent_fails("closed", true);
    let lost = w.now;
    w.run_for(9_000);
    let at: Vec<_> = w.lines_heard(lost).iter().map(|(_, at, _)| *at).collect();
    assert_eq!(at, [2_000, 4_600, 7_200]);
}

#[test]
fn after_the_time_for_giving_up_the_caller_hears_the_apology_whole_and_the_call_ends() {
    let mut w = forsaken(lines::TWILIO).latency_ms(40).build();
    w.run_for(1_000);
    w.agent_fails("closed", true);
    let lost = w.now;
    w.run_for(10_999);
    w.assert_still_on();
    w.run_for(5_000);
    let last = *w.lines_heard(lost).last().expect("an apology");
    assert_eq!(last, (Own::Apology, 11_040, 1_500));
    w.assert_over(Ending::AgentLost("closed"), 1011);
    // The way there, the sentence, the way back of the mark.
    assert_eq!(w.over_at(), Some(lost.plus_ms(11_000 + 40 + 1_500 + 40)));
}

#[test]
fn a_holding_line_gives_way_to_the_apology() {
    let mut w = forsaken(lines::TWILIO)
        .config(|c| c.failover.give_up_ms = 4_800)
        .build();
    w.run_for(1_000);
    w.agent_fails("closed", true);
    let lost = w.now;
    w.run_for(10_000);
    let heard = [
        (Own::Holding, 2_000, 600),
        (Own::Holding, 4_600, 200),
        (Own::Apology, 4_800, 1_500),
    ];
    assert_eq!(w.lines_heard(lost), heard);
}

#[test]
fn the_last_words_of_an_agent_that_is_not_replaced_are_not_heard_out() {
    let mut w = refused(lines::TWILIO).agent_says_on_begin(5_000).build();
    w.run_for(8_000);
    w.assert_heard_ms(1_000);
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::Apology, 1_000, 1_500)]);
    w.assert_over(Ending::AgentLost("refused"), 1011);
}

#[test]
fn a_caller_given_up_is_transferred_by_its_own_side_behind_the_apology() {
    let mut w = refused(lines::OMNI)
        .config(|c| c.failover.destination = Some("+15550111".to_owned()))
        .build();
    w.run_for(10_000);
    let [(own, at, ms)] = w.lines_heard(Time::ZERO)[..] else {
        panic!("{:?}", w.lines_heard(Time::ZERO));
    };
    assert_eq!(own, Own::Apology);
    assert!(
        at.abs_diff(1_000) <= 3 && ms.abs_diff(1_500) <= 2,
        "{at} {ms}"
    );
    let sent = w.sent_at("transfer +15550111").expect("sent");
    assert!(sent.ms_since(Time::from_ms(2_500)) <= 20, "{sent}");
    w.assert_over(Ending::Transferred, 1000);
}

#[test]
fn a_caller_given_up_is_transferred_from_outside_behind_the_apology() {
    let mut w = refused(lines::TELNYX)
        .config(|c| c.failover.destination = Some("+15550111".to_owned()))
        .build();
    w.run_for(3_000);
    let wanted = |e: &CallEvent| matches!(e, CallEvent::TransferWanted { .. });
    assert_eq!(w.reported(wanted), 1);
    let found = w.record.events.iter().find(|(_, e)| wanted(e));
    assert_eq!(found.map(|(at, _)| *at), Some(Time::from_ms(2_500)));
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::Apology, 1_000, 1_500)]);
    w.transfer_comes_to(true);
    w.run_for(0);
    w.assert_over(Ending::Transferred, 1000);
}

#[test]
fn a_caller_given_up_whom_nobody_takes_hears_no_second_promise() {
    let mut w = refused(lines::TELNYX)
        .config(|c| c.failover.destination = Some("+15550111".to_owned()))
        .build();
    w.run_for(4_000);
    w.transfer_comes_to(false);
    w.run_for(5_000);
    w.assert_over(Ending::AgentLost("refused"), 1011);
    w.assert_told(&Told::TransferRefused, 0);
}

#[test]
fn where_nobody_can_transfer_the_caller_the_apology_is_the_end() {
    let mut w = refused(lines::TWILIO)
        .config(|c| c.failover.destination = Some("+15550111".to_owned()))
        .build();
    w.run_for(8_000);
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::Apology, 1_000, 1_500)]);
    w.assert_over(Ending::AgentLost("refused"), 1011);
    assert_eq!(
        w.reported(|e| matches!(e, CallEvent::TransferWanted { .. })),
        0
    );
}

#[test]
fn an_agent_lost_on_hold_is_sought_under_the_music_and_given_up_in_its_time() {
    let mut w = forsaken(lines::TWILIO).line(Own::Music, 1_000).build();
    w.run_for(1_000);
    w.operator_holds(true);
    w.agent_fails("closed", true);
    let lost = w.now;
    w.run_for(20_000);
    let heard = [(Own::Music, 0, 11_000), (Own::Apology, 11_000, 1_500)];
    assert_eq!(w.lines_heard(lost), heard);
    w.assert_over(Ending::AgentLost("closed"), 1011);
    assert_eq!(w.over_at(), Some(lost.plus_ms(12_500)));
}

#[test]
fn a_refused_transfer_of_an_agent_that_is_being_sought_ends_nothing() {
    let mut w = World::telnyx()
        .config(|c| c.failover.backoff_ms = 4_000)
        .when(When::Begin, Do::Say(300))
        .build();
    w.run_for(1_000);
    w.agent_transfers("+15550100");
    w.run_for(500);
    w.agent_fails("closed", true);
    w.run_for(500);
    w.transfer_comes_to(false);
    w.run_for(5_000);
    w.assert_still_on();
    assert_eq!(w.attempts(Time::ZERO), [(0, 0, 0), (5_500, 0, 1)]);
    w.assert_told(&Told::TransferRefused, 0);
    w.assert_heard_ms(600);
}

#[test]
fn a_long_apology_before_a_transfer_is_not_cut() {
    let mut w = World::omni()
        .latency_ms(50)
        .line(Own::Apology, 8_000)
        .config(|c| c.failover.destination = Some("+15550111".to_owned()))
        .build();
    w.run_for(500);
    w.agent_fails("refused", false);
    w.run_for(20_000);
    let heard = w.lines_heard(Time::ZERO);
    let [(Own::Apology, _, ms)] = heard[..] else {
        panic!("{heard:?}");
    };
    assert!(ms.abs_diff(8_000) <= 2, "{ms} ms");
    w.assert_sent("transfer +15550111", 1);
    w.assert_over(Ending::Transferred, 1000);
}
