//! The bot's messages, as each vendor documents them.
//!
//! * ivr: `type` messages: `response.audio.delta`, `audio.clear`, `session.dtmf`, `session.hangup`, four transfers; a
//!   stream with binary audio is answered in binary. The vendor documents no way to set a mark; the Exotel-shaped
//!   `mark` is what its siblings take.
//! * twilio: `media`, `mark`, `clear`, each with `streamSid`; closing the socket ends the stream.
//! * plivo: `playAudio`, `checkpoint`, `clearAudio`, `sendDTMF`; closing the socket ends the stream.
//! * exotel: `media`, `mark`, `clear` with `stream_sid`; audio in multiples of 320 bytes, 3,200 to 100,000; closing
//!   the socket goes on with the flow.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use trunkline_codecs::format::{AudioFormat, Encoding};

use super::dialect::Dialect;
use super::heard::Stream;
use super::script::Transfer;

/// What a bot wants of the platform.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Command<'a> {
    /// Audio in the stream's format.
    Audio(&'a [u8]),
    Mark(&'a str),
    Clear,
    Dtmf(&'a str),
    Transfer(&'a Transfer),
    TransferBot(&'a str),
    Flow(&'a str),
    Extension(&'a str),
    HangUp,
}

/// The sending half of one stream.
#[derive(Debug)]
pub(crate) struct Wire {
    dialect: Dialect,
    stream_id: String,
    format: AudioFormat,
    binary: bool,
    sequence: u64,
    chunk: u64,
    sent_us: u64,
}

impl Wire {
    pub(crate) fn new(stream: &Stream) -> Self {
        Self {
            dialect: stream.dialect,
            stream_id: stream.stream_id.clone(),
            format: stream.format,
            binary: false,
            sequence: 0,
            chunk: 0,
            sent_us: 0,
        }
    }

    pub(crate) fn format(&self) -> AudioFormat {
        self.format
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn stream_id(&self) -> &str {
        &self.stream_id
    }

    /// From here on audio goes out as binary frames, where the dialect has them.
    pub(crate) fn go_binary(&mut self) {
        self.binary = self.dialect == Dialect::Ivr;
    }

    /// Bytes of one audio message: 100 ms, on Exotel filled up to the next multiple of 3,200 bytes.
    pub(crate) fn piece_bytes(&self) -> usize {
        let piece = self.format.bytes_for_us(100_000);
        match self.least_bytes() {
            0 => piece,
            least => piece.next_multiple_of(least),
        }
    }

    /// The smallest audio message the dialect takes, in bytes; shorter audio waits or is filled up with silence.
    pub(crate) fn least_bytes(&self) -> usize {
        match self.dialect {
            Dialect::Exotel => 3_200,
            _ => 0,
        }
    }

    /// The message of a command; `None` where the dialect has none for it.
    pub(crate) fn encode(&mut self, command: Command<'_>) -> Option<Message> {
        if let Command::Audio(bytes) = command {
            return Some(self.encode_audio(bytes));
        }
        let value = match self.dialect {
            Dialect::Ivr => self.ivr(command),
            Dialect::Twilio => self.twilio(command),
            Dialect::Plivo => self.plivo(command),
            Dialect::Exotel => self.exotel(command),
        };
        value.map(|value| Message::text(value.to_string()))
    }

    fn encode_audio(&mut self, bytes: &[u8]) -> Message {
        if self.binary {
            return Message::binary(bytes.to_vec());
        }
        let payload = BASE64_STANDARD.encode(bytes);
        let id = &self.stream_id;
        let value = match self.dialect {
            Dialect::Ivr => json!({"type": "response.audio.delta", "delta": payload}),
            Dialect::Twilio => {
                json!({"event": "media", "streamSid": id, "media": {"payload": payload}})
            }
            Dialect::Plivo => json!({"event": "playAudio", "media": {
                "contentType": content_type(self.format), "sampleRate": self.format.rate_hz, "payload": payload}}),
            Dialect::Exotel => {
                self.chunk += 1;
                let timestamp = (self.sent_us / 1_000).to_string();
                let chunk = self.chunk.to_string();
                self.sent_us += self.format.us_for_bytes(bytes.len());
                json!({"event": "media", "sequence_number": self.next(), "stream_sid": self.stream_id,
                    "media": {"chunk": chunk, "timestamp": timestamp, "payload": payload}})
            }
        };
        Message::text(value.to_string())
    }

    fn ivr(&self, command: Command<'_>) -> Option<Value> {
        Some(match command {
            Command::Mark(name) => {
                json!({"event": "mark", "stream_sid": self.stream_id, "mark": {"name": name}})
            }
            Command::Clear => json!({"type": "audio.clear"}),
            Command::Dtmf(digits) => json!({"type": "session.dtmf", "dtmf": digits}),
            Command::Transfer(to) => transfer(to),
            Command::TransferBot(url) => json!({"type": "session.transfer_ws", "url": url}),
            Command::Flow(id) => json!({"type": "session.flow_transfer", "flow_id": id}),
            Command::Extension(number) => {
                json!({"type": "session.transfer_extension", "extension": number})
            }
            Command::HangUp => json!({"type": "session.hangup"}),
            Command::Audio(_) => return None,
        })
    }

    fn twilio(&self, command: Command<'_>) -> Option<Value> {
        match command {
            Command::Mark(name) => {
                Some(json!({"event": "mark", "streamSid": self.stream_id, "mark": {"name": name}}))
            }
            Command::Clear => Some(json!({"event": "clear", "streamSid": self.stream_id})),
            _ => None,
        }
    }

    fn plivo(&self, command: Command<'_>) -> Option<Value> {
        match command {
            Command::Mark(name) => {
                Some(json!({"event": "checkpoint", "streamId": self.stream_id, "name": name}))
            }
            Command::Clear => Some(json!({"event": "clearAudio", "streamId": self.stream_id})),
            Command::Dtmf(digits) => Some(json!({"event": "sendDTMF", "dtmf": digits})),
            _ => None,
        }
    }

    fn exotel(&mut self, command: Command<'_>) -> Option<Value> {
        match command {
            Command::Mark(name) => Some(json!({"event": "mark", "sequence_number": self.next(),
                "stream_sid": self.stream_id, "mark": {"name": name}})),
            Command::Clear => Some(json!({"event": "clear", "stream_sid": self.stream_id})),
            _ => None,
        }
    }

    /// Exotel's counters are text.
    fn next(&mut self) -> String {
        self.sequence += 1;
        self.sequence.to_string()
    }
}

fn transfer(to: &Transfer) -> Value {
    let mut message = match to.destinations.as_slice() {
        [one] => json!({"type": "session.transfer", "destination": one}),
        many => json!({"type": "session.transfer", "destination": many}),
    };
    if to.sequential
        && let Some(fields) = message.as_object_mut()
    {
        fields.insert("strategy".to_owned(), "sequential".into());
    }
    message
}

fn content_type(format: AudioFormat) -> &'static str {
    match format.encoding {
        Encoding::Mulaw => "audio/x-mulaw",
        _ => "audio/x-l16",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(dialect: Dialect, format: AudioFormat) -> Wire {
        Wire::new(&Stream {
            dialect,
            stream_id: "s".to_owned(),
            format,
            parties: Default::default(),
            message: Value::Null,
        })
    }

    fn sent(wire: &mut Wire, command: Command<'_>) -> Option<Value> {
        let message = wire.encode(command)?;
        let text = message.to_text().expect("text");
        Some(serde_json::from_str(text).expect("JSON"))
    }

    #[test]
    fn the_bridges_messages_as_the_vendor_prints_them() {
        let mut wire = wire(Dialect::Ivr, AudioFormat::pcm16(8_000));
        let to = |destinations: &[&str], sequential| Transfer {
            destinations: destinations.iter().map(|&one| one.to_owned()).collect(),
            sequential,
        };
        let (one, all, each) = (
            to(&["09876543210"], false),
            to(&["1", "2"], false),
            to(&["1", "2"], true),
        );
        let cases = [
            (
                Command::Audio(&[0, 0, 0]),
                r#"{"type":"response.audio.delta","delta":"AAAA"}"#,
            ),
            (Command::HangUp, r#"{"type":"session.hangup"}"#),
            (
                Command::Dtmf("123#"),
                r#"{"type":"session.dtmf","dtmf":"123#"}"#,
            ),
            (Command::Clear, r#"{"type":"audio.clear"}"#),
            (
                Command::Transfer(&one),
                r#"{"type":"session.transfer","destination":"09876543210"}"#,
            ),
            (
                Command::Transfer(&all),
                r#"{"type":"session.transfer","destination":["1","2"]}"#,
            ),
            (
                Command::Transfer(&each),
                r#"{"type":"session.transfer","destination":["1","2"],"strategy":"sequential"}"#,
            ),
            (
                Command::TransferBot("wss://h/"),
                r#"{"type":"session.transfer_ws","url":"wss://h/"}"#,
            ),
            (
                Command::Flow("sales_flow"),
                r#"{"type":"session.flow_transfer","flow_id":"sales_flow"}"#,
            ),
            (
                Command::Extension("101"),
                r#"{"type":"session.transfer_extension","extension":"101"}"#,
            ),
        ];
        for (command, expected) in cases {
            let expected: Value = serde_json::from_str(expected).expect("JSON");
            assert_eq!(sent(&mut wire, command), Some(expected));
        }
        wire.go_binary();
        assert_eq!(
            wire.encode(Command::Audio(&[1, 2])),
            Some(Message::binary(vec![1, 2]))
        );
    }

    #[test]
    fn the_siblings_messages() {
        let mut twilio = wire(Dialect::Twilio, AudioFormat::MULAW_8K);
        assert_eq!(
            sent(&mut twilio, Command::Audio(&[0xff, 0xff])),
            Some(json!({"event":"media","streamSid":"s","media":{"payload":"//8="}}))
        );
        assert_eq!(
            sent(&mut twilio, Command::Mark("m1")),
            Some(json!({"event":"mark","streamSid":"s","mark":{"name":"m1"}}))
        );
        assert_eq!(sent(&mut twilio, Command::HangUp), None);
        let mut plivo = wire(Dialect::Plivo, AudioFormat::pcm16(16_000));
        assert_eq!(
            sent(&mut plivo, Command::Audio(&[0, 0, 0])),
            Some(
                json!({"event":"playAudio","media":{"contentType":"audio/x-l16","sampleRate":16000,"payload":"AAAA"}})
            )
        );
        assert_eq!(
            sent(&mut plivo, Command::Mark("m1")),
            Some(json!({"event":"checkpoint","streamId":"s","name":"m1"}))
        );
        assert_eq!(
            sent(&mut plivo, Command::Dtmf("1234#")),
            Some(json!({"event":"sendDTMF","dtmf":"1234#"}))
        );
        let mut exotel = wire(Dialect::Exotel, AudioFormat::pcm16(8_000));
        sent(&mut exotel, Command::Audio(&[0; 3_200]));
        let second = sent(&mut exotel, Command::Audio(&[0, 0, 0])).expect("a message");
        assert_eq!(
            second,
            json!({"event":"media","sequence_number":"2","stream_sid":"s",
                "media":{"chunk":"2","timestamp":"200","payload":"AAAA"}})
        );
        assert_eq!(exotel.piece_bytes(), 3_200);
    }
}
