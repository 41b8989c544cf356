//! The speech front end: how an agent that works with words hears and speaks.
//!
//! Local workers do it: a recogniser for each of the caller's turns ([`Ears`]), a synthesiser for each sentence
//! ([`Mouth`]). It refuses to know what the words mean. Where a worker is missing the call goes on by keys and
//! text.

mod ears;
mod mouth;
mod speech;
mod utterance;
mod voice;

use std::sync::Arc;

use trunkline_call::{
    Action, AgentFailure, AgentNeeds, Buffers, Down, Frame, Hears, LinkId, LinkSet, Time, TurnMode,
    WorkerFrame,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_local::ACCEPT_CONFIDENCE;
use trunkline_protocol::client::omni::Configure;

use ears::{Ears, Verdict};
use mouth::Mouth;
pub use utterance::SAMPLES_AT_ONCE;

/// What workers hear and say.
pub(crate) const WIDEBAND: AudioFormat = AudioFormat::pcm16(16_000);

/// How long after a key the next one is waited for.
pub(crate) const DIGITS_MS: u64 = 3_000;

/// Said while no recogniser is free.
pub(crate) const FILLER: &str = "One moment, please.";

/// Said when speech cannot be understood at all.
pub(crate) const KEYS_ONLY: &str =
    "I can not hear you right now. Please use the keys of your telephone.";

/// Why an agent that cannot be heard makes room for another.
pub(crate) const NO_VOICE: AgentFailure = AgentFailure {
    reason: "no_voice",
    retry: false,
};

/// An agent's ears and mouth. Slots 1 to 4 of the call's links are theirs.
#[derive(Debug)]
pub(crate) struct FrontEnd {
    pub(crate) ears: Ears,
    pub(crate) mouth: Mouth,
    /// There is no recogniser on this machine.
    deaf: bool,
    on_hold: bool,
    /// Another agent can take over, and this one has not failed.
    replaceable: bool,
}

/// What a recogniser made of one of the caller's turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Understood<'a> {
    /// Words in lower case; empty when nothing was heard.
    pub(crate) text: &'a str,
    /// 0 to 1, from recognisers that can tell.
    pub(crate) confidence: Option<f32>,
}

impl<'a> Understood<'a> {
    /// The words, if the sound fits them well enough; else none.
    pub(crate) fn believed(self) -> &'a str {
        let believed = self.confidence.is_none_or(|c| c >= ACCEPT_CONFIDENCE);
        if believed { self.text } else { "" }
    }
}

/// What is gone with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The voice, and another agent can take over. Told once.
    Voice,
    /// What the caller said will not be understood, and the caller has been told to be.
    Ears,
}

impl FrontEnd {
    /// A front end that speaks with `voice`.
    pub(crate) fn new(voice: &str) -> Self {
        Self {
            ears: Ears::default(),
            mouth: Mouth::new(Arc::from(voice)),
            deaf: false,
            on_hold: false,
            replaceable: false,
        }
    }

    /// Another agent can take over where there is no voice.
    pub(crate) const fn set_replaceable(&mut self) {
        self.replaceable = true;
    }

    /// What an agent needs whose turns are found by voice activity and understood one by one.
    pub(crate) fn needs(&mut self, caller_sends: AudioFormat) -> AgentNeeds {
        self.ears.listen_to(caller_sends);
        AgentNeeds {
            hears: Hears::Turns,
            turns: TurnMode::Voice,
            ..AgentNeeds::new(Some(WIDEBAND), WIDEBAND)
        }
    }

    /// The keys of a client's configuration that will have their effect.
    pub(crate) fn honours(configure: &Configure) -> Vec<&'static str> {
        voice::honoured(configure)
    }

    /// Takes the voice a client asks for, where it is one of ours, and gives back the greeting it asks for.
    pub(crate) fn configure<'a>(&mut self, configure: Option<&'a Configure>) -> Option<&'a str> {
        let configure = configure?;
        let voice = configure.voice_id.as_deref();
        if let Some(voice) = voice.filter(|voice| voice::is_voice(voice)) {
            self.mouth.set_voice(voice);
        }
        configure.greeting.as_deref()
    }

    /// The caller's turn began; a recogniser with this grammar listens, one for general speech where it is
    /// `None`.
    pub(crate) fn listen(&mut self, now: Time, grammar: Option<Arc<str>>) {
        if !self.deaf {
            self.ears.open(now, grammar);
        }
    }

    /// Says something that is none of the conversation.
    pub(crate) fn remark(&mut self, text: &str) {
        if !self.on_hold {
            self.mouth.say(text, true);
        }
    }

    /// Stops speaking; whether there is something to be cut off.
    pub(crate) fn hush(&mut self) -> bool {
        let speaks = self.mouth.is_speaking();
        if speaks {
            self.mouth.stop();
        }
        speaks
    }

    /// On hold the caller neither hears nor is heard: what was being said and listened to is void.
    pub(crate) fn hold(&mut self, on_hold: bool) {
        self.on_hold = on_hold;
        if on_hold {
            self.ears.forget();
            self.mouth.stop();
        }
    }

    /// The caller is back from a transfer that was refused.
    pub(crate) const fn take_back(&mut self) {
        self.on_hold = false;
    }

    pub(crate) const fn is_on_hold(&self) -> bool {
        self.on_hold
    }

    /// What a worker says. Gives back what the caller was understood to say.
    pub(crate) fn worker<'a>(&mut self, id: LinkId, frame: Frame<'a>) -> Option<Understood<'a>> {
        let Frame::Worker(frame) = frame else {
            return None;
        };
        match frame {
            WorkerFrame::Audio { rate_hz, samples } => self.mouth.audio(id, rate_hz, samples),
            WorkerFrame::Started => self.ears.started(id),
            WorkerFrame::Partial(_) => {}
            WorkerFrame::Failed(_) => {
                if self.ears.finished(id) {
                    self.remark(KEYS_ONLY);
                }
            }
            WorkerFrame::Final { text, confidence } => {
                let wanted = self.ears.finished(id) && !self.on_hold;
                return wanted.then_some(Understood { text, confidence });
            }
        }
        None
    }

    /// A link is gone.
    pub(crate) fn down(&mut self, id: LinkId, why: Down) -> Option<Loss> {
        if self.mouth.down(id, why) {
            let lost = self.mouth.is_mute() && std::mem::take(&mut self.replaceable);
            return lost.then_some(Loss::Voice);
        }
        if self.ears.finished(id) && why != Down::Finished && !self.deaf {
            self.deaf = matches!(why, Down::Unavailable);
            self.remark(KEYS_ONLY);
            return Some(Loss::Ears);
        }
        None
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Time) {
        match self.ears.tick(now) {
            Verdict::Fine => {}
            Verdict::Slow => self.remark(FILLER),
            Verdict::GiveUp => self.remark(KEYS_ONLY),
        }
    }

    /// The next thing it wants.
    pub(crate) fn poll(
        &mut self,
        now: Time,
        writable: LinkSet,
        buffers: Buffers<'_>,
    ) -> Option<Action> {
        self.mouth
            .poll(buffers.audio)
            .or_else(|| self.ears.poll(now, writable, buffers.samples))
    }
}
