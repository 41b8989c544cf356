//! An agent that dials a bot and does what keys tell it to; it writes down what it hears of its link.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use trunkline_call::{
    Action, AgentEvent, AgentNeeds, Buffers, DialSpec, Frame, LinkSpec, PostSpec, SendKind,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol::Secret;

use super::*;

/// Where the bot's socket is.
const SLOT: LinkId = LinkId::new(1, 0);

/// The largest message taken from it.
pub(super) const MAX_MESSAGE_BYTES: usize = 8_192;

/// Closes the socket after a last message.
pub(super) const CLOSE: char = '1';
/// Closes the socket and dials the next.
pub(super) const REDIAL: char = '2';
/// Makes a request in the socket's place.
pub(super) const POST: char = '3';
/// Dials anew without closing.
pub(super) const REPLACE: char = '4';

/// What a test learns of a [`Bot`]: one line for each thing that happened to its link, which begins with the
/// link's generation.
pub(super) type Lines = Rc<RefCell<Vec<String>>>;

#[derive(Debug)]
pub(super) struct Bot {
    link: LinkId,
    /// Done in order; a text goes out as a message.
    todo: VecDeque<Wish>,
    /// The caller's, for the bot; the newest is dropped where it takes nothing.
    uplink: Vec<u8>,
    /// The bot's, for the caller.
    downlink: Vec<u8>,
    lines: Lines,
}

#[derive(Debug)]
enum Wish {
    Do(Action),
    Say(&'static str),
}

/// What waits for a bot that takes nothing.
const UPLINK_BYTES: usize = 8_000;

impl Bot {
    pub(super) fn new() -> (Self, Lines) {
        let lines = Lines::default();
        let bot = Self {
            link: SLOT,
            todo: VecDeque::new(),
            uplink: Vec::new(),
            downlink: Vec::new(),
            lines: Rc::clone(&lines),
        };
        (bot, lines)
    }

    fn dial(&mut self) {
        let spec = DialSpec {
            url: Secret::new("wss://bot.example.com/"),
            headers: Vec::new(),
            connect_ms: 5_000,
            max_message_bytes: MAX_MESSAGE_BYTES,
            signing: None,
        };
        let open = Action::Open(self.link, LinkSpec::Dial(Arc::new(spec)));
        self.todo.push_back(Wish::Do(open));
    }

    fn post(&mut self) {
        let spec = PostSpec {
            url: Secret::new("https://bot.example.com/"),
            headers: Vec::new(),
            body: Bytes::from_static(b"{}"),
            timeout_ms: 5_000,
            max_response_bytes: 1_024,
            signing: None,
        };
        let open = Action::Open(self.link, LinkSpec::Post(Arc::new(spec)));
        self.todo.push_back(Wish::Do(open));
    }

    fn close(&mut self) {
        self.todo.push_back(Wish::Do(Action::Close(self.link)));
        self.link = self.link.next();
    }

    fn key(&mut self, key: char) {
        match key {
            CLOSE => {
                self.todo.push_back(Wish::Say("bye"));
                self.close();
            }
            REDIAL => {
                self.close();
                self.dial();
            }
            POST => {
                self.close();
                self.post();
            }
            REPLACE => {
                self.link = self.link.next();
                self.dial();
            }
            other => panic!("{other}"),
        }
    }

    fn note(&self, id: LinkId, what: &str) {
        let mut generation = 0;
        let mut each = SLOT;
        while each != id {
            each = each.next();
            generation += 1;
        }
        self.lines.borrow_mut().push(format!("{generation} {what}"));
    }
}

impl Agent for Bot {
    fn needs(&mut self, caller_sends: AudioFormat, caller_takes: AudioFormat) -> AgentNeeds {
        AgentNeeds::new(Some(caller_sends), caller_takes)
    }

    fn handle(&mut self, _now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Begin(_) => {
                let interruptible = false;
                let begin = Action::BeginUtterance { interruptible };
                self.todo.push_back(Wish::Do(begin));
                self.dial();
            }
            AgentEvent::Audio(audio) if self.uplink.len() < UPLINK_BYTES => {
                self.uplink.extend(audio);
            }
            AgentEvent::Digit(key) => self.key(key),
            AgentEvent::Up(id) => self.note(id, "up"),
            AgentEvent::Down(id, why) => self.note(id, &format!("{why:?}")),
            AgentEvent::Data(_, Frame::Alive) => {}
            AgentEvent::Data(_, Frame::Binary(audio)) => self.downlink.extend(audio),
            AgentEvent::Data(id, Frame::Text(text)) => self.note(id, text),
            AgentEvent::Data(id, frame) => self.note(id, &format!("{frame:?}")),
            _ => {}
        }
    }

    fn poll(&mut self, _now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        match self.todo.pop_front() {
            Some(Wish::Do(action)) => return Some(action),
            Some(Wish::Say(text)) if writable.contains(self.link) => {
                buffers.message.extend_from_slice(text.as_bytes());
                let before = LinkId::new(1, 0);
                return Some(Action::Send(before, SendKind::Text));
            }
            Some(Wish::Say(_)) | None => {}
        }
        if !self.downlink.is_empty() {
            buffers.audio.append(&mut self.downlink);
            return Some(Action::Audio);
        }
        if !self.uplink.is_empty() && writable.contains(self.link) {
            buffers.message.extend_from_slice(&self.uplink);
            self.uplink.clear();
            return Some(Action::Send(self.link, SendKind::Binary));
        }
        None
    }

    fn deadline(&self) -> Option<Time> {
        None
    }
}

/// Twilio's `dtmf`.
pub(super) fn key(key: char) -> Message {
    let dtmf = json!({"event": "dtmf", "streamSid": "MZ1",
        "dtmf": {"track": "inbound_track", "digit": key.to_string()}});
    Message::text(dtmf.to_string())
}
