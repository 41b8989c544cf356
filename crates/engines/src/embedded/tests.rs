//! The agent with workers that do what they are told, on a virtual clock.

use bytes::BytesMut;
use trunkline_call::{LinkSpec, SendKind};

use super::*;

struct Rig {
    agent: ScriptAgent,
    now: Time,
    actions: Vec<Action>,
    samples: Vec<i16>,
}

impl Rig {
    fn new(caller: AudioFormat) -> Self {
        let mut agent = ScriptAgent::new(Script::booking());
        let needs = agent.needs(caller, caller);
        assert_eq!(needs.listens, Some(WIDEBAND));
        Self {
            agent,
            now: Time::ZERO,
            actions: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// A call that has been greeted, with the greeting played.
    fn greeted() -> Self {
        let mut rig = Self::new(WIDEBAND);
        rig.tell(AgentEvent::Begin(Begin { configure: None }));
        rig.speak_all();
        rig.tell(AgentEvent::Spoken);
        rig.take();
        rig
    }

    fn tell(&mut self, event: AgentEvent<'_>) {
        self.agent.handle(self.now, event);
        self.poll();
    }

    fn poll(&mut self) {
        loop {
            let (mut audio, mut message) = (Vec::new(), BytesMut::new());
            let mut samples = Vec::new();
            let buffers = Buffers {
                audio: &mut audio,
                message: &mut message,
                samples: &mut samples,
            };
            let Some(action) = self.agent.poll(self.now, LinkSet::ALL, buffers) else {
                return;
            };
            self.samples.extend(samples);
            self.actions.push(action);
        }
    }

    fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    fn worker(&mut self, id: LinkId, frame: WorkerFrame<'_>) {
        self.tell(AgentEvent::Data(id, Frame::Worker(frame)));
    }

    /// Every sentence asked for is synthesised, 100 ms each. Returns them.
    fn speak_all(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Some((id, text)) = self.opened_speech() {
            said.push(text);
            self.worker(id, WorkerFrame::Started);
            self.worker(
                id,
                WorkerFrame::Audio {
                    rate_hz: 16_000,
                    samples: &[1; 1_600],
                },
            );
            self.tell(AgentEvent::Down(id, Down::Finished));
        }
        said
    }

    /// The synthesis asked for last, once.
    fn opened_speech(&mut self) -> Option<(LinkId, String)> {
        let at = self
            .actions
            .iter()
            .position(|a| matches!(a, Action::Open(_, LinkSpec::Speak { .. })))?;
        match self.actions.remove(at) {
            Action::Open(id, LinkSpec::Speak { text, .. }) => Some((id, text.to_string())),
            _ => None,
        }
    }

    /// The recogniser asked for, once.
    fn opened_recogniser(&mut self) -> Option<(LinkId, bool)> {
        let at = self
            .actions
            .iter()
            .position(|a| matches!(a, Action::Open(_, LinkSpec::Recognise { .. })))?;
        match self.actions.remove(at) {
            Action::Open(id, LinkSpec::Recognise { telephone, .. }) => Some((id, telephone)),
            _ => None,
        }
    }

    fn wait_ms(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while let Some(at) = self.agent.deadline().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.tell(AgentEvent::Tick);
        }
        self.now = end;
    }

    /// The caller says something that is understood as `text`.
    fn hear(&mut self, text: &str) {
        self.tell(AgentEvent::SpeechStarted);
        let (id, _) = self.opened_recogniser().expect("somebody listens");
        self.worker(id, WorkerFrame::Started);
        self.tell(AgentEvent::SpeechStopped);
        self.worker(
            id,
            WorkerFrame::Final {
                text,
                confidence: Some(0.9),
            },
        );
        self.tell(AgentEvent::Down(id, Down::Finished));
    }
}

#[test]
fn the_greeting_is_announced_spoken_and_completed_in_order() {
    let mut rig = Rig::new(WIDEBAND);
    rig.tell(AgentEvent::Begin(Begin { configure: None }));
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
fn an_utterance_goes_to_a_recogniser_with_what_came_just_before_it() {
    let mut rig = Rig::greeted();
    let quiet = [0; 32_000];
    rig.tell(AgentEvent::Audio(&quiet));
    assert!(rig.samples.is_empty(), "nobody speaks");
    rig.tell(AgentEvent::SpeechStarted);
    let (id, telephone) = rig.opened_recogniser().expect("opened");
    assert!(!telephone);
    assert_eq!(rig.samples.len(), 6_400, "400 ms of lead-in");
    rig.tell(AgentEvent::Audio(&[1; 640]));
    assert_eq!(rig.samples.len(), 6_400, "less than a block waits");
    rig.tell(AgentEvent::Audio(&[1; 3_200]));
    assert_eq!(rig.samples.len(), 6_400 + 1_920);
    rig.tell(AgentEvent::Audio(&[1; 640]));
    rig.take();
    rig.tell(AgentEvent::SpeechStopped);
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
    rig.tell(AgentEvent::Begin(Begin { configure: None }));
    rig.tell(AgentEvent::SpeechStarted);
    let (_, telephone) = rig.opened_recogniser().expect("opened");
    assert!(telephone);
}

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
fn what_is_not_believed_is_not_understood() {
    let mut rig = Rig::greeted();
    rig.agent.interrupted = true;
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.tell(AgentEvent::SpeechStopped);
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
fn an_interruption_stops_the_synthesiser_and_forgets_the_rest() {
    let mut rig = Rig::new(WIDEBAND);
    rig.tell(AgentEvent::Begin(Begin { configure: None }));
    let (id, _) = rig.opened_speech().expect("speaking");
    rig.take();
    rig.tell(AgentEvent::Interrupted { heard_ms: 40 });
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
    rig.tell(AgentEvent::SpeechStopped);
    rig.tell(AgentEvent::SpeechStarted);
    assert_eq!(rig.opened_recogniser(), None, "it is not asked for again");
    rig.tell(AgentEvent::Digit('1'));
    assert_eq!(rig.speak_all(), ["For how many people?"]);
}

#[test]
fn without_a_voice_the_script_goes_on_by_text() {
    let mut rig = Rig::new(WIDEBAND);
    rig.tell(AgentEvent::Begin(Begin { configure: None }));
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

#[test]
fn a_key_cuts_the_agent_off_and_a_pause_ends_a_number() {
    let mut rig = Rig::new(WIDEBAND);
    rig.tell(AgentEvent::Begin(Begin { configure: None }));
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
fn the_silence_is_counted_from_the_end_of_the_speech() {
    let mut rig = Rig::new(WIDEBAND);
    rig.tell(AgentEvent::Begin(Begin { configure: None }));
    rig.speak_all();
    rig.tell(AgentEvent::SpeechStarted);
    let (id, _) = rig.opened_recogniser().expect("opened");
    rig.worker(id, WorkerFrame::Started);
    rig.tell(AgentEvent::SpeechStopped);
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
fn a_transfer_waits_for_the_words_and_survives_its_refusal() {
    let mut rig = Rig::greeted();
    rig.tell(AgentEvent::Digit('0'));
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    assert_eq!(
        rig.actions.last(),
        Some(&Action::Transfer {
            destination: "+15550100".to_owned()
        })
    );
    rig.tell(AgentEvent::TransferRefused);
    let said = rig.speak_all();
    assert_eq!(
        said.first().map(String::as_str),
        Some("The operator is busy.")
    );
}

#[test]
fn a_voice_at_another_rate_is_brought_to_ours() {
    let mut rig = Rig::new(WIDEBAND);
    rig.tell(AgentEvent::Begin(Begin { configure: None }));
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
fn only_voices_that_can_speak_are_honoured() {
    let rig = Rig::new(WIDEBAND);
    for (name, honoured) in [
        ("slt", true),
        ("de", true),
        ("en-gb", true),
        ("stock_emma_en_gb", false),
        ("alloy", false),
        ("../x", false),
    ] {
        let configure = Configure {
            voice_id: Some(name.to_owned()),
            ..Configure::default()
        };
        let keys = rig.agent.honours(&configure);
        assert_eq!(keys.contains(&"voice_id"), honoured, "{name}");
    }
}

#[test]
fn a_voice_that_is_not_there_is_replaced_by_the_agents_own() {
    let mut rig = Rig::new(WIDEBAND);
    let configure = Configure {
        voice_id: Some("de".to_owned()),
        ..Configure::default()
    };
    rig.tell(AgentEvent::Begin(Begin {
        configure: Some(&configure),
    }));
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
fn a_caller_who_silences_the_agent_and_says_nothing_is_asked() {
    let mut rig = Rig::new(WIDEBAND);
    rig.tell(AgentEvent::Begin(Begin { configure: None }));
    rig.speak_all();
    rig.tell(AgentEvent::Interrupted { heard_ms: 100 });
    rig.take();
    rig.wait_ms(8_000);
    assert!(!rig.speak_all().is_empty());
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
fn a_new_utterance_takes_a_slot_that_is_free() {
    let mut rig = Rig::greeted();
    let speak = |rig: &mut Rig| {
        rig.tell(AgentEvent::SpeechStarted);
        let (id, _) = rig.opened_recogniser().expect("opened");
        rig.worker(id, WorkerFrame::Started);
        rig.tell(AgentEvent::SpeechStopped);
        id
    };
    let ids: Vec<_> = (0..3).map(|_| speak(&mut rig)).collect();
    rig.tell(AgentEvent::SpeechStarted);
    assert_eq!(rig.opened_recogniser(), None, "all are busy");
    rig.tell(AgentEvent::SpeechStopped);
    rig.tell(AgentEvent::Down(ids[1], Down::Finished));
    let next = speak(&mut rig);
    assert_eq!(next.slot(), ids[1].slot());
    assert_ne!(next, ids[1]);
}
