//! Shards: the threads that carry calls, and nothing else.
//!
//! Each is one single-threaded runtime. A call is dealt to the least loaded one, lives there as one task,
//! and never moves.

mod driver;
mod link;
mod reach;
mod tcp;
mod transport;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::LocalOptions;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use trunkline_call::caller::CallerLeg;
use trunkline_call::{Call, CallInfo, Control, Scratch, Time};
use trunkline_engines::AnyAgent;
use trunkline_local::Workers;

use crate::agents::Route;
use crate::calls::{CallGuard, CallReporter};
use crate::dial::Dialer;
use driver::CallTask;
use link::SocketLink;
use reach::Reach;
pub use transport::Newborn;
pub(crate) use transport::Transport;

/// Calls on their way to a shard at once. More than that arrive faster than they can be begun.
const INBOX: usize = 256;

/// Everything a shard needs to begin a call.
#[derive(Debug)]
pub struct NewCall {
    /// The caller's socket, upgraded.
    pub socket: Newborn,
    /// The caller's dialect.
    pub caller: CallerLeg,
    /// Which call it is, as far as that is known before the caller's side says anything.
    pub info: CallInfo,
    /// Who answers, who takes over from them, and by what rules.
    pub route: Route,
    /// The largest message taken from the caller; a larger one ends the call with 1009.
    pub max_message_bytes: usize,
    /// Orders from outside.
    pub mailbox: mpsc::Receiver<Control>,
    /// Where its events go.
    pub reporter: CallReporter,
    /// Keeps the call in the directory while it lives.
    pub guard: CallGuard,
}

/// Every shard of the process.
#[derive(Debug)]
pub struct Shards {
    shards: Vec<Shard>,
}

#[derive(Debug)]
struct Shard {
    inbox: mpsc::Sender<NewCall>,
    calls: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

/// What calls of one shard share. Only one of them runs at a time.
#[derive(Debug)]
struct ShardState<S> {
    origin: Instant,
    scratch: RefCell<Scratch>,
    workers: Workers,
    reach: Box<dyn Reach<S>>,
}

impl<S> ShardState<S> {
    fn new(workers: Workers, reach: Box<dyn Reach<S>>) -> Self {
        Self {
            origin: Instant::now(),
            scratch: RefCell::new(Scratch::new()),
            workers,
            reach,
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.origin.elapsed()
    }

    fn instant(&self, at: Time) -> Instant {
        self.origin + (at - Time::ZERO)
    }
}

/// No shard can take a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("every shard has {INBOX} calls waiting to begin, or has died")]
pub struct Overloaded;

impl Shards {
    /// Starts `count` shards; with `pin`, each on a CPU of its own. `dialer` dials for their calls.
    ///
    /// # Errors
    /// A thread or its runtime could not be made.
    pub fn start(count: usize, pin: bool, workers: &Workers, dialer: &Dialer) -> io::Result<Self> {
        let cpus = if pin { affinity()? } else { Vec::new() };
        let shards = (0..count)
            .map(|index| {
                let cpu = cpus.get(index % cpus.len().max(1)).copied();
                Shard::start(index, cpu, workers.clone(), dialer.clone())
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { shards })
    }

    /// Deals a call to the least loaded shard that takes it.
    ///
    /// # Errors
    /// Every shard begins calls more slowly than they come, or has died; the socket is closed.
    pub fn deal(&self, mut call: NewCall) -> Result<(), Overloaded> {
        let mut by_load: Vec<_> = self.shards.iter().collect();
        by_load.sort_by_cached_key(|shard| shard.calls.load(Ordering::Relaxed));
        for shard in by_load {
            shard.calls.fetch_add(1, Ordering::Relaxed);
            let Err(refused) = shard.inbox.try_send(call) else {
                return Ok(());
            };
            shard.calls.fetch_sub(1, Ordering::Relaxed);
            if matches!(refused, TrySendError::Closed(_)) {
                tracing::error!("a shard has died");
            }
            call = refused.into_inner();
        }
        Err(Overloaded)
    }
}

impl Drop for Shards {
    /// Ends the shards at once and waits for their threads; calls still running are cut. Who wants them to
    /// finish waits for the directory of calls to be empty first.
    fn drop(&mut self) {
        for shard in &mut self.shards {
            // Closing the inbox is what tells the thread to end.
            let (closed, _) = mpsc::channel(1);
            shard.inbox = closed;
        }
        for thread in self.shards.iter_mut().filter_map(|s| s.thread.take()) {
            if thread.join().is_err() {
                tracing::error!("a shard panicked");
            }
        }
    }
}

impl Shard {
    fn start(
        index: usize,
        cpu: Option<usize>,
        workers: Workers,
        dialer: Dialer,
    ) -> io::Result<Self> {
        let (inbox, new_calls) = mpsc::channel(INBOX);
        let calls = Arc::new(AtomicUsize::new(0));
        let load = Arc::clone(&calls);
        let (report, started) = std::sync::mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name(format!("shard-{index}"))
            .spawn(move || {
                if let Some(cpu) = cpu
                    && let Err(error) = pin_to(cpu)
                {
                    tracing::warn!(%error, cpu, "shard not pinned");
                }
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build_local(LocalOptions::default());
                let (runtime, result) = match runtime {
                    Ok(runtime) => (Some(runtime), Ok(())),
                    Err(error) => (None, Err(error)),
                };
                if report.send(result).is_ok()
                    && let Some(runtime) = runtime
                {
                    runtime.block_on(serve(new_calls, &load, workers, dialer));
                }
            })?;
        started
            .recv()
            .map_err(|_| io::Error::other("the shard's thread died before it began"))??;
        Ok(Self {
            inbox,
            calls,
            thread: Some(thread),
        })
    }
}

/// The life of a shard: begins calls until its inbox is closed.
async fn serve(
    mut new_calls: mpsc::Receiver<NewCall>,
    load: &Arc<AtomicUsize>,
    workers: Workers,
    dialer: Dialer,
) {
    let state = Rc::new(ShardState::new(workers, Box::new(dialer)));
    while let Some(call) = new_calls.recv().await {
        let place = Place(Arc::clone(load));
        let state = Rc::clone(&state);
        tokio::task::spawn_local(async move {
            begin(call, state).await;
            drop(place);
        });
    }
}

/// A call's share of its shard's load.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn begin(new: NewCall, state: Rc<ShardState<Transport>>) {
    let (transport, early) = match new.socket.adopt() {
        Ok(adopted) => adopted,
        Err(error) => {
            tracing::warn!(%error, "socket lost between control and shard");
            return;
        }
    };
    let caller = SocketLink::new(transport, early, new.max_message_bytes);
    let call = make_call(new.route, new.caller, new.info);
    let mut reporter = new.reporter;
    let events = Box::new(move |event| reporter.report(event));
    CallTask::new(call, caller, new.mailbox, state, events).await;
    drop(new.guard);
}

/// The one place where a call is made.
fn make_call(route: Route, caller: CallerLeg, info: CallInfo) -> Call<AnyAgent> {
    let (agent, fallbacks) = route.build();
    Call::with_fallbacks(route.config, caller, agent, fallbacks).known_as(info)
}

/// The CPUs this process may run on.
fn affinity() -> io::Result<Vec<usize>> {
    let set = rustix::thread::sched_getaffinity(None)?;
    let cpus = (0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu));
    Ok(cpus.collect())
}

fn pin_to(cpu: usize) -> io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

#[cfg(test)]
mod tests;
