//! Connections a request has left, for the next one to the same place: a webhook is asked turn after turn, and need
//! not shake hands each time.
//!
//! A place is scheme, host, port and the address that was judged: a name that leads elsewhere since is another.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::exchange::Exchange;
use super::guard::Target;

/// Connections kept, one a place.
const KEPT: usize = 64;

/// How long one is good for another request.
const IDLE: Duration = Duration::from_secs(30);

/// The connections nobody uses.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Idle>>);

struct Idle {
    target: Target,
    address: IpAddr,
    exchange: Exchange,
    since: Instant,
}

impl Pool {
    /// A connection to one of these addresses of the target, if one is kept and has not been closed since.
    pub(super) async fn take(
        &self,
        target: &Target,
        addresses: &[IpAddr],
    ) -> Option<(Exchange, IpAddr)> {
        let found = {
            let mut kept = self.kept();
            let place = |idle: &Idle| {
                idle.target.is_same_server(target) && addresses.contains(&idle.address)
            };
            let index = kept.iter().position(place)?;
            kept.remove(index)
        };
        let mut exchange = found.exchange;
        exchange
            .is_open()
            .await
            .then_some((exchange, found.address))
    }

    /// Keeps a connection whose answer has been read to its end. The oldest makes room for it.
    pub(super) fn put(&self, target: &Target, address: IpAddr, exchange: Exchange) {
        let mut kept = self.kept();
        let place = |idle: &Idle| idle.target.is_same_server(target) && idle.address == address;
        kept.retain(|idle| !place(idle));
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Idle {
            target: target.clone(),
            address,
            exchange,
            since: Instant::now(),
        });
    }

    /// Those that are still good; the others are closed.
    fn kept(&self) -> MutexGuard<'_, Vec<Idle>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|idle| idle.since.elapsed() < IDLE);
        kept
    }
}
