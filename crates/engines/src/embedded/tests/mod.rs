//! The agent with workers that do what they are told, on a virtual clock.

use bytes::BytesMut;
use trunkline_call::{
    AgentFailure, Answerer, Begin, Down, Frame, LinkId, LinkSpec, SendKind, WorkerFrame,
};

use super::*;

mod conversation;
mod listening;
mod silence;
mod speaking;

const fn begin(configure: Option<&Configure>) -> Begin<'_> {
    Begin {
        configure,
        history: &[],
        attempt: 0,
    }
}

struct Rig {
    agent: ScriptAgent,
    now: Time,
    actions: Vec<Action>,
    samples: Vec<i16>,
    /// The most samples sent at once.
    longest_send: usize,
    writable: LinkSet,
}

impl Rig {
    fn new(caller: AudioFormat) -> Self {
        Self::of(ScriptAgent::new(Script::booking()), caller)
    }

    fn of(mut agent: ScriptAgent, caller: AudioFormat) -> Self {
        let needs = agent.needs(caller, caller);
        assert_eq!(needs.listens, Some(WIDEBAND));
        Self {
            agent,
            now: Time::ZERO,
            actions: Vec::new(),
            samples: Vec::new(),
            longest_send: 0,
            writable: LinkSet::ALL,
        }
    }

    /// A call that has been greeted, with the greeting played.
    fn greeted() -> Self {
        let mut rig = Self::new(WIDEBAND);
        rig.tell(AgentEvent::Begin(begin(None)));
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
        while self.poll_once() {}
    }

    /// Whether there was something.
    fn poll_once(&mut self) -> bool {
        let (mut audio, mut message) = (Vec::new(), BytesMut::new());
        let mut samples = Vec::new();
        let buffers = Buffers {
            audio: &mut audio,
            message: &mut message,
            samples: &mut samples,
        };
        let Some(action) = self.agent.poll(self.now, self.writable, buffers) else {
            return false;
        };
        self.longest_send = self.longest_send.max(samples.len());
        self.samples.extend(samples);
        self.actions.push(action);
        true
    }

    fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    fn take_all_but_speech(&mut self) {
        self.actions
            .retain(|a| matches!(a, Action::Open(_, LinkSpec::Speak { .. })));
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
        self.tell(AgentEvent::EndOfTurn);
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
