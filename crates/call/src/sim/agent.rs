//! A scripted agent: says what it is told to, reacts by a table, and writes down everything it hears.

use std::cell::{Ref, RefCell, RefMut};
use std::rc::Rc;

use trunkline_codecs::format::AudioFormat;

use super::desk::Desk;
use super::script::{Told, When};
use crate::agent::{Action, Agent, AgentEvent, AgentNeeds, Buffers, TurnVerdict};
use crate::ending::Ending;
use crate::link::{Frame, LinkSet};
use crate::time::Time;

/// The agent a simulated call owns. The world keeps a clone to look at and to give orders to.
#[derive(Clone, Debug)]
pub(super) struct SimAgent(Rc<RefCell<Desk>>, usize);

impl SimAgent {
    pub(super) fn new(desk: Desk) -> Self {
        Self(Rc::new(RefCell::new(desk)), 0)
    }

    /// The agent of this rank that takes over: at the same desk, in its own manner.
    pub(super) fn substitute(&self, rank: usize) -> Self {
        Self(Rc::clone(&self.0), rank)
    }

    pub(super) fn desk(&self) -> Ref<'_, Desk> {
        self.0.borrow()
    }

    pub(super) fn desk_mut(&self) -> RefMut<'_, Desk> {
        self.0.borrow_mut()
    }
}

impl Agent for SimAgent {
    fn needs(&mut self, sends: AudioFormat, takes: AudioFormat) -> AgentNeeds {
        let mut desk = self.desk_mut();
        desk.take_seat(self.1);
        desk.needs_for(sends, takes)
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        let mut desk = self.desk_mut();
        let (told, when) = match event {
            AgentEvent::Audio(audio) => return desk.hear(now, audio),
            AgentEvent::Tick => return desk.run_timed(now),
            AgentEvent::Begin(begin) => {
                desk.begins(now, self.1, &begin);
                let told = Told::Begin {
                    attempt: begin.attempt,
                    history: begin.history.len(),
                };
                (told, When::Begin)
            }
            AgentEvent::SpeechStarted => (Told::SpeechStarted, When::SpeechStarted),
            AgentEvent::EagerEndOfTurn => (Told::EagerEndOfTurn, When::EagerEndOfTurn),
            AgentEvent::TurnResumed => (Told::TurnResumed, When::TurnResumed),
            AgentEvent::EndOfTurn => (Told::EndOfTurn, When::EndOfTurn),
            AgentEvent::Backchannel => (Told::Backchannel, When::Backchannel),
            AgentEvent::Digit(digit) => (Told::Digit(digit), When::Digit(digit)),
            AgentEvent::Text(text) => (Told::Text(text.to_owned()), When::Text),
            AgentEvent::Interrupted { heard_ms, heard } => (
                Told::Interrupted {
                    heard_ms,
                    heard: heard.to_owned(),
                },
                When::Interrupted,
            ),
            AgentEvent::Spoken => (Told::Spoken, When::Spoken),
            AgentEvent::Idle { times } => (Told::Idle { times }, When::Idle),
            AgentEvent::AnsweredBy(who) => (Told::AnsweredBy(who), When::Answered),
            AgentEvent::Hold(on) => (Told::Hold(on), When::Hold(on)),
            AgentEvent::TransferRefused(_) => (Told::TransferRefused, When::TransferRefused),
            AgentEvent::Marked { name, played } => {
                let name = name.to_owned();
                (Told::Marked { name, played }, When::Marked)
            }
            AgentEvent::Up(id) => (Told::Up(id), When::Up(id.slot())),
            AgentEvent::Data(id, Frame::Text(text)) => {
                (Told::Data(id, text.to_owned()), When::Data(id.slot()))
            }
            AgentEvent::Data(id, _) => (Told::Data(id, String::new()), When::Data(id.slot())),
            AgentEvent::Down(id, why) => (Told::Down(id, why), When::Down(id.slot())),
        };
        desk.look_astray(now, self.1, &told);
        if let AgentEvent::Begin(begin) = event {
            desk.notes.history = begin.history.to_vec();
        }
        desk.tell(now, told, when);
    }

    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        let mut desk = self.desk_mut();
        desk.run_timed(now);
        desk.next_action(now, writable, buffers)
    }

    fn deadline(&self) -> Option<Time> {
        self.desk().deadline()
    }

    fn takes_audio(&self, _: LinkSet) -> bool {
        self.desk().takes_audio
    }

    fn successor(&mut self) -> Option<Self> {
        let rank = self.desk_mut().hand_over()?;
        Some(self.substitute(rank))
    }

    fn ended(&mut self, ending: Ending) {
        self.desk_mut().ended(ending);
    }

    fn judge_turn(&mut self, now: Time) -> TurnVerdict {
        self.desk_mut().judge(now)
    }
}
