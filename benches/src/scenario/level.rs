//! Levels, noise, recordings.

use std::fmt;
use std::hint::black_box;

use trunkline_codecs::AudioFormat;
use trunkline_codecs::comfort::ComfortNoise;
use trunkline_codecs::container::{Container, ContainerError, Muxer};
use trunkline_codecs::level::{AutoGain, AutoGainConfig, Meter};
use trunkline_codecs::mix::StereoMix;

use super::{Part, Sound};
use crate::rig::codec::Work;

/// The rate of a carrier.
const CARRIER_HZ: u32 = 8_000;
/// The rate of an engine's speech.
const SPEECH_HZ: u32 = 24_000;

/// A tool beside the codecs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelPath {
    /// The level of each frame, read and begun anew, at 8 kHz.
    Meter,
    /// The gain before voice activity detection, at 16 kHz.
    AutoGain,
    /// Noise as μ-law at 8 kHz.
    ComfortNoise,
    /// Both parties of a call at 8 kHz into a recording.
    StereoMix,
    /// Speech at 24 kHz into a WAV stream.
    Wav,
}

impl LevelPath {
    /// Every tool.
    pub const ALL: [Self; 5] = [
        Self::Meter,
        Self::AutoGain,
        Self::ComfortNoise,
        Self::StereoMix,
        Self::Wav,
    ];

    pub(super) fn part(self) -> Result<Part, ContainerError> {
        let (work, rate_hz) = match self {
            Self::Meter => (meter(), CARRIER_HZ),
            Self::AutoGain => (auto_gain(), trunkline_codecs::vad::RATE_HZ),
            Self::ComfortNoise => (comfort_noise(), CARRIER_HZ),
            Self::StereoMix => (stereo_mix(), CARRIER_HZ),
            Self::Wav => (wav()?, SPEECH_HZ),
        };
        Ok(Part::new(work, Sound::Voice, rate_hz))
    }
}

impl fmt::Display for LevelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Meter => "level meter",
            Self::AutoGain => "automatic gain",
            Self::ComfortNoise => "comfort noise, mu-law",
            Self::StereoMix => "stereo mix",
            Self::Wav => "wav muxer",
        })
    }
}

fn meter() -> Work {
    let mut meter = Meter::new();
    Box::new(move |_, frame, out| {
        meter.push(frame);
        out.events += black_box(meter.take()).samples;
    })
}

fn auto_gain() -> Work {
    let mut gain = AutoGain::new(AutoGainConfig::default(), 20_000);
    Box::new(move |_, frame, out| {
        out.samples.extend_from_slice(frame);
        gain.apply(&mut out.samples);
    })
}

fn comfort_noise() -> Work {
    let mut noise = ComfortNoise::default();
    Box::new(move |_, frame, out| {
        noise.write(AudioFormat::MULAW_8K, frame.len(), &mut out.bytes);
    })
}

fn stereo_mix() -> Work {
    let mut mix = StereoMix::new(CARRIER_HZ as usize);
    Box::new(move |_, frame, out| {
        mix.push_left(frame, &mut out.samples);
        mix.push_right(frame, &mut out.samples);
    })
}

fn wav() -> Result<Work, ContainerError> {
    let mut muxer = Muxer::new(Container::Wav, SPEECH_HZ, 1, &mut Vec::new())?;
    Ok(Box::new(move |_, frame, out| {
        let written = muxer.push(frame, &mut out.bytes);
        assert!(written.is_ok(), "{written:?}");
    }))
}
