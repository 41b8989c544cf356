//! A call over a pipe, and its far end.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use trunkline_call::caller::{CallerLeg, OmniLeg, TwilioLeg};
use trunkline_call::{CallConfig, Counters, Ending};
use trunkline_engines::Echo;
use trunkline_local::{Workers, WorkersConfig};
use trunkline_protocol::client::omni::Open;

use super::super::super::reach::Reach;
use super::exchange::Exchange;
use super::*;

pub(super) type Phone = WebSocketStream<DuplexStream>;

/// One frame of μ-law, 20 ms.
pub(super) const FRAME_BYTES: usize = 160;

/// The task of a call, also in the hands of the test: a look between two polls.
pub(super) type Probe<A> = Rc<RefCell<CallTask<A, DuplexStream>>>;

/// A running call and its far end.
pub(super) struct Line {
    pub(super) phone: Phone,
    pub(super) orders: mpsc::Sender<Control>,
    pub(super) events: Rc<RefCell<Vec<CallEvent>>>,
    pub(super) task: tokio::task::JoinHandle<()>,
}

/// What a call is made of.
pub(super) struct Setup<A> {
    /// What the pipe holds each way.
    pub(super) pipe_bytes: usize,
    pub(super) caller: CallerLeg,
    pub(super) config: CallConfig,
    pub(super) workers: Workers,
    pub(super) reach: Box<dyn Reach<DuplexStream>>,
    pub(super) agent: A,
}

impl<A: Agent + Unpin + 'static> Setup<A> {
    /// A carrier's call.
    pub(super) fn twilio(pipe_bytes: usize, agent: A) -> Self {
        Self {
            pipe_bytes,
            caller: CallerLeg::Twilio(TwilioLeg::new()),
            config: CallConfig::default(),
            workers: workers(),
            reach: Box::new(Exchange::default()),
            agent,
        }
    }

    /// An application's call, at 8 kHz.
    pub(super) fn omni(pipe_bytes: usize, agent: A) -> Self {
        let open = Open::parse("rate=8000").expect("a query");
        let leg = OmniLeg::new(open, "call_1".to_owned(), "voice".to_owned());
        Self {
            caller: CallerLeg::Omni(leg),
            ..Self::twilio(pipe_bytes, agent)
        }
    }

    /// Starts it.
    pub(super) async fn start(self) -> (Line, Probe<A>) {
        let (near, far) = tokio::io::duplex(self.pipe_bytes);
        let caller = SocketLink::new(near, Vec::new(), 64 * 1_024);
        let phone = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        let (orders, mailbox) = mpsc::channel(16);
        let events = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&events);
        let task = Rc::new(RefCell::new(CallTask::new(
            Call::new(Arc::new(self.config), self.caller, self.agent),
            caller,
            mailbox,
            Rc::new(ShardState::new(self.workers, self.reach)),
            Box::new(move |event| sink.borrow_mut().push(event)),
        )));
        let line = Line {
            phone,
            orders,
            events,
            task: tokio::task::spawn_local(Shared(Rc::clone(&task))),
        };
        (line, task)
    }
}

struct Shared<A>(Probe<A>);

impl<A: Agent + Unpin> Future for Shared<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut *self.0.borrow_mut()).poll(cx)
    }
}

fn workers() -> Workers {
    static WORKERS: OnceLock<Workers> = OnceLock::new();
    WORKERS
        .get_or_init(|| Workers::start(WorkersConfig::default()))
        .clone()
}

/// Starts a carrier's call to the echo, over a pipe that holds `pipe_bytes` each way.
pub(super) async fn call(pipe_bytes: usize) -> Line {
    Setup::twilio(pipe_bytes, Echo::new()).start().await.0
}

/// Twilio's `start`.
pub(super) fn start() -> Message {
    let start = json!({"event": "start", "streamSid": "MZ1", "start": {
        "streamSid": "MZ1", "callSid": "CA1", "accountSid": "AC1", "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}});
    Message::text(start.to_string())
}

/// Twilio's `media`: one frame, all of it the same byte.
pub(super) fn media(chunk: u64, byte: u8) -> Message {
    use base64::Engine;
    let payload = base64::engine::general_purpose::STANDARD.encode([byte; FRAME_BYTES]);
    let timestamp = (chunk * 20).to_string();
    let media = json!({"event": "media", "streamSid": "MZ1", "media": {
        "track": "inbound", "chunk": chunk.to_string(), "timestamp": timestamp, "payload": payload}});
    Message::text(media.to_string())
}

/// The audio of a message, if it is Twilio's `media`.
pub(super) fn audio_of(message: &Message) -> Option<Vec<u8>> {
    use base64::Engine;
    let value: Value = serde_json::from_str(message.to_text().ok()?).ok()?;
    let payload = value["media"]["payload"].as_str()?;
    let engine = base64::engine::general_purpose::STANDARD;
    Some(engine.decode(payload).expect("base64"))
}

impl Line {
    pub(super) async fn say(&mut self, message: Message) {
        self.phone.send(message).await.expect("the call listens");
    }

    pub(super) async fn start(&mut self) {
        self.say(start()).await;
    }

    pub(super) async fn media(&mut self, chunk: u64) {
        self.say(media(chunk, 0)).await;
    }

    /// The next message that is not a ping.
    pub(super) async fn hear(&mut self) -> Option<Message> {
        hear(&mut self.phone).await
    }

    /// Reads for this long, and gives the number of messages.
    pub(super) async fn hear_for(&mut self, time: Duration) -> usize {
        let mut heard = 0;
        let reading = async {
            while self.hear().await.is_some() {
                heard += 1;
            }
        };
        let ended = tokio::time::timeout(time, reading).await;
        assert!(ended.is_err(), "the call ended early");
        heard
    }

    /// How it ended, if it has: the last event and the only one of its kind.
    pub(super) fn ended(&self) -> Option<(Ending, Counters)> {
        ended(&self.events.borrow())
    }
}

/// The next message that is not a ping.
pub(super) async fn hear<S>(phone: &mut S) -> Option<Message>
where
    S: futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        match phone.next().await?.ok()? {
            Message::Ping(_) | Message::Pong(_) => {}
            message => return Some(message),
        }
    }
}

/// How a call ended, if it has: the last event and the only one of its kind.
pub(super) fn ended(events: &[CallEvent]) -> Option<(Ending, Counters)> {
    let mut endings = events.iter().filter_map(|event| match event {
        CallEvent::Ended {
            ending, counters, ..
        } => Some((*ending, *counters)),
        _ => None,
    });
    let ending = endings.next()?;
    assert_eq!(endings.next(), None, "a call ends once");
    assert!(matches!(events.last(), Some(CallEvent::Ended { .. })));
    Some(ending)
}

/// Lets so much of the virtual clock pass.
pub(super) async fn pass(time: Duration) {
    tokio::time::sleep_until(Instant::now() + time).await;
}

/// Runs a test as a shard would: one thread, tasks that need not be `Send`.
pub(super) fn on_a_shard(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build_local(tokio::runtime::LocalOptions::default())
        .expect("a runtime");
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(600), test)
            .await
            .expect("nothing hangs");
    });
}
