//! The platform's messages, read leniently: numbers may be text, names snake or camel case, unknown fields are
//! skipped, `connected` is not required.
//!
//! * all: JSON text with `event`; `start`, `media{payload}` in base64, `dtmf{digit}`, `mark{name}`, `stop{reason}`
//! * ivr also: binary frames of PCM16 audio, `clear`, and a template with `type` in place of `start`
//! * plivo: `playedStream` and `clearedAudio` in place of `mark`; the end is the socket's

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;
use trunkline_codecs::format::AudioFormat;

use super::dialect::Dialect;

/// One message of the platform.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    /// The stream begins.
    Start(Stream),
    /// Audio of the caller in the stream's format. `binary`: in a binary frame.
    Audio {
        bytes: Vec<u8>,
        binary: bool,
    },
    Digit(String),
    /// A mark was reached or thrown away.
    Mark(String),
    /// `stop`, with its reason.
    Stop(String),
    /// Something that only needs to be told: the message in words.
    Told(String),
}

/// What a bot is told of the call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stream {
    pub(crate) dialect: Dialect,
    pub(crate) stream_id: String,
    pub(crate) format: AudioFormat,
    /// Where the call comes from and goes to, as far as the stream says it.
    pub(crate) parties: [String; 2],
    pub(crate) message: Value,
}

impl Heard {
    /// Reads one data message. `dialect` overrules what a `start` looks like.
    ///
    /// # Errors
    ///
    /// Expected and got, in words.
    pub(crate) fn read(message: &Message, dialect: Option<Dialect>) -> Result<Self, String> {
        let text = match message {
            Message::Text(text) => text.as_str(),
            Message::Binary(bytes) => {
                return Ok(Self::Audio {
                    bytes: bytes.to_vec(),
                    binary: true,
                });
            }
            _ => return Err("expected a data message".to_owned()),
        };
        let message: Value = serde_json::from_str(text)
            .map_err(|error| format!("expected JSON, got {:?} ({error})", excerpt(text)))?;
        let event = word(&message, &["event"]);
        let body = |name: &str| message.get(name).cloned().unwrap_or_default();
        Ok(match event.as_str() {
            "start" => Self::Start(Stream::read(message, dialect)),
            "" if message.get("type").is_some() => Self::Start(Stream::read(message, dialect)),
            "media" => {
                let payload = body("media");
                let payload = payload.get("payload").and_then(Value::as_str);
                let payload = payload.ok_or("expected media.payload, got none")?;
                let bytes = BASE64_STANDARD
                    .decode(payload)
                    .map_err(|error| format!("expected base64 in media.payload: {error}"))?;
                Self::Audio {
                    bytes,
                    binary: false,
                }
            }
            "dtmf" => Self::Digit(word(&body("dtmf"), &["digit"])),
            "mark" => Self::Mark(word(&body("mark"), &["name"])),
            "playedStream" => Self::Mark(word(&message, &["name"])),
            "stop" => Self::Stop(word(&body("stop"), &["reason"])),
            "connected" | "clear" | "clearedAudio" => Self::Told(event),
            "transfer" => {
                let transfer = body("transfer");
                let status = word(&transfer, &["transfer_status"]);
                let reason = word(&transfer, &["reason"]);
                Self::Told(format!("transfer {status} {reason}"))
            }
            _ => return Err(format!("expected a known event, got {:?}", excerpt(&event))),
        })
    }
}

impl Stream {
    fn read(message: Value, dialect: Option<Dialect>) -> Self {
        let dialect = dialect.unwrap_or_else(|| Dialect::of_start(&message));
        let start = message.get("start").unwrap_or(&message);
        let id = ["stream_sid", "streamSid", "streamId", "sessionId"];
        let mut stream_id = word(start, &id);
        if stream_id.is_empty() {
            stream_id = word(&message, &id);
        }
        Self {
            dialect,
            stream_id,
            format: format(start, dialect),
            parties: [word(start, &["from"]), word(start, &["to"])],
            message,
        }
    }
}

/// `media_format` wins; without one, Twilio and Plivo are μ-law and the others PCM16, all at 8000 Hz.
fn format(start: &Value, dialect: Dialect) -> AudioFormat {
    let media = start
        .get("media_format")
        .or_else(|| start.get("mediaFormat"));
    let media = media.unwrap_or(&Value::Null);
    let encoding = word(media, &["encoding"]).to_ascii_lowercase();
    let rate_hz = word(media, &["sample_rate", "sampleRate"]).parse();
    let mulaw = if encoding.is_empty() {
        matches!(dialect, Dialect::Twilio | Dialect::Plivo)
    } else {
        encoding.contains("mulaw") || encoding.contains("pcmu")
    };
    let format = if mulaw {
        AudioFormat::MULAW_8K
    } else {
        AudioFormat::pcm16(8_000)
    };
    AudioFormat {
        rate_hz: rate_hz
            .ok()
            .filter(|hz| [8_000, 16_000, 24_000].contains(hz))
            .unwrap_or(8_000),
        ..format
    }
}

/// The first of these fields that is text or a number, as text; empty without one.
fn word(value: &Value, names: &[&str]) -> String {
    let found = names.iter().find_map(|name| value.get(name));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(number @ Value::Number(_)) => number.to_string(),
        _ => String::new(),
    }
}

/// The beginning of a text, for messages.
fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Heard, String> {
        Heard::read(&Message::text(text), None)
    }

    fn started(text: &str) -> Stream {
        match read(text) {
            Ok(Heard::Start(stream)) => stream,
            other => panic!("expected a start, got {other:?}"),
        }
    }

    #[test]
    fn starts_as_the_vendors_print_them() {
        let ivr = started(
            r#"{"event":"start","sequence_number":1,"stream_sid":"1707204900.123","start":{"stream_sid":"1707204900.123","call_sid":"call_1","from":"9876543210","to":"18001234567","media_format":{"encoding":"raw/slin","sample_rate":8000}}}"#,
        );
        assert_eq!(
            (ivr.dialect, ivr.stream_id.as_str(), ivr.format),
            (Dialect::Ivr, "1707204900.123", AudioFormat::pcm16(8_000))
        );
        assert_eq!(ivr.parties, ["9876543210", "18001234567"]);
        let twilio = started(
            r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}}}"#,
        );
        assert_eq!(
            (twilio.dialect, twilio.stream_id.as_str(), twilio.format),
            (Dialect::Twilio, "MZ1", AudioFormat::MULAW_8K)
        );
        let plivo = started(
            r#"{"event":"start","sequenceNumber":0,"start":{"callId":"u","streamId":"s","accountId":"a","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-l16","sampleRate":16000}},"extra_headers":"k=v"}"#,
        );
        assert_eq!(
            (plivo.dialect, plivo.stream_id.as_str(), plivo.format),
            (Dialect::Plivo, "s", AudioFormat::pcm16(16_000))
        );
        let exotel = started(
            r#"{"event":"start","sequence_number":"1","stream_sid":"s","start":{"stream_sid":"s","call_sid":"c","account_sid":"a","from":"+91","to":"+91","media_format":{"encoding":"audio/x-raw","sample_rate":"24000","bit_rate":"16"}}}"#,
        );
        assert_eq!(
            (exotel.dialect, exotel.format),
            (Dialect::Exotel, AudioFormat::pcm16(24_000))
        );
        let template = started(r#"{"type":"session.start","from":"+1","to":"+2","sessionId":"x"}"#);
        assert_eq!(
            (template.dialect, template.stream_id.as_str()),
            (Dialect::Ivr, "x")
        );
    }

    #[test]
    fn what_follows_a_start() {
        let media = read(
            r#"{"event":"media","sequence_number":3,"stream_sid":"s","media":{"chunk":2,"timestamp":"10","payload":"AQI="}}"#,
        );
        assert_eq!(
            media,
            Ok(Heard::Audio {
                bytes: vec![1, 2],
                binary: false
            })
        );
        assert_eq!(
            read(r#"{"event":"dtmf","dtmf":{"digit":"1","duration":"120"}}"#),
            Ok(Heard::Digit("1".to_owned()))
        );
        assert_eq!(
            read(r#"{"event":"mark","mark":{"name":"m1"}}"#),
            Ok(Heard::Mark("m1".to_owned()))
        );
        assert_eq!(
            read(r#"{"event":"playedStream","streamId":"s","name":"m1"}"#),
            Ok(Heard::Mark("m1".to_owned()))
        );
        assert_eq!(
            read(r#"{"event":"stop","stop":{"call_sid":"c","reason":"callended"}}"#),
            Ok(Heard::Stop("callended".to_owned()))
        );
        assert_eq!(
            read(r#"{"event":"clear","stream_sid":"s"}"#),
            Ok(Heard::Told("clear".to_owned()))
        );
    }

    #[test]
    fn what_is_no_message_is_told_with_what_was_expected() {
        for bad in [
            "nonsense",
            "[]",
            r#"{"event":"jump"}"#,
            r#"{"event":"media"}"#,
            r#"{"event":"media","media":{"payload":"???"}}"#,
        ] {
            let error = read(bad).expect_err(bad);
            assert!(error.starts_with("expected"), "{error}");
        }
    }
}
