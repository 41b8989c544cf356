//! Shuffled, lost and doubled frames, and the bounds of the window.

use super::*;
use proptest::prelude::*;

const NONE: Gap = Gap { frames: 0, us: 0 };

fn chunk(chunk: u64) -> Place {
    Place {
        chunk: Some(chunk),
        timestamp_ms: None,
    }
}

fn window(ms: u64) -> Reorder {
    Reorder::new(AudioFormat::MULAW_8K, ms, 1_000)
}

/// Pushes frame `n`, whose bytes are all `n`, and gives what comes out: number and frames lost before.
fn push(reorder: &mut Reorder, ms: u64, n: u64) -> Vec<(u8, u64)> {
    let now = Time::from_ms(ms);
    let mut out = Vec::new();
    if let Arrival::Now { gap } = reorder.push(now, chunk(n), &[n as u8; 160]) {
        out.push((n as u8, gap.frames));
    }
    out.extend(due(reorder, ms));
    out
}

fn due(reorder: &mut Reorder, ms: u64) -> Vec<(u8, u64)> {
    let mut out = Vec::new();
    let mut audio = Vec::new();
    while let Some(gap) = reorder.pop(Time::from_ms(ms), &mut audio) {
        assert_eq!(audio, [audio[0]; 160]);
        out.push((audio[0], gap.frames));
        audio.clear();
    }
    out
}

#[test]
fn without_a_window_everything_passes_at_once() {
    let mut reorder = window(0);
    assert_eq!(push(&mut reorder, 0, 1), [(1, 0)]);
    assert_eq!(push(&mut reorder, 0, 4), [(4, 2)]);
    assert_eq!(reorder.deadline(), None);
    assert_eq!(push(&mut reorder, 0, 4), []);
    assert_eq!(push(&mut reorder, 0, 3), []);
    assert_eq!((reorder.duplicates(), reorder.late()), (1, 1));
}

#[test]
fn a_frame_that_overtook_others_waits_for_them() {
    let mut reorder = window(100);
    assert_eq!(push(&mut reorder, 0, 1), [(1, 0)]);
    assert_eq!(push(&mut reorder, 20, 4), []);
    assert_eq!(push(&mut reorder, 25, 3), []);
    assert_eq!(reorder.deadline(), Some(Time::from_ms(120)));
    assert_eq!(
        push(&mut reorder, 30, 3),
        [],
        "a duplicate of one that waits"
    );
    assert_eq!(push(&mut reorder, 119, 2), [(2, 0), (3, 0), (4, 0)]);
    assert_eq!(reorder.deadline(), None);
    assert_eq!((reorder.duplicates(), reorder.late()), (1, 0));
}

#[test]
fn what_does_not_come_in_time_is_given_up() {
    let mut reorder = window(100);
    push(&mut reorder, 0, 1);
    push(&mut reorder, 20, 4);
    push(&mut reorder, 40, 3);
    push(&mut reorder, 60, 6);
    assert_eq!(due(&mut reorder, 119), []);
    assert_eq!(due(&mut reorder, 120), [(3, 1), (4, 0)]);
    assert_eq!(reorder.deadline(), Some(Time::from_ms(160)));
    assert_eq!(push(&mut reorder, 130, 2), [], "too late");
    assert_eq!(reorder.late(), 1);
    assert_eq!(due(&mut reorder, 160), [(6, 1)]);
}

#[test]
fn more_frames_than_may_wait_end_the_waiting() {
    let mut reorder = window(10_000);
    push(&mut reorder, 0, 1);
    for n in 3..18 {
        assert_eq!(push(&mut reorder, 1, n), []);
    }
    let all: Vec<_> = (3..19).map(|n| (n, u64::from(n == 3))).collect();
    assert_eq!(push(&mut reorder, 1, 18), all);
}

#[test]
fn more_bytes_than_may_wait_end_the_waiting() {
    let mut reorder = window(10_000);
    let mut audio = Vec::new();
    reorder.push(Time::ZERO, chunk(1), &[0; 30_000]);
    for n in 3..5 {
        assert_eq!(
            reorder.push(Time::ZERO, chunk(n), &[0; 30_000]),
            Arrival::Held
        );
        assert_eq!(reorder.pop(Time::ZERO, &mut audio), None);
    }
    reorder.push(Time::ZERO, chunk(6), &[0; 30_000]);
    let lost = |gap: Option<Gap>| gap.map(|gap| gap.frames);
    assert_eq!(lost(reorder.pop(Time::ZERO, &mut audio)), Some(1));
    assert_eq!(lost(reorder.pop(Time::ZERO, &mut audio)), Some(0));
    assert_eq!(
        reorder.pop(Time::ZERO, &mut audio),
        None,
        "6 still waits for 5"
    );
    assert!(reorder.spare.is_empty(), "large buffers are not kept");
}

#[test]
fn a_new_numbering_comes_after_what_waited() {
    let mut reorder = window(100);
    push(&mut reorder, 0, 1);
    push(&mut reorder, 10, 3);
    assert_eq!(
        push(&mut reorder, 20, 200_000),
        [(3, 1), ((200_000 % 256) as u8, 0)]
    );
    assert_eq!(
        push(&mut reorder, 40, 200_001),
        [((200_001 % 256) as u8, 0)]
    );
}

#[test]
fn timestamps_order_frames_too() {
    let at = |ms| Place {
        chunk: None,
        timestamp_ms: Some(ms),
    };
    let mut reorder = window(100);
    let mut audio = Vec::new();
    assert_eq!(
        reorder.push(Time::ZERO, at(0), &[0; 160]),
        Arrival::Now { gap: NONE }
    );
    assert_eq!(reorder.push(Time::ZERO, at(60), &[3; 160]), Arrival::Held);
    assert_eq!(reorder.push(Time::ZERO, at(40), &[2; 160]), Arrival::Held);
    assert_eq!(
        reorder.push(Time::ZERO, at(20), &[1; 160]),
        Arrival::Now { gap: NONE }
    );
    assert_eq!(reorder.pop(Time::ZERO, &mut audio), Some(NONE));
    assert_eq!(reorder.pop(Time::ZERO, &mut audio), Some(NONE));
    assert_eq!(audio, [[2; 160], [3; 160]].concat());
}

#[test]
fn buffers_are_used_again() {
    let mut reorder = window(100);
    push(&mut reorder, 0, 1);
    let mut at = Vec::new();
    for n in (2..100).step_by(2) {
        push(&mut reorder, 0, n + 1);
        at.push(reorder.held[0].audio.as_ptr());
        push(&mut reorder, 0, n);
    }
    at.dedup();
    assert_eq!(at.len(), 1);
    assert_eq!(reorder.spare.len(), 1);
}

proptest! {
    /// Each frame is delayed by less than the window: whatever overtakes what, the stream comes out sorted.
    #[test]
    fn any_shuffle_within_the_window_comes_out_sorted(
        delays in prop::collection::vec(0u64..100, 1..150),
        lost in prop::collection::vec(any::<bool>(), 150),
    ) {
        let mut reorder = window(100);
        push(&mut reorder, 0, 0);
        let mut arrivals: Vec<(u64, u64)> = (1u64..)
            .zip(&delays)
            .filter(|(n, _)| n % 7 != 3 || !lost[*n as usize])
            .map(|(n, delay)| (20 * n + delay, n))
            .collect();
        let sorted: Vec<u64> = arrivals.iter().map(|(_, n)| *n).collect();
        arrivals.sort_unstable();
        let mut out = Vec::new();
        for (ms, n) in arrivals {
            while let Some(at) = reorder.deadline().filter(|at| at.as_ms() < ms) {
                out.extend(due(&mut reorder, at.as_ms()));
            }
            out.extend(push(&mut reorder, ms, n));
        }
        out.extend(due(&mut reorder, 1_000_000));
        prop_assert_eq!((reorder.duplicates(), reorder.late()), (0, 0));
        let mut before = 0;
        prop_assert_eq!(out.len(), sorted.len());
        for ((n, gap), expected) in out.into_iter().zip(sorted) {
            prop_assert_eq!(u64::from(n), expected);
            prop_assert_eq!(gap, expected - before - 1, "lost before {}", n);
            before = expected;
        }
    }

    #[test]
    fn its_bounds_hold_whatever_comes(
        frames in prop::collection::vec((0u64..60, 0usize..20_000, 0u64..40), 1..120),
    ) {
        let mut reorder = window(60);
        let (mut ms, mut audio) = (0, Vec::new());
        for (n, bytes, later) in frames {
            ms += later;
            reorder.push(Time::from_ms(ms), chunk(n), &vec![0; bytes]);
            while reorder.pop(Time::from_ms(ms), &mut audio).is_some() {}
            prop_assert!(reorder.held.len() < FRAMES && reorder.held_bytes <= BYTES);
            let held: usize = reorder.held.iter().map(|early| early.audio.len()).sum();
            prop_assert_eq!(held, reorder.held_bytes);
            prop_assert!(reorder.deadline().is_none_or(|at| at > Time::from_ms(ms)));
        }
    }
}
