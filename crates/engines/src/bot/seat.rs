//! One bot's socket: what is to be written on it, in order.

use std::collections::VecDeque;

use bytes::BytesMut;
use trunkline_call::{LinkId, LinkSet, SendKind, Time};
use trunkline_protocol::FrameKind;
use trunkline_protocol::bot::{BotSocket, StopReason};

use super::Target;

/// Messages beside audio that wait for a bot that does not read.
const BOUND: usize = 256;

/// What is to be told to a bot, beside audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// The caller pressed a key.
    Digit(char),
    /// A mark of the bot's has been reached, or what was before it thrown away.
    Mark { name: String, played: bool },
    /// The caller interrupted: the bot's audio is gone.
    Flushed,
    /// The bot's own clear has been done.
    Cleared,
    /// A transfer came to nothing.
    TransferFailed { reason: &'static str, to: String },
    /// The stream is over.
    Stop(StopReason),
}

/// How long a key is said to have been pressed; those who report it do not say.
const DIGIT_MS: u32 = 100;

/// One bot's socket, from the dial to its end.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: LinkId,
    /// The how manieth of the call it is: its marks carry it.
    pub(super) number: u32,
    pub(super) target: Target,
    pub(super) socket: BotSocket,
    pub(super) is_up: bool,
    /// The next of the opening messages; `None` once they are out.
    opening: Option<u8>,
    notes: VecDeque<Note>,
    /// Caller audio that is no whole message yet.
    audio: Vec<u8>,
    frame_bytes: usize,
    /// Kept of the buffer: one step of a long silence, 100 ms. At least two messages.
    kept_bytes: usize,
    /// Until when it may take its last messages, once it has been left.
    pub(super) leaves_at: Time,
    /// More waited than may.
    pub(super) is_overfull: bool,
}

impl Seat {
    /// A bot that is being dialled.
    pub(super) fn new(
        id: LinkId,
        number: u32,
        target: Target,
        socket: BotSocket,
        frame_bytes: usize,
    ) -> Self {
        let stream = socket.stream();
        let step_bytes = stream.rate_hz.div_ceil(10) * stream.encoding.sample_bytes();
        Self {
            id,
            number,
            target,
            socket,
            is_up: false,
            opening: Some(0),
            notes: VecDeque::new(),
            audio: Vec::new(),
            frame_bytes,
            kept_bytes: (step_bytes as usize).max(2 * frame_bytes),
            leaves_at: Time::ZERO,
            is_overfull: false,
        }
    }

    /// What the caller said and did that `left`, which had the call before, has not been told.
    pub(super) fn inherit(&mut self, left: &mut Self) {
        self.audio.append(&mut left.audio);
        let untold = std::mem::take(&mut left.notes).into_iter();
        self.notes
            .extend(untold.filter(|note| matches!(note, Note::Digit(_))));
    }

    /// Whether the bot has been told of the call.
    pub(super) const fn is_open(&self) -> bool {
        self.is_up && self.opening.is_none()
    }

    pub(super) fn note(&mut self, note: Note) {
        if self.notes.len() < BOUND {
            self.notes.push_back(note);
        } else {
            self.is_overfull = true;
        }
    }

    /// Whether something is still to be told.
    pub(super) fn has_notes(&self) -> bool {
        self.is_open() && !self.notes.is_empty()
    }

    /// Caller audio in the stream's encoding.
    pub(super) fn hear(&mut self, audio: &[u8]) {
        self.audio.extend_from_slice(audio);
    }

    /// Whether less than a message waits.
    pub(super) const fn takes_audio(&self) -> bool {
        self.is_open() && self.audio.len() < self.frame_bytes
    }

    /// Whether something is to be written that is not the beginning of a message.
    pub(super) fn has_something(&self) -> bool {
        self.is_up
            && (self.opening.is_some()
                || !self.notes.is_empty()
                || self.audio.len() >= self.frame_bytes)
    }

    /// Writes the next message. What the caller said goes before what happened after it.
    pub(super) fn poll(&mut self, writable: LinkSet, out: &mut BytesMut) -> Option<SendKind> {
        if !self.is_up || !writable.contains(self.id) {
            return None;
        }
        if let Some(step) = self.opening {
            if let Some(kind) = self.socket.opening(step, out) {
                self.opening = Some(step + 1);
                return Some(send_kind(kind));
            }
            self.opening = None;
        }
        if self.audio.len() >= self.frame_bytes {
            return Some(self.poll_audio(out));
        }
        while let Some(note) = self.notes.pop_front() {
            if let Some(kind) = self.write(&note, out) {
                return Some(send_kind(kind));
            }
        }
        None
    }

    fn poll_audio(&mut self, out: &mut BytesMut) -> SendKind {
        let (frame, _) = self.audio.split_at(self.frame_bytes.min(self.audio.len()));
        let kind = self.socket.media(frame, out);
        self.audio.drain(..frame.len());
        if self.audio.is_empty() {
            self.audio.shrink_to(self.kept_bytes);
        }
        send_kind(kind)
    }

    fn write(&mut self, note: &Note, out: &mut BytesMut) -> Option<FrameKind> {
        let socket = &mut self.socket;
        match note {
            Note::Digit(digit) => socket.dtmf(*digit, DIGIT_MS, out),
            Note::Mark { name, played } => socket.mark(name, *played, out),
            Note::Flushed => socket.flushed(out),
            Note::Cleared => socket.cleared(out),
            Note::TransferFailed { reason, to } => {
                socket.transfer_status("failed", reason, to, out)
            }
            Note::Stop(reason) => socket.stop(*reason, out),
        }
    }
}

const fn send_kind(kind: FrameKind) -> SendKind {
    match kind {
        FrameKind::Text => SendKind::Text,
        FrameKind::Binary => SendKind::Binary,
    }
}

#[cfg(test)]
mod tests {
    use trunkline_protocol::Secret;
    use trunkline_protocol::bot::{Dialect, Encoding, Stream};

    use super::*;

    fn seat(encoding: Encoding, rate_hz: u32, frame_bytes: usize) -> Seat {
        let stream = Stream {
            stream_id: "MZ".to_owned(),
            call_id: "CA".to_owned(),
            account_id: "AC".to_owned(),
            from: String::new(),
            to: String::new(),
            parameters: Vec::new(),
            encoding,
            rate_hz,
            binary: false,
        };
        let target = Target {
            url: Secret::new("wss://a.example/"),
            headers: Vec::new(),
            signing: None,
        };
        let socket = BotSocket::new(Dialect::Twilio, stream, None);
        Seat::new(LinkId::CALLER, 1, target, socket, frame_bytes)
    }

    /// The buffer's capacity once a piece of so many bytes is told.
    fn capacity_after(seat: &mut Seat, bytes: usize) -> usize {
        let mut out = BytesMut::new();
        seat.hear(&vec![0; bytes]);
        while seat.audio.len() >= seat.frame_bytes {
            seat.poll_audio(&mut out);
            out.clear();
        }
        assert!(seat.audio.is_empty());
        seat.audio.capacity()
    }

    #[test]
    fn the_steps_of_a_silence_find_room_whatever_the_format() {
        for (encoding, rate_hz, frame_bytes, step_bytes) in [
            (Encoding::Mulaw, 8_000, 160, 800),
            (Encoding::Pcm16, 8_000, 320, 1_600),
            (Encoding::Pcm16, 16_000, 640, 3_200),
            (Encoding::Pcm16, 24_000, 960, 4_800),
        ] {
            let mut seat = seat(encoding, rate_hz, frame_bytes);
            // The first piece of a silence is twice as long.
            assert_eq!(capacity_after(&mut seat, 2 * step_bytes), step_bytes);
            for _ in 0..10 {
                let room = seat.audio.as_ptr();
                assert_eq!(capacity_after(&mut seat, step_bytes), step_bytes);
                assert_eq!(seat.audio.as_ptr(), room, "{rate_hz} Hz");
            }
        }
    }

    #[test]
    fn two_long_messages_find_room() {
        let mut seat = seat(Encoding::Mulaw, 8_000, 1_600);
        assert_eq!(capacity_after(&mut seat, 8_000), 3_200);
    }
}
