//! Who answers: the agent, those that follow it when it is lost, and whether it can be reached.

use std::collections::VecDeque;

use trunkline_protocol::client::omni::Configure;

use super::links::Links;
use crate::agent::AgentNeeds;
use crate::config::FailoverConfig;
use crate::failover::Failover;
use crate::time::Time;

/// Texts kept for an agent that is away.
const TEXTS: usize = 16;

/// The agent's side of a call.
#[derive(Debug)]
pub(super) struct Party<A> {
    pub(super) agent: A,
    fallbacks: VecDeque<A>,
    pub(super) reach: Reach,
    pub(super) failover: Failover,
    /// What the client asked for, for whoever answers next.
    pub(super) configure: Option<Box<Configure>>,
    /// What the caller typed while it was away, the newest of it.
    pub(super) texts: VecDeque<String>,
    /// What it needs, once it has been asked.
    pub(super) needs: Option<AgentNeeds>,
    /// It wanted more than is carried out at a stretch.
    pub(super) has_more: bool,
    /// One was lost, and none is ready since.
    pub(super) lost: bool,
    /// The call is over for it.
    pub(super) is_over: bool,
    /// How many of its last wishes are still looked at.
    pub(super) last_wishes: u32,
    /// Its sockets and workers.
    pub(super) links: Links,
}

/// How far the agent can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It has not been told of the call, or waits for its next attempt.
    Away,
    /// It is reaching whom it must; the caller's audio is kept for it.
    Connecting,
    /// It listens and speaks.
    Ready,
}

impl<A> Party<A> {
    pub(super) fn new(agent: A, fallbacks: Vec<A>, config: &FailoverConfig) -> Self {
        let failover = Failover::new(config, 1 + fallbacks.len(), Time::ZERO);
        Self {
            agent,
            fallbacks: fallbacks.into(),
            reach: Reach::Away,
            failover,
            configure: None,
            texts: VecDeque::new(),
            needs: None,
            has_more: false,
            lost: false,
            is_over: false,
            last_wishes: 0,
            links: Links::default(),
        }
    }

    /// The call is live: from now on the agent is away until it is ready.
    pub(super) fn begin(&mut self, config: &FailoverConfig, now: Time) {
        self.failover = Failover::new(config, 1 + self.fallbacks.len(), now);
    }

    /// Keeps what the caller typed for whoever is ready next.
    pub(super) fn keep_text(&mut self, text: String) {
        if self.texts.len() >= TEXTS {
            self.texts.pop_front();
        }
        self.texts.push_back(text);
    }

    pub(super) fn is_ready(&self) -> bool {
        self.reach == Reach::Ready
    }

    /// The next agent takes over, if there is one.
    pub(super) fn replace(&mut self) {
        if let Some(next) = self.fallbacks.pop_front() {
            self.agent = next;
        }
    }

    /// The agent is lost: nothing more comes from its links, which are to be closed.
    pub(super) fn leave(&mut self) {
        self.reach = Reach::Away;
        self.links.leave();
    }
}
