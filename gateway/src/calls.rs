//! The directory of running calls, and what they report.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::{Notify, mpsc};
use trunkline_call::{CallEvent, Control};

use crate::callbacks::Notes;
use crate::telemetry::Meters;

/// Orders waiting for one call.
const MAILBOX: usize = 16;

/// Events of all calls waiting to be written to the log.
const EVENTS: usize = 4_096;

/// Names one call; unique in this process's data directory, and unguessable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallId(Arc<str>);

impl CallId {
    /// A new name.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(
            format!("call_{:032x}", u128::from_be_bytes(bytes)).into(),
        ))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What happened in which call.
#[derive(Debug)]
pub struct Reported {
    /// The call.
    pub call: CallId,
    /// Its caller's dialect.
    pub dialect: &'static str,
    /// What happened.
    pub event: CallEvent,
}

/// Every running call. Written when a call begins and ends, never while it runs.
#[derive(Debug)]
pub struct Calls {
    running: DashMap<CallId, mpsc::Sender<Control>>,
    bound: usize,
    ended: Notify,
    events: mpsc::Sender<Reported>,
    meters: Arc<Meters>,
}

/// As many calls run as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bound} calls are running, which is the limit")]
pub struct Full {
    /// The limit.
    pub bound: usize,
}

impl Calls {
    /// An empty directory for at most `bound` calls, and the stream of what they will report.
    pub fn new(bound: usize, meters: Arc<Meters>) -> (Arc<Self>, mpsc::Receiver<Reported>) {
        let (events, reports) = mpsc::channel(EVENTS);
        let calls = Self {
            running: DashMap::new(),
            bound,
            ended: Notify::new(),
            events,
            meters,
        };
        (Arc::new(calls), reports)
    }

    /// Enters a call. It stays until the guard is dropped.
    ///
    /// # Errors
    /// The limit is reached.
    pub fn enter(self: &Arc<Self>, id: CallId, dialect: &'static str) -> Result<Entered, Full> {
        // Two at the same moment may both pass: the limit protects the machine and is not a promise.
        if self.running.len() >= self.bound {
            return Err(Full { bound: self.bound });
        }
        let (orders, mailbox) = mpsc::channel(MAILBOX);
        self.running.insert(id.clone(), orders);
        self.meters.call_began(dialect);
        let reporter = CallReporter {
            call: id.clone(),
            dialect,
            events: self.events.clone(),
            notes: None,
            meters: Arc::clone(&self.meters),
        };
        let guard = CallGuard {
            calls: Arc::clone(self),
            id,
            dialect,
        };
        Ok(Entered {
            mailbox,
            reporter,
            guard,
        })
    }

    /// How many run.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether none runs.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Gives every call an order. A call whose mailbox is full does not get it, and is counted.
    pub fn order_all(&self, order: Control) -> usize {
        self.running
            .iter()
            .filter(|entry| entry.value().try_send(order).is_err())
            .count()
    }

    /// Waits until no call runs, at most this long. Returns whether that came about.
    ///
    /// Cancel safe: nothing is lost when it is dropped.
    pub async fn wait_until_empty(&self, at_most: Duration) -> bool {
        let emptied = async {
            loop {
                let ended = self.ended.notified();
                if self.is_empty() {
                    return;
                }
                ended.await;
            }
        };
        tokio::time::timeout(at_most, emptied).await.is_ok()
    }
}

/// A call in the directory.
#[derive(Debug)]
pub struct Entered {
    /// Its orders.
    pub mailbox: mpsc::Receiver<Control>,
    /// Where it reports.
    pub reporter: CallReporter,
    /// Keeps it in.
    pub guard: CallGuard,
}

impl Entered {
    /// The same, whose events are also taken down for callbacks.
    #[must_use]
    pub fn noted(mut self, notes: Notes) -> Self {
        self.reporter.notes = Some(notes);
        self
    }
}

/// Keeps a call in the directory. Its end counts as the end of the call, however that came about.
#[derive(Debug)]
pub struct CallGuard {
    calls: Arc<Calls>,
    id: CallId,
    dialect: &'static str,
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        // Counted first: who finds the directory empty finds the counters equal.
        self.calls.meters.call_ended(self.dialect);
        self.calls.running.remove(&self.id);
        self.calls.ended.notify_waiters();
    }
}

/// Takes a call's events off its shard without ever blocking it.
#[derive(Debug)]
pub struct CallReporter {
    call: CallId,
    dialect: &'static str,
    events: mpsc::Sender<Reported>,
    /// For callbacks, where somebody wants them.
    notes: Option<Notes>,
    meters: Arc<Meters>,
}

impl CallReporter {
    /// Counts the event at once and passes it on for callbacks and for the log, each with a queue of its own.
    pub fn report(&mut self, event: CallEvent) {
        self.meters.call_event(self.dialect, &event);
        if let Some(notes) = &mut self.notes {
            notes.take_down(&event);
        }
        let reported = Reported {
            call: self.call.clone(),
            dialect: self.dialect,
            event,
        };
        if self.events.try_send(reported).is_err() {
            self.meters.event_missed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket that is lost between its admission and its shard reports nothing.
    #[test]
    fn a_call_that_never_reached_a_shard_has_ended_all_the_same() {
        let meters = Arc::new(Meters::new().expect("meters"));
        let (calls, _reports) = Calls::new(1, Arc::clone(&meters));
        let id = CallId::random().expect("randomness");
        drop(calls.enter(id, "omni").expect("room for one"));
        let page = meters.render();
        for series in ["trunkline_calls_began_total", "trunkline_calls_ended_total"] {
            let line = format!("{series}{{dialect=\"omni\"}} 1\n");
            assert!(page.contains(&line), "{line:?} is not in:\n{page}");
        }
        assert!(calls.is_empty());
    }
}
