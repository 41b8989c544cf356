//! What holds whatever happens.

use proptest::prelude::*;

use super::*;

/// Something that happens to the agent.
#[derive(Clone, Debug)]
enum Happens {
    Speech,
    EndOfTurn,
    Backchannel,
    Words(&'static str),
    Key(char),
    Text,
    Interrupted,
    Spoken,
    Synthesised,
    Idle,
    Hold(bool),
    Status(u16),
    Body(Vec<u8>),
    Down(bool),
    Wait(u64),
}

fn happens() -> impl Strategy<Value = Happens> {
    let line = prop::sample::select(vec![
        "{\"text\":\"One. Two.\",\"interim\":true}\n",
        "{\"text\":\"Bye.\",\"hangup\":true}\n",
        "{\"action\":\"transfer\"}\n",
        "nonsense\n",
        "{\"te",
    ]);
    prop_oneof![
        Just(Happens::Speech),
        Just(Happens::EndOfTurn),
        Just(Happens::Backchannel),
        prop::sample::select(vec!["", "hello"]).prop_map(Happens::Words),
        prop::sample::select(vec!['1', '#']).prop_map(Happens::Key),
        Just(Happens::Text),
        Just(Happens::Interrupted),
        Just(Happens::Spoken),
        Just(Happens::Synthesised),
        Just(Happens::Idle),
        any::<bool>().prop_map(Happens::Hold),
        prop::sample::select(vec![200, 200, 200, 500, 404]).prop_map(Happens::Status),
        line.prop_map(|line| Happens::Body(line.as_bytes().to_vec())),
        any::<Vec<u8>>().prop_map(Happens::Body),
        any::<bool>().prop_map(Happens::Down),
        (0..40_000_u64).prop_map(Happens::Wait),
    ]
}

/// What the call knows of the agent, by what it wanted.
#[derive(Default)]
struct Seen {
    open: bool,
    working: bool,
    request: Option<LinkId>,
    recogniser: Option<LinkId>,
    synthesiser: Option<LinkId>,
}

impl Seen {
    fn sees(&mut self, action: &Action) {
        match action {
            Action::BeginUtterance { .. } => {
                assert!(!self.open && !self.working, "who is at work says nothing");
                self.open = true;
            }
            Action::EndUtterance => {
                assert!(self.open);
                self.open = false;
            }
            Action::Audio => assert!(self.open),
            Action::Working(working) => {
                assert_ne!(self.working, *working);
                assert!(!working || !self.open, "an utterance is ended before work");
                self.working = *working;
            }
            Action::CutOff => self.open = false,
            Action::Open(id, LinkSpec::Post(_)) => {
                assert_eq!(self.request, None, "one request at a time");
                self.request = Some(*id);
            }
            Action::Open(id, LinkSpec::Recognise { .. }) => self.recogniser = Some(*id),
            Action::Open(id, LinkSpec::Speak { .. }) => self.synthesiser = Some(*id),
            Action::Close(id) if self.request == Some(*id) => self.request = None,
            _ => {}
        }
    }

    fn happens(&mut self, rig: &mut Rig, what: Happens) {
        match what {
            Happens::Speech => rig.tell(AgentEvent::SpeechStarted),
            Happens::EndOfTurn => rig.tell(AgentEvent::EndOfTurn),
            Happens::Backchannel => rig.tell(AgentEvent::Backchannel),
            Happens::Words(text) => {
                if let Some(id) = self.recogniser.take() {
                    let confidence = None;
                    rig.worker(id, WorkerFrame::Final { text, confidence });
                }
            }
            Happens::Key(key) => rig.tell(AgentEvent::Digit(key)),
            Happens::Text => rig.tell(AgentEvent::Text("hello")),
            Happens::Interrupted => {
                self.open = false;
                let heard = "One.";
                rig.tell(AgentEvent::Interrupted { heard_ms: 1, heard });
            }
            Happens::Spoken => rig.tell(AgentEvent::Spoken),
            Happens::Synthesised => {
                if let Some(id) = self.synthesiser.take() {
                    let samples = &[1; 160];
                    let rate_hz = 16_000;
                    rig.worker(id, WorkerFrame::Audio { rate_hz, samples });
                    rig.tell(AgentEvent::Down(id, Down::Finished));
                }
            }
            Happens::Idle => rig.tell(AgentEvent::Idle { times: 1 }),
            Happens::Hold(on_hold) => {
                self.open &= !on_hold;
                rig.tell(AgentEvent::Hold(on_hold));
            }
            Happens::Status(status) => {
                if let Some(id) = self.request {
                    rig.head(id, status, NDJSON);
                }
            }
            Happens::Body(body) => {
                if let Some(id) = self.request {
                    rig.tell(AgentEvent::Data(id, Frame::Http(HttpFrame::Body(&body))));
                }
            }
            Happens::Down(whole) => {
                if let Some(id) = self.request.take() {
                    let why = if whole { Down::Finished } else { Down::Lost };
                    rig.tell(AgentEvent::Down(id, why));
                }
            }
            Happens::Wait(ms) => rig.wait_ms(ms),
        }
    }
}

proptest! {
    #[test]
    fn utterances_work_and_requests_are_told_in_order(
        course in prop::collection::vec(happens(), 0..120)
    ) {
        let mut rig = Rig::new(spec());
        let mut seen = Seen::default();
        rig.take().iter().for_each(|action| seen.sees(action));
        for what in course {
            seen.happens(&mut rig, what);
            let mut failed = false;
            for action in rig.take() {
                seen.sees(&action);
                failed |= matches!(action, Action::Failed(_));
            }
            if failed {
                break;
            }
        }
    }
}
