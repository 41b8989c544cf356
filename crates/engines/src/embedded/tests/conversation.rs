//! The course of a conversation: words, keys, transfer, goodbye.

use super::*;

#[test]
fn a_conversation_by_voice_ends_when_the_last_words_are_played() {
    let mut rig = Rig::greeted();
    rig.hear("i would like to book a table for two");
    assert_eq!(rig.speak_all(), ["A table for two.", "At what time?"]);
    rig.tell(AgentEvent::Spoken);
    rig.hear("goodbye");
    assert_eq!(rig.speak_all(), ["Goodbye."]);
    assert!(
        !rig.actions.contains(&Action::HangUp),
        "not before it is heard"
    );
    rig.tell(AgentEvent::Spoken);
    assert_eq!(rig.actions.last(), Some(&Action::HangUp));
}

#[test]
fn a_key_cuts_the_agent_off_and_a_pause_ends_a_number() {
    let mut rig = Rig::new(WIDEBAND);
    rig.start(None);
    rig.take();
    rig.tell(AgentEvent::Digit('1'));
    assert_eq!(rig.actions.first(), Some(&Action::CutOff));
    assert_eq!(rig.speak_all(), ["For how many people?"]);
    rig.tell(AgentEvent::Spoken);
    rig.take();
    rig.tell(AgentEvent::Digit('1'));
    assert_eq!(rig.take(), [], "12 could follow");
    rig.wait_ms(DIGITS_MS);
    assert_eq!(rig.speak_all().join(" "), "A table for one. At what time?");
}

#[test]
fn a_number_that_comes_to_nothing_leaves_nobody_waiting() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::Digit('1'));
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    rig.take();
    rig.tell(AgentEvent::Digit('1'));
    rig.tell(AgentEvent::Digit('*'));
    rig.wait_ms(15_000);
    assert!(!rig.speak_all().is_empty(), "{:?}", rig.actions);
}

#[test]
fn a_transfer_waits_for_the_words_and_survives_its_refusal() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::Digit('0'));
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    assert_eq!(
        rig.actions.last(),
        Some(&Action::Transfer(Referral::to("+15550100".to_owned())))
    );
    rig.tell(AgentEvent::TransferRefused(TransferFault::NoControl));
    let said = rig.speak_all();
    assert_eq!(
        said.first().map(String::as_str),
        Some("The operator is busy.")
    );
}

#[test]
fn a_machine_hears_what_a_person_hears() {
    let mut rig = Rig::new(WIDEBAND);
    rig.tell(AgentEvent::AnsweredBy(Answerer::Machine));
    assert_eq!(rig.take(), []);
    rig.start(None);
    assert_eq!(rig.speak_all().len(), 2);
}
