//! What a call tells its courier: of everything it reports, the little a callback is made of.

use std::sync::Arc;

use tokio::sync::mpsc;
use trunkline_call::{CallEvent, CallInfo, Ending, Metering, Referral, Said, TransferFault};

use crate::telemetry::{CallbackCount, Meters};

/// Notes of one call on their way to its courier, who takes them at once.
const WAITING: usize = 64;

/// One thing that happened.
#[derive(Clone, Debug)]
pub(super) enum Note {
    /// Caller and agent are talking.
    Live(Box<CallInfo>),
    /// The agent asked for a transfer.
    TransferWanted(Referral),
    /// It came to nothing.
    TransferFailed(TransferFault),
    /// Another agent was given the call.
    HandedOver,
    /// The agent has been lost.
    AgentLost(&'static str),
    /// The call is over.
    Ended(Box<End>),
}

/// How a call ended.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) ending: Ending,
    pub(super) metering: Metering,
    /// Empty where nobody wants to read it.
    pub(super) said: Vec<Said>,
}

impl Note {
    fn of(event: &CallEvent, transcript: bool) -> Option<Self> {
        Some(match event {
            CallEvent::Live { info } => Self::Live(Box::new(info.clone())),
            CallEvent::TransferWanted { referral } => Self::TransferWanted(referral.clone()),
            CallEvent::TransferFailed { fault } => Self::TransferFailed(*fault),
            CallEvent::HandedOver => Self::HandedOver,
            CallEvent::AgentLost { reason } => Self::AgentLost(reason),
            CallEvent::Ended {
                ending,
                metering,
                said,
                ..
            } => Self::Ended(Box::new(End {
                ending: *ending,
                metering: *metering,
                said: if transcript { said.clone() } else { Vec::new() },
            })),
            _ => return None,
        })
    }
}

/// A call's way to its courier. Dropped with the call: a courier that was not told of an end sees one.
#[derive(Debug)]
pub struct Notes {
    courier: mpsc::Sender<Note>,
    transcript: bool,
    meters: Arc<Meters>,
}

impl Notes {
    pub(super) fn new(transcript: bool, meters: Arc<Meters>) -> (Self, mpsc::Receiver<Note>) {
        let (courier, notes) = mpsc::channel(WAITING);
        let sender = Self {
            courier,
            transcript,
            meters,
        };
        (sender, notes)
    }

    /// Takes down what the event says, without ever waiting. What finds no room is dropped and counted.
    pub fn take_down(&mut self, event: &CallEvent) {
        if let Some(note) = Note::of(event, self.transcript)
            && self.courier.try_send(note).is_err()
        {
            self.meters.callback(CallbackCount::Dropped);
        }
    }
}
