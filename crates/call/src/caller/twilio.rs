//! A carrier that speaks Twilio Media Streams.

use bytes::BytesMut;
use trunkline_protocol as protocol;
use trunkline_protocol::carrier::twilio::{CarrierEvent, Twilio};
use trunkline_protocol::{FrameKind, Severity};

use super::{CallerEvent, CallerFault, CallerMessage};
use crate::link::SendKind;

/// Packets that can be missing in a row: a minute.
const GAP: u64 = 3_000;

/// The dialect state of one Twilio stream.
#[derive(Debug, Default)]
pub struct TwilioLeg {
    wire: Twilio,
    /// Number the next packet should have.
    next_chunk: Option<u64>,
}

impl TwilioLeg {
    /// A stream that has not started.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn decode<'a>(
        &mut self,
        frame: protocol::Frame<'a>,
        wire: &'a mut Vec<u8>,
    ) -> Result<CallerEvent<'a>, CallerFault> {
        let event = self.wire.decode(frame, wire).map_err(|fault| CallerFault {
            code: fault.code(),
            message: fault.to_string(),
            fatal: fault.severity() == Severity::Close,
        })?;
        Ok(match event {
            CarrierEvent::Connected => CallerEvent::Nothing,
            CarrierEvent::Start(start) => CallerEvent::Start {
                peer_call_id: Some(start.call_sid),
            },
            CarrierEvent::Media { chunk, .. } => CallerEvent::Audio {
                audio: wire,
                lost: self.lost_before(chunk),
            },
            CarrierEvent::Dtmf { digit } => CallerEvent::Digit(digit),
            CarrierEvent::Mark { name } => CallerEvent::Mark(name),
            CarrierEvent::Stop { .. } => CallerEvent::Goodbye,
            CarrierEvent::Ignored => CallerEvent::Ignored,
        })
    }

    fn lost_before(&mut self, chunk: Option<u64>) -> u64 {
        let Some(chunk) = chunk else {
            return 0;
        };
        let lost = self.next_chunk.map_or(0, |next| chunk.saturating_sub(next));
        // More than that is a new numbering, not a loss.
        let lost = if lost <= GAP { lost } else { 0 };
        self.next_chunk = Some(chunk.saturating_add(1));
        lost
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
        let written = match message {
            CallerMessage::Clear => self.wire.clear(out),
            CallerMessage::Mark(mark) => self.wire.mark(&mark.name(), out),
            _ => return None,
        };
        // Before `start` and after `stop` there is nobody to tell.
        written.ok().map(send_kind)
    }

    /// Writes nothing before `start` and after `stop`; then the message is empty.
    pub(super) fn encode_audio(&self, audio: &[u8], out: &mut BytesMut) -> Option<SendKind> {
        self.wire.media(audio, out).ok().map(send_kind)
    }
}

fn send_kind(kind: FrameKind) -> SendKind {
    match kind {
        FrameKind::Text => SendKind::Text,
        FrameKind::Binary => SendKind::Binary,
    }
}
