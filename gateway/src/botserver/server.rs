//! Listening: taking connections, answering or refusing upgrades, and stopping.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{
    Callback, ErrorResponse, Request, Response,
};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::bot::{Bot, Teller};
use super::drive::{drive, stopped};
use super::event::BotEventKind;
use super::fault::Fault;
use super::options::Options;
use super::seen::{CallSeen, Slot, Upgrade};

/// How long an upgrade request may take.
const UPGRADE_WAIT: Duration = Duration::from_secs(10);
/// How long [`Fault::SlowConnect`] keeps a connection.
const SLOW_CONNECT: Duration = Duration::from_secs(600);
/// Longest message taken from the platform.
const MESSAGE_BYTES: usize = 256 * 1024;
/// Calls at once; more wait to be accepted.
const CALLS: usize = 1_000;
/// Calls remembered; the oldest is forgotten first.
const REMEMBERED: usize = 10_000;
/// How long to wait after the system refused to accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bot server.
#[derive(Debug)]
pub struct Server;

/// A server that listens. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    ledger: Arc<Ledger>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

/// What the server remembers.
#[derive(Debug, Default)]
struct Ledger {
    connections: AtomicU64,
    refused: AtomicU64,
    calls: Mutex<VecDeque<Slot>>,
}

impl Server {
    /// Listens and answers calls in tasks of the current runtime.
    ///
    /// # Errors
    ///
    /// Those of binding the address.
    pub async fn start(options: Options) -> io::Result<Running> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let ledger = Arc::new(Ledger::default());
        let (stop, stops) = watch::channel(false);
        let accepting = tokio::spawn(accept(
            listener,
            Arc::new(options),
            Arc::clone(&ledger),
            stops,
        ));
        Ok(Running {
            address,
            ledger,
            stop,
            accepting,
        })
    }
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections taken, refused ones included.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.ledger.connections.load(Ordering::Relaxed)
    }

    /// Upgrades answered with a refusal.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.ledger.refused.load(Ordering::Relaxed)
    }

    /// The calls answered so far in the order they came, running ones as they stand; the latest 10,000.
    #[must_use]
    pub fn calls(&self) -> Vec<CallSeen> {
        self.ledger.seen()
    }

    /// Closes every call with code 1001, waits up to about 5 s for them, and yields what was seen of all.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the server stopping by itself.
    pub async fn stop(self) -> Vec<CallSeen> {
        self.stop.send_replace(true);
        // It waits for the calls with a bound of its own; a panic of it would have been one of a call.
        self.accepting.await.ok();
        self.ledger.seen()
    }
}

impl Ledger {
    fn slots(&self) -> MutexGuard<'_, VecDeque<Slot>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> Vec<CallSeen> {
        self.slots().iter().map(Slot::snapshot).collect()
    }

    fn remember(&self, slot: Slot) {
        let mut slots = self.slots();
        if slots.len() == REMEMBERED {
            slots.pop_front();
        }
        slots.push_back(slot);
    }
}

async fn accept(
    listener: TcpListener,
    options: Arc<Options>,
    ledger: Arc<Ledger>,
    mut stop: watch::Receiver<bool>,
) {
    let permits = Arc::new(Semaphore::new(CALLS));
    let mut calls = JoinSet::new();
    loop {
        let taken = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_) = calls.join_next() => {}
            (permit, accepted) = taken => match accepted {
                Ok((stream, _)) => {
                    let call = ledger.connections.fetch_add(1, Ordering::Relaxed) + 1;
                    let (options, ledger) = (Arc::clone(&options), Arc::clone(&ledger));
                    let stop = stop.clone();
                    calls.spawn(async move {
                        answer(stream, call, options, &ledger, stop).await;
                        drop(permit);
                    });
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
    drop(listener);
    let last = async { while calls.join_next().await.is_some() {} };
    timeout(Duration::from_secs(5), last).await.ok();
}

/// Answers one connection.
async fn answer(
    stream: TcpStream,
    call: u64,
    options: Arc<Options>,
    ledger: &Ledger,
    mut stop: watch::Receiver<bool>,
) {
    let start = Instant::now();
    let events = options.events.clone();
    let mut teller = Teller {
        call,
        events,
        slot: Slot::default(),
    };
    if options.fault == Some(Fault::SlowConnect) {
        timeout(SLOW_CONNECT, stopped(&mut stop)).await.ok();
        return;
    }
    stream.set_nodelay(true).ok();
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(4 * 1024)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    let mut door = Door {
        options: &options,
        refusal: None,
        upgrade: Upgrade::default(),
    };
    let upgrading = Box::pin(accept_hdr_async_with_config(
        stream,
        &mut door,
        Some(config),
    ));
    let upgraded = tokio::select! {
        () = stopped(&mut stop) => return,
        upgraded = timeout(UPGRADE_WAIT, upgrading) => upgraded,
    };
    let Ok(Ok(socket)) = upgraded else {
        ledger.refused.fetch_add(1, Ordering::Relaxed);
        let status = door.refusal.map(|status| status.as_u16());
        return teller.tell(start.elapsed(), BotEventKind::Refused { status });
    };
    let path = door.upgrade.path.split('?').next().unwrap_or_default();
    let opened = BotEventKind::Opened {
        path: path.to_owned(),
    };
    teller.tell(start.elapsed(), opened);
    teller.slot = Slot::new(door.upgrade);
    ledger.remember(teller.slot.clone());
    drive(socket, Bot::new(options, teller), start, stop).await;
}

/// Decides about one upgrade.
struct Door<'a> {
    options: &'a Options,
    refusal: Option<StatusCode>,
    upgrade: Upgrade,
}

impl Callback for &mut Door<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        let admitted = self
            .options
            .required
            .as_ref()
            .is_none_or(|required| required.is_in(request.headers()));
        self.refusal = match self.options.fault {
            Some(Fault::Refuse) => Some(StatusCode::SERVICE_UNAVAILABLE),
            Some(Fault::Unauthorized) => Some(StatusCode::UNAUTHORIZED),
            _ => (!admitted).then_some(StatusCode::UNAUTHORIZED),
        };
        if let Some(status) = self.refusal {
            let mut refused = ErrorResponse::new(None);
            *refused.status_mut() = status;
            return Err(refused);
        }
        self.upgrade = Upgrade {
            path: request.uri().to_string(),
            headers: request.headers().clone(),
        };
        Ok(response)
    }
}
