//! The servers callbacks go to, each with bounds of its own: one that does not answer does not hold up the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Deliveries pending for one server; one more is dropped and counted.
pub(super) const PENDING: usize = 1_000;

/// Attempts at one server at once.
pub(super) const ATTEMPTS: usize = 32;

/// The servers something is pending for, by scheme, host and port.
#[derive(Debug, Default)]
pub(super) struct Servers(Mutex<HashMap<String, Server>>);

#[derive(Debug)]
struct Server {
    pending: usize,
    attempts: Arc<Semaphore>,
}

/// A place for one delivery, among those of the process and those of its server.
#[derive(Debug)]
pub(super) struct Place {
    servers: Arc<Servers>,
    origin: String,
    attempts: Arc<Semaphore>,
    _in_process: OwnedSemaphorePermit,
}

impl Servers {
    /// A place at the server of this origin for a delivery that has one in the process, if there is one.
    pub(super) fn place(
        self: &Arc<Self>,
        origin: String,
        in_process: OwnedSemaphorePermit,
    ) -> Option<Place> {
        let mut servers = self.locked();
        let server = servers.entry(origin.clone()).or_insert_with(|| Server {
            pending: 0,
            attempts: Arc::new(Semaphore::new(ATTEMPTS)),
        });
        if server.pending >= PENDING {
            return None;
        }
        server.pending += 1;
        Some(Place {
            servers: Arc::clone(self),
            origin,
            attempts: Arc::clone(&server.attempts),
            _in_process: in_process,
        })
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, Server>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits for its turn to make an attempt, which lasts until what is returned is dropped.
    ///
    /// Cancel safe.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed.
        self.attempts.acquire().await.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut servers = self.servers.locked();
        if let Some(server) = servers.get_mut(&self.origin) {
            server.pending -= 1;
            if server.pending == 0 {
                servers.remove(&self.origin);
            }
        }
    }
}
