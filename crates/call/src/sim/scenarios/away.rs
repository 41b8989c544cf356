//! The agent reaches for somebody once more, or needs something else than it said.

use crate::agent::{Action, TurnMode};
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::sim::clips::Own;
use crate::sim::person::Background;
use crate::sim::relief::READY;
use crate::sim::script::Told;
use crate::sim::world::World;
use crate::time::Time;
use trunkline_codecs::format::AudioFormat;

#[test]
fn what_the_caller_says_meanwhile_is_heard_afterwards_in_order_and_once() {
    let mut w = World::twilio().background(Background::Stamps).build();
    w.run_for(1_010);
    w.agent_is_away(true);
    for (ms, key) in [(1_000, '1'), (2_000, '2'), (1_990, '3')] {
        w.run_for(ms);
        w.caller_presses(key);
    }
    w.run_for(10);
    assert_eq!(w.agent_heard_stamps().len(), 51);
    w.assert_told(&Told::Digit('1'), 0);
    w.agent_is_away(false);
    w.run_for(1_000);
    assert_eq!(w.agent_heard_stamps(), (0..351).collect::<Vec<_>>());
    assert_eq!(w.counters().backlog_dropped_ms, 0);
    let notes = &w.agent.desk().notes;
    let keys: Vec<_> = notes
        .told
        .iter()
        .zip(&notes.told_after)
        .filter_map(|((_, told), bytes)| match told {
            // μ-law: 8 bytes a millisecond.
            Told::Digit(key) => Some((*key, bytes / 8)),
            _ => None,
        })
        .collect();
    let places: Vec<_> = keys.iter().map(|(key, _)| *key).collect();
    assert_eq!(places, ['1', '2', '3']);
    for ((_, after_ms), pressed_ms) in keys.iter().zip([2_010_u64, 4_010, 6_000]) {
        assert!(after_ms.abs_diff(pressed_ms) <= 20, "{keys:?}");
    }
}

#[test]
fn the_newest_is_kept_up_to_the_bound() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .config(|c| c.uplink.preroll_ms = 2_000)
        .build();
    w.run_for(1_010);
    w.agent_is_away(true);
    w.run_for(5_000);
    w.agent_is_away(false);
    w.run_for(1_000);
    let heard: Vec<_> = (0..51).chain(201..351).collect();
    assert_eq!(w.agent_heard_stamps(), heard);
    assert_eq!(w.counters().backlog_dropped_ms, 3_000);
}

#[test]
fn the_caller_is_told_to_hold_the_line() {
    let mut w = World::twilio().line(Own::Holding, 800).build();
    w.run_for(1_000);
    w.agent_is_away(true);
    w.run_for(4_000);
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::Holding, 3_000, 800)]);
    w.agent_is_away(false);
    w.run_for(10_000);
    assert_eq!(w.lines_heard(Time::ZERO).len(), 1);
    assert_eq!(w.reported(|e| matches!(e, CallEvent::AgentBack)), 0);
}

#[test]
fn an_agent_that_is_away_may_speak_and_is_heard() {
    let mut w = World::twilio().build();
    w.agent_is_away(true);
    w.agent_says(600);
    w.agent_marks("please wait");
    w.run_for(1_000);
    w.assert_heard_ms(600);
    w.assert_spoken(1);
    assert_eq!(w.marked(Time::ZERO).len(), 1);
}

#[test]
fn what_the_caller_types_waits_as_well() {
    let mut w = World::omni().build();
    w.agent_is_away(true);
    w.caller_types("hello?");
    w.run_for(1_000);
    w.assert_told(&Told::Text("hello?".to_owned()), 0);
    w.agent_is_away(false);
    w.assert_told(&Told::Text("hello?".to_owned()), 1);
}

#[test]
fn an_agent_lost_on_its_way_is_followed_by_one_that_hears_all_of_it() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .config(|c| c.failover.attempts = 0)
        .fallback(|_| {})
        .build();
    w.run_for(1_010);
    w.agent_is_away(true);
    w.run_for(2_000);
    w.agent_fails("refused", false);
    w.run_for(1_000);
    assert_eq!(w.attempts(Time::ZERO), [(0, 0, 0), (3_010, 1, 0)]);
    assert_eq!(w.agent_heard_stamps(), (0..201).collect::<Vec<_>>());
    w.assert_nothing_told_astray();
}

#[test]
fn an_agent_that_is_away_may_hang_up() {
    let mut w = World::twilio().build();
    w.agent_is_away(true);
    w.run_for(500);
    w.agent_hangs_up();
    w.run_for(100);
    w.assert_over(Ending::AgentHungUp, 1000);
}

#[test]
fn nobody_is_away_for_ever() {
    let mut w = World::twilio().build();
    w.run_for(1_000);
    w.agent_is_away(true);
    w.run_for(14_999);
    w.assert_still_on();
    w.run_for(1);
    w.assert_over(Ending::AgentLost("connect_timeout"), 1011);
}

#[test]
fn who_comes_back_may_go_away_again_as_long() {
    let mut w = World::twilio().build();
    for _ in 0..3 {
        w.agent_is_away(true);
        w.run_for(14_000);
        w.agent_is_away(false);
        w.run_for(100);
    }
    w.assert_still_on();
}

#[test]
fn who_has_not_been_here_cannot_go_away() {
    let mut w = World::twilio().agent_connects_first().build();
    w.agent_is_away(true);
    w.run_for(4_999);
    assert_eq!(w.losses(Time::ZERO), []);
    w.run_for(1);
    assert_eq!(w.losses(Time::ZERO), [(5_000, "connect_timeout")]);
}

#[test]
fn needs_may_change_until_the_agent_is_ready() {
    let mut w = World::twilio()
        .agent_connects_first()
        .agent_speaks(AudioFormat::pcm16(16_000))
        .nth_after(0, 1_000, READY)
        .build();
    w.run_for(500);
    w.agent_needs(|manner| {
        manner.speaks = Some(AudioFormat::pcm16(24_000));
        manner.listens = Some(AudioFormat::pcm16(16_000));
        manner.needs.turns = TurnMode::PushToTalk;
    });
    w.run_for(1_500);
    // PCM16 at 16 kHz: 32 bytes a millisecond, what came before the change as well.
    let heard_bytes = w.agent.desk().notes.heard_bytes;
    assert!(heard_bytes.abs_diff(64_000) <= 1_280, "{heard_bytes}");
    w.agent_says(400);
    w.run_for(600);
    w.assert_heard_ms(400);
    w.assert_no_gaps();
    w.caller_talks(true);
    w.caller_talks(false);
    w.run_for(0);
    w.assert_told(&Told::EndOfTurn, 1);
    assert_eq!(w.begun().len(), 1);
}

#[test]
fn needs_nobody_can_serve_lose_the_agent() {
    let mut w = World::twilio()
        .agent_connects_first()
        .fallback(|manner| manner.needs.connects = false)
        .build();
    w.run_for(500);
    w.agent_needs(|manner| manner.speaks = Some(AudioFormat::pcm16(12_345)));
    w.run_for(10);
    assert_eq!(w.losses(Time::ZERO), [(500, "unsupported_rate")]);
    assert_eq!(w.attempts(Time::ZERO), [(0, 0, 0), (500, 1, 0)]);
    w.agent_says(300);
    w.run_for(500);
    w.assert_heard_ms(300);
}

#[test]
fn once_it_has_been_ready_its_needs_stay_as_they_are() {
    let listens = |w: &World| w.agent.desk().notes.listens;
    for away in [false, true] {
        let mut w = World::twilio().build();
        w.run_for(500);
        w.agent_is_away(away);
        w.agent_needs(|manner| manner.listens = Some(AudioFormat::pcm16(16_000)));
        w.agent_is_away(false);
        w.run_for(500);
        assert_eq!(listens(&w), Some(AudioFormat::MULAW_8K));
        assert_eq!(w.agent_heard_ms() / 20, 51, "away: {away}");
    }
}

#[test]
fn bad_messages_are_counted_and_the_first_of_them_reported() {
    let mut w = World::twilio().build();
    for _ in 0..40 {
        w.agent_wants(Action::Dropped { code: "bad_json" });
    }
    w.run_for(100);
    assert_eq!(w.counters().agent_dropped, 40);
    let told = |e: &CallEvent| matches!(e, CallEvent::AgentDropped { code: "bad_json" });
    assert_eq!(w.reported(told), 16);
    w.assert_still_on();
}
