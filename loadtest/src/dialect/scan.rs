//! Reads one string of a JSON message without parsing the rest: at a thousand calls a parser is what this program
//! would be measuring. What is not found so is left to a real one.

use base64_simd::STANDARD;
use serde_json::Value;

/// The string under `key`, wherever it lies; `None` if there is none, or an escape in it.
pub(super) fn text<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = json;
    loop {
        let at = rest.find(key)?;
        let is_quoted = rest.get(..at)?.ends_with('"');
        rest = rest.get(at + key.len()..)?;
        let Some(value) = rest.strip_prefix('"').filter(|_| is_quoted) else {
            continue;
        };
        let Some(value) = value.trim_start().strip_prefix(':') else {
            continue;
        };
        let value = value.trim_start().strip_prefix('"')?;
        let value = value.get(..value.find('"')?)?;
        return (!value.contains('\\')).then_some(value);
    }
}

/// Whether this is a `media` message.
pub(super) fn is_media(json: &str) -> bool {
    text(json, "event") == Some("media")
}

/// Appends the audio of `payload`. Returns whether it was base64.
pub(super) fn payload(json: &str, audio: &mut Vec<u8>) -> bool {
    if let Some(base64) = text(json, "payload") {
        return decode(base64, audio);
    }
    let Ok(message) = serde_json::from_str::<Value>(json) else {
        return false;
    };
    let payload = message.pointer("/media/payload").and_then(Value::as_str);
    payload.is_some_and(|base64| decode(base64, audio))
}

pub(super) fn decode(base64: &str, audio: &mut Vec<u8>) -> bool {
    STANDARD.decode_append(base64, audio).is_ok()
}

pub(super) fn encode(audio: &[u8]) -> String {
    STANDARD.encode_to_string(audio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_found_with_and_without_spaces_and_not_as_a_value() {
        for json in [
            r#"{"event":"media","media":{"payload":"AAEC"}}"#,
            r#"{"a": "event", "event" : "media", "media": {"payload": "AAEC"}}"#,
        ] {
            assert_eq!(text(json, "event"), Some("media"), "{json}");
            assert_eq!(text(json, "payload"), Some("AAEC"), "{json}");
            assert_eq!(text(json, "name"), None);
        }
        assert_eq!(text(r#"{"event":7}"#, "event"), None);
    }

    #[test]
    fn an_escaped_payload_is_understood() {
        let mut audio = Vec::new();
        assert!(payload(
            r#"{"event":"media","media":{"payload":"\/\/8="}}"#,
            &mut audio
        ));
        assert_eq!(audio, [0xFF, 0xFF]);
        for json in ["{", "{}", r#"{"media":{"payload":"?"}}"#] {
            assert!(!payload(json, &mut audio), "{json}");
        }
    }
}
