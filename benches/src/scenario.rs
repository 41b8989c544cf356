//! The scenarios, by name.

use std::fmt;

use anyhow::Context;
use trunkline_codecs::dtmf::{Detector, Digit, Tone};
use trunkline_codecs::g711::Law;
use trunkline_codecs::opus::{Decoder, Encoder, EncoderConfig};
use trunkline_codecs::resample::Resampler;
use trunkline_codecs::vad::{Segmenter, VadConfig};

use crate::rig::codec::Codec;
use crate::rig::{CallRig, CodecRig, Rig};
use crate::signal;

/// Rates of telephones and speech.
const RATES_HZ: [u32; 4] = [8_000, 16_000, 24_000, 48_000];

/// What is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Zeros.
    Silence,
    /// The hiss of a line on which nobody speaks.
    Hiss,
    /// Somebody speaks.
    Voice,
}

impl Sound {
    /// One second of it.
    fn second(self, rate_hz: u32) -> Vec<i16> {
        let samples = rate_hz as usize;
        match self {
            Self::Silence => vec![0; samples],
            Self::Hiss => signal::hiss(samples),
            Self::Voice => signal::voice(rate_hz, samples),
        }
    }
}

/// One piece of the media path and what it is fed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A call from Twilio, echoed.
    TwilioEcho,
    /// An Omni session whose caller sends at this rate, echoed.
    OmniEcho(u32),
    /// A call from Twilio to the script agent while nobody says anything.
    ScriptListens(Sound),
    /// There and back.
    G711(Law),
    /// From the first rate to the second.
    Resample(u32, u32),
    /// Voice activity detection at 16 kHz.
    Vad(Sound),
    /// Touch-tone detection at 8 kHz, with a key pressed every 160 ms.
    Dtmf,
    /// Speech at this rate, at complexity 5.
    OpusEncode(u32),
    /// Its packets.
    OpusDecode(u32),
}

impl Scenario {
    /// Frames after which every buffer has its size: longer than the greeting's mark takes to expire, and
    /// shorter, with [`Self::MEASURED`], than the script's patience.
    pub const WARM_UP: u32 = 150;

    /// Frames that are measured.
    pub const MEASURED: u32 = 200;

    /// Every scenario.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::TwilioEcho,
            Self::OmniEcho(24_000),
            Self::OmniEcho(16_000),
            Self::ScriptListens(Sound::Silence),
            Self::ScriptListens(Sound::Hiss),
            Self::G711(Law::Mu),
            Self::G711(Law::A),
            Self::Vad(Sound::Silence),
            Self::Vad(Sound::Hiss),
            Self::Vad(Sound::Voice),
            Self::Dtmf,
        ];
        for from in RATES_HZ {
            all.extend(RATES_HZ.map(|to| Self::Resample(from, to)));
        }
        for rate_hz in [16_000, 48_000] {
            all.extend([Self::OpusEncode(rate_hz), Self::OpusDecode(rate_hz)]);
        }
        all
    }

    /// The scenario set up, not warmed up.
    ///
    /// # Errors
    /// A codec refused its configuration.
    pub fn rig(self) -> anyhow::Result<Rig> {
        Ok(match self {
            Self::TwilioEcho => call(CallRig::twilio_echo(&mulaw(Sound::Voice))),
            Self::OmniEcho(rate_hz) => {
                call(CallRig::omni_echo(&Sound::Voice.second(rate_hz), rate_hz))
            }
            Self::ScriptListens(sound) => call(CallRig::twilio_script(&mulaw(sound))),
            Self::G711(law) => codec(Codec::G711(law), Sound::Voice.second(8_000), 8_000),
            Self::Resample(from, to) => {
                let resampler = Resampler::new(from, to)?;
                codec(Codec::Resample(resampler), Sound::Voice.second(from), from)
            }
            Self::Vad(sound) => {
                let segmenter = Box::new(Segmenter::new(VadConfig::default()));
                codec(Codec::Vad(segmenter), sound.second(16_000), 16_000)
            }
            Self::Dtmf => {
                let detector = Box::new(Detector::new());
                codec(Codec::Dtmf(detector), keys()?, 8_000)
            }
            Self::OpusEncode(rate_hz) => {
                let encoder = Encoder::new(EncoderConfig::speech(rate_hz))?;
                let sound = Sound::Voice.second(rate_hz);
                codec(Codec::OpusEncode(encoder), sound, rate_hz)
            }
            Self::OpusDecode(rate_hz) => {
                let mut encoder = Encoder::new(EncoderConfig::speech(rate_hz))?;
                let sound = Sound::Voice.second(rate_hz);
                let decoder = Decoder::new(rate_hz)?;
                let rig = CodecRig::decoding(decoder, &mut encoder, sound, rate_hz)?;
                Rig::Codec(Box::new(rig))
            }
        })
    }

    /// The scenario set up and warmed up.
    ///
    /// # Errors
    /// As [`Self::rig`].
    pub fn warm_rig(self) -> anyhow::Result<Rig> {
        let mut rig = self.rig()?;
        for _ in 0..Self::WARM_UP {
            rig.frame();
        }
        Ok(rig)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let khz = |hz: u32| hz / 1_000;
        match *self {
            Self::TwilioEcho => write!(f, "twilio echo"),
            Self::OmniEcho(24_000) => write!(f, "omni echo 24k"),
            Self::OmniEcho(hz) => write!(f, "omni echo {}k in", khz(hz)),
            Self::ScriptListens(sound) => write!(f, "script listens, {sound}"),
            Self::G711(Law::Mu) => write!(f, "g711 mu-law there and back"),
            Self::G711(Law::A) => write!(f, "g711 a-law there and back"),
            Self::Resample(from, to) => write!(f, "resample {}k to {}k", khz(from), khz(to)),
            Self::Vad(sound) => write!(f, "vad, {sound}"),
            Self::Dtmf => write!(f, "dtmf detector"),
            Self::OpusEncode(hz) => write!(f, "opus encode {}k", khz(hz)),
            Self::OpusDecode(hz) => write!(f, "opus decode {}k", khz(hz)),
        }
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silence => "silence",
            Self::Hiss => "hiss",
            Self::Voice => "voice",
        })
    }
}

fn call(rig: CallRig) -> Rig {
    Rig::Call(Box::new(rig))
}

fn codec(codec: Codec, sound: Vec<i16>, rate_hz: u32) -> Rig {
    Rig::Codec(Box::new(CodecRig::new(codec, sound, rate_hz)))
}

/// Ten seconds for a caller, so that messages are numbered without a break while they are measured.
fn mulaw(sound: Sound) -> Vec<u8> {
    let mut codes = Vec::new();
    Law::Mu.encode(&sound.second(8_000), &mut codes);
    codes.repeat(10)
}

/// One second of keys.
fn keys() -> anyhow::Result<Vec<i16>> {
    let digit = Digit::from_char('5').context("5 is a key")?;
    let mut key = Vec::new();
    Tone::new(digit, 8_000, 100, 60).write(usize::MAX, &mut key);
    let mut second = key.repeat(7);
    second.truncate(8_000);
    Ok(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_codec_does_something() -> anyhow::Result<()> {
        let mut names: Vec<_> = Scenario::all().iter().map(ToString::to_string).collect();
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        for scenario in Scenario::all() {
            let Rig::Codec(rig) = scenario.warm_rig()? else {
                continue;
            };
            let is_quiet = matches!(scenario, Scenario::Vad(Sound::Silence | Sound::Hiss));
            assert_eq!(rig.produced() == 0, is_quiet, "{scenario}");
        }
        Ok(())
    }
}
