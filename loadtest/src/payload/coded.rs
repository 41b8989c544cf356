//! Frames that survive resampling: 20 bits, each of them 1 ms of one sign.
//!
//! Sixteen bits are the number, blended with the caller's, four are a check. Only the middle of a bit is looked at,
//! where the ringing of filters is over.

use crate::audio::{Format, Law};

const BITS: usize = 20;

/// About -12 dBFS: far from clipping when filters ring.
const LOUD: i16 = 8_316;
/// The same in μ-law: 8,316 is one of its values.
const LOUD_MULAW: u8 = 0x9F;
const SIGN_MULAW: u8 = 0x80;

pub(super) fn fill(format: Format, caller: u32, number: u32, frame: &mut [u8]) {
    let word = word(caller, number as u16);
    let bit_bytes = format.frame_bytes() / BITS;
    for (at, bit) in frame.chunks_mut(bit_bytes.max(1)).enumerate() {
        let is_up = word >> at & 1 == 1;
        match format.law {
            Law::Mulaw => bit.fill(if is_up {
                LOUD_MULAW
            } else {
                LOUD_MULAW ^ SIGN_MULAW
            }),
            Law::Pcm16 => {
                let sample = if is_up { LOUD } else { -LOUD }.to_le_bytes();
                for byte in bit.chunks_mut(2) {
                    byte.copy_from_slice(&sample[..byte.len()]);
                }
            }
        }
    }
}

/// The number nearest to `next` that the frame can mean.
pub(super) fn read(format: Format, caller: u32, next: u32, frame: &[u8]) -> Option<u32> {
    if frame.len() < format.frame_bytes() {
        return None;
    }
    let bit_bytes = format.frame_bytes() / BITS;
    let got = frame
        .chunks_exact(bit_bytes)
        .take(BITS)
        .enumerate()
        .fold(0_u32, |word, (at, bit)| {
            word | u32::from(is_up(format, bit)) << at
        });
    let number = (got & 0xFFFF) as u16 ^ blend(caller);
    if word(caller, number) != got {
        return None;
    }
    let ahead = number.wrapping_sub(next as u16) as i16;
    next.checked_add_signed(ahead.into())
}

/// The sign of the middle half of a bit.
fn is_up(format: Format, bit: &[u8]) -> bool {
    let step = format.bytes_per_sample();
    let samples = bit.len() / step;
    let middle = bit.chunks_exact(step).skip(samples / 4).take(samples / 2);
    let ups: i32 = middle
        .map(|sample| match (format.law, sample) {
            (Law::Mulaw, [code]) => i32::from(code & SIGN_MULAW != 0) * 2 - 1,
            (Law::Pcm16, [_, high]) => i32::from(high & 0x80 == 0) * 2 - 1,
            _ => 0,
        })
        .sum();
    ups > 0
}

fn word(caller: u32, number: u16) -> u32 {
    let check = (u32::from(number) ^ caller.rotate_left(7)).wrapping_mul(0x9E37_79B1) >> 28;
    u32::from(number ^ blend(caller)) | check << 16
}

/// Keeps the frames of two callers apart, and the numbers of quiet calls from being one long tone.
const fn blend(caller: u32) -> u16 {
    (caller.wrapping_mul(0x85EB_CA6B) >> 16) as u16 ^ 0x5A3C
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::mulaw_to_linear;

    const FORMATS: [Format; 3] = [
        Format::MULAW_8K,
        Format::pcm16(8_000),
        Format::pcm16(24_000),
    ];

    #[test]
    fn the_loudness_is_the_same_in_both_laws() {
        assert_eq!(mulaw_to_linear(LOUD_MULAW), LOUD);
        assert_eq!(mulaw_to_linear(LOUD_MULAW ^ SIGN_MULAW), -LOUD);
    }

    #[test]
    fn numbers_come_back_and_go_on_beyond_sixteen_bits() {
        for format in FORMATS {
            let mut frame = vec![0; format.frame_bytes()];
            for number in [0, 1, 0x7FFF, 0xFFFF, 0x1_0000, 0x1_0007] {
                fill(format, 9, number, &mut frame);
                assert_eq!(
                    read(format, 9, number.saturating_sub(3), &frame),
                    Some(number)
                );
                assert_ne!(read(format, 10, number, &frame), Some(number), "another's");
            }
        }
    }

    #[test]
    fn silence_and_garbage_mostly_are_no_frames() {
        let format = Format::pcm16(8_000);
        let mut state = 1_u32;
        let passed = (0..1_000).filter(|_| {
            let frame: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .take(format.frame_bytes())
            .collect();
            read(format, 3, 0, &frame).is_some()
        });
        assert!(
            passed.count() < 120,
            "a check of four bits lets one in sixteen through"
        );
    }
}
