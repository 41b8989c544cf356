//! A TCP peer that opens a WebSocket and then does as it pleases (RFC 6455 §5.2, written by hand).

use std::net::Shutdown;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::PATIENCE;
use crate::dial::Dial;

/// The kinds of frame this peer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// Text.
    Text = 1,
    /// Binary.
    Binary = 2,
    /// Reserved by the RFC: a fault.
    Reserved = 3,
    /// A ping.
    Ping = 9,
}

/// A peer that reads only when it is told to.
#[derive(Debug)]
pub struct RawPeer {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl RawPeer {
    /// Opens the socket.
    ///
    /// # Panics
    /// It is refused.
    pub async fn open(dial: &Dial) -> Self {
        let opened = dial.open().await;
        Self {
            stream: opened.stream,
            unread: opened.early,
        }
    }

    /// A whole frame as bytes, masked as a client's must be.
    pub fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
        let mut bytes = Self::header(opcode, payload.len(), true);
        bytes.extend(MASK);
        bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(b, m)| b ^ m));
        bytes
    }

    /// A frame's header: final, of this length.
    pub fn header(opcode: Opcode, len: usize, masked: bool) -> Vec<u8> {
        let mask_bit = if masked { 0x80 } else { 0 };
        let mut bytes = vec![0x80 | opcode as u8];
        match len {
            0..=125 => bytes.push(mask_bit | len as u8),
            126..=0xffff => {
                bytes.push(mask_bit | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit | 127);
                bytes.extend((len as u64).to_be_bytes());
            }
        }
        bytes
    }

    /// Writes bytes as they are. A connection the gateway has ended takes none: that is for the test to find.
    pub async fn write(&mut self, bytes: &[u8]) {
        let written = timeout(PATIENCE, self.stream.write_all(bytes)).await;
        drop(written.unwrap_or_else(|_| panic!("nothing taken within {PATIENCE:?}")));
    }

    /// Reads everything there is until the connection ends, and gives the code of the close frame in it.
    ///
    /// # Panics
    /// The connection does not end within [`PATIENCE`].
    pub async fn close_code(mut self) -> Option<u16> {
        let reading = self.stream.read_to_end(&mut self.unread);
        let read = timeout(PATIENCE, reading).await;
        // A reset after the close frame is an end as well.
        drop(read.unwrap_or_else(|_| panic!("not closed within {PATIENCE:?}")));
        close_code(&self.unread)
    }

    /// Is gone: the connection is reset.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("SO_LINGER");
    }

    /// Is gone in good order for TCP, and without a close frame for the WebSocket.
    pub fn finish(self) {
        let stream = self.stream.into_std().expect("a descriptor");
        stream.shutdown(Shutdown::Both).expect("shut down");
    }
}

/// The code of the first close frame among a server's frames.
fn close_code(mut bytes: &[u8]) -> Option<u16> {
    loop {
        let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
        let (len, rest) = match second & 0x7f {
            126 => {
                let (len, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*len)), rest)
            }
            127 => {
                let (len, rest) = rest.split_first_chunk::<8>()?;
                (u64::from_be_bytes(*len) as usize, rest)
            }
            len => (usize::from(len), rest),
        };
        let (payload, rest) = rest.split_at_checked(len)?;
        if first & 0x0f == 8 {
            return payload.first_chunk::<2>().copied().map(u16::from_be_bytes);
        }
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfcs_masked_hello_is_written_as_it_stands_there() {
        // RFC 6455 §5.7: a single-frame masked text message "Hello".
        let expected = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(RawPeer::frame(Opcode::Text, b"Hello"), expected);
        // And the header of 64 KiB of binary, unmasked.
        let header = RawPeer::header(Opcode::Binary, 65_536, false);
        assert_eq!(header, [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn the_close_code_is_found_behind_other_frames() {
        let frames = [0x81, 1, b'x', 0x88, 2, 0x11, 0x38];
        assert_eq!(close_code(&frames), Some(4408));
        assert_eq!(close_code(&frames[..6]), None, "cut short");
    }
}
