use super::*;
use crate::caller::{FrameRule, MarkEcho, Transfer};

mod holding;
mod properties;
mod slip;
mod stalls;

fn line(takes: AudioFormat, framing: FrameRule, lead_ms: u64) -> Line {
    Line {
        sends: takes,
        takes,
        framing,
        pacing: Pacing::Ahead { lead_ms },
        marks: MarkEcho::Always,
        clears: true,
        reorder_ms: 0,
        transfer: Transfer::Nobody,
        starts_unasked: false,
    }
}

fn second() -> PlayoutConfig {
    PlayoutConfig {
        bound_ms: 1_000,
        ..PlayoutConfig::default()
    }
}

fn on(line: &Line) -> Playout {
    let mut playout = Playout::new(line, &second(), Delivery::Burst);
    playout.begin(Owner::Agent, true);
    playout
}

fn speaking(lead_ms: u64) -> Playout {
    on(&line(AudioFormat::MULAW_8K, FrameRule::Any, lead_ms))
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

/// Lengths of the messages due at `now`.
fn lengths(playout: &mut Playout, now: Time) -> Vec<usize> {
    let mut frame = Vec::new();
    let next =
        || (playout.release(now, &mut frame) == Release::Frame).then(|| frame.drain(..).count());
    std::iter::from_fn(next).collect()
}

#[test]
fn frames_leave_on_an_absolute_schedule_a_lead_early() {
    let mut playout = speaking(60);
    assert_eq!(playout.push(Time::ZERO, &[1; 1_600]), 0);
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
    playout.push(Time::ZERO, &[1; 1_600]);
    released(&mut playout, Time::from_ms(500));
    assert_eq!(playout.wake_at(), Some(Time::from_ms(520 + 25)));
    let mut exact = speaking(0);
    exact.push(Time::ZERO, &[1; 1_600]);
    released(&mut exact, Time::from_ms(500));
    assert_eq!(exact.wake_at(), Some(Time::from_ms(520)));
}

#[test]
fn a_line_in_real_time_has_no_lead_whatever_is_configured() {
    let config = PlayoutConfig {
        lead_ms: Some(200),
        ..second()
    };
    let ahead = line(AudioFormat::MULAW_8K, FrameRule::Any, 100);
    let exact = Line {
        pacing: Pacing::RealTime,
        ..ahead
    };
    for (line, frames) in [(ahead, 11), (exact, 1)] {
        let mut playout = Playout::new(&line, &config, Delivery::Burst);
        playout.begin(Owner::Agent, true);
        playout.push(Time::ZERO, &[1; 8_000]);
        assert_eq!(lengths(&mut playout, Time::ZERO).len(), frames);
    }
}

#[test]
fn a_tail_is_padded_with_the_codecs_silence_which_nobody_hears() {
    for (format, silence) in [
        (AudioFormat::MULAW_8K, 0xFF),
        (AudioFormat::ALAW_8K, 0xD5),
        (AudioFormat::pcm16(8_000), 0),
    ] {
        let mut playout = on(&line(format, FrameRule::Any, 60));
        let (real, frame) = (format.bytes_for_us(12_500), format.bytes_per_frame());
        playout.push(Time::ZERO, &vec![1; real]);
        playout.complete();
        assert_eq!(playout.drained_at(Time::ZERO), Time::from_ms(20));
        assert!(playout.wake_at().is_some(), "a tail is due like any frame");
        let (audio, end) = released(&mut playout, Time::ZERO);
        assert_eq!(end, Release::UtteranceEnd(0));
        assert_eq!(audio.len(), frame);
        assert!(audio[..real].iter().all(|b| *b == 1));
        assert!(audio[real..].iter().all(|b| *b == silence));
        assert_eq!(playout.plays_until(), Time::from_ms(20));
        assert_eq!(
            playout.heard_ms(Time::from_ms(20)),
            12,
            "its length is 12.5 ms"
        );
        assert_eq!(playout.agent_released_us(), 12_500);
        assert!(playout.is_playing(Time::from_ms(19)) && !playout.is_playing(Time::from_ms(20)));
    }
}

#[test]
fn exact_frames_are_exact_and_a_multiple_goes_by_its_least() {
    let mut vonage = on(&line(
        AudioFormat::pcm16(16_000),
        FrameRule::Exact { us: 20_000 },
        0,
    ));
    vonage.push(Time::ZERO, &[1; 1_516]);
    vonage.complete();
    let times = (0..=60).filter(|ms| !lengths(&mut vonage, Time::from_ms(*ms)).is_empty());
    assert_eq!(times.collect::<Vec<_>>(), [0, 20, 40]);

    let rule = FrameRule::Multiple {
        unit_bytes: 320,
        min_bytes: 3_200,
        max_bytes: 100_000,
    };
    let mut exotel = on(&line(AudioFormat::pcm16(8_000), rule, 200));
    let at = |ms: u64| Time::from_ms(1_000 + ms);
    exotel.push(at(0), &[1; 3_100]);
    let (_, next) = released(&mut exotel, at(0));
    assert_eq!(next, Release::Idle, "too little for a message");
    exotel.push(at(0), &[1; 12_900]);
    // A lead of 200 ms is due at once, with the 200 ms that play now: one message.
    assert_eq!(lengths(&mut exotel, at(0)), [6_400]);
    assert_eq!(exotel.plays_until(), at(400));
    assert_eq!(lengths(&mut exotel, at(199)), [0; 0]);
    assert_eq!(lengths(&mut exotel, at(200)), [3_200]);
    // 60 ms late: they go along.
    assert_eq!(lengths(&mut exotel, at(460)), [4_160]);
    exotel.complete();
    assert_eq!(lengths(&mut exotel, at(660)), [2_240 + 960]);
}

#[test]
fn cut_off_reports_what_was_played_and_releases_nothing_more() {
    let mut playout = speaking(60);
    playout.push(Time::ZERO, &[1; 8_000]);
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
    assert_eq!(playout.agent_released_us(), 280_000, "sent is sent");
    // The next utterance is measured from its own start.
    playout.begin(Owner::Agent, true);
    playout.push(Time::from_ms(500), &[2; 160]);
    released(&mut playout, Time::from_ms(500));
    assert_eq!(playout.heard_ms(Time::from_ms(510)), 10);
}

#[test]
fn what_cannot_be_cleared_is_waited_for() {
    let mut deaf = line(AudioFormat::MULAW_8K, FrameRule::Any, 100);
    deaf.clears = false;
    let mut playout = on(&deaf);
    playout.push(Time::ZERO, &[1; 8_000]);
    released(&mut playout, Time::ZERO);
    assert_eq!(playout.cut_off(Time::from_ms(10)), 10);
    playout.begin(Owner::Agent, true);
    playout.push(Time::from_ms(10), &[2; 160]);
    released(&mut playout, Time::from_ms(20));
    assert_eq!(
        playout.plays_until(),
        Time::from_ms(140),
        "behind what is still buffered there"
    );
}

#[test]
fn a_dry_playout_starts_a_new_schedule_where_it_resumes() {
    let mut playout = speaking(0);
    playout.push(Time::ZERO, &[1; 160]);
    released(&mut playout, Time::from_ms(0));
    assert!(!playout.is_dry(Time::from_ms(20)) && playout.is_dry(Time::from_ms(21)));
    playout.push(Time::from_ms(200), &[1; 320]);
    let (audio, next) = released(&mut playout, Time::from_ms(200));
    assert_eq!(audio.len(), 160);
    assert_eq!(next, Release::Wait(Time::from_ms(220)));
}

#[test]
fn each_of_two_queued_utterances_has_its_end_and_its_clock() {
    let mut playout = speaking(0);
    playout.push(Time::ZERO, &[1; 320]);
    playout.complete();
    playout.begin(Owner::Line, false);
    playout.push(Time::ZERO, &[2; 160]);
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
    assert_eq!(
        playout.agent_released_us(),
        40_000,
        "the gateway's own is not the agent's"
    );
    assert!(playout.is_agent_speaking());
    let settled: Vec<_> = playout.settle(1).collect();
    assert_eq!(
        settled,
        [(0, Owner::Agent), (1, Owner::Line)],
        "the first was played before it"
    );
    assert!(!playout.is_speaking());
}

#[test]
fn what_is_queued_is_played_to_its_end() {
    let mut playout = speaking(60);
    playout.push(Time::ZERO, &[1; 8_000]);
    playout.complete();
    assert_eq!(playout.drained_at(Time::from_ms(100)), Time::from_ms(1_100));
    released(&mut playout, Time::from_ms(100));
    assert_eq!(playout.drained_at(Time::from_ms(100)), Time::from_ms(1_100));
}

#[test]
fn beyond_the_bound_nothing_is_held() {
    let mut playout = speaking(0);
    assert_eq!(playout.push(Time::ZERO, &[1; 7_199]), 0);
    assert!(!playout.is_nearly_full());
    assert_eq!(playout.push(Time::ZERO, &[1; 801]), 0);
    assert!(playout.is_nearly_full());
    assert_eq!(playout.push(Time::ZERO, &[1; 160]), 160);
    assert_eq!(playout.cut_off(Time::ZERO), 0);
    let refused = playout.push(Time::ZERO, &[1; 160]);
    assert_eq!(refused, 160, "no utterance is open");
}

#[test]
fn utterances_beyond_the_bound_are_joined_to_the_last_of_the_same_owner() {
    let mut playout = speaking(0);
    for number in 1..64 {
        assert_eq!(playout.begin(Owner::Agent, true), Some(number));
    }
    assert_eq!(playout.begin(Owner::Agent, true), Some(63));
    assert!(playout.is_open());
    assert_eq!(playout.begin(Owner::Line, true), None);
    assert_eq!(playout.push(Time::ZERO, &[1; 160]), 160);
}
