//! ITU-T G.711: 16-bit linear to and from 8-bit μ-law and A-law.
//!
//! Encoding uses that a float's exponent and first four mantissa bits *are* the segment and step
//! of the code, so it has no branches and no table and vectorises. Magnitudes are one's
//! complement, as in the ITU reference code; a plain `abs()` differs from it on negative inputs
//! that lie on a step.

/// The two companding laws.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// μ-law: North America and Japan, and nearly every media-stream socket.
    Mu,
    /// A-law: everywhere else.
    A,
}

impl Law {
    /// The code of silence: 0xFF in μ-law (0), 0xD5 in A-law (+8, it has no zero).
    pub const fn silence(self) -> u8 {
        match self {
            Self::Mu => 0xFF,
            Self::A => 0xD5,
        }
    }

    /// One code to its linear value.
    pub const fn decode_sample(self, code: u8) -> i16 {
        match self {
            Self::Mu => decode_mu(code),
            Self::A => decode_a(code),
        }
    }

    /// One linear value to its code. Values beyond the law's range take its outermost code.
    pub const fn encode_sample(self, sample: i16) -> u8 {
        match self {
            Self::Mu => encode_mu(sample),
            Self::A => encode_a(sample),
        }
    }

    /// Appends the linear values of `codes` to `out`.
    pub fn decode(self, codes: &[u8], out: &mut Vec<i16>) {
        match self {
            Self::Mu => out.extend(codes.iter().map(|&c| decode_mu(c))),
            Self::A => out.extend(codes.iter().map(|&c| decode_a(c))),
        }
    }

    /// Appends the codes of `samples` to `out`.
    pub fn encode(self, samples: &[i16], out: &mut Vec<u8>) {
        match self {
            Self::Mu => out.extend(samples.iter().map(|&s| encode_mu(s))),
            Self::A => out.extend(samples.iter().map(|&s| encode_a(s))),
        }
    }
}

/// Added before μ-law takes its logarithm, on the 16-bit scale.
const MU_BIAS: i32 = 132;
/// The largest magnitude whose biased value still lies in the top segment.
const MU_CLIP: i32 = 32_635;
/// Exponent field of the float 128.0 (127 + 7), in place: the first segment starts there.
const FIRST_SEGMENT: i32 = 134 << 4;

/// `segment << 4 | step` of a magnitude of at least 128.
#[inline]
const fn segment_and_step(magnitude: i32) -> i32 {
    ((magnitude as f32).to_bits() >> 19) as i32 - FIRST_SEGMENT
}

#[inline]
const fn encode_mu(sample: i16) -> u8 {
    let sample = sample as i32;
    let ones_complement = sample ^ (sample >> 31);
    let clipped = if ones_complement > MU_CLIP {
        MU_CLIP
    } else {
        ones_complement
    };
    let sign = (sample >> 31) & 0x80;
    !(sign | segment_and_step(clipped + MU_BIAS)) as u8
}

#[inline]
const fn decode_mu(code: u8) -> i16 {
    let code = !(code as i32) & 0xFF;
    let magnitude = ((((code & 0x0F) << 3) + MU_BIAS) << ((code >> 4) & 7)) - MU_BIAS;
    let sign = -(code >> 7);
    ((magnitude ^ sign) - sign) as i16
}

#[inline]
const fn encode_a(sample: i16) -> u8 {
    let sample = sample as i32;
    let magnitude = sample ^ (sample >> 31);
    // Segment 0 is as linear as segment 1 and starts at zero.
    let value = if magnitude < 256 {
        magnitude >> 4
    } else {
        segment_and_step(magnitude)
    };
    let sign = !(sample >> 31) & 0x80;
    ((sign | value) ^ 0x55) as u8
}

#[inline]
const fn decode_a(code: u8) -> i16 {
    let code = (code ^ 0x55) as i32;
    let segment = (code >> 4) & 7;
    let step = ((code & 0x0F) << 4) + 8;
    let magnitude = if segment == 0 {
        step
    } else {
        (step + 256) << (segment - 1)
    };
    let negative = (code >> 7) - 1;
    ((magnitude ^ negative) - negative) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio_codec_algorithms as oracle;

    #[test]
    fn every_sample_encodes_as_the_oracle_says() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(
                Law::Mu.encode_sample(sample),
                oracle::encode_ulaw(sample),
                "μ {sample}"
            );
            assert_eq!(
                Law::A.encode_sample(sample),
                oracle::encode_alaw(sample),
                "A {sample}"
            );
        }
    }

    #[test]
    fn every_code_decodes_as_the_oracle_says() {
        for code in 0..=u8::MAX {
            assert_eq!(
                Law::Mu.decode_sample(code),
                oracle::decode_ulaw(code),
                "μ {code}"
            );
            assert_eq!(
                Law::A.decode_sample(code),
                oracle::decode_alaw(code),
                "A {code}"
            );
        }
    }

    #[test]
    fn known_codes() {
        assert_eq!(Law::Mu.encode_sample(0), 0xFF);
        assert_eq!(Law::Mu.encode_sample(i16::MAX), 0x80);
        assert_eq!(Law::Mu.encode_sample(i16::MIN), 0x00);
        assert_eq!(Law::Mu.decode_sample(0x00), -32124);
        assert_eq!(Law::A.encode_sample(0), 0xD5);
        assert_eq!(Law::A.encode_sample(i16::MAX), 0xAA);
        assert_eq!(Law::A.decode_sample(0x2A), -32256);
    }

    #[test]
    fn slices_are_the_samples_in_order_and_append() {
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).step_by(37).collect();
        for law in [Law::Mu, Law::A] {
            let mut codes = vec![1, 2];
            law.encode(&samples, &mut codes);
            assert_eq!(codes[..2], [1, 2]);
            let mut back = Vec::new();
            law.decode(&codes[2..], &mut back);
            for ((&sample, &code), &decoded) in samples.iter().zip(&codes[2..]).zip(&back) {
                assert_eq!(code, law.encode_sample(sample));
                assert_eq!(decoded, law.decode_sample(code));
            }
        }
    }
}
