//! Plivo audio streaming, bidirectional.
//!
//! JSON text, numbers are integers but for `timestamp`, μ-law at 8 kHz in base64. `start`, `media` …; the end is the
//! close of the socket. Source: Plivo's audio streaming documentation and SDK.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Heard, scan};

pub(super) fn start(caller: u32) -> Message {
    let start = json!({
        "event": "start", "sequenceNumber": 0,
        "start": {
            "callId": format!("call-{caller}"), "streamId": stream(caller), "accountId": "MA0",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8_000},
        },
        "extra_headers": "",
    });
    Message::text(start.to_string())
}

pub(super) fn media(caller: u32, number: u32, mulaw: &[u8]) -> Message {
    let chunk = u64::from(number) + 1;
    Message::text(format!(
        "{{\"event\":\"media\",\"sequenceNumber\":{chunk},\"streamId\":\"{}\",\"media\":{{\"track\":\"inbound\",\
         \"timestamp\":\"{}\",\"chunk\":{chunk},\"payload\":\"{}\"}},\"extra_headers\":\"\"}}",
        stream(caller),
        u64::from(number) * 20,
        scan::encode(mulaw),
    ))
}

pub(super) fn decode(json: &str, audio: &mut Vec<u8>) -> Heard {
    match scan::text(json, "event") {
        Some("playAudio") if scan::payload(json, audio) => Heard::Audio,
        Some("playAudio") => Heard::Complaint("a playAudio message without base64".to_owned()),
        Some("clearAudio") => Heard::Clear,
        Some("checkpoint") => Heard::Other,
        other => Heard::Complaint(format!(
            "expected playAudio, clearAudio or checkpoint, got {other:?}"
        )),
    }
}

pub(super) fn echo(json: &str) -> Option<Message> {
    if !scan::is_media(json) {
        return None;
    }
    scan::text(json, "payload").map(base64_play)
}

pub(super) fn say(mulaw: &[u8]) -> Message {
    base64_play(&scan::encode(mulaw))
}

pub(super) fn clear(stream: &str) -> Message {
    Message::text(format!(r#"{{"event":"clearAudio","streamId":"{stream}"}}"#))
}

fn base64_play(base64: &str) -> Message {
    Message::text(format!(
        "{{\"event\":\"playAudio\",\"media\":{{\"contentType\":\"audio/x-mulaw\",\"sampleRate\":8000,\
         \"payload\":\"{base64}\"}}}}"
    ))
}

fn stream(caller: u32) -> String {
    format!("00000000-0000-0000-0000-{caller:012x}")
}
