//! What a world is put together from, and what it keeps beside the call.

use super::agent::SimAgent;
use super::carrier::Carrier;
use super::invariants::Watch;
use super::network::{Packet, Path};
use super::person::Person;
use super::rng::Rng;
use crate::config::CallConfig;
use crate::io::CallEvent;
use crate::link::{LinkId, LinkSet};
use crate::scratch::Scratch;
use crate::time::Time;

/// Whoever drives the call.
#[derive(Debug)]
pub(super) struct Driver {
    pub(super) scratch: Scratch,
    pub(super) wake: Option<Time>,
    /// Timers fire up to so much late.
    pub(super) late_us: u64,
    pub(super) rng: Rng,
    /// The agent's own links that take nothing now.
    pub(super) blocked: LinkSet,
    pub(super) was_writable: LinkSet,
    /// The call closed the caller's link, with this code: nothing more is delivered from it.
    pub(super) closed: Option<u16>,
    pub(super) over: bool,
}

/// What came out of the call.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Texts written to the caller's link.
    pub(super) texts: Vec<(Time, String)>,
    /// Texts written to the agent's own links.
    pub(super) link_texts: Vec<(LinkId, String)>,
    pub(super) opened: Vec<LinkId>,
    /// The agent's own links the call closed, with when.
    pub(super) closed: Vec<(Time, LinkId)>,
    /// The same three in their order, and the end of the call.
    pub(super) crossings: Vec<Crossing>,
    pub(super) events: Vec<(Time, CallEvent)>,
    pub(super) live: bool,
    /// Interruptions counted, and what the agent's notes said of silences, at the last look.
    pub(super) barge_ins: u64,
    pub(super) silences: u64,
    /// Everything written to the caller's link, where somebody wants it.
    pub(super) tape: Option<Vec<(Time, Packet)>>,
}

/// What the call did with the agent's own links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Crossing {
    Opened(LinkId),
    Sent(LinkId, String),
    Closed(LinkId),
    /// The call was over.
    Over,
}

impl Driver {
    pub(super) fn new(rng: Rng) -> Self {
        Self {
            scratch: Scratch::new(),
            wake: None,
            late_us: 0,
            rng,
            blocked: LinkSet::EMPTY,
            was_writable: LinkSet::ALL,
            closed: None,
            over: false,
        }
    }
}

impl Record {
    pub(super) fn note(&mut self, now: Time, packet: &Packet) {
        if let Some(tape) = &mut self.tape {
            tape.push((now, packet.clone()));
        }
    }
}

/// The parts a world is put together from.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) config: CallConfig,
    pub(super) agent: SimAgent,
    pub(super) person: Person,
    pub(super) carrier: Carrier,
    pub(super) up: Path,
    pub(super) down: Path,
    pub(super) driver: Driver,
    pub(super) watch: Watch,
}
