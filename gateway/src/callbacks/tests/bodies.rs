use serde_json::json;
use trunkline_call::{Signing, Speaker, Strategy, TransferFault};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_is_told_from_its_beginning_to_its_end_in_order() {
    let server = Server::answering(&[Answer::Status(204)]);
    let mut notes = server.call(&status_alone());
    notes.take_down(&live());
    tokio::task::yield_now().await;
    tokio::time::advance(std::time::Duration::from_secs(2)).await;
    notes.take_down(&wanted(Referral {
        destinations: vec!["09876543210".to_owned(), "09876543211".to_owned()],
        strategy: Strategy::Sequential,
    }));
    notes.take_down(&ended(Ending::Transferred, Vec::new()));
    let seen = server.finished().await;
    let expected = [
        "call.initiated",
        "call.in-progress",
        "call.transferring",
        "call.completed",
    ];
    assert_eq!(events(&seen), expected);
    for seen in &seen {
        let body = seen.json();
        assert_eq!(seen.header("X-Call-Id"), body["call_id"].as_str());
        assert_eq!(seen.header("X-Timestamp"), body["timestamp"].as_str());
        assert_eq!(seen.header("X-Signature-Algorithm"), Some("HMAC-SHA256"));
        assert_eq!(body["from"], "+15550199", "known from the first on");
    }
    let status = |index: usize| seen[index].json()["status"].clone();
    assert_eq!([status(0), status(1)], ["initiated", "in-progress"]);
    let transferring = seen[2].json();
    assert_eq!(transferring["transfer_status"], "initiating");
    assert_eq!(transferring["transfer_to"], "09876543210,09876543211");
    assert_eq!(transferring["timestamp"], "2026-02-06T09:31:14.004Z");
    let completed = seen[3].json();
    assert_eq!(completed["transfer_status"], "handed_off");
    let legs = completed["transfer_legs"].as_array().expect("legs");
    assert_eq!(legs.len(), 2);
    let leg = json!({
        "transfer_seq": 1, "strategy": "sequential", "leg_no": 2, "legs_total": 2,
        "destination": "09876543211", "answered": false, "status": "handed_off", "reason": "",
        "hangup_cause": "", "hangup_cause_txt": "", "ring_seconds": 0, "talk_seconds": 0,
        "answered_at": null, "telephony_call_id": "",
    });
    assert_eq!(legs[1], leg);
    assert_eq!(server.counted(), [4, 4, 0, 0]);
}

/// Field for field; the names and their order are those of the vendor's example.
#[tokio::test(start_paused = true)]
async fn the_last_callback_has_every_field() {
    let server = Server::answering(&[Answer::Status(200)]);
    let mut notes = server.call(&status_alone());
    notes.take_down(&live());
    notes.take_down(&CallEvent::AgentLost { reason: "refused" });
    notes.take_down(&wanted(Referral::to("101")));
    let fault = TransferFault::NoControl;
    notes.take_down(&CallEvent::TransferFailed { fault });
    notes.take_down(&ended(Ending::CallerHungUp, Vec::new()));
    let seen = server.finished().await;
    let last = seen.last().expect("callbacks");
    let mut body = last.json();
    let text = String::from_utf8(last.spec.body.to_vec()).expect("UTF-8");
    // Without the legs, which have fields of the same names.
    let (before, rest) = text.split_once("[{").expect("legs");
    let (_, after) = rest.split_once("}]").expect("their end");
    let text = format!("{before}{after}");
    let names = [
        "event",
        "call_id",
        "from",
        "to",
        "status",
        "direction",
        "duration",
        "timestamp",
        "custom_params",
        "hangup_cause",
        "hangup_reason",
        "hangup_cause_txt",
        "disconnected_by",
        "transfer_to",
        "customer_no",
        "transfer_status",
        "transfer_answered_by",
        "transfer_answered_at",
        "transfer_duration",
        "transfer_legs",
        "started_at",
        "answered_at",
        "ended_at",
        "ending",
        "agent_lost",
    ];
    let places = names.map(|name| text.find(&format!("\"{name}\":")).expect(name));
    assert!(places.is_sorted(), "{text}");
    let call_id = body["call_id"].take();
    assert!(call_id.as_str().is_some_and(|id| id.starts_with("call_")));
    let legs = body["transfer_legs"].take();
    assert_eq!(legs[0]["status"], "failed");
    assert_eq!(legs[0]["reason"], "no_carrier_control");
    let began = "2026-02-06T09:31:12.004Z";
    let expected = json!({
        "event": "call.completed", "call_id": null, "from": "+15550199", "to": "+15550100",
        "status": "completed", "direction": "inbound", "duration": 214, "timestamp": began,
        "custom_params": {"tenant": "7"}, "hangup_cause": "16",
        "hangup_reason": "Normal call clearing", "hangup_cause_txt": "Normal call clearing",
        "disconnected_by": "caller", "transfer_to": "101", "customer_no": "+15550199",
        "transfer_status": "failed", "transfer_answered_by": "", "transfer_answered_at": null,
        "transfer_duration": null, "transfer_legs": null, "started_at": began,
        "answered_at": began, "ended_at": began, "ending": "caller_hung_up",
        "agent_lost": ["refused"],
    });
    assert_eq!(body, expected);
}

/// The socket was lost before its shard had it, or the shard died: nobody says that it has ended.
#[tokio::test(start_paused = true)]
async fn a_call_that_says_nothing_of_its_end_has_one_all_the_same() {
    let server = Server::answering(&[Answer::Status(200)]);
    drop(server.call(&status_alone()));
    let seen = server.finished().await;
    assert_eq!(events(&seen), ["call.initiated", "call.canceled"]);
    let last = seen[1].json();
    assert_eq!(
        (&last["answered_at"], &last["ending"]),
        (&json!(null), &json!("lost"))
    );
    let mut notes = server.call(&status_alone());
    notes.take_down(&live());
    drop(notes);
    let events = events(&server.finished().await);
    let expected = ["call.initiated", "call.in-progress", "call.failed"];
    assert_eq!(events, expected);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_of_what_comes_after_the_end() {
    let server = Server::answering(&[Answer::Status(200)]);
    let mut notes = server.call(&status_alone());
    notes.take_down(&ended(Ending::NeverStarted, Vec::new()));
    notes.take_down(&live());
    notes.take_down(&ended(Ending::CallerHungUp, Vec::new()));
    let seen = server.finished().await;
    assert_eq!(events(&seen), ["call.initiated", "call.failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_s_agent_is_told_the_end_with_the_transcript() {
    let server = Server::answering(&[Answer::Status(200)]);
    let mut notes = server.call(&CallbackSpec {
        status: None,
        ended: Some(ended_target()),
    });
    notes.take_down(&live());
    let said = |speaker, text: &str| Said {
        speaker,
        text: text.to_owned(),
        cut_off: false,
    };
    // Taken down before the clock moves.
    tokio::task::yield_now().await;
    tokio::time::advance(std::time::Duration::from_secs(214)).await;
    notes.take_down(&ended(
        Ending::CallerHungUp,
        vec![
            said(Speaker::Agent, "Hello, how can I help?"),
            said(Speaker::Caller, "Where is my order?"),
        ],
    ));
    let seen = server.finished().await;
    let [seen] = &seen[..] else {
        panic!("expected one request, got {:?}", events(&seen));
    };
    assert_eq!(seen.header("X-Tenant"), Some("7"));
    let signing = Signing::AgentPhone(Secret::new("whsec_agent"));
    assert_eq!(seen.spec.signing, Some(signing));
    let mut body = seen.json();
    let call_id = body["data"]["callId"].take();
    assert_eq!(seen.header("X-Webhook-ID"), call_id.as_str());
    let (live_at, ended_at) = ("2026-02-06T09:31:12.004Z", "2026-02-06T09:34:46.004Z");
    let expected = json!({
        "event": "agent.call_ended", "channel": "voice", "timestamp": ended_at, "agentId": "hook",
        "data": {
            "callId": null, "numberId": "+15550100", "from": "+15550199", "to": "+15550100",
            "contact": null, "direction": "inbound", "status": "completed", "startedAt": live_at,
            "endedAt": ended_at, "durationSeconds": 214, "disconnectionReason": "user_hangup",
            "transcript": [
                {"role": "agent", "content": "Hello, how can I help?"},
                {"role": "user", "content": "Where is my order?"},
            ],
            "summary": null, "userSentiment": null, "callSuccessful": null,
        },
    });
    assert_eq!(body, expected);
}

/// By Python: `hmac.new(b"whsec_status", body, hashlib.sha256).hexdigest()`.
#[test]
fn status_callbacks_are_signed_over_the_body_in_lower_case_hexadecimal() {
    let told = record::Told {
        event: StatusEvent::Completed,
        timestamp: "2026-02-06T09:31:12.004Z".to_owned(),
        body: r#"{"event":"call.completed","call_id":"call_1707204900000_a1b2c3","status":"completed"}"#
            .to_owned(),
    };
    let signature = |target: &StatusTarget| {
        let spec = request::status(target, "call_1", told.clone());
        let mut headers = spec.headers.into_iter();
        headers.find_map(|(name, value)| (name == "X-Signature").then_some(value))
    };
    let mut target = status_target();
    let expected = "dd015ad348c0b1f307518772e47bd9e9f52a1e62e92bd07fda2998f3fe89b393";
    assert_eq!(signature(&target), Some(Secret::new(expected)));
    target.secret = None;
    assert_eq!(signature(&target), None, "nothing to sign with");
}
