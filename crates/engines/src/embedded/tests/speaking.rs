//! What the agent says, and with which voice.

use super::*;

#[test]
fn the_greeting_is_announced_spoken_and_completed_in_order() {
    let mut rig = Rig::new(WIDEBAND);
    rig.start(None);
    assert_eq!(
        rig.actions[..2],
        [
            Action::BeginUtterance {
                interruptible: true
            },
            Action::AgentSays("Hello, this is the Trunkline booking desk.".to_owned()),
        ]
    );
    let said = rig.speak_all();
    assert_eq!(
        said,
        [
            "Hello, this is the Trunkline booking desk.",
            "How can I help you?"
        ]
    );
    assert_eq!(rig.actions.last(), Some(&Action::EndUtterance));
    let begun = rig
        .actions
        .iter()
        .filter(|a| matches!(a, Action::BeginUtterance { .. }))
        .count();
    assert_eq!(begun, 1, "two sentences, one utterance");
}

#[test]
fn an_interruption_stops_the_synthesiser_and_forgets_the_rest() {
    let mut rig = Rig::new(WIDEBAND);
    rig.start(None);
    let (id, _) = rig.opened_speech().expect("speaking");
    rig.take();
    rig.tell(AgentEvent::Interrupted {
        heard_ms: 40,
        heard: "",
    });
    assert_eq!(rig.take(), [Action::Close(id)]);
    rig.worker(
        id,
        WorkerFrame::Audio {
            rate_hz: 16_000,
            samples: &[1; 1_600],
        },
    );
    assert_eq!(rig.take(), [], "what still comes of it is dropped");
    rig.hear("what time is it");
    let said = rig.speak_all();
    assert_eq!(
        said.first().map(String::as_str),
        Some("I have no clock here.")
    );
}

#[test]
fn a_voice_at_another_rate_is_brought_to_ours() {
    let mut rig = Rig::new(WIDEBAND);
    rig.start(None);
    let (id, _) = rig.opened_speech().expect("speaking");
    let mut mouth_audio = 0;
    for _ in 0..10 {
        rig.agent.handle(
            rig.now,
            AgentEvent::Data(
                id,
                Frame::Worker(WorkerFrame::Audio {
                    rate_hz: 22_050,
                    samples: &[0; 2_205],
                }),
            ),
        );
        let (mut audio, mut message) = (Vec::new(), BytesMut::new());
        let buffers = Buffers {
            audio: &mut audio,
            message: &mut message,
            samples: &mut Vec::new(),
        };
        rig.agent.poll(rig.now, LinkSet::ALL, buffers);
        mouth_audio += audio.len();
    }
    let expected = 32_000;
    assert!(
        (expected - 2_000..=expected).contains(&mouth_audio),
        "{mouth_audio}"
    );
}

#[test]
fn a_voice_that_is_not_there_is_replaced_by_the_agents_own() {
    let mut rig = Rig::new(WIDEBAND);
    let configure = Configure {
        voice_id: Some("de".to_owned()),
        ..Configure::default()
    };
    rig.start(Some(&configure));
    let (id, first) = rig.opened_speech().expect("speaking");
    rig.tell(AgentEvent::Down(id, Down::Unavailable));
    let spec = rig.actions.iter().find_map(|action| match action {
        Action::Open(_, LinkSpec::Speak { text, voice }) => Some((text, voice)),
        _ => None,
    });
    let (text, voice) = spec.expect("said again");
    assert_eq!((&**text, &**voice), (first.as_str(), "rms"));
    let announced = rig
        .actions
        .iter()
        .filter(|a| matches!(a, Action::AgentSays(says) if *says == first))
        .count();
    assert_eq!(announced, 1, "the caller's side is told once");
}

#[test]
fn without_a_voice_the_script_goes_on_by_text() {
    let mut rig = Rig::new(WIDEBAND);
    rig.start(None);
    while let Some((id, _)) = rig.opened_speech() {
        rig.tell(AgentEvent::Down(id, Down::Unavailable));
    }
    assert_eq!(rig.actions.last(), Some(&Action::EndUtterance));
    rig.tell(AgentEvent::Spoken);
    rig.take();
    rig.tell(AgentEvent::Text("book a table for two"));
    assert!(
        rig.actions
            .contains(&Action::AgentSays("A table for two.".to_owned()))
    );
}

/// The voice is the agent's own; there is no synthesiser at all.
fn find_no_voice(rig: &mut Rig) -> usize {
    rig.start(None);
    while let Some((id, _)) = rig.opened_speech() {
        rig.tell(AgentEvent::Down(id, Down::Unavailable));
    }
    let failed = Action::Failed(AgentFailure {
        reason: "no_voice",
        retry: false,
    });
    rig.actions.iter().filter(|a| **a == failed).count()
}

#[test]
fn an_agent_without_a_voice_makes_room_for_another_once() {
    let mut rig = Rig::new(WIDEBAND);
    assert_eq!(find_no_voice(&mut rig), 0, "nobody could take over");
    let mut rig = Rig::of(ScriptAgent::new(Script::booking()).replaceable(), WIDEBAND);
    assert_eq!(find_no_voice(&mut rig), 1, "two sentences, one failure");
}

#[test]
fn a_synthesiser_that_is_busy_or_breaks_off_is_no_reason_to_fail() {
    for why in [Down::Busy, Down::Finished] {
        let mut rig = Rig::of(ScriptAgent::new(Script::booking()).replaceable(), WIDEBAND);
        rig.start(None);
        let (id, _) = rig.opened_speech().expect("speaking");
        rig.take();
        rig.tell(AgentEvent::Down(id, why));
        let failed = rig
            .take()
            .into_iter()
            .any(|a| matches!(a, Action::Failed(_)));
        assert!(!failed, "{why:?}");
    }
}
