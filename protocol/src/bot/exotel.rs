//! Exotel AgentStream (Voicebot), in the role of Exotel.
//!
//! **Who connects.** The platform opens the bot's `wss://` socket; the URL's query and user information are the bot
//! owner's.
//!
//! **Framing.** JSON text only, audio in base64: PCM16, little-endian, mono, 8000, 16000 or 24000 Hz, or μ-law. All
//! numbers are strings.
//!
//! ```text
//! -> {"event":"connected"}
//! -> {"event":"start","sequence_number":"1","stream_sid":"S","start":{"stream_sid":"S","call_sid":"C",
//!     "account_sid":"A","from":"..","to":"..","custom_parameters":{"k":"v"},
//!     "media_format":{"encoding":"raw/slin","sample_rate":"8000","bit_rate":"16"}}}
//! -> {"event":"media","sequence_number":"3","stream_sid":"S","media":{"chunk":"2","timestamp":"100",
//!     "payload":"<base64>"}}
//! -> {"event":"dtmf","sequence_number":"7","stream_sid":"S","dtmf":{"digit":"5","duration":"100"}}
//! -> {"event":"mark","sequence_number":"15","stream_sid":"S","mark":{"name":"m1"}}
//! -> {"event":"stop","sequence_number":"20","stream_sid":"S","stop":{"call_sid":"C","account_sid":"A",
//!     "reason":"callended"}}
//! <- {"event":"media","stream_sid":"S","media":{"payload":"<base64>"}}
//! <- {"event":"mark","stream_sid":"S","mark":{"name":"m1"}}
//! <- {"event":"clear","stream_sid":"S"}
//! ```
//!
//! **`encoding`.** Exotel's own pages and traffic have `audio/x-raw`, `base64` and `raw/slin` for the same samples.
//! `raw/slin` is written: it is the vendor's example, and public bot servers that check the field list it
//! while they leave out `audio/x-raw`. Pipecat's serializer does not look at it.
//!
//! **Marks.** Every mark comes back, whether the audio before it was played or cleared.
//!
//! **Sizes.** Exotel asks its bots for multiples of 320 bytes between 3,200 and 100,000. Any size is taken here.
//!
//! **Leniency.** `streamSid` is read as `stream_sid` is (Pipecat and Exotel's own samples write it); a message without
//! either is about this stream, one about another is dropped.
//!
//! **End.** `stop`, then the socket closes. A bot gives the call back by closing.
//!
//! Source: Exotel's AgentStream documentation and sample repository; Pipecat's serializer.

use bytes::BytesMut;

use super::media::{MediaTemplate, Slot};
use super::{Encoding, StopReason, Stream};
use crate::json::ObjectWriter;

// What the bot sends has Twilio's shape.
pub(super) use super::twilio::decode;

/// Number of `start`.
pub(super) const START_SEQUENCE: u64 = 1;

pub(super) fn connected(out: &mut BytesMut) {
    ObjectWriter::new(out).str("event", "connected").end();
}

pub(super) fn start(stream: &Stream, out: &mut BytesMut) {
    let (encoding, bits) = match stream.encoding {
        Encoding::Pcm16 => ("raw/slin", 16),
        Encoding::Mulaw => ("audio/x-mulaw", 8),
    };
    head("start", START_SEQUENCE, stream, out)
        .object("start", |start| {
            start
                .str("stream_sid", &stream.stream_id)
                .str("call_sid", &stream.call_id)
                .str("account_sid", &stream.account_id)
                .str("from", &stream.from)
                .str("to", &stream.to)
                .object("custom_parameters", |object| {
                    let pairs = stream.parameters.iter();
                    pairs.fold(object, |object, (name, value)| object.pair(name, value))
                })
                .object("media_format", |format| {
                    format
                        .str("encoding", encoding)
                        .digits("sample_rate", stream.rate_hz.into())
                        .digits("bit_rate", bits)
                })
        })
        .end();
}

pub(super) fn template(stream: &Stream) -> MediaTemplate {
    MediaTemplate::default()
        .text(r#"{"event":"media","sequence_number":""#)
        .slot(Slot::Sequence)
        .text(r#"","stream_sid":""#)
        .escaped(&stream.stream_id)
        .text(r#"","media":{"chunk":""#)
        .slot(Slot::Chunk)
        .text(r#"","timestamp":""#)
        .slot(Slot::Timestamp)
        .text(r#"","payload":""#)
        .slot(Slot::Payload)
        .text(r#""}}"#)
}

pub(super) fn dtmf(
    stream: &Stream,
    sequence: u64,
    digit: char,
    duration_ms: u32,
    out: &mut BytesMut,
) {
    pressed(head("dtmf", sequence, stream, out), digit, duration_ms);
}

pub(super) fn mark(stream: &Stream, sequence: u64, name: &str, out: &mut BytesMut) {
    named(head("mark", sequence, stream, out), name);
}

pub(super) fn stop(stream: &Stream, sequence: u64, reason: StopReason, out: &mut BytesMut) {
    head("stop", sequence, stream, out)
        .object("stop", |stop| {
            stop.str("call_sid", &stream.call_id)
                .str("account_sid", &stream.account_id)
                .str("reason", reason.as_str())
        })
        .end();
}

/// A key behind the head of its message, as this family writes it.
pub(super) fn pressed(head: ObjectWriter<'_>, digit: char, duration_ms: u32) {
    head.object("dtmf", |dtmf| {
        dtmf.chars("digit", [digit].into_iter())
            .digits("duration", duration_ms.into())
    })
    .end();
}

/// A mark behind the head of its message, as Twilio's descendants write it.
pub(super) fn named(head: ObjectWriter<'_>, name: &str) {
    head.object("mark", |mark| mark.str("name", name)).end();
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
        .digits("sequence_number", sequence)
        .str("stream_sid", &stream.stream_id)
}
