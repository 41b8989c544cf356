//! Speech of a synthesiser, brought to the agent's rate.
//!
//! Bound: it is taken whole at each [`Mouth::poll`](super::mouth::Mouth::poll), so it holds what a synthesiser
//! gave since the last one.

use trunkline_codecs::resample::Resampler;

use super::WIDEBAND;

/// Speech on its way to the playout.
#[derive(Debug, Default)]
pub(super) struct Speech {
    audio: Vec<u8>,
    /// From which rate.
    resampler: Option<(u32, Resampler)>,
    resampled: Vec<i16>,
}

impl Speech {
    /// Adds samples of one sentence, all at one rate. What cannot be converted is left out.
    pub(super) fn push(&mut self, rate_hz: u32, samples: &[i16]) {
        if rate_hz == WIDEBAND.rate_hz {
            WIDEBAND.encode(samples, &mut self.audio);
            return;
        }
        if self
            .resampler
            .as_ref()
            .is_none_or(|(from, _)| *from != rate_hz)
        {
            self.resampler = Resampler::new(rate_hz, WIDEBAND.rate_hz)
                .ok()
                .map(|resampler| (rate_hz, resampler));
        }
        if let Some((_, resampler)) = &mut self.resampler {
            self.resampled.clear();
            resampler.process(samples, &mut self.resampled);
            WIDEBAND.encode(&self.resampled, &mut self.audio);
        }
    }

    /// The sentence is complete.
    pub(super) fn complete(&mut self) {
        if let Some((_, mut resampler)) = self.resampler.take() {
            self.resampled.clear();
            resampler.flush(&mut self.resampled);
            WIDEBAND.encode(&self.resampled, &mut self.audio);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.audio.clear();
        self.resampler = None;
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.audio.is_empty()
    }

    /// Moves all of it behind `into`.
    pub(super) fn take(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.audio);
    }
}
