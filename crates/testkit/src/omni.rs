//! An application on the Omni socket, wire protocol 2.
//!
//! Source: PyAI's SDK and examples. Every message is binary and begins with a tag: `0x01` audio (PCM16 LE mono),
//! `0x02` what the caller said (UTF-8, not JSON), `0x03` JSON, keyed on `type` from us and on `event` from the agent.

use serde_json::{Value, json};

use crate::dial::Dial;
use crate::socket::{Came, Socket};

/// What the agent's side sent.
#[derive(Clone, Debug, PartialEq)]
pub enum FromAgent {
    /// Audio.
    Audio(Vec<u8>),
    /// A piece of what the caller was understood to say.
    CallerText(String),
    /// An event, whole.
    Event(Value),
    /// A close frame with this code.
    Closed(Option<u16>),
    /// The connection ended without a close frame.
    Lost,
}

impl FromAgent {
    /// Whether it is the event of this name.
    pub fn is_event(&self, name: &str) -> bool {
        matches!(self, Self::Event(event) if event["event"] == name)
    }
}

/// An application on one session.
#[derive(Debug)]
pub struct OmniClient {
    socket: Socket,
    /// The subprotocol the gateway chose.
    pub subprotocol: Option<String>,
    /// Everything received, in order.
    pub received: Vec<FromAgent>,
}

impl OmniClient {
    /// Opens a session as the SDK does: the marker and the key as subprotocols.
    ///
    /// # Panics
    /// It is refused.
    pub async fn call(dial: &Dial, key: &str) -> Self {
        let offered = format!("pyai.v1, pyai-key.{key}");
        Self::open(&dial.clone().header("Sec-WebSocket-Protocol", &offered)).await
    }

    /// Opens a session with what `dial` says and no more.
    ///
    /// # Panics
    /// It is refused.
    pub async fn open(dial: &Dial) -> Self {
        let opened = dial.open().await;
        let subprotocol = opened
            .answer
            .header("sec-websocket-protocol")
            .map(str::to_owned);
        Self {
            socket: Socket::new(opened).await,
            subprotocol,
            received: Vec::new(),
        }
    }

    /// Sends audio.
    pub async fn audio(&mut self, pcm16: &[u8]) {
        self.tagged(1, pcm16).await;
    }

    /// Sends a control.
    pub async fn control(&mut self, control: &Value) {
        self.tagged(3, control.to_string().as_bytes()).await;
    }

    /// Sends `configure` with these keys beside `type`.
    pub async fn configure(&mut self, mut keys: Value) {
        keys["type"] = json!("configure");
        self.control(&keys).await;
    }

    /// Sends words in place of speech.
    pub async fn input_text(&mut self, text: &str) {
        self.control(&json!({"type": "input_text", "text": text}))
            .await;
    }

    /// Sends a binary message as it is.
    pub async fn binary(&mut self, bytes: &[u8]) {
        self.socket.send_binary(bytes).await;
    }

    /// Sends a text message, which the protocol does not have.
    pub async fn text(&mut self, text: &str) {
        self.socket.send_text(text).await;
    }

    /// Begins to close.
    pub async fn close(&mut self, code: u16) {
        self.socket.send_close(code).await;
    }

    /// The next thing the agent's side sends.
    ///
    /// # Panics
    /// Nothing comes within [`PATIENCE`](crate::PATIENCE), or something that is not the protocol.
    pub async fn next(&mut self) -> FromAgent {
        let message = match self.socket.next().await {
            Came::Text(text) => panic!("a text message: {text}"),
            Came::Closed(code) => FromAgent::Closed(code),
            Came::Lost => FromAgent::Lost,
            Came::Binary(bytes) => match bytes.split_first() {
                Some((1, audio)) => FromAgent::Audio(audio.to_vec()),
                Some((2, text)) => {
                    FromAgent::CallerText(String::from_utf8(text.to_vec()).expect("UTF-8"))
                }
                Some((3, json)) => FromAgent::Event(serde_json::from_slice(json).expect("JSON")),
                _ => panic!("an untagged message: {bytes:?}"),
            },
        };
        self.received.push(message.clone());
        message
    }

    /// The next event of this name; what comes before it is in [`received`](Self::received).
    ///
    /// # Panics
    /// As [`next`](Self::next), or the socket is closed first.
    pub async fn until_event(&mut self, name: &str) -> Value {
        loop {
            match self.next().await {
                FromAgent::Event(event) if event["event"] == name => return event,
                end @ (FromAgent::Closed(_) | FromAgent::Lost) => {
                    panic!("expected event {name:?}, got {end:?}")
                }
                _ => {}
            }
        }
    }

    /// The next audio; what comes before it is in [`received`](Self::received).
    ///
    /// # Panics
    /// As [`next`](Self::next), or the socket is closed first.
    pub async fn until_audio(&mut self) -> Vec<u8> {
        loop {
            match self.next().await {
                FromAgent::Audio(audio) => return audio,
                end @ (FromAgent::Closed(_) | FromAgent::Lost) => {
                    panic!("expected audio, got {end:?}")
                }
                _ => {}
            }
        }
    }

    /// Reads until the agent says a sentence that contains `part`.
    ///
    /// # Panics
    /// As [`next`](Self::next), or the socket is closed first.
    pub async fn until_said(&mut self, part: &str) {
        loop {
            let transcript = self.until_event("transcript").await;
            let text = transcript["text"].as_str().unwrap_or_default();
            if text.contains(part) {
                return;
            }
        }
    }

    /// Everything up to the end of the socket; the last is how it ended.
    ///
    /// # Panics
    /// As [`next`](Self::next).
    pub async fn until_closed(&mut self) -> Vec<FromAgent> {
        let mut all = Vec::new();
        loop {
            let next = self.next().await;
            let over = matches!(next, FromAgent::Closed(_) | FromAgent::Lost);
            all.push(next);
            if over {
                return all;
            }
        }
    }

    /// The agent's sentences so far.
    pub fn transcripts(&self) -> Vec<String> {
        let said = self.received.iter().filter_map(|message| match message {
            FromAgent::Event(event) if event["event"] == "transcript" => event["text"].as_str(),
            _ => None,
        });
        said.map(str::to_owned).collect()
    }

    async fn tagged(&mut self, tag: u8, content: &[u8]) {
        let mut message = vec![tag];
        message.extend_from_slice(content);
        self.socket.send_binary(&message).await;
    }
}
