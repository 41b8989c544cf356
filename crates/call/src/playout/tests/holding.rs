//! Answers held until the turn is over, and calls on hold.

use super::*;

/// An utterance of 40 ms that may be said, and one of 100 ms that is held.
fn with_one_held() -> Playout {
    let mut playout = speaking(0);
    playout.push(Time::ZERO, &[1; 320]);
    playout.hold();
    playout.begin(Owner::Agent, true);
    playout.push(Time::ZERO, &[2; 800]);
    playout
}

#[test]
fn what_is_held_is_not_released_before_the_turn_is_over() {
    let mut playout = with_one_held();
    let mut before = Vec::new();
    for ms in 0..500 {
        before.extend(released(&mut playout, Time::from_ms(ms)).0);
    }
    assert_eq!(before, [1; 320], "what was begun before is said");
    let now = Time::from_ms(500);
    assert_eq!(released(&mut playout, now), (vec![], Release::Idle));
    assert_eq!(playout.wake_at(), None);
    assert!(playout.is_speaking() && !playout.is_playing(now));
    assert!(!playout.is_dry(now));
    assert_eq!(playout.playing(now).map(|p| p.number), Some(0));
    playout.release_held();
    assert!(playout.is_playing(now));
    assert_eq!(released(&mut playout, now).0, [2; 160]);
    // Nothing more is held.
    playout.begin(Owner::Agent, true);
    playout.push(now, &[3; 160]);
    let mut after = Vec::new();
    for ms in 501..700 {
        after.extend(released(&mut playout, Time::from_ms(ms)).0);
    }
    assert_eq!(after, [[2; 640].as_slice(), &[3; 160]].concat());
}

#[test]
fn what_is_held_is_thrown_away_alone() {
    let mut playout = with_one_held();
    released(&mut playout, Time::ZERO);
    assert_eq!(playout.drop_held(), 100);
    assert_eq!(
        playout.push(Time::ZERO, &[2; 160]),
        160,
        "its utterance is gone"
    );
    assert!(playout.is_playing(Time::ZERO), "the one before goes on");
    assert_eq!(released(&mut playout, Time::from_ms(20)).0, [1; 160]);
    playout.begin(Owner::Agent, true);
    playout.push(Time::from_ms(20), &[4; 160]);
    assert_eq!(released(&mut playout, Time::from_ms(40)).0, [4; 160]);
}

#[test]
fn a_held_answer_can_neither_be_interrupted_nor_survive_a_cut_off() {
    let mut playout = speaking(0);
    playout.hold();
    playout.begin(Owner::Agent, true);
    playout.push(Time::ZERO, &[2; 160]);
    assert!(!playout.is_interruptible(Time::ZERO));
    assert_eq!(playout.playing(Time::ZERO), None);
    assert_eq!(playout.cut_off(Time::ZERO), 0);
    assert!(!playout.is_speaking());
    playout.begin(Owner::Agent, true);
    playout.push(Time::ZERO, &[3; 160]);
    assert_eq!(released(&mut playout, Time::ZERO).0, [3; 160]);
}

#[test]
fn a_paused_playout_goes_on_where_it_was_and_that_is_no_underrun() {
    let mut playout = speaking(60);
    playout.push(Time::ZERO, &[1; 1_600]);
    assert_eq!(released(&mut playout, Time::ZERO).0.len(), 640);
    playout.pause();
    assert_eq!(
        released(&mut playout, Time::from_ms(1_000)),
        (vec![], Release::Idle)
    );
    assert_eq!(playout.wake_at(), None);
    assert!(!playout.is_dry(Time::from_ms(1_000)));
    assert_eq!(
        playout.heard_ms(Time::from_ms(1_000)),
        80,
        "what was out is played"
    );
    playout.resume(Time::from_ms(2_000));
    let (audio, next) = released(&mut playout, Time::from_ms(2_000));
    assert_eq!(audio.len(), 640, "the lead is built again");
    assert_eq!(next, Release::Wait(Time::from_ms(2_020)));
    assert_eq!(playout.heard_ms(Time::from_ms(2_010)), 90);
    // A pause shorter than the lead is not heard at all.
    playout.pause();
    playout.resume(Time::from_ms(2_015));
    assert_eq!(released(&mut playout, Time::from_ms(2_020)).0.len(), 160);
    assert_eq!(playout.plays_until(), Time::from_ms(2_100));
}

#[test]
fn after_a_pause_an_agent_has_its_time_before_that_is_an_underrun() {
    let mut playout = speaking(0);
    playout.push(Time::ZERO, &[1; 160]);
    released(&mut playout, Time::ZERO);
    playout.pause();
    playout.resume(Time::from_ms(2_000));
    assert!(!playout.is_dry(Time::from_ms(2_000)));
    assert!(playout.is_dry(Time::from_ms(2_001)));
}

#[test]
fn progress_tells_what_came_and_what_was_heard() {
    let mut playout = speaking(60);
    assert_eq!(
        playout.playing(Time::ZERO),
        None,
        "nothing to hear of it yet"
    );
    assert!(!playout.is_interruptible(Time::ZERO));
    playout.push(Time::ZERO, &[1; 1_000]);
    released(&mut playout, Time::ZERO);
    let progress = Progress {
        number: 0,
        owner: Owner::Agent,
        heard_ms: 30,
        total_ms: None,
        come_ms: 125,
        cut_out_ms: 0,
    };
    assert_eq!(playout.playing(Time::from_ms(30)), Some(progress));
    playout.complete();
    for ms in 30..200 {
        released(&mut playout, Time::from_ms(ms));
    }
    let over = Progress {
        heard_ms: 125,
        total_ms: Some(125),
        ..progress
    };
    assert_eq!(
        playout.playing(Time::from_ms(900)),
        Some(over),
        "until its mark has come"
    );
}
