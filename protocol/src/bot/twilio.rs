//! Twilio Media Streams, bidirectional, in the role of Twilio.
//!
//! **Who connects.** The platform opens the bot's `wss://` socket; the upgrade may be signed (`X-Twilio-Signature`).
//!
//! **Framing.** JSON text only, audio in base64: μ-law, 8000 Hz, mono. Numbers are strings.
//!
//! ```text
//! -> {"event":"connected","protocol":"Call","version":"1.0.0"}
//! -> {"event":"start","sequenceNumber":"1","streamSid":"MZ..","start":{"accountSid":"AC..","streamSid":"MZ..",
//!     "callSid":"CA..","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
//!     "customParameters":{"from":"+1555"}}}
//! -> {"event":"media","sequenceNumber":"2","streamSid":"MZ..","media":{"track":"inbound","chunk":"1","timestamp":"0",
//!     "payload":"<base64>"}}
//! -> {"event":"dtmf","sequenceNumber":"5","streamSid":"MZ..","dtmf":{"track":"inbound_track","digit":"1"}}
//! -> {"event":"mark","sequenceNumber":"4","streamSid":"MZ..","mark":{"name":"m1"}}
//! -> {"event":"stop","sequenceNumber":"5","streamSid":"MZ..","stop":{"accountSid":"AC..","callSid":"CA.."}}
//! <- {"event":"media","streamSid":"MZ..","media":{"payload":"<base64, any length>"}}
//! <- {"event":"mark","streamSid":"MZ..","mark":{"name":"m1"}}
//! <- {"event":"clear","streamSid":"MZ.."}
//! ```
//!
//! **Parameters.** Twilio does not tell a stream who calls: bots are told by `<Parameter>`s. `from`, `to`,
//! `from_number` and `to_number` (the names Pipecat reads) are added unless they are configured.
//!
//! **Marks.** Every mark comes back, whether the audio before it was played or cleared.
//!
//! **Leniency.** A message without `streamSid` is about this stream; one about another is Twilio's error 31951 and is
//! dropped. `stream_sid` is read as well.
//!
//! **End.** `stop`, then the socket closes. A bot ends the call by closing.
//!
//! Source: Twilio's Media Streams documentation; Pipecat's serializer.

use bytes::BytesMut;
use serde::Deserialize;

use super::exotel::named;
use super::inbound::{Mark, Media, audio, check_stream, event_name, parse, text};
use super::media::{MediaTemplate, Slot};
use super::{BotEvent, BotFault, Encoding, Stream};
use crate::Frame;
use crate::json::{ObjectWriter, Text};

/// Number of `start`.
pub(super) const START_SEQUENCE: u64 = 1;

pub(super) fn connected(out: &mut BytesMut) {
    ObjectWriter::new(out)
        .str("event", "connected")
        .str("protocol", "Call")
        .str("version", "1.0.0")
        .end();
}

pub(super) fn start(stream: &Stream, out: &mut BytesMut) {
    let encoding = match stream.encoding {
        Encoding::Mulaw => "audio/x-mulaw",
        Encoding::Pcm16 => "audio/x-l16",
    };
    head("start", START_SEQUENCE, stream, out)
        .object("start", |start| {
            start
                .str("accountSid", &stream.account_id)
                .str("streamSid", &stream.stream_id)
                .str("callSid", &stream.call_id)
                .strs("tracks", &["inbound"])
                .object("mediaFormat", |format| {
                    format
                        .str("encoding", encoding)
                        .int("sampleRate", stream.rate_hz.into())
                        .int("channels", 1)
                })
                .object("customParameters", |object| parameters(stream, object))
        })
        .end();
}

pub(super) fn template(stream: &Stream) -> MediaTemplate {
    MediaTemplate::default()
        .text(r#"{"event":"media","sequenceNumber":""#)
        .slot(Slot::Sequence)
        .text(r#"","streamSid":""#)
        .escaped(&stream.stream_id)
        .text(r#"","media":{"track":"inbound","chunk":""#)
        .slot(Slot::Chunk)
        .text(r#"","timestamp":""#)
        .slot(Slot::Timestamp)
        .text(r#"","payload":""#)
        .slot(Slot::Payload)
        .text(r#""}}"#)
}

pub(super) fn dtmf(stream: &Stream, sequence: u64, digit: char, out: &mut BytesMut) {
    head("dtmf", sequence, stream, out)
        .object("dtmf", |dtmf| {
            dtmf.str("track", "inbound_track")
                .chars("digit", [digit].into_iter())
        })
        .end();
}

pub(super) fn mark(stream: &Stream, sequence: u64, name: &str, out: &mut BytesMut) {
    named(head("mark", sequence, stream, out), name);
}

pub(super) fn stop(stream: &Stream, sequence: u64, out: &mut BytesMut) {
    head("stop", sequence, stream, out)
        .object("stop", |stop| {
            stop.str("accountSid", &stream.account_id)
                .str("callSid", &stream.call_id)
        })
        .end();
}

/// A message of any event, here and in Exotel's dialect.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    event: Option<Text<'a>>,
    #[serde(borrow, rename = "streamSid")]
    camel_sid: Option<Text<'a>>,
    #[serde(borrow, rename = "stream_sid")]
    snake_sid: Option<Text<'a>>,
    #[serde(borrow)]
    media: Option<Media<'a>>,
    #[serde(borrow)]
    mark: Option<Mark<'a>>,
}

/// Reads one message; samples are appended to `samples`.
pub(super) fn decode<'a>(
    stream: &Stream,
    frame: Frame<'a>,
    samples: &mut Vec<u8>,
) -> Result<BotEvent<'a>, BotFault> {
    let wire: Wire<'a> = parse(text(frame)?)?;
    let event = event_name(wire.event.as_ref())?;
    if !matches!(event, "media" | "mark" | "clear") {
        return Ok(BotEvent::Ignored);
    }
    check_stream(&stream.stream_id, wire.camel_sid.as_ref())?;
    check_stream(&stream.stream_id, wire.snake_sid.as_ref())?;
    match event {
        "media" => {
            let payload = wire.media.and_then(|media| media.payload);
            audio("media.payload", payload.as_ref(), samples)
        }
        "mark" => Mark::event(wire.mark),
        _ => Ok(BotEvent::Clear),
    }
}

/// What every message but `connected` begins with.
fn head<'b>(
    event: &str,
    sequence: u64,
    stream: &Stream,
    out: &'b mut BytesMut,
) -> ObjectWriter<'b> {
    ObjectWriter::new(out)
        .str("event", event)
        .digits("sequenceNumber", sequence)
        .str("streamSid", &stream.stream_id)
}

fn parameters<'b>(stream: &Stream, mut object: ObjectWriter<'b>) -> ObjectWriter<'b> {
    for (name, value) in &stream.parameters {
        object = object.pair(name, value);
    }
    let numbers = [
        ("from", &stream.from),
        ("to", &stream.to),
        ("from_number", &stream.from),
        ("to_number", &stream.to),
    ];
    for (name, number) in numbers {
        if !stream.parameters.iter().any(|(given, _)| given == name) {
            object = object.str(name, number);
        }
    }
    object
}
