//! An agent with workers that do what they are told, on a virtual clock.

use bytes::BytesMut;
use trunkline_call::{
    Action, Agent, AgentEvent, Begin, Buffers, CallInfo, Down, Frame, LinkId, LinkSet, LinkSpec,
    Time, WorkerFrame,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol::client::omni::Configure;

use crate::front_end::WIDEBAND;

/// An agent that has not been told of a call, and what it wanted so far.
pub(crate) struct Rig<A> {
    pub(crate) agent: A,
    pub(crate) now: Time,
    pub(crate) actions: Vec<Action>,
    pub(crate) samples: Vec<i16>,
    /// The most samples sent at once.
    pub(crate) longest_send: usize,
    pub(crate) writable: LinkSet,
}

impl<A: Agent> Rig<A> {
    pub(crate) fn of(mut agent: A, caller: AudioFormat) -> Self {
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

    /// The call begins.
    pub(crate) fn begin(&mut self, info: &CallInfo, configure: Option<&Configure>) {
        self.tell(AgentEvent::Begin(Begin {
            info,
            configure,
            history: &[],
            attempt: 0,
        }));
    }

    pub(crate) fn tell(&mut self, event: AgentEvent<'_>) {
        self.agent.handle(self.now, event);
        self.poll();
    }

    pub(crate) fn poll(&mut self) {
        while self.poll_once() {}
    }

    /// Whether there was something.
    pub(crate) fn poll_once(&mut self) -> bool {
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

    pub(crate) fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    pub(crate) fn take_all_but_speech(&mut self) {
        self.actions
            .retain(|a| matches!(a, Action::Open(_, LinkSpec::Speak { .. })));
    }

    pub(crate) fn worker(&mut self, id: LinkId, frame: WorkerFrame<'_>) {
        self.tell(AgentEvent::Data(id, Frame::Worker(frame)));
    }

    /// Every sentence asked for is synthesised, 100 ms each. Returns them.
    pub(crate) fn speak_all(&mut self) -> Vec<String> {
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
    pub(crate) fn opened_speech(&mut self) -> Option<(LinkId, String)> {
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
    pub(crate) fn opened_recogniser(&mut self) -> Option<(LinkId, bool)> {
        let at = self
            .actions
            .iter()
            .position(|a| matches!(a, Action::Open(_, LinkSpec::Recognise { .. })))?;
        match self.actions.remove(at) {
            Action::Open(id, LinkSpec::Recognise { telephone, .. }) => Some((id, telephone)),
            _ => None,
        }
    }

    pub(crate) fn wait_ms(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while let Some(at) = self.agent.deadline().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.tell(AgentEvent::Tick);
        }
        self.now = end;
    }

    /// The caller says something that is understood as `text`.
    pub(crate) fn hear(&mut self, text: &str) {
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
