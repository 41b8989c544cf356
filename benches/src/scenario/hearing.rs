//! What listens: voice activity and touch tones; and the tones made.

use std::fmt;

use anyhow::Context;
use trunkline_codecs::dtmf::{Detector, Digit, Suppressor, Tone};
use trunkline_codecs::vad::{Segmenter, Vad, VadConfig};

use super::{Part, Sound, khz};
use crate::rig::codec::Work;

/// The rate of touch tones.
const TONES_HZ: u32 = 8_000;

/// A listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HearingPath {
    /// Voice activity detection with its automatic gain, of a stream at this rate. What is not at 16 kHz
    /// is resampled first.
    Vad(u32, Sound),
    /// Touch-tone detection, with a key pressed every 160 ms.
    Dtmf,
    /// Touch-tone detection while somebody speaks.
    DtmfVoice,
    /// Keys taken out of the sound.
    DtmfSuppress,
    /// Keys made.
    DtmfTone,
}

impl HearingPath {
    /// Every listener.
    pub const ALL: [Self; 11] = [
        Self::Vad(16_000, Sound::Silence),
        Self::Vad(16_000, Sound::Hiss),
        Self::Vad(16_000, Sound::Voice),
        Self::Vad(16_000, Sound::Pauses),
        Self::Vad(8_000, Sound::Silence),
        Self::Vad(8_000, Sound::Hiss),
        Self::Vad(8_000, Sound::Voice),
        Self::Dtmf,
        Self::DtmfVoice,
        Self::DtmfSuppress,
        Self::DtmfTone,
    ];

    pub(super) fn part(self) -> anyhow::Result<Part> {
        Ok(match self {
            Self::Vad(rate_hz, sound) => Part::new(vad(rate_hz)?, sound, rate_hz),
            Self::Dtmf => keys(detector())?,
            Self::DtmfVoice => Part::new(detector(), Sound::Voice, TONES_HZ),
            Self::DtmfSuppress => {
                let mut suppressor = Suppressor::new();
                keys(Box::new(move |_, frame, out| {
                    out.samples.extend_from_slice(frame);
                    suppressor.process(&mut out.samples, |_| out.events += 1);
                }))?
            }
            Self::DtmfTone => {
                let digit = five()?;
                let mut tone = key(digit);
                keys(Box::new(move |_, frame, out| {
                    if tone.remaining() == 0 {
                        tone = key(digit);
                    }
                    tone.write(frame.len(), &mut out.samples);
                }))?
            }
        })
    }
}

impl fmt::Display for HearingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Vad(16_000, sound) => write!(f, "vad, {sound}"),
            Self::Vad(hz, sound) => write!(f, "vad {} in, {sound}", khz(hz)),
            Self::Dtmf => write!(f, "dtmf detector"),
            Self::DtmfVoice => write!(f, "dtmf detector, voice"),
            Self::DtmfSuppress => write!(f, "dtmf suppressor"),
            Self::DtmfTone => write!(f, "dtmf tone"),
        }
    }
}

fn vad(rate_hz: u32) -> anyhow::Result<Work> {
    let config = VadConfig::default();
    if rate_hz == trunkline_codecs::vad::RATE_HZ {
        let mut segmenter = Segmenter::new(config);
        return Ok(Box::new(move |_, frame, out| {
            segmenter.push(frame, |_| out.events += 1);
        }));
    }
    let mut vad = Vad::new(rate_hz, config)?;
    Ok(Box::new(move |_, frame, out| {
        vad.push(frame, |_| out.events += 1);
    }))
}

fn detector() -> Work {
    let mut detector = Detector::new();
    Box::new(move |_, frame, out| detector.push(frame, |_| out.events += 1))
}

/// `work` fed with one second of keys.
fn keys(work: Work) -> anyhow::Result<Part> {
    let mut one = Vec::new();
    key(five()?).write(usize::MAX, &mut one);
    let mut sound = one.repeat(7);
    sound.truncate(TONES_HZ as usize);
    Ok(Part {
        work,
        sound,
        rate_hz: TONES_HZ,
    })
}

fn key(digit: Digit) -> Tone {
    Tone::new(digit, TONES_HZ, 100, 60)
}

fn five() -> anyhow::Result<Digit> {
    Digit::from_char('5').context("5 is a key")
}
