//! The scenarios, by name.

mod call;
mod convert;
mod hearing;
mod level;
mod opus;

use std::fmt;

pub use call::CallPath;
pub use convert::ConvertPath;
pub use hearing::HearingPath;
pub use level::LevelPath;
pub use opus::OpusPath;

use crate::rig::codec::Work;
use crate::rig::{CodecRig, Rig};
use crate::signal;

/// What is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Zeros.
    Silence,
    /// The hiss of a line on which nobody speaks.
    Hiss,
    /// Somebody speaks.
    Voice,
    /// Somebody speaks for a second, then the line hisses for three.
    Pauses,
}

impl Sound {
    /// One second of it; of a voice with pauses four.
    fn second(self, rate_hz: u32) -> Vec<i16> {
        let samples = rate_hz as usize;
        match self {
            Self::Silence => vec![0; samples],
            Self::Hiss => signal::hiss(samples),
            Self::Voice => signal::voice(rate_hz, samples),
            Self::Pauses => {
                let mut sound = signal::voice(rate_hz, samples);
                sound.extend(signal::hiss(3 * samples));
                sound
            }
        }
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silence => "silence",
            Self::Hiss => "hiss",
            Self::Voice => "voice",
            Self::Pauses => "voice with pauses",
        })
    }
}

/// One piece of the media path and what it is fed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A whole call.
    Call(CallPath),
    /// From one encoding or rate to another.
    Convert(ConvertPath),
    /// What listens.
    Hearing(HearingPath),
    /// Opus.
    Opus(OpusPath),
    /// Levels, noise, recordings.
    Level(LevelPath),
}

impl Scenario {
    /// Frames whose instructions are counted: whole seconds of sound.
    pub const MEASURED: u32 = 200;

    /// Frames after which every buffer has its size. In a call, that is longer than the greeting's mark takes
    /// to expire, and shorter, with what is measured, than the script's patience.
    const fn warm_up(self) -> u32 {
        match self {
            Self::Call(_) => 150,
            _ => 50,
        }
    }

    /// Frames whose allocations are counted.
    pub const fn watched(self) -> u32 {
        match self {
            Self::Call(CallPath::ScriptListens(_)) => Self::MEASURED,
            _ => 1_000,
        }
    }

    /// Every scenario.
    pub fn all() -> Vec<Self> {
        let calls = CallPath::ALL.map(Self::Call).into_iter();
        let conversions = ConvertPath::all().into_iter().map(Self::Convert);
        calls
            .chain(conversions)
            .chain(HearingPath::ALL.map(Self::Hearing))
            .chain(OpusPath::ALL.map(Self::Opus))
            .chain(LevelPath::ALL.map(Self::Level))
            .collect()
    }

    /// The scenario set up, not warmed up.
    ///
    /// # Errors
    /// A codec refused its configuration.
    pub fn rig(self) -> anyhow::Result<Rig> {
        let part = match self {
            Self::Call(path) => return Ok(Rig::Call(Box::new(path.rig()))),
            Self::Convert(path) => path.part()?,
            Self::Hearing(path) => path.part()?,
            Self::Opus(path) => path.part()?,
            Self::Level(path) => path.part()?,
        };
        let rig = CodecRig::new(part.work, part.sound, part.rate_hz);
        Ok(Rig::Codec(Box::new(rig)))
    }

    /// The scenario set up and warmed up.
    ///
    /// # Errors
    /// As [`Self::rig`].
    pub fn warm_rig(self) -> anyhow::Result<Rig> {
        let mut rig = self.rig()?;
        for _ in 0..self.warm_up() {
            rig.frame();
        }
        Ok(rig)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(path) => path.fmt(f),
            Self::Convert(path) => path.fmt(f),
            Self::Hearing(path) => path.fmt(f),
            Self::Opus(path) => path.fmt(f),
            Self::Level(path) => path.fmt(f),
        }
    }
}

/// What a [`CodecRig`] is made of.
struct Part {
    work: Work,
    sound: Vec<i16>,
    rate_hz: u32,
}

impl Part {
    fn new(work: Work, sound: Sound, rate_hz: u32) -> Self {
        Self {
            work,
            sound: sound.second(rate_hz),
            rate_hz,
        }
    }
}

/// A rate as people say it, in kHz.
fn khz(rate_hz: u32) -> String {
    format!("{}k", f64::from(rate_hz) / 1_000.0)
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
            let is_quiet = matches!(
                scenario,
                Scenario::Hearing(
                    HearingPath::Vad(_, Sound::Silence | Sound::Hiss) | HearingPath::DtmfVoice
                )
            );
            assert_eq!(rig.produced() == 0, is_quiet, "{scenario}");
        }
        Ok(())
    }

    #[test]
    fn rates_have_their_usual_names() {
        assert_eq!([8_000, 22_050, 44_100].map(khz), ["8k", "22.05k", "44.1k"]);
    }
}
