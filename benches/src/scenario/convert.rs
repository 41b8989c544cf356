//! From one encoding or rate to another.

use std::fmt;

use trunkline_codecs::g711::Law;
use trunkline_codecs::pcm;
use trunkline_codecs::resample::Resampler;

use super::{Part, Sound, khz};
use crate::rig::codec::Work;

/// Rates of telephones and speech; every pair is measured.
const SPEECH_HZ: [u32; 4] = [8_000, 16_000, 24_000, 48_000];

/// Pairs with a rate of the 44.1 kHz family: the first goes through the polyphase filter, the others
/// through rubato.
const MUSIC_HZ: [(u32, u32); 6] = [
    (8_000, 44_100),
    (44_100, 8_000),
    (48_000, 44_100),
    (44_100, 48_000),
    (16_000, 22_050),
    (22_050, 16_000),
];

/// The rate of a carrier that speaks G.711.
const CARRIER_HZ: u32 = 8_000;

/// A conversion. PCM16 means samples but where it says bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvertPath {
    /// Codes to PCM16, at 8 kHz.
    G711Decode(Law),
    /// PCM16 to codes, at 8 kHz.
    G711Encode(Law),
    /// μ-law at 8 kHz to PCM16 at this rate: a carrier to an engine.
    MulawTo(u32),
    /// PCM16 at this rate to μ-law at 8 kHz: an engine to a carrier.
    MulawFrom(u32),
    /// Little-endian bytes and back, at 24 kHz.
    PcmLe,
    /// Big-endian bytes and back, at 24 kHz.
    PcmBe,
    /// From the first rate to the second.
    Resample(u32, u32),
}

impl ConvertPath {
    /// Every conversion that is measured.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::G711Decode(Law::Mu),
            Self::G711Encode(Law::Mu),
            Self::G711Decode(Law::A),
            Self::G711Encode(Law::A),
            Self::MulawTo(16_000),
            Self::MulawTo(24_000),
            Self::MulawFrom(16_000),
            Self::MulawFrom(24_000),
            Self::PcmLe,
            Self::PcmBe,
        ];
        for from in SPEECH_HZ {
            all.extend(SPEECH_HZ.map(|to| Self::Resample(from, to)));
        }
        all.extend(MUSIC_HZ.map(|(from, to)| Self::Resample(from, to)));
        all
    }

    pub(super) fn part(self) -> anyhow::Result<Part> {
        let voice = |work, rate_hz| Part::new(work, Sound::Voice, rate_hz);
        Ok(match self {
            Self::G711Decode(law) => {
                let frames = frames(law);
                let work: Work =
                    Box::new(move |index, _, out| law.decode(&frames[index], &mut out.samples));
                voice(work, CARRIER_HZ)
            }
            Self::G711Encode(law) => {
                let work: Work = Box::new(move |_, frame, out| law.encode(frame, &mut out.bytes));
                voice(work, CARRIER_HZ)
            }
            Self::MulawTo(rate_hz) => voice(mulaw_to(rate_hz)?, CARRIER_HZ),
            Self::MulawFrom(rate_hz) => voice(mulaw_from(rate_hz)?, rate_hz),
            Self::PcmLe => voice(there_and_back(pcm::encode_le, pcm::decode_le), 24_000),
            Self::PcmBe => voice(there_and_back(pcm::encode_be, pcm::decode_be), 24_000),
            Self::Resample(from, to) => {
                let mut resampler = Resampler::new(from, to)?;
                let work: Work =
                    Box::new(move |_, frame, out| resampler.process(frame, &mut out.samples));
                voice(work, from)
            }
        })
    }
}

impl fmt::Display for ConvertPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::G711Decode(law) => write!(f, "g711 {} decode", name(law)),
            Self::G711Encode(law) => write!(f, "g711 {} encode", name(law)),
            Self::MulawTo(to) => write!(f, "mu-law 8k to pcm16 {}", khz(to)),
            Self::MulawFrom(from) => write!(f, "pcm16 {} to mu-law 8k", khz(from)),
            Self::PcmLe => write!(f, "pcm16 24k little endian there and back"),
            Self::PcmBe => write!(f, "pcm16 24k big endian there and back"),
            Self::Resample(from, to) => write!(f, "resample {} to {}", khz(from), khz(to)),
        }
    }
}

fn mulaw_to(rate_hz: u32) -> anyhow::Result<Work> {
    let frames = frames(Law::Mu);
    let mut resampler = Resampler::new(CARRIER_HZ, rate_hz)?;
    let mut narrow = Vec::new();
    Ok(Box::new(move |index, _, out| {
        narrow.clear();
        Law::Mu.decode(&frames[index], &mut narrow);
        resampler.process(&narrow, &mut out.samples);
    }))
}

fn mulaw_from(rate_hz: u32) -> anyhow::Result<Work> {
    let mut resampler = Resampler::new(rate_hz, CARRIER_HZ)?;
    let mut narrow = Vec::new();
    Ok(Box::new(move |_, frame, out| {
        narrow.clear();
        resampler.process(frame, &mut narrow);
        Law::Mu.encode(&narrow, &mut out.bytes);
    }))
}

type Encode = fn(&[i16], &mut Vec<u8>);
type Decode = fn(&[u8], &mut Vec<i16>) -> Result<(), pcm::OddLength>;

fn there_and_back(encode: Encode, decode: Decode) -> Work {
    Box::new(move |_, frame, out| {
        encode(frame, &mut out.bytes);
        let decoded = decode(&out.bytes, &mut out.samples);
        assert!(decoded.is_ok(), "{decoded:?}");
    })
}

/// A second of a voice as a carrier sends it.
fn frames(law: Law) -> Vec<Vec<u8>> {
    let coded = |frame: &[i16]| {
        let mut codes = Vec::new();
        law.encode(frame, &mut codes);
        codes
    };
    let sound = Sound::Voice.second(CARRIER_HZ);
    sound.chunks_exact(160).map(coded).collect()
}

const fn name(law: Law) -> &'static str {
    match law {
        Law::Mu => "mu-law",
        Law::A => "a-law",
    }
}
