//! A whole gateway as a value: started, addressed, drained, stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use trunkline_call::Control;
use trunkline_local::Workers;

use crate::calls::{Calls, Reported};
use crate::config::Config;
use crate::control::{Gateway, serve};
use crate::keys::{DataDir, KeyRing, watch_revocations};
use crate::shard::Shards;
use crate::telemetry::{Meters, keep_up};

/// Connections the kernel holds for us while we are busy.
const BACKLOG: u32 = 1_024;

/// How long calls that were told to end may take to close their sockets.
const CLOSE: Duration = Duration::from_secs(5);

/// A gateway that takes calls.
#[derive(Debug)]
pub struct Running {
    gateway: Arc<Gateway>,
    address: SocketAddr,
    accepting: JoinHandle<std::io::Result<()>>,
    /// What is done every now and then.
    chores: [JoinHandle<()>; 2],
    drain: Duration,
}

/// How stopping went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Calls that had to be ended because the time was over.
    pub cut: usize,
    /// Calls that did not end even then.
    pub left: usize,
}

impl Running {
    /// Binds the listener and starts everything. To be called on the control runtime. What calls report
    /// is to be taken out of the receiver; what is not taken in time is counted and lost.
    ///
    /// # Errors
    /// The address is taken, the data directory is of no use, or the system gives no threads.
    pub async fn start(
        config: &Config,
        workers: &Workers,
    ) -> anyhow::Result<(Self, mpsc::Receiver<Reported>)> {
        let dir = DataDir::open(&config.data_dir)?;
        let keys = KeyRing::load(&dir)?;
        let meters = Arc::new(Meters::new().context("metrics")?);
        let (calls, reports) = Calls::new(config.calls, Arc::clone(&meters));
        let shards = Shards::start(config.shards, config.pin, workers).context("shards")?;
        let listener =
            listen(config.listen).with_context(|| format!("listen on {}", config.listen))?;
        let address = listener.local_addr()?;
        let gateway = Arc::new(Gateway::new(
            Arc::clone(&keys),
            calls,
            shards,
            config.agents.clone(),
            config.call,
            config.twilio,
            Arc::clone(&meters),
        ));
        let accepting = tokio::spawn(serve(listener, Arc::clone(&gateway)));
        let running = Self {
            gateway,
            address,
            accepting,
            chores: [
                tokio::spawn(watch_revocations(keys)),
                tokio::spawn(keep_up(meters)),
            ],
            drain: config.drain,
        };
        Ok((running, reports))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its parts.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Takes no new calls, lets running ones finish within the configured time, ends the others, and
    /// stops. `/readyz` says so from the first moment, and the listener stays until the last call is over,
    /// so that load balancers can see it.
    pub async fn stop(self) -> Stopped {
        self.gateway.drain();
        let calls = &self.gateway.calls;
        tracing::info!(calls = calls.len(), "draining");
        let mut stopped = Stopped { cut: 0, left: 0 };
        if !calls.wait_until_empty(self.drain).await {
            stopped.cut = calls.len();
            calls.order_all(Control::Drain);
            calls.wait_until_empty(CLOSE).await;
        }
        stopped.left = calls.len();
        self.accepting.abort();
        for chore in &self.chores {
            chore.abort();
        }
        tracing::info!(cut = stopped.cut, left = stopped.left, "stopped");
        stopped
    }
}

/// A listener that can be bound again at once after a restart.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        tokio::net::TcpSocket::new_v4()?
    } else {
        tokio::net::TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
