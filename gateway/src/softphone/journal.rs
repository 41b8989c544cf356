//! The timeline of a call, kept whole for the report and handed out once as it grows.

use super::event::{EventKind, PhoneEvent};

/// Events in the order they were noticed.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    events: Vec<PhoneEvent>,
    handed_out: usize,
    dropped: u64,
}

impl Journal {
    /// Events kept; later ones are counted only.
    const LIMIT: usize = 100_000;

    pub(crate) fn push(&mut self, t_ms: u64, kind: EventKind) {
        if self.events.len() < Self::LIMIT {
            self.events.push(PhoneEvent { t_ms, kind });
        } else {
            self.dropped += 1;
        }
    }

    /// The next event not handed out yet.
    pub(crate) fn pop(&mut self) -> Option<PhoneEvent> {
        let event = self.events.get(self.handed_out)?.clone();
        self.handed_out += 1;
        Some(event)
    }

    /// All events in the order they happened, and how many there was no room for.
    pub(crate) fn into_sorted(mut self) -> (Vec<PhoneEvent>, u64) {
        self.events.sort_by_key(|event| event.t_ms);
        (self.events, self.dropped)
    }
}
