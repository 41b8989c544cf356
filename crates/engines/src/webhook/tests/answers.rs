//! The bot's side: what it answers, and what is done with it.

use super::*;

#[test]
fn an_object_is_spoken_once_it_is_complete() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, JSON);
    rig.part(id, r#"{"text":"It ships today. Anything else?"}"#);
    assert_eq!(rig.speak_all(), [""; 0], "it may go on");
    rig.tell(AgentEvent::Down(id, Down::Finished));
    assert_eq!(rig.speak_all(), ["It ships today.", "Anything else?"]);
    assert!(!rig.has(&Action::Close(id)));
}

#[test]
fn the_call_is_told_that_an_answer_is_awaited() {
    let (mut rig, id) = Rig::asked();
    assert_eq!(rig.take(), [], "it was told when the bot was asked");
    rig.head(id, 200, NDJSON);
    rig.part(
        id,
        "{\"text\": \"Let me check on that.\", \"interim\": true}\n",
    );
    let begin = Action::BeginUtterance {
        interruptible: true,
    };
    assert_eq!(rig.actions[..2], [Action::Working(false), begin.clone()]);
    assert_eq!(rig.speak_all(), ["Let me check on that."]);
    let last_two = &rig.actions[rig.actions.len() - 2..];
    assert_eq!(last_two, [Action::EndUtterance, Action::Working(true)]);
    rig.take();
    rig.part(id, "{\"text\": \"Your order shipped this morning.\"}\n");
    assert_eq!(rig.actions[..2], [Action::Working(false), begin]);
    assert_eq!(rig.speak_all(), ["Your order shipped this morning."]);
    rig.tell(AgentEvent::Down(id, Down::Finished));
    assert!(!rig.has(&Action::Working(true)), "{:?}", rig.actions);
}

#[test]
fn asking_is_work() {
    let mut rig = Rig::greeted();
    rig.hear("where is my order");
    assert_eq!(rig.actions.last(), Some(&Action::Working(true)));
}

#[test]
fn the_first_line_that_is_not_interim_is_the_last() {
    let (mut rig, id) = Rig::asked();
    let body = concat!(
        "{\"text\":\"One.\",\"interim\":true}\r\n\n\"no object\"\n",
        "{\"text\":\"Two.\"}\n{\"text\":\"Three.\"}\n",
    );
    rig.answer(id, NDJSON, body);
    assert_eq!(rig.speak_all(), ["One.", "Two."]);
    let (mut rig, id) = Rig::asked();
    rig.answer(id, NDJSON, "{\"text\":\"One.\",\"interim\":true}");
    assert_eq!(rig.speak_all(), ["One."]);
    rig.tell(AgentEvent::Spoken);
    rig.exchange("and now", &json!({"text": "Two."}));
    assert_eq!(rig.speak_all(), ["Two."]);
}

#[test]
fn a_request_whose_answer_is_over_is_closed_before_the_next() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, NDJSON);
    rig.part(id, "{\"text\":\"Done.\"}\n");
    rig.speak_all();
    assert!(!rig.has(&Action::Close(id)), "the server may end it itself");
    rig.tell(AgentEvent::Spoken);
    rig.hear("thank you");
    assert!(rig.has(&Action::Close(id)));
}

#[test]
fn a_goodbye_is_heard_before_the_call_ends() {
    let mut rig = Rig::greeted();
    rig.exchange("bye", &json!({"text": "Goodbye!", "hangup": true}));
    assert_eq!(rig.speak_all(), ["Goodbye!"]);
    assert!(!rig.has(&Action::HangUp));
    rig.tell(AgentEvent::Spoken);
    assert_eq!(rig.actions.last(), Some(&Action::HangUp));
    let mut rig = Rig::greeted();
    rig.exchange("bye", &json!({"hangup": true}));
    assert!(rig.has(&Action::HangUp), "there is nothing to be heard");
}

#[test]
fn what_an_interim_line_wants_is_done_after_the_last() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, NDJSON);
    rig.part(id, "{\"text\":\"Good\",\"interim\":true,\"hangup\":true}\n");
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    assert!(!rig.has(&Action::HangUp), "more is to come");
    rig.part(id, "{\"text\":\"bye.\"}\n");
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    assert_eq!(rig.actions.last(), Some(&Action::HangUp));
}

#[test]
fn a_goodbye_that_is_interrupted_ends_nothing() {
    let mut rig = Rig::greeted();
    rig.exchange("bye", &json!({"text": "Goodbye!", "hangup": true}));
    rig.speak_all();
    rig.tell(AgentEvent::SpeechStarted);
    let heard = "";
    rig.tell(AgentEvent::Interrupted { heard_ms: 1, heard });
    rig.tell(AgentEvent::Backchannel);
    assert!(!rig.has(&Action::HangUp));
}

#[test]
fn a_transfer_waits_for_the_words_and_survives_its_refusal() {
    let mut rig = Rig::greeted();
    let reply = json!({"text": "I connect you.", "action": "transfer", "hangup": true});
    rig.exchange("a person please", &reply);
    assert_eq!(rig.speak_all(), ["I connect you."]);
    rig.take();
    rig.tell(AgentEvent::Spoken);
    assert_eq!(rig.take(), [Action::Transfer(Referral::to("+15550100"))]);
    rig.tell(AgentEvent::TransferRefused(TransferFault::NoControl));
    assert_eq!(rig.speak_all(), [NOT_CONNECTED]);
    rig.tell(AgentEvent::Spoken);
    assert!(!rig.has(&Action::HangUp), "the call goes on");
}

#[test]
fn a_transfer_that_leads_nowhere_is_as_if_refused() {
    let transfer_number = None;
    let mut rig = Rig::new(WebhookSpec {
        transfer_number,
        ..spec()
    });
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    rig.exchange("a person please", &json!({"action": "transfer"}));
    assert_eq!(rig.speak_all(), [NOT_CONNECTED]);
    assert!(!rig.actions.iter().any(|a| matches!(a, Action::Transfer(_))));
}

#[test]
fn what_is_no_object_is_silence() {
    let mut rig = Rig::greeted();
    for _ in 0..4 {
        rig.exchange("hello", &json!("a string"));
        assert_eq!(rig.speak_all(), [""; 0]);
    }
    assert_eq!(rig.failures(), [""; 0]);
    rig.hear("hello");
    let (id, _) = rig.posted().expect("asked");
    rig.head(id, 204, "");
    rig.tell(AgentEvent::Down(id, Down::Finished));
    assert_eq!(rig.speak_all(), [""; 0], "no content");
}

#[test]
fn of_an_endless_answer_64_lines_are_said() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, NDJSON);
    let mut said = 0;
    for _ in 0..100 {
        rig.part(id, "{\"text\":\"More.\",\"interim\":true}\n");
        said += rig.speak_all().len();
        rig.tell(AgentEvent::Spoken);
    }
    assert_eq!(said, 64);
    assert_eq!(rig.failures(), [""; 0]);
}

#[test]
fn lines_faster_than_they_are_spoken_wait_and_none_is_lost() {
    let (mut rig, id) = Rig::asked();
    rig.head(id, 200, NDJSON);
    let mut said = Vec::new();
    for n in 0..64 {
        rig.part(
            id,
            &format!("{{\"text\":\"Line {n}.\",\"interim\":true}}\n"),
        );
        said.extend(rig.speak_all());
    }
    assert!(said.len() < 20, "{} are ahead of the caller", said.len());
    for _ in 0..64 {
        rig.tell(AgentEvent::Spoken);
        said.extend(rig.speak_all());
    }
    let expected: Vec<_> = (0..64).map(|n| format!("Line {n}.")).collect();
    assert_eq!(said, expected);
}
