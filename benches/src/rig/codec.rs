//! One codec by itself, with the buffers its user would own.

use std::fmt;

/// What is done with a frame, given its number within the second of sound. A closure, because each
/// codec keeps a state of its own and nothing else is asked of it.
pub(crate) type Work = Box<dyn FnMut(usize, &[i16], &mut Out)>;

/// A codec and the sound it is fed with.
pub struct CodecRig {
    work: Work,
    sound: Vec<i16>,
    frame_samples: usize,
    at: usize,
    out: Out,
    produced: u64,
}

/// What one frame gives; empty before it.
#[derive(Debug, Default)]
pub(crate) struct Out {
    /// Samples.
    pub(crate) samples: Vec<i16>,
    /// Codes, packets, pieces of a file.
    pub(crate) bytes: Vec<u8>,
    /// Things reported.
    pub(crate) events: u64,
}

impl CodecRig {
    /// A codec fed with `sound`, at least one frame of it at `rate_hz`, over and over.
    pub(crate) fn new(work: Work, sound: Vec<i16>, rate_hz: u32) -> Self {
        Self {
            work,
            sound,
            frame_samples: rate_hz as usize / 50,
            at: 0,
            out: Out::default(),
            produced: 0,
        }
    }

    /// Samples, bytes and events that came out so far.
    pub const fn produced(&self) -> u64 {
        self.produced
    }

    /// Codes 20 ms.
    ///
    /// # Panics
    /// The codec refused a frame, which with these it has no reason to.
    pub fn frame(&mut self) {
        let index = self.at % (self.sound.len() / self.frame_samples);
        self.at += 1;
        let from = index * self.frame_samples;
        let frame = &self.sound[from..from + self.frame_samples];
        self.out.samples.clear();
        self.out.bytes.clear();
        self.out.events = 0;
        (self.work)(index, frame, &mut self.out);
        let made = self.out.samples.len() + self.out.bytes.len();
        self.produced += self.out.events + made as u64;
    }
}

impl fmt::Debug for CodecRig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodecRig")
            .field("frame_samples", &self.frame_samples)
            .field("at", &self.at)
            .field("produced", &self.produced)
            .finish_non_exhaustive()
    }
}
