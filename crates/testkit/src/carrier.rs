//! Twilio's side of a bidirectional media stream.
//!
//! Source: Twilio's Media Streams documentation. JSON text only; counters are strings; μ-law, 8000 Hz, mono, 20 ms
//! a packet. A mark comes back when the audio before it has been played, at once if nothing is buffered; a clear
//! empties the buffer and returns every pending mark.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::dial::Dial;
use crate::socket::{Came, Socket};

/// How this carrier treats marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// As Twilio does.
    Played,
    /// It never answers one.
    Ignored,
}

/// What the gateway sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromGateway {
    /// Audio, decoded from base64.
    Media(Vec<u8>),
    /// A mark, by name.
    Mark(String),
    /// A clear.
    Clear,
    /// A close frame with this code.
    Closed(Option<u16>),
    /// The connection ended without a close frame.
    Lost,
}

/// A carrier on one call.
#[derive(Debug)]
pub struct Carrier {
    socket: Socket,
    marks: Marks,
    stream_sid: String,
    sequence: u64,
    chunk: u64,
    timestamp_ms: u64,
    playing_until: Instant,
    pending: VecDeque<(Instant, String)>,
    /// Everything received, in order.
    pub received: Vec<FromGateway>,
    /// Marks sent back, in order.
    pub echoed: Vec<String>,
}

impl Carrier {
    /// Opens the socket and says nothing yet.
    ///
    /// # Panics
    /// It is refused.
    pub async fn open(dial: &Dial, marks: Marks) -> Self {
        Self {
            socket: Socket::new(dial.open().await).await,
            marks,
            stream_sid: "MZ00112233445566778899aabbccddeeff".to_owned(),
            sequence: 0,
            chunk: 0,
            timestamp_ms: 0,
            playing_until: Instant::now(),
            pending: VecDeque::new(),
            received: Vec::new(),
            echoed: Vec::new(),
        }
    }

    /// Opens the socket and begins the stream.
    ///
    /// # Panics
    /// It is refused.
    pub async fn call(dial: &Dial, marks: Marks) -> Self {
        let mut carrier = Self::open(dial, marks).await;
        carrier.connected().await;
        carrier.start().await;
        carrier
    }

    /// Sends `connected`.
    pub async fn connected(&mut self) {
        self.send(&json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
            .await;
    }

    /// Sends `start` as Twilio does.
    pub async fn start(&mut self) {
        let format = json!({"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1});
        self.start_with(format).await;
    }

    /// Sends `start` with another `mediaFormat`.
    pub async fn start_with(&mut self, media_format: Value) {
        let sid = self.stream_sid.clone();
        self.numbered(
            "start",
            json!({
                "accountSid": "AC00112233445566778899aabbccddeeff", "streamSid": sid,
                "callSid": "CA00112233445566778899aabbccddeeff", "tracks": ["inbound"],
                "mediaFormat": media_format, "customParameters": {"from_number": "+15550001"},
            }),
        )
        .await;
    }

    /// Sends one packet of caller audio.
    pub async fn media(&mut self, mulaw: &[u8]) {
        self.chunk += 1;
        let body = json!({
            "track": "inbound", "chunk": self.chunk.to_string(),
            "timestamp": self.timestamp_ms.to_string(), "payload": STANDARD.encode(mulaw),
        });
        self.timestamp_ms += mulaw.len() as u64 / 8;
        self.numbered("media", body).await;
    }

    /// Lets packets be lost: the next one's number and time are later by so many.
    pub fn lose(&mut self, packets: u64) {
        self.chunk += packets;
        self.timestamp_ms += packets * 20;
    }

    /// Presses a key.
    pub async fn dtmf(&mut self, digit: char) {
        let body = json!({"track": "inbound_track", "digit": digit.to_string()});
        self.numbered("dtmf", body).await;
    }

    /// Sends `stop`: the caller hung up.
    pub async fn stop(&mut self) {
        let body = json!({"accountSid": "AC00112233445566778899aabbccddeeff",
            "callSid": "CA00112233445566778899aabbccddeeff"});
        self.numbered("stop", body).await;
    }

    /// Sends a text message as it is.
    pub async fn text(&mut self, text: &str) {
        self.socket.send_text(text).await;
    }

    /// Sends a binary message, which no carrier of this dialect does.
    pub async fn binary(&mut self, bytes: &[u8]) {
        self.socket.send_binary(bytes).await;
    }

    /// The next thing the gateway sends. Marks that have been played meanwhile are sent back.
    ///
    /// # Panics
    /// Nothing comes within [`PATIENCE`](crate::PATIENCE), or something Twilio would refuse (its error 31951).
    pub async fn next(&mut self) -> FromGateway {
        loop {
            let due = self.pending.front().map(|(at, _)| *at);
            let played = async {
                match due {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = played => self.echo_first().await,
                came = self.socket.next() => {
                    let message = self.read(came);
                    self.play(&message).await;
                    self.received.push(message.clone());
                    return message;
                }
            }
        }
    }

    /// Everything up to the end of the socket; the last is how it ended.
    ///
    /// # Panics
    /// As [`next`](Self::next).
    pub async fn until_closed(&mut self) -> Vec<FromGateway> {
        let mut all = Vec::new();
        loop {
            let next = self.next().await;
            let over = matches!(next, FromGateway::Closed(_) | FromGateway::Lost);
            all.push(next);
            if over {
                return all;
            }
        }
    }

    /// Everything up to a mark, and the mark's name.
    ///
    /// # Panics
    /// As [`next`](Self::next), or the socket is closed first.
    pub async fn until_mark(&mut self) -> (Vec<FromGateway>, String) {
        let mut before = Vec::new();
        loop {
            match self.next().await {
                FromGateway::Mark(name) => return (before, name),
                end @ (FromGateway::Closed(_) | FromGateway::Lost) => {
                    panic!("expected a mark, got {end:?}")
                }
                other => before.push(other),
            }
        }
    }

    fn read(&self, came: Came) -> FromGateway {
        let text = match came {
            Came::Text(text) => text,
            Came::Binary(bytes) => panic!("a binary message of {} bytes", bytes.len()),
            Came::Closed(code) => return FromGateway::Closed(code),
            Came::Lost => return FromGateway::Lost,
        };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(message["streamSid"], self.stream_sid, "{text}");
        let fields = message.as_object().map_or(0, serde_json::Map::len);
        match message["event"].as_str() {
            Some("media") => {
                let payload = message["media"]["payload"].as_str().expect("a payload");
                assert_eq!(fields, 3, "unknown fields: {text}");
                FromGateway::Media(STANDARD.decode(payload).expect("base64"))
            }
            Some("mark") => {
                let name = message["mark"]["name"].as_str().expect("a name");
                assert_eq!(fields, 3, "unknown fields: {text}");
                FromGateway::Mark(name.to_owned())
            }
            Some("clear") => {
                assert_eq!(fields, 2, "unknown fields: {text}");
                FromGateway::Clear
            }
            _ => panic!("no message of Twilio's: {text}"),
        }
    }

    async fn play(&mut self, message: &FromGateway) {
        let now = Instant::now();
        match message {
            FromGateway::Media(audio) => {
                let length = Duration::from_micros(audio.len() as u64 * 125);
                self.playing_until = self.playing_until.max(now) + length;
            }
            FromGateway::Mark(name) if self.marks == Marks::Played => {
                self.pending
                    .push_back((self.playing_until.max(now), name.clone()));
            }
            FromGateway::Clear => {
                self.playing_until = now;
                while !self.pending.is_empty() {
                    self.echo_first().await;
                }
            }
            _ => {}
        }
    }

    async fn echo_first(&mut self) {
        if let Some((_, name)) = self.pending.pop_front() {
            self.numbered("mark", json!({"name": name})).await;
            self.echoed.push(name);
        }
    }

    async fn numbered(&mut self, event: &str, body: Value) {
        self.sequence += 1;
        self.send(&json!({
            "event": event, "sequenceNumber": self.sequence.to_string(),
            "streamSid": self.stream_sid, event: body,
        }))
        .await;
    }

    async fn send(&mut self, message: &Value) {
        self.socket.send_text(&message.to_string()).await;
    }
}
