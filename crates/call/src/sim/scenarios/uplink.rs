//! What is missing in the caller's audio, by its numbers and by its timestamps.

use crate::agent::Hears;
use crate::caller::Place;
use crate::sim::person::Background;
use crate::sim::uplink::loud;
use crate::sim::world::World;

fn numbered(chunk: u64) -> Place {
    Place {
        chunk: Some(chunk),
        timestamp_ms: None,
    }
}

fn timed(timestamp_ms: u64) -> Place {
    Place {
        chunk: None,
        timestamp_ms: Some(timestamp_ms),
    }
}

/// Milliseconds the agent was given, and frames found missing, of two frames 20 ms apart with these places.
fn between(hears: Hears, first: Place, second: Place) -> (u64, u64) {
    let mut w = World::twilio().agent_hears(hears).build_by_hand();
    w.caller_sends_stamp(first, 0);
    w.run_for(20);
    w.caller_sends_stamp(second, 1);
    w.run_for(0);
    w.assert_agent_heard(0..2);
    (w.agent_heard_ms(), w.counters().media_lost)
}

#[test]
fn an_engine_whose_clock_is_the_audio_gets_silence_for_frames_lost() {
    let mut w = World::twilio()
        .agent_hears(Hears::Continuous)
        .background(Background::Stamps)
        .build();
    w.run_for(199);
    w.agent_records();
    w.network_loses(5);
    w.run_for(100);
    assert_eq!(w.agent_heard_ms(), 200, "nobody knows yet what comes");
    w.run_for(1);
    assert_eq!(w.agent_heard_ms(), 200 + 100 + 20);
    let recording = w.recording();
    assert_eq!(recording.len(), 8 * 120);
    let (first, _, _) = loud(&recording).expect("the frame behind the gap");
    assert_eq!(first, 8 * 100, "silence first");
    w.run_for(700);
    w.assert_agent_heard((0..10).chain(15..51));
    assert_eq!(w.agent_heard_ms(), 1_020, "as much as time has passed");
    assert_eq!(w.counters().media_lost, 5);
}

#[test]
fn for_all_other_agents_what_is_lost_is_not_made_up() {
    let mut w = World::twilio().background(Background::Stamps).build();
    w.network_loses(5);
    w.run_for(1_000);
    assert_eq!(w.agent_heard_ms(), 1_020 - 100);
    assert_eq!(w.counters().media_lost, 5, "but it is counted");
}

#[test]
fn a_gap_is_filled_up_to_a_second() {
    let gap_of = |frames, gap_ms| {
        let mut w = World::twilio()
            .agent_hears(Hears::Continuous)
            .config(|c| c.uplink.gap_ms = gap_ms)
            .build_by_hand();
        w.caller_sends_stamp(numbered(1), 0);
        w.run_for(20);
        w.caller_sends_stamp(numbered(2 + frames), 1);
        w.run_for(0);
        assert_eq!(w.counters().media_lost, frames);
        w.agent_heard_ms() - 40
    };
    assert_eq!(gap_of(49, 1_000), 980);
    assert_eq!(gap_of(50, 1_000), 1_000);
    assert_eq!(gap_of(51, 1_000), 1_000);
    assert_eq!(gap_of(1_500, 1_000), 1_000);
    assert_eq!(gap_of(51, 300), 300);
    assert_eq!(gap_of(51, 0), 0);
}

#[test]
fn where_frames_have_no_numbers_their_timestamps_tell() {
    let gap_of = |ms: u64| between(Hears::Continuous, timed(5_000), timed(5_020 + ms));
    assert_eq!(gap_of(0), (40, 0));
    assert_eq!(gap_of(60), (100, 3));
    assert_eq!(gap_of(3_000), (1_040, 150));
}

#[test]
fn the_number_outweighs_the_timestamp() {
    let place = |chunk, ms| Place {
        chunk: Some(chunk),
        timestamp_ms: Some(ms),
    };
    let gap_of = |chunk: u64, ms: u64| between(Hears::Continuous, place(1, 0), place(chunk, ms));
    assert_eq!(gap_of(2, 320), (40, 0), "late, not lost");
    assert_eq!(gap_of(4, 20), (80, 2), "lost, whatever the clock says");
}

#[test]
fn without_numbers_and_timestamps_nothing_is_guessed() {
    let nowhere = Place::default();
    assert_eq!(between(Hears::Continuous, nowhere, nowhere), (40, 0));
    assert_eq!(between(Hears::Continuous, numbered(1), nowhere), (40, 0));
    assert_eq!(between(Hears::Continuous, nowhere, timed(900)), (40, 0));
}

#[test]
fn timestamps_that_jitter_are_no_loss() {
    let mut w = World::twilio()
        .agent_hears(Hears::Continuous)
        .build_by_hand();
    let jitter_ms: [u64; 10] = [0, 9, 3, 15, 0, 12, 1, 16, 7, 0];
    for n in 0..500 {
        let late_ms = jitter_ms[n as usize % jitter_ms.len()];
        w.caller_sends_stamp(timed(n * 20 + late_ms), n);
        w.run_for(20);
    }
    assert_eq!(w.agent_heard_ms(), 10_000);
    assert_eq!((w.counters().media_lost, w.counters().media_late), (0, 0));
}

#[test]
fn a_clock_that_runs_fast_or_slow_loses_nothing() {
    for (numerator, denominator) in [(10_005, 10_000), (9_995, 10_000)] {
        let mut w = World::twilio()
            .agent_hears(Hears::Continuous)
            .build_by_hand();
        for n in 0..3_000 {
            w.caller_sends_stamp(timed(n * 20 * numerator / denominator), n);
            w.run_for(20);
        }
        assert_eq!(w.agent_heard_ms(), 60_000, "{numerator}");
        assert_eq!(w.counters().media_lost, 0);
    }
}

#[test]
fn a_numbering_that_begins_anew_is_neither_loss_nor_repetition() {
    // Far ahead, and far back.
    for (before, after) in [(7, 90_000), (90_000, 1)] {
        let (ms, lost) = between(Hears::Continuous, numbered(before), numbered(after));
        assert_eq!((ms, lost), (40, 0), "{before} {after}");
    }
}

#[test]
fn a_numbering_begun_anew_soon_is_believed_after_eight_frames() {
    let mut w = World::twilio().build_by_hand();
    for n in 0..20 {
        w.caller_sends_stamp(numbered(1 + n), n);
        w.run_for(20);
    }
    for n in 0..20 {
        w.caller_sends_stamp(numbered(1 + n), 100 + n);
        w.run_for(20);
    }
    // Seven may be repetitions; the eighth in a row is none.
    w.assert_agent_heard((0..20).chain(107..120));
    assert_eq!((w.counters().media_late, w.counters().media_lost), (7, 0));
}
