//! One WebSocket to a bot, from the platform's side.

use std::fmt;

use bytes::{BufMut, BytesMut};

use super::media::{MediaTemplate, Progress};
use super::{
    BotEvent, BotFault, Dialect, FirstMessage, StopReason, Stream, exotel, ivr, plivo, twilio,
};
use crate::{Frame, FrameKind};

/// What crosses one socket to a bot, in its dialect.
///
/// Every writer appends one message to `out`, which must hold no other, and gives `None`, having written nothing,
/// where the dialect has no such message. What is sent when, and that nothing follows [`BotSocket::stop`], is the
/// caller's to decide.
pub struct BotSocket {
    dialect: Dialect,
    stream: Stream,
    first: Option<FirstMessage>,
    progress: Progress,
    template: MediaTemplate,
}

impl BotSocket {
    /// A socket on which nothing has been said. `first` is sent in place of `start` to IVR bots; the other dialects
    /// have no such thing and pass it over.
    pub fn new(dialect: Dialect, stream: Stream, first: Option<FirstMessage>) -> Self {
        let (start, template) = match dialect {
            Dialect::Ivr => (ivr::START_SEQUENCE, ivr::template(&stream)),
            Dialect::Twilio => (twilio::START_SEQUENCE, twilio::template(&stream)),
            Dialect::Plivo => (plivo::START_SEQUENCE, plivo::template(&stream)),
            Dialect::Exotel => (exotel::START_SEQUENCE, exotel::template(&stream)),
        };
        Self {
            progress: Progress::new(&stream, start),
            dialect,
            stream,
            first,
            template,
        }
    }

    /// The dialect.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What the bot is told of the call.
    pub const fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The messages that open the stream: `step` counts from 0, and `None` says that there are no more.
    pub fn opening(&self, step: u8, out: &mut BytesMut) -> Option<FrameKind> {
        let stream = &self.stream;
        match (self.dialect, step) {
            (Dialect::Ivr, 0) => ivr::connected(out),
            (Dialect::Ivr, 1) => ivr::start(stream, self.first.as_ref(), out),
            (Dialect::Twilio, 0) => twilio::connected(out),
            (Dialect::Twilio, 1) => twilio::start(stream, out),
            (Dialect::Plivo, 0) => plivo::start(stream, out),
            (Dialect::Exotel, 0) => exotel::connected(out),
            (Dialect::Exotel, 1) => exotel::start(stream, out),
            _ => return None,
        }
        Some(FrameKind::Text)
    }

    /// Caller audio: whole samples in the stream's encoding. With a buffer that is reused, nothing is allocated once
    /// it has grown to the size of a frame.
    pub fn media(&mut self, audio: &[u8], out: &mut BytesMut) -> FrameKind {
        if self.stream.binary && self.dialect == Dialect::Ivr {
            out.put_slice(audio);
            return FrameKind::Binary;
        }
        self.template.write(audio, &mut self.progress, out);
        FrameKind::Text
    }

    /// The caller pressed a key: one of `0`-`9`, `*`, `#`, `A`-`D`; anything else is not sent. Twilio and Plivo bots
    /// are not told how long.
    pub fn dtmf(&mut self, digit: char, duration_ms: u32, out: &mut BytesMut) -> Option<FrameKind> {
        if !matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D') {
            return None;
        }
        let sequence = self.progress.next_sequence();
        let stream = &self.stream;
        match self.dialect {
            Dialect::Ivr => ivr::dtmf(stream, sequence, digit, duration_ms, out),
            Dialect::Twilio => twilio::dtmf(stream, sequence, digit, out),
            Dialect::Plivo => {
                plivo::dtmf(stream, sequence, digit, self.progress.timestamp_ms(), out);
            }
            Dialect::Exotel => exotel::dtmf(stream, sequence, digit, duration_ms, out),
        }
        Some(FrameKind::Text)
    }

    /// A mark of the bot's was reached: the audio before it was `played`, or thrown away. Plivo bots hear of those that
    /// were played alone.
    pub fn mark(&mut self, name: &str, played: bool, out: &mut BytesMut) -> Option<FrameKind> {
        if self.dialect == Dialect::Plivo && !played {
            return None;
        }
        let sequence = self.progress.next_sequence();
        let stream = &self.stream;
        match self.dialect {
            Dialect::Ivr => ivr::mark(stream, sequence, name, out),
            Dialect::Twilio => twilio::mark(stream, sequence, name, out),
            Dialect::Plivo => plivo::played(stream, sequence, name, out),
            Dialect::Exotel => exotel::mark(stream, sequence, name, out),
        }
        Some(FrameKind::Text)
    }

    /// The caller interrupted and the bot's audio was thrown away. IVR bots alone are told.
    pub fn flushed(&mut self, out: &mut BytesMut) -> Option<FrameKind> {
        if self.dialect != Dialect::Ivr {
            return None;
        }
        ivr::clear(&self.stream, out);
        Some(FrameKind::Text)
    }

    /// The bot's own clear was done. Plivo bots alone are told.
    pub fn cleared(&mut self, out: &mut BytesMut) -> Option<FrameKind> {
        if self.dialect != Dialect::Plivo {
            return None;
        }
        plivo::cleared(&self.stream, self.progress.next_sequence(), out);
        Some(FrameKind::Text)
    }

    /// What became of a transfer. IVR bots alone are told, in a message of ours.
    pub fn transfer_status(
        &mut self,
        status: &str,
        reason: &str,
        to: &str,
        out: &mut BytesMut,
    ) -> Option<FrameKind> {
        if self.dialect != Dialect::Ivr {
            return None;
        }
        let sequence = self.progress.next_sequence();
        ivr::transfer(&self.stream, sequence, [status, reason, to], out);
        Some(FrameKind::Text)
    }

    /// The stream is over: the last message before the socket closes. Plivo bots have none, Twilio bots are not told
    /// why.
    pub fn stop(&mut self, reason: StopReason, out: &mut BytesMut) -> Option<FrameKind> {
        let sequence = self.progress.next_sequence();
        let stream = &self.stream;
        match self.dialect {
            Dialect::Ivr => ivr::stop(stream, sequence, reason, out),
            Dialect::Twilio => twilio::stop(stream, sequence, out),
            Dialect::Exotel => exotel::stop(stream, sequence, reason, out),
            Dialect::Plivo => return None,
        }
        Some(FrameKind::Text)
    }

    /// Reads one message of the bot's. Samples of [`BotEvent::Audio`] are appended to `audio`; nothing else touches it.
    ///
    /// # Errors
    ///
    /// A [`BotFault`]: the message is to be dropped and counted.
    pub fn decode<'a>(
        &self,
        frame: Frame<'a>,
        audio: &mut Vec<u8>,
    ) -> Result<BotEvent<'a>, BotFault> {
        match self.dialect {
            Dialect::Ivr => ivr::decode(frame, audio),
            Dialect::Twilio => twilio::decode(&self.stream, frame, audio),
            Dialect::Plivo => plivo::decode(&self.stream, frame, audio),
            Dialect::Exotel => exotel::decode(&self.stream, frame, audio),
        }
    }
}

impl fmt::Debug for BotSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BotSocket")
            .field("dialect", &self.dialect)
            .field("stream", &self.stream)
            .field("first", &self.first)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
