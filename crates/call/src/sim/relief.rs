//! What a scenario says of agents that are lost, of those that take over, of holds and of the gateway's lines.

use std::sync::Arc;

use super::acts::Act;
use super::build::Builder;
use super::clips::{Own, Sounded};
use super::desk::Manner;
use super::notes::Begun;
use super::script::{Do, Told, When};
use super::world::World;
use crate::agent::{Action, AgentFailure, Answerer};
use crate::io::{CallEvent, Control};
use crate::meter::Metering;
use crate::time::Time;

impl Builder {
    /// The gateway has this line to say, so long.
    pub(super) fn line(self, own: Own, ms: u64) -> Self {
        self.config(|c| own.put(ms, Arc::make_mut(&mut c.lines)))
    }

    /// Another agent that takes over: like the first, but for what `change` does to it. Its script and its
    /// notes are the first one's.
    pub(super) fn fallback(mut self, change: impl FnOnce(&mut Manner)) -> Self {
        let mut manner = self.manner.clone();
        change(&mut manner);
        self.fallbacks.push(manner);
        self
    }

    /// An agent to whom the call is given: like the first, but for what `change` does to it.
    pub(super) fn heir(mut self, change: impl FnOnce(&mut Manner)) -> Self {
        let mut manner = self.manner.clone();
        change(&mut manner);
        self.heirs.push(manner);
        self
    }

    /// What the agent does when an agent begins for the n-th time in the call, from 0.
    pub(super) fn nth(self, n: usize, order: Do) -> Self {
        self.when(When::Nth(n), order)
    }

    /// The same, so many milliseconds after.
    pub(super) fn nth_after(self, n: usize, ms: u64, order: Do) -> Self {
        self.nth(n, Do::After(ms, Box::new(order)))
    }
}

/// The agent is ready.
pub(super) const READY: Do = Do::Act(Action::Ready);

/// The agent is lost.
pub(super) const fn failed(reason: &'static str, retry: bool) -> Do {
    Do::Act(Action::Failed(AgentFailure { reason, retry }))
}

/// To happen.
impl World {
    pub(super) fn agent_fails(&mut self, reason: &'static str, retry: bool) {
        self.act(Act::Agent(failed(reason, retry)));
    }

    /// What was said before is about to be cut off, without the agent being told.
    pub(super) fn last_words_are_void(&self) {
        let now = self.now;
        self.agent.desk_mut().notes.void_all(now);
    }

    /// The agent gives the end of what it has said a name.
    pub(super) fn agent_marks(&mut self, name: &str) {
        self.agent_wants(Action::Mark(name.to_owned()));
    }

    /// The agent reaches for somebody once more; or it has reached them.
    pub(super) fn agent_is_away(&mut self, away: bool) {
        self.agent_wants(if away { Action::Away } else { Action::Ready });
    }

    pub(super) fn agent_hands_over(&mut self) {
        self.agent_wants(Action::HandOver);
    }

    /// The agent needs something else than it said.
    pub(super) fn agent_needs(&mut self, change: impl FnOnce(&mut Manner)) {
        self.agent.desk_mut().change(change);
        self.agent_wants(Action::NeedsChanged);
    }

    pub(super) fn agent_works(&mut self, working: bool) {
        self.agent_wants(Action::Working(working));
    }

    pub(super) fn agent_holds(&mut self, hold: bool) {
        self.agent_wants(Action::Hold(hold));
    }

    pub(super) fn operator_holds(&mut self, hold: bool) {
        self.act(Act::Control(Control::Hold(hold)));
    }

    pub(super) fn transfer_comes_to(&mut self, done: bool) {
        self.act(Act::Control(Control::Transferred(done)));
    }

    pub(super) fn carrier_finds(&mut self, answerer: Answerer) {
        self.act(Act::Control(Control::AnsweredBy(answerer)));
    }
}

/// To ask.
impl World {
    /// The gateway's lines heard by now: which, from when in milliseconds after `since`, how long.
    pub(super) fn lines_heard(&self, since: Time) -> Vec<(Own, u64, u64)> {
        let heard = self.carrier.own.iter().filter(|own| own.at < self.now);
        let told = |heard: &Sounded| {
            let until = heard.until.min(self.now);
            (
                heard.own,
                heard.at.ms_since(since),
                until.ms_since(heard.at),
            )
        };
        heard.map(told).collect()
    }

    /// The longest time from `since` to now in which the caller heard nothing.
    pub(super) fn longest_silence_ms(&self, since: Time) -> u64 {
        let (mut longest_us, mut heard_until) = (0, since);
        for (from, until) in self.carrier.sounded() {
            if *from >= self.now {
                break;
            }
            longest_us = longest_us.max(from.us_since(heard_until));
            heard_until = heard_until.max(*until);
        }
        longest_us.max(self.now.us_since(heard_until)) / 1_000
    }

    /// Every time an agent began.
    pub(super) fn begun(&self) -> Vec<Begun> {
        self.agent.desk().notes.begun.clone()
    }

    /// When agents began, in milliseconds after `since`: which, for which time.
    pub(super) fn attempts(&self, since: Time) -> Vec<(u64, usize, u32)> {
        let begun = self.begun();
        let told = |b: &Begun| (b.at.ms_since(since), b.agent, b.attempt);
        begun.iter().filter(|b| b.at >= since).map(told).collect()
    }

    /// Why and when agents were lost, in milliseconds after `since`.
    pub(super) fn losses(&self, since: Time) -> Vec<(u64, &'static str)> {
        let events = self.record.events.iter();
        let lost = events.filter_map(|(at, event)| match event {
            CallEvent::AgentLost { reason } => Some((at.ms_since(since), *reason)),
            _ => None,
        });
        lost.collect()
    }

    /// How often it was reported.
    pub(super) fn reported(&self, of: impl Fn(&CallEvent) -> bool) -> usize {
        self.record.events.iter().filter(|(_, e)| of(e)).count()
    }

    /// What the agent was told of its marks, with when in milliseconds after `since`.
    pub(super) fn marked(&self, since: Time) -> Vec<(u64, String, bool)> {
        let told = self.told().into_iter().filter(|(at, _)| *at >= since);
        let marked = told.filter_map(|(at, told)| match told {
            Told::Marked { name, played } => Some((at.ms_since(since), name, played)),
            _ => None,
        });
        marked.collect()
    }

    /// When the call was over.
    pub(super) fn over_at(&self) -> Option<Time> {
        let mut events = self.record.events.iter();
        events.find_map(|(at, event)| matches!(event, CallEvent::Ended { .. }).then_some(*at))
    }

    /// What was billed.
    pub(super) fn billed(&self) -> Metering {
        let mut events = self.record.events.iter();
        let metering = events.find_map(|(_, event)| match event {
            CallEvent::Ended { metering, .. } => Some(*metering),
            _ => None,
        });
        metering.expect("the call is over")
    }

    /// No agent was told of anything it had no part in.
    #[track_caller]
    pub(super) fn assert_nothing_told_astray(&self) {
        assert_eq!(self.agent.desk().notes.astray, []);
    }
}
