//! WSS Telephony Bridge of IVR Solutions, in the role of the bridge.
//!
//! **Who connects.** The bridge opens the bot's socket with the headers the bot's owner asked for. One call, one
//! socket.
//!
//! **Framing.** JSON text. To the bot messages are keyed on `event`, from the bot on `type`. Audio is PCM16,
//! little-endian, mono, base64; a bot may also send it as bare binary messages, and may be sent it so
//! ([`Stream::binary`](super::Stream::binary)). Numbers are integers but for `timestamp` and `duration`.
//!
//! ```text
//! -> {"event":"connected"}
//! -> {"event":"start","sequence_number":1,"stream_sid":"S","start":{"stream_sid":"S","call_sid":"C","from":"..",
//!     "to":"..","media_format":{"encoding":"raw/slin","sample_rate":8000}}}          or a first message of the bot's own
//! -> {"event":"media","sequence_number":3,"stream_sid":"S","media":{"chunk":2,"timestamp":"20","payload":"<base64>"}}
//! -> {"event":"dtmf","sequence_number":5,"stream_sid":"S","dtmf":{"digit":"1","duration":"120"}}
//! -> {"event":"mark","sequence_number":15,"stream_sid":"S","mark":{"name":"m1"}}
//! -> {"event":"clear","stream_sid":"S"}                                          the caller interrupted
//! -> {"event":"transfer","sequence_number":16,"stream_sid":"S","transfer":{"transfer_status":"failed",
//!     "reason":"no_carrier_control","transfer_to":".."}}                          ours
//! -> {"event":"stop","sequence_number":42,"stream_sid":"S","stop":{"call_sid":"C","reason":"callended"}}
//! <- {"type":"response.audio.delta","delta":"<base64>"}
//! <- {"type":"audio.clear"}
//! <- {"type":"session.dtmf","dtmf":"123#"}
//! <- {"type":"session.hangup"}
//! <- {"type":"session.transfer","destination":"..","strategy":"sequential"}       destination: one or an array
//! <- {"type":"session.transfer_ws","url":"wss://.."}
//! <- {"type":"session.flow_transfer","flow_id":".."}
//! <- {"type":"session.transfer_extension","extension":".."}
//! <- {"event":"media"|"mark"|"clear",…}                                           as Exotel's bots write; ours
//! ```
//!
//! `sequence_number` runs over all kinds from `start`, which is 1; `clear` and binary messages have none. `chunk`
//! starts at 1. `timestamp` is the milliseconds of audio before this message's.
//!
//! **Marks.** The vendor does not say what causes one; a bot sets it as Exotel's do, and it comes back when the audio
//! before it was played or dropped.
//!
//! **Limits.** The vendor gives none. Ours: 256 KiB a message, 64 keys, 16 destinations of 128 characters, a URL of
//! 2,048 bytes, a first message of 12 KiB.
//!
//! **Leniency.** Numbers may be strings, unknown fields and types are ignored, and a stream's id is not looked at.
//!
//! Source: the vendor's bridge README and OpenAPI document; what they leave open is marked as ours.

mod decode;
mod first;

pub(super) use decode::decode;
pub use first::{FirstMessage, FirstMessageError};

use bytes::BytesMut;

// Exotel is this family's parent.
pub(super) use super::exotel::connected;

use super::exotel::{named, pressed};
use super::media::{MediaTemplate, Slot};
use super::{Encoding, StopReason, Stream};
use crate::json::ObjectWriter;

/// Number of `start`.
pub(super) const START_SEQUENCE: u64 = 1;

pub(super) fn start(stream: &Stream, first: Option<&FirstMessage>, out: &mut BytesMut) {
    if let Some(first) = first {
        return first.write(stream, out);
    }
    let encoding = match stream.encoding {
        Encoding::Pcm16 => "raw/slin",
        Encoding::Mulaw => "audio/x-mulaw",
    };
    head("start", START_SEQUENCE, stream, out)
        .object("start", |start| {
            start
                .str("stream_sid", &stream.stream_id)
                .str("call_sid", &stream.call_id)
                .str("from", &stream.from)
                .str("to", &stream.to)
                .object("media_format", |format| {
                    format
                        .str("encoding", encoding)
                        .int("sample_rate", stream.rate_hz.into())
                })
        })
        .end();
}

pub(super) fn template(stream: &Stream) -> MediaTemplate {
    MediaTemplate::default()
        .text(r#"{"event":"media","sequence_number":"#)
        .slot(Slot::Sequence)
        .text(r#","stream_sid":""#)
        .escaped(&stream.stream_id)
        .text(r#"","media":{"chunk":"#)
        .slot(Slot::Chunk)
        .text(r#","timestamp":""#)
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

pub(super) fn clear(stream: &Stream, out: &mut BytesMut) {
    ObjectWriter::new(out)
        .str("event", "clear")
        .str("stream_sid", &stream.stream_id)
        .end();
}

pub(super) fn transfer(
    stream: &Stream,
    sequence: u64,
    [status, reason, to]: [&str; 3],
    out: &mut BytesMut,
) {
    head("transfer", sequence, stream, out)
        .object("transfer", |transfer| {
            transfer
                .str("transfer_status", status)
                .str("reason", reason)
                .str("transfer_to", to)
        })
        .end();
}

pub(super) fn stop(stream: &Stream, sequence: u64, reason: StopReason, out: &mut BytesMut) {
    head("stop", sequence, stream, out)
        .object("stop", |stop| {
            stop.str("call_sid", &stream.call_id)
                .str("reason", reason.as_str())
        })
        .end();
}

/// What every numbered message begins with.
fn head<'b>(
    event: &str,
    sequence: u64,
    stream: &Stream,
    out: &'b mut BytesMut,
) -> ObjectWriter<'b> {
    ObjectWriter::new(out)
        .str("event", event)
        .int("sequence_number", sequence)
        .str("stream_sid", &stream.stream_id)
}
