//! Answers that do not come, or cannot be used.

use super::*;

/// Asks once more.
fn ask(rig: &mut Rig) -> LinkId {
    rig.tell(AgentEvent::Spoken);
    rig.hear("hello");
    rig.posted().expect("asked").0
}

/// Lets requests fail until the agent does: after how many, and why.
fn fail(mut one: impl FnMut(&mut Rig, LinkId)) -> (usize, &'static str) {
    let mut rig = Rig::greeted();
    for times in 1..=3 {
        let id = ask(&mut rig);
        rig.take();
        one(&mut rig, id);
        if let [reason] = rig.failures()[..] {
            return (times, reason);
        }
        assert_eq!(rig.speak_all(), [SAY_AGAIN]);
    }
    panic!("three failures in a row");
}

#[test]
fn every_failure_has_its_reason_and_its_patience() {
    let status = |status| fail(move |rig, id| rig.head(id, status, JSON));
    for code in [302, 400, 429, 500, 503] {
        assert_eq!(status(code), (3, "webhook_status"), "{code}");
    }
    for code in [401, 403, 404] {
        assert_eq!(status(code), (1, "webhook_status"), "{code}");
    }
    let down = |why| fail(move |rig, id| rig.tell(AgentEvent::Down(id, why)));
    for (why, expected) in [
        (Down::Lost, (3, "webhook_unreachable")),
        (Down::Busy, (3, "webhook_unreachable")),
        (Down::Finished, (3, "webhook_unreachable")),
        (Down::Unavailable, (1, "webhook_blocked")),
    ] {
        assert_eq!(down(why), expected, "{why:?}");
    }
    for (fault, expected) in [
        (DialFault::Blocked, (1, "webhook_blocked")),
        (DialFault::BadRequest, (1, "webhook_blocked")),
        (DialFault::UnknownHost, (3, "webhook_unreachable")),
        (DialFault::Refused, (3, "webhook_unreachable")),
        (DialFault::Tls, (3, "webhook_unreachable")),
        (DialFault::Protocol, (3, "webhook_unreachable")),
        (DialFault::TimedOut, (3, "webhook_timeout")),
        (DialFault::TooLong, (3, "webhook_nonsense")),
        (DialFault::Status(500), (3, "webhook_status")),
        (DialFault::Status(401), (1, "webhook_status")),
    ] {
        assert_eq!(down(Down::NotReached(fault)), expected, "{fault:?}");
    }
    let nonsense = ["<html>Oops</html>", "{\"text\":", "\u{1}"];
    for body in nonsense {
        let failed = fail(|rig, id| rig.answer(id, JSON, body));
        assert_eq!(failed, (3, "webhook_nonsense"), "{body}");
    }
    let nonsense = fail(|rig, id| rig.answer(id, NDJSON, "one\ntwo\n"));
    assert_eq!(nonsense, (3, "webhook_nonsense"));
}

#[test]
fn an_answer_in_between_makes_it_good_again() {
    let mut rig = Rig::greeted();
    for _ in 0..4 {
        for _ in 0..2 {
            let id = ask(&mut rig);
            rig.head(id, 500, "");
            rig.speak_all();
        }
        rig.exchange("hello", &json!({"text": "Hello."}));
        assert_eq!(rig.speak_all(), ["Hello."]);
    }
    assert_eq!(rig.failures(), [""; 0]);
}

#[test]
fn an_answer_is_waited_for_as_long_as_configured() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, JSON);
    rig.part(id, "{");
    rig.wait_ms(29_999);
    assert_eq!(rig.take(), []);
    rig.wait_ms(1);
    assert_eq!(
        rig.actions[..2],
        [Action::Close(id), Action::Working(false)]
    );
    assert_eq!(rig.speak_all(), [SAY_AGAIN]);
    rig.answer(id, JSON, r#"{"text":"Late."}"#);
    assert_eq!(rig.speak_all(), [""; 0]);
    assert_eq!(fail(|rig, _| rig.wait_ms(30_000)), (3, "webhook_timeout"));
}

#[test]
fn an_answer_that_breaks_off_keeps_what_was_said() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, NDJSON);
    rig.part(
        id,
        "{\"text\":\"Let me look.\",\"interim\":true,\"hangup\":true}\n",
    );
    rig.tell(AgentEvent::Down(id, Down::Lost));
    assert_eq!(rig.speak_all(), ["Let me look.", SAY_AGAIN]);
    rig.tell(AgentEvent::Spoken);
    rig.tell(AgentEvent::Spoken);
    assert!(!rig.has(&Action::HangUp), "it was not the whole answer");
}

#[test]
fn a_longer_answer_than_may_be_is_closed() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, NDJSON);
    let line = format!("\"{}\"\n", "x".repeat(16_000));
    for _ in 0..16 {
        let body = HttpFrame::Body(line.as_bytes());
        rig.tell(AgentEvent::Data(id, Frame::Http(body)));
    }
    assert_eq!(rig.take(), []);
    let body = HttpFrame::Body(line.as_bytes());
    rig.tell(AgentEvent::Data(id, Frame::Http(body)));
    assert_eq!(rig.actions.first(), Some(&Action::Close(id)));
    assert_eq!(rig.speak_all(), [SAY_AGAIN]);
}

#[test]
fn nothing_is_wanted_after_the_failure() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 401, "");
    assert_eq!(rig.failures(), ["webhook_status"]);
    let failed = rig
        .actions
        .iter()
        .position(|a| matches!(a, Action::Failed(_)));
    assert!(
        rig.actions[failed.expect("one")..]
            .iter()
            .all(|a| !matches!(a, Action::Open(..))),
        "{:?}",
        rig.actions
    );
    assert_eq!(rig.agent.deadline(), None);
}

#[test]
fn an_agent_without_a_voice_makes_room_for_another() {
    for replaceable in [false, true] {
        let agent = WebhookAgent::new(Arc::new(WebhookSpec {
            voice: "rms".to_owned(),
            ..spec()
        }));
        let agent = if replaceable {
            agent.replaceable()
        } else {
            agent
        };
        let mut rig = Rig::with(agent);
        while let Some((id, _)) = rig.opened_speech() {
            rig.tell(AgentEvent::Down(id, Down::Unavailable));
        }
        assert_eq!(rig.failures().contains(&"no_voice"), replaceable);
    }
}
