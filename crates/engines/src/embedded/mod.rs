//! The embedded agent: voice activity → pocketsphinx → the script engine → flite.
//!
//! No key, no network: the dialogue decides, local workers listen and speak. Where a worker is missing
//! the dialogue goes on by keys and text.

mod ears;
mod mouth;

use std::collections::VecDeque;
use std::sync::Arc;

use trunkline_call::{
    Action, Agent, AgentEvent, AgentNeeds, Begin, Buffers, Down, Frame, LinkId, LinkSet, Time,
    WorkerFrame,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_local::script::{self, Dialogue, Reply, Script};
use trunkline_local::{ACCEPT_CONFIDENCE, Voice};
use trunkline_protocol::client::omni::Configure;

use ears::{Ears, Verdict};
use mouth::Mouth;

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
        }
    }

    fn begin(&mut self, now: Time, begin: Begin<'_>) {
        let mut reply = self.dialogue.begin();
        if let Some(configure) = begin.configure {
            if let Some(voice) = configure.voice_id.as_deref().filter(|v| is_voice(v)) {
                self.mouth.set_voice(voice);
            }
            if let Some(greeting) = &configure.greeting {
                reply.say.clone_from(greeting);
            }
        }
        self.reply(now, reply);
    }

    fn reply(&mut self, now: Time, reply: Reply) {
        self.silence_at = None;
        self.afterwards = reply.action;
        let interruptible = self.dialogue.expects().barge_in;
        if reply.say.is_empty() {
            if !self.mouth.is_speaking() {
                self.said(now);
            }
        } else {
            self.mouth.say(&reply.say, interruptible);
        }
    }

    /// Everything said has been played.
    fn said(&mut self, now: Time) {
        match std::mem::replace(&mut self.afterwards, script::Action::None) {
            script::Action::HangUp => self.todo.push_back(Action::HangUp),
            script::Action::Transfer { destination } => {
                self.todo.push_back(Action::Transfer { destination });
            }
            script::Action::None => {
                let patience = u64::from(self.dialogue.expects().silence_ms);
                self.silence_at = Some(now.plus_ms(patience));
            }
        }
    }

    fn understood(&mut self, now: Time, text: &str) {
        let interrupted = std::mem::take(&mut self.interrupted);
        // A cough while nobody speaks is no turn.
        if text.is_empty() && !interrupted {
            return;
        }
        self.todo.push_back(Action::CallerSaid(text.to_owned()));
        let reply = self.dialogue.heard(text);
        self.reply(now, reply);
    }

    /// Stops speaking, because the caller types.
    fn hush(&mut self) {
        if self.mouth.is_speaking() {
            self.mouth.stop();
            self.afterwards = script::Action::None;
            self.todo.push_back(Action::CutOff);
        }
    }

    fn digit(&mut self, now: Time, digit: char) {
        self.silence_at = None;
        self.hush();
        match self.dialogue.digit(digit) {
            Some(reply) => {
                self.digits_at = None;
                self.reply(now, reply);
            }
            None => self.digits_at = Some(now.plus_ms(DIGITS_MS)),
        }
    }

    fn worker(&mut self, now: Time, id: LinkId, frame: Frame<'_>) {
        let Frame::Worker(frame) = frame else {
            return;
        };
        match frame {
            WorkerFrame::Audio { rate_hz, samples } => self.mouth.audio(id, rate_hz, samples),
            WorkerFrame::Started => self.ears.started(id),
            WorkerFrame::Partial(_) => {}
            WorkerFrame::Failed(_) => {
                if self.ears.finished(id) {
                    self.mouth.say(KEYS_ONLY, true);
                }
            }
            WorkerFrame::Final { text, confidence } => {
                if self.ears.finished(id) {
                    let believed = confidence.is_none_or(|c| c >= ACCEPT_CONFIDENCE);
                    self.understood(now, if believed { text } else { "" });
                    self.silence_from(now);
                }
            }
        }
    }

    fn down(&mut self, now: Time, id: LinkId, why: Down) {
        if self.mouth.down(id) {
            return;
        }
        if self.ears.finished(id) && why != Down::Finished && !self.deaf {
            self.deaf = matches!(why, Down::Unavailable);
            self.mouth.say(KEYS_ONLY, true);
            self.silence_from(now);
        }
    }

    fn tick(&mut self, now: Time) {
        if self.silence_at.take_if(|at| *at <= now).is_some() {
            let reply = self.dialogue.silence();
            self.reply(now, reply);
        }
        if self.digits_at.take_if(|at| *at <= now).is_some() {
            match self.dialogue.digits_ended() {
                Some(reply) => self.reply(now, reply),
                None => self.silence_from(now),
            }
        }
        match self.ears.tick(now) {
            Verdict::Fine => {}
            Verdict::Slow => self.mouth.say(FILLER, true),
            Verdict::GiveUp => self.mouth.say(KEYS_ONLY, true),
        }
    }

    /// Starts waiting for the caller again, if nothing is being said.
    fn silence_from(&mut self, now: Time) {
        if !self.mouth.is_speaking() && self.afterwards == script::Action::None {
            self.said(now);
        }
    }
}

impl Agent for ScriptAgent {
    fn needs(&mut self, caller_sends: AudioFormat, _caller_takes: AudioFormat) -> AgentNeeds {
        self.ears.listen_to(caller_sends);
        AgentNeeds {
            listens: Some(WIDEBAND),
            speaks: WIDEBAND,
            voice_activity: true,
        }
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Begin(begin) => self.begin(now, begin),
            AgentEvent::Audio(audio) => self.ears.hear(audio),
            AgentEvent::SpeechStarted => {
                self.silence_at = None;
                if !self.deaf {
                    let grammar = self.dialogue.expects().grammar;
                    self.ears.open(now, grammar);
                }
            }
            AgentEvent::SpeechStopped => {
                self.ears.end(now);
                self.silence_from(now);
            }
            AgentEvent::Digit(digit) => self.digit(now, digit),
            AgentEvent::Text(text) => {
                self.hush();
                self.interrupted = true;
                self.understood(now, text);
            }
            AgentEvent::Interrupted { .. } => {
                self.interrupted = true;
                self.afterwards = script::Action::None;
                self.mouth.stop();
                if !self.ears.is_listening() {
                    self.silence_from(now);
                }
            }
            AgentEvent::Spoken => {
                self.mouth.played();
                if !self.mouth.is_speaking() {
                    self.said(now);
                }
            }
            AgentEvent::TransferRefused => {
                let reply = self.dialogue.transfer_failed();
                self.reply(now, reply);
            }
            AgentEvent::Up(_) => {}
            AgentEvent::Data(id, frame) => self.worker(now, id, frame),
            AgentEvent::Down(id, why) => self.down(now, id, why),
            AgentEvent::Tick => self.tick(now),
        }
    }

    fn poll(&mut self, _now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        if let Some(action) = self.todo.pop_front() {
            return Some(action);
        }
        self.mouth
            .poll(buffers.audio)
            .or_else(|| self.ears.poll(writable, buffers.samples))
    }

    fn deadline(&self) -> Option<Time> {
        [self.silence_at, self.digits_at, self.ears.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn honours(&self, configure: &Configure) -> Vec<&'static str> {
        let voice = configure.voice_id.as_deref().is_some_and(is_voice);
        [
            ("greeting", configure.greeting.is_some()),
            ("voice_id", voice),
        ]
        .into_iter()
        .filter_map(|(key, honoured)| honoured.then_some(key))
        .collect()
    }
}

/// Whether this names a voice of ours: one of flite's, or a language of espeak-ng's. Clients of other services
/// send the names of theirs.
fn is_voice(name: &str) -> bool {
    match name.parse() {
        Ok(Voice::Flite(_)) => true,
        Ok(Voice::Espeak(name)) => {
            let language = name.split(['-', '+']).next().unwrap_or_default();
            (2..=3).contains(&language.len()) && !name.contains('_')
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
