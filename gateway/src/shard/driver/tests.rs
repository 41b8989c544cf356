//! The driver over an in-memory pipe, with paused time: what a peer does to its socket, and what that does to
//! a call. The far end is the WebSocket library's client with JSON written here.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use trunkline_call::caller::{CallerLeg, TwilioLeg};
use trunkline_call::{CallConfig, Ending};
use trunkline_engines::Echo;
use trunkline_local::{Workers, WorkersConfig};

use super::*;

type Phone = WebSocketStream<DuplexStream>;

/// A running call and its far end.
struct Line {
    phone: Phone,
    orders: mpsc::Sender<Control>,
    events: Rc<RefCell<Vec<CallEvent>>>,
    task: tokio::task::JoinHandle<()>,
}

fn workers() -> Workers {
    static WORKERS: OnceLock<Workers> = OnceLock::new();
    WORKERS
        .get_or_init(|| Workers::start(WorkersConfig::default()))
        .clone()
}

/// Starts a call over a pipe that holds `pipe_bytes` each way.
async fn call(pipe_bytes: usize) -> Line {
    let (near, far) = tokio::io::duplex(pipe_bytes);
    let caller = SocketLink::new(near, Vec::new(), 64 * 1_024).await;
    let phone = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
    let (orders, mailbox) = mpsc::channel(16);
    let events = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&events);
    let task = CallTask::new(
        Call::new(
            CallConfig::default(),
            CallerLeg::Twilio(TwilioLeg::new()),
            Echo::new(),
        ),
        caller,
        mailbox,
        Rc::new(ShardState::new(workers())),
        Box::new(move |event| sink.borrow_mut().push(event)),
    );
    Line {
        phone,
        orders,
        events,
        task: tokio::task::spawn_local(task),
    }
}

impl Line {
    async fn say(&mut self, message: Value) {
        let text = Message::text(message.to_string());
        self.phone.send(text).await.expect("the call listens");
    }

    async fn start(&mut self) {
        self.say(json!({"event": "start", "streamSid": "MZ1", "start": {
            "streamSid": "MZ1", "callSid": "CA1", "accountSid": "AC1", "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}}))
            .await;
    }

    /// One frame of 160 bytes, all of them a base64 `AAAA…`.
    async fn media(&mut self, chunk: u64) {
        let payload = "A".repeat(212) + "AA==";
        self.say(json!({"event": "media", "streamSid": "MZ1", "media": {
            "track": "inbound", "chunk": chunk.to_string(), "timestamp": "0", "payload": payload}}))
            .await;
    }

    /// The next message that is not a ping.
    async fn hear(&mut self) -> Option<Message> {
        loop {
            match self.phone.next().await?.ok()? {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return Some(message),
            }
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.events.borrow().iter().find_map(|event| match event {
            CallEvent::Ended { ending, .. } => Some(*ending),
            _ => None,
        })
    }

    fn media_in(&self) -> u64 {
        self.events
            .borrow()
            .iter()
            .find_map(|event| match event {
                CallEvent::Ended { counters, .. } => Some(counters.media_in),
                _ => None,
            })
            .expect("ended")
    }
}

/// Runs a test as a shard would: one thread, tasks that need not be `Send`.
fn on_a_shard(test: impl Future<Output = ()>) {
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

#[test]
fn frames_go_round_in_order() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        for chunk in 1..=200 {
            line.media(chunk).await;
            let Some(Message::Text(text)) = line.hear().await else {
                panic!("an echo");
            };
            let value: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(value["event"], "media");
        }
        line.say(json!({"event": "stop", "streamSid": "MZ1", "stop": {}}))
            .await;
        let Some(Message::Close(Some(frame))) = line.hear().await else {
            panic!("a close");
        };
        assert_eq!(u16::from(frame.code), 1000);
        assert!(line.hear().await.is_none());
        (&mut line.task).await.expect("ends");
        assert_eq!(line.media_in(), 200);
    });
}

#[test]
fn a_peer_that_stops_reading_is_heard_to_the_last_frame_and_given_up() {
    on_a_shard(async {
        // Room for five frames of echo; the peer never reads one.
        let Line {
            phone,
            events,
            task,
            orders,
        } = call(2_048).await;
        let (mut to, from) = phone.split();
        let started = Instant::now();
        let payload = "A".repeat(212) + "AA==";
        let start = json!({"event": "start", "streamSid": "MZ1", "start": {
            "streamSid": "MZ1", "callSid": "CA1", "mediaFormat":
            {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}});
        to.send(Message::text(start.to_string()))
            .await
            .expect("sent");
        let mut sent = 0;
        loop {
            let media = json!({"event": "media", "streamSid": "MZ1", "media":
                {"chunk": (sent + 1).to_string(), "payload": payload}});
            if to.send(Message::text(media.to_string())).await.is_err() {
                break;
            }
            sent += 1;
            tokio::time::advance(Duration::from_millis(20)).await;
        }
        let took = started.elapsed();
        task.await.expect("ends");
        let events = events.borrow();
        let Some(CallEvent::Ended { ending, counters }) = events.last() else {
            panic!("{events:?}");
        };
        assert_eq!(*ending, Ending::CallerStalled);
        // Stalled for 10 s, then given 4 s for its last words and 2 s for the close.
        assert!(took >= Duration::from_secs(10), "{took:?}");
        assert!(took <= Duration::from_secs(20), "{took:?}");
        assert!(
            counters.media_in >= 500,
            "the uplink went on while nothing was read: {} of {sent}",
            counters.media_in
        );
        drop((orders, from));
    });
}

#[test]
fn a_stalled_call_does_not_disturb_its_neighbour() {
    on_a_shard(async {
        let mut stalled = call(2_048).await;
        let mut healthy = call(4_096).await;
        stalled.start().await;
        healthy.start().await;
        for chunk in 1..=300 {
            if !stalled.task.is_finished() && chunk < 250 {
                stalled.media(chunk).await;
            }
            healthy.media(chunk).await;
            assert!(matches!(healthy.hear().await, Some(Message::Text(_))));
            tokio::time::advance(Duration::from_millis(20)).await;
        }
        assert_eq!(stalled.ending(), None, "six seconds are no stall yet");
    });
}

#[test]
fn a_peer_that_vanishes_ends_the_call() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        let Line {
            phone,
            events,
            task,
            orders,
        } = line;
        drop(phone);
        task.await.expect("ends");
        let events = events.borrow();
        assert!(
            matches!(
                events.last(),
                Some(CallEvent::Ended {
                    ending: Ending::CallerLost,
                    ..
                })
            ),
            "{events:?}"
        );
        drop(orders);
    });
}

#[test]
fn a_silent_peer_is_pinged_and_lives() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        // The library answers pings while it is read from.
        let silence = tokio::time::timeout(Duration::from_secs(300), line.hear()).await;
        assert!(silence.is_err(), "{silence:?}");
        assert_eq!(line.ending(), None);
        assert!(!line.task.is_finished());
    });
}

#[test]
fn draining_closes_with_going_away() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        line.media(1).await;
        line.hear().await;
        line.orders.send(Control::Drain).await.expect("heard");
        let Some(Message::Close(Some(frame))) = line.hear().await else {
            panic!("a close");
        };
        assert_eq!(u16::from(frame.code), 1001);
        assert!(line.hear().await.is_none());
        (&mut line.task).await.expect("ends");
        assert_eq!(line.events.borrow().len(), 2, "live and ended");
    });
}

#[test]
fn a_close_that_is_never_answered_is_not_waited_for() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        line.media(1).await;
        line.hear().await;
        let asked = Instant::now();
        line.orders.send(Control::HangUp).await.expect("heard");
        // The peer reads no more.
        (&mut line.task).await.expect("ends");
        assert_eq!(asked.elapsed().as_millis(), u128::from(CLOSE_MS));
    });
}

#[test]
fn an_oversized_message_is_refused_with_its_code() {
    on_a_shard(async {
        let mut line = call(1 << 20).await;
        line.start().await;
        line.say(json!({"event": "x".repeat(70_000)})).await;
        let Some(Message::Close(Some(frame))) = line.hear().await else {
            panic!("a close");
        };
        assert_eq!(u16::from(frame.code), 1009);
        assert!(line.hear().await.is_none());
        (&mut line.task).await.expect("ends");
    });
}
