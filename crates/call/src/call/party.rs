//! Who answers: the agent, those that follow it when it is lost, and the links it holds.

use std::collections::VecDeque;

use trunkline_protocol::client::omni::Configure;

use crate::agent::AgentNeeds;
use crate::config::FailoverConfig;
use crate::failover::Failover;
use crate::link::{LinkId, MAX_LINKS};
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
    /// Generation of what sits in each slot; `None` where nothing is open.
    links: [Option<LinkId>; MAX_LINKS],
    /// Links of an agent that was lost, to be closed.
    closing: VecDeque<LinkId>,
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
            links: [None; MAX_LINKS],
            closing: VecDeque::new(),
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
        self.closing
            .extend(self.links.iter_mut().filter_map(Option::take));
    }

    /// A link left behind, to be closed.
    pub(super) fn next_closing(&mut self) -> Option<LinkId> {
        self.closing.pop_front()
    }

    /// The agent opens a link; false for a slot it may not have.
    pub(super) fn open(&mut self, id: LinkId) -> bool {
        match self.links.get_mut(id.slot()) {
            Some(slot) if id.slot() != LinkId::CALLER.slot() => {
                *slot = Some(id);
                true
            }
            _ => false,
        }
    }

    /// The link is closed; whether it was open.
    pub(super) fn close(&mut self, id: LinkId) -> bool {
        let slot = self.links.get_mut(id.slot());
        slot.is_some_and(|slot| slot.take_if(|open| *open == id).is_some())
    }

    pub(super) fn is_open(&self, id: LinkId) -> bool {
        self.links.get(id.slot()).is_some_and(|l| *l == Some(id))
    }
}
