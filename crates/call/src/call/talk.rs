//! The conversation's state: whose turn it is, what was said, who waits for whom.

use crate::agent::{AgentNeeds, TurnMode};
use crate::config::{CallConfig, TurnConfig};
use crate::history::History;
use crate::machine::MachineHook;
use crate::time::Time;
use crate::turns::{Latency, Turns};
use crate::waiting::Waiting;

/// Everything a call knows of the conversation, apart from its sound.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) turns: Turns,
    pub(super) latency: Latency,
    pub(super) waiting: Waiting,
    pub(super) machine: MachineHook,
    pub(super) history: History,
    /// Whether answers may be held.
    early: bool,
    /// Since when the caller has been speaking.
    speech: Option<Time>,
}

impl Talk {
    pub(super) fn new(config: &CallConfig) -> Self {
        Self {
            turns: Turns::new(TurnMode::Off, config.turns),
            latency: Latency::default(),
            waiting: Waiting::new(&config.turns, &config.failover, Time::ZERO),
            machine: MachineHook::new(config.turns.machine_ms),
            history: History::default(),
            early: true,
            speech: None,
        }
    }

    /// The call is live: from now on the caller waits.
    pub(super) const fn begin(&mut self, config: &CallConfig, now: Time) {
        self.waiting = Waiting::new(&config.turns, &config.failover, now);
        self.waiting.set_idle(None);
    }

    /// Whether for an agent of these needs somebody else decides about turns than so far: an engine is the
    /// agent's own.
    pub(super) fn is_anew(&self, needs: AgentNeeds) -> bool {
        let other = self.turns.mode() != needs.turns || self.early != needs.early;
        other || needs.turns == TurnMode::Engine
    }

    /// An agent of these needs begins. A turn under way goes on where the same decides about turns.
    pub(super) fn attach(&mut self, now: Time, config: &CallConfig, needs: AgentNeeds) {
        if !self.is_anew(needs) {
            return;
        }
        let under_way = self.turns.is_callers();
        let eager_ms = config.turns.eager_ms.filter(|_| needs.early);
        let turns = TurnConfig {
            eager_ms,
            ..config.turns
        };
        self.turns = Turns::new(needs.turns, turns);
        self.early = needs.early;
        self.speech = None;
        // Where nobody can tell whether the caller speaks, nobody can tell whether they are silent.
        let idle_ms = config
            .turns
            .idle_ms
            .filter(|_| needs.turns != TurnMode::Off);
        self.waiting.set_idle(idle_ms);
        if under_way {
            self.waiting.caller_done(now);
        }
    }

    /// Speech of the caller's began `ago_us` before `now`.
    pub(super) const fn speech_started(&mut self, now: Time, ago_us: u64) {
        self.speech = Some(now.minus_us(ago_us));
    }

    /// It ended. Returns how long it lasted, in microseconds.
    pub(super) fn speech_stopped(&mut self, ended_at: Time) -> u64 {
        self.latency.caller_stopped(ended_at);
        let began_at = self.speech.take();
        began_at.map_or(0, |began_at| ended_at.us_since(began_at))
    }

    pub(super) const fn is_speaking(&self) -> bool {
        self.speech.is_some()
    }

    /// The caller has the turn, or takes it back.
    pub(super) fn caller_speaks(&mut self) {
        self.latency.caller_started();
        self.waiting.caller_active();
    }

    /// The caller's turn is over, or was none.
    pub(super) fn caller_done(&mut self, now: Time) {
        self.waiting.caller_done(now);
    }

    /// The caller did something other than speak.
    pub(super) fn caller_acts(&mut self, now: Time) {
        self.waiting.caller_active();
        if !self.turns.is_callers() {
            self.waiting.caller_done(now);
        }
    }
}
