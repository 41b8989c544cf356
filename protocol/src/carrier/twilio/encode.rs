//! From a command of ours to a message, by templates that are made once for a stream.

use base64_simd::{AsOut, STANDARD};
use bytes::{BufMut, BytesMut};

use super::{Phase, Twilio};
use crate::FrameKind;
use crate::json::push_escaped;

/// There is no stream to write to: `start` has not come, or `stop` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoStream {
    /// `start` has not come yet, so that the stream's id is not known.
    #[error("expected a running stream, got a command before `start`")]
    BeforeStart,
    /// The stream is over.
    #[error("expected a running stream, got a command after `stop`")]
    AfterStop,
}

/// The fixed parts of what is sent on one stream.
#[derive(Debug)]
pub(super) struct Templates {
    sid: String,
    /// All of a media message before its payload.
    media: BytesMut,
    /// All of a mark message before its name.
    mark: BytesMut,
    /// A whole clear message.
    clear: BytesMut,
}

const MEDIA_END: &[u8] = b"\"}}";
const MARK_END: &[u8] = b"\"}}";

impl Templates {
    pub(super) fn new(stream_sid: &str) -> Self {
        let template = |event: &str, rest: &str| {
            let mut bytes = BytesMut::new();
            bytes.put_slice(b"{\"event\":\"");
            bytes.put_slice(event.as_bytes());
            bytes.put_slice(b"\",\"streamSid\":\"");
            push_escaped(&mut bytes, stream_sid);
            bytes.put_slice(rest.as_bytes());
            bytes
        };
        Self {
            sid: stream_sid.to_owned(),
            media: template("media", "\",\"media\":{\"payload\":\""),
            mark: template("mark", "\",\"mark\":{\"name\":\""),
            clear: template("clear", "\"}"),
        }
    }

    /// The stream's id as Twilio wrote it.
    pub(super) fn sid(&self) -> &str {
        &self.sid
    }
}

/// Every command appends one text message to `out`, which must hold no other message. With a buffer that is reused,
/// nothing is allocated once it has grown to the size of a frame.
impl Twilio {
    /// Audio to play: μ-law, 8000 Hz, mono, any length.
    ///
    /// # Errors
    ///
    /// [`NoStream`]; nothing is written.
    pub fn media(&self, mulaw: &[u8], out: &mut BytesMut) -> Result<FrameKind, NoStream> {
        let stream = self.stream()?;
        let encoded = STANDARD.encoded_length(mulaw.len());
        out.reserve(stream.media.len() + encoded + MEDIA_END.len());
        out.put_slice(&stream.media);
        let payload_at = out.len();
        out.resize(payload_at + encoded, 0);
        if let Some(payload) = out.get_mut(payload_at..) {
            let written = STANDARD.encode(mulaw, payload.as_out());
            debug_assert_eq!(written.len(), encoded);
        }
        out.put_slice(MEDIA_END);
        Ok(FrameKind::Text)
    }

    /// Asks for `name` back once the audio sent so far has been played.
    ///
    /// # Errors
    ///
    /// [`NoStream`]; nothing is written.
    pub fn mark(&self, name: &str, out: &mut BytesMut) -> Result<FrameKind, NoStream> {
        let stream = self.stream()?;
        out.put_slice(&stream.mark);
        push_escaped(out, name);
        out.put_slice(MARK_END);
        Ok(FrameKind::Text)
    }

    /// Drops the audio that Twilio has not played yet. Every pending mark comes back.
    ///
    /// # Errors
    ///
    /// [`NoStream`]; nothing is written.
    pub fn clear(&self, out: &mut BytesMut) -> Result<FrameKind, NoStream> {
        out.put_slice(&self.stream()?.clear);
        Ok(FrameKind::Text)
    }

    fn stream(&self) -> Result<&Templates, NoStream> {
        match &self.phase {
            Phase::Waiting => Err(NoStream::BeforeStart),
            Phase::Streaming(stream) => Ok(stream),
            Phase::Stopped => Err(NoStream::AfterStop),
        }
    }
}
