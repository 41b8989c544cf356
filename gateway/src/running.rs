//! A whole gateway as a value: started, addressed, drained, stopped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use trunkline_call::{Clip, Control, Lines};
use trunkline_local::Workers;

use crate::agents::Agents;
use crate::callbacks::{Callbacks, Post};
use crate::calls::{Calls, Reported};
use crate::config::Config;
use crate::control::{Gateway, serve};
use crate::dial::Dialer;
use crate::keys::{DataDir, KeyRing, watch_revocations};
use crate::lines::{LineSpecs, render};
use crate::shard::Shards;
use crate::telemetry::{Meters, keep_up};

/// Connections the kernel holds for us while we are busy.
const BACKLOG: u32 = 1_024;

/// How much longer than by their own rules calls that were told to end may take to close their sockets: the
/// time for the close handshake and a moment more.
const CLOSE: Duration = Duration::from_secs(3);

/// The least time callbacks get once the last call is over, however long that took.
const LAST_CALLBACKS: Duration = Duration::from_secs(3);

/// A gateway that takes calls.
#[derive(Debug)]
pub struct Running {
    gateway: Arc<Gateway>,
    address: SocketAddr,
    accepting: JoinHandle<std::io::Result<()>>,
    /// What is done every now and then.
    chores: [JoinHandle<()>; 2],
    drain: Duration,
    /// How long a call may take to end once it is told to.
    close: Duration,
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
    /// Binds the listener, renders what the gateway itself says, starts everything, and accepts. To be called on
    /// the control runtime. What calls report is to be taken out of the receiver; what is not taken in time is
    /// counted and lost.
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
        // Who cannot listen is not to wait for the lines to learn it. Whoever connects meanwhile waits in the
        // kernel's queue.
        let listener =
            listen(config.listen).with_context(|| format!("listen on {}", config.listen))?;
        let address = listener.local_addr()?;
        let lines = render_lines(&config.lines, workers).await;
        let agents = config.agents.clone().with_lines(&lines);
        let close = longest_close(&agents) + CLOSE;
        let egress = config.egress.clone();
        let dialer =
            Dialer::start(Handle::current(), egress, Arc::clone(&meters)).context("TLS")?;
        let shards =
            Shards::start(config.shards, config.pin, workers, &dialer).context("shards")?;
        let gateway = Arc::new(Gateway::new(
            Arc::clone(&keys),
            calls,
            shards,
            agents,
            config.twilio,
            Callbacks::new(Post::over(dialer), Arc::clone(&meters)),
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
            close,
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

    /// Takes no new calls, lets running ones finish within the configured time, ends the others, gives callbacks
    /// what is left of that time, at least 3 s, and stops. `/readyz` says so from the first moment, and the
    /// listener stays until the last callback is out or its time is over, so that load balancers can see it.
    pub async fn stop(self) -> Stopped {
        let began = Instant::now();
        self.gateway.drain();
        let calls = &self.gateway.calls;
        tracing::info!(calls = calls.len(), "draining");
        let mut stopped = Stopped { cut: 0, left: 0 };
        if !calls.wait_until_empty(self.drain).await {
            stopped.cut = calls.len();
            calls.order_all(Control::Drain);
            calls.wait_until_empty(self.close).await;
        }
        stopped.left = calls.len();
        let left = self.drain.saturating_sub(began.elapsed());
        self.gateway
            .callbacks
            .finish(left.max(LAST_CALLBACKS))
            .await;
        self.accepting.abort();
        for chore in &self.chores {
            chore.abort();
        }
        tracing::info!(cut = stopped.cut, left = stopped.left, "stopped");
        stopped
    }
}

/// What the gateway says. A line that cannot be had is named once with all others that lack the same.
async fn render_lines(specs: &LineSpecs, workers: &Workers) -> Arc<Lines> {
    let rendered = render(specs, workers).await;
    let mut missing: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for fault in rendered.faults {
        missing
            .entry(fault.reason)
            .or_default()
            .push(fault.line.name());
    }
    for (reason, lines) in missing {
        tracing::warn!(reason, ?lines, "the gateway will not say these lines");
    }
    Arc::new(rendered.lines)
}

/// By its own rules: the last line is said, its mark waited for, and the socket closed.
fn longest_close(agents: &Agents) -> Duration {
    let close_ms = agents.configs().map(|config| {
        let line_ms = config.lines.shutdown.as_ref().map_or(0, Clip::length_ms);
        line_ms + config.playout.mark_ms + config.close_ms
    });
    Duration::from_millis(close_ms.max().unwrap_or(0))
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use trunkline_call::CallConfig;
    use trunkline_local::WorkersConfig;

    use crate::config::Typed;

    use super::*;

    /// Speaking takes more than one poll.
    #[tokio::test]
    async fn an_address_in_use_is_told_before_anything_is_said() {
        let taken = listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a listener");
        let address = taken.local_addr().expect("an address");
        let dir = tempfile::TempDir::new().expect("a directory");
        let typed = Typed {
            listen: Some(address.to_string()),
            data_dir: Some(dir.path().to_owned()),
            ..Typed::default()
        };
        let config = Config::resolve(&typed, dir.path()).expect("good");
        let workers = Workers::start(WorkersConfig::default());
        let start = Running::start(&config, &workers);
        let error = start.now_or_never().expect("at once").expect_err("taken");
        assert_eq!(error.to_string(), format!("listen on {address}"));
        workers.shutdown();
    }

    /// Else a drain would cut off calls that are closing as they should.
    #[test]
    fn a_drain_waits_for_the_last_line_its_mark_and_the_close() {
        let config = CallConfig {
            close_ms: 700,
            ..CallConfig::default()
        };
        let agents = Agents::builtin(Arc::new(config));
        assert_eq!(longest_close(&agents), Duration::from_millis(2_000 + 700));
        let shutdown = Some(Clip {
            text: "Goodbye.".into(),
            samples: [0; 1_600].into(),
            rate_hz: 16_000,
        });
        let lines = Lines {
            shutdown,
            ..Lines::default()
        };
        let agents = agents.with_lines(&Arc::new(lines));
        assert_eq!(longest_close(&agents), Duration::from_millis(2_800));
    }
}
