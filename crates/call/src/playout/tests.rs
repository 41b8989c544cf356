use super::*;

fn speaking(lead_ms: u64) -> Playout {
    let mut playout = Playout::new(AudioFormat::MULAW_8K, lead_ms, 1_000);
    playout.begin(true);
    playout
}

fn released(playout: &mut Playout, now: Time) -> (Vec<u8>, Release) {
    let mut all = Vec::new();
    loop {
        match playout.release(now, &mut all) {
            Release::Frame => {}
            other => return (all, other),
        }
    }
}

#[test]
fn frames_leave_on_an_absolute_schedule_a_lead_early() {
    let mut playout = speaking(60);
    assert_eq!(playout.push(&[1; 1_600]), 0);
    let start = Time::from_ms(1_000);
    // 60 ms ahead, and the frame that plays now.
    let (first, next) = released(&mut playout, start);
    assert_eq!(first.len(), 160 * 4);
    assert_eq!(next, Release::Wait(Time::from_ms(1_020)));
    // A wake 7 ms late releases one frame, and the schedule does not move.
    let (second, next) = released(&mut playout, Time::from_ms(1_027));
    assert_eq!(second.len(), 160);
    assert_eq!(next, Release::Wait(Time::from_ms(1_040)));
    assert_eq!(playout.plays_until(), Time::from_ms(1_100));
}

#[test]
fn the_timer_is_late_within_the_lead_and_exact_without_one() {
    let mut playout = speaking(100);
    playout.push(&[1; 1_600]);
    released(&mut playout, Time::from_ms(500));
    assert_eq!(playout.wake_at(), Some(Time::from_ms(520 + 25)));
    let mut exact = speaking(0);
    exact.push(&[1; 1_600]);
    released(&mut exact, Time::from_ms(500));
    assert_eq!(exact.wake_at(), Some(Time::from_ms(520)));
}

#[test]
fn a_tail_is_padded_with_the_codecs_silence() {
    let mut playout = speaking(60);
    playout.push(&[1; 100]);
    playout.complete();
    let (audio, end) = released(&mut playout, Time::ZERO);
    assert_eq!(end, Release::UtteranceEnd(0));
    assert_eq!(audio.len(), 160);
    assert_eq!(&audio[..100], &[1; 100]);
    assert_eq!(&audio[100..], &[0xFF; 60]);
}

#[test]
fn cut_off_reports_what_was_played_and_releases_nothing_more() {
    let mut playout = speaking(60);
    playout.push(&[1; 8_000]);
    for ms in (0..=205).step_by(5) {
        released(&mut playout, Time::from_ms(ms));
    }
    assert_eq!(playout.heard_ms(Time::from_ms(205)), 205);
    assert_eq!(playout.cut_off(Time::from_ms(205)), 205);
    assert_eq!(
        released(&mut playout, Time::from_ms(400)),
        (vec![], Release::Idle)
    );
    assert!(!playout.is_speaking());
    // The next utterance is measured from its own start.
    playout.begin(true);
    playout.push(&[2; 160]);
    released(&mut playout, Time::from_ms(500));
    assert_eq!(playout.heard_ms(Time::from_ms(510)), 10);
}

#[test]
fn a_dry_playout_starts_a_new_schedule_where_it_resumes() {
    let mut playout = speaking(0);
    playout.push(&[1; 160]);
    released(&mut playout, Time::from_ms(0));
    assert!(playout.is_dry(Time::from_ms(21)));
    playout.push(&[1; 320]);
    let (audio, next) = released(&mut playout, Time::from_ms(200));
    assert_eq!(audio.len(), 160);
    assert_eq!(next, Release::Wait(Time::from_ms(220)));
}

#[test]
fn each_of_two_queued_utterances_has_its_end_and_its_clock() {
    let mut playout = speaking(0);
    playout.push(&[1; 320]);
    playout.complete();
    playout.begin(false);
    playout.push(&[2; 160]);
    playout.complete();
    let mut ends = Vec::new();
    for ms in 0..100 {
        let now = Time::from_ms(ms);
        if let (_, Release::UtteranceEnd(number)) = released(&mut playout, now) {
            ends.push((ms, number));
            released(&mut playout, now);
        }
        match ms {
            30 => assert!(playout.is_interruptible(now) && playout.heard_ms(now) == 30),
            50 => assert!(!playout.is_interruptible(now) && playout.heard_ms(now) == 10),
            _ => {}
        }
    }
    assert_eq!(ends, [(20, 0), (40, 1)]);
    assert_eq!(playout.settle(1), 2, "the first was played before it");
    assert!(!playout.is_speaking());
}

#[test]
fn what_is_queued_is_played_to_its_end() {
    let mut playout = speaking(60);
    playout.push(&[1; 8_000]);
    playout.complete();
    assert_eq!(playout.drained_at(Time::from_ms(100)), Time::from_ms(1_100));
    released(&mut playout, Time::from_ms(100));
    assert_eq!(playout.drained_at(Time::from_ms(100)), Time::from_ms(1_100));
}

#[test]
fn beyond_the_bound_nothing_is_held() {
    let mut playout = speaking(0);
    assert_eq!(playout.push(&vec![1; 8_000]), 0);
    assert!(playout.is_nearly_full());
    assert_eq!(playout.push(&[1; 160]), 160);
    assert_eq!(playout.cut_off(Time::ZERO), 0);
    assert_eq!(playout.push(&[1; 160]), 160, "no utterance is open");
}
