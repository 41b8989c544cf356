//! What the agent hears, and what becomes of it.

use super::*;

#[test]
fn an_utterance_goes_to_a_recogniser_in_blocks() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, telephone) = rig.opened_recogniser().expect("opened");
    assert!(!telephone);
    // The call gives what was said before the turn was noticed first.
    rig.tell(AgentEvent::Audio(&[0; 12_800]));
    assert_eq!(rig.samples.len(), 6_400, "400 ms of lead-in");
    rig.tell(AgentEvent::Audio(&[1; 640]));
    assert_eq!(rig.samples.len(), 6_400, "less than a block waits");
    rig.tell(AgentEvent::Audio(&[1; 3_200]));
    assert_eq!(rig.samples.len(), 6_400 + 1_920);
    rig.tell(AgentEvent::Audio(&[1; 640]));
    rig.take();
    rig.tell(AgentEvent::EndOfTurn);
    assert_eq!(
        rig.take(),
        [
            Action::Send(id, SendKind::Samples),
            Action::Send(id, SendKind::End)
        ]
    );
    assert_eq!(rig.samples.len(), 6_400 + 1_920 + 320, "not a sample lost");
}

#[test]
fn a_telephone_caller_is_listened_to_as_one() {
    let mut rig = Rig::new(AudioFormat::MULAW_8K);
    rig.start(None);
    rig.tell(AgentEvent::SpeechStarted);
    let (_, telephone) = rig.opened_recogniser().expect("opened");
    assert!(telephone);
}

#[test]
fn what_is_not_believed_is_not_understood() {
    let mut rig = Rig::greeted();
    rig.agent.interrupted = true;
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.tell(AgentEvent::EndOfTurn);
    rig.worker(
        id,
        WorkerFrame::Final {
            text: "goodbye",
            confidence: Some(0.2),
        },
    );
    assert!(rig.actions.contains(&Action::CallerSaid(String::new())));
    assert!(!rig.actions.contains(&Action::HangUp));
}

#[test]
fn a_caller_waiting_for_a_recogniser_is_told_and_then_offered_keys() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.wait_ms(299);
    assert_eq!(rig.speak_all(), [""; 0]);
    rig.wait_ms(1);
    assert_eq!(rig.speak_all(), [FILLER]);
    rig.wait_ms(2_700);
    assert!(rig.actions.contains(&Action::Close(id)));
    let said = rig.speak_all().join(" ");
    assert_eq!(said, KEYS_ONLY);
}

#[test]
fn without_a_recogniser_the_script_goes_on_by_keys() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.tell(AgentEvent::Down(id, Down::Unavailable));
    assert_eq!(rig.speak_all().join(" "), KEYS_ONLY);
    rig.tell(AgentEvent::Spoken);
    rig.tell(AgentEvent::EndOfTurn);
    rig.tell(AgentEvent::SpeechStarted);
    assert_eq!(rig.opened_recogniser(), None, "it is not asked for again");
    rig.tell(AgentEvent::Digit('1'));
    assert_eq!(rig.speak_all(), ["For how many people?"]);
}

#[test]
fn a_new_utterance_takes_a_slot_that_is_free() {
    let mut rig = Rig::greeted();
    let speak = |rig: &mut Rig| {
        rig.tell(AgentEvent::SpeechStarted);
        let (id, _) = rig.opened_recogniser().expect("opened");
        rig.worker(id, WorkerFrame::Started);
        rig.tell(AgentEvent::EndOfTurn);
        id
    };
    let ids: Vec<_> = (0..3).map(|_| speak(&mut rig)).collect();
    rig.tell(AgentEvent::SpeechStarted);
    assert_eq!(rig.opened_recogniser(), None, "all are busy");
    rig.tell(AgentEvent::EndOfTurn);
    rig.tell(AgentEvent::Down(ids[1], Down::Finished));
    let next = speak(&mut rig);
    assert_eq!(next.slot(), ids[1].slot());
    assert_ne!(next, ids[1]);
}

#[test]
fn what_was_no_turn_is_not_understood() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.tell(AgentEvent::Audio(&[1; 3_200]));
    rig.take();
    rig.tell(AgentEvent::Backchannel);
    assert_eq!(rig.take(), [Action::Close(id)], "nobody waits for it");
    rig.tell(AgentEvent::Down(id, Down::Finished));
    assert!(rig.take().is_empty(), "and nothing is said about it");
}

#[test]
fn with_half_a_second_waiting_for_a_recogniser_no_more_is_taken() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.writable = LinkSet::EMPTY;
    for _ in 0..24 {
        rig.tell(AgentEvent::Audio(&[1; 640]));
    }
    assert!(rig.agent.takes_audio(rig.writable), "480 ms");
    rig.tell(AgentEvent::Audio(&[1; 640]));
    assert!(!rig.agent.takes_audio(rig.writable), "500 ms");
    assert_eq!(rig.samples.len(), 0);
    rig.writable = LinkSet::ALL;
    rig.poll();
    assert_eq!(
        rig.actions.last(),
        Some(&Action::Send(id, SendKind::Samples))
    );
    assert_eq!(rig.samples.len(), SAMPLES_AT_ONCE);
    assert!(rig.agent.takes_audio(rig.writable));
}

#[test]
fn a_long_beginning_crosses_in_pieces_a_link_has_room_for() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    rig.tell(AgentEvent::Audio(&[1; 2 * 32_000]));
    assert_eq!(rig.samples.len(), 32_000, "two seconds, whole");
    assert_eq!(rig.longest_send, SAMPLES_AT_ONCE);
}

/// Else keys and the end of the turn would wait behind the audio for ever.
#[test]
fn a_recogniser_that_stops_taking_is_given_up() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.worker(id, WorkerFrame::Started);
    rig.writable = LinkSet::EMPTY;
    rig.wait_ms(200);
    rig.tell(AgentEvent::Audio(&[1; 2 * SAMPLES_AT_ONCE]));
    rig.take();
    rig.wait_ms(2_999);
    assert_eq!(rig.take(), []);
    assert!(!rig.agent.takes_audio(rig.writable));
    rig.wait_ms(1);
    assert!(rig.actions.contains(&Action::Close(id)));
    assert!(rig.agent.takes_audio(rig.writable));
    assert_eq!(rig.speak_all().join(" "), KEYS_ONLY);
}

#[test]
fn a_recogniser_that_takes_some_is_waited_for_anew() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.worker(id, WorkerFrame::Started);
    rig.writable = LinkSet::EMPTY;
    rig.tell(AgentEvent::Audio(&[1; 6 * SAMPLES_AT_ONCE]));
    rig.wait_ms(2_900);
    rig.writable = LinkSet::ALL;
    assert!(rig.poll_once(), "a third of it");
    rig.writable = LinkSet::EMPTY;
    rig.take();
    rig.wait_ms(2_999);
    assert_eq!(rig.take(), []);
    rig.wait_ms(1);
    assert!(rig.actions.contains(&Action::Close(id)));
}

/// Nothing else may happen that would wake the call: all the audio has come, and the turn is over.
#[test]
fn a_recogniser_without_room_is_asked_again_by_the_clock() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.worker(id, WorkerFrame::Started);
    rig.writable = LinkSet::EMPTY;
    rig.tell(AgentEvent::Audio(&[1; 3_200]));
    rig.tell(AgentEvent::EndOfTurn);
    rig.take();
    rig.wait_ms(100);
    rig.writable = LinkSet::ALL;
    rig.wait_ms(99);
    assert_eq!(rig.take(), []);
    rig.wait_ms(1);
    assert_eq!(
        rig.take(),
        [
            Action::Send(id, SendKind::Samples),
            Action::Send(id, SendKind::End)
        ]
    );
}
