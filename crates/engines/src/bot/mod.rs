//! A bot: somebody's own WebSocket server that has the call, with us in the role of the telephony platform.
//!
//! One call is one socket. What the bot sends is played, what the caller says is sent, and what the bot wants of
//! the call (keys, marks, transfers, the end) is asked of the call. Where a bot gives the call to another, the
//! second socket is opened before the first is left.

mod address;
mod conversation;
mod moving;
mod patience;
mod seat;
mod spec;
mod speech;
mod stream;

use std::sync::Arc;

use trunkline_call::{
    Action, Agent, AgentEvent, AgentFailure, AgentNeeds, Buffers, CallInfo, Delivery, Ending,
    Hears, LinkId, LinkSet, Time, TurnMode,
};
use trunkline_codecs::format::AudioFormat;

use crate::embedded::ScriptAgent;
use address::Asking;
use moving::Moves;
use patience::Patience;
use seat::Seat;
pub use spec::{Address, BotSpec, MAX_PARAMETERS_BYTES, Manners, Target};
use speech::Speech;

/// An agent that is somebody's own server.
#[derive(Debug)]
pub struct BotAgent {
    spec: Arc<BotSpec>,
    /// The bot's audio; told anew by whoever is asked for its address.
    format: AudioFormat,
    info: CallInfo,
    /// The question where the bot is.
    asking: Option<Asking>,
    seats: Seats,
    speech: Speech,
    /// What a message of the bot's is decoded into.
    decoded: Vec<u8>,
    patience: Patience,
    moves: Moves,
    /// Names of marks that the bot's clear, which is being carried out, has thrown away.
    cut: Option<Vec<String>>,
    is_ready: bool,
    is_over: bool,
}

/// The bots of one call.
#[derive(Debug, Default)]
struct Seats {
    /// The one that has the call, or will.
    current: Option<Seat>,
    /// The one it has given the call to, while that is dialled.
    next: Option<Seat>,
    /// The one that had the call before, and has not been told that it is over.
    left: Option<Seat>,
    /// How many links have been opened, and how many of them dialled.
    opened: u32,
    dialled: u32,
    /// The close code of the current one, once it closes.
    close_code: Option<u16>,
    /// Others follow when they are lost.
    is_replaceable: bool,
}

impl Seats {
    /// A name for the next link: slots 1 to 4 in turn, so that a socket being left is not in the way.
    fn next_link(&mut self) -> LinkId {
        let turn = self.opened;
        self.opened = turn.wrapping_add(1);
        LinkId::new(1 + (turn % 4) as u8, (turn / 4) as u8)
    }

    /// Nobody is left.
    fn clear(&mut self) {
        self.current = None;
        self.next = None;
        self.left = None;
        self.close_code = None;
    }
}

impl BotAgent {
    /// An agent that has no call yet.
    pub fn new(spec: Arc<BotSpec>) -> Self {
        Self {
            format: spec.format,
            info: CallInfo::default(),
            asking: None,
            seats: Seats::default(),
            speech: Speech::default(),
            decoded: Vec::new(),
            patience: Patience::new(spec.manners),
            moves: Moves::default(),
            cut: None,
            is_ready: false,
            is_over: false,
            spec,
        }
    }

    /// The same, where another agent can take over from a script it gives the call to.
    #[must_use]
    pub const fn replaceable(mut self) -> Self {
        self.seats.is_replaceable = true;
        self
    }

    /// The script the bot has given the call to, once.
    pub(crate) fn flow(&mut self) -> Option<ScriptAgent> {
        let agent = self.moves.flow.take().map(ScriptAgent::new)?;
        Some(if self.seats.is_replaceable {
            agent.replaceable()
        } else {
            agent
        })
    }

    fn fail(&mut self, reason: &'static str, retry: bool) {
        self.speech
            .push(Action::Failed(AgentFailure { reason, retry }));
    }
}

impl Agent for BotAgent {
    fn needs(&mut self, _caller_sends: AudioFormat, _caller_takes: AudioFormat) -> AgentNeeds {
        let manners = self.spec.manners;
        AgentNeeds {
            hears: Hears::Continuous,
            delivery: if manners.real_time {
                Delivery::RealTime
            } else {
                Delivery::Burst
            },
            turns: if manners.barge_in {
                TurnMode::Voice
            } else {
                TurnMode::Off
            },
            // It has no words for an answer that is void.
            early: false,
            connects: true,
            ..AgentNeeds::new(Some(self.format), self.format)
        }
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        if self.is_over {
            return;
        }
        match event {
            AgentEvent::Begin(begin) => self.begin(begin.info),
            AgentEvent::Audio(audio) => {
                if let Some(seat) = &mut self.seats.current {
                    seat.hear(audio);
                }
            }
            AgentEvent::Up(id) => self.up(now, id),
            AgentEvent::Data(id, frame) => self.data(id, frame),
            AgentEvent::Down(id, why) => self.down(now, id, why),
            AgentEvent::Tick => self.run_patience(now),
            other => self.told(now, other),
        }
    }

    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        self.watch_stall(now, writable);
        if let Some(names) = self.cut.take_if(|_| self.speech.is_cut()) {
            self.cut_done(&names);
        }
        if let Some(action) = self.poll_seats(now, writable, buffers.message) {
            return Some(action);
        }
        if self.is_over {
            return None;
        }
        self.speech.poll(now, buffers.audio)
    }

    fn deadline(&self) -> Option<Time> {
        let tail = self.speech.deadline().filter(|_| self.speech.is_empty());
        let patience = self.patience.deadline().filter(|_| self.is_ready);
        let left = self.seats.left.as_ref().map(|left| left.leaves_at);
        [tail, patience, left].into_iter().flatten().min()
    }

    fn takes_audio(&self, _writable: LinkSet) -> bool {
        self.seats.current.as_ref().is_some_and(Seat::takes_audio)
    }

    fn ended(&mut self, ending: Ending) {
        self.end(ending);
    }
}
