//! Downlink: the agent's speech on its way to the playout, converted no more than the caller needs.

use trunkline_codecs::format::AudioFormat;
use trunkline_codecs::resample::{Resampler, UnsupportedRate};

/// Agent speech on its way to the playout: into the caller's format.
#[derive(Debug)]
pub(crate) struct Downlink {
    speaks: AudioFormat,
    takes: AudioFormat,
    resampler: Option<Resampler>,
}

impl Downlink {
    pub(crate) fn new(speaks: AudioFormat, takes: AudioFormat) -> Result<Self, UnsupportedRate> {
        let resampler = (speaks.rate_hz != takes.rate_hz)
            .then(|| Resampler::new(speaks.rate_hz, takes.rate_hz))
            .transpose()?;
        Ok(Self {
            speaks,
            takes,
            resampler,
        })
    }

    /// Converts `audio` into the caller's format; the result is what it returns.
    pub(crate) fn convert<'a>(
        &mut self,
        audio: &'a [u8],
        pcm: &mut Vec<i16>,
        resampled: &mut Vec<i16>,
        bytes: &'a mut Vec<u8>,
    ) -> &'a [u8] {
        if self.speaks == self.takes {
            return audio;
        }
        pcm.clear();
        bytes.clear();
        let even = audio.len() / self.speaks.bytes_per_sample() * self.speaks.bytes_per_sample();
        let Ok(()) = self
            .speaks
            .decode(audio.get(..even).unwrap_or_default(), pcm)
        else {
            return bytes;
        };
        match &mut self.resampler {
            Some(resampler) => {
                resampled.clear();
                resampler.process(pcm, resampled);
                self.takes.encode(resampled, bytes);
            }
            None => self.takes.encode(pcm, bytes),
        }
        bytes
    }

    /// What the resampler still holds of an utterance, in the caller's format.
    pub(crate) fn finish(&mut self, resampled: &mut Vec<i16>, bytes: &mut Vec<u8>) {
        bytes.clear();
        if let Some(resampler) = &mut self.resampler {
            resampled.clear();
            resampler.flush(resampled);
            self.takes.encode(resampled, bytes);
        }
    }

    /// How much later a sound is in the playout than the agent gave it, in microseconds.
    pub(crate) fn delay_us(&self) -> u64 {
        let resampler = self.resampler.as_ref();
        resampler.map_or(0, Resampler::delay_us)
    }

    /// Forgets the tail of what was said, so that nothing of it leaks into what comes next.
    pub(crate) fn reset(&mut self) {
        if let Some(resampler) = &mut self.resampler {
            resampler.reset();
        }
    }
}
