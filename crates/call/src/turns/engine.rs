//! Turns of an engine that decides about them itself (Flux, AssemblyAI, Speechmatics, Soniox), out of what it
//! reports.

use super::{Answers, Effects, Playing, State, Turns};
use crate::agent::{Signal, TurnMode};
use crate::backchannel::is_backchannel;
use crate::time::Time;
use crate::uplink::Notice;

impl Turns {
    /// What an engine that owns turns reports.
    pub(crate) fn signal(&mut self, now: Time, signal: &Signal, playing: Playing) -> Effects {
        if self.mode != TurnMode::Engine {
            return Effects::NONE;
        }
        match signal {
            Signal::Started => self.engine_started(now, playing),
            Signal::Partial(text) => {
                let begun = self.engine_started(now, playing);
                let understood = self.engine_understood(text, playing);
                understood.interrupting(begun.interrupt || understood.interrupt)
            }
            Signal::Eager => self.engine_eager(playing),
            Signal::Resumed => self.engine_resumed(),
            Signal::Ended(text) => self.engine_ended(text, playing),
        }
    }

    fn engine_started(&mut self, now: Time, playing: Playing) -> Effects {
        if self.state != State::Quiet {
            return Effects::NONE;
        }
        self.harmless = false;
        let wordless_us = self.config.sensitivity.wordless_us();
        if playing.audible && wordless_us > 0 {
            self.state = State::Doubtful;
            self.until = Some(now.plus_us(wordless_us));
            return Effects::NONE;
        }
        self.state = State::Speaking;
        Effects::NONE.interrupting(playing.interruptible)
    }

    fn engine_understood(&mut self, text: &str, playing: Playing) -> Effects {
        if self.state != State::Doubtful || text.trim().is_empty() {
            return Effects::NONE;
        }
        self.harmless = is_backchannel(text);
        self.until = None;
        if self.harmless {
            return Effects::NONE;
        }
        self.state = State::Speaking;
        self.unprepared(Effects::NONE.interrupting(playing.interruptible))
    }

    fn engine_eager(&mut self, playing: Playing) -> Effects {
        let doubtful = self.state == State::Doubtful;
        match self.state {
            // What may be no turn is not answered before that is known.
            State::Doubtful if self.harmless => self.prepared = true,
            State::Quiet | State::Speaking | State::Doubtful => {
                self.state = State::Eager;
                self.until = None;
            }
            State::Eager | State::Unfinished { .. } => return Effects::NONE,
        }
        let interrupt = doubtful && !self.harmless && playing.interruptible;
        Effects::NONE.with(Answers::Hold).interrupting(interrupt)
    }

    fn engine_resumed(&mut self) -> Effects {
        match self.state {
            State::Eager => {
                self.state = State::Speaking;
                Effects::NONE.with(Answers::Drop)
            }
            _ => self.unprepared(Effects::NONE),
        }
    }

    /// Drops what was prepared while the turn was in doubt.
    const fn unprepared(&mut self, effects: Effects) -> Effects {
        if std::mem::replace(&mut self.prepared, false) {
            effects.with(Answers::Drop)
        } else {
            effects
        }
    }

    fn engine_ended(&mut self, text: &str, playing: Playing) -> Effects {
        let before = self.state;
        self.until = None;
        self.state = State::Quiet;
        let unclear = text.trim().is_empty();
        match before {
            State::Doubtful if playing.audible && (unclear || is_backchannel(text)) => {
                self.unprepared(Effects::notice(Notice::Backchannel))
            }
            State::Doubtful => self.unprepared(Effects::NONE.interrupting(playing.interruptible)),
            State::Quiet if playing.audible && is_backchannel(text) => {
                Effects::notice(Notice::Backchannel)
            }
            State::Quiet => Effects::NONE.interrupting(playing.interruptible && !unclear),
            _ => Effects::NONE.with(Answers::Release),
        }
    }
}
