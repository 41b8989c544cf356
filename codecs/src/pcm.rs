//! Linear PCM: bytes to samples, samples to floats, two channels into one file. No rates here.

use dasp::sample::Sample;

/// PCM16 came in half samples.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PCM16 of {len} bytes: expected an even number")]
pub struct OddLength {
    /// The length that was given, in bytes.
    pub len: usize,
}

/// Appends little-endian PCM16 to `out`.
///
/// # Errors
/// [`OddLength`] if half a sample is left over; nothing is appended then.
pub fn decode_le(bytes: &[u8], out: &mut Vec<i16>) -> Result<(), OddLength> {
    let pairs = whole_samples(bytes)?;
    out.extend(pairs.iter().map(|&pair| i16::from_le_bytes(pair)));
    Ok(())
}

/// Appends big-endian PCM16 (RTP's L16, RFC 3551 section 4.5.11) to `out`.
///
/// # Errors
/// [`OddLength`] if half a sample is left over; nothing is appended then.
pub fn decode_be(bytes: &[u8], out: &mut Vec<i16>) -> Result<(), OddLength> {
    let pairs = whole_samples(bytes)?;
    out.extend(pairs.iter().map(|&pair| i16::from_be_bytes(pair)));
    Ok(())
}

/// Appends `samples` as little-endian PCM16 to `out`.
pub fn encode_le(samples: &[i16], out: &mut Vec<u8>) {
    write_pairs(samples, out, i16::to_le_bytes);
}

/// Appends `samples` as big-endian PCM16 to `out`.
pub fn encode_be(samples: &[i16], out: &mut Vec<u8>) {
    write_pairs(samples, out, i16::to_be_bytes);
}

/// Appends `samples` as floats to `out`: divided by 32,768, so -1.0 is reached and 1.0 is not.
pub fn to_f32(samples: &[i16], out: &mut Vec<f32>) {
    out.extend(samples.iter().map(|sample| sample.to_sample::<f32>()));
}

/// Appends floats as samples to `out`: multiplied by 32,768, truncated towards zero, and beyond
/// the range saturated (1.0 becomes 32,767). NaN becomes 0.
pub fn from_f32(samples: &[f32], out: &mut Vec<i16>) {
    out.extend(samples.iter().map(|sample| sample.to_sample::<i16>()));
}

/// Appends two mono streams as one stereo stream (`left right left right …`) to `out`. The
/// shorter one is continued with silence.
pub fn interleave(left: &[i16], right: &[i16], out: &mut Vec<i16>) {
    let frames = left.len().max(right.len());
    let padded = |side: &'_ [i16], at: usize| side.get(at).copied().unwrap_or(0);
    out.reserve(2 * frames);
    for frame in 0..frames {
        out.extend([padded(left, frame), padded(right, frame)]);
    }
}

/// Appends `channels` interleaved channels, averaged into one, to `out`. An incomplete last
/// frame is left out; 0 channels give nothing.
pub fn downmix(interleaved: &[i16], channels: u16, out: &mut Vec<i16>) {
    if channels == 0 {
        return;
    }
    let count = i32::from(channels);
    out.extend(
        interleaved
            .chunks_exact(usize::from(channels))
            .map(|frame| {
                let sum: i32 = frame.iter().copied().map(i32::from).sum();
                (sum / count) as i16
            }),
    );
}

/// Written into bytes that are there already: pushed one pair after another it takes five times as long.
#[inline(always)]
fn write_pairs(samples: &[i16], out: &mut Vec<u8>, bytes_of: impl Fn(i16) -> [u8; 2]) {
    let len = out.len();
    out.resize(len + 2 * samples.len(), 0);
    let (pairs, _) = out.get_mut(len..).unwrap_or_default().as_chunks_mut();
    for (&sample, pair) in samples.iter().zip(pairs) {
        *pair = bytes_of(sample);
    }
}

fn whole_samples(bytes: &[u8]) -> Result<&[[u8; 2]], OddLength> {
    match bytes.as_chunks() {
        (pairs, []) => Ok(pairs),
        _ => Err(OddLength { len: bytes.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn byte_orders() {
        let mut samples = Vec::new();
        decode_le(&[0x34, 0x12, 0xFF, 0xFF], &mut samples).unwrap();
        decode_be(&[0x12, 0x34, 0x80, 0x00], &mut samples).unwrap();
        assert_eq!(samples, [0x1234, -1, 0x1234, i16::MIN]);
        assert_eq!(decode_be(&[1], &mut samples), Err(OddLength { len: 1 }));
    }

    #[test]
    fn floats_saturate_and_truncate() {
        let mut out = Vec::new();
        let floats = [
            1.0,
            -1.5,
            -1.0,
            0.5,
            1.9 / 32768.0,
            -1.9 / 32768.0,
            f32::NAN,
        ];
        from_f32(&floats, &mut out);
        assert_eq!(out, [32767, -32768, -32768, 16384, 1, -1, 0]);
    }

    #[test]
    fn stereo_pads_the_shorter_side() {
        let mut out = Vec::new();
        interleave(&[1, 2, 3], &[9], &mut out);
        assert_eq!(out, [1, 9, 2, 0, 3, 0]);
        let mut mono = Vec::new();
        downmix(&[i16::MAX, i16::MAX, -3, 1, 5], 2, &mut mono);
        assert_eq!(mono, [i16::MAX, -1]);
        downmix(&[1, 2], 0, &mut mono);
        assert_eq!(mono.len(), 2);
    }

    proptest! {
        #[test]
        fn bytes_round_trip(samples in prop::collection::vec(any::<i16>(), 0..200)) {
            let (mut le, mut be, mut back) = (Vec::new(), Vec::new(), Vec::new());
            encode_le(&samples, &mut le);
            encode_be(&samples, &mut be);
            decode_le(&le, &mut back).unwrap();
            decode_be(&be, &mut back).unwrap();
            prop_assert_eq!(&back[..samples.len()], &samples[..]);
            prop_assert_eq!(&back[samples.len()..], &samples[..]);
        }

        /// NaN and infinities among them.
        #[test]
        fn any_float_becomes_a_sample(bits in prop::collection::vec(any::<u32>(), 0..100)) {
            let floats: Vec<f32> = bits.iter().copied().map(f32::from_bits).collect();
            let mut samples = Vec::new();
            from_f32(&floats, &mut samples);
            prop_assert_eq!(samples.len(), floats.len());
            for (&float, &sample) in floats.iter().zip(&samples) {
                let exact = if float.is_nan() { 0.0 } else { f64::from(float) * 32_768.0 };
                let saturated = exact.trunc().clamp(-32_768.0, 32_767.0);
                prop_assert_eq!(f64::from(sample), saturated, "{}", float);
            }
        }

        #[test]
        fn stereo_comes_apart_again(left in prop::collection::vec(any::<i16>(), 0..100)) {
            let right: Vec<i16> = left.iter().map(|&s| !s).collect();
            let mut both = Vec::new();
            interleave(&left, &right, &mut both);
            let every_other = |from: usize| both.iter().skip(from).step_by(2).copied();
            prop_assert!(every_other(0).eq(left.iter().copied()));
            prop_assert!(every_other(1).eq(right.iter().copied()));
        }

        #[test]
        fn odd_lengths_are_refused_and_nothing_appended(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut samples = Vec::new();
            let expected = if bytes.len().is_multiple_of(2) { Ok(()) } else { Err(OddLength { len: bytes.len() }) };
            prop_assert_eq!(decode_le(&bytes, &mut samples), expected);
            prop_assert_eq!(samples.len(), if expected.is_ok() { bytes.len() / 2 } else { 0 });
        }

        #[test]
        fn floats_round_trip(samples in prop::collection::vec(any::<i16>(), 0..200)) {
            let (mut floats, mut back) = (Vec::new(), Vec::new());
            to_f32(&samples, &mut floats);
            from_f32(&floats, &mut back);
            prop_assert_eq!(back, samples);
        }
    }
}
