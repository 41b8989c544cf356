//! Dialling out: WebSockets to bots, requests to webhooks.
//!
//! All of it runs on control: names, addresses and whether they may be reached, TLS, the upgrade, signatures. A
//! shard gets an upgraded socket, or the pieces of an answer, and learns a closed set of reasons where there is
//! none. Logs name scheme, host and port of a target, never its path, query or headers.

mod allowed;
mod answer;
mod connect;
mod exchange;
mod guard;
mod headers;
mod pool;
mod request;
mod resolve;
mod roots;
mod signing;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};
use trunkline_call::{DialFault, DialSpec, PostSpec};

use crate::shard::Newborn;
use crate::telemetry::Meters;
pub use allowed::{Allowed, NotAllowed};
pub use answer::Answer;
#[cfg(test)]
pub(crate) use answer::AnswerSender;
use connect::{Connector, timed_out};
pub use guard::{Blocked, Guard, Place, Scheme, Target};
pub use headers::{MAX_HEADERS, MAX_VALUE_BYTES, check_header};
use pool::Pool;
use resolve::Lookups;
pub use resolve::Resolver;
pub use roots::{Roots, RootsError};

/// WebSockets being dialled at once, and requests in the air at once. One more is refused and counted.
const AT_ONCE: usize = 1_024;

/// Whom the gateway may dial, and whom it believes.
#[derive(Clone, Debug, Default)]
pub struct EgressConfig {
    /// What may be reached although it is private, and without TLS.
    pub allow: Vec<Allowed>,
    /// Roots that are believed beside the system's.
    pub roots: Roots,
    /// Who knows the addresses of names.
    pub resolver: Resolver,
}

/// Dials. One for the process; a clone is the same one.
#[derive(Clone)]
pub struct Dialer(Arc<Inner>);

struct Inner {
    control: Handle,
    connector: Connector,
    pool: Pool,
    dials: Arc<Semaphore>,
    posts: Arc<Semaphore>,
    meters: Arc<Meters>,
}

impl Dialer {
    /// Ready to dial, on this runtime. What it refuses is counted in `meters`. Reads the system's root
    /// certificates, which blocks for some milliseconds.
    ///
    /// # Errors
    /// The cryptography knows none of TLS' versions, which it does.
    pub fn start(
        control: Handle,
        egress: EgressConfig,
        meters: Arc<Meters>,
    ) -> Result<Self, rustls::Error> {
        let guard = Guard::new(egress.allow);
        let lookups = Lookups::new(egress.resolver, Arc::clone(&meters));
        Ok(Self(Arc::new(Inner {
            control,
            connector: Connector::new(guard, lookups, &egress.roots)?,
            pool: Pool::default(),
            dials: Arc::new(Semaphore::new(AT_ONCE)),
            posts: Arc::new(Semaphore::new(AT_ONCE)),
            meters,
        })))
    }

    /// Dials a WebSocket. Dropping the receiver cancels.
    ///
    /// At most 1,024 are dialled at once; one more is [`DialFault::Refused`].
    pub fn dial(&self, spec: Arc<DialSpec>) -> oneshot::Receiver<Result<Newborn, DialFault>> {
        let (mut sender, receiver) = oneshot::channel();
        let inner = Arc::clone(&self.0);
        let place = Arc::clone(&inner.dials).try_acquire_owned();
        if place.is_err() {
            inner.meters.dial_refused();
        }
        self.0.control.spawn(async move {
            let dialled = match place {
                Err(_) => Err(DialFault::Refused),
                Ok(_place) => tokio::select! {
                    biased;
                    () = sender.closed() => return,
                    dialled = inner.dial(&spec) => dialled,
                },
            };
            if sender.send(dialled).is_err() {
                tracing::trace!("nobody waits for a socket any more");
            }
        });
        receiver
    }

    /// Makes a request. Dropping the answer aborts it.
    ///
    /// At most 1,024 are in the air at once; one more is [`DialFault::Refused`].
    pub fn post(&self, spec: Arc<PostSpec>) -> Answer {
        let (mut answer, sender) = Answer::channel();
        let Some(sender) = sender else {
            return answer;
        };
        let inner = Arc::clone(&self.0);
        let Ok(place) = Arc::clone(&inner.posts).try_acquire_owned() else {
            inner.meters.dial_refused();
            sender.not_reached(DialFault::Refused);
            return answer;
        };
        let request = self.0.control.spawn(async move {
            request::post(&inner.connector, &inner.pool, &spec, sender).await;
            drop(place);
        });
        answer.set_request(request.abort_handle());
        answer
    }
}

impl Inner {
    async fn dial(&self, spec: &DialSpec) -> Result<Newborn, DialFault> {
        let deadline = Instant::now() + Duration::from_millis(spec.connect_ms);
        let target = websocket::target(&self.connector, spec)?;
        let dialling = websocket::dial(&self.connector, &target, spec, deadline);
        let dialled = match timeout_at(deadline, dialling).await {
            Ok(dialled) => dialled,
            Err(elapsed) => Err(timed_out(elapsed)),
        };
        match &dialled {
            Ok(_) => tracing::debug!(%target, "connected"),
            Err(fault) => tracing::debug!(%target, fault = fault.label(), "not reached"),
        }
        dialled
    }
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialer")
            .field("dials", &(AT_ONCE - self.0.dials.available_permits()))
            .field("posts", &(AT_ONCE - self.0.posts.available_permits()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
pub use tests::ResolverScript;
