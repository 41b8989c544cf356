//! What the gateway itself says, when nobody else can.

use std::sync::Arc;

/// A sentence with its sound.
#[derive(Clone, PartialEq, Eq)]
pub struct Clip {
    /// What is said.
    pub text: Arc<str>,
    /// PCM16, mono.
    pub samples: Arc<[i16]>,
    /// Samples per second: a rate the resampler covers.
    pub rate_hz: u32,
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clip({:?}, {} ms)", self.text, self.length_ms())
    }
}

impl Clip {
    /// How long it lasts.
    pub fn length_ms(&self) -> u64 {
        self.samples.len() as u64 * 1_000 / u64::from(self.rate_hz.max(1))
    }
}

/// The gateway's own sentences. Where one is missing nothing is said in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// While the agent is connected or sought again.
    pub holding: Option<Clip>,
    /// While an agent works on its answer.
    pub filler: Option<Clip>,
    /// Over and over while the caller is on hold.
    pub hold_music: Option<Clip>,
    /// When no agent is left.
    pub apology: Option<Clip>,
    /// When the call has reached its maximum length.
    pub too_long: Option<Clip>,
    /// When the gateway shuts down.
    pub shutdown: Option<Clip>,
    /// When a silent caller is given up.
    pub silent: Option<Clip>,
}
