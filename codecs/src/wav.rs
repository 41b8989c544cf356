//! WAV files in memory: the prompts people bring, the recordings they take away.
//!
//! Reads linear PCM of 8, 16, 24 and 32 bits and 32-bit floats, all brought to 16 bits; writes
//! 16-bit PCM. Compressed files (A-law, μ-law, ADPCM) are refused. Sound that is sent while it is
//! made goes through [`crate::container`].

use std::io::{Cursor, Read};

use dasp::sample::Sample;
use hound::{SampleFormat, WavReader, WavSpec};

/// Bytes of the header that [`header`] writes.
pub const HEADER_BYTES: usize = 44;

/// A decoded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wav {
    /// Frames a second.
    pub rate_hz: u32,
    /// Interleaved channels; at least 1.
    pub channels: u16,
    /// The samples, whole frames only.
    pub samples: Vec<i16>,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The bytes are no WAV file, or it ends before its samples.
    #[error("WAV file of {bytes} bytes: expected RIFF, WAVE, and a {missing} chunk")]
    Missing {
        /// What was not found.
        missing: &'static str,
        /// The length of the file.
        bytes: usize,
    },
    /// A WAV file whose header is broken, or of a kind not read here.
    #[error("WAV format: expected linear PCM or 32-bit float")]
    Format(#[source] hound::Error),
}

/// Reads a file. The stated size of the samples may be wrong, as in files that were streamed
/// (0 or 0xFFFFFFFF) or cut short: what is there is taken.
///
/// # Errors
/// [`WavError::Missing`] if there are no format and samples chunks, [`WavError::Format`] if the
/// samples are of another kind or padded, like 24 bits in 32.
pub fn parse(bytes: &[u8]) -> Result<Wav, WavError> {
    let (format, data) = chunks(bytes)?;
    let head = single_data_header(format, data.len());
    let reader =
        WavReader::new(Cursor::new(head).chain(Cursor::new(data))).map_err(WavError::Format)?;
    let WavSpec {
        channels,
        sample_rate,
        bits_per_sample,
        sample_format,
    } = reader.spec();
    // Whether 24 valid bits in 32 are the upper or the lower ones, the writers do not agree.
    if frame_bytes(format) * 8 != usize::from(channels) * usize::from(bits_per_sample) {
        let padded = hound::Error::FormatError("samples with fewer bits than their containers");
        return Err(WavError::Format(padded));
    }
    let samples: Result<Vec<i16>, hound::Error> = match sample_format {
        SampleFormat::Float => reader
            .into_samples::<f32>()
            .map(|sample| sample.map(f32::to_sample))
            .collect(),
        SampleFormat::Int => reader
            .into_samples::<i32>()
            .map(|sample| sample.map(|value| to_16_bits(value, bits_per_sample)))
            .collect(),
    };
    Ok(Wav {
        rate_hz: sample_rate,
        channels,
        samples: samples.map_err(WavError::Format)?,
    })
}

/// A whole file of interleaved 16-bit samples. An incomplete last frame is left out.
pub fn to_bytes(rate_hz: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let whole = samples.len() - samples.len() % usize::from(channels.max(1));
    let data_bytes = u32::try_from(2 * whole).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(HEADER_BYTES + 2 * whole);
    out.extend_from_slice(&header(rate_hz, channels, data_bytes));
    for sample in samples.iter().take(whole) {
        out.extend_from_slice(&sample.to_le_bytes());
    }
    out
}

/// The header of a 16-bit file with `data_bytes` of samples: for files written piece by piece and
/// patched at the end, with `u32::MAX` meanwhile.
pub fn header(rate_hz: u32, channels: u16, data_bytes: u32) -> [u8; HEADER_BYTES] {
    let frame_bytes = channels.saturating_mul(2);
    let mut out = [0; HEADER_BYTES];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &data_bytes.saturating_add(36).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16u32.to_le_bytes(),
        &1u16.to_le_bytes(),
        &channels.to_le_bytes(),
        &rate_hz.to_le_bytes(),
        &rate_hz.saturating_mul(u32::from(frame_bytes)).to_le_bytes(),
        &frame_bytes.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &data_bytes.to_le_bytes(),
    ];
    for (slot, byte) in out.iter_mut().zip(fields.into_iter().flatten()) {
        *slot = *byte;
    }
    out
}

/// The contents of the format chunk, and those of the samples chunk in whole frames.
fn chunks(bytes: &[u8]) -> Result<(&[u8], &[u8]), WavError> {
    let missing = |missing| WavError::Missing {
        missing,
        bytes: bytes.len(),
    };
    let (head, mut rest) = bytes.split_at_checked(12).unwrap_or_default();
    if !head.starts_with(b"RIFF") || !head.ends_with(b"WAVE") {
        return Err(missing("WAVE"));
    }
    let mut format = None;
    while let Some((id, after_id)) = rest.split_first_chunk::<4>() {
        let Some((len, body)) = after_id.split_first_chunk::<4>() else {
            break;
        };
        let len = u32::from_le_bytes(*len) as usize;
        let content = body.get(..len).unwrap_or(body);
        match id {
            b"fmt " => format = Some(content),
            b"data" => {
                let format = format.ok_or_else(|| missing("fmt"))?;
                let data = if len == 0 { body } else { content };
                return Ok((format, whole_frames(format, data)));
            }
            _ => {}
        }
        // Chunks are padded to an even length.
        rest = body.get(len.saturating_add(len & 1)..).unwrap_or_default();
    }
    Err(missing(if format.is_none() { "fmt" } else { "data" }))
}

/// `data` without an incomplete last frame.
fn whole_frames<'a>(format: &[u8], data: &'a [u8]) -> &'a [u8] {
    data.get(..data.len() - data.len() % frame_bytes(format))
        .unwrap_or(data)
}

/// The size of a frame, the format's bytes 12 and 13; at least 1.
fn frame_bytes(format: &[u8]) -> usize {
    match format.get(12..14) {
        Some(&[low, high]) => usize::from(u16::from_le_bytes([low, high])).max(1),
        _ => 1,
    }
}

/// A file's beginning with only the two chunks that matter, and the true size of the samples.
fn single_data_header(format: &[u8], data_bytes: usize) -> Vec<u8> {
    let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let mut head = Vec::with_capacity(28 + format.len());
    head.extend_from_slice(b"RIFF");
    head.extend_from_slice(&size(20 + format.len() + data_bytes));
    head.extend_from_slice(b"WAVEfmt ");
    head.extend_from_slice(&size(format.len()));
    head.extend_from_slice(format);
    head.extend_from_slice(b"data");
    head.extend_from_slice(&size(data_bytes));
    head
}

/// Scales a sample of `bits` bits, 8 to 32, to 16 by dropping or adding low bits.
fn to_16_bits(value: i32, bits: u16) -> i16 {
    let left_aligned = value << 32u16.saturating_sub(bits).min(31);
    (left_aligned >> 16) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hound_reads_what_is_written() {
        let bytes = to_bytes(24_000, 2, &[1, -2, i16::MAX, i16::MIN, 5]);
        let mut reader = WavReader::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(reader.spec().sample_rate, 24_000);
        assert_eq!(reader.spec().channels, 2);
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [1, -2, i16::MAX, i16::MIN]);
    }

    #[test]
    fn the_header_is_the_canonical_one() {
        #[rustfmt::skip]
        let expected = [
            b'R', b'I', b'F', b'F', 40, 0, 0, 0, b'W', b'A', b'V', b'E',
            b'f', b'm', b't', b' ', 16, 0, 0, 0, 1, 0, 1, 0,
            0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0,
            b'd', b'a', b't', b'a', 4, 0, 0, 0, 1, 0, 0xFF, 0xFF,
        ];
        assert_eq!(to_bytes(8000, 1, &[1, -1]), expected);
    }

    #[test]
    fn streamed_and_cut_files_are_taken_as_far_as_they_go() {
        for stated in [0, u32::MAX, 1000] {
            let mut bytes = header(8000, 1, stated).to_vec();
            bytes.extend_from_slice(&[1, 0, 2, 0, 3]);
            assert_eq!(parse(&bytes).unwrap().samples, [1, 2], "{stated}");
        }
    }

    #[test]
    fn other_widths_become_sixteen_bits() {
        let file = |tag: u8, bits: u8, data: &[u8]| {
            let mut bytes = header(16_000, 1, data.len() as u32).to_vec();
            let width = u32::from(bits / 8);
            bytes[20] = tag;
            bytes[28..32].copy_from_slice(&(16_000 * width).to_le_bytes());
            bytes[32] = bits / 8;
            bytes[34] = bits;
            bytes.extend_from_slice(data);
            parse(&bytes).map(|wav| wav.samples)
        };
        assert_eq!(file(1, 8, &[0x80, 0xFF, 0]).unwrap(), [0, 32512, -32768]);
        assert_eq!(file(1, 24, &[9, 1, 0x80]).unwrap(), [-32767]);
        assert_eq!(file(1, 32, &[9, 9, 1, 0]).unwrap(), [1]);
        assert_eq!(file(3, 32, &(-0.5f32).to_le_bytes()).unwrap(), [-16384]);
        assert!(matches!(file(7, 8, &[0xFF]), Err(WavError::Format(_))));
    }

    #[test]
    fn padded_samples_are_refused() {
        let mut plain = header(16_000, 1, 4).to_vec();
        plain[28..32].copy_from_slice(&64_000u32.to_le_bytes());
        plain[32] = 4;
        plain[34] = 24;
        plain.extend_from_slice(&[0, 0, 0, 0x40]);
        assert!(matches!(parse(&plain), Err(WavError::Format(_))));

        let extensible = |valid_bits: u8| {
            let mut bytes = plain[..36].to_vec();
            bytes[16] = 40;
            bytes[20..22].copy_from_slice(&[0xFE, 0xFF]);
            bytes[34] = 32;
            bytes.extend_from_slice(&[22, 0, valid_bits, 0, 4, 0, 0, 0]);
            // KSDATAFORMAT_SUBTYPE_PCM.
            bytes.extend_from_slice(&[
                1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71,
            ]);
            bytes.extend_from_slice(&plain[36..]);
            parse(&bytes).map(|wav| wav.samples)
        };
        assert_eq!(extensible(32).unwrap(), [0x4000]);
        assert!(matches!(extensible(24), Err(WavError::Format(_))));
    }

    #[test]
    fn other_chunks_are_skipped_with_their_padding() {
        let plain = to_bytes(8000, 1, &[1, 2]);
        let mut bytes = plain[..36].to_vec();
        bytes.extend_from_slice(b"LIST\x03\0\0\0abc\0");
        bytes.extend_from_slice(&plain[36..]);
        assert_eq!(parse(&bytes).unwrap(), parse(&plain).unwrap());
        assert!(matches!(
            parse(&plain[..30]),
            Err(WavError::Missing {
                missing: "data",
                ..
            })
        ));
        assert!(matches!(
            parse(b"OggS"),
            Err(WavError::Missing {
                missing: "WAVE",
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn round_trip(rate in 1u32..200_000, samples in prop::collection::vec(any::<i16>(), 1..100)) {
            let wav = parse(&to_bytes(rate, 1, &samples)).unwrap();
            prop_assert_eq!(wav, Wav { rate_hz: rate, channels: 1, samples });
        }

        #[test]
        fn no_damaged_header_panics(
            damage in prop::collection::vec((0usize..HEADER_BYTES, any::<u8>()), 1..6),
            data in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let mut bytes = header(8000, 2, data.len() as u32).to_vec();
            bytes.extend(data);
            for (at, value) in damage {
                bytes[at] = value;
            }
            let _either_way = parse(&bytes);
        }

        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), valid in 0usize..=44) {
            let header = header(8000, 1, 100);
            let valid = valid.min(bytes.len());
            bytes[..valid].copy_from_slice(&header[..valid]);
            let _either_way = parse(&bytes);
        }
    }
}
