//! PyAI Omni, wire protocol v2, as a client.
//!
//! Binary messages, the first byte a tag: `0x01` PCM16 LE mono, `0x02` text of the caller, `0x03` JSON (keyed
//! on `type` towards the server, on `event` from it). The key is a subprotocol, `pyai-key.KEY`, offered beside
//! the marker `pyai.v1`. Source: vendor's OpenAPI document and SDK 0.5.

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::Heard;

const TAG_AUDIO: u8 = 1;
const TAG_CALLER_TEXT: u8 = 2;
const TAG_CONTROL: u8 = 3;

/// What `hello` must say of the agent's audio for an echo to be untouched.
const AUDIO_OUT: &str = "pcm16@24000";

pub(super) fn path(agent: &str) -> String {
    format!("/v1/omni?format=pcm16&rate=24000&session_label={agent}")
}

pub(super) fn subprotocols(key: &str) -> String {
    format!("pyai.v1, pyai-key.{key}")
}

pub(super) fn configure() -> Message {
    control(r#"{"type":"configure"}"#)
}

pub(super) fn session_ending() -> Message {
    control(r#"{"type":"session_ending"}"#)
}

pub(super) fn audio(pcm: &[u8]) -> Message {
    tagged(TAG_AUDIO, pcm)
}

pub(super) fn decode(message: &[u8], audio: &mut Vec<u8>) -> Heard {
    match message.split_first() {
        Some((&TAG_AUDIO, pcm)) => {
            audio.extend_from_slice(pcm);
            Heard::Audio
        }
        Some((&TAG_CALLER_TEXT, _)) => Heard::Other,
        Some((&TAG_CONTROL, json)) => event(json),
        _ => Heard::Complaint("a message without a known tag".to_owned()),
    }
}

fn event(json: &[u8]) -> Heard {
    let Ok(event) = serde_json::from_slice::<Value>(json) else {
        return Heard::Complaint("an event that is not JSON".to_owned());
    };
    let text = |key: &str| event.get(key).and_then(Value::as_str);
    match text("event") {
        Some("error") => {
            let code = text("code").or(text("message"));
            Heard::Complaint(format!("error {}", code.unwrap_or("without a code")))
        }
        Some("hello") if text("audio_out") != Some(AUDIO_OUT) => {
            Heard::Complaint(format!("expected audio_out {AUDIO_OUT}, got {event}"))
        }
        _ => Heard::Other,
    }
}

fn control(json: &str) -> Message {
    tagged(TAG_CONTROL, json.as_bytes())
}

fn tagged(tag: u8, content: &[u8]) -> Message {
    let mut message = Vec::with_capacity(1 + content.len());
    message.push(tag);
    message.extend_from_slice(content);
    Message::binary(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_byte_fixture() {
        let pcm = [0, 0x80, 0, 0xC0, 0, 0, 0xFF, 0x3F, 0xFF, 0x7F];
        let wire = [1, 0, 0x80, 0, 0xC0, 0, 0, 0xFF, 0x3F, 0xFF, 0x7F];
        assert_eq!(audio(&pcm), Message::binary(wire.to_vec()));
        let mut heard = Vec::new();
        assert_eq!(decode(&wire, &mut heard), Heard::Audio);
        assert_eq!(heard, pcm);
        let Message::Binary(bytes) = configure() else {
            panic!("binary");
        };
        assert_eq!(bytes.get(..5), Some(&[3, b'{', b'"', b't', b'y'][..]));
    }

    #[test]
    fn errors_and_another_rate_are_complaints() {
        let hear = |json: &str| {
            let Message::Binary(bytes) = control(json) else {
                panic!("binary");
            };
            decode(&bytes, &mut Vec::new())
        };
        assert_eq!(
            hear(r#"{"event":"error","code":"bad_frame","message":"m"}"#),
            Heard::Complaint("error bad_frame".to_owned())
        );
        assert_eq!(
            hear(r#"{"event":"hello","audio_in":"pcm16@24000","audio_out":"pcm16@24000"}"#),
            Heard::Other
        );
        let other = hear(r#"{"event":"hello","audio_out":"pcm16@8000"}"#);
        assert!(matches!(other, Heard::Complaint(_)));
        assert_eq!(
            hear(r#"{"type":"audio_position","sent_ms":1}"#),
            Heard::Other
        );
    }
}
