//! When the gateway must speak because nobody else does: the agent is away, is busy, or the caller is silent.
//!
//! It says when, never what, and refuses to hear anything itself: it is told who speaks and until when.

use crate::config::{FailoverConfig, TurnConfig};
use crate::time::Time;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The holding line: the agent is away and the caller hears nothing.
    Holding,
    /// The filler: the agent is at work and the caller hears nothing.
    Filler,
    /// The agent is to be told that the caller says nothing.
    Idle {
        /// How often in a row, from 1.
        times: u32,
    },
    /// The caller has said nothing too often: the call is to end.
    GiveUpIdle,
}

/// How long each may take, `None` for ever.
#[derive(Clone, Copy, Debug)]
struct Patience {
    holding_ms: u64,
    filler_ms: Option<u64>,
    idle_ms: Option<u64>,
    idle_limit: u32,
}

/// An agent that is away.
#[derive(Clone, Copy, Debug)]
struct Away {
    /// Since when, or since the holding line was due last.
    since: Time,
    /// How often it was.
    said: u32,
}

/// Watches for silence toward the caller, and of the caller.
///
/// One thing is waited for at a time: with the agent away the holding line, whatever the caller does; with the
/// agent at work on the caller's turn the filler, once a turn; else the caller. An agent that needs long for an
/// answer has to say so, with [`Action::Working`](crate::Action::Working), or the caller counts as idle. Where
/// nobody can tell when the caller speaks, as with [`TurnMode::Off`](crate::TurnMode::Off),
/// [`idle_ms`](TurnConfig::idle_ms) has to be `None`.
#[derive(Clone, Debug)]
pub struct Waiting {
    patience: Patience,
    heard_until: Time,
    /// From when the caller can be idle: the end of its turn, or of anything else that was waited for.
    idle_since: Time,
    idle_times: u32,
    given_up: bool,
    caller_speaks: bool,
    /// When the caller's turn ended, until the filler has been said for it.
    unfilled_since: Option<Time>,
    /// Since when the agent is at work; kept over short breaks in which it says nothing.
    working_since: Option<Time>,
    working: bool,
    away: Option<Away>,
    on_hold: bool,
}

impl Waiting {
    /// A call that is live from `now` on, with an agent and nothing said.
    pub const fn new(turns: &TurnConfig, failover: &FailoverConfig, now: Time) -> Self {
        Self {
            patience: Patience {
                holding_ms: failover.holding_ms,
                filler_ms: turns.filler_ms,
                idle_ms: turns.idle_ms,
                idle_limit: turns.idle_limit,
            },
            heard_until: now,
            idle_since: now,
            idle_times: 0,
            given_up: false,
            caller_speaks: false,
            unfilled_since: None,
            working_since: None,
            working: false,
            away: None,
            on_hold: false,
        }
    }

    /// The agent is lost or not connected yet, or it is back. What it was at work on is lost with it.
    pub fn agent_away(&mut self, away: bool, since: Time) {
        match (away, self.away) {
            (true, None) => {
                self.away = Some(Away { since, said: 0 });
                (self.working, self.working_since) = (false, None);
            }
            (false, Some(_)) => {
                self.away = None;
                self.idle_since = since;
            }
            _ => {}
        }
    }

    /// The agent is at work on something that takes time, or no longer.
    pub fn working(&mut self, working: bool, now: Time) {
        if working {
            self.working_since.get_or_insert(now);
        } else if self.working {
            self.idle_since = self.idle_since.max(now);
        }
        self.working = working;
    }

    /// What has been handed over is heard until `at`: later as more is said, earlier if it is cut off. The
    /// gateway's own lines count as well.
    pub const fn heard_until(&mut self, at: Time) {
        self.heard_until = at;
        if !self.working {
            self.working_since = None;
        }
    }

    /// The caller began to speak, or did something that shows that somebody is there.
    pub const fn caller_active(&mut self) {
        self.caller_speaks = true;
        self.idle_times = 0;
        self.unfilled_since = None;
        self.working_since = None;
    }

    /// The caller's turn is over.
    pub fn caller_done(&mut self, now: Time) {
        self.caller_speaks = false;
        self.idle_since = now;
        self.unfilled_since = Some(now);
        if self.working {
            self.working_since = Some(now);
        }
    }

    /// The caller is on hold, where only the holding line is due, or taken back.
    pub const fn on_hold(&mut self, on_hold: bool, now: Time) {
        if self.on_hold && !on_hold {
            self.idle_since = now;
        }
        self.on_hold = on_hold;
    }

    /// How long the caller may be silent, `None` for ever.
    pub const fn set_idle(&mut self, idle_ms: Option<u64>) {
        self.patience.idle_ms = idle_ms;
    }

    /// Whether anything may come due that depends on when the caller was last played something.
    pub const fn is_watching(&self) -> bool {
        self.away.is_some() || self.working || self.patience.idle_ms.is_some()
    }

    /// What is due by now; told once.
    pub fn due(&mut self, now: Time) -> Option<Due> {
        let (_, due) = self.next_due().filter(|(at, _)| *at <= now)?;
        match due {
            Due::Holding => {
                let said = self.away.map_or(0, |away| away.said) + 1;
                self.away = Some(Away { since: now, said });
            }
            Due::Filler => self.unfilled_since = None,
            Due::Idle { times } => {
                self.idle_times = times;
                self.idle_since = now;
            }
            Due::GiveUpIdle => self.given_up = true,
        }
        Some(due)
    }

    /// When something is due, if nobody speaks until then.
    pub fn deadline(&self) -> Option<Time> {
        self.next_due().map(|(at, _)| at)
    }

    fn next_due(&self) -> Option<(Time, Due)> {
        let silent_since = |since: Time| since.max(self.heard_until);
        if let Some(away) = self.away {
            let at = silent_since(away.since).plus_ms(self.patience.holding_ms);
            return Some((at, Due::Holding));
        }
        if self.caller_speaks || self.on_hold || self.given_up {
            return None;
        }
        if self.working {
            let since = self.unfilled_since?.max(self.working_since?);
            let at = silent_since(since).plus_ms(self.patience.filler_ms?);
            return Some((at, Due::Filler));
        }
        let at = silent_since(self.idle_since).plus_ms(self.patience.idle_ms?);
        let due = if self.idle_times < self.patience.idle_limit {
            let times = self.idle_times + 1;
            Due::Idle { times }
        } else {
            Due::GiveUpIdle
        };
        Some((at, due))
    }
}

#[cfg(test)]
mod tests;
