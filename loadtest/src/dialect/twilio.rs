//! Twilio Media Streams, bidirectional, as the carrier.
//!
//! Text messages, JSON; all counters are strings; audio is base64 of μ-law at 8 kHz, 160 bytes a message.
//! `connected`, `start`, `media` …, `stop`. Source: Twilio, "Media Streams - WebSocket messages".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::Heard;

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
        STANDARD.encode(mulaw),
        stream_sid(caller),
    ))
}

pub(super) fn stop(caller: u32) -> Message {
    let stop = json!({"accountSid": format!("AC{:032x}", 0), "callSid": call_sid(caller)});
    Message::text(
        json!({"event": "stop", "streamSid": stream_sid(caller), "stop": stop}).to_string(),
    )
}

pub(super) fn decode(text: &str, audio: &mut Vec<u8>) -> Heard {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return Heard::Complaint("a message that is not JSON".to_owned());
    };
    match message.get("event").and_then(Value::as_str) {
        Some("media") => {
            let payload = message.pointer("/media/payload").and_then(Value::as_str);
            match payload.map(|payload| STANDARD.decode_vec(payload, audio)) {
                Some(Ok(())) => Heard::Audio,
                _ => Heard::Complaint("a media message without base64".to_owned()),
            }
        }
        // An echo never ends its utterance, and never is cut off.
        Some("mark" | "clear") => Heard::Other,
        other => Heard::Complaint(format!("expected media, mark or clear, got {other:?}")),
    }
}

fn stream_sid(caller: u32) -> String {
    format!("MZ{caller:032x}")
}

fn call_sid(caller: u32) -> String {
    format!("CA{caller:032x}")
}

#[cfg(test)]
mod tests {
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
        assert_eq!(decode(message.to_text()?, &mut audio), Heard::Audio);
        assert_eq!(audio, [0xFF; 160]);
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
            let heard = decode(text, &mut Vec::new());
            assert!(matches!(heard, Heard::Complaint(_)), "{text}: {heard:?}");
        }
    }
}
