//! Each rule is broken once: the watch must see it.

use super::*;
use crate::info::CallInfo;
use crate::link::LinkId;
use crate::sim::lines::TWILIO;
use crate::sim::stamp;

/// A watch on a Twilio line, and an agent that has given 100 frames.
fn watch() -> (Watch, Notes, Counters) {
    let terms = Terms {
        line: TWILIO,
        lead_us: 100_000,
        bound_us: 1_000_000,
        late_us: 0,
        may_skip: false,
        stamps_alone: true,
        transfer_us: 30_000_000,
        has_destination: false,
    };
    let mut notes = Notes::default();
    notes.begin_utterance();
    notes.gives(99);
    (
        Watch::new(terms, Replay::default()),
        notes,
        Counters::default(),
    )
}

fn write(watch: &mut Watch, ms: u64, number: u64, notes: &Notes) {
    let mut audio = Vec::new();
    stamp::write(number, TWILIO.takes, &mut audio);
    watch.audio(Time::from_ms(ms), &audio, notes, &Counters::default());
}

fn rest(watch: &mut Watch, ms: u64, notes: &Notes, counters: &Counters) {
    let metering = Metering {
        agent_audio_ms: watch.tally.frames * 20,
        ..Metering::default()
    };
    let rest = Rest {
        writable: true,
        notes,
        counters,
        metering,
        live: true,
    };
    watch.rested(Time::from_ms(ms), &rest);
}

#[test]
fn six_frames_at_once_keep_the_rules() {
    let (mut watch, notes, _) = watch();
    for number in 0..6 {
        write(&mut watch, 10, number, &notes);
    }
    assert_eq!(watch.tally.frames, 6);
}

#[test]
#[should_panic(expected = "audio not due before 39.000 ms left")]
fn a_frame_before_its_time_is_seen() {
    let (mut watch, notes, _) = watch();
    for number in 0..6 {
        write(&mut watch, 0, number, &notes);
    }
    write(&mut watch, 19, 6, &notes);
    write(&mut watch, 20, 7, &notes);
}

#[test]
#[should_panic(expected = "frame 1 after 1")]
fn a_frame_played_twice_is_seen() {
    let (mut watch, notes, _) = watch();
    for number in [0, 1, 1] {
        write(&mut watch, 0, number, &notes);
    }
}

#[test]
#[should_panic(expected = "frame 2 in place of 1")]
fn a_frame_left_out_is_seen() {
    let (mut watch, notes, _) = watch();
    for number in [0, 2] {
        write(&mut watch, 0, number, &notes);
    }
}

#[test]
#[should_panic(expected = "frame 1 was cut off before")]
fn a_frame_that_was_cut_off_is_seen() {
    let (mut watch, mut notes, _) = watch();
    write(&mut watch, 0, 0, &notes);
    notes.void_all(Time::from_ms(30));
    write(&mut watch, 30, 1, &notes);
}

#[test]
#[should_panic(expected = "new audio before the carrier was told")]
fn a_carrier_that_was_not_told_to_clear_is_seen() {
    let (mut watch, mut notes, _) = watch();
    for number in 0..4 {
        write(&mut watch, 0, number, &notes);
    }
    notes.void_all(Time::from_ms(30));
    write(&mut watch, 31, 100, &notes);
}

#[test]
#[should_panic(expected = "dry since 20.000 ms with 99 frames")]
fn a_line_that_runs_dry_while_speech_waits_is_seen() {
    let (mut watch, notes, _) = watch();
    write(&mut watch, 0, 0, &notes);
    let counters = Counters {
        media_out: 1,
        overflow_bytes: 160 * 50,
        ..Counters::default()
    };
    rest(&mut watch, 22, &notes, &counters);
}

#[test]
#[should_panic(expected = "audio due by 20.000 ms left late")]
fn a_frame_after_its_time_is_seen() {
    let (mut watch, mut notes, _) = watch();
    notes.next_frame = 40;
    let counters = Counters {
        media_out: 1,
        ..Counters::default()
    };
    write(&mut watch, 0, 0, &notes);
    rest(&mut watch, 1, &notes, &counters);
    write(&mut watch, 22, 1, &notes);
}

#[test]
#[should_panic(expected = "2000 ms are queued")]
fn a_queue_beyond_its_bound_is_seen() {
    let (mut watch, notes, counters) = watch();
    rest(&mut watch, 0, &notes, &counters);
}

#[test]
#[should_panic(expected = "mark a for the second time")]
fn a_mark_sent_twice_is_seen() {
    let (mut watch, notes, _) = watch();
    watch.text(Time::ZERO, "mark a", &notes);
    watch.text(Time::ZERO, "mark a", &notes);
}

#[test]
#[should_panic(expected = "an utterance was said to be played twice")]
fn an_utterance_completed_twice_is_seen() {
    let (mut watch, mut notes, counters) = watch();
    notes.next_frame = 0;
    notes.end_utterance();
    notes.spoken();
    rest(&mut watch, 0, &notes, &counters);
    notes.spoken();
    rest(&mut watch, 0, &notes, &counters);
}

#[test]
#[should_panic(expected = "1 messages counted, 0 written")]
fn a_wrong_count_is_seen() {
    let (mut watch, mut notes, _) = watch();
    notes.next_frame = 0;
    let counters = Counters {
        media_out: 1,
        ..Counters::default()
    };
    rest(&mut watch, 0, &notes, &counters);
}

/// A live call in which 40 ms came from the caller, 20 of them on hold, and 20 ms left for them; at 100 ms it
/// presents this bill.
fn bills(metering: Metering) {
    let (mut watch, mut notes, _) = watch();
    notes.next_frame = 1;
    let live = CallEvent::Live {
        info: CallInfo::default(),
    };
    watch.event(Time::from_ms(10), &live, &notes);
    watch.heard(Time::from_ms(20), 160);
    let hold = CallEvent::OnHold { hold: true };
    watch.event(Time::from_ms(30), &hold, &notes);
    watch.heard(Time::from_ms(40), 160);
    write(&mut watch, 50, 0, &notes);
    let counters = Counters {
        media_out: 1,
        audio_in_bytes: 320,
        ..Counters::default()
    };
    let rest = Rest {
        writable: true,
        notes: &notes,
        counters: &counters,
        metering,
        live: true,
    };
    watch.rested(Time::from_ms(100), &rest);
}

const RIGHT: Metering = Metering {
    caller_audio_ms: 20,
    speech_ms: 0,
    agent_audio_ms: 20,
    session_ms: 90,
};

#[test]
fn a_right_bill_is_taken() {
    bills(RIGHT);
}

#[test]
#[should_panic(expected = "40 ms of the caller billed, 20 to 20 there were")]
fn caller_audio_billed_on_hold_is_seen() {
    bills(Metering {
        caller_audio_ms: 40,
        ..RIGHT
    });
}

#[test]
#[should_panic(expected = "0 ms of the caller billed, 20 to 20 there were")]
fn caller_audio_not_billed_is_seen() {
    bills(Metering {
        caller_audio_ms: 0,
        ..RIGHT
    });
}

#[test]
#[should_panic(expected = "21 ms of the agent billed, 20 to 20 there were")]
fn agent_audio_billed_wrong_is_seen() {
    bills(Metering {
        agent_audio_ms: 21,
        ..RIGHT
    });
}

#[test]
#[should_panic(expected = "91 ms of the session billed, 90 to 90 there were")]
fn a_session_billed_wrong_is_seen() {
    bills(Metering {
        session_ms: 91,
        ..RIGHT
    });
}

#[test]
#[should_panic(expected = "90 ms of the session billed, 50 to 50 there were")]
fn a_last_bill_that_runs_on_is_seen() {
    let (mut watch, mut notes, _) = watch();
    watch.event(
        Time::from_ms(10),
        &CallEvent::Live {
            info: CallInfo::default(),
        },
        &notes,
    );
    notes.stopped_at = Some(Time::from_ms(60));
    let ended = CallEvent::Ended {
        said: Vec::new(),
        ending: crate::ending::Ending::CallerHungUp,
        counters: Counters::default(),
        metering: Metering {
            session_ms: 90,
            ..Metering::default()
        },
    };
    watch.event(Time::from_ms(100), &ended, &notes);
}

fn named(frames: u64, told: &[(&str, bool)]) {
    let (mut watch, mut notes, counters) = watch();
    notes.named.set("a", frames);
    notes.named.set("b", frames);
    for (name, played) in told {
        notes.named.told(name, *played);
    }
    notes.next_frame = 0;
    rest(&mut watch, 0, &notes, &counters);
}

#[test]
fn names_told_as_they_should_be_are_let_pass() {
    named(0, &[("a", true), ("b", true)]);
    named(9, &[("b", false), ("a", false)]);
}

#[test]
#[should_panic(expected = "was told of twice")]
fn a_name_told_twice_is_seen() {
    named(0, &[("a", false), ("a", false)]);
}

#[test]
#[should_panic(expected = "was reached before those before it")]
fn names_out_of_order_are_seen() {
    named(0, &[("b", true)]);
}

#[test]
#[should_panic(expected = "a mark behind frame 3 was reached, 0 are out")]
fn a_name_told_too_soon_is_seen() {
    named(3, &[("a", true)]);
}

#[test]
#[should_panic(expected = "an agent that is away was given something")]
fn something_given_to_who_is_away_is_seen() {
    let (mut watch, mut notes, counters) = watch();
    notes.away = true;
    notes.takes();
    rest(&mut watch, 0, &notes, &counters);
}

#[test]
#[should_panic(expected = "opened in a slot that is taken")]
fn a_link_over_another_is_seen() {
    let (mut watch, ..) = watch();
    let id = LinkId::new(1, 0);
    watch.link_opened(Time::ZERO, id);
    watch.link_opened(Time::ZERO, id.next());
}

#[test]
#[should_panic(expected = "over with")]
fn a_link_left_open_is_seen() {
    let (mut watch, ..) = watch();
    watch.link_opened(Time::ZERO, LinkId::new(1, 0));
    watch.over(Time::ZERO);
}

#[test]
#[should_panic(expected = "closed, which is not open")]
fn a_link_closed_after_it_was_lost_is_seen() {
    let (mut watch, ..) = watch();
    let id = LinkId::new(1, 0);
    watch.link_opened(Time::ZERO, id);
    watch.links.lost(id);
    watch.link_closed(Time::ZERO, id);
}
