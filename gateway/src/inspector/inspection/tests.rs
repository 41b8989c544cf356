//! Whole calls on a virtual clock.

use super::*;
use crate::inspector::Severity;

const RATE: u64 = 8_000;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn inspection(dialect: Dialect, change: impl FnOnce(&mut Options)) -> Inspection {
    let mut options = Options::new("ws://h/", dialect);
    change(&mut options);
    let script = vec![Step::Silence { ms: 60_000 }];
    let mut inspection = Inspection::new(&options, [7; 16], script);
    inspection.handle_tick(Duration::ZERO);
    inspection
}

/// Ticks as a driver does, up to and with `until`.
fn run(inspection: &mut Inspection, until: u64) {
    while inspection.ended().is_none() && inspection.next_tick() <= ms(until) {
        let at = inspection.next_tick();
        inspection.handle_tick(at);
    }
}

/// What goes out: the events of texts.
fn sent(inspection: &mut Inspection) -> Vec<String> {
    let mut events = Vec::new();
    while let Some(message) = inspection.poll_message() {
        if let Message::Text(text) = message {
            let message: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let event = message.get("event").and_then(serde_json::Value::as_str);
            events.push(event.unwrap_or_default().to_owned());
        }
    }
    events
}

fn audio(length_ms: u64) -> Message {
    let bytes = vec![1; usize::try_from(RATE * 2 * length_ms / 1_000).expect("small")];
    Message::binary(bytes)
}

fn text(inspection: &mut Inspection, at: u64, text: &str) {
    inspection.handle_message(ms(at), &Message::text(text));
}

fn found(inspection: Inspection, at: u64) -> Vec<(Code, Severity, u64)> {
    let findings = inspection.into_outcome(ms(at)).findings;
    findings
        .iter()
        .map(|found| (found.code, found.severity, found.at_ms))
        .collect()
}

#[test]
fn the_schedule_is_absolute() {
    let mut inspection = inspection(Dialect::Ivr, |_| {});
    assert_eq!(sent(&mut inspection), ["connected", "start"]);
    run(&mut inspection, 99);
    assert_eq!(sent(&mut inspection).len(), 4);
    inspection.handle_tick(ms(205));
    assert_eq!(sent(&mut inspection).len(), 6, "what was due meanwhile");
    assert_eq!(inspection.next_tick(), ms(220));
}

#[test]
fn long_messages_hold_five_ticks() {
    let mut inspection = inspection(Dialect::Exotel, |_| {});
    assert_eq!(sent(&mut inspection), ["connected", "start"]);
    run(&mut inspection, 99);
    assert_eq!(sent(&mut inspection), Vec::<String>::new());
    run(&mut inspection, 200);
    assert_eq!(sent(&mut inspection), ["media", "media"]);
}

#[test]
fn a_mark_comes_back_when_its_audio_has_played() {
    let mut inspection = inspection(Dialect::Ivr, |_| {});
    inspection.handle_message(ms(10), &audio(100));
    text(
        &mut inspection,
        10,
        r#"{"event":"mark","mark":{"name":"m"}}"#,
    );
    run(&mut inspection, 109);
    assert!(!sent(&mut inspection).contains(&"mark".to_owned()));
    run(&mut inspection, 120);
    assert!(sent(&mut inspection).contains(&"mark".to_owned()));
    let at = |inspection: &mut Inspection, ms| {
        text(inspection, ms, r#"{"event":"mark","mark":{"name":"n"}}"#);
        sent(inspection)
    };
    assert_eq!(at(&mut inspection, 125), ["mark"], "nothing waits");
}

#[test]
fn a_clear_returns_every_mark_but_plivos() {
    let clear = |dialect, audio: &str, mark: &str, clear: &str| {
        let mut inspection = inspection(dialect, |_| {});
        sent(&mut inspection);
        for message in [audio, mark, clear] {
            let message = message.replace("ID", inspection.platform.stream_id());
            text(&mut inspection, 5, &message);
        }
        let answers = sent(&mut inspection);
        assert_eq!(inspection.listening.totals().cleared_ms, 1);
        answers
    };
    let payload = "/////////////w==";
    let twilio = clear(
        Dialect::Twilio,
        &format!(r#"{{"event":"media","streamSid":"ID","media":{{"payload":"{payload}"}}}}"#),
        r#"{"event":"mark","streamSid":"ID","mark":{"name":"m"}}"#,
        r#"{"event":"clear","streamSid":"ID"}"#,
    );
    assert_eq!(twilio, ["mark"]);
    let plivo = clear(
        Dialect::Plivo,
        &format!(
            r#"{{"event":"playAudio","media":{{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"{payload}"}}}}"#
        ),
        r#"{"event":"checkpoint","streamId":"ID","name":"m"}"#,
        r#"{"event":"clearAudio","streamId":"ID"}"#,
    );
    assert_eq!(plivo, ["clearedAudio"]);
}

#[test]
fn a_hang_up_is_answered_by_stop_and_nothing_may_follow_it() {
    let mut inspection = inspection(Dialect::Ivr, |_| {});
    inspection.handle_message(ms(10), &audio(100));
    sent(&mut inspection);
    text(&mut inspection, 50, r#"{"type":"session.hangup"}"#);
    assert_eq!(sent(&mut inspection), ["stop"]);
    inspection.handle_message(ms(60), &audio(20));
    text(&mut inspection, 70, r#"{"type":"audio.clear"}"#);
    inspection.handle_message(ms(300), &audio(40));
    run(&mut inspection, 549);
    assert_eq!(inspection.ended(), None);
    run(&mut inspection, 550);
    assert_eq!(inspection.ended(), Some(Ended::HungUp));
    assert_eq!(
        found(inspection, 550),
        [
            (Code::AfterHangup, Severity::Warning, 60),
            (Code::AfterHangup, Severity::Fault, 70),
            (Code::AfterHangup, Severity::Fault, 300),
        ]
    );
}

/// What a close at 40 ms is worth, after whatever the bot sends at 20 ms.
fn closed(dialect: Dialect, code: u16, before: Option<&str>) -> Vec<(Code, Severity, u64)> {
    let mut inspection = inspection(dialect, |_| {});
    inspection.listening.push_audio(10, vec![1; 800], 100_000);
    if let Some(before) = before {
        text(&mut inspection, 20, before);
    }
    inspection.handle_close(ms(40), code, "");
    assert_eq!(inspection.ended(), Some(Ended::BotClosed));
    found(inspection, 40)
}

#[test]
fn a_close_is_a_hang_up_where_there_is_no_message_for_it() {
    let told = |code, severity| vec![(code, severity, 40)];
    for (code, elsewhere) in [
        (1000, Vec::new()),
        (1005, Vec::new()),
        (1001, told(Code::CloseCode, Severity::Warning)),
        (1011, told(Code::CloseCode, Severity::Fault)),
    ] {
        for dialect in [Dialect::Twilio, Dialect::Plivo, Dialect::Exotel] {
            assert_eq!(closed(dialect, code, None), elsewhere, "{dialect:?} {code}");
        }
        let lost = told(Code::NoHangup, Severity::Fault);
        assert_eq!(closed(Dialect::Ivr, code, None), lost, "{code}");
        for farewell in [
            r#"{"type":"session.hangup"}"#,
            r#"{"type":"session.transfer","destination":"1"}"#,
        ] {
            assert_eq!(closed(Dialect::Ivr, code, Some(farewell)), elsewhere);
        }
    }
}

#[test]
fn a_call_has_an_end() {
    let mut inspection = inspection(Dialect::Ivr, |options| options.limits.max_s = 1);
    inspection.handle_message(ms(10), &audio(100));
    run(&mut inspection, 5_000);
    assert_eq!(inspection.ended(), Some(Ended::Deadline));
    assert_eq!(
        sent(&mut inspection).last().map(String::as_str),
        Some("stop")
    );
    let outcome = inspection.into_outcome(ms(1_000));
    assert_eq!(outcome.duration, ms(1_000));
    assert_eq!(outcome.recording.caller.len(), 8_000);
    assert_eq!(outcome.recording.bot.len(), 8_000);
}

#[test]
fn a_bot_that_does_not_read_is_told() {
    let mut inspection = inspection(Dialect::Ivr, |_| {});
    inspection.handle_message(ms(10), &audio(100));
    run(&mut inspection, 2_500);
    let codes: Vec<_> = found(inspection, 2_500)
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(codes, [Code::NotReading]);
}
