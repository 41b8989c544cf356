//! From a name to addresses, once for each dial.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::lookup_host;
use tokio::sync::Semaphore;
use trunkline_call::DialFault;
use url::Host;

use crate::telemetry::Meters;

/// Addresses of one name that are looked at.
const MAX_ADDRESSES: usize = 16;

/// Names being looked up at once. The system's look-up blocks a thread until it returns, and may do so for long
/// after whoever dialled has gone.
pub(super) const LOOKUPS: usize = 64;

/// Who knows the addresses of names.
#[derive(Clone, Debug, Default)]
pub enum Resolver {
    /// The system: its hosts file, then DNS.
    #[default]
    System,
    /// Answers that change from one question to the next.
    #[cfg(test)]
    Scripted(super::ResolverScript),
}

/// Looks names up, so many at once.
pub(super) struct Lookups {
    resolver: Resolver,
    places: Arc<Semaphore>,
    meters: Arc<Meters>,
}

impl Lookups {
    pub(super) fn new(resolver: Resolver, meters: Arc<Meters>) -> Self {
        Self {
            resolver,
            places: Arc::new(Semaphore::new(LOOKUPS)),
            meters,
        }
    }

    /// The addresses of a host, in the order they are to be tried.
    ///
    /// Cancel safe; a look-up that is under way keeps its place until it returns.
    ///
    /// # Errors
    /// The name has none, or nobody knows. [`DialFault::TimedOut`] at once where 64 names are being looked up:
    /// whoever is asked for them does not answer in time.
    pub(super) async fn resolve(&self, host: &Host<String>) -> Result<Vec<IpAddr>, DialFault> {
        let name = match host {
            Host::Ipv4(v4) => return Ok(vec![IpAddr::V4(*v4)]),
            Host::Ipv6(v6) => return Ok(vec![IpAddr::V6(*v6)]),
            Host::Domain(name) => name.clone(),
        };
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.meters.dial_refused();
            return Err(DialFault::TimedOut);
        };
        let resolver = self.resolver.clone();
        // A task of its own, which outlives the dial: so does the thread the system's look-up blocks.
        let looking_up = tokio::spawn(async move {
            let found = resolver.addresses(&name).await;
            drop(place);
            found
        });
        let addresses = looking_up.await.unwrap_or_default();
        if addresses.is_empty() {
            return Err(DialFault::UnknownHost);
        }
        Ok(addresses)
    }
}

impl Resolver {
    /// The addresses of a name, none where nobody knows.
    async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        match self {
            Self::System => lookup_host((name, 0))
                .await
                .map(|found| found.map(|address| address.ip()))
                .map(|found| found.take(MAX_ADDRESSES).collect())
                .unwrap_or_default(),
            #[cfg(test)]
            Self::Scripted(script) => script.next(name).await,
        }
    }
}
