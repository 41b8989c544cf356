//! Losses, duplicates, jumps and jitter, by chunk and by timestamp.

use super::*;
use proptest::prelude::*;

const FRAME: usize = 160;

fn chunk(chunk: u64) -> Place {
    Place {
        chunk: Some(chunk),
        timestamp_ms: None,
    }
}

fn at_ms(at_ms: u64) -> Place {
    Place {
        chunk: None,
        timestamp_ms: Some(at_ms),
    }
}

fn sequence(reorders: bool, taken: &[Place]) -> Sequence {
    let mut sequence = Sequence::new(AudioFormat::MULAW_8K, 1_000, reorders);
    for &place in taken {
        sequence.take(place, FRAME);
    }
    sequence
}

const fn gap(frames: u64, us: u64) -> Gap {
    Gap { frames, us }
}

#[test]
fn missing_chunks_are_counted_and_filled_up_to_the_cap() {
    let mut sequence = sequence(false, &[chunk(7)]);
    assert_eq!(sequence.placing(chunk(8)), Placing::InOrder);
    assert_eq!(sequence.take(chunk(8), FRAME), gap(0, 0));
    assert_eq!(sequence.placing(chunk(12)), Placing::Early);
    assert_eq!(sequence.take(chunk(12), FRAME), gap(3, 60_000));
    assert_eq!(sequence.take(chunk(1_013), FRAME), gap(1_000, 1_000_000));
}

#[test]
fn the_length_of_what_is_lost_is_that_of_the_frame_before() {
    let mut sequence = sequence(false, &[]);
    sequence.take(chunk(1), 800);
    assert_eq!(sequence.take(chunk(3), FRAME), gap(1, 100_000));
    assert_eq!(sequence.take(chunk(5), FRAME), gap(1, 20_000));
}

#[test]
fn a_frame_come_again_is_told_from_one_come_late() {
    let mut sequence = sequence(true, &[chunk(1), chunk(2), chunk(5)]);
    assert_eq!(sequence.placing(chunk(5)), Placing::Duplicate);
    assert_eq!(sequence.placing(chunk(2)), Placing::Duplicate);
    assert_eq!(sequence.placing(chunk(3)), Placing::Late);
    assert_eq!(sequence.placing(chunk(6)), Placing::InOrder);
}

#[test]
fn a_far_jump_is_a_new_numbering_and_no_loss() {
    for (before, after) in [
        (1, 3_003),
        (3_000, 2_900),
        (u64::MAX, 5_000),
        (9, u64::MAX / 2),
    ] {
        let mut sequence = sequence(true, &[chunk(before)]);
        assert_eq!(sequence.placing(chunk(after)), Placing::Anew, "{after}");
        assert_eq!(sequence.take(chunk(after), FRAME), gap(0, 0));
        let next = chunk(after.wrapping_add(1));
        assert_eq!(sequence.placing(next), Placing::InOrder);
    }
    // 700 frames of 100 ms are more than a minute.
    let mut long = sequence(true, &[]);
    long.take(chunk(1), 800);
    assert_eq!(long.placing(chunk(702)), Placing::Anew);
    assert_eq!(long.placing(chunk(603)), Placing::Anew);
    assert_eq!(long.placing(chunk(602)), Placing::Early);
}

#[test]
fn a_numbering_that_starts_over_near_by_is_followed_after_eight_frames() {
    let taken: Vec<Place> = (1..=30).map(chunk).collect();
    let mut sequence = sequence(true, &taken);
    for n in 1..8 {
        assert_eq!(sequence.placing(chunk(n)), Placing::Duplicate, "{n}");
    }
    assert_eq!(sequence.placing(chunk(8)), Placing::Anew);
    assert_eq!(sequence.take(chunk(8), FRAME), gap(0, 0));
}

#[test]
fn a_wrapped_number_goes_on() {
    let mut sequence = sequence(true, &[chunk(u64::MAX)]);
    assert_eq!(sequence.placing(chunk(0)), Placing::InOrder);
}

#[test]
fn timestamps_serve_where_there_are_no_chunks() {
    let mut sequence = sequence(false, &[at_ms(1_000), at_ms(1_020)]);
    assert_eq!(sequence.take(at_ms(1_040), FRAME), gap(0, 0));
    assert_eq!(sequence.take(at_ms(1_120), FRAME), gap(3, 60_000));
    assert_eq!(sequence.take(at_ms(4_140), FRAME), gap(150, 1_000_000));
    assert_eq!(sequence.take(at_ms(90_000), FRAME), gap(0, 0));
    assert_eq!(sequence.take(at_ms(90_020), FRAME), gap(0, 0));
}

#[test]
fn jitter_does_not_hide_a_loss() {
    let mut sequence = sequence(false, &[at_ms(0)]);
    assert_eq!(sequence.take(at_ms(37), FRAME), gap(0, 0), "17 ms late");
    assert_eq!(sequence.take(at_ms(60), FRAME), gap(1, 20_000));
    assert_eq!(sequence.take(at_ms(80), FRAME), gap(0, 0));
}

#[test]
fn a_clock_that_runs_fast_or_slow_loses_nothing_in_an_hour() {
    for frame_us in [19_990, 20_010] {
        let mut sequence = sequence(false, &[]);
        for n in 0..180_000 {
            let place = at_ms(n * frame_us / 1_000);
            assert_eq!(
                sequence.take(place, FRAME),
                gap(0, 0),
                "{frame_us} us, frame {n}"
            );
        }
    }
}

#[test]
fn chunks_win_over_timestamps() {
    let both = |chunk, timestamp_ms| Place {
        chunk: Some(chunk),
        timestamp_ms: Some(timestamp_ms),
    };
    let mut sequence = sequence(false, &[both(1, 0)]);
    assert_eq!(sequence.take(both(2, 500), FRAME), gap(0, 0));
    assert_eq!(sequence.take(both(4, 520), FRAME), gap(1, 20_000));
}

#[test]
fn a_clock_that_runs_back_drops_nothing_where_frames_come_in_order() {
    let mut ordered = sequence(false, &[at_ms(5_000)]);
    assert_eq!(ordered.placing(at_ms(5_000)), Placing::Anew);
    let mut reordered = sequence(true, &[at_ms(5_000)]);
    assert_eq!(reordered.placing(at_ms(5_000)), Placing::Late);
    assert_eq!(reordered.placing(at_ms(1_000)), Placing::Anew);
}

#[test]
fn a_frame_without_a_place_is_in_order() {
    let mut sequence = sequence(true, &[chunk(1)]);
    assert_eq!(sequence.placing(Place::default()), Placing::InOrder);
    assert_eq!(sequence.take(Place::default(), FRAME), gap(0, 0));
    assert_eq!(sequence.placing(chunk(99)), Placing::InOrder);
}

proptest! {
    #[test]
    fn jitter_below_a_frame_is_no_loss(jitter in prop::collection::vec(0u64..18, 1..400)) {
        let mut sequence = sequence(false, &[]);
        for (n, jitter) in (0u64..).zip(jitter) {
            prop_assert_eq!(sequence.take(at_ms(7_000 + 20 * n + jitter), FRAME), gap(0, 0));
        }
    }

    #[test]
    fn every_loss_is_counted_once(steps in prop::collection::vec(1u64..50, 1..100)) {
        let (mut by_chunk, mut by_time) = (sequence(false, &[chunk(0)]), sequence(false, &[at_ms(0)]));
        let mut number = 0;
        for step in steps {
            number += step;
            let expected = gap(step - 1, (step - 1) * 20_000);
            prop_assert_eq!(by_chunk.take(chunk(number), FRAME), expected);
            prop_assert_eq!(by_time.take(at_ms(number * 20), FRAME), expected);
        }
    }

    #[test]
    fn no_numbering_breaks_it(
        places in prop::collection::vec((any::<Option<u64>>(), any::<Option<u64>>(), 0usize..3000), 0..60),
        reorders: bool,
    ) {
        let mut sequence = sequence(reorders, &[]);
        for (chunk, timestamp_ms, bytes) in places {
            let place = Place { chunk, timestamp_ms };
            let placing = sequence.placing(place);
            let gap = sequence.take(place, bytes);
            prop_assert!(gap.us <= 1_000_000);
            prop_assert_eq!(gap.frames > 0, placing == Placing::Early);
        }
    }
}
