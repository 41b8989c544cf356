//! When what the agent says leaves: leads, timers, underruns, and how much may wait.

use crate::caller::{FrameRule, Line, Pacing};
use crate::link::{LinkId, LinkSet};
use crate::sim::lines::{self, message_us};
use crate::sim::person::Background;
use crate::sim::world::World;
use crate::time::Time;

/// How late the call's own timer is armed where the lead affords it.
const SLACK_US: u64 = 25_000;

/// What `line` has been sent at most `us` after speech began that comes in a burst.
fn most_us(line: &Line, lead_us: u64, us: u64) -> u64 {
    let message_us = message_us(line);
    (us + lead_us) / message_us * message_us + message_us
}

#[test]
fn every_line_is_sent_its_lead_and_then_what_is_played() {
    for line in lines::ALL {
        let mut w = World::on(line).build_taped();
        w.run_for(1_000);
        w.agent_says(3_000);
        let lead_us = line.pacing.lead_ms() * 1_000;
        assert_eq!(w.sent_us(), most_us(&line, lead_us, 0), "at once: {line:?}");
        for ms in 1..2_500 {
            w.run_for(1);
            let (sent_us, us) = (w.sent_us(), ms * 1_000);
            assert!(
                sent_us <= most_us(&line, lead_us, us),
                "{ms} ms in: {line:?}"
            );
            let slack_us = if lead_us == 0 { 0 } else { SLACK_US };
            let least_us = most_us(&line, lead_us, us.saturating_sub(slack_us));
            assert!(sent_us >= least_us, "{ms} ms in, {sent_us}: {line:?}");
        }
    }
}

#[test]
fn a_configured_lead_takes_the_place_of_the_lines_own() {
    for (line, lead_ms, at_once_ms) in [
        (lines::TWILIO, 40, 60),
        (lines::TWILIO, 300, 320),
        (lines::TWILIO, 0, 20),
        (lines::GENESYS, 50, 100),
        (lines::VONAGE, 60, 80),
    ] {
        let mut w = World::on(line)
            .config(|c| c.playout.lead_ms = Some(lead_ms))
            .agent_says_on_begin(2_000)
            .build_taped();
        assert_eq!(w.sent_us() / 1_000, at_once_ms, "{lead_ms} ms on {line:?}");
        w.run_for(2_500);
        w.assert_no_gaps();
        w.assert_heard_ms(2_000);
    }
}

#[test]
fn a_line_in_real_time_has_no_lead_whatever_is_configured() {
    let mut w = World::asterisk()
        .config(|c| c.playout.lead_ms = Some(500))
        .agent_says_on_begin(1_000)
        .build_taped();
    for ms in 0..1_000 {
        assert_eq!(w.sent_us(), (ms / 20 + 1) * 20_000, "after {ms} ms");
        w.run_for(1);
    }
}

#[test]
fn a_line_of_30_ms_frames_gets_one_every_30_ms() {
    let line = Line {
        framing: FrameRule::Exact { us: 30_000 },
        ..lines::ASTERISK
    };
    let mut w = World::on(line).agent_says_on_begin(600).build_taped();
    w.run_for(1_000);
    let sent = w.audio_sent();
    let times: Vec<_> = sent.iter().map(|(at, _)| at.as_ms()).collect();
    assert_eq!(times, (0..20).map(|n| n * 30).collect::<Vec<_>>());
    assert!(sent.iter().all(|(_, audio)| audio.len() == 240));
}

#[test]
fn where_nothing_else_wakes_it_the_timer_is_late_within_the_lead() {
    let mut w = World::twilio()
        .background(Background::Nothing)
        .agent_says_on_begin(2_000)
        .build();
    let mut least_us = u64::MAX;
    for _ in 0..1_800 {
        w.run_for(1);
        least_us = least_us.min(w.carrier.buffered_us(w.now));
    }
    // A lead of 100 ms, of which the timer takes 25; looked at a millisecond before.
    assert_eq!(least_us, 76_000);
    w.assert_no_gaps();
}

#[test]
fn timers_later_than_a_frame_are_covered_by_the_lead() {
    let mut w = World::plivo()
        .background(Background::Nothing)
        .timers_late_us(70_000)
        .agent_says_on_begin(5_000)
        .build();
    w.run_for(5_000);
    w.assert_heard_ms(5_000);
    w.assert_no_gaps();
    w.assert_silent();
}

#[test]
fn late_timers_delay_a_line_in_real_time_once_and_not_with_every_frame() {
    let mut w = World::asterisk()
        .background(Background::Nothing)
        .timers_late_us(2_000)
        .agent_says_on_begin(10_000)
        .build();
    w.run_for(10_000 + 2);
    w.assert_heard_ms(10_000);
}

#[test]
fn late_timers_shift_no_frame_but_their_own() {
    // The timer is up to 5 ms late on a lead of 10: each frame leaves for its own time.
    let mut w = World::vonage()
        .config(|c| c.playout.lead_ms = Some(10))
        .background(Background::Nothing)
        .timers_late_us(5_000)
        .agent_says_on_begin(4_000)
        .build_taped();
    w.run_for(5_000);
    for (n, (at, _)) in (0..).zip(w.audio_sent()) {
        let due = Time::from_ms(n * 20).minus_us(10_000);
        assert!(at >= due && at.us_since(due) <= 15_000, "frame {n} at {at}");
    }
    w.assert_no_gaps();
    w.assert_heard_ms(4_000);
}

#[test]
fn an_agent_in_real_time_gets_no_lead_and_no_delay() {
    for line in [
        lines::TWILIO,
        lines::VONAGE,
        lines::ASTERISK,
        lines::ACS,
        lines::OMNI,
    ] {
        let mut w = World::on(line)
            .agent_in_real_time()
            .agent_says_on_begin(2_000)
            .build();
        w.run_for(2_100);
        assert_eq!(w.delays_ms(Time::ZERO).len(), 100, "{line:?}");
        assert_eq!(w.longest_delay_ms(Time::ZERO), 0, "{line:?}");
    }
}

#[test]
fn the_first_word_after_silence_leaves_at_once_on_every_line() {
    for line in lines::ALL {
        let mut w = World::on(line).agent_says_on_begin(400).build();
        w.run_for(3_007);
        w.agent_says(400);
        assert_eq!(w.assert_hears_agent_within(0), 0, "{line:?}");
        w.run_for(2_000);
        w.assert_heard_ms(800);
        assert_eq!(w.counters().underruns, 0, "{line:?}");
    }
}

#[test]
fn a_queue_that_runs_dry_within_an_utterance_is_an_underrun_and_a_pause_is_none() {
    let mut w = World::twilio().build();
    w.agent_says(500);
    w.run_for(800);
    w.agent_starts(500);
    w.run_for(800);
    assert_eq!(w.counters().underruns, 0, "a pause between two utterances");
    let resumed = w.now;
    w.agent_goes_on(200);
    w.agent_finishes();
    assert_eq!(w.counters().underruns, 1);
    assert_eq!(w.assert_hears_agent_within(0), 0);
    w.run_for(200);
    w.assert_heard_ms(1_200);
    w.assert_gaps_ms(resumed.minus_us(800_000), 300);
    assert_eq!(w.counters().underruns, 1);
}

#[test]
fn after_an_underrun_the_lead_is_there_again() {
    let mut w = World::plivo().build_taped();
    w.agent_starts(500);
    w.run_for(900);
    assert_eq!(w.sent_us(), 500_000);
    w.agent_goes_on(2_000);
    w.run_for(0);
    assert_eq!(w.sent_us(), 500_000 + 120_000);
    assert_eq!(w.carrier.buffered_us(w.now), 120_000);
}

#[test]
fn a_link_that_takes_nothing_gets_at_its_end_the_lead_and_no_more() {
    for line in [lines::TWILIO, lines::VONAGE, lines::GENESYS, lines::EXOTEL] {
        let mut w = World::on(line).agent_says_on_begin(6_000).build_taped();
        w.run_for(500);
        w.caller_link_blocks(2_000);
        w.run_for(1_999);
        let before_us = w.sent_us();
        w.run_for(1);
        // What was not sent can still be recalled: two seconds in one heap could not.
        let lead_us = line.pacing.lead_ms() * 1_000;
        assert_eq!(w.sent_us() - before_us, most_us(&line, lead_us, 0));
        w.caller_interrupts();
        w.run_for(3_000);
        w.assert_clears(1);
        w.assert_interrupted(1, 1);
    }
}

#[test]
fn a_socket_that_is_full_takes_one_frame_for_each_that_arrives() {
    // Two frames fill it; what crosses in 50 ms would be two and a half.
    let mut w = World::twilio()
        .latency_ms(50)
        .socket_bytes(320)
        .agent_says_on_begin(2_000)
        .build_taped();
    w.run_for(50);
    let sent = w.sent_us();
    assert_eq!(sent, 40_000 + 40_000, "two, and two more when they arrived");
    w.run_for(3_000);
    w.assert_heard_ms(2_000);
    w.assert_still_on();
}

#[test]
fn speech_beyond_the_bound_is_refused_and_counted_to_the_byte() {
    let mut w = World::twilio()
        .config(|c| c.playout.bound_ms = 5_000)
        .agent_says_on_begin(8_000)
        .build();
    assert_eq!(w.counters().overflow_bytes, 3_000 * 8);
    w.run_for(6_000);
    w.assert_heard_ms(5_000);
    w.assert_no_gaps();
    w.assert_spoken(1);
}

#[test]
fn agents_are_read_no_further_from_nine_tenths_of_the_bound_on() {
    let mut w = World::twilio()
        .config(|c| c.playout.bound_ms = 10_000)
        .build();
    assert_eq!(w.readable(), LinkSet::ALL);
    w.agent_starts(9_200);
    w.run_for(0);
    let readable = w.readable();
    assert!(
        readable.contains(LinkId::CALLER),
        "the caller is always heard"
    );
    assert!(!readable.has_slot(1) && !readable.has_slot(7));
    // 120 ms are out at once; with 100 ms more 9 s are not left.
    let took_ms = w.run_until(1_000, |w| w.readable() == LinkSet::ALL);
    assert_eq!(took_ms, 100);
    w.agent_goes_on(300);
    w.agent_finishes();
    w.run_for(10_000);
    w.assert_heard_ms(9_500);
    assert_eq!(w.counters().overflow_bytes, 0);
}

#[test]
fn an_agent_that_is_read_only_when_it_may_be_loses_nothing() {
    let mut w = World::exotel()
        .config(|c| c.playout.bound_ms = 2_000)
        .build();
    w.agent_starts(100);
    let mut said_ms = 100;
    while said_ms < 20_100 {
        if w.readable() == LinkSet::ALL {
            w.agent_goes_on(100);
            said_ms += 100;
            w.run_for(0);
        } else {
            w.run_for(10);
        }
    }
    w.agent_finishes();
    // Its speech was taken as it was played, not before.
    assert!((18_000..=20_100 - 1_600).contains(&w.now.as_ms()));
    w.run_for(4_000);
    w.assert_heard_ms(20_100);
    assert_eq!(w.counters().overflow_bytes, 0);
    w.assert_no_gaps();
}

#[test]
fn a_quarter_of_an_hour_is_paced_without_drift() {
    let line = Line {
        pacing: Pacing::RealTime,
        ..lines::ACS
    };
    let mut w = World::on(line)
        .agent_in_real_time()
        .agent_says_on_begin(900_000)
        .build();
    w.run_for(900_000 - 1);
    w.assert_hears_agent();
    w.run_for(1);
    w.assert_silent();
    w.run_for(10);
    assert_eq!(w.delays_ms(Time::from_ms(890_000)).len(), 500);
    assert_eq!(w.longest_delay_ms(Time::ZERO), 0);
    w.assert_no_gaps();
}
