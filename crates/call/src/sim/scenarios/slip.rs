//! After a stall the delay comes back; where it must not, nothing is left out.

use crate::sim::build::Builder;
use crate::sim::script::{Do, When};
use crate::sim::world::World;
use crate::time::Time;

/// More than this behind the time at which a frame should be heard is too late.
const BACK_MS: u64 = 200;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Agent,
    Caller,
}

/// A call of 30 s in which one side stalls from 5 s to 7 s while the agent speaks.
fn stalled(builder: Builder, side: Side) -> World {
    let mut w = builder.agent_says_on_begin(30_000).build_taped();
    w.run_for(5_000);
    assert_eq!(w.longest_delay_ms(Time::ZERO), 0);
    match side {
        Side::Agent => w.agent_stalls(2_000),
        Side::Caller => w.caller_link_blocks(2_000),
    }
    w.run_for(2_000);
    w
}

/// Runs to the end. Gives how long after the stall the last frame was heard that was too late.
fn back_after_ms(w: &mut World) -> u64 {
    w.run_for(26_000);
    let delays = w.delays_ms(Time::ZERO).into_iter();
    let late = delays.filter(|(_, ms)| *ms > BACK_MS);
    let last = late.map(|(at, _)| at).max();
    last.map_or(0, |at| at.ms_since(Time::from_ms(7_000)))
}

/// All that is missing is what is said to have been left out.
#[track_caller]
fn assert_missing_is_slipped(w: &World) {
    let missing_ms = 30_000 - w.sent_us() / 1_000;
    assert!(missing_ms.abs_diff(w.counters().slipped_ms) <= 20);
}

fn in_real_time() -> Builder {
    World::twilio().agent_in_real_time()
}

#[test]
fn after_the_agent_stalled_its_pauses_make_up_for_it() {
    let mut w = stalled(in_real_time().agent_pauses(1_000, 600), Side::Agent);
    w.run_for(300);
    assert!(w.longest_delay_ms(Time::from_ms(7_000)) > 1_900);
    let ms = back_after_ms(&mut w);
    assert!(ms <= 6_000, "{ms} ms");
    assert!(w.counters().slipped_ms >= 1_700);
    assert_missing_is_slipped(&w);
    w.assert_spoken(1);
}

#[test]
fn after_the_agent_stalled_speech_without_a_pause_is_shortened() {
    let mut w = stalled(in_real_time(), Side::Agent);
    let ms = back_after_ms(&mut w);
    assert!((1_000..=10_000).contains(&ms), "{ms} ms");
    assert_missing_is_slipped(&w);
    w.assert_spoken(1);
}

#[test]
fn after_the_callers_link_stalled_pauses_make_up_for_it() {
    let mut w = stalled(in_real_time().agent_pauses(1_000, 600), Side::Caller);
    let ms = back_after_ms(&mut w);
    assert!(ms <= 6_000, "{ms} ms");
    assert!(w.counters().slipped_ms >= 1_700);
    assert_missing_is_slipped(&w);
}

#[test]
fn after_the_callers_link_stalled_speech_without_a_pause_is_shortened() {
    let mut w = stalled(in_real_time(), Side::Caller);
    let ms = back_after_ms(&mut w);
    assert!(ms <= 10_000, "{ms} ms");
    assert_missing_is_slipped(&w);
    w.assert_spoken(1);
}

#[test]
fn a_line_without_a_lead_is_back_as_well() {
    let mut w = stalled(
        World::asterisk()
            .agent_in_real_time()
            .agent_pauses(1_000, 600),
        Side::Caller,
    );
    let ms = back_after_ms(&mut w);
    assert!(ms <= 6_000, "{ms} ms");
    assert_missing_is_slipped(&w);
}

#[test]
fn what_the_sockets_hold_cannot_be_made_up_for_and_is_all_that_stays_late() {
    // 200 ms fit between the gateway and a network that delivers nothing.
    let mut w = in_real_time()
        .agent_pauses(1_000, 600)
        .socket_bytes(1_600)
        .agent_says_on_begin(30_000)
        .build();
    w.run_for(5_000);
    w.downlink_stalls(2_000);
    w.run_for(26_000);
    let most_ms = w.longest_delay_ms(Time::from_ms(20_000));
    assert!(most_ms <= BACK_MS + 200, "{most_ms} ms");
    assert!(w.counters().slipped_ms >= 1_400);
}

#[test]
fn with_slipping_off_everything_is_heard_and_the_delay_stays() {
    for side in [Side::Agent, Side::Caller] {
        let builder = in_real_time()
            .agent_pauses(1_000, 600)
            .config(|c| c.playout.slip = false);
        let mut w = stalled(builder, side);
        w.run_for(26_000);
        assert_eq!(w.counters().slipped_ms, 0);
        assert_eq!(w.sent_us(), 30_000_000, "{side:?}");
        let delays = w.delays_ms(Time::from_ms(8_000));
        let late = |(_, ms): &(Time, u64)| (1_800..=2_000).contains(ms);
        assert!(delays.iter().all(late), "{side:?} {delays:?}");
    }
}

#[test]
fn an_agent_that_speaks_in_bursts_loses_nothing_to_a_stall() {
    for side in [Side::Agent, Side::Caller] {
        let mut w = World::twilio()
            .agent_pauses(1_000, 600)
            .agent_says_on_begin(20_000)
            .build_taped();
        w.run_for(5_000);
        match side {
            Side::Agent => w.agent_stalls(2_000),
            Side::Caller => w.caller_link_blocks(2_000),
        }
        w.run_for(20_000);
        assert_eq!(w.counters().slipped_ms, 0);
        assert_eq!(w.sent_us(), 20_000_000, "{side:?}");
        w.assert_spoken(1);
    }
}

#[test]
fn a_little_jitter_of_the_agents_is_no_backlog() {
    let mut w = in_real_time()
        .agent_pauses(600, 400)
        .agent_says_on_begin(20_000)
        .build_taped();
    for _ in 0..60 {
        w.agent_stalls(50);
        w.run_for(300);
    }
    w.run_for(5_000);
    assert_eq!(w.counters().slipped_ms, 0);
    assert_eq!(w.sent_us(), 20_000_000);
    // The first late clump sets the delay, and no other adds to it.
    let most_ms = w.longest_delay_ms(Time::from_ms(1_000));
    assert!(most_ms <= 60, "{most_ms} ms");
}

#[test]
fn short_stalls_over_and_over_leave_no_standing_delay() {
    let mut w = in_real_time()
        .agent_pauses(1_000, 600)
        .agent_says_on_begin(60_000)
        .build();
    for _ in 0..10 {
        w.agent_stalls(400);
        w.run_for(5_000);
    }
    w.run_for(12_000);
    let most_ms = w.longest_delay_ms(Time::from_ms(55_000));
    assert!(most_ms <= BACK_MS, "{most_ms} ms");
    let most_ms = w.longest_delay_ms(Time::from_ms(5_000));
    assert!(most_ms <= 400 + BACK_MS, "two stalls deep: {most_ms} ms");
}

#[test]
fn an_interruption_ends_a_backlog_at_once() {
    let mut w = in_real_time()
        .when(When::Interrupted, Do::Say(5_000))
        .agent_says_on_begin(30_000)
        .build();
    w.run_for(3_000);
    w.agent_stalls(2_000);
    w.run_for(2_100);
    w.caller_interrupts();
    w.run_for(0);
    let (interrupted, slipped_ms) = (w.now, w.counters().slipped_ms);
    w.run_for(6_000);
    let delays = w.delays_ms(interrupted);
    assert!(delays.len() >= 249, "{}", delays.len());
    let most_ms = w.longest_delay_ms(interrupted);
    assert_eq!(most_ms, 0, "what is said now is heard now");
    assert_eq!(w.counters().slipped_ms, slipped_ms);
}

#[test]
fn the_silence_between_two_utterances_makes_up_for_a_stall_by_itself() {
    let mut w = in_real_time().agent_says_on_begin(3_000).build_taped();
    w.run_for(1_000);
    w.agent_stalls(1_000);
    w.run_for(5_000);
    let begun = w.now;
    w.agent_says(3_000);
    w.run_for(4_000);
    assert_eq!(w.delays_ms(begun).len(), 150);
    assert_eq!(w.longest_delay_ms(begun), 0);
    w.assert_spoken(2);
}

#[test]
fn what_was_heard_is_told_in_the_agents_own_time_whatever_was_left_out() {
    let mut w = stalled(in_real_time().agent_pauses(1_000, 600), Side::Agent);
    w.run_for(8_200);
    assert!(w.counters().slipped_ms > 1_000);
    w.caller_interrupts();
    w.run_for(0);
    // The last frame the caller heard, by its place in what the agent said.
    let last = w.carrier.heard(w.now).last().expect("speech").number;
    let cycle = |n: u64| n / 50 * 1_600 + n % 50 * 20;
    let (_, heard_ms) = *w.interruptions().last().expect("interrupted");
    let really = cycle(last);
    assert!(
        heard_ms.abs_diff(really) <= 700,
        "told {heard_ms}, really {really}"
    );
}
