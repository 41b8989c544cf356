//! The client side of Omni (binary envelope, wire protocol v2).
//!
//! The client connects to `…/v1/omni?format=pcm16&rate=R` and offers the subprotocols `pyai.v1` and
//! `pyai-key.<KEY>`; the server selects `pyai.v1`. Every frame is binary, its first byte a tag:
//!
//! | tag | to the server | from the server |
//! |---|---|---|
//! | `01` | PCM16 LE mono at the URL's rate, 20 ms, paced, silence kept flowing | PCM16 LE mono at `hello.audio_out` |
//! | `02` | – | caller's words: UTF-8 delta; older: `{"event":"transcript",role,text,final}` |
//! | `03` | JSON keyed on `type`: `configure` first, `dtmf`, `session_ending` | JSON keyed on `event`; `audio_position` on `type` |
//!
//! Clear: `flush` and `barge_in` drop what has not played. No marks. The rate of `rate=16000` is the input's only;
//! `hello.audio_out` declares the output's. Limits: a transcript body of 16,384 bytes, its text 4,000 characters.
//! Source: the vendor's SDK 0.5.0, widget v12 and mock server.

use serde_json::{Map, Value, json};
use trunkline_codecs::format::AudioFormat;
use url::Url;

use super::{Packet, Signal, Upgrade};
use crate::softphone::event::{ClearKind, EventKind, Side};
use crate::softphone::sound;

const AUDIO: u8 = 0x01;
const TRANSCRIPT: u8 = 0x02;
const CONTROL: u8 = 0x03;
const TRANSCRIPT_BODY_BYTES: usize = 16_384;
const TRANSCRIPT_TEXT_CHARS: usize = 4_000;

/// State of one Omni call.
#[derive(Debug)]
pub(crate) struct Omni {
    rate_in_hz: u32,
    rate_out_hz: u32,
    configure: Map<String, Value>,
}

impl Omni {
    pub(crate) fn new(rate_hz: u32, configure: &Map<String, Value>) -> Self {
        Self {
            rate_in_hz: rate_hz,
            rate_out_hz: rate_hz,
            configure: configure.clone(),
        }
    }

    pub(crate) fn upgrade(
        &self,
        mut url: Url,
        key: Option<&str>,
        parameters: &[(String, String)],
    ) -> Upgrade {
        let kept = url
            .query_pairs()
            .into_owned()
            .filter(|(name, _)| name != "rate" && name != "format");
        let pairs: Vec<(String, String)> = kept.collect();
        let rate = self.rate_in_hz.to_string();
        let own = [("format", "pcm16"), ("rate", rate.as_str())];
        url.query_pairs_mut()
            .clear()
            .extend_pairs(own)
            .extend_pairs(pairs)
            .extend_pairs(parameters);
        let key = key.map(|key| format!("pyai-key.{key}"));
        let subprotocols = std::iter::once("pyai.v1".to_owned()).chain(key).collect();
        Upgrade {
            url,
            subprotocols,
            bearer: None,
        }
    }

    pub(crate) fn encode_configure(&self) -> Packet {
        let mut body = Map::new();
        body.insert("type".to_owned(), "configure".into());
        body.extend(
            self.configure
                .clone()
                .into_iter()
                .filter(|(name, _)| name != "type"),
        );
        encode_control(&Value::Object(body))
    }

    pub(crate) fn decode(&mut self, packet: &Packet) -> Result<Signal, String> {
        let Packet::Binary(bytes) = packet else {
            return Err("text frame; expected tagged binary frames only".to_owned());
        };
        match bytes.split_first() {
            Some((&AUDIO, body)) => self.decode_audio(body),
            Some((&TRANSCRIPT, body)) => decode_transcript(body),
            Some((&CONTROL, body)) => self.decode_control(body),
            Some((tag, _)) => Err(format!("tag: expected 01, 02 or 03, got {tag:02x}")),
            None => Err("empty frame; expected a tag".to_owned()),
        }
    }

    fn decode_audio(&self, body: &[u8]) -> Result<Signal, String> {
        if body.starts_with(b"{\"") && serde_json::from_slice::<Map<String, Value>>(body).is_ok() {
            return Err("JSON on the audio tag 01; expected PCM16".to_owned());
        }
        let samples = sound::decoded(AudioFormat::pcm16(self.rate_out_hz), body)?;
        Ok(Signal::Audio {
            samples,
            rate_hz: self.rate_out_hz,
        })
    }

    fn decode_control(&mut self, body: &[u8]) -> Result<Signal, String> {
        let body: Value =
            serde_json::from_slice(body).map_err(|error| format!("control frame: {error}"))?;
        let word = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .map(ToOwned::to_owned)
        };
        let Some(event) =
            word("event").or_else(|| word("type").filter(|kind| kind == "audio_position"))
        else {
            return Err("control frame: expected an `event`".to_owned());
        };
        Ok(match event.as_str() {
            "hello" => {
                self.rate_out_hz = declared_rate(word("audio_out").as_deref(), self.rate_out_hz)?;
                Signal::Note(EventKind::Hello { body })
            }
            "flush" => Signal::Clear(ClearKind::Flush),
            "barge_in" => Signal::Clear(ClearKind::BargeIn),
            "transcript" => transcript(&body)?,
            "error" => Signal::Note(EventKind::Error {
                code: word("code"),
                message: word("message").or(word("error")),
            }),
            _ => Signal::Note(EventKind::Agent { name: event, body }),
        })
    }
}

/// Tag 01: caller audio.
pub(crate) fn encode_audio(samples: &[i16]) -> Packet {
    let mut bytes = Vec::with_capacity(1 + samples.len() * 2);
    bytes.push(AUDIO);
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    Packet::Binary(bytes)
}

/// Tag 03: one key press.
pub(crate) fn encode_digit(digit: char) -> Packet {
    encode_control(&json!({"type": "dtmf", "digit": digit.to_string()}))
}

/// Tag 03: good-bye; the close frame follows.
pub(crate) fn encode_ending() -> Packet {
    encode_control(&json!({"type": "session_ending"}))
}

fn encode_control(body: &Value) -> Packet {
    let mut bytes = vec![CONTROL];
    bytes.extend_from_slice(body.to_string().as_bytes());
    Packet::Binary(bytes)
}

/// `pcm16@24000` to 24000.
fn declared_rate(audio_out: Option<&str>, assumed: u32) -> Result<u32, String> {
    let Some(text) = audio_out else {
        return Ok(assumed);
    };
    let rate = text
        .strip_prefix("pcm16@")
        .and_then(|rate| rate.parse().ok());
    rate.filter(|rate| [8_000, 16_000, 24_000].contains(rate))
        .ok_or_else(|| {
            format!("hello.audio_out: expected pcm16@8000, 16000 or 24000, got {text:?}")
        })
}

fn decode_transcript(body: &[u8]) -> Result<Signal, String> {
    if body.len() > TRANSCRIPT_BODY_BYTES {
        return Err(format!(
            "transcript: expected at most {TRANSCRIPT_BODY_BYTES} bytes, got {}",
            body.len()
        ));
    }
    let text = std::str::from_utf8(body).map_err(|_| "transcript: expected UTF-8".to_owned())?;
    if let Ok(older @ Value::Object(_)) = serde_json::from_str::<Value>(text) {
        return transcript(&older);
    }
    check_length(text)?;
    Ok(Signal::Note(EventKind::Transcript {
        side: Side::Caller,
        text: text.to_owned(),
        is_final: false,
    }))
}

fn transcript(body: &Value) -> Result<Signal, String> {
    let word = |name: &str| body.get(name).and_then(Value::as_str);
    let text = word("text").ok_or_else(|| "transcript: expected `text`".to_owned())?;
    check_length(text)?;
    let side = match word("role") {
        Some("assistant" | "agent") => Side::Agent,
        Some("user" | "caller") => Side::Caller,
        other => {
            return Err(format!(
                "transcript.role: expected assistant or user, got {other:?}"
            ));
        }
    };
    let is_final = body.get("final").and_then(Value::as_bool).unwrap_or(false);
    Ok(Signal::Note(EventKind::Transcript {
        side,
        text: text.to_owned(),
        is_final,
    }))
}

fn check_length(text: &str) -> Result<(), String> {
    let got = text.chars().count();
    let fits = got <= TRANSCRIPT_TEXT_CHARS;
    if fits {
        Ok(())
    } else {
        Err(format!(
            "transcript: expected at most {TRANSCRIPT_TEXT_CHARS} characters, got {got}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn omni() -> Omni {
        Omni::new(16_000, &Map::new())
    }

    fn control(text: &str) -> Packet {
        Packet::Binary([&[CONTROL], text.as_bytes()].concat())
    }

    #[test]
    fn the_vendors_byte_fixtures() {
        let samples = [-32_768, -16_384, 0, 16_383, 32_767];
        let wire = [
            0x01, 0x00, 0x80, 0x00, 0xc0, 0x00, 0x00, 0xff, 0x3f, 0xff, 0x7f,
        ];
        assert_eq!(encode_audio(&samples), Packet::Binary(wire.to_vec()));
        let heard = omni().decode(&Packet::Binary(wire.to_vec()));
        assert_eq!(
            heard,
            Ok(Signal::Audio {
                samples: samples.to_vec(),
                rate_hz: 16_000
            })
        );

        let configure = serde_json::from_str(r#"{"persona":"hi"}"#).expect("object");
        let sent = Omni::new(8_000, &configure).encode_configure();
        assert!(
            matches!(&sent, Packet::Binary(bytes) if bytes.starts_with(&[CONTROL])),
            "{sent:?}"
        );
        let Packet::Binary(bytes) = sent else { return };
        let body: Value = serde_json::from_slice(bytes.get(1..).unwrap_or_default()).expect("JSON");
        assert_eq!(body, json!({"type": "configure", "persona": "hi"}));
    }

    #[test]
    fn the_upgrade_is_the_sdks() {
        let url = Url::parse("ws://h/v1/omni?rate=24000").expect("URL");
        let label = [("session_label".to_owned(), "support".to_owned())];
        let upgrade = Omni::new(8_000, &Map::new()).upgrade(url, Some("pyai_test_x"), &label);
        assert_eq!(
            upgrade.url.as_str(),
            "ws://h/v1/omni?format=pcm16&rate=8000&session_label=support"
        );
        assert_eq!(upgrade.subprotocols, ["pyai.v1", "pyai-key.pyai_test_x"]);
    }

    #[test]
    fn hello_declares_the_output_rate() {
        let mut omni = omni();
        let hello = control(
            r#"{"event":"hello","protocol":2,"audio_in":"pcm16@16000","audio_out":"pcm16@24000"}"#,
        );
        assert!(matches!(
            omni.decode(&hello),
            Ok(Signal::Note(EventKind::Hello { .. }))
        ));
        let audio = omni.decode(&Packet::Binary(vec![1, 1, 0]));
        assert_eq!(
            audio,
            Ok(Signal::Audio {
                samples: vec![1],
                rate_hz: 24_000
            })
        );
        assert!(
            omni.decode(&control(r#"{"event":"hello","audio_out":"opus"}"#))
                .is_err()
        );
    }

    #[test]
    fn events_and_both_transcripts() {
        let mut omni = omni();
        assert_eq!(
            omni.decode(&control(r#"{"event":"flush"}"#)),
            Ok(Signal::Clear(ClearKind::Flush))
        );
        assert_eq!(
            omni.decode(&control(r#"{"event":"barge_in"}"#)),
            Ok(Signal::Clear(ClearKind::BargeIn))
        );
        let said = |side, text: &str, is_final| {
            Ok(Signal::Note(EventKind::Transcript {
                side,
                text: text.to_owned(),
                is_final,
            }))
        };
        let agent = control(
            r#"{"event":"transcript","role":"assistant","text":"We open at nine.","final":true}"#,
        );
        assert_eq!(
            omni.decode(&agent),
            said(Side::Agent, "We open at nine.", true)
        );
        let delta = Packet::Binary(b"\x02when do you open".to_vec());
        assert_eq!(
            omni.decode(&delta),
            said(Side::Caller, "when do you open", false)
        );
        let older = Packet::Binary(
            b"\x02{\"event\":\"transcript\",\"role\":\"user\",\"text\":\"hi\",\"final\":true}"
                .to_vec(),
        );
        assert_eq!(omni.decode(&older), said(Side::Caller, "hi", true));
        let position = control(r#"{"type":"audio_position","sent_ms":20,"realtime_ms":40}"#);
        assert!(
            matches!(omni.decode(&position), Ok(Signal::Note(EventKind::Agent { name, .. })) if name == "audio_position")
        );
    }

    #[test]
    fn what_the_envelope_forbids_is_a_fault() {
        let json_on_audio = Packet::Binary(b"\x01{\"detail\":\"voice_not_found\"}".to_vec());
        let long = Packet::Binary([&[TRANSCRIPT][..], &[b'a'; 4_001]].concat());
        let faults = [
            Packet::Text(r#"{"event":"flush"}"#.to_owned()),
            Packet::Binary(vec![]),
            Packet::Binary(vec![7, 1]),
            Packet::Binary(vec![1, 1, 0, 1]),
            Packet::Binary(vec![2, 0xff]),
            control(r#"{"type":"flush"}"#),
            control("nonsense"),
            json_on_audio,
            long,
        ];
        for fault in faults {
            assert!(omni().decode(&fault).is_err(), "{fault:?}");
        }
    }
}
