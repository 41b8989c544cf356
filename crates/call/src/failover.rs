//! What follows when an agent is lost: the same one again, the next one, or the end of the call.
//!
//! It keeps count and time and refuses to connect anything. Its waits double without jitter, because that
//! would need chance, which the core has none of: calls that lose an agent together seek it together.

use crate::agent::AgentFailure;
use crate::config::FailoverConfig;
use crate::time::Time;

/// Connections in a row that lived too short, after which the next agent has its turn.
const QUICK_FAILURES: u32 = 3;

/// What to do about a lost agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The same agent is to begin again at this time.
    Again {
        /// Not before.
        at: Time,
    },
    /// The next agent is to begin: [`Failover::current`] names it.
    Next {
        /// Not before.
        at: Time,
    },
    /// No agent is left, or the caller has waited long enough.
    GiveUp,
}

/// Where the current agent stands.
#[derive(Clone, Copy, Debug)]
enum State {
    Connecting { since: Time },
    Ready { since: Time },
    Lost(Plan),
}

/// The policy of one call that has one or more agents, tried in order and never backwards.
///
/// Each attempt is told with [`began`](Self::began); [`ready`](Self::ready), [`failed`](Self::failed) or
/// [`tick`](Self::tick) say what becomes of it. An agent that needs no connecting is ready when it begins.
#[derive(Clone, Debug)]
pub struct Failover {
    config: FailoverConfig,
    agents: usize,
    current: usize,
    state: State,
    /// Since when there is no agent: it was lost, or the call began.
    away_since: Option<Time>,
    /// How often the current agent has begun.
    begun: u32,
    /// How often it was connected again since it last lived long.
    again: u32,
    /// Connections of it in a row that lived too short.
    quick: u32,
    reason: &'static str,
}

impl Failover {
    /// A call that begins at `now` with the first of so many agents; there is at least one.
    pub fn new(config: &FailoverConfig, agents: usize, now: Time) -> Self {
        Self {
            config: config.clone(),
            agents: agents.max(1),
            current: 0,
            state: State::Lost(Plan::Again { at: now }),
            away_since: Some(now),
            begun: 0,
            again: 0,
            quick: 0,
            reason: "",
        }
    }

    /// The current agent begins: from now on it has [`connect_ms`](FailoverConfig::connect_ms).
    pub fn began(&mut self, now: Time) {
        if !matches!(self.state, State::Lost(Plan::GiveUp)) {
            self.begun = self.begun.saturating_add(1);
            self.state = State::Connecting { since: now };
        }
    }

    /// The agent can listen and speak: it is away no longer.
    pub fn ready(&mut self, now: Time) {
        match self.state {
            State::Connecting { .. } => self.state = State::Ready { since: now },
            State::Ready { .. } => {}
            State::Lost(_) => return,
        }
        self.away_since = None;
    }

    /// The agent that was ready reaches for somebody once more: the call is without an agent until it is ready
    /// again, for [`give_up_ms`](FailoverConfig::give_up_ms) at most.
    pub fn away(&mut self, now: Time) {
        if matches!(self.state, State::Ready { .. }) {
            self.away_since = Some(now);
        }
    }

    /// The agent that began last is lost. Told of one already lost, it says again what is planned.
    pub fn failed(&mut self, now: Time, failure: AgentFailure) -> Plan {
        match self.state {
            State::Lost(plan) => return plan,
            State::Ready { since } if now.ms_since(since) >= self.config.quick_ms => {
                (self.again, self.quick) = (0, 0);
            }
            State::Ready { .. } => self.quick += 1,
            State::Connecting { .. } => {}
        }
        self.reason = failure.reason;
        let away_since = *self.away_since.get_or_insert(now);
        let give_up_at = away_since.plus_ms(self.config.give_up_ms);
        let wait_ms = self
            .config
            .backoff_ms
            .saturating_mul(1 << self.again.min(32));
        let again_at = now.plus_ms(wait_ms);
        let worth_it = failure.retry
            && self.again < self.config.attempts
            && self.quick < QUICK_FAILURES
            && again_at < give_up_at;
        let plan = if now >= give_up_at {
            Plan::GiveUp
        } else if worth_it {
            self.again += 1;
            Plan::Again { at: again_at }
        } else {
            self.next_agent(now)
        };
        self.state = State::Lost(plan);
        plan
    }

    /// The agent has given the call to another, which begins at once, in its place among those that follow.
    pub fn handed_over(&mut self, now: Time) {
        (self.begun, self.again, self.quick) = (0, 0, 0);
        self.away_since = Some(now);
        self.state = State::Lost(Plan::Next { at: now });
    }

    /// What follows when the time of an attempt, or the caller's patience, is over; told once. The attempt is
    /// over with it: its links are to be closed.
    pub fn tick(&mut self, now: Time) -> Option<Plan> {
        if self.give_up_at().is_some_and(|at| at <= now) {
            if self.reason.is_empty() {
                self.reason = "connect_timeout";
            }
            self.state = State::Lost(Plan::GiveUp);
            return Some(Plan::GiveUp);
        }
        self.connected_by().filter(|at| *at <= now)?;
        let timeout = AgentFailure {
            reason: "connect_timeout",
            retry: true,
        };
        Some(self.failed(now, timeout))
    }

    /// When there is something to do: [`tick`](Self::tick), or the attempt that is planned.
    pub fn deadline(&self) -> Option<Time> {
        let planned_at = match self.state {
            State::Lost(Plan::Again { at } | Plan::Next { at }) => Some(at),
            _ => None,
        };
        let all = [planned_at, self.connected_by(), self.give_up_at()];
        all.into_iter().flatten().min()
    }

    /// Whether the attempt that is planned is to begin.
    pub fn is_due(&self, now: Time) -> bool {
        matches!(self.state, State::Lost(Plan::Again { at } | Plan::Next { at }) if at <= now)
    }

    /// Which agent has its turn, from 0.
    pub const fn current(&self) -> usize {
        self.current
    }

    /// How often the current agent had begun before it began last: [`Begin::attempt`](crate::Begin::attempt).
    pub const fn attempt(&self) -> u32 {
        self.begun.saturating_sub(1)
    }

    /// Whether the call is without an agent.
    pub const fn is_away(&self) -> bool {
        self.away_since.is_some()
    }

    /// Whether the current agent has begun, and not been ready since.
    pub const fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting { .. })
    }

    /// Whether no agent is sought any more.
    pub const fn has_given_up(&self) -> bool {
        matches!(self.state, State::Lost(Plan::GiveUp))
    }

    /// Why the last agent was lost: snake case, `connect_timeout` or its own; empty if none was.
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    fn next_agent(&mut self, now: Time) -> Plan {
        if self.current + 1 >= self.agents {
            return Plan::GiveUp;
        }
        self.current += 1;
        (self.begun, self.again, self.quick) = (0, 0, 0);
        Plan::Next { at: now }
    }

    fn connected_by(&self) -> Option<Time> {
        match self.state {
            State::Connecting { since } => Some(since.plus_ms(self.config.connect_ms)),
            _ => None,
        }
    }

    fn give_up_at(&self) -> Option<Time> {
        let given_up = matches!(self.state, State::Lost(Plan::GiveUp));
        let away_since = self.away_since.filter(|_| !given_up);
        away_since.map(|since| since.plus_ms(self.config.give_up_ms))
    }
}

#[cfg(test)]
mod tests;
