//! A caller on the native protocol.

use bytes::BytesMut;
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol as protocol;
use trunkline_protocol::client::omni::{self, ClientEvent, Open, ServerEvent};

use super::{
    CallerEvent, CallerFault, CallerMessage, FrameRule, Line, MarkEcho, Pacing, Place, Transfer,
};
use crate::link::SendKind;

/// What is reported as the language in use until an agent says otherwise.
const LANGUAGE: &str = "en";

/// How far ahead of real time speech is sent: clients buffer it and drop it on a barge-in.
const LEAD_MS: u64 = 100;

/// The dialect state of one Omni session.
#[derive(Debug)]
pub struct OmniLeg {
    call_id: String,
    voice_id: String,
    label: Option<String>,
    rate_in_hz: u32,
    rate_out_hz: u32,
    tools: usize,
}

impl OmniLeg {
    /// A session opened with this query, whose agent speaks with `voice_id` unless told otherwise.
    pub fn new(open: Open, call_id: String, voice_id: String) -> Self {
        Self {
            call_id,
            voice_id,
            rate_in_hz: open.rate_in_hz,
            rate_out_hz: open.rate_out_hz(),
            label: open.session_label,
            tools: 0,
        }
    }

    pub(super) const fn line(&self) -> Line {
        Line {
            sends: AudioFormat::pcm16(self.rate_in_hz),
            takes: AudioFormat::pcm16(self.rate_out_hz),
            framing: FrameRule::Any,
            pacing: Pacing::Ahead { lead_ms: LEAD_MS },
            marks: MarkEcho::Never,
            clears: true,
            reorder_ms: 0,
            transfer: Transfer::Message,
            starts_unasked: true,
        }
    }

    pub(super) fn decode<'a>(
        &mut self,
        frame: protocol::Frame<'a>,
    ) -> Result<CallerEvent<'a>, CallerFault> {
        let event = omni::decode(frame).map_err(|fault| CallerFault {
            code: fault.code(),
            message: fault.to_string(),
            fatal: false,
        })?;
        Ok(match event {
            ClientEvent::Audio(audio) => CallerEvent::Audio {
                audio,
                place: Place::default(),
            },
            ClientEvent::Configure(configure) => {
                self.tools = configure.tools.len();
                CallerEvent::Configure(configure)
            }
            ClientEvent::Dtmf { digit } => CallerEvent::Digit(digit),
            // No agent calls tools yet, so that nobody waits for a result.
            ClientEvent::ToolResult { .. } => CallerEvent::Ignored,
            ClientEvent::InputText { text } => CallerEvent::Text(text),
            ClientEvent::Interrupt => CallerEvent::Interrupt,
            ClientEvent::SessionEnding => CallerEvent::Goodbye,
        })
    }

    pub(super) fn encode(
        &self,
        message: &CallerMessage,
        step: u8,
        out: &mut BytesMut,
    ) -> Option<SendKind> {
        match (message, step) {
            (CallerMessage::Hello, 0) => self.hello(out),
            (CallerMessage::Hello, 1) => put(
                &ServerEvent::SessionStarted {
                    call_id: &self.call_id,
                    agent_id: self.label.as_deref(),
                },
                out,
            ),
            // The older name first: a client that knows only one of the two clears on either.
            (CallerMessage::Clear { .. }, 0) => put(&ServerEvent::BargeIn, out),
            (CallerMessage::Clear { .. }, 1) => put(&ServerEvent::Flush, out),
            (CallerMessage::CallerSaid(text), step) => return said(text, step, out),
            (message, 0) => return self.encode_single(message, out),
            _ => return None,
        };
        Some(SendKind::Binary)
    }

    fn hello(&self, out: &mut BytesMut) {
        put(
            &ServerEvent::Hello {
                call_id: &self.call_id,
                voice_id: &self.voice_id,
                audio_in_hz: self.rate_in_hz,
                audio_out_hz: self.rate_out_hz,
            },
            out,
        );
    }

    fn encode_single(&self, message: &CallerMessage, out: &mut BytesMut) -> Option<SendKind> {
        let call_id = &self.call_id;
        let event = match message {
            CallerMessage::Configured(done) => {
                self.configured(done, out);
                return Some(SendKind::Binary);
            }
            CallerMessage::TurnBegin(turn) => ServerEvent::TurnBegin {
                call_id,
                turn: *turn,
            },
            CallerMessage::AgentSays(text) => ServerEvent::Transcript {
                text,
                is_final: true,
            },
            CallerMessage::Digit(digit) => ServerEvent::Dtmf { digit: *digit },
            CallerMessage::Transfer(referral) => {
                let destination = &referral.joined();
                put(&ServerEvent::TransferToHuman { destination }, out);
                return Some(SendKind::Binary);
            }
            CallerMessage::Error { code, message } => ServerEvent::Error { code, message },
            CallerMessage::Warning { code, message } => ServerEvent::Warning { code, message },
            CallerMessage::Ending(reason) => ServerEvent::SessionEnding { reason },
            CallerMessage::Hello
            | CallerMessage::Clear { .. }
            | CallerMessage::CallerSaid(_)
            | CallerMessage::Mark(_) => return None,
        };
        put(&event, out);
        Some(SendKind::Binary)
    }

    fn configured(&self, done: &super::Configured, out: &mut BytesMut) {
        let honored: Vec<_> = done.honored.iter().map(String::as_str).collect();
        let ignored: Vec<_> = done.ignored.iter().map(String::as_str).collect();
        put(
            &ServerEvent::Configured {
                voice_id: done.voice.as_deref().unwrap_or(&self.voice_id),
                language: LANGUAGE,
                greeting: done.greeting,
                tools: self.tools,
                audio_out_hz: self.rate_out_hz,
                honored: &honored,
                ignored: &ignored,
            },
            out,
        );
    }

    #[expect(
        clippy::unused_self,
        reason = "the seam of every dialect; most need their state to write audio"
    )]
    pub(super) fn encode_audio(&self, audio: &[u8], out: &mut BytesMut) -> SendKind {
        omni::encode_audio(audio, out);
        SendKind::Binary
    }
}

/// What the caller said, in as many messages as it takes.
fn said(text: &str, step: u8, out: &mut BytesMut) -> Option<SendKind> {
    let mut rest = text;
    for _ in 0..step {
        rest = omni::split_caller_text(rest).1;
    }
    let (piece, _) = omni::split_caller_text(rest);
    if piece.is_empty() {
        return None;
    }
    put(&ServerEvent::CallerText(piece), out);
    Some(SendKind::Binary)
}

fn put(event: &ServerEvent<'_>, out: &mut BytesMut) {
    omni::encode(event, out);
}
