//! What the bytes of a leg mean: an encoding and a rate, always mono. Converts to and from
//! samples; it never changes the rate (see [`crate::resample`]).

use std::fmt;

use crate::g711::Law;
use crate::pcm::{self, OddLength};

/// The packet-time used everywhere unless a dialect says otherwise, in microseconds.
pub const FRAME_US: u64 = 20_000;

/// How one sample is written.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Signed 16-bit linear PCM, little-endian.
    Pcm16Le,
    /// G.711 μ-law, one byte a sample.
    Mulaw,
    /// G.711 A-law, one byte a sample.
    Alaw,
}

/// The audio format of one direction of a leg: encoding and sample rate, one channel.
///
/// `Display` writes it as `pcm16@24000`, `mulaw@8000`, `alaw@8000`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct AudioFormat {
    /// How a sample is written.
    pub encoding: Encoding,
    /// Samples a second.
    pub rate_hz: u32,
}

impl AudioFormat {
    /// G.711 μ-law at 8 kHz: what most carriers send.
    pub const MULAW_8K: Self = Self {
        encoding: Encoding::Mulaw,
        rate_hz: 8000,
    };
    /// G.711 A-law at 8 kHz.
    pub const ALAW_8K: Self = Self {
        encoding: Encoding::Alaw,
        rate_hz: 8000,
    };

    /// Little-endian PCM16 at `rate_hz`.
    pub const fn pcm16(rate_hz: u32) -> Self {
        Self {
            encoding: Encoding::Pcm16Le,
            rate_hz,
        }
    }

    /// Bytes a sample: 2 for PCM16, 1 for G.711.
    pub const fn bytes_per_sample(&self) -> usize {
        match self.encoding {
            Encoding::Pcm16Le => 2,
            Encoding::Mulaw | Encoding::Alaw => 1,
        }
    }

    /// Whole samples in `us` microseconds, rounded down.
    pub const fn samples_for_us(&self, us: u64) -> u64 {
        saturated(us as u128 * self.rate_hz as u128 / 1_000_000)
    }

    /// Bytes of `us` microseconds of audio, rounded down to whole samples.
    pub const fn bytes_for_us(&self, us: u64) -> usize {
        let most = usize::MAX / self.bytes_per_sample();
        let samples = self.samples_for_us(us);
        let samples = if samples > most as u64 {
            most
        } else {
            samples as usize
        };
        samples * self.bytes_per_sample()
    }

    /// Playing time of `bytes` bytes in microseconds, rounded down; 0 if the rate is 0.
    pub const fn us_for_bytes(&self, bytes: usize) -> u64 {
        if self.rate_hz == 0 {
            return 0;
        }
        let samples = (bytes / self.bytes_per_sample()) as u128;
        saturated(samples * 1_000_000 / self.rate_hz as u128)
    }

    /// Bytes of one 20 ms frame.
    pub const fn bytes_per_frame(&self) -> usize {
        self.bytes_for_us(FRAME_US)
    }

    /// Overwrites `out` with silence: 0xFF in μ-law, 0xD5 in A-law, 0 in PCM16.
    pub fn fill_silence(&self, out: &mut [u8]) {
        out.fill(match self.encoding {
            Encoding::Pcm16Le => 0,
            Encoding::Mulaw => Law::Mu.silence(),
            Encoding::Alaw => Law::A.silence(),
        });
    }

    /// Appends the samples of `bytes` to `out`.
    ///
    /// # Errors
    /// [`OddLength`] if PCM16 ends in half a sample; nothing is appended then.
    pub fn decode(&self, bytes: &[u8], out: &mut Vec<i16>) -> Result<(), OddLength> {
        match self.encoding {
            Encoding::Pcm16Le => pcm::decode_le(bytes, out)?,
            Encoding::Mulaw => Law::Mu.decode(bytes, out),
            Encoding::Alaw => Law::A.decode(bytes, out),
        }
        Ok(())
    }

    /// Appends `samples`, written in this encoding, to `out`.
    pub fn encode(&self, samples: &[i16], out: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Pcm16Le => pcm::encode_le(samples, out),
            Encoding::Mulaw => Law::Mu.encode(samples, out),
            Encoding::Alaw => Law::A.encode(samples, out),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pcm16Le => "pcm16",
            Self::Mulaw => "mulaw",
            Self::Alaw => "alaw",
        })
    }
}

impl fmt::Display for AudioFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.encoding, self.rate_hz)
    }
}

const fn saturated(value: u128) -> u64 {
    if value > u64::MAX as u128 {
        u64::MAX
    } else {
        value as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_of_a_frame() {
        assert_eq!(AudioFormat::MULAW_8K.bytes_per_frame(), 160);
        assert_eq!(AudioFormat::pcm16(8000).bytes_per_frame(), 320);
        assert_eq!(AudioFormat::pcm16(24000).bytes_per_frame(), 960);
        assert_eq!(AudioFormat::pcm16(22050).bytes_per_frame(), 882);
        assert_eq!(AudioFormat::pcm16(16000).us_for_bytes(641), 20_000);
        assert_eq!(AudioFormat::pcm16(0).us_for_bytes(641), 0);
        assert_eq!(AudioFormat::pcm16(48000).bytes_for_us(u64::MAX) % 2, 0);
    }

    #[test]
    fn names() {
        assert_eq!(AudioFormat::pcm16(24000).to_string(), "pcm16@24000");
        assert_eq!(AudioFormat::MULAW_8K.to_string(), "mulaw@8000");
        assert_eq!(AudioFormat::ALAW_8K.to_string(), "alaw@8000");
    }

    #[test]
    fn silence_decodes_to_the_quietest_sample() {
        for (format, limit) in [
            (AudioFormat::MULAW_8K, 0),
            (AudioFormat::ALAW_8K, 8),
            (AudioFormat::pcm16(16000), 0),
        ] {
            let mut bytes = [1; 6];
            format.fill_silence(&mut bytes);
            let mut samples = Vec::new();
            format.decode(&bytes, &mut samples).unwrap();
            assert!(
                samples.iter().all(|s| s.unsigned_abs() <= limit),
                "{format}"
            );
        }
    }

    #[test]
    fn half_a_sample_is_refused_and_nothing_appended() {
        let mut out = vec![7];
        let error = AudioFormat::pcm16(8000).decode(&[1, 2, 3], &mut out);
        assert_eq!(error, Err(OddLength { len: 3 }));
        assert_eq!(out, [7]);
    }

    proptest! {
        #[test]
        fn bytes_and_time_agree(rate in 8000u32..=48000, frames in 0usize..100_000) {
            let format = AudioFormat::pcm16(rate);
            let us = format.us_for_bytes(2 * frames);
            let back = format.bytes_for_us(us);
            prop_assert!(back <= 2 * frames && 2 * frames - back <= 2);
        }

        /// A rate comes from a peer: whatever it is, arithmetic saturates, and on whole samples.
        #[test]
        fn no_rate_and_no_time_breaks_the_arithmetic(rate: u32, us: u64, bytes: usize) {
            for rate in [rate, 0, 1, 1_000_000_000, u32::MAX] {
                let format = AudioFormat::pcm16(rate);
                for us in [us, u64::MAX] {
                    prop_assert!(format.bytes_for_us(us).is_multiple_of(2));
                }
                for bytes in [bytes, usize::MAX] {
                    let exact = (bytes / 2) as f64 * 1e6 / f64::from(rate).max(1.0);
                    let us = format.us_for_bytes(bytes) as f64;
                    let expected = if rate == 0 { 0.0 } else { exact.min(u64::MAX as f64) };
                    prop_assert!((us - expected).abs() <= 1.0 + expected * 1e-12, "{} Hz", rate);
                }
            }
        }

        #[test]
        fn encode_then_decode_is_the_identity_on_codes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for format in [AudioFormat::pcm16(16000), AudioFormat::ALAW_8K] {
                let even = &bytes[..bytes.len() & !1];
                let (mut samples, mut back) = (Vec::new(), Vec::new());
                format.decode(even, &mut samples).unwrap();
                format.encode(&samples, &mut back);
                prop_assert_eq!(&back, even);
            }
        }
    }
}
