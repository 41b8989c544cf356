//! Whole calls on a virtual clock, asserting on outputs and on time. The wire is read and written here with
//! `serde_json` alone, so that a dialect's mistake is not read backwards.

mod chaos;
mod chunks;
mod greeting;
mod latency;
mod model;
mod rig;

use serde_json::json;
use trunkline_codecs::format::AudioFormat;

use super::*;
use crate::agent::Action;
use crate::referral::Referral;
use rig::{LOUD, Rig, Sent, silence};

#[test]
fn twilio_audio_is_echoed_byte_for_byte_and_paced() {
    let mut rig = Rig::twilio_echo();
    rig.start();
    let mut back = Vec::new();
    for n in 0..50_u8 {
        rig.media(&[n; 160], u64::from(n) + 1);
        back.extend(rig.take_media());
        rig.advance_ms(20);
    }
    let expected: Vec<_> = (0..50_u8).flat_map(|n| [n; 160]).collect();
    assert_eq!(back.concat(), expected, "nothing lost, doubled or altered");
    assert_eq!(rig.counters().media_in, 50);
    assert_eq!(rig.counters().media_out, 50);
    assert_eq!(rig.counters().media_lost, 0);
}

#[test]
fn a_gap_in_the_numbering_is_counted() {
    let mut rig = Rig::twilio_echo();
    rig.start();
    rig.media(&[1; 160], 1);
    rig.media(&[1; 160], 4);
    assert_eq!(rig.counters().media_lost, 2);
}

#[test]
fn a_burst_is_paced_with_the_lead_ahead() {
    let mut rig = Rig::twilio_saying(50);
    rig.start();
    // The lead is 100 ms: five frames early, and the one that plays now.
    assert_eq!(rig.take_media().len(), 6);
    for _ in 0..44 {
        rig.advance_ms(20);
        assert_eq!(rig.take_media().len(), 1, "at {}", rig.now());
    }
    rig.advance_ms(20);
    assert_eq!(rig.take_media().len(), 0, "all 50 are out");
}

#[test]
fn the_agent_learns_from_the_mark_that_it_was_heard() {
    let mut rig = Rig::twilio_saying(2);
    rig.start();
    let sent = rig.take();
    let Some(Sent::Text(mark)) = sent.last() else {
        panic!("a mark follows the last frame: {sent:?}");
    };
    assert_eq!(mark["event"], "mark");
    assert_eq!(rig.agent().spoken, 0);
    rig.text(&json!({"event": "mark", "streamSid": "MZ1", "mark": mark["mark"]}));
    assert_eq!(rig.agent().spoken, 1);
}

#[test]
fn an_unanswered_mark_is_believed_to_the_clock() {
    let mut rig = Rig::twilio_saying(2);
    rig.start();
    rig.advance_ms(40 + 2_000 - 1);
    assert_eq!(rig.agent().spoken, 0);
    rig.advance_ms(1);
    assert_eq!(rig.agent().spoken, 1);
}

#[test]
fn a_barge_in_clears_before_anything_newer_and_says_what_was_heard() {
    let mut rig = Rig::twilio_saying(500);
    rig.agent().hears = true;
    rig.start();
    let mut chunk = 0;
    let mut say = |rig: &mut Rig, code: fn(usize) -> [u8; 160], frames: usize| {
        for n in 0..frames {
            chunk += 1;
            rig.media(&code(n), chunk);
            rig.advance_ms(20);
        }
    };
    say(&mut rig, |_| silence(), 50);
    assert!(rig.take_media().len() > 50);
    let decided = {
        let before = rig.now();
        say(&mut rig, LOUD, 25);
        rig.agent()
            .interrupted
            .first()
            .copied()
            .map(|at| (before, at))
    };
    let (onset, (at, heard_ms)) = decided.expect("a voice interrupts");
    let decision_ms = at.ms_since(onset);
    assert!(decision_ms <= 400, "decided after {decision_ms} ms");
    assert_eq!(heard_ms, at.as_ms(), "played since 0, to the millisecond");
    let sent = rig.take();
    let clear = sent
        .iter()
        .position(|sent| matches!(sent, Sent::Text(v) if v["event"] == "clear"))
        .expect("the carrier is told");
    assert!(
        !sent[clear..].iter().any(|s| matches!(s, Sent::Media(_))),
        "not a frame of the old generation after the clear"
    );
    assert_eq!(rig.counters().barge_ins, 1);
    let report = rig.events.iter().find_map(|event| match event {
        CallEvent::BargeIn {
            heard_ms,
            cleared_after_us,
        } => Some((*heard_ms, *cleared_after_us)),
        _ => None,
    });
    assert_eq!(report, Some((heard_ms, 0)), "in the step that decided");
}

#[test]
fn nothing_is_cleared_when_nothing_is_said() {
    let mut rig = Rig::twilio(vec![]);
    rig.agent().hears = true;
    rig.start();
    for n in 0..50 {
        rig.media(&LOUD(n), n as u64 + 1);
        rig.advance_ms(20);
    }
    assert!(rig.agent().speech_started > 0, "the voice was noticed");
    assert!(rig.take().is_empty(), "and nothing was sent for it");
    assert_eq!(rig.counters().barge_ins, 0);
}

#[test]
fn a_caller_that_takes_nothing_holds_up_nothing_and_is_given_up() {
    let mut rig = Rig::twilio_echo();
    rig.start();
    rig.writable = LinkSet::EMPTY;
    for n in 0..400_u64 {
        rig.media(&[1; 160], n + 1);
        rig.advance_ms(20);
    }
    assert_eq!(rig.counters().media_in, 400, "still heard");
    assert_eq!(rig.take().len(), 0, "and nothing forced on it");
    assert!(!rig.is_over());
    rig.advance_ms(2_100);
    assert_eq!(rig.ending(), Some(Ending::CallerStalled));
    rig.advance_ms(4_100);
    assert!(rig.is_over(), "even the close is not waited for");
}

#[test]
fn every_way_to_end_has_its_code() {
    type Case = (&'static str, fn(&mut Rig), Ending, u16);
    let cases: [Case; 7] = [
        (
            "stop",
            |rig| rig.text(&json!({"event": "stop", "streamSid": "MZ1", "stop": {}})),
            Ending::CallerHungUp,
            1000,
        ),
        (
            "second start",
            |rig| rig.text(&rig::start_message()),
            Ending::CallerFaulted("second_start"),
            1008,
        ),
        (
            "too big",
            |rig| rig.data(Frame::TooBig),
            Ending::CallerTooBig,
            1009,
        ),
        (
            "operator",
            |rig| rig.input(Input::Control(Control::HangUp)),
            Ending::Operator,
            1000,
        ),
        (
            "drain",
            |rig| rig.input(Input::Control(Control::Drain)),
            Ending::Shutdown,
            1001,
        ),
        (
            "vanished",
            |rig| rig.advance_ms(51_000),
            Ending::CallerVanished,
            4410,
        ),
        (
            "too long",
            |rig| {
                for _ in 0..400 {
                    rig.advance_ms(10_000);
                    rig.data(Frame::Alive);
                }
            },
            Ending::TooLong,
            4411,
        ),
    ];
    for (name, act, ending, code) in cases {
        let mut rig = Rig::twilio_echo();
        rig.start();
        act(&mut rig);
        assert_eq!(rig.ending(), Some(ending), "{name}");
        assert_eq!(rig.closed, Some(code), "{name}");
        assert!(rig.is_over(), "{name}");
    }
}

#[test]
fn a_carrier_that_never_starts_is_closed() {
    let mut rig = Rig::twilio_echo();
    rig.up();
    rig.media(&[1; 160], 1);
    assert_eq!(rig.counters().dropped, 1, "media before start");
    rig.advance_ms(10_000);
    assert_eq!(rig.ending(), Some(Ending::NeverStarted));
    assert_eq!(rig.closed, Some(4408));
}

#[test]
fn faults_are_counted_and_too_many_end_the_call() {
    let mut rig = Rig::twilio_echo();
    rig.start();
    for _ in 0..100 {
        rig.data(Frame::Text("{not json"));
        rig.data(Frame::Alive);
    }
    assert_eq!(rig.counters().dropped, 100);
    assert!(!rig.is_over());
    rig.data(Frame::Text("[]"));
    assert_eq!(rig.ending(), Some(Ending::CallerFaulted("malformed")));
}

#[test]
fn a_silent_caller_is_pinged_and_lives_as_long_as_it_answers() {
    let mut rig = Rig::twilio_echo();
    rig.start();
    for _ in 0..10 {
        rig.advance_ms(20_000);
        assert_eq!(rig.take(), [Sent::Ping]);
        rig.data(Frame::Alive);
    }
    assert!(!rig.is_over());
}

#[test]
fn the_agents_last_words_are_played_before_it_hangs_up() {
    let mut rig = Rig::twilio_saying(50);
    rig.agent().wants.push_back(Action::HangUp);
    rig.start();
    for _ in 0..50 {
        rig.advance_ms(20);
        assert_eq!(rig.closed, None, "still speaking at {}", rig.now());
    }
    let sent = rig.take();
    let media = sent.iter().filter(|s| matches!(s, Sent::Media(_))).count();
    assert_eq!(media, 50);
    let Some(Sent::Text(mark)) = sent.last() else {
        panic!("{sent:?}");
    };
    rig.text(&json!({"event": "mark", "streamSid": "MZ1", "mark": mark["mark"]}));
    assert_eq!(rig.closed, Some(1000));
    assert_eq!(rig.ending(), Some(Ending::AgentHungUp));
}

#[test]
fn a_transfer_without_control_of_the_caller_is_refused_and_the_call_goes_on() {
    let mut rig = Rig::twilio(vec![Action::Transfer(Referral::to("+15550100"))]);
    rig.start();
    assert_eq!(rig.agent().transfers_refused, 1);
    assert!(!rig.is_over());
}

#[test]
fn an_omni_session_opens_in_the_vendors_order() {
    let mut rig = Rig::omni("rate=16000", vec![]);
    rig.up();
    let [Sent::Event(hello), Sent::Event(started)] = &rig.take()[..] else {
        panic!("hello and session_started");
    };
    assert_eq!(hello["event"], "hello");
    assert_eq!(hello["audio_in"], "pcm16@16000");
    assert_eq!(hello["audio_out"], "pcm16@24000");
    assert_eq!(started["event"], "session_started");
    assert_eq!(started["call_id"], hello["call_id"]);
    assert!(!rig.agent().begun, "the client has a moment to configure");
    rig.control(&json!({"type": "configure", "persona": "x", "greeting": "hi", "mood": 1}));
    assert!(rig.agent().begun);
    let Some(Sent::Event(configured)) = rig.take().into_iter().next() else {
        panic!("configured");
    };
    assert_eq!(configured["event"], "configured");
    assert_eq!(configured["honored"], json!(["greeting"]));
    assert_eq!(configured["ignored"], json!(["persona", "mood"]));
}

#[test]
fn an_omni_client_that_configures_nothing_gets_its_agent_all_the_same() {
    let mut rig = Rig::omni("", vec![]);
    rig.up();
    rig.advance_ms(999);
    assert!(!rig.agent().begun);
    rig.advance_ms(1);
    assert!(rig.agent().begun);
    let mut rig = Rig::omni("", vec![]);
    rig.up();
    rig.audio(&[0; 960]);
    assert!(rig.agent().begun, "or with its first audio");
}

#[test]
fn an_omni_fault_is_answered_and_survived() {
    let mut rig = Rig::omni("", vec![]);
    rig.up();
    rig.take();
    for (frame, code) in [
        (Frame::Text("{}"), "text_frame"),
        (Frame::Binary(&[]), "empty_frame"),
        (Frame::Binary(&[9, 9]), "unknown_tag"),
        (Frame::Binary(&[1, 2, 3, 4]), "odd_audio"),
        (Frame::Binary(b"\x03{"), "not_json"),
        (Frame::Binary(b"\x03{\"type\":\"sing\"}"), "unknown_type"),
    ] {
        rig.data(frame);
        let sent = rig.take();
        let [Sent::Event(error)] = &sent[..] else {
            panic!("{code}: {sent:?}");
        };
        assert_eq!(
            (&error["event"], &error["code"]),
            (&json!("error"), &json!(code))
        );
    }
    assert_eq!(rig.counters().dropped, 6);
    assert!(!rig.is_over());
}

#[test]
fn the_omni_goodbye_is_answered_and_closed() {
    let mut rig = Rig::omni("", vec![]);
    rig.up();
    rig.take();
    rig.control(&json!({"type": "session_ending"}));
    let sent = rig.take();
    assert!(
        matches!(&sent[..], [Sent::Event(v)] if v["event"] == "session_ending"),
        "{sent:?}"
    );
    assert_eq!(rig.closed, Some(1000));
}

#[test]
fn speech_at_another_rate_arrives_whole() {
    let mut rig = Rig::omni("rate=24000", rig::one_utterance());
    rig.agent().speaks = Some(AudioFormat::pcm16(16_000));
    rig.agent().audio = vec![0; 32_000];
    rig.up();
    rig.control(&json!({"type": "configure"}));
    for _ in 0..60 {
        rig.advance_ms(20);
    }
    let bytes: usize = rig.take_media().iter().map(Vec::len).sum();
    // One second, and what the resampler held, padded to a frame.
    assert_eq!(bytes % 960, 0);
    assert!((48_000..=48_960).contains(&bytes), "{bytes}");
}

#[test]
fn frames_of_a_replaced_link_are_dropped() {
    let first = LinkId::new(3, 0);
    let mut rig = Rig::twilio(vec![
        Action::Open(first, rig::speak()),
        Action::Close(first),
        Action::Open(first.next(), rig::speak()),
    ]);
    rig.start();
    rig.input(Input::Data(first, Frame::Text("late")));
    assert_eq!(rig.counters().stale, 1);
    assert!(rig.agent().link_data.is_empty());
    rig.input(Input::Data(first.next(), Frame::Text("now")));
    assert_eq!(rig.agent().link_data, ["now"]);
}

#[test]
fn ten_seconds_of_last_words_are_not_cut() {
    let mut rig = Rig::twilio_saying(500);
    rig.agent().wants.push_back(Action::HangUp);
    rig.start();
    rig.advance_ms(9_990);
    assert_eq!(rig.closed, None, "still speaking");
    let media = rig.take_media().len();
    rig.advance_ms(10);
    assert_eq!(media + rig.take_media().len(), 500);
    rig.advance_ms(2_000);
    assert_eq!(
        rig.closed,
        Some(1000),
        "the mark is not waited for for ever"
    );
}

#[test]
fn a_transfer_is_told_behind_the_last_words() {
    let mut rig = Rig::omni("", rig::one_utterance());
    rig.agent().audio = vec![0; 960 * 100];
    rig.agent()
        .wants
        .push_back(Action::Transfer(Referral::to("+15550100")));
    rig.up();
    rig.control(&json!({"type": "configure"}));
    rig.advance_ms(3_000);
    let sent = rig.take();
    let place = |name: &str| {
        sent.iter()
            .position(|s| matches!(s, Sent::Event(v) if v["event"] == name))
            .unwrap_or_else(|| panic!("{name}: {sent:?}"))
    };
    let last_media = sent.iter().rposition(|s| matches!(s, Sent::Media(_)));
    assert!(last_media.expect("speech") < place("transfer_to_human"));
    assert!(place("transfer_to_human") < place("session_ending"));
    assert_eq!(rig.ending(), Some(Ending::Transferred));
}

#[test]
fn a_wild_numbering_is_no_loss() {
    let mut rig = Rig::twilio_echo();
    rig.start();
    for chunk in [1, u64::MAX, 0, u64::MAX, 5] {
        rig.media(&[1; 160], chunk);
    }
    assert!(rig.counters().media_lost < 3_000);
}

#[test]
fn nothing_piles_up_while_a_call_closes() {
    let mut rig = Rig::omni("", rig::one_utterance());
    rig.agent().audio = vec![0; 960 * 100];
    rig.agent().wants.push_back(Action::HangUp);
    rig.up();
    rig.control(&json!({"type": "configure"}));
    rig.take();
    let events = rig.events.len();
    for _ in 0..1_000 {
        rig.data(Frame::Text("no"));
    }
    assert_eq!(rig.counters().dropped, 1_000);
    assert_eq!(rig.events.len(), events, "counted and not told");
    assert!(
        rig.take()
            .iter()
            .all(|s| !matches!(s, Sent::Event(v) if v["event"] == "error"))
    );
}

#[test]
fn speech_that_ends_and_begins_within_a_message_is_noticed_twice() {
    let mut rig = Rig::omni("rate=8000", vec![]);
    rig.agent().hears = true;
    rig.up();
    let mut pcm = Vec::new();
    let mut say = |frames: usize, voice: bool| {
        for n in 0..frames {
            let codes = if voice { LOUD(n) } else { silence() };
            let mut samples = Vec::new();
            AudioFormat::MULAW_8K
                .decode(&codes, &mut samples)
                .expect("whole samples");
            AudioFormat::pcm16(8_000).encode(&samples, &mut pcm);
        }
    };
    say(50, false);
    say(50, true);
    say(60, false);
    say(50, true);
    rig.audio(&pcm);
    assert_eq!(rig.agent().speech_started, 2);
}

#[test]
fn an_agent_that_never_has_enough_lets_others_have_their_turn_and_the_call_end() {
    let mut rig = Rig::twilio_saying(2);
    rig.agent().endless = true;
    rig.start();
    assert_eq!(rig.take_media().len(), 2, "its speech is sent all the same");
    assert_eq!(
        rig.drain(),
        Some(rig.now()),
        "it is asked again, after others"
    );
    rig.writable = LinkSet::EMPTY;
    rig.input(Input::Control(Control::HangUp));
    let woken_at = rig.drain().expect("not over yet");
    assert!(woken_at > rig.now(), "nobody asks it any more");
}
