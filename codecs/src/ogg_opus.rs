//! Opus in Ogg (RFC 7845): speech files and voice messages, in memory and piece by piece.
//!
//! Mono and stereo streams of mapping family 0 are read; one mono stream is written. Streams of
//! other codecs in the same file are skipped; several Opus streams one after another are not read
//! beyond the first. Pages are the work of the `ogg` crate and are allocated one by one: this is for
//! files, not for the frames of a call.

mod decode;
mod head;
mod reader;
mod writer;

pub use decode::decode;
pub use head::{OpusHead, OpusTags};
pub use reader::{Packet, Reader};
pub use writer::Writer;

use crate::opus::OpusError;

/// The clock that Ogg-Opus counts in, whatever the rate of the samples.
pub const CLOCK_HZ: u32 = 48_000;

/// The most that a packet of headers or sound may have, in bytes, counted in whole pages. Tags
/// can carry pictures; a file with larger ones is refused.
pub const MAX_PACKET_BYTES: usize = 1 << 20;

/// Why a stream could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum OggError {
    /// The pages are broken: out of step, cut, or of a wrong checksum.
    #[error("Ogg page broken at byte {at}")]
    Page {
        /// The end of the page, counted from the beginning of the stream.
        at: u64,
    },
    /// The stream ended before its headers.
    #[error("Ogg stream of {bytes} bytes: expected an Opus stream with its two headers")]
    NoOpus {
        /// How much there was.
        bytes: u64,
    },
    /// A header packet that is none.
    #[error("Ogg-Opus {header} of {bytes} bytes is malformed")]
    Header {
        /// `OpusHead` or `OpusTags`.
        header: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// More channels than two, or an order of channels that needs a table.
    #[error(
        "Ogg-Opus with {channels} channels, mapping family {family}: expected 1 or 2, family 0"
    )]
    Channels {
        /// Channels in the stream.
        channels: u8,
        /// How they are ordered.
        family: u8,
    },
    /// A packet that would not end.
    #[error("Ogg packet of more than {MAX_PACKET_BYTES} bytes")]
    PacketTooLong,
    /// More sound than was asked for.
    #[error("Ogg-Opus stream: expected at most {max_ms} ms")]
    TooLong {
        /// The limit that was given.
        max_ms: u32,
    },
    /// A packet in the stream, or a rate that was asked for, that is not Opus.
    #[error("Opus in Ogg")]
    Opus(#[from] OpusError),
}
