//! Pieces of the media path, set up and ready to be fed.

mod call;
pub(crate) mod codec;

pub use call::CallRig;
pub use codec::CodecRig;

/// Anything that takes a frame of 20 ms at a time.
#[derive(Debug)]
pub enum Rig {
    /// A whole call.
    Call(Box<CallRig>),
    /// A codec by itself.
    Codec(Box<CodecRig>),
}

impl Rig {
    /// Feeds 20 ms, and takes out whatever becomes due.
    pub fn frame(&mut self) {
        match self {
            Self::Call(rig) => rig.frame(),
            Self::Codec(rig) => rig.frame(),
        }
    }

    /// Feeds that many frames. Not inlined: callgrind collects within this function alone, and finds it by
    /// its name.
    #[inline(never)]
    pub fn measured_frames(&mut self, frames: u32) {
        for _ in 0..frames {
            self.frame();
        }
    }
}
