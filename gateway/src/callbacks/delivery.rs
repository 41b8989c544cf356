//! One delivery: attempts until the server has taken it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use trunkline_call::{DialFault, PostSpec};

use super::desk::Desk;
use super::request::TIMEOUT_MS;
use super::servers::Place;
use crate::agents::server;
use crate::calls::CallId;
use crate::telemetry::CallbackCount;

/// Waits between attempts, in seconds (IVR Solutions' callbacks; AgentPhone says exponential and five as well).
const WAITS_S: [u64; 5] = [1, 2, 4, 8, 16];

/// The server wants no more of it (RFC 9110 §15.5.11).
const GONE: u16 = 410;

/// A callback that is on its way. Its place among those pending is free again once it is dropped.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) call: CallId,
    pub(super) event: &'static str,
    pub(super) spec: Arc<PostSpec>,
    pub(super) place: Place,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The server has it.
    Delivered,
    /// The server wants nothing of this kind any more.
    Gone,
    /// The server did not take it.
    GivenUp,
}

/// Why an attempt came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Status(u16),
    NotReached(DialFault),
    TimedOut,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::NotReached(fault) => f.write_str(fault.label()),
            Self::TimedOut => f.write_str("timed_out"),
        }
    }
}

impl Delivery {
    /// Tries until the server has taken it, or six attempts have come to nothing, and counts what became of it.
    pub(super) async fn run(self, desk: &Desk) -> Fate {
        let mut waits = WAITS_S.into_iter();
        let fate = loop {
            let fault = match self.attempt(desk).await {
                Ok(()) => break Fate::Delivered,
                Err(Fault::Status(GONE)) => {
                    self.log(Fault::Status(GONE));
                    break Fate::Gone;
                }
                Err(fault) => fault,
            };
            let Some(wait_s) = waits.next() else {
                self.log(fault);
                break Fate::GivenUp;
            };
            sleep(Duration::from_secs(wait_s)).await;
        };
        desk.meters.callback(match fate {
            Fate::Delivered => CallbackCount::Delivered,
            Fate::Gone | Fate::GivenUp => CallbackCount::Failed,
        });
        drop(self.place);
        fate
    }

    async fn attempt(&self, desk: &Desk) -> Result<(), Fault> {
        // First among those of its server, so that they do not wait in the others' way. Never closed.
        let _turn_at_server = self.place.turn().await;
        let _turn = desk.attempts.acquire().await;
        let at_most = Duration::from_millis(TIMEOUT_MS);
        match timeout(at_most, desk.post.send(&self.spec)).await {
            Ok(Ok(200..300)) => Ok(()),
            Ok(Ok(status)) => Err(Fault::Status(status)),
            Ok(Err(fault)) => Err(Fault::NotReached(fault)),
            Err(_) => Err(Fault::TimedOut),
        }
    }

    /// Names the server by scheme, host and port: the rest of a URL may be a credential.
    fn log(&self, fault: Fault) {
        let call = self.call.as_str();
        let event = self.event;
        let server = server(&self.spec.url);
        tracing::warn!(call, event, server, reason = %fault, "callback not delivered");
    }
}
