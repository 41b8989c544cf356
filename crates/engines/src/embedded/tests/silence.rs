//! Callers who say nothing, go on after all, or are on hold.

use super::*;

#[test]
fn a_cough_is_no_turn_and_the_caller_is_asked_after_a_while() {
    let mut rig = Rig::greeted();
    rig.hear("");
    assert!(
        !rig.actions
            .iter()
            .any(|a| matches!(a, Action::CallerSaid(_) | Action::AgentSays(_))),
        "{:?}",
        rig.actions
    );
    rig.wait_ms(8_000);
    let said = rig.speak_all();
    assert!(!said.is_empty(), "the silence is noticed");
}

#[test]
fn the_silence_is_counted_from_the_end_of_the_speech() {
    let mut rig = Rig::new(WIDEBAND);
    rig.start(None);
    rig.speak_all();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.worker(id, WorkerFrame::Started);
    rig.tell(AgentEvent::EndOfTurn);
    rig.worker(
        id,
        WorkerFrame::Final {
            text: "",
            confidence: None,
        },
    );
    rig.take();
    rig.wait_ms(20_000);
    assert_eq!(rig.take(), [], "the greeting is still being played");
    rig.tell(AgentEvent::Spoken);
    rig.wait_ms(7_999);
    assert_eq!(rig.take(), []);
    rig.wait_ms(1);
    assert!(!rig.speak_all().is_empty());
}

#[test]
fn a_caller_who_silences_the_agent_and_says_nothing_is_asked() {
    let mut rig = Rig::new(WIDEBAND);
    rig.start(None);
    rig.speak_all();
    rig.tell(AgentEvent::Interrupted {
        heard_ms: 100,
        heard: "",
    });
    rig.take();
    rig.wait_ms(8_000);
    assert!(!rig.speak_all().is_empty());
}

#[test]
fn the_calls_own_patience_replaces_the_scripts() {
    let mut rig = Rig::greeted();
    rig.wait_ms(5_000);
    assert_eq!(rig.take(), []);
    rig.tell(AgentEvent::Idle { times: 1 });
    let asked = rig.speak_all();
    assert!(!asked.is_empty());
    rig.wait_ms(20_000);
    assert_eq!(rig.speak_all(), [""; 0], "not before this has been heard");
    rig.tell(AgentEvent::Spoken);
    rig.wait_ms(7_999);
    assert_eq!(rig.speak_all(), [""; 0], "counted anew from there");
    rig.wait_ms(1);
    assert!(!rig.speak_all().is_empty());
}

#[test]
fn who_is_being_understood_or_answered_is_not_asked() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.worker(id, WorkerFrame::Started);
    rig.tell(AgentEvent::EndOfTurn);
    rig.take();
    rig.tell(AgentEvent::Idle { times: 1 });
    assert_eq!(rig.take(), []);
    rig.tell(AgentEvent::Text("book a table for two"));
    rig.take();
    rig.tell(AgentEvent::Idle { times: 2 });
    assert_eq!(rig.take(), [], "the answer is being spoken");
}

#[test]
fn what_was_begun_since_the_turn_seemed_over_is_void() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (listening, _) = rig.opened_recogniser().expect("opened");
    rig.tell(AgentEvent::EagerEndOfTurn);
    rig.tell(AgentEvent::Text("goodbye"));
    let (id, _) = rig.opened_speech().expect("speaking");
    rig.take();
    rig.tell(AgentEvent::TurnResumed);
    assert_eq!(
        rig.take(),
        [Action::Close(id)],
        "and {listening:?} listens on"
    );
    rig.tell(AgentEvent::Spoken);
    rig.wait_ms(2_999);
    assert!(!rig.actions.contains(&Action::HangUp), "{:?}", rig.actions);
}

#[test]
fn what_was_begun_before_is_not() {
    let mut rig = Rig::new(WIDEBAND);
    rig.start(None);
    rig.tell(AgentEvent::SpeechStarted);
    rig.tell(AgentEvent::EagerEndOfTurn);
    rig.take_all_but_speech();
    rig.tell(AgentEvent::TurnResumed);
    assert_eq!(rig.speak_all().len(), 2, "the greeting goes on");
}

#[test]
fn on_hold_nothing_is_asked_said_or_understood() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.take();
    rig.tell(AgentEvent::Hold(true));
    assert_eq!(rig.take(), [Action::Close(id)]);
    rig.tell(AgentEvent::Digit('1'));
    rig.tell(AgentEvent::Text("goodbye"));
    rig.wait_ms(60_000);
    assert_eq!(rig.take(), []);
    rig.tell(AgentEvent::Hold(false));
    rig.wait_ms(7_999);
    assert_eq!(rig.take(), []);
    rig.wait_ms(1);
    assert!(
        !rig.speak_all().is_empty(),
        "the caller is waited for again"
    );
}

#[test]
fn a_hold_stops_the_sentence_and_what_was_to_follow_it() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::Digit('0'));
    let (id, _) = rig.opened_speech().expect("speaking");
    rig.take();
    rig.tell(AgentEvent::Hold(true));
    assert_eq!(rig.take(), [Action::Close(id)]);
    rig.tell(AgentEvent::Hold(false));
    rig.tell(AgentEvent::Spoken);
    assert_eq!(rig.take(), [], "no transfer");
}

#[test]
fn what_was_still_being_understood_is_not_answered_on_hold() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.worker(id, WorkerFrame::Started);
    rig.tell(AgentEvent::EndOfTurn);
    rig.tell(AgentEvent::Hold(true));
    rig.take();
    let last = WorkerFrame::Final {
        text: "goodbye",
        confidence: Some(0.9),
    };
    rig.worker(id, last);
    assert_eq!(rig.take(), []);
    rig.tell(AgentEvent::TransferRefused(TransferFault::NoControl));
    assert!(
        !rig.speak_all().is_empty(),
        "a refused transfer ends a hold"
    );
}

#[test]
fn a_hold_is_no_silence_of_the_callers() {
    let mut rig = Rig::greeted();
    rig.wait_ms(8_000);
    let asked = rig.speak_all();
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::Hold(true));
    assert_eq!(rig.agent.deadline(), None);
    rig.wait_ms(60_000);
    rig.tell(AgentEvent::Hold(false));
    rig.wait_ms(8_000);
    assert_eq!(rig.speak_all(), asked, "for the first time");
}
