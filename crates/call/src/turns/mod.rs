//! Where the caller's turn stands, whoever says so: voice activity, an engine, or the caller's own button.
//!
//! ```text
//!            speech                        pause                       silence
//!  Quiet ─────────────▶ Speaking ─────────────────▶ Eager ─────────────────────▶ Quiet   (end of turn)
//!    │                    ▲    ▲      speech          │
//!    │ while the agent    │    └──────────────────────┘ (resumed)
//!    ▼ speaks             │ enough of it
//!  Doubtful ──────────────┘
//!    └──────────────────────────────────────────────────────────────────────────▶ Quiet   (backchannel)
//! ```
//!
//! It decides what a sound of the caller's means. What follows from that for playout and agent is said in
//! [`Effects`] and carried out by the call.

mod engine;
mod latency;
mod sensitivity;

use crate::agent::{TurnMode, TurnVerdict};
use crate::config::TurnConfig;
use crate::time::Time;
use crate::uplink::{Activity, Notice};

use sensitivity::Overlap;

pub(crate) use latency::Latency;

/// The caller's turn.
#[derive(Debug)]
pub(crate) struct Turns {
    mode: TurnMode,
    config: TurnConfig,
    state: State,
    /// When the state changes by itself.
    until: Option<Time>,
    /// What an engine has understood of speech in doubt is all backchannel.
    harmless: bool,
    /// It has said that the turn is probably over while that was in doubt.
    prepared: bool,
    /// What the caller has heard while speaking: of utterances before the one played now, and of that.
    spoken_over_us: (u64, u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody speaks.
    Quiet,
    /// The caller makes sounds while the agent speaks.
    Doubtful,
    /// The caller has the turn.
    Speaking,
    /// The caller pauses; an answer may be prepared.
    Eager,
    /// The caller has been silent long enough, and what was said sounds unfinished.
    Unfinished {
        /// An answer may be prepared.
        eager: bool,
    },
}

/// A piece of the caller's audio, as voice activity finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sound {
    pub(crate) activity: Activity,
    /// How long the caller has not been voiced at its end, in microseconds.
    pub(crate) silent_us: u64,
}

/// What the caller hears of the agent now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Playing {
    /// Whether it may be interrupted; false where nothing plays.
    pub(crate) interruptible: bool,
    /// Whether anything plays.
    pub(crate) audible: bool,
    /// How much of the utterance has been played, in microseconds.
    pub(crate) heard_us: u64,
}

/// What follows from a sound or a signal, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// The agent is told.
    pub(crate) notice: Option<Notice>,
    /// What is to become of answers prepared early.
    pub(crate) answers: Option<Answers>,
    /// The agent is silenced.
    pub(crate) interrupt: bool,
}

/// What becomes of answers to a turn that may not be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// What is begun from now on waits.
    Hold,
    /// The turn is over: they are played.
    Release,
    /// The turn goes on: they are thrown away.
    Drop,
}

impl Effects {
    const NONE: Self = Self {
        notice: None,
        answers: None,
        interrupt: false,
    };

    const fn notice(notice: Notice) -> Self {
        Self {
            notice: Some(notice),
            ..Self::NONE
        }
    }

    const fn with(mut self, answers: Answers) -> Self {
        self.answers = Some(answers);
        self
    }

    const fn interrupting(mut self, interrupt: bool) -> Self {
        self.interrupt = interrupt;
        self
    }
}

impl Turns {
    pub(crate) const fn new(mode: TurnMode, config: TurnConfig) -> Self {
        Self {
            mode,
            config,
            state: State::Quiet,
            until: None,
            harmless: false,
            prepared: false,
            spoken_over_us: (0, 0),
        }
    }

    /// Who says when turns begin and end.
    pub(crate) const fn mode(&self) -> TurnMode {
        self.mode
    }

    /// Whether voice activity decides.
    pub(crate) fn are_by_voice(&self) -> bool {
        self.mode == TurnMode::Voice
    }

    /// Whether an engine of the agent's decides.
    pub(crate) fn are_by_engine(&self) -> bool {
        self.mode == TurnMode::Engine
    }

    /// Whether the caller has the turn, or may be taking it.
    pub(crate) fn is_callers(&self) -> bool {
        self.state != State::Quiet
    }

    /// When [`tick`](Self::tick) is to be called.
    pub(crate) const fn deadline(&self) -> Option<Time> {
        self.until
    }

    /// A piece of the caller's audio, before the agent hears it.
    pub(crate) fn voice(&mut self, sound: &Sound, playing: Playing) -> Effects {
        if self.mode != TurnMode::Voice {
            return Effects::NONE;
        }
        if sound.activity.started_ago_us.is_some() {
            return self.voice_started(sound, playing);
        }
        let overlap = overlap(sound);
        match self.state {
            State::Doubtful if !playing.audible => {
                self.state = State::Speaking;
                Effects::NONE
            }
            State::Doubtful if self.config.sensitivity.interrupts(overlap) => {
                self.state = State::Speaking;
                Effects::NONE.interrupting(playing.interruptible)
            }
            State::Speaking if self.is_pause(sound) => {
                self.state = State::Eager;
                Effects::notice(Notice::EagerEndOfTurn).with(Answers::Hold)
            }
            State::Speaking => {
                let both_us = self.both_us(playing);
                let over = self.config.sensitivity.takes_over(overlap, both_us);
                Effects::NONE.interrupting(over && playing.interruptible && sound.silent_us == 0)
            }
            State::Eager if !self.is_pause(sound) && sound.activity.stopped_ago_us.is_none() => {
                self.state = State::Speaking;
                Effects::notice(Notice::TurnResumed).with(Answers::Drop)
            }
            _ => Effects::NONE,
        }
    }

    /// How much the agent has been saying into the caller's speech.
    fn both_us(&mut self, playing: Playing) -> u64 {
        let (before, last) = &mut self.spoken_over_us;
        if playing.heard_us < *last {
            *before += *last;
        }
        *last = playing.heard_us;
        *before + *last
    }

    fn voice_started(&mut self, sound: &Sound, playing: Playing) -> Effects {
        let before = self.state;
        self.until = None;
        self.spoken_over_us = (0, 0);
        match before {
            State::Unfinished { eager } => {
                self.state = State::Speaking;
                if eager {
                    return Effects::notice(Notice::TurnResumed).with(Answers::Drop);
                }
                Effects::NONE
            }
            State::Quiet => {
                let enough = self.config.sensitivity.interrupts(overlap(sound));
                let doubtful = playing.audible && !enough;
                self.state = if doubtful {
                    State::Doubtful
                } else {
                    State::Speaking
                };
                Effects::notice(Notice::SpeechStarted)
                    .interrupting(playing.interruptible && !doubtful)
            }
            State::Doubtful | State::Speaking | State::Eager => Effects::NONE,
        }
    }

    /// The same piece, after the agent has heard it. `judge` says whether by what was said the turn is over.
    pub(crate) fn voice_heard(
        &mut self,
        now: Time,
        activity: &Activity,
        judge: impl FnOnce() -> TurnVerdict,
    ) -> Effects {
        if self.mode != TurnMode::Voice || activity.stopped_ago_us.is_none() {
            return Effects::NONE;
        }
        match self.state {
            State::Doubtful => {
                self.state = State::Quiet;
                Effects::notice(Notice::Backchannel)
            }
            State::Speaking | State::Eager => match judge() {
                TurnVerdict::Over => self.over(),
                TurnVerdict::Wait { ms } => {
                    let eager = self.state == State::Eager;
                    self.state = State::Unfinished { eager };
                    self.until = Some(now.plus_ms(ms));
                    Effects::NONE
                }
            },
            State::Quiet | State::Unfinished { .. } => Effects::NONE,
        }
    }

    /// The caller's button went down or up.
    pub(crate) fn button(&mut self, down: bool, playing: Playing) -> Effects {
        if self.mode != TurnMode::PushToTalk || down == self.is_callers() {
            return Effects::NONE;
        }
        if !down {
            return self.over();
        }
        self.state = State::Speaking;
        Effects::notice(Notice::SpeechStarted).interrupting(playing.interruptible)
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Time, playing: Playing) -> Effects {
        if self.until.take_if(|at| *at <= now).is_none() {
            return Effects::NONE;
        }
        match self.state {
            State::Unfinished { .. } => self.over(),
            State::Doubtful if !self.harmless => {
                self.state = State::Speaking;
                Effects::NONE.interrupting(playing.interruptible)
            }
            _ => Effects::NONE,
        }
    }

    fn over(&mut self) -> Effects {
        self.state = State::Quiet;
        self.until = None;
        Effects::notice(Notice::EndOfTurn).with(Answers::Release)
    }

    fn is_pause(&self, sound: &Sound) -> bool {
        let eager_us = self.config.eager_ms.map(|ms| ms * 1_000);
        eager_us.is_some_and(|eager_us| sound.silent_us >= eager_us)
    }
}

const fn overlap(sound: &Sound) -> Overlap {
    Overlap {
        voiced_us: sound.activity.voiced_us,
        level_dbfs: sound.activity.level_dbfs,
    }
}

#[cfg(test)]
mod tests;
