//! Dialling over real sockets on loopback. The far ends are an independent WebSocket library, and bytes written
//! here.

mod far;
mod lookups;
mod post;
mod redirects;
mod script;
pub(crate) mod secure;
mod websocket;

use std::time::Duration;

use trunkline_protocol::Secret;

use super::*;
pub use script::ResolverScript;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than any test waits: what ends earlier has another reason than the time.
const LONG_MS: u64 = 60_000;

/// Fails where something hangs.
async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}

/// A dialler that may reach what is on the list.
fn dialer(allow: &[&str]) -> Dialer {
    start(allow, Resolver::System, Roots::default())
}

fn start(allow: &[&str], resolver: Resolver, roots: Roots) -> Dialer {
    let allow = allow.iter().map(|entry| entry.parse().expect("an entry"));
    let egress = EgressConfig {
        allow: allow.collect(),
        roots,
        resolver,
    };
    let meters = Arc::new(Meters::new().expect("meters"));
    Dialer::start(Handle::current(), egress, meters).expect("TLS")
}

/// What the metrics say was refused.
fn refused(dialer: &Dialer) -> u64 {
    let page = dialer.0.meters.render();
    let (_, rest) = page
        .split_once("\ntrunkline_dials_refused_total ")
        .expect("the series");
    let value = rest.lines().next().expect("a value");
    value.parse().expect("a number")
}

pub(crate) fn dial_spec(url: &str) -> DialSpec {
    DialSpec {
        url: Secret::new(url),
        headers: Vec::new(),
        connect_ms: LONG_MS,
        max_message_bytes: 65_536,
        signing: None,
    }
}

fn post_spec(url: &str) -> PostSpec {
    PostSpec {
        url: Secret::new(url),
        headers: Vec::new(),
        body: bytes::Bytes::from_static(b"{\"event\":\"x\"}"),
        timeout_ms: LONG_MS,
        max_response_bytes: 65_536,
        signing: None,
    }
}

fn header(name: &str, value: &str) -> (String, Secret) {
    (name.to_owned(), Secret::new(value))
}

/// Dials, however long that takes.
async fn dial(dialer: &Dialer, spec: DialSpec) -> Result<Newborn, DialFault> {
    let dialled = in_time(dialer.dial(Arc::new(spec))).await;
    dialled.expect("an answer")
}

async fn fault(dialer: &Dialer, spec: DialSpec) -> DialFault {
    dial(dialer, spec).await.expect_err("not reached")
}
