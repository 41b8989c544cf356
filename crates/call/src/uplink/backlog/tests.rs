//! What is kept, what is dropped, and where notices stand.

use super::*;
use proptest::prelude::*;

const FORMAT: AudioFormat = AudioFormat::MULAW_8K;

fn drain(backlog: &mut Backlog, max_bytes: usize) -> (Vec<u8>, Vec<(usize, Notice)>) {
    let (mut audio, mut notices) = (Vec::new(), Vec::new());
    while let Some(waiting) = backlog.pop(max_bytes, &mut audio) {
        if let Waiting::Notice(notice) = waiting {
            notices.push((audio.len(), notice));
        }
    }
    (audio, notices)
}

#[test]
fn the_newest_is_kept_in_whole_frames_and_the_rest_counted() {
    let mut backlog = Backlog::new(FORMAT, 60);
    for n in 0..5 {
        backlog.push(&[n; 160]);
    }
    assert_eq!((backlog.waiting_ms(), backlog.dropped_ms()), (60, 40));
    backlog.push(&[5; 80]);
    assert_eq!((backlog.waiting_ms(), backlog.dropped_ms()), (50, 60));
    let (audio, _) = drain(&mut backlog, 1_000);
    assert_eq!(audio, [&[3; 160][..], &[4; 160], &[5; 80]].concat());
    assert!(backlog.is_empty());
}

#[test]
fn one_piece_longer_than_the_bound_leaves_its_end() {
    let mut backlog = Backlog::new(FORMAT, 40);
    backlog.push(&[1; 100]);
    backlog.push(&[[2; 160], [3; 160], [4; 160]].concat());
    assert_eq!(
        drain(&mut backlog, 1_000).0,
        [&[3; 100][..], &[4; 160]].concat()
    );
    assert_eq!(backlog.dropped_ms(), 40);
}

#[test]
fn notices_keep_their_place() {
    let mut backlog = Backlog::new(FORMAT, 1_000);
    backlog.note(Notice::SpeechStarted);
    backlog.push(&[1; 160]);
    backlog.note(Notice::Digit('5'));
    backlog.note(Notice::EndOfTurn);
    backlog.push(&[2; 160]);
    let (audio, notices) = drain(&mut backlog, 100);
    assert_eq!(audio.len(), 320);
    let expected = [
        (0, Notice::SpeechStarted),
        (160, Notice::Digit('5')),
        (160, Notice::EndOfTurn),
    ];
    assert_eq!(notices, expected);
}

#[test]
fn notices_outlive_the_audio_around_them() {
    let mut backlog = Backlog::new(FORMAT, 20);
    backlog.push(&[1; 160]);
    backlog.note(Notice::SpeechStarted);
    backlog.push(&[2; 160]);
    backlog.note(Notice::EndOfTurn);
    backlog.push(&[3; 320]);
    let (audio, notices) = drain(&mut backlog, 1_000);
    assert_eq!(audio, [3; 160]);
    assert_eq!(
        notices,
        [(0, Notice::SpeechStarted), (0, Notice::EndOfTurn)]
    );
}

#[test]
fn beyond_64_the_oldest_notice_is_dropped_and_counted() {
    let mut backlog = Backlog::new(FORMAT, 20);
    backlog.note(Notice::SpeechStarted);
    for _ in 0..63 {
        backlog.note(Notice::Digit('1'));
    }
    assert_eq!(backlog.dropped_notices(), 0);
    backlog.note(Notice::EndOfTurn);
    assert_eq!(backlog.dropped_notices(), 1);
    let (_, notices) = drain(&mut backlog, 1_000);
    assert_eq!(notices.len(), 64);
    assert_eq!(notices.first(), Some(&(0, Notice::Digit('1'))));
    assert_eq!(notices.last(), Some(&(0, Notice::EndOfTurn)));
}

#[test]
fn a_smaller_bound_holds_at_once() {
    let mut backlog = Backlog::new(FORMAT, 10_000);
    backlog.push(&[1; 16_000]);
    backlog.set_bound_ms(500);
    assert_eq!((backlog.waiting_ms(), backlog.dropped_ms()), (500, 1_500));
    backlog.set_bound_ms(0);
    backlog.push(&[1; 160]);
    assert!(backlog.is_empty());
    assert_eq!(backlog.dropped_ms(), 2_020);
}

#[test]
fn what_waited_for_an_agent_that_is_gone_is_forgotten() {
    let mut backlog = Backlog::new(FORMAT, 100);
    backlog.push(&[1; 160]);
    backlog.note(Notice::EagerEndOfTurn);
    backlog.clear();
    assert!(backlog.is_empty());
    assert_eq!((backlog.dropped_ms(), backlog.dropped_notices()), (0, 0));
    backlog.note(Notice::TurnResumed);
    backlog.push(&[2; 160]);
    backlog.note(Notice::Backchannel);
    let (audio, notices) = drain(&mut backlog, 1_000);
    assert_eq!(audio, [2; 160]);
    let expected = [(0, Notice::TurnResumed), (160, Notice::Backchannel)];
    assert_eq!(notices, expected);
}

#[test]
fn memory_is_given_back_when_it_is_empty() {
    let mut backlog = Backlog::new(FORMAT, 10_000);
    backlog.push(&[1; 80_000]);
    drain(&mut backlog, 1_000);
    assert!(backlog.audio.capacity() <= 2 * KEPT_BYTES);
    let small = backlog.audio.capacity();
    for _ in 0..1_000 {
        backlog.push(&[1; 160]);
        drain(&mut backlog, 1_000);
        assert_eq!(backlog.audio.capacity(), small);
    }
}

#[test]
fn samples_are_never_split() {
    let mut backlog = Backlog::new(AudioFormat::pcm16(8_000), 100);
    let mut audio = Vec::new();
    backlog.push(&[1; 10]);
    assert_eq!(backlog.pop(1, &mut audio), None);
    assert_eq!(backlog.pop(5, &mut audio), Some(Waiting::Audio));
    assert_eq!(audio.len(), 4);
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Note,
    Pop(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..1_500).prop_map(Step::Push),
        2 => Just(Step::Note),
        2 => (0usize..900).prop_map(Step::Pop),
    ]
}

proptest! {
    /// Against a list of everything that waits, dropped from its front.
    #[test]
    fn it_keeps_exactly_the_newest(steps in prop::collection::vec(step(), 1..80), bound_ms in 0u64..200) {
        let mut backlog = Backlog::new(FORMAT, bound_ms);
        let bound = bound_ms as usize * 8;
        let (mut model, mut counter, mut dropped, mut noted) = (Vec::<u8>::new(), 0u8, 0, 0);
        for step in steps {
            match step {
                Step::Push(bytes) => {
                    let audio: Vec<u8> = (0..bytes).map(|_| { counter = counter.wrapping_add(1); counter }).collect();
                    backlog.push(&audio);
                    model.extend(audio);
                    let excess = model.len().saturating_sub(bound).div_ceil(160) * 160;
                    let excess = excess.min(model.len());
                    dropped += excess;
                    model.drain(..excess);
                }
                Step::Note => {
                    backlog.note(Notice::EndOfTurn);
                    noted += 1;
                }
                Step::Pop(most) => {
                    let mut out = Vec::new();
                    match backlog.pop(most, &mut out) {
                        Some(Waiting::Audio) => prop_assert!(!out.is_empty() && out.len() <= most),
                        Some(Waiting::Notice(_)) => { noted -= 1; prop_assert!(out.is_empty()); }
                        None => prop_assert!(most == 0 || model.is_empty() && noted == 0),
                    }
                    let front: Vec<u8> = model.drain(..out.len()).collect();
                    prop_assert_eq!(out, front);
                }
            }
            prop_assert!(backlog.audio.len() <= bound);
            prop_assert_eq!(backlog.audio.len(), model.len());
            prop_assert_eq!(backlog.dropped_ms(), dropped as u64 / 8);
        }
        let (audio, notices) = drain(&mut backlog, 333);
        prop_assert_eq!(audio, model);
        prop_assert_eq!(notices.len(), noted.min(64));
    }
}
