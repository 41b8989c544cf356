//! Messages to a client, written straight into the buffer that is sent.

use bytes::{BufMut, BytesMut};

use super::{ServerEvent, TAG_AUDIO, TAG_CALLER_TEXT, TAG_CONTROL};
use crate::FrameKind;
use crate::json::ObjectWriter;

/// The longest transcript text, in UTF-16 code units: the vendor's browser client counts so, and whatever fits by that
/// count also fits the 4,000 characters of its other clients and, at three bytes a unit, the 16,384 bytes of a body.
const MAX_TEXT_UNITS: usize = 4_000;

/// The longest `assistant_interrupted.reply`, in code points.
const MAX_REPLY_CHARS: usize = 500;

/// Appends one binary message with agent audio: PCM16 LE mono at the rate of `hello.audio_out`.
pub fn encode_audio(pcm: &[u8], out: &mut BytesMut) -> FrameKind {
    out.reserve(1 + pcm.len());
    out.put_u8(TAG_AUDIO);
    out.put_slice(pcm);
    FrameKind::Binary
}

/// Appends one binary message with `event`. `out` must hold no other message.
pub fn encode(event: &ServerEvent<'_>, out: &mut BytesMut) -> FrameKind {
    use ServerEvent as E;
    let json = match *event {
        E::CallerText(text) => {
            push_caller_text(text, out);
            return FrameKind::Binary;
        }
        E::AudioPosition {
            sent_ms,
            realtime_ms,
            call_id,
        } => keyed("type", "audio_position", out)
            .int("sent_ms", sent_ms)
            .int("realtime_ms", realtime_ms)
            .str("call_id", call_id),
        E::Hello {
            call_id,
            voice_id,
            audio_in_hz,
            audio_out_hz,
        } => named("hello", out)
            .int("protocol", 2)
            .pcm16("audio_in", audio_in_hz)
            .pcm16("audio_out", audio_out_hz)
            .str("call_id", call_id)
            .str("voice_id", voice_id),
        E::SessionStarted { call_id, agent_id } => named("session_started", out)
            .str("call_id", call_id)
            .str_or_null("agent_id", agent_id)
            .str("audio_in", "pcm16")
            .str("audio_out", "pcm16"),
        E::Configured {
            voice_id,
            language,
            greeting,
            tools,
            audio_out_hz,
            honored,
            ignored,
        } => named("configured", out)
            .str("voice_id", voice_id)
            .str("language_active", language)
            .bool("greeting", greeting)
            .int("tools", tools as u64)
            .pcm16("audio_out", audio_out_hz)
            .strs("honored", honored)
            .strs("ignored", ignored),
        E::TurnBegin { call_id, turn } => named("turn_begin", out)
            .str("call_id", call_id)
            .int("turn", turn),
        E::Transcript { text, is_final } => named("transcript", out)
            .str("role", "assistant")
            .chars("text", printable(split_caller_text(text).0))
            .bool("final", is_final),
        E::BargeIn => named("barge_in", out),
        E::Flush => named("flush", out),
        E::AssistantInterrupted { call_id, reply } => named("assistant_interrupted", out)
            .str("call_id", call_id)
            .chars("reply", printable(reply).take(MAX_REPLY_CHARS)),
        E::Dtmf { digit } => named("dtmf", out).chars("digit", std::iter::once(digit)),
        E::ToolCall {
            call_id,
            name,
            arguments,
        } => named("tool_call", out)
            .str("call_id", call_id)
            .str("name", name)
            .str("arguments", arguments),
        E::TransferToHuman { destination } => {
            named("transfer_to_human", out).str("destination", destination)
        }
        E::SendDtmf { digits } => named("send_dtmf", out).str("digits", digits),
        E::EndCall { reason } => named("end_call", out).str("reason", reason),
        E::IdlePrompt => named("idle_prompt", out),
        E::SessionEnding { reason } => named("session_ending", out).str("reason", reason),
        E::Error { code, message } => problem("error", code, message, out),
        E::Warning { code, message } => problem("warning", code, message, out),
    };
    json.end();
    FrameKind::Binary
}

/// Splits `text` into what one [`ServerEvent::CallerText`] can carry and the rest, so that a long text loses nothing.
pub fn split_caller_text(text: &str) -> (&str, &str) {
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > MAX_TEXT_UNITS
    });
    end.and_then(|(at, _)| text.split_at_checked(at))
        .unwrap_or((text, ""))
}

/// The vendor's clients refuse a text with control characters, so that each becomes a space.
fn printable(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c })
}

fn push_caller_text(text: &str, out: &mut BytesMut) {
    out.put_u8(TAG_CALLER_TEXT);
    for c in printable(split_caller_text(text).0) {
        out.put_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

fn problem<'b>(event: &str, code: &str, message: &str, out: &'b mut BytesMut) -> ObjectWriter<'b> {
    named(event, out).str("code", code).str("message", message)
}

fn named<'b>(event: &str, out: &'b mut BytesMut) -> ObjectWriter<'b> {
    keyed("event", event, out)
}

fn keyed<'b>(key: &str, name: &str, out: &'b mut BytesMut) -> ObjectWriter<'b> {
    out.put_u8(TAG_CONTROL);
    ObjectWriter::new(out).str(key, name)
}
