//! The bot's messages, read as strictly as the vendor reads them: what the bot wants, and what is wrong with it.
//!
//! * ivr: `type` of `response.audio.delta{delta}`, `audio.clear`, `session.dtmf{dtmf}`, `session.hangup`,
//!   `session.transfer{destination, strategy?}`, `session.transfer_ws{url}`, `session.flow_transfer{flow_id}`,
//!   `session.transfer_extension{extension}`; binary frames of PCM16; undocumented, from its siblings: `event` of
//!   `media`, `mark`, `clear`
//! * twilio: `event` of `media{payload}`, `mark{name}`, `clear`; `streamSid` required, unknown fields refused
//! * plivo: `playAudio{contentType, sampleRate, payload}`, `checkpoint` with `name`, `clearAudio`, `sendDTMF`
//! * exotel: as twilio in snake case; audio in multiples of 320 bytes, 3,200 to 100,000

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use tokio_tungstenite::tungstenite::Message;
use trunkline_codecs::format::{AudioFormat, Encoding};

use super::finding::{Code, Found};
use crate::botserver::Dialect;

/// What a bot wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Play this; whole samples in the stream's format.
    Audio(Vec<u8>),
    Mark(String),
    Clear,
    Dtmf(String),
    HangUp,
    /// A transfer, in words.
    HandOver(String),
}

/// One message: a wish, unless it cannot be understood, and what is wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) wish: Option<Wish>,
    pub(crate) found: Vec<Found>,
}

/// What a message is read against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) format: AudioFormat,
    pub(crate) stream_id: &'a str,
}

type Object = Map<String, Value>;

impl Reader<'_> {
    /// The longest message a platform takes from a bot.
    pub(crate) const MESSAGE_BYTES: usize = 256 * 1024;
    /// The longest name of a mark.
    const MARK_BYTES: usize = 128;

    /// Reads one data message.
    pub(crate) fn read(self, message: &Message) -> Reading {
        let mut reading = Reading::default();
        if message.len() > Self::MESSAGE_BYTES {
            reading.fault(
                Code::MessageTooLong,
                "at most 262144 bytes",
                format!("{} bytes", message.len()),
            );
        }
        match message {
            Message::Text(text) => match serde_json::from_str(text) {
                Ok(Value::Object(object)) => self.read_object(&object, &mut reading),
                Ok(_) => reading.fault(Code::NotJson, "a JSON object", text.as_str()),
                Err(error) => {
                    reading.fault(Code::NotJson, "JSON", format!("{error}: {}", text.as_str()));
                }
            },
            Message::Binary(bytes) if self.dialect == Dialect::Ivr => {
                self.take_audio(bytes.to_vec(), &mut reading);
            }
            Message::Binary(bytes) => {
                let got = format!("a binary frame of {} bytes", bytes.len());
                reading.fault(Code::BinaryFrame, "JSON text", got);
            }
            _ => {}
        }
        reading
    }

    fn read_object(self, message: &Object, reading: &mut Reading) {
        self.check_stream(message, reading);
        let word = |name: &str| message.get(name).and_then(Value::as_str);
        match (self.dialect, word("type"), word("event")) {
            (Dialect::Ivr, Some(kind), _) => self.read_ivr(kind, message, reading),
            (_, _, Some(event)) if is_platforms(event) => {
                reading.fault(Code::WrongRole, "a message of a bot", event);
            }
            (Dialect::Plivo, _, Some(event)) => self.read_plivo(event, message, reading),
            (_, _, Some(event)) => self.read_siblings(event, message, reading),
            (Dialect::Ivr, None, None) => reading.fault(Code::BadField, "type", names(message)),
            (_, _, None) => reading.fault(Code::BadField, "event", names(message)),
        }
    }

    fn read_ivr(self, kind: &str, message: &Object, reading: &mut Reading) {
        let mut field = |name: &str| reading.text(message, name);
        reading.wish = match kind {
            "response.audio.delta" => {
                if let Some(delta) = field("delta") {
                    self.take_base64(&delta, reading);
                }
                return;
            }
            "audio.clear" => Some(Wish::Clear),
            "session.hangup" => Some(Wish::HangUp),
            "session.dtmf" => {
                let digits = field("dtmf");
                digits.and_then(|digits| reading.digits(digits))
            }
            "session.transfer" => reading.transfer(message),
            "session.transfer_ws" => {
                field("url").map(|url| Wish::HandOver(format!("transfer_ws {}", host(&url))))
            }
            "session.flow_transfer" => {
                field("flow_id").map(|id| Wish::HandOver(format!("flow_transfer {id:?}")))
            }
            "session.transfer_extension" => field("extension")
                .map(|number| Wish::HandOver(format!("transfer_extension {number:?}"))),
            _ => return reading.fault(Code::UnknownMessage, "a known type", kind),
        };
    }

    fn read_plivo(self, event: &str, message: &Object, reading: &mut Reading) {
        match event {
            "playAudio" => {
                let media = reading.body(message, "media");
                self.check_format(&media, reading);
                if let Some(payload) = reading.text(&media, "payload") {
                    self.take_base64(&payload, reading);
                }
            }
            "checkpoint" => self.take_mark(message, reading),
            "clearAudio" => reading.wish = Some(Wish::Clear),
            "sendDTMF" => {
                let digits = reading.text(message, "dtmf");
                reading.wish = digits.and_then(|digits| reading.digits(digits));
            }
            _ => reading.fault(Code::UnknownMessage, "a known event", event),
        }
    }

    /// Twilio and Exotel, and what the bridge takes beside its own.
    fn read_siblings(self, event: &str, message: &Object, reading: &mut Reading) {
        if !matches!(event, "media" | "mark" | "clear") {
            return reading.fault(Code::UnknownMessage, "a known event", event);
        }
        if self.dialect == Dialect::Ivr {
            reading.warning(Code::Undocumented, "a message with type", event);
        }
        match event {
            "media" => {
                let media = reading.body(message, "media");
                self.check_fields(&media, &["payload"], reading);
                if let Some(payload) = reading.text(&media, "payload") {
                    self.take_base64(&payload, reading);
                }
            }
            "mark" => {
                let mark = reading.body(message, "mark");
                self.check_fields(&mark, &["name"], reading);
                self.take_mark(&mark, reading);
            }
            _ => reading.wish = Some(Wish::Clear),
        }
        self.check_fields(message, &["event", "streamSid", "media", "mark"], reading);
    }

    fn take_base64(self, payload: &str, reading: &mut Reading) {
        match BASE64_STANDARD.decode(payload) {
            Ok(bytes) => self.take_audio(bytes, reading),
            Err(error) => reading.fault(Code::BadBase64, "base64", error.to_string()),
        }
    }

    fn take_audio(self, mut bytes: Vec<u8>, reading: &mut Reading) {
        let size = bytes.len();
        let got = || format!("{size} bytes");
        if bytes.is_empty() {
            return reading.fault(Code::EmptyAudio, "audio", "none");
        }
        if self.dialect == Dialect::Exotel
            && !(size.is_multiple_of(320) && (3_200..=100_000).contains(&size))
        {
            let expected = "a multiple of 320 bytes, 3200 to 100000";
            reading.fault(Code::ChunkSize, expected, got());
        } else if !size.is_multiple_of(self.format.bytes_per_sample()) {
            reading.fault(Code::OddLength, "whole samples of 2 bytes", got());
        }
        bytes.truncate(size - size % self.format.bytes_per_sample());
        reading.wish = Some(Wish::Audio(bytes));
    }

    fn take_mark(self, body: &Object, reading: &mut Reading) {
        if let Some(name) = reading.text(body, "name") {
            if !(1..=Self::MARK_BYTES).contains(&name.len()) {
                let got = format!("{} bytes", name.len());
                return reading.fault(Code::MarkName, "a name of 1 to 128 bytes", got);
            }
            reading.wish = Some(Wish::Mark(name));
        }
    }

    /// Twilio requires its stream's id, Plivo its stream's on what is not audio; elsewhere it must be right if it is
    /// there.
    fn check_stream(self, message: &Object, reading: &mut Reading) {
        let ids: &[&str] = match self.dialect {
            Dialect::Ivr | Dialect::Exotel => &["stream_sid", "streamSid"],
            Dialect::Twilio => &["streamSid"],
            Dialect::Plivo => &["streamId"],
        };
        let event = message.get("event").and_then(Value::as_str).unwrap_or("");
        match ids.iter().find_map(|name| message.get(*name)) {
            Some(id) if id.as_str() == Some(self.stream_id) => {}
            Some(id) => reading.fault(Code::WrongStream, self.stream_id, id.to_string()),
            None if matches!(event, "media" | "mark" | "clear")
                && self.dialect == Dialect::Twilio =>
            {
                reading.fault(Code::WrongStream, self.stream_id, "no streamSid");
            }
            None if matches!(event, "media" | "mark" | "clear")
                && self.dialect == Dialect::Exotel =>
            {
                reading.warning(Code::WrongStream, self.stream_id, "no stream_sid");
            }
            None if matches!(event, "checkpoint" | "clearAudio") => {
                reading.warning(Code::WrongStream, self.stream_id, "no streamId");
            }
            None => {}
        }
    }

    /// What a bot says its audio is. `audio/x-l16;rate=16000` means what the two fields say.
    fn check_format(self, media: &Object, reading: &mut Reading) {
        let expected = match self.format.encoding {
            Encoding::Mulaw => "audio/x-mulaw",
            _ => "audio/x-l16",
        };
        let kind = reading.text(media, "contentType").unwrap_or_default();
        let bare = kind.split(';').next().unwrap_or_default().trim();
        if !kind.is_empty() && !bare.eq_ignore_ascii_case(expected) {
            reading.fault(Code::WrongFormat, expected, kind);
        }
        let rate = match media.get("sampleRate") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(number) => number.as_u64(),
            None => None,
        };
        if rate != Some(self.format.rate_hz.into()) {
            let got = media.get("sampleRate").map(Value::to_string);
            let got = got.unwrap_or_else(|| "none".to_owned());
            let expected = format!("sampleRate {}", self.format.rate_hz);
            reading.fault(Code::WrongFormat, expected, got);
        }
    }

    /// Twilio answers unknown fields with its error 31951.
    fn check_fields(self, body: &Object, known: &[&str], reading: &mut Reading) {
        if self.dialect == Dialect::Twilio
            && let Some(name) = body.keys().find(|name| !known.contains(&name.as_str()))
        {
            reading.warning(Code::UnknownField, format!("only {known:?}"), name.as_str());
        }
    }
}

impl Reading {
    fn fault(&mut self, code: Code, expected: impl Into<String>, got: impl Into<String>) {
        self.found.push(Found::fault(code, expected, got));
    }

    fn warning(&mut self, code: Code, expected: impl Into<String>, got: impl Into<String>) {
        self.found.push(Found::warning(code, expected, got));
    }

    /// A field that must be text.
    fn text(&mut self, body: &Object, name: &str) -> Option<String> {
        let text = body.get(name).and_then(Value::as_str);
        if text.is_none() {
            self.fault(Code::BadField, format!("{name} as text"), names(body));
        }
        text.map(ToOwned::to_owned)
    }

    /// A field that must be an object; empty where it is none.
    fn body(&mut self, message: &Object, name: &str) -> Object {
        let body = message.get(name).and_then(Value::as_object);
        if body.is_none() {
            self.fault(
                Code::BadField,
                format!("{name} as an object"),
                names(message),
            );
        }
        body.cloned().unwrap_or_default()
    }

    fn digits(&mut self, digits: String) -> Option<Wish> {
        let known = |digit: char| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D' | 'a'..='d');
        if !(1..=64).contains(&digits.len()) || !digits.chars().all(known) {
            self.fault(Code::BadField, "1 to 64 of 0-9 * # A-D", digits);
            return None;
        }
        Some(Wish::Dtmf(digits))
    }

    fn transfer(&mut self, message: &Object) -> Option<Wish> {
        let destinations = match message.get("destination") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let strategy = message.get("strategy").and_then(Value::as_str);
        if destinations.is_empty() || destinations.iter().any(|one| one.is_empty()) {
            let expected = "destination as text or a list of texts";
            self.fault(Code::BadField, expected, names(message));
            return None;
        }
        if message.contains_key("strategy") && strategy != Some("sequential") {
            let got = strategy.unwrap_or("no text");
            self.fault(Code::BadField, "strategy sequential or none", got);
        }
        let strategy = strategy.unwrap_or_default();
        let words = format!("transfer {} {strategy}", destinations.join(","));
        Some(Wish::HandOver(words.trim_end().to_owned()))
    }
}

/// Events only a platform sends.
fn is_platforms(event: &str) -> bool {
    matches!(
        event,
        "connected" | "start" | "stop" | "dtmf" | "playedStream" | "clearedAudio"
    )
}

/// The fields of an object, for messages; their values may be audio or secret.
fn names(body: &Object) -> String {
    let names: Vec<_> = body.keys().take(8).map(String::as_str).collect();
    format!("fields [{}]", names.join(", "))
}

/// Where a URL leads, without its path, which may hold a token.
fn host(url: &str) -> String {
    url::Url::parse(url).map_or_else(
        |_| "(no URL)".to_owned(),
        |url| {
            format!(
                "{}://{}/…",
                url.scheme(),
                url.host_str().unwrap_or_default()
            )
        },
    )
}

#[cfg(test)]
mod tests;
