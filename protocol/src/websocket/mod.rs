//! WebSocket framing (RFC 6455), for both ends of a connection whose upgrade is done.
//!
//! [`Reader`] turns bytes into messages, [`Writer`] messages into bytes; whoever owns the socket moves the bytes and
//! sees the close handshake through. It refuses to know extensions, and to copy what needs no copy: a message that came
//! in one frame is a slice of the buffer it was read into.
//!
//! **Frames.** Two bytes: `FIN`, three reserved bits, 4 bits of opcode; `MASK`, 7 bits of length. 126 and 127 say that 2
//! or 8 bytes of length follow, big endian; then the key of 4 bytes if the payload is masked. Clients mask every frame,
//! servers none. A message may be cut into frames, of which the later ones are continuations; close, ping and pong may
//! come in between, are never cut, and hold at most 125 bytes.
//!
//! **Limits.** A message has a bound of its own, told with the role. Buffers double once what has come has filled them:
//! a head that promises much reserves nothing. They begin small, and one that has outgrown 4 KiB stays so until 64
//! frames or flushes in a row would have fitted that, so that a stream of larger messages does not allocate for each.

mod head;
mod mask;
mod reader;
mod writer;

pub use reader::{Event, Reader};
pub use writer::{Full, Kind, Writer};

/// A buffer larger than this is given back in time.
const KEPT_BYTES: usize = 4 * 1_024;

/// So many frames or flushes, none larger than [`KEPT_BYTES`], give a larger buffer back.
const SMALL_IN_A_ROW: u8 = 64;

/// Which end of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It accepted the connection: it hears masked frames and sends plain ones.
    Server,
    /// It dialled: it sends masked frames and hears plain ones.
    Client,
}

/// What the peer did that ends the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A frame that must not be, or not here.
    #[error("expected {expected}, got {got}")]
    Protocol {
        /// What RFC 6455 asks for.
        expected: &'static str,
        /// What came.
        got: &'static str,
    },
    /// Text, or the reason of a close, that is not UTF-8.
    #[error("expected text in UTF-8, got other bytes")]
    NotUtf8,
    /// A message beyond the bound.
    #[error("expected a message of at most {max_bytes} bytes, got {bytes} or more")]
    TooBig {
        /// What is known of its size.
        bytes: u64,
        /// The bound.
        max_bytes: usize,
    },
}

impl Fault {
    /// The close code that says so (RFC 6455 §7.4.1).
    pub const fn close_code(self) -> u16 {
        match self {
            Self::Protocol { .. } => 1002,
            Self::NotUtf8 => 1007,
            Self::TooBig { .. } => 1009,
        }
    }
}

/// Whether a close frame may carry this code (RFC 6455 §7.4, and what has been registered since).
const fn may_be_sent(close_code: u16) -> bool {
    matches!(close_code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
