//! WSS Telephony Bridge of IVR Solutions.
//!
//! JSON text keyed on `event` towards the bot and on `type` from it; PCM16, little-endian, in base64 or as bare
//! binary messages. Source: the vendor's bridge README.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Heard, scan};

pub(super) fn opening(caller: u32, rate_hz: u32) -> [Message; 2] {
    let stream = stream(caller);
    let start = json!({
        "event": "start", "sequence_number": 1, "stream_sid": stream,
        "start": {
            "stream_sid": stream, "call_sid": format!("call_{caller}"), "from": "100", "to": "200",
            "media_format": {"encoding": "raw/slin", "sample_rate": rate_hz},
        },
    });
    [
        Message::text(r#"{"event":"connected"}"#),
        Message::text(start.to_string()),
    ]
}

pub(super) fn stop(caller: u32) -> Message {
    let stop = json!({
        "event": "stop", "sequence_number": 2, "stream_sid": stream(caller),
        "stop": {"call_sid": format!("call_{caller}"), "reason": "callended"},
    });
    Message::text(stop.to_string())
}

pub(super) fn decode(json: &str, audio: &mut Vec<u8>) -> Heard {
    match scan::text(json, "type") {
        Some("response.audio.delta") => match scan::text(json, "delta") {
            Some(base64) if scan::decode(base64, audio) => Heard::Audio,
            _ => Heard::Complaint("a delta without base64".to_owned()),
        },
        Some("audio.clear") => Heard::Clear,
        other => Heard::Complaint(format!("expected audio or a clear, got {other:?}")),
    }
}

pub(super) fn echo(json: &str) -> Option<Message> {
    if !scan::is_media(json) {
        return None;
    }
    scan::text(json, "payload").map(base64_delta)
}

pub(super) fn delta(pcm: &[u8]) -> Message {
    base64_delta(&scan::encode(pcm))
}

pub(super) fn clear() -> Message {
    Message::text(r#"{"type":"audio.clear"}"#)
}

fn base64_delta(base64: &str) -> Message {
    Message::text(format!(
        r#"{{"type":"response.audio.delta","delta":"{base64}"}}"#
    ))
}

fn stream(caller: u32) -> String {
    format!("1707204900.{caller}")
}
