//! The embedded agent: voice activity → pocketsphinx → the script engine → flite.
//!
//! No key, no network: the dialogue decides, local workers listen and speak. Where a worker is missing
//! the dialogue goes on by keys and text.

mod talk;

use std::collections::VecDeque;
use std::sync::Arc;

use trunkline_call::{Action, Agent, AgentEvent, AgentNeeds, Buffers, LinkSet, Time};
use trunkline_codecs::format::AudioFormat;
use trunkline_local::script::{self, Dialogue, Script};
use trunkline_protocol::client::omni::Configure;

use crate::front_end::FrontEnd;

/// An agent that follows a script.
#[derive(Debug)]
pub struct ScriptAgent {
    dialogue: Dialogue,
    front_end: FrontEnd,
    /// Things to do that need no buffer, in order.
    todo: VecDeque<Action>,
    /// Done once what is being said has been played.
    afterwards: script::Action,
    /// When the caller has been silent for too long.
    silence_at: Option<Time>,
    /// When no further key is coming.
    digits_at: Option<Time>,
    /// The caller cut the agent off and has not been understood yet.
    interrupted: bool,
}

impl ScriptAgent {
    /// An agent at the beginning of `script`.
    pub fn new(script: Arc<Script>) -> Self {
        Self {
            front_end: FrontEnd::new(script.voice()),
            dialogue: Dialogue::new(script),
            todo: VecDeque::new(),
            afterwards: script::Action::None,
            silence_at: None,
            digits_at: None,
            interrupted: false,
        }
    }

    /// The same, where another agent can take over: with no synthesiser to be heard by, it fails (`no_voice`),
    /// in place of going on by keys and text.
    #[must_use]
    pub const fn replaceable(mut self) -> Self {
        self.front_end.set_replaceable();
        self
    }
}

impl Agent for ScriptAgent {
    fn needs(&mut self, caller_sends: AudioFormat, _caller_takes: AudioFormat) -> AgentNeeds {
        self.front_end.needs(caller_sends)
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Begin(begin) => self.begin(now, begin),
            AgentEvent::Audio(audio) => self.front_end.ears.hear(now, audio),
            AgentEvent::SpeechStarted => {
                self.silence_at = None;
                let grammar = self.dialogue.expects().grammar;
                self.front_end.listen(now, Some(grammar));
            }
            AgentEvent::EndOfTurn => {
                self.front_end.ears.end(now);
                self.silence_from(now);
            }
            AgentEvent::Backchannel => {
                self.front_end.ears.forget();
                self.silence_from(now);
            }
            AgentEvent::Digit(digit) => self.digit(now, digit),
            AgentEvent::EagerEndOfTurn => self.front_end.mouth.mark(),
            AgentEvent::TurnResumed => self.turn_resumed(),
            AgentEvent::Text(text) => self.text(now, text),
            AgentEvent::Interrupted { .. } => self.interrupted(now),
            AgentEvent::Spoken => {
                self.front_end.mouth.played();
                if !self.front_end.mouth.is_speaking() {
                    self.said(now);
                }
            }
            AgentEvent::Idle { .. } => self.idle(now),
            AgentEvent::Hold(on_hold) => self.hold(now, on_hold),
            AgentEvent::TransferRefused(_) => self.transfer_refused(now),
            AgentEvent::Data(id, frame) => self.worker(now, id, frame),
            AgentEvent::Down(id, why) => self.down(now, id, why),
            AgentEvent::Tick => self.tick(now),
            // A script says the same to a machine; who wants it hung up configures that. Links are used once they
            // are writable.
            AgentEvent::AnsweredBy(_) | AgentEvent::Up(_) | AgentEvent::Marked { .. } => {}
        }
    }

    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        if let Some(action) = self.todo.pop_front() {
            return Some(action);
        }
        self.front_end.poll(now, writable, buffers)
    }

    fn deadline(&self) -> Option<Time> {
        [
            self.silence_at,
            self.digits_at,
            self.front_end.ears.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn takes_audio(&self, _writable: LinkSet) -> bool {
        self.front_end.ears.takes_audio()
    }

    fn honours(&self, configure: &Configure) -> Vec<&'static str> {
        FrontEnd::honours(configure)
    }
}

#[cfg(test)]
mod tests;
