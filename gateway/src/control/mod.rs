//! Control: everything that is not media. Accepting, HTTP, keys, limits, and the birth of sockets.

mod admit;
mod health;
mod omni;
mod refuse;
mod server;
mod twilio;
mod upgrade;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;

use crate::agents::Agents;
use crate::callbacks::Callbacks;
use crate::calls::Calls;
use crate::config::TelephonyAuth;
use crate::keys::KeyRing;
use crate::shard::Shards;
use crate::telemetry::Meters;

pub use server::serve;

/// What every request may need.
#[derive(Debug)]
pub struct Gateway {
    /// Keys that open sockets.
    pub keys: Arc<KeyRing>,
    /// Running calls.
    pub calls: Arc<Calls>,
    /// Where calls run.
    pub shards: Shards,
    /// Who answers, and by what rules.
    pub agents: Agents,
    /// How Twilio proves itself.
    pub twilio: TelephonyAuth,
    /// Who is told what becomes of calls.
    pub callbacks: Callbacks,
    /// Metrics.
    pub meters: Arc<Meters>,
    draining: AtomicBool,
}

impl Gateway {
    /// A gateway that takes calls.
    pub fn new(
        keys: Arc<KeyRing>,
        calls: Arc<Calls>,
        shards: Shards,
        agents: Agents,
        twilio: TelephonyAuth,
        callbacks: Callbacks,
        meters: Arc<Meters>,
    ) -> Self {
        Self {
            keys,
            calls,
            shards,
            agents,
            twilio,
            callbacks,
            meters,
            draining: AtomicBool::new(false),
        }
    }

    /// No new calls from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether new calls are refused because the process is going away.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}

/// Every address the gateway answers to.
fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/v1/omni", get(omni::open))
        .route("/v2/omni/chat", get(omni::open))
        .route("/v1/telephony/streams/twilio/{route}", get(twilio::open))
        .fallback(health::not_found)
        .method_not_allowed_fallback(health::method_not_allowed)
        .with_state(gateway)
}
