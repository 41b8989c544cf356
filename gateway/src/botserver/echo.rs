//! The caller's audio on its way back, and the nonsense a broken bot mixes into it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::dialect::Dialect;
use super::wire::{Command, Wire};

/// Collects audio until it may be sent.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    waiting: Vec<u8>,
}

impl Echo {
    /// Takes audio; gives it back at once, or in the smallest message the dialect takes.
    pub(crate) fn push(&mut self, bytes: &[u8], wire: &mut Wire) -> Option<(usize, Message)> {
        self.waiting.extend_from_slice(bytes);
        let least = wire.least_bytes();
        let whole = if least == 0 {
            self.waiting.len()
        } else if self.waiting.len() < least {
            return None;
        } else {
            // Exotel: multiples of 320 bytes, and far less than the 100,000 it takes at most.
            self.waiting.len() / 320 * 320
        };
        let piece: Vec<u8> = self.waiting.drain(..whole).collect();
        Some((piece.len(), wire.encode(Command::Audio(&piece))?))
    }
}

/// One broken message, another for each `turn`.
pub(crate) fn nonsense(turn: u64, wire: &mut Wire) -> Option<Message> {
    let text = |value: serde_json::Value| Some(Message::text(value.to_string()));
    let audio = |payload: &str| match wire.dialect() {
        Dialect::Ivr => json!({"type": "response.audio.delta", "delta": payload}),
        Dialect::Twilio => {
            json!({"event": "media", "streamSid": wire.stream_id(), "media": {"payload": payload}})
        }
        Dialect::Plivo => json!({"event": "playAudio", "media": {"contentType": "audio/x-mulaw",
            "sampleRate": 8000, "payload": payload}}),
        Dialect::Exotel => {
            json!({"event": "media", "stream_sid": wire.stream_id(), "media": {"payload": payload}})
        }
    };
    match turn % 8 {
        0 => Some(Message::text(r#"{"event":"media","media":"#)),
        1 => text(audio("???")),
        2 => text(json!({"event": "jump", "type": "session.jump"})),
        3 => text(audio(&BASE64_STANDARD.encode([0; 321]))),
        4 => text(audio("")),
        5 => text(json!({"event": "connected"})),
        6 => wire.encode(Command::Mark("")),
        _ => Some(Message::text("[]")),
    }
}

#[cfg(test)]
mod tests {
    use trunkline_codecs::format::AudioFormat;

    use super::super::heard::Stream;
    use super::*;

    fn wire(dialect: Dialect) -> Wire {
        Wire::new(&Stream {
            dialect,
            stream_id: "s".to_owned(),
            format: AudioFormat::pcm16(8_000),
            parties: Default::default(),
            message: serde_json::Value::Null,
        })
    }

    #[test]
    fn exotel_gets_back_what_it_takes_and_the_others_what_they_sent() {
        let mut echo = Echo::default();
        let mut exotel = wire(Dialect::Exotel);
        assert_eq!(echo.push(&[0; 1_600], &mut exotel), None);
        let sizes: Vec<_> = [1_700, 2_000, 1_200]
            .iter()
            .filter_map(|&size| echo.push(&vec![0; size], &mut exotel))
            .map(|(size, _)| size)
            .collect();
        assert_eq!(sizes, [3_200, 3_200]);
        let back = Echo::default().push(&[1, 2, 3], &mut wire(Dialect::Ivr));
        assert_eq!(back.map(|(size, _)| size), Some(3));
    }
}
