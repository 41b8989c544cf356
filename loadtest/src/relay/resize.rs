//! Messages of another length.

use bytes::{BufMut, BytesMut};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// What becomes of the messages of one direction.
#[derive(Clone, Debug)]
pub(crate) struct Resize {
    /// Untouched without.
    bytes: Option<usize>,
    keeps_text: bool,
    /// Used again once the message made of it has been sent.
    scratch: BytesMut,
}

impl Resize {
    /// Messages of `bytes`, binary ones unless `keeps_text`.
    pub(crate) fn new(bytes: Option<usize>, keeps_text: bool) -> Self {
        Self {
            bytes,
            keeps_text,
            scratch: BytesMut::new(),
        }
    }

    /// The message, with its content repeated or cut off. Nothing becomes zeros, and half a character spaces.
    pub(crate) fn apply(&mut self, message: Message) -> Message {
        let Some(bytes) = self.bytes else {
            return message;
        };
        match message {
            Message::Text(text) if self.keeps_text => {
                self.fill(text.as_bytes(), bytes);
                if let Err(cut) = std::str::from_utf8(&self.scratch) {
                    let valid = cut.valid_up_to();
                    self.scratch.truncate(valid);
                    self.scratch.put_bytes(b' ', bytes - valid);
                }
                let content = self.scratch.split().freeze();
                Message::Text(Utf8Bytes::try_from(content).unwrap_or_default())
            }
            Message::Text(text) => self.binary(text.as_bytes(), bytes),
            Message::Binary(content) => self.binary(&content, bytes),
            other => other,
        }
    }

    fn binary(&mut self, content: &[u8], bytes: usize) -> Message {
        self.fill(content, bytes);
        Message::Binary(self.scratch.split().freeze())
    }

    /// Puts `bytes` of `content` into the empty scratch.
    fn fill(&mut self, content: &[u8], bytes: usize) {
        self.scratch.reserve(bytes);
        if content.is_empty() {
            self.scratch.put_bytes(0, bytes);
            return;
        }
        while self.scratch.len() < bytes {
            let part = content.len().min(bytes - self.scratch.len());
            self.scratch.extend_from_slice(&content[..part]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resized(message: Message, bytes: usize, keeps_text: bool) -> Message {
        Resize::new(Some(bytes), keeps_text).apply(message)
    }

    #[test]
    fn without_a_length_messages_pass_untouched() {
        let mut resize = Resize::new(None, false);
        for message in [Message::text("abc"), Message::binary(vec![1, 2])] {
            assert_eq!(resize.apply(message.clone()), message);
        }
    }

    #[test]
    fn content_is_repeated_or_cut_off() {
        let message = || Message::binary(vec![1, 2, 3]);
        for (bytes, expected) in [
            (1, vec![1]),
            (3, vec![1, 2, 3]),
            (7, vec![1, 2, 3, 1, 2, 3, 1]),
        ] {
            assert_eq!(resized(message(), bytes, false), Message::binary(expected));
        }
        let nothing = Message::binary(Vec::new());
        assert_eq!(resized(nothing, 2, false), Message::binary(vec![0, 0]));
    }

    #[test]
    fn a_text_becomes_binary_unless_kinds_are_kept() {
        let text = || Message::text("abc");
        assert_eq!(resized(text(), 4, false), Message::binary(&b"abca"[..]));
        assert_eq!(resized(text(), 4, true), Message::text("abca"));
        let binary = Message::binary(&b"abc"[..]);
        assert_eq!(resized(binary, 2, true), Message::binary(&b"ab"[..]));
    }

    #[test]
    fn a_text_cut_within_a_character_is_still_text() {
        // Two bytes each.
        assert_eq!(resized(Message::text("éé"), 3, true), Message::text("é "));
        assert_eq!(resized(Message::text("é"), 5, true), Message::text("éé "));
    }

    #[test]
    fn the_scratch_is_used_again() {
        let mut resize = Resize::new(Some(160), false);
        let mut places = Vec::new();
        for round in 0..20 {
            let Message::Binary(content) = resize.apply(Message::binary(vec![round; 60])) else {
                panic!("binary");
            };
            assert_eq!(content[..], [round; 160]);
            places.push(content.as_ptr());
        }
        places.dedup();
        assert!(places.len() <= 2, "{places:?}");
    }

    #[test]
    fn a_close_is_never_changed() {
        assert_eq!(
            resized(Message::Close(None), 9, false),
            Message::Close(None)
        );
    }
}
