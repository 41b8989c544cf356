//! ITU-T G.711: 16-bit linear to and from 8-bit μ-law and A-law.
//!
//! Both ways use that a float's exponent and first four mantissa bits *are* the segment and step of
//! the code, so there are no branches and no tables, and slices vectorise; all the rest is done on
//! 16 bits, which are twice as many lanes as 32. Sums that cannot overflow are written as wrapping where
//! the compiler does not see it: a check would undo the vectors. Magnitudes are one's complement, as in the ITU
//! reference code; a plain `abs()` differs from it on negative inputs that lie on a step.

use crate::simd;

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
        let fresh = grown(out, codes.len());
        match self {
            Self::Mu => simd::decode_mu(codes, fresh),
            Self::A => simd::decode_a(codes, fresh),
        }
    }

    /// Appends the codes of `samples` to `out`.
    pub fn encode(self, samples: &[i16], out: &mut Vec<u8>) {
        let fresh = grown(out, samples.len());
        match self {
            Self::Mu => simd::encode_mu(samples, fresh),
            Self::A => simd::encode_a(samples, fresh),
        }
    }
}

/// Makes `out` longer by `by` and gives what is new.
fn grown<T: Copy + Default>(out: &mut Vec<T>, by: usize) -> &mut [T] {
    let len = out.len();
    out.resize(len + by, T::default());
    out.get_mut(len..).unwrap_or_default()
}

#[inline(always)]
pub(crate) fn decode_mu_all(codes: &[u8], out: &mut [i16]) {
    for (&code, sample) in codes.iter().zip(out) {
        *sample = decode_mu(code);
    }
}

#[inline(always)]
pub(crate) fn decode_a_all(codes: &[u8], out: &mut [i16]) {
    for (&code, sample) in codes.iter().zip(out) {
        *sample = decode_a(code);
    }
}

#[inline(always)]
pub(crate) fn encode_mu_all(samples: &[i16], out: &mut [u8]) {
    for (&sample, code) in samples.iter().zip(out) {
        *code = encode_mu(sample);
    }
}

#[inline(always)]
pub(crate) fn encode_a_all(samples: &[i16], out: &mut [u8]) {
    for (&sample, code) in samples.iter().zip(out) {
        *code = encode_a(sample);
    }
}

/// Added before μ-law takes its logarithm, on the 16-bit scale.
const MU_BIAS: i16 = 132;
/// The largest magnitude whose biased value still lies in the top segment.
const MU_CLIP: i16 = 32_635;
/// Where A-law's segment 1 starts; segment 0, below, has the same step.
const A_LINEAR: i16 = 256;
/// Exponent field of the float 128.0 (127 + 7), in place: the first segment starts there.
const FIRST_SEGMENT: i16 = 134 << 4;

/// `segment << 4 | step` of a magnitude of at least 128.
#[inline(always)]
const fn segment_and_step(magnitude: i16) -> i16 {
    ((magnitude as i32 as f32).to_bits() >> 19) as i16 - FIRST_SEGMENT
}

/// The middle of the step that `segment << 4 | step` names.
#[inline(always)]
const fn middle(segment_and_step: u8) -> i16 {
    let step_and_half = (segment_and_step as u32) << 1 | 1;
    let value = f32::from_bits(((FIRST_SEGMENT as u32) << 19) + (step_and_half << 18));
    // 2^23 pushes the fraction out, and what is left in the low bits is the integer.
    (value + 8_388_608.0).to_bits() as i16
}

#[inline(always)]
const fn encode_mu(sample: i16) -> u8 {
    let sign = sample >> 15;
    let magnitude = sample ^ sign;
    let clipped = if magnitude > MU_CLIP {
        MU_CLIP
    } else {
        magnitude
    };
    !((sign & 0x80) | segment_and_step(clipped + MU_BIAS)) as u8
}

#[inline(always)]
const fn decode_mu(code: u8) -> i16 {
    let code = !code;
    let sign = (code as i8 >> 7) as i16;
    let magnitude = middle(code & 0x7F).wrapping_sub(MU_BIAS);
    (magnitude ^ sign).wrapping_sub(sign)
}

#[inline(always)]
const fn encode_a(sample: i16) -> u8 {
    let sign = sample >> 15;
    let magnitude = sample ^ sign;
    let value = if magnitude < A_LINEAR {
        magnitude >> 4
    } else {
        segment_and_step(magnitude)
    };
    ((!sign & 0x80) | value) as u8 ^ 0x55
}

#[inline(always)]
const fn decode_a(code: u8) -> i16 {
    let code = code ^ 0x55;
    let value = middle(code & 0x7F);
    // Segment 0 starts at zero and its steps are twice what the float says: v + (v - 256).
    let beyond = value.wrapping_sub(A_LINEAR);
    let magnitude = value.wrapping_add(beyond & (beyond >> 15));
    let negative = !(code as i8 >> 7) as i16;
    (magnitude ^ negative).wrapping_sub(negative)
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
