//! Buffers that belong to whoever drives calls, lent for one step at a time.

use bytes::BytesMut;

/// Reused buffers. One set serves every call of a shard, because a shard runs one call at a time; nothing
/// in it survives from one step of a call to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// One encoded message, valid after [`Output::Send`](crate::Output::Send) until the next step.
    pub out: BytesMut,
    /// PCM16 for a worker, valid after [`SendKind::Samples`](crate::SendKind::Samples).
    pub samples: Vec<i16>,
    pub(crate) wire: Vec<u8>,
    /// A frame that waited for others.
    pub(crate) held: Vec<u8>,
    /// What was said before a turn was noticed.
    pub(crate) prefix: Vec<u8>,
    pub(crate) pcm: Vec<i16>,
    pub(crate) resampled: Vec<i16>,
    pub(crate) bytes: Vec<u8>,
}

impl Scratch {
    /// Empty buffers, which grow to the largest frame and stay.
    pub fn new() -> Self {
        Self::default()
    }
}
