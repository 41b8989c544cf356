//! Uplink: the caller's audio on its way to the agent, converted no more than somebody needs.

use trunkline_codecs::format::AudioFormat;
use trunkline_codecs::resample::{Resampler, UnsupportedRate};
use trunkline_codecs::vad::{Segmenter, VadConfig, VadEvent};

use crate::agent::AgentNeeds;
use crate::scratch::Scratch;

/// The format voice activity detection and the local recogniser work on.
const WIDEBAND: AudioFormat = AudioFormat::pcm16(16_000);

/// What the agent gets of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The caller's own bytes, untouched.
    AsReceived,
    /// What was put into `scratch.bytes`.
    Converted,
    /// Nothing: the agent does not listen.
    Nothing,
}

/// Onset and end of speech found in a frame, which holds at most one of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) started: bool,
    /// How long before the end of this frame the speech had ended, in microseconds.
    pub(crate) stopped_ago_us: Option<u64>,
}

/// Decoder, resamplers and voice activity of one caller.
pub(crate) struct Uplink {
    sends: AudioFormat,
    listens: Option<AudioFormat>,
    to_agent: Option<Resampler>,
    wideband: Option<Resampler>,
    voice: Option<Box<Segmenter>>,
}

impl std::fmt::Debug for Uplink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uplink")
            .field("sends", &self.sends)
            .field("listens", &self.listens)
            .field("voice", &self.voice.is_some())
            .finish_non_exhaustive()
    }
}

impl Uplink {
    pub(crate) fn new(sends: AudioFormat, needs: AgentNeeds) -> Result<Self, UnsupportedRate> {
        let to_agent = match needs.listens {
            Some(listens) if listens.rate_hz != sends.rate_hz => {
                // Voice activity is wideband too: one conversion serves both.
                let shared = needs.voice_activity && listens.rate_hz == WIDEBAND.rate_hz;
                (!shared)
                    .then(|| Resampler::new(sends.rate_hz, listens.rate_hz))
                    .transpose()?
            }
            _ => None,
        };
        let wideband = (needs.voice_activity && sends.rate_hz != WIDEBAND.rate_hz)
            .then(|| Resampler::new(sends.rate_hz, WIDEBAND.rate_hz))
            .transpose()?;
        Ok(Self {
            sends,
            listens: needs.listens,
            to_agent,
            wideband,
            voice: needs
                .voice_activity
                .then(|| Box::new(Segmenter::new(VadConfig::default()))),
        })
    }

    /// Takes the caller's bytes, an even number where samples have two.
    pub(crate) fn hear(&mut self, audio: &[u8], scratch: &mut Scratch) -> (Heard, Activity) {
        let untouched = self.listens == Some(self.sends);
        if self.voice.is_none() && (untouched || self.listens.is_none()) {
            let heard = if untouched {
                Heard::AsReceived
            } else {
                Heard::Nothing
            };
            return (heard, Activity::default());
        }
        scratch.pcm.clear();
        if self.sends.decode(audio, &mut scratch.pcm).is_err() {
            return (Heard::Nothing, Activity::default());
        }
        let activity = self.detect(scratch);
        let Some(listens) = self.listens.filter(|_| !untouched) else {
            let heard = if untouched {
                Heard::AsReceived
            } else {
                Heard::Nothing
            };
            return (heard, activity);
        };
        self.convert(listens, scratch);
        (Heard::Converted, activity)
    }

    /// Runs voice activity over `scratch.pcm`; leaves the wideband samples in `scratch.resampled`.
    fn detect(&mut self, scratch: &mut Scratch) -> Activity {
        let mut activity = Activity::default();
        let Some(voice) = &mut self.voice else {
            return activity;
        };
        scratch.resampled.clear();
        let samples = match &mut self.wideband {
            Some(resampler) => {
                resampler.process(&scratch.pcm, &mut scratch.resampled);
                &scratch.resampled
            }
            None => &scratch.pcm,
        };
        let end = voice.position() + samples.len() as u64;
        voice.push(samples, |event| match event {
            VadEvent::SpeechStarted { .. } => activity.started = true,
            VadEvent::SpeechStopped { at_sample } => {
                let ago = end.saturating_sub(at_sample);
                activity.stopped_ago_us = Some(ago * 1_000_000 / u64::from(WIDEBAND.rate_hz));
            }
        });
        activity
    }

    fn convert(&mut self, listens: AudioFormat, scratch: &mut Scratch) {
        scratch.bytes.clear();
        let shared = self.to_agent.is_none()
            && self.wideband.is_some()
            && listens.rate_hz != self.sends.rate_hz;
        let samples = if let Some(resampler) = &mut self.to_agent {
            scratch.resampled.clear();
            resampler.process(&scratch.pcm, &mut scratch.resampled);
            &scratch.resampled
        } else if shared {
            &scratch.resampled
        } else {
            &scratch.pcm
        };
        listens.encode(samples, &mut scratch.bytes);
    }
}

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

    /// Forgets the tail of what was said, so that nothing of it leaks into what comes next.
    pub(crate) fn reset(&mut self) {
        if let Some(resampler) = &mut self.resampler {
            resampler.reset();
        }
    }
}
