//! The caller's side: speech, keys, text, interruptions, hold.

use super::*;

#[test]
fn a_turn_is_posted_as_the_vendor_posts_it() {
    let mut rig = Rig::new(spec());
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    rig.wait_ms(5_000);
    rig.take();
    rig.hear("i need help with my order");
    assert!(rig.has(&Action::CallerSaid("i need help with my order".to_owned())));
    let (id, post) = rig.posted().expect("asked");
    assert_eq!(id.slot(), 5);
    assert_eq!(
        serde_json::from_slice::<Value>(&post.body).expect("JSON"),
        json!({
            "event": "agent.message", "channel": "voice", "timestamp": "2025-01-15T14:00:05Z",
            "agentId": "agt_abc123",
            "data": {
                "callId": "call_abc123", "numberId": "+15551234567", "from": "+15559876543",
                "to": "+15551234567", "status": "in-progress",
                "transcript": "i need help with my order", "confidence": 0.9,
                "direction": "inbound",
            },
            "conversationState": null,
            "recentHistory": [{
                "content": "Hello, how can I help?", "direction": "outbound", "channel": "voice",
                "at": "2025-01-15T14:00:00Z",
            }],
        })
    );
    let spec = spec();
    assert_eq!((&post.url, &post.headers), (&spec.url, &spec.headers));
    assert_eq!(post.signing, spec.secret.map(Signing::AgentPhone));
    assert_eq!(
        (post.timeout_ms, post.max_response_bytes),
        (30_000, 262_144)
    );
    let shown = format!("{post:?} {:?}", rig.agent);
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn without_a_greeting_the_caller_has_the_word() {
    let greeting = String::new();
    let mut rig = Rig::new(WebhookSpec { greeting, ..spec() });
    assert_eq!(rig.take(), []);
    rig.hear("hello");
    assert_eq!(rig.body()["recentHistory"], json!([]));
}

#[test]
fn a_client_chooses_voice_and_greeting() {
    let mut rig = Rig::of(WebhookAgent::new(Arc::new(spec())), WIDEBAND);
    let configure = Configure {
        voice_id: Some("de".to_owned()),
        greeting: Some("Hallo.".to_owned()),
        ..Configure::default()
    };
    assert_eq!(rig.agent.honours(&configure), ["greeting", "voice_id"]);
    rig.begin(&info(), Some(&configure));
    let spoken = LinkSpec::Speak {
        text: "Hallo.".into(),
        voice: "de".into(),
    };
    let opened = |a: &Action| matches!(a, Action::Open(_, spec) if *spec == spoken);
    assert!(rig.actions.iter().any(opened));
}

#[test]
fn phrases_become_the_recognisers_grammar() {
    for (phrases, expected) in [
        (
            vec!["Where is my order?".to_owned()],
            Some("where is my order"),
        ),
        (Vec::new(), None),
    ] {
        let mut rig = Rig::new(WebhookSpec { phrases, ..spec() });
        rig.tell(AgentEvent::SpeechStarted);
        let grammar = rig.actions.iter().find_map(|action| match action {
            Action::Open(_, LinkSpec::Recognise { grammar, telephone }) => {
                assert!(telephone);
                Some(grammar.clone())
            }
            _ => None,
        });
        let grammar = grammar.expect("somebody listens");
        assert_eq!(grammar.is_some(), expected.is_some());
        let words = expected.unwrap_or_default();
        assert!(grammar.is_none_or(|grammar| grammar.contains(words)));
    }
}

#[test]
fn a_cough_is_no_turn_and_words_that_do_not_fit_are_asked_for_again() {
    let mut rig = Rig::greeted();
    rig.hear("");
    assert!(
        !rig.actions
            .iter()
            .any(|a| matches!(a, Action::AgentSays(_)))
    );
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("somebody listens");
    rig.tell(AgentEvent::EndOfTurn);
    let text = "cancel my order";
    let confidence = Some(0.1);
    rig.worker(id, WorkerFrame::Final { text, confidence });
    assert_eq!(rig.speak_all(), [SAY_AGAIN]);
    assert_eq!(rig.posted(), None);
}

#[test]
fn an_interruption_that_was_not_understood_is_asked_for_again() {
    let mut rig = Rig::new(spec());
    rig.speak_all();
    let heard = "Hello, how";
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("somebody listens");
    rig.tell(AgentEvent::Interrupted {
        heard_ms: 500,
        heard,
    });
    rig.tell(AgentEvent::EndOfTurn);
    let confidence = None;
    rig.worker(
        id,
        WorkerFrame::Final {
            text: "",
            confidence,
        },
    );
    assert_eq!(rig.speak_all(), [SAY_AGAIN]);
}

#[test]
fn who_interrupts_aborts_the_request() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, NDJSON);
    rig.part(id, "{\"text\": \"Let me look.\", \"interim\": true}\n");
    assert_eq!(rig.speak_all(), ["Let me look."]);
    rig.take();
    rig.tell(AgentEvent::SpeechStarted);
    let heard = "Let me";
    rig.tell(AgentEvent::Interrupted {
        heard_ms: 300,
        heard,
    });
    assert!(rig.has(&Action::Close(id)), "{:?}", rig.actions);
    rig.part(id, "{\"text\": \"It is gone.\"}\n");
    assert_eq!(rig.speak_all(), [""; 0], "nobody wants it any more");
}

#[test]
fn a_new_turn_aborts_the_request_and_is_asked_anew() {
    let (mut rig, first) = Rig::asked();
    rig.hear("and what about the other one");
    let closed = rig.actions.iter().position(|a| *a == Action::Close(first));
    let is_post = |a: &Action| matches!(a, Action::Open(_, LinkSpec::Post(_)));
    let opened = rig.actions.iter().position(is_post);
    assert!(closed.is_some() && closed < opened, "{:?}", rig.actions);
    let (second, post) = rig.posted().expect("asked anew");
    assert_ne!(first, second);
    let body: Value = serde_json::from_slice(&post.body).expect("JSON");
    assert_eq!(body["data"]["transcript"], "and what about the other one");
    assert_eq!(body["recentHistory"][1]["content"], "where is my order");
    rig.answer(first, JSON, r#"{"text":"Late."}"#);
    rig.answer(second, JSON, r#"{"text":"Both are on their way."}"#);
    assert_eq!(rig.speak_all(), ["Both are on their way."]);
}

#[test]
fn a_backchannel_aborts_nothing_and_nobody_speaks_into_it() {
    let (mut rig, id) = Rig::asked();
    rig.tell(AgentEvent::SpeechStarted);
    let (listening, _) = rig.opened_recogniser().expect("somebody listens");
    rig.answer(id, JSON, r#"{"text":"On its way."}"#);
    assert_eq!(rig.speak_all(), [""; 0], "the caller has the word");
    rig.tell(AgentEvent::Backchannel);
    assert!(rig.has(&Action::Close(listening)) && !rig.has(&Action::Close(id)));
    assert_eq!(rig.speak_all(), ["On its way."]);
}

#[test]
fn an_answer_waits_for_a_turn_that_turns_out_to_be_none() {
    let (mut rig, id) = Rig::asked();
    rig.tell(AgentEvent::SpeechStarted);
    let (listening, _) = rig.opened_recogniser().expect("somebody listens");
    rig.answer(id, JSON, r#"{"text":"On its way."}"#);
    rig.tell(AgentEvent::EndOfTurn);
    assert_eq!(rig.speak_all(), [""; 0], "it is still being understood");
    let confidence = None;
    rig.worker(
        listening,
        WorkerFrame::Final {
            text: "",
            confidence,
        },
    );
    assert_eq!(rig.speak_all(), ["On its way."]);
}

#[test]
fn keys_up_to_a_pause_or_a_hash_are_a_turn() {
    let (mut rig, id) = Rig::asked();
    rig.tell(AgentEvent::Digit('4'));
    assert!(rig.has(&Action::Close(id)), "the caller answers otherwise");
    rig.tell(AgentEvent::Digit('2'));
    rig.wait_ms(2_999);
    assert_eq!(rig.posted(), None);
    rig.wait_ms(1);
    let body = rig.body();
    assert_eq!(body["data"]["transcript"], "42");
    assert_eq!(body["data"]["confidence"], 1.0);
    for (keys, transcript) in [("7*#", "7*"), ("#", "#")] {
        for key in keys.chars() {
            assert_eq!(rig.posted(), None);
            rig.tell(AgentEvent::Digit(key));
        }
        assert_eq!(rig.body()["data"]["transcript"], transcript);
    }
    let noted = |a: &Action| matches!(a, Action::CallerSaid(_));
    assert!(!rig.actions.iter().any(noted), "keys may be secrets");
    for _ in 0..64 {
        assert_eq!(rig.posted(), None);
        rig.tell(AgentEvent::Digit('1'));
    }
    assert_eq!(rig.body()["data"]["transcript"], "1".repeat(64));
}

#[test]
fn a_key_cuts_the_agent_off() {
    let mut rig = Rig::new(spec());
    rig.speak_all();
    rig.take();
    rig.tell(AgentEvent::Digit('1'));
    assert_eq!(rig.take(), [Action::CutOff]);
}

#[test]
fn typed_text_is_a_turn() {
    let (mut rig, id) = Rig::asked();
    rig.tell(AgentEvent::Text(" \n"));
    assert_eq!(rig.take(), []);
    rig.tell(AgentEvent::Text("Order 4711?"));
    assert!(rig.has(&Action::Close(id)));
    assert!(rig.has(&Action::CallerSaid("Order 4711?".to_owned())));
    let body = rig.body();
    assert_eq!(body["data"]["transcript"], "Order 4711?");
    assert_eq!(body["data"]["confidence"], 1.0);
}

#[test]
fn on_hold_nothing_is_awaited_understood_or_asked() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::Digit('1'));
    rig.hear("hello");
    let (id, _) = rig.posted().expect("asked");
    rig.tell(AgentEvent::SpeechStarted);
    let (listening, _) = rig.opened_recogniser().expect("somebody listens");
    rig.take();
    rig.tell(AgentEvent::Hold(true));
    assert!(rig.has(&Action::Close(id)) && rig.has(&Action::Close(listening)));
    rig.take();
    rig.answer(id, JSON, r#"{"text":"On its way."}"#);
    rig.tell(AgentEvent::Digit('1'));
    rig.tell(AgentEvent::Text("hello"));
    rig.wait_ms(60_000);
    assert_eq!(rig.take(), []);
    rig.tell(AgentEvent::Hold(false));
    rig.hear("are you there");
    assert!(rig.posted().is_some());
}

#[test]
fn a_silent_caller_is_asked_unless_an_answer_is_awaited() {
    let (mut rig, id) = Rig::asked();
    rig.tell(AgentEvent::Idle { times: 1 });
    assert_eq!(rig.take(), []);
    rig.answer(id, JSON, "{}");
    rig.take();
    rig.tell(AgentEvent::Idle { times: 1 });
    assert_eq!(rig.speak_all(), [STILL_THERE]);
}

#[test]
fn without_a_recogniser_the_call_goes_on_by_keys_and_text() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("asked for");
    rig.tell(AgentEvent::Down(id, Down::Unavailable));
    rig.tell(AgentEvent::EndOfTurn);
    assert_eq!(rig.speak_all().join(" "), KEYS_ONLY);
    rig.tell(AgentEvent::Spoken);
    rig.tell(AgentEvent::SpeechStarted);
    assert_eq!(rig.opened_recogniser(), None);
    rig.tell(AgentEvent::EndOfTurn);
    rig.tell(AgentEvent::Digit('#'));
    let (id, _) = rig.posted().expect("asked");
    rig.answer(id, JSON, r#"{"text":"Thank you."}"#);
    assert_eq!(rig.speak_all(), ["Thank you."]);
}

#[test]
fn what_was_said_into_a_turn_that_goes_on_is_void() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (listening, _) = rig.opened_recogniser().expect("somebody listens");
    rig.tell(AgentEvent::EagerEndOfTurn);
    rig.tell(AgentEvent::Down(listening, Down::Lost));
    let (speaking, said) = rig.opened_speech().expect("keys are offered");
    assert!(KEYS_ONLY.starts_with(&said));
    rig.take();
    rig.tell(AgentEvent::TurnResumed);
    assert_eq!(rig.take(), [Action::Close(speaking)]);
    rig.tell(AgentEvent::EndOfTurn);
    rig.exchange("hello", &json!({"text": "Good morning."}));
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    rig.tell(AgentEvent::Text("and now"));
    let history = &rig.body()["recentHistory"];
    assert_eq!(history[2]["content"], "Good morning.", "{history}");
}

#[test]
fn who_interrupts_and_then_types_has_been_understood() {
    let mut rig = Rig::new(spec());
    rig.speak_all();
    let heard = "";
    rig.tell(AgentEvent::Interrupted { heard_ms: 1, heard });
    rig.tell(AgentEvent::Text("hello"));
    let (id, _) = rig.posted().expect("asked");
    rig.answer(id, JSON, "{}");
    rig.hear("");
    assert_eq!(rig.speak_all(), [""; 0], "a cough");
}
