//! Twilio's side of a bidirectional media stream.
//!
//! The carrier connects, without a subprotocol and without the URL's query string. All messages are text, all
//! counters strings, audio is base64 μ-law at 8000 Hz in frames of 160 bytes.
//!
//! * carrier: `connected`, `start` (sequence 1), then `media` (chunk from 1, timestamp in ms since the stream
//!   began), `dtmf`, `mark`, at the end `stop`; one sequence over all of them.
//! * far end: `media` (any length), `mark`, `clear`; `streamSid` required and must match, unknown fields are invalid
//!   (error 31951).
//! * `mark` comes back when the audio before it has played; `clear` empties the buffer and returns every mark.
//!
//! Limit: ten minutes of buffered audio (error 31931). Source: the vendor's Media Streams message pages.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trunkline_codecs::format::AudioFormat;
use url::Url;

use super::{Packet, Signal, Upgrade};
use crate::softphone::event::ClearKind;
use crate::softphone::sound;

/// State of one stream.
#[derive(Debug)]
pub(crate) struct Twilio {
    account_sid: String,
    call_sid: String,
    stream_sid: String,
    parameters: Map<String, Value>,
    sequence: u64,
    chunk: u64,
}

/// What a bot may send.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase", deny_unknown_fields)]
enum FromBot {
    Media {
        #[serde(rename = "streamSid")]
        stream_sid: String,
        media: Media,
    },
    Mark {
        #[serde(rename = "streamSid")]
        stream_sid: String,
        mark: Mark,
    },
    Clear {
        #[serde(rename = "streamSid")]
        stream_sid: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Media {
    payload: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    name: String,
}

impl Twilio {
    pub(crate) fn new(random: [u8; 48], parameters: &[(String, String)]) -> Self {
        let (account, rest) = random.split_at(16);
        let (call, stream) = rest.split_at(16);
        let parameters = parameters
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        Self {
            account_sid: sid("AC", account),
            call_sid: sid("CA", call),
            stream_sid: sid("MZ", stream),
            parameters: parameters.collect(),
            sequence: 0,
            chunk: 0,
        }
    }

    pub(crate) fn encode_opening(&mut self) -> Vec<Packet> {
        let connected = json!({"event": "connected", "protocol": "Call", "version": "1.0.0"});
        let start = json!({
            "accountSid": self.account_sid,
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": self.parameters,
        });
        vec![
            Packet::Text(connected.to_string()),
            self.encode("start", start),
        ]
    }

    pub(crate) fn encode_audio(&mut self, samples: &[i16], t_ms: u64) -> Packet {
        self.chunk += 1;
        let payload = BASE64_STANDARD.encode(sound::mulaw_from_pcm(samples));
        let (chunk, timestamp) = (self.chunk.to_string(), t_ms.to_string());
        self.encode(
            "media",
            json!({"track": "inbound", "chunk": chunk, "timestamp": timestamp, "payload": payload}),
        )
    }

    pub(crate) fn encode_digit(&mut self, digit: char) -> Packet {
        self.encode(
            "dtmf",
            json!({"track": "inbound_track", "digit": digit.to_string()}),
        )
    }

    pub(crate) fn encode_mark(&mut self, name: &str) -> Packet {
        self.encode("mark", json!({"name": name}))
    }

    pub(crate) fn encode_stop(&mut self) -> Packet {
        let body = json!({"accountSid": self.account_sid, "callSid": self.call_sid});
        self.encode("stop", body)
    }

    pub(crate) fn decode(&self, packet: &Packet) -> Result<Signal, String> {
        let Packet::Text(text) = packet else {
            return Err("binary frame; expected JSON text".to_owned());
        };
        let message: FromBot =
            serde_json::from_str(text).map_err(|error| format!("invalid message: {error}"))?;
        let (FromBot::Media { stream_sid, .. }
        | FromBot::Mark { stream_sid, .. }
        | FromBot::Clear { stream_sid }) = &message;
        if *stream_sid != self.stream_sid {
            return Err(format!(
                "streamSid: expected {}, got {stream_sid:?}",
                self.stream_sid
            ));
        }
        match message {
            FromBot::Media { media, .. } => {
                let bytes = BASE64_STANDARD
                    .decode(&media.payload)
                    .map_err(|error| format!("payload: {error}"))?;
                let samples = sound::decoded(AudioFormat::MULAW_8K, &bytes)?;
                Ok(Signal::Audio {
                    samples,
                    rate_hz: 8_000,
                })
            }
            FromBot::Mark { mark, .. } => Ok(Signal::Mark(mark.name)),
            FromBot::Clear { .. } => Ok(Signal::Clear(ClearKind::Clear)),
        }
    }

    fn encode(&mut self, event: &str, body: Value) -> Packet {
        self.sequence += 1;
        let mut message = Map::new();
        message.insert("event".to_owned(), event.into());
        message.insert(
            "sequenceNumber".to_owned(),
            self.sequence.to_string().into(),
        );
        message.insert("streamSid".to_owned(), self.stream_sid.as_str().into());
        message.insert(event.to_owned(), body);
        Packet::Text(Value::Object(message).to_string())
    }
}

/// The carrier drops the query string of a stream's URL.
pub(crate) fn upgrade(mut url: Url, key: Option<&str>) -> Upgrade {
    url.set_query(None);
    Upgrade {
        url,
        subprotocols: Vec::new(),
        bearer: key.map(ToOwned::to_owned),
    }
}

/// Two letters and 32 hexadecimal digits.
fn sid(prefix: &str, random: &[u8]) -> String {
    random.iter().fold(prefix.to_owned(), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twilio() -> Twilio {
        Twilio::new(
            [0xab; 48],
            &[("from_number".to_owned(), "+15550100".to_owned())],
        )
    }

    fn json_of(packet: &Packet) -> Value {
        match packet {
            Packet::Text(text) => serde_json::from_str(text).expect("JSON"),
            Packet::Binary(_) => panic!("expected text"),
        }
    }

    fn sid_of(prefix: &str) -> String {
        format!("{prefix}{}", "ab".repeat(16))
    }

    #[test]
    fn a_stream_opens_with_connected_and_start() {
        let opening: Vec<Value> = twilio().encode_opening().iter().map(json_of).collect();
        let expected = [
            json!({"event":"connected","protocol":"Call","version":"1.0.0"}),
            json!({"event":"start","sequenceNumber":"1","streamSid":sid_of("MZ"),"start":{
                "accountSid":sid_of("AC"),"streamSid":sid_of("MZ"),"callSid":sid_of("CA"),"tracks":["inbound"],
                "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
                "customParameters":{"from_number":"+15550100"}}}),
        ];
        assert_eq!(opening, expected);
    }

    #[test]
    fn counters_are_strings_and_one_sequence_counts_all() {
        let mut twilio = twilio();
        twilio.encode_opening();
        let silence = BASE64_STANDARD.encode([0xff; 160]);
        let media = json_of(&twilio.encode_audio(&[0; 160], 5));
        assert_eq!(
            media,
            json!({"event":"media","sequenceNumber":"2","streamSid":sid_of("MZ"),
                "media":{"track":"inbound","chunk":"1","timestamp":"5","payload":silence}})
        );
        let dtmf = json_of(&twilio.encode_digit('1'));
        assert_eq!(
            dtmf,
            json!({"event":"dtmf","sequenceNumber":"3","streamSid":sid_of("MZ"),"dtmf":{"track":"inbound_track","digit":"1"}})
        );
        let mark = json_of(&twilio.encode_mark("m1"));
        assert_eq!(
            mark,
            json!({"event":"mark","sequenceNumber":"4","streamSid":sid_of("MZ"),"mark":{"name":"m1"}})
        );
        let stop = json_of(&twilio.encode_stop());
        assert_eq!(
            stop,
            json!({"event":"stop","sequenceNumber":"5","streamSid":sid_of("MZ"),
                "stop":{"accountSid":sid_of("AC"),"callSid":sid_of("CA")}})
        );
    }

    #[test]
    fn the_bots_three_messages() {
        let twilio = twilio();
        let text = |text: String| Packet::Text(text.replace("MZ..", &sid_of("MZ")));
        let media =
            text(r#"{"event":"media","streamSid":"MZ..","media":{"payload":"//8="}}"#.to_owned());
        assert_eq!(
            twilio.decode(&media),
            Ok(Signal::Audio {
                samples: vec![0, 0],
                rate_hz: 8_000
            })
        );
        let mark = text(r#"{"event":"mark","streamSid":"MZ..","mark":{"name":"m1"}}"#.to_owned());
        assert_eq!(twilio.decode(&mark), Ok(Signal::Mark("m1".to_owned())));
        let clear = text(r#"{"event":"clear","streamSid":"MZ.."}"#.to_owned());
        assert_eq!(twilio.decode(&clear), Ok(Signal::Clear(ClearKind::Clear)));
    }

    #[test]
    fn what_the_carrier_calls_31951_is_a_fault() {
        let sid = sid_of("MZ");
        let faults = [
            r#"{"event":"clear"}"#.to_owned(),
            r#"{"event":"clear","streamSid":"MZother"}"#.to_owned(),
            format!(r#"{{"event":"clear","streamSid":"{sid}","more":1}}"#),
            format!(r#"{{"event":"media","streamSid":"{sid}","media":{{"payload":"???"}}}}"#),
            format!(r#"{{"event":"hangup","streamSid":"{sid}"}}"#),
            "nonsense".to_owned(),
        ];
        for fault in faults {
            assert!(
                twilio().decode(&Packet::Text(fault.clone())).is_err(),
                "{fault}"
            );
        }
        assert!(twilio().decode(&Packet::Binary(vec![0xff])).is_err());
    }

    #[test]
    fn the_query_string_is_dropped() {
        let url = Url::parse("ws://h/twilio/agent?token=1").expect("URL");
        let upgrade = upgrade(url, None);
        assert_eq!(upgrade.url.as_str(), "ws://h/twilio/agent");
        assert_eq!(upgrade.subprotocols, Vec::<String>::new());
    }
}
