//! From messages to bytes.

use super::head::{Head, MAX_HEAD_BYTES, Opcode};
use super::{KEPT_BYTES, Role, SMALL_IN_A_ROW, mask, may_be_sent};

/// What is written. Always in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text: the bytes are UTF-8.
    Text,
    /// Bytes.
    Binary,
    /// At most 125 bytes.
    Ping,
    /// At most 125 bytes, those of the ping that it answers.
    Pong,
}

/// More than the buffer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected at most {max_bytes} bytes that are not written yet, got {bytes}")]
pub struct Full {
    /// What there would be.
    pub bytes: usize,
    /// The bound.
    pub max_bytes: usize,
}

/// Frames on their way to a socket.
#[derive(Debug)]
pub struct Writer {
    role: Role,
    max_bytes: usize,
    buffer: Vec<u8>,
    /// Of those, on their way already.
    sent: usize,
    /// Flushes since the last larger than [`KEPT_BYTES`]; at most [`SMALL_IN_A_ROW`].
    small_flushes: u8,
}

impl Writer {
    /// Nothing to be written yet, and never more than `max_bytes`, heads included.
    pub const fn new(role: Role, max_bytes: usize) -> Self {
        Self {
            role,
            max_bytes,
            buffer: Vec::new(),
            sent: 0,
            small_flushes: 0,
        }
    }

    /// Appends a message. A client asks for `key`, which nobody must be able to foretell (RFC 6455 §10.3).
    ///
    /// # Errors
    /// It does not fit; nothing was appended.
    pub fn push(
        &mut self,
        kind: Kind,
        content: &[u8],
        key: impl FnOnce() -> [u8; 4],
    ) -> Result<(), Full> {
        let opcode = match kind {
            Kind::Text => Opcode::Text,
            Kind::Binary => Opcode::Binary,
            Kind::Ping => Opcode::Ping,
            Kind::Pong => Opcode::Pong,
        };
        self.frame(opcode, content, key)
    }

    /// Appends a close frame, without a code where `code` cannot be sent. Nothing may follow it.
    ///
    /// # Errors
    /// It does not fit; nothing was appended.
    pub fn close(&mut self, code: Option<u16>, key: impl FnOnce() -> [u8; 4]) -> Result<(), Full> {
        let code = code.filter(|code| may_be_sent(*code)).map(u16::to_be_bytes);
        let content = code.as_ref().map_or(&[][..], |code| code.as_slice());
        self.frame(Opcode::Close, content, key)
    }

    /// What is to be written next; empty when nothing is.
    pub fn pending(&self) -> &[u8] {
        self.buffer.get(self.sent..).unwrap_or_default()
    }

    /// Whether everything is on its way.
    pub const fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// So much of [`pending`](Self::pending) is on its way.
    pub fn sent(&mut self, bytes: usize) {
        self.sent += bytes;
        if self.sent >= self.buffer.len() {
            self.small_flushes = if self.buffer.len() > KEPT_BYTES {
                0
            } else {
                (self.small_flushes + 1).min(SMALL_IN_A_ROW)
            };
            self.sent = 0;
            self.buffer.clear();
            if self.small_flushes == SMALL_IN_A_ROW && self.buffer.capacity() > KEPT_BYTES {
                self.buffer.shrink_to(KEPT_BYTES);
            }
        }
    }

    fn frame(
        &mut self,
        opcode: Opcode,
        content: &[u8],
        key: impl FnOnce() -> [u8; 4],
    ) -> Result<(), Full> {
        if self.sent > 0 {
            self.buffer.drain(..std::mem::take(&mut self.sent));
        }
        let bytes = self.buffer.len() + content.len() + MAX_HEAD_BYTES;
        if bytes > self.max_bytes {
            return Err(Full {
                bytes,
                max_bytes: self.max_bytes,
            });
        }
        let key = match self.role {
            Role::Server => None,
            Role::Client => Some(key()),
        };
        self.buffer.reserve(MAX_HEAD_BYTES + content.len());
        let head = Head {
            fin: true,
            opcode,
            key,
            bytes: content.len() as u64,
        };
        head.write(&mut self.buffer);
        let at = self.buffer.len();
        self.buffer.extend_from_slice(content);
        if let Some(key) = key {
            mask::apply(self.buffer.get_mut(at..).unwrap_or_default(), key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(role: Role, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::new(role, 1_000);
        write(&mut writer);
        writer.pending().to_vec()
    }

    /// The examples of RFC 6455 §5.7.
    #[test]
    fn the_examples_of_the_standard_are_written() {
        let key = || [0x37, 0xfa, 0x21, 0x3d];
        let hello = |writer: &mut Writer| writer.push(Kind::Text, b"Hello", key).unwrap();
        assert_eq!(written(Role::Server, hello), b"\x81\x05Hello");
        assert_eq!(
            written(Role::Client, hello),
            b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
        );
        let ping = |writer: &mut Writer| writer.push(Kind::Ping, b"Hello", key).unwrap();
        assert_eq!(written(Role::Server, ping), b"\x89\x05Hello");
        let pong = |writer: &mut Writer| writer.push(Kind::Pong, b"Hello", key).unwrap();
        assert_eq!(
            written(Role::Client, pong),
            b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
        );
        let bytes = |writer: &mut Writer| {
            writer
                .push(Kind::Binary, &[0; 256], || unreachable!())
                .unwrap()
        };
        assert_eq!(written(Role::Server, bytes)[..4], *b"\x82\x7e\x01\x00");
    }

    #[test]
    fn a_close_says_a_code_that_may_be_said() {
        let close = |code| written(Role::Server, |w| w.close(code, || [0; 4]).unwrap());
        assert_eq!(close(Some(1001)), b"\x88\x02\x03\xe9");
        for code in [None, Some(1005), Some(1006), Some(1015), Some(999)] {
            assert_eq!(close(code), b"\x88\x00", "{code:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_nothing_of_it_kept() {
        let mut writer = Writer::new(Role::Server, 200);
        assert_eq!(writer.push(Kind::Binary, &[1; 150], || [0; 4]), Ok(()));
        let full = Err(Full {
            bytes: 154 + 100 + 14,
            max_bytes: 200,
        });
        assert_eq!(writer.push(Kind::Binary, &[1; 100], || [0; 4]), full);
        assert_eq!(writer.pending().len(), 154);
        writer.sent(100);
        assert_eq!(writer.pending().len(), 54);
        assert_eq!(writer.push(Kind::Binary, &[1; 100], || [0; 4]), Ok(()));
        writer.sent(54 + 102);
        assert!(writer.is_empty() && writer.pending().is_empty());
    }

    #[test]
    fn a_large_buffer_stays_as_long_as_large_messages_come() {
        let mut writer = Writer::new(Role::Server, 1 << 20);
        let mut capacity_after = |bytes: usize| {
            let content = vec![b'x'; bytes];
            writer.push(Kind::Text, &content, || [0; 4]).unwrap();
            writer.sent(writer.pending().len());
            writer.buffer.capacity()
        };
        let grown = capacity_after(13_000);
        for _ in 0..3 {
            for _ in 1..SMALL_IN_A_ROW {
                assert_eq!(capacity_after(200), grown);
            }
            assert_eq!(capacity_after(13_000), grown);
        }
        for _ in 1..SMALL_IN_A_ROW {
            assert_eq!(capacity_after(200), grown);
        }
        assert!(capacity_after(200) <= KEPT_BYTES, "given back");
    }
}
