//! A caller's side for simulations: any [`Line`], over a wire that takes nothing to read.
//!
//! ```text
//! up    text    start | digit D | mark NAME | interrupt | talk 1|0 | text WORDS | configure | bye
//!       binary  chunk (8 bytes LE, u64::MAX for none) timestamp in ms (the same) audio
//! down  text    hello | configured | turn N | said WORDS | says WORDS | clear | digit D | mark NAME
//!               transfer WHERE | error CODE | warning CODE | ending LABEL
//!       binary  audio
//! ```
//!
//! It refuses to know networks and people: those are [`crate::sim`].

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};
use trunkline_protocol as protocol;

use super::{CallerEvent, CallerFault, CallerMessage, Line, MarkEcho, Place};
use crate::info::CallInfo;
use crate::link::SendKind;

/// Bytes before the audio of an uplink message.
pub(crate) const HEADER_BYTES: usize = 16;

/// A caller's side with the abilities of any line.
#[derive(Debug)]
pub struct SimLeg {
    line: Line,
}

impl SimLeg {
    /// A caller's side that can do what `line` says.
    pub const fn new(line: Line) -> Self {
        Self { line }
    }

    pub(super) const fn line(&self) -> Line {
        self.line
    }

    #[expect(clippy::unused_self, reason = "the seam of every dialect")]
    pub(super) fn decode<'a>(
        &self,
        frame: protocol::Frame<'a>,
    ) -> Result<CallerEvent<'a>, CallerFault> {
        match frame {
            protocol::Frame::Binary(bytes) => audio(bytes),
            protocol::Frame::Text(text) => words(text),
        }
    }

    pub(super) fn encode(
        &self,
        message: &CallerMessage,
        step: u8,
        out: &mut BytesMut,
    ) -> Option<SendKind> {
        if step > 0 {
            return None;
        }
        let (verb, rest): (&str, Cow<'_, str>) = match message {
            CallerMessage::Hello => ("hello", "".into()),
            CallerMessage::Configured(_) => ("configured", "".into()),
            CallerMessage::TurnBegin(turn) => ("turn", turn.to_string().into()),
            CallerMessage::CallerSaid(text) => ("said", text.into()),
            CallerMessage::AgentSays(text) => ("says", text.into()),
            CallerMessage::Clear { outstanding: true } if self.line.clears => ("clear", "".into()),
            CallerMessage::Clear { .. } => return None,
            CallerMessage::Digit(digit) => ("digit", digit.to_string().into()),
            CallerMessage::Mark(_) if self.line.marks == MarkEcho::Never => return None,
            CallerMessage::Mark(mark) => ("mark", mark.name().into()),
            CallerMessage::Transfer(to) => ("transfer", to.joined().into()),
            CallerMessage::Error { code, .. } => ("error", (*code).into()),
            CallerMessage::Warning { code, .. } => ("warning", (*code).into()),
            CallerMessage::Ending(label) => ("ending", (*label).into()),
        };
        out.put_slice(verb.as_bytes());
        if !rest.is_empty() {
            out.put_u8(b' ');
            out.put_slice(rest.as_bytes());
        }
        Some(SendKind::Text)
    }

    #[expect(clippy::unused_self, reason = "the seam of every dialect")]
    pub(super) fn encode_audio(&self, audio: &[u8], out: &mut BytesMut) -> SendKind {
        out.put_slice(audio);
        SendKind::Binary
    }
}

/// Writes an uplink message of audio behind what `out` holds.
pub(crate) fn write_audio(place: Place, audio: &[u8], out: &mut Vec<u8>) {
    out.extend(place.chunk.unwrap_or(u64::MAX).to_le_bytes());
    out.extend(place.timestamp_ms.unwrap_or(u64::MAX).to_le_bytes());
    out.extend(audio);
}

fn audio(bytes: &[u8]) -> Result<CallerEvent<'_>, CallerFault> {
    let (Some((chunk, rest)), true) = (bytes.split_first_chunk(), bytes.len() >= HEADER_BYTES)
    else {
        return Err(fault("short_audio", bytes.len()));
    };
    let Some((timestamp, audio)) = rest.split_first_chunk() else {
        return Err(fault("short_audio", bytes.len()));
    };
    let number = |bytes| Some(u64::from_le_bytes(bytes)).filter(|n| *n != u64::MAX);
    Ok(CallerEvent::Audio {
        audio,
        place: Place {
            chunk: number(*chunk),
            timestamp_ms: number(*timestamp),
        },
    })
}

fn words(text: &str) -> Result<CallerEvent<'_>, CallerFault> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    Ok(match verb {
        "start" => CallerEvent::Start(Box::new(CallInfo {
            peer_call_id: Some("sim".to_owned()),
            ..CallInfo::default()
        })),
        "digit" => match rest.chars().next() {
            Some(digit) => CallerEvent::Digit(digit),
            None => return Err(fault("no_digit", text.len())),
        },
        "mark" => CallerEvent::Mark(Cow::Borrowed(rest)),
        "interrupt" => CallerEvent::Interrupt,
        "talk" => CallerEvent::Talk(rest == "1"),
        "text" => CallerEvent::Text(Cow::Borrowed(rest)),
        "configure" => CallerEvent::Configure(Box::default()),
        "bye" => CallerEvent::Goodbye,
        "nothing" => CallerEvent::Nothing,
        "strange" => CallerEvent::Ignored,
        _ => return Err(fault("unknown", text.len())),
    })
}

fn fault(code: &'static str, bytes: usize) -> CallerFault {
    CallerFault {
        code,
        message: format!("expected a message of the simulated wire, got {bytes} bytes"),
        fatal: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAR: CallerMessage = CallerMessage::Clear { outstanding: true };
    use crate::caller::{FrameRule, Pacing, Transfer};
    use trunkline_codecs::format::AudioFormat;

    fn leg(clears: bool) -> SimLeg {
        SimLeg::new(Line {
            sends: AudioFormat::MULAW_8K,
            takes: AudioFormat::MULAW_8K,
            framing: FrameRule::Any,
            pacing: Pacing::RealTime,
            marks: MarkEcho::Never,
            clears,
            reorder_ms: 0,
            transfer: Transfer::Nobody,
            starts_unasked: false,
        })
    }

    #[test]
    fn audio_keeps_its_place_and_its_bytes() {
        for chunk in [None, Some(0), Some(7)] {
            let place = Place {
                chunk,
                timestamp_ms: chunk.map(|n| n * 20),
            };
            let mut wire = Vec::new();
            write_audio(place, b"abc", &mut wire);
            let Ok(CallerEvent::Audio { audio, place: got }) =
                leg(true).decode(protocol::Frame::Binary(&wire))
            else {
                panic!("audio");
            };
            assert_eq!((audio, got), (&b"abc"[..], place));
        }
        let short = leg(true).decode(protocol::Frame::Binary(&[0; 15]));
        assert_eq!(short.expect_err("too short").code, "short_audio");
    }

    #[test]
    fn a_line_has_no_words_for_what_it_cannot_do() {
        let mut out = BytesMut::new();
        assert_eq!(leg(false).encode(&CLEAR, 0, &mut out), None);
        let written = leg(true).encode(&CLEAR, 0, &mut out);
        assert_eq!((written, &out[..]), (Some(SendKind::Text), &b"clear"[..]));
        assert_eq!(leg(true).encode(&CLEAR, 1, &mut out), None);
    }
}
