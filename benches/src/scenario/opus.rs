//! Opus.

use std::fmt;

use trunkline_codecs::opus::{Decoder, Encoder, EncoderConfig, OpusError};

use super::{Part, Sound, khz};
use crate::rig::codec::Work;

/// One direction of Opus, with speech in packets of 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpusPath {
    /// Speech at this rate.
    Encode {
        /// Of the sound.
        rate_hz: u32,
        /// 0 to 10.
        complexity: u8,
    },
    /// Packets of speech at this rate.
    Decode(u32),
    /// The same with every second packet lost, and concealed. (A decoder that has nothing but losses
    /// falls silent, which costs little.)
    DecodeLost(u32),
}

impl OpusPath {
    /// Every direction.
    pub const ALL: [Self; 8] = [
        Self::speech(16_000, 5),
        Self::Decode(16_000),
        Self::speech(24_000, 0),
        Self::speech(24_000, 5),
        Self::Decode(24_000),
        Self::DecodeLost(24_000),
        Self::speech(48_000, 5),
        Self::Decode(48_000),
    ];

    const fn speech(rate_hz: u32, complexity: u8) -> Self {
        Self::Encode {
            rate_hz,
            complexity,
        }
    }

    pub(super) fn part(self) -> anyhow::Result<Part> {
        let (work, rate_hz) = match self {
            Self::Encode {
                rate_hz,
                complexity,
            } => (encode(rate_hz, complexity)?, rate_hz),
            Self::Decode(rate_hz) => (decode(rate_hz, false)?, rate_hz),
            Self::DecodeLost(rate_hz) => (decode(rate_hz, true)?, rate_hz),
        };
        Ok(Part::new(work, Sound::Voice, rate_hz))
    }
}

impl fmt::Display for OpusPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Encode {
                rate_hz,
                complexity,
            } => write!(f, "opus encode {}, complexity {complexity}", khz(rate_hz)),
            Self::Decode(hz) => write!(f, "opus decode {}", khz(hz)),
            Self::DecodeLost(hz) => write!(f, "opus decode {}, half lost", khz(hz)),
        }
    }
}

fn encode(rate_hz: u32, complexity: u8) -> Result<Work, OpusError> {
    let config = EncoderConfig {
        complexity,
        ..EncoderConfig::speech(rate_hz)
    };
    let mut encoder = Encoder::new(config)?;
    Ok(Box::new(move |_, frame, out| {
        let coded = encoder.encode(frame, &mut out.bytes);
        assert!(coded.is_ok(), "{coded:?}");
    }))
}

fn decode(rate_hz: u32, is_lossy: bool) -> Result<Work, OpusError> {
    let packets = packets(rate_hz)?;
    let mut decoder = Decoder::new(rate_hz)?;
    Ok(Box::new(move |index, frame, out| {
        let decoded = if is_lossy && index % 2 == 1 {
            decoder.decode_lost(frame.len(), &mut out.samples)
        } else {
            decoder.decode(&packets[index], &mut out.samples)
        };
        assert!(decoded.is_ok(), "{decoded:?}");
    }))
}

/// A second of a voice, coded.
fn packets(rate_hz: u32) -> Result<Vec<Vec<u8>>, OpusError> {
    let mut encoder = Encoder::new(EncoderConfig::speech(rate_hz))?;
    let sound = Sound::Voice.second(rate_hz);
    let coded = |frame| {
        let mut packet = Vec::new();
        encoder.encode(frame, &mut packet).map(|_| packet)
    };
    sound
        .chunks_exact(rate_hz as usize / 50)
        .map(coded)
        .collect()
}
