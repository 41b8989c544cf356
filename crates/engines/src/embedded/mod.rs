//! The embedded agent: voice activity → pocketsphinx → the script engine → flite.
//!
//! No key, no network: the dialogue decides, local workers listen and speak. Where a worker is missing
//! the dialogue goes on by keys and text.

mod ears;
mod mouth;
mod speech;
mod talk;
mod utterance;
mod voice;

use std::collections::VecDeque;
use std::sync::Arc;

use trunkline_call::{
    Action, Agent, AgentEvent, AgentNeeds, Buffers, Hears, LinkSet, Time, TurnMode,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_local::script::{self, Dialogue, Script};
use trunkline_protocol::client::omni::Configure;

use ears::Ears;
use mouth::Mouth;
pub use utterance::SAMPLES_AT_ONCE;

/// What workers hear and say.
const WIDEBAND: AudioFormat = AudioFormat::pcm16(16_000);

/// How long after a key the next one is waited for.
const DIGITS_MS: u64 = 3_000;

/// Said while no recogniser is free.
const FILLER: &str = "One moment, please.";

/// Said when speech cannot be understood at all.
const KEYS_ONLY: &str = "I can not hear you right now. Please use the keys of your telephone.";

/// An agent that follows a script.
#[derive(Debug)]
pub struct ScriptAgent {
    dialogue: Dialogue,
    ears: Ears,
    mouth: Mouth,
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
    deaf: bool,
    on_hold: bool,
    /// Another agent can take over, and this one has not failed.
    replaceable: bool,
}

impl ScriptAgent {
    /// An agent at the beginning of `script`.
    pub fn new(script: Arc<Script>) -> Self {
        let voice = Arc::from(script.voice());
        Self {
            dialogue: Dialogue::new(script),
            ears: Ears::default(),
            mouth: Mouth::new(voice),
            todo: VecDeque::new(),
            afterwards: script::Action::None,
            silence_at: None,
            digits_at: None,
            interrupted: false,
            deaf: false,
            on_hold: false,
            replaceable: false,
        }
    }

    /// The same, where another agent can take over: with no synthesiser to be heard by, it fails (`no_voice`),
    /// in place of going on by keys and text.
    #[must_use]
    pub const fn replaceable(mut self) -> Self {
        self.replaceable = true;
        self
    }
}

impl Agent for ScriptAgent {
    fn needs(&mut self, caller_sends: AudioFormat, _caller_takes: AudioFormat) -> AgentNeeds {
        self.ears.listen_to(caller_sends);
        AgentNeeds {
            hears: Hears::Turns,
            turns: TurnMode::Voice,
            ..AgentNeeds::new(Some(WIDEBAND), WIDEBAND)
        }
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Begin(begin) => self.begin(now, begin),
            AgentEvent::Audio(audio) => self.ears.hear(now, audio),
            AgentEvent::SpeechStarted => {
                self.silence_at = None;
                if !self.deaf {
                    let grammar = self.dialogue.expects().grammar;
                    self.ears.open(now, grammar);
                }
            }
            AgentEvent::EndOfTurn => {
                self.ears.end(now);
                self.silence_from(now);
            }
            AgentEvent::Backchannel => {
                self.ears.forget();
                self.silence_from(now);
            }
            AgentEvent::Digit(digit) => self.digit(now, digit),
            AgentEvent::EagerEndOfTurn => self.mouth.mark(),
            AgentEvent::TurnResumed => self.turn_resumed(),
            AgentEvent::Text(text) => self.text(now, text),
            AgentEvent::Interrupted { .. } => self.interrupted(now),
            AgentEvent::Spoken => {
                self.mouth.played();
                if !self.mouth.is_speaking() {
                    self.said(now);
                }
            }
            AgentEvent::Idle { .. } => self.idle(now),
            AgentEvent::Hold(on_hold) => self.hold(now, on_hold),
            AgentEvent::TransferRefused => self.transfer_refused(now),
            AgentEvent::Data(id, frame) => self.worker(now, id, frame),
            AgentEvent::Down(id, why) => self.down(now, id, why),
            AgentEvent::Tick => self.tick(now),
            // A script says the same to a machine; who wants it hung up configures that. Links are used once they
            // are writable.
            AgentEvent::AnsweredBy(_) | AgentEvent::Up(_) => {}
        }
    }

    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        if let Some(action) = self.todo.pop_front() {
            return Some(action);
        }
        self.mouth
            .poll(buffers.audio)
            .or_else(|| self.ears.poll(now, writable, buffers.samples))
    }

    fn deadline(&self) -> Option<Time> {
        [self.silence_at, self.digits_at, self.ears.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn takes_audio(&self, _writable: LinkSet) -> bool {
        self.ears.takes_audio()
    }

    fn honours(&self, configure: &Configure) -> Vec<&'static str> {
        voice::honoured(configure)
    }
}

#[cfg(test)]
mod tests;
