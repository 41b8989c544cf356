//! Where couriers are sent from: what they share, and how many deliveries there may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use trunkline_protocol::Secret;

use super::CallbackSpec;
use super::courier::{Clock, Courier};
use super::note::Notes;
use super::post::Post;
use super::record::Record;
use super::servers::{Place, Servers};
use crate::agents::server;
use crate::calls::CallId;
use crate::telemetry::{CallbackCount, Meters};

/// Deliveries pending in the process; one more is dropped and counted.
const PENDING: usize = 10_000;

/// Attempts at once, at all servers. Those that do not answer keep theirs for 10 s each.
const ATTEMPTS: usize = 256;

/// Delivers callbacks, on control. Clones are the same desk.
#[derive(Clone, Debug)]
pub struct Callbacks(Arc<Desk>);

/// What couriers share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) post: Post,
    pub(super) attempts: Semaphore,
    pub(super) meters: Arc<Meters>,
    bound: usize,
    pending: Arc<Semaphore>,
    servers: Arc<Servers>,
    couriers: AtomicUsize,
    returned: Notify,
}

impl Callbacks {
    /// Requests are made by `post`.
    pub fn new(post: Post, meters: Arc<Meters>) -> Self {
        Self::with_bound(PENDING, post, meters)
    }

    pub(super) fn with_bound(bound: usize, post: Post, meters: Arc<Meters>) -> Self {
        Self(Arc::new(Desk {
            post,
            attempts: Semaphore::new(ATTEMPTS),
            meters,
            bound,
            pending: Arc::new(Semaphore::new(bound)),
            servers: Arc::default(),
            couriers: AtomicUsize::new(0),
            returned: Notify::new(),
        }))
    }

    /// Sends out a courier for a call that has just been admitted. What the call hands to the notes is told, and
    /// when they are dropped the end, if it has not been told by then. To be called on the control runtime.
    pub fn open(&self, call: &CallId, spec: &Arc<CallbackSpec>) -> Notes {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let began_unix_ms = now.map_or(0, |since| since.as_millis() as u64);
        self.open_at(call, spec, began_unix_ms)
    }

    pub(super) fn open_at(
        &self,
        call: &CallId,
        spec: &Arc<CallbackSpec>,
        began_unix_ms: u64,
    ) -> Notes {
        let transcript = Record::wants_transcript(spec);
        let (sender, notes) = Notes::new(transcript, Arc::clone(&self.0.meters));
        let record = Record::new(call.as_str(), began_unix_ms);
        let courier = Courier::new(
            self.0.away(),
            Arc::clone(spec),
            call.clone(),
            record,
            Clock::new(began_unix_ms),
        );
        tokio::spawn(courier.run(notes));
        sender
    }

    /// Waits until everything has been delivered or given up, at most this long. What is pending then is lost,
    /// counted and logged; how much that is, is returned.
    ///
    /// Cancel safe: deliveries go on.
    pub async fn finish(&self, at_most: Duration) -> usize {
        let desk = &self.0;
        let all_returned = async {
            loop {
                let returned = desk.returned.notified();
                if desk.couriers.load(Ordering::SeqCst) == 0 {
                    return;
                }
                returned.await;
            }
        };
        if timeout(at_most, all_returned).await.is_ok() {
            return 0;
        }
        let lost = desk.bound - desk.pending.available_permits();
        for _ in 0..lost {
            desk.meters.callback(CallbackCount::Failed);
        }
        if lost > 0 {
            tracing::warn!(lost, "callbacks not delivered in time");
        }
        lost
    }
}

impl Desk {
    /// A place for one more delivery to this URL, if there is one.
    pub(super) fn place(&self, url: &Secret) -> Option<Place> {
        let in_process = Arc::clone(&self.pending).try_acquire_owned().ok();
        let place = in_process.and_then(|place| self.servers.place(server(url), place));
        self.meters.callback(match place {
            Some(_) => CallbackCount::Queued,
            None => CallbackCount::Dropped,
        });
        place
    }

    /// One more courier is away, until what is returned is dropped.
    pub(super) fn away(self: &Arc<Self>) -> Away {
        self.couriers.fetch_add(1, Ordering::SeqCst);
        Away(Arc::clone(self))
    }
}

/// A courier that is not back yet.
#[derive(Debug)]
pub(super) struct Away(Arc<Desk>);

impl Away {
    pub(super) fn desk(&self) -> &Arc<Desk> {
        &self.0
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        self.0.couriers.fetch_sub(1, Ordering::SeqCst);
        self.0.returned.notify_waiters();
    }
}
