//! Plivo audio streaming, bidirectional, in the role of Plivo. Vobiz bots speak it too.
//!
//! **Who connects.** The platform opens the bot's socket; the upgrade may be signed (`X-Plivo-Signature-V3`).
//!
//! **Framing.** JSON text only, audio in base64: μ-law, or PCM16 (`audio/x-l16`; little-endian here in both
//! directions, which Plivo does not document), mono. Numbers are integers but for `timestamp`.
//!
//! ```text
//! -> {"event":"start","sequenceNumber":0,"start":{"callId":"C","streamId":"S","accountId":"A","tracks":["inbound"],
//!     "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000}},"extra_headers":"k=v,k2=v2"}
//! -> {"event":"media","sequenceNumber":1,"streamId":"S","media":{"track":"inbound","timestamp":"0","chunk":1,
//!     "payload":"<base64>"},"extra_headers":"k=v,k2=v2"}
//! -> {"event":"dtmf","sequenceNumber":7,"streamId":"S","dtmf":{"track":"inbound","digit":"2","timestamp":"120"},
//!     "extra_headers":"k=v,k2=v2"}
//! -> {"event":"playedStream","sequenceNumber":9,"streamId":"S","name":"m1"}
//! -> {"event":"clearedAudio","sequenceNumber":10,"streamId":"S"}
//! <- {"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"<base64>"}}
//! <- {"event":"checkpoint","streamId":"S","name":"m1"}
//! <- {"event":"clearAudio","streamId":"S"}
//! <- {"event":"sendDTMF","dtmf":"1234#"}
//! <- {"event":"stop","streamId":"S"}                              Vobiz's bots: end the call
//! ```
//!
//! There is no `connected`. `timestamp` is milliseconds of audio since the stream began, as Plivo's SDK has it.
//!
//! **Parameters.** `extra_headers` cannot quote: `,`, `;`, `=` and control characters in a name or value become `_`,
//! so that no value can pass for another parameter. What does not fit into Plivo's 512 bytes is left out.
//!
//! **Format.** `contentType` and `sampleRate` may be left out; where they are given they must mean what the stream
//! carries (`audio/x-mulaw;rate=8000` is `audio/x-mulaw` at 8000).
//!
//! **Marks.** A checkpoint comes back as `playedStream` once it was played, and never when it was cleared.
//!
//! **End.** The socket closes; there is no `stop` towards the bot.
//!
//! Source: Plivo's audio streaming documentation and SDK; Vobiz's stream documentation; Pipecat's serializer.

use bytes::BytesMut;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::inbound::{audio, check_stream, event_name, keys, mark_name, parse, text};
use super::media::{MediaTemplate, Slot};
use super::{BotEvent, BotFault, Encoding, Stream};
use crate::Frame;
use crate::excerpt::excerpt;
use crate::json::{Count, ObjectWriter, Text};

/// Number of `start`.
pub(super) const START_SEQUENCE: u64 = 0;

const MAX_EXTRA_HEADERS_BYTES: usize = 512;

pub(super) fn start(stream: &Stream, out: &mut BytesMut) {
    ObjectWriter::new(out)
        .str("event", "start")
        .int("sequenceNumber", START_SEQUENCE)
        .object("start", |start| {
            start
                .str("callId", &stream.call_id)
                .str("streamId", &stream.stream_id)
                .str("accountId", &stream.account_id)
                .strs("tracks", &["inbound"])
                .object("mediaFormat", |format| {
                    format
                        .str("encoding", encoding_name(stream.encoding))
                        .int("sampleRate", stream.rate_hz.into())
                })
        })
        .str("extra_headers", &extra_headers(&stream.parameters))
        .end();
}

pub(super) fn template(stream: &Stream) -> MediaTemplate {
    MediaTemplate::default()
        .text(r#"{"event":"media","sequenceNumber":"#)
        .slot(Slot::Sequence)
        .text(r#","streamId":""#)
        .escaped(&stream.stream_id)
        .text(r#"","media":{"track":"inbound","timestamp":""#)
        .slot(Slot::Timestamp)
        .text(r#"","chunk":"#)
        .slot(Slot::Chunk)
        .text(r#","payload":""#)
        .slot(Slot::Payload)
        .text(r#""},"extra_headers":""#)
        .escaped(&extra_headers(&stream.parameters))
        .text(r#""}"#)
}

pub(super) fn dtmf(
    stream: &Stream,
    sequence: u64,
    digit: char,
    timestamp_ms: u64,
    out: &mut BytesMut,
) {
    head("dtmf", sequence, stream, out)
        .object("dtmf", |dtmf| {
            dtmf.str("track", "inbound")
                .chars("digit", [digit].into_iter())
                .digits("timestamp", timestamp_ms)
        })
        .str("extra_headers", &extra_headers(&stream.parameters))
        .end();
}

pub(super) fn played(stream: &Stream, sequence: u64, name: &str, out: &mut BytesMut) {
    head("playedStream", sequence, stream, out)
        .str("name", name)
        .end();
}

pub(super) fn cleared(stream: &Stream, sequence: u64, out: &mut BytesMut) {
    head("clearedAudio", sequence, stream, out).end();
}

/// A message of any event. One struct, because a tagged enum would buffer every audio message before reading it.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    event: Option<Text<'a>>,
    #[serde(borrow, rename = "streamId")]
    stream_id: Option<Text<'a>>,
    #[serde(borrow)]
    media: Option<PlayAudio<'a>>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    dtmf: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlayAudio<'a> {
    #[serde(borrow)]
    content_type: Option<Text<'a>>,
    #[serde(default)]
    sample_rate: Count,
    #[serde(borrow)]
    payload: Option<Text<'a>>,
}

/// Reads one message; samples are appended to `samples`.
pub(super) fn decode<'a>(
    stream: &Stream,
    frame: Frame<'a>,
    samples: &mut Vec<u8>,
) -> Result<BotEvent<'a>, BotFault> {
    let wire: Wire<'a> = parse(text(frame)?)?;
    let event = event_name(wire.event.as_ref())?;
    let own = || check_stream(&stream.stream_id, wire.stream_id.as_ref());
    match event {
        "playAudio" => {
            own()?;
            if let Some(media) = &wire.media {
                media.check_format(stream)?;
            }
            let payload = wire.media.and_then(|media| media.payload);
            audio("media.payload", payload.as_ref(), samples)
        }
        "checkpoint" => {
            own()?;
            mark_name("name", wire.name).map(BotEvent::Mark)
        }
        "clearAudio" => own().map(|()| BotEvent::Clear),
        "sendDTMF" => {
            own()?;
            keys("dtmf", wire.dtmf).map(BotEvent::Press)
        }
        "stop" => own().map(|()| BotEvent::HangUp),
        _ => Ok(BotEvent::Ignored),
    }
}

impl PlayAudio<'_> {
    /// What the message says of its audio must be true of the stream.
    fn check_format(&self, stream: &Stream) -> Result<(), BotFault> {
        let rate = u64::from(stream.rate_hz);
        let content_type = self.content_type.as_ref().map(|text| text.0.as_ref());
        let type_fits = content_type.is_none_or(|text| type_fits(text, stream.encoding, rate));
        if type_fits && self.sample_rate.0.is_none_or(|given| given == rate) {
            return Ok(());
        }
        let got = match (content_type, self.sample_rate.0) {
            (Some(text), Some(rate)) => format!("{text} {rate} Hz"),
            (Some(text), None) => text.to_owned(),
            (None, rate) => format!("{} Hz", rate.unwrap_or_default()),
        };
        Err(BotFault::WrongFormat {
            expected: format!("{} {rate} Hz", encoding_name(stream.encoding)),
            got: excerpt(&got),
        })
    }
}

/// Whether a content type such as `audio/x-mulaw;rate=8000` names these samples.
fn type_fits(text: &str, encoding: Encoding, rate_hz: u64) -> bool {
    let mut parts = text.split(';').map(str::trim);
    let names: &[&str] = match encoding {
        Encoding::Mulaw => &["audio/x-mulaw", "audio/mulaw", "audio/pcmu"],
        Encoding::Pcm16 => &["audio/x-l16", "audio/l16"],
    };
    let base = parts.next().unwrap_or_default();
    names.iter().any(|name| name.eq_ignore_ascii_case(base))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("rate") => {
                value.trim().parse() == Ok(rate_hz)
            }
            _ => true,
        })
}

const fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Mulaw => "audio/x-mulaw",
        Encoding::Pcm16 => "audio/x-l16",
    }
}

/// What every message but `start` begins with.
fn head<'b>(
    event: &str,
    sequence: u64,
    stream: &Stream,
    out: &'b mut BytesMut,
) -> ObjectWriter<'b> {
    ObjectWriter::new(out)
        .str("event", event)
        .int("sequenceNumber", sequence)
        .str("streamId", &stream.stream_id)
}

fn extra_headers(parameters: &[(String, String)]) -> String {
    let mut line = String::new();
    for (name, value) in parameters {
        let separator = if line.is_empty() { "" } else { "," };
        let pair = format!("{separator}{}={}", plain(name), plain(value));
        if line.len() + pair.len() <= MAX_EXTRA_HEADERS_BYTES {
            line.push_str(&pair);
        }
    }
    line
}

fn plain(text: &str) -> String {
    text.replace(
        |c: char| matches!(c, ',' | ';' | '=') || c.is_control(),
        "_",
    )
}
