//! Twilio Media Streams, bidirectional, as the carrier.
//!
//! Text messages, JSON; all counters are strings; audio is base64 of μ-law at 8 kHz, 160 bytes a message.
//! `connected`, `start`, `media` …, `stop`. Source: Twilio, "Media Streams - WebSocket messages".

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Heard, scan};

pub(super) fn path(agent: &str) -> String {
    format!("/v1/telephony/streams/twilio/{agent}")
}

pub(super) fn opening(caller: u32) -> [Message; 2] {
    let stream_sid = stream_sid(caller);
    [
        Message::text(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#),
        Message::text(
            json!({
                "event": "start",
                "sequenceNumber": "1",
                "streamSid": stream_sid,
                "start": {
                    "accountSid": format!("AC{:032x}", 0),
                    "streamSid": stream_sid,
                    "callSid": call_sid(caller),
                    "tracks": ["inbound"],
                    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1},
                    "customParameters": {},
                },
            })
            .to_string(),
        ),
    ]
}

/// `number` counts from 0, Twilio's chunks from 1; the message before the first chunk was number 1.
pub(super) fn media(caller: u32, number: u32, mulaw: &[u8]) -> Message {
    Message::text(format!(
        "{{\"event\":\"media\",\"sequenceNumber\":\"{}\",\"media\":{{\"track\":\"inbound\",\"chunk\":\"{}\",\
         \"timestamp\":\"{}\",\"payload\":\"{}\"}},\"streamSid\":\"{}\"}}",
        u64::from(number) + 2,
        u64::from(number) + 1,
        u64::from(number) * 20,
        scan::encode(mulaw),
        stream_sid(caller),
    ))
}

pub(super) fn stop(caller: u32) -> Message {
    let stop = json!({"accountSid": format!("AC{:032x}", 0), "callSid": call_sid(caller)});
    Message::text(
        json!({"event": "stop", "streamSid": stream_sid(caller), "stop": stop}).to_string(),
    )
}

pub(super) fn decode(caller: u32, json: &str, audio: &mut Vec<u8>) -> Heard {
    match scan::text(json, "event") {
        Some("media" | "clear") if is_anothers(caller, json) => {
            Heard::Complaint("media or a clear of another stream".to_owned())
        }
        Some("media") if scan::payload(json, audio) => Heard::Audio,
        Some("media") => Heard::Complaint("a media message without base64".to_owned()),
        Some("clear") => Heard::Clear,
        Some("mark") => Heard::Other,
        other => Heard::Complaint(format!("expected media, mark or clear, got {other:?}")),
    }
}

/// As a bot. The stream's name is wanted in every message; `start` says it.
pub(super) fn echo(json: &str, stream: &mut String) -> Option<Message> {
    if !scan::is_media(json) {
        if let Some(name) = scan::text(json, "streamSid") {
            name.clone_into(stream);
        }
        return None;
    }
    scan::text(json, "payload").map(|base64| base64_media(base64, stream))
}

pub(super) fn say(mulaw: &[u8], stream: &str) -> Message {
    base64_media(&scan::encode(mulaw), stream)
}

pub(super) fn clear(stream: &str) -> Message {
    Message::text(format!(r#"{{"event":"clear","streamSid":"{stream}"}}"#))
}

fn base64_media(base64: &str, stream: &str) -> Message {
    Message::text(format!(
        r#"{{"event":"media","streamSid":"{stream}","media":{{"payload":"{base64}"}}}}"#
    ))
}

fn stream_sid(caller: u32) -> String {
    format!("MZ{caller:032x}")
}

/// Whether the message names a stream that is not the caller's. Read, for to write a name for every message is dear.
fn is_anothers(caller: u32, json: &str) -> bool {
    scan::text(json, "streamSid").is_some_and(|name| {
        let digits = name.strip_prefix("MZ").filter(|digits| digits.len() == 32);
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) != Some(caller)
    })
}

fn call_sid(caller: u32) -> String {
    format!("CA{caller:032x}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn counters_are_strings_and_count_as_twilio_does() -> anyhow::Result<()> {
        let message = media(7, 0, &[0xFF; 160]);
        let json: Value = serde_json::from_str(message.to_text()?)?;
        assert_eq!(json["sequenceNumber"], "2");
        assert_eq!(json["media"]["chunk"], "1");
        assert_eq!(json["media"]["timestamp"], "0");
        assert_eq!(json["streamSid"], "MZ00000000000000000000000000000007");
        let mut audio = Vec::new();
        assert_eq!(decode(7, message.to_text()?, &mut audio), Heard::Audio);
        assert_eq!(audio, [0xFF; 160]);
        for message in [message, clear("MZ7"), clear(&stream_sid(8))] {
            let heard = decode(9, message.to_text()?, &mut audio);
            assert!(matches!(heard, Heard::Complaint(_)), "{message}");
        }
        let own = clear(&stream_sid(9));
        assert_eq!(decode(9, own.to_text()?, &mut audio), Heard::Clear);
        Ok(())
    }

    #[test]
    fn what_twilio_would_refuse_is_a_complaint() {
        for text in [
            "{",
            "{}",
            r#"{"event":"error"}"#,
            r#"{"event":"media","media":{}}"#,
            r#"{"event":"media","media":{"payload":"?"}}"#,
        ] {
            let heard = decode(7, text, &mut Vec::new());
            assert!(matches!(heard, Heard::Complaint(_)), "{text}: {heard:?}");
        }
    }
}
