//! A carrier that speaks Twilio Media Streams.

use bytes::BytesMut;
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol as protocol;
use trunkline_protocol::carrier::twilio::{CarrierEvent, Start, Twilio};
use trunkline_protocol::{FrameKind, Severity};

use super::{
    CallerEvent, CallerFault, CallerMessage, FrameRule, Line, MarkEcho, Pacing, Place, Transfer,
};
use crate::info::CallInfo;
use crate::link::SendKind;

/// How far ahead of real time speech is sent: Twilio buffers it and drops it when told to.
const LEAD_MS: u64 = 100;

/// The dialect state of one Twilio stream.
#[derive(Debug, Default)]
pub struct TwilioLeg {
    wire: Twilio,
}

impl TwilioLeg {
    /// A stream that has not started.
    pub fn new() -> Self {
        Self::default()
    }

    #[expect(
        clippy::unused_self,
        reason = "the seam of every dialect; others know their formats from the wire"
    )]
    pub(super) const fn line(&self) -> Line {
        Line {
            sends: AudioFormat::MULAW_8K,
            takes: AudioFormat::MULAW_8K,
            framing: FrameRule::Any,
            pacing: Pacing::Ahead { lead_ms: LEAD_MS },
            marks: MarkEcho::Always,
            clears: true,
            reorder_ms: 0,
            transfer: Transfer::Nobody,
            starts_unasked: false,
        }
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
            CarrierEvent::Start(start) => CallerEvent::Start(Box::new(info(*start))),
            CarrierEvent::Media {
                chunk,
                timestamp_ms,
                ..
            } => CallerEvent::Audio {
                audio: wire,
                place: Place {
                    chunk,
                    timestamp_ms,
                },
            },
            CarrierEvent::Dtmf { digit } => CallerEvent::Digit(digit),
            CarrierEvent::Mark { name } => CallerEvent::Mark(name),
            CarrierEvent::Stop { .. } => CallerEvent::Goodbye,
            CarrierEvent::Ignored => CallerEvent::Ignored,
        })
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
            // What has not been sent needs no clearing; one that arrives before the first byte wipes a greeting.
            CallerMessage::Clear { outstanding: true } => self.wire.clear(out),
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

/// The caller's and the called number are among the parameters or nowhere.
fn info(start: Start) -> CallInfo {
    let parameters = start.custom_parameters;
    let named = |names: &[&str]| {
        let found = parameters
            .iter()
            .find(|(name, _)| names.iter().any(|n| name.eq_ignore_ascii_case(n)));
        found.map_or_else(String::new, |(_, value)| value.clone())
    };
    CallInfo {
        peer_call_id: Some(start.call_sid),
        account_id: start.account_sid,
        from: named(&["from", "from_number", "caller"]),
        to: named(&["to", "to_number", "called"]),
        parameters,
        ..CallInfo::default()
    }
}

fn send_kind(kind: FrameKind) -> SendKind {
    match kind {
        FrameKind::Text => SendKind::Text,
        FrameKind::Binary => SendKind::Binary,
    }
}
