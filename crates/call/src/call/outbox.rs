//! What waits for the caller's link and for the watcher.

use std::collections::VecDeque;

use crate::agent::Action;
use crate::caller::CallerMessage;
use crate::io::CallEvent;
use crate::referral::Referral;

/// Messages and events waiting at once; a caller that lets more pile up has stalled.
const BOUND: usize = 256;

/// Things an agent wants done with an answer that is held; the newest are dropped.
const HELD: usize = 64;

/// Everything to be told that is not audio, in order.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) messages: VecDeque<CallerMessage>,
    /// Wire messages of the first one already written.
    pub(super) step: u8,
    pub(super) events: VecDeque<CallEvent>,
    pub(super) ping: bool,
    /// Where the caller goes once the last words have been played.
    pub(super) transfer: Option<Referral>,
    /// The ending is told once the last words have been played.
    pub(super) goodbye: bool,
    /// What goes with answers that are held until the caller's turn is really over.
    held: VecDeque<Action>,
    holding: bool,
}

impl Outbox {
    pub(super) fn is_overfull(&self) -> bool {
        self.messages.len() > BOUND
    }

    /// Whether answers wait for the caller's turn to be over.
    pub(super) const fn is_holding(&self) -> bool {
        self.holding
    }

    pub(super) const fn hold(&mut self) {
        self.holding = true;
    }

    /// Keeps an action for when the turn is over; gives it back where nothing is held.
    pub(super) fn keep(&mut self, action: Action) -> Option<Action> {
        if !self.holding {
            return Some(action);
        }
        if self.held.len() < HELD {
            self.held.push_back(action);
        }
        None
    }

    /// Nothing is held any longer: what was kept is to be done now, or forgotten.
    pub(super) fn let_go(&mut self) -> VecDeque<Action> {
        self.holding = false;
        std::mem::take(&mut self.held)
    }
}
