//! Choppy speech, gaps, and delay that stays.

use crate::sim::clips;
use crate::sim::world::World;
use crate::time::Time;

/// What the carrier holds, at its least and at its most, looked at every millisecond for so long.
fn buffered_us(w: &mut World, ms: u64) -> (u64, u64) {
    let (mut least, mut most) = (u64::MAX, 0);
    for _ in 0..ms {
        let held = w.carrier.buffered_us(w.now);
        (least, most) = (least.min(held), most.max(held));
        w.run_for(1);
    }
    (least, most)
}

/// Theme 1: unpaced sends sound choppy (Vonage SDK #70, openai-agents-python #1926, openclaw #52111). A bot hands
/// over a whole sentence at once.
#[test]
fn theme_01_a_sentence_given_at_once_leaves_in_frames_and_in_its_time() {
    let mut w = World::vonage().build();
    w.agent_says(30_000);
    assert_eq!(
        w.watch.tally.messages, 6,
        "the lead and the frame being played"
    );
    let (_, most) = buffered_us(&mut w, 29_900);
    assert!(most <= 120_000, "{most} us at the carrier");
    w.run_for(100);
    w.assert_silent();
    w.run_for(1);
    w.assert_heard_ms(30_000);
    w.assert_no_gaps();
}

/// Theme 1: badly paced sends. call-me #12: a timer of 18 ms for frames of 20 ms puts the carrier 100 ms
/// further ahead each second. Timers here are late at random besides.
#[test]
fn theme_01_the_carrier_holds_as_much_after_two_minutes_as_after_a_second() {
    let mut w = World::twilio().timers_late_us(5_000).build();
    w.agent_says(119_000);
    w.run_for(1_000);
    let (first_least, first_most) = buffered_us(&mut w, 5_000);
    w.run_for(107_000);
    let (last_least, last_most) = buffered_us(&mut w, 5_000);
    for (first, last) in [(first_least, last_least), (first_most, last_most)] {
        assert!(first.abs_diff(last) <= 1_000, "{first} us, then {last} us");
    }
    w.run_for(2_000);
    w.assert_no_gaps();
}

/// Theme 2: gaps of 100 to 350 ms from the sender's own clock. pipecat #3315: it sleeps a frame's length after
/// each frame, so that every late awakening is heard and adds to the next.
#[test]
fn theme_02_awakenings_as_late_as_the_lead_are_not_heard() {
    let mut w = World::twilio()
        .timers_late_us(95_000)
        .agent_says_on_begin(60_000)
        .build();
    w.run_for(60_000);
    w.assert_silent();
    w.run_for(1);
    w.assert_heard_ms(60_000);
    w.assert_no_gaps();
}

/// Theme 2: gaps from the sender's clock (livekit/sip #348). What one hiccup costs is not paid again later.
#[test]
fn theme_02_a_hiccup_longer_than_the_lead_is_heard_once_and_for_its_excess_alone() {
    let mut w = World::twilio().agent_says_on_begin(20_000).build();
    w.run_for(5_000);
    let ahead_ms = w.carrier.buffered_us(w.now) / 1_000;
    w.caller_link_blocks(400);
    w.run_for(400);
    let resumed = w.now;
    let (_, most) = buffered_us(&mut w, 1_000);
    assert!(
        most <= 120_000,
        "no more than the lead is made up: {most} us"
    );
    w.run_for(15_000);
    w.assert_heard_ms(20_000);
    w.assert_gaps_ms(Time::ZERO, 400 - ahead_ms);
    w.assert_gaps_ms(resumed, 0);
}

/// Milliseconds after an agent's last word, spoken in real time, at which the caller hears it, when the
/// caller's link has taken nothing for two seconds in the middle.
fn last_word_late_ms(slip: bool) -> (u64, u64) {
    let mut w = World::asterisk()
        .agent_in_real_time()
        .config(|c| c.playout.slip = slip)
        .agent_says_on_begin(30_000)
        .build();
    w.run_for(5_000);
    w.caller_link_blocks(2_000);
    w.run_for(25_000);
    (w.assert_silent_within(5_000), w.counters().slipped_ms)
}

/// Theme 5: a backlog becomes permanent latency. Asterisk #2115: after a burst one frame leaves for each
/// frame that comes, and the caller hears everything late until they hang up.
#[test]
fn theme_05_a_backlog_is_not_permanent_latency() {
    let (late_ms, slipped_ms) = last_word_late_ms(true);
    assert!(late_ms <= 100, "{late_ms} ms late");
    assert!(
        (1_900..=2_020).contains(&slipped_ms),
        "{slipped_ms} ms left out"
    );
    let (late_ms, slipped_ms) = last_word_late_ms(false);
    assert!((1_980..=2_020).contains(&late_ms), "{late_ms} ms late");
    assert_eq!(
        slipped_ms, 0,
        "and nothing is left out where that is asked for"
    );
}

/// Theme 5: a flush of what is queued (Asterisk #1304): an answer does not wait behind the rest of the one before.
#[test]
fn theme_05_an_answer_does_not_wait_behind_a_minute_that_was_cut_off() {
    let mut w = World::asterisk().agent_says_on_begin(60_000).build();
    w.run_for(5_010);
    w.caller_interrupts();
    w.run_for(0);
    w.agent_says(500);
    assert_eq!(w.assert_hears_agent_within(1), 0);
    w.run_for(501);
    w.assert_heard_ms(5_010 + 500);
    w.assert_silent();
}

/// Theme 5, with a sentence of the gateway's own in front of the answer: it delays that by what it lasts, and
/// nothing is left of it afterwards.
#[test]
fn theme_05_a_filler_delays_the_answer_by_its_own_length_alone() {
    let mut w = World::twilio()
        .config(|c| {
            c.lines = std::sync::Arc::new(crate::config::Lines {
                filler: Some(clips::tone(600)),
                ..Default::default()
            });
        })
        .build();
    w.caller_types("how much is it?");
    w.agent_wants(crate::agent::Action::Working(true));
    assert_eq!(w.assert_hears_agent_within(5_000), 2_000);
    w.agent_wants(crate::agent::Action::Working(false));
    w.agent_says(500);
    w.run_for(600 + 500);
    w.assert_silent();
    w.run_for(1);
    w.assert_heard_ms(500);
}
