//! Frames that come back byte by byte.
//!
//! The bytes are samples: μ-law, or PCM16. No byte is `0x7F`, the second of the two zeros of μ-law, which does not
//! survive the way to PCM16 and back.

/// Caller and number, four bits a byte.
const HEADER_BYTES: usize = 16;

/// What the upper half of each byte of the header is.
const NIBBLE: u8 = 0xA0;

pub(super) fn fill(caller: u32, number: u32, frame: &mut [u8]) {
    let who = u64::from(caller) << 32 | u64::from(number);
    let header = (0..HEADER_BYTES).map(|at| NIBBLE | (who >> (4 * at)) as u8 & 15);
    for (byte, content) in frame.iter_mut().zip(header.chain(pattern(who))) {
        *byte = content;
    }
}

/// The number of a frame that is whole, and this caller's.
pub(super) fn read(caller: u32, frame: &[u8]) -> Option<u32> {
    let who = header(frame)?;
    if (who >> 32) as u32 != caller {
        return None;
    }
    let rest = frame.get(HEADER_BYTES..)?;
    let is_whole = rest.iter().copied().eq(pattern(who).take(rest.len()));
    is_whole.then_some(who as u32)
}

/// The caller that a frame names, whole or not.
pub(super) fn caller(frame: &[u8]) -> Option<u32> {
    header(frame).map(|who| (who >> 32) as u32)
}

fn header(frame: &[u8]) -> Option<u64> {
    let mut who = 0;
    for (at, byte) in frame.get(..HEADER_BYTES)?.iter().enumerate() {
        if byte & 0xF0 != NIBBLE {
            return None;
        }
        who |= u64::from(byte & 15) << (4 * at);
    }
    Some(who)
}

/// Xorshift, seeded with the header: damage there shows as well.
fn pattern(who: u64) -> impl Iterator<Item = u8> {
    let mut state = who.rotate_left(20) ^ 0x9E37_79B9_7F4A_7C15 | 1;
    let mut left = 0;
    let mut word = 0_u64;
    std::iter::repeat_with(move || {
        if left == 0 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (word, left) = (state, 8);
        }
        let byte = word as u8;
        word >>= 8;
        left -= 1;
        if byte == 0x7F { 0xFF } else { byte }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_says_what_was_put_in_and_shows_any_damage() {
        for bytes in [160, 960] {
            let mut frame = vec![0; bytes];
            fill(127, 0x7F7F_7F7F, &mut frame);
            assert_eq!(read(127, &frame), Some(0x7F7F_7F7F));
            assert_eq!(caller(&frame), Some(127));
            assert_eq!(read(126, &frame), None, "another caller's");
            assert!(!frame.contains(&0x7F), "the other zero");
            for at in [0, 5, 9, HEADER_BYTES, bytes - 1] {
                let mut damaged = frame.clone();
                damaged[at] ^= 2;
                assert_eq!(read(127, &damaged), None, "byte {at}");
            }
        }
        assert_eq!(read(0, &[NIBBLE; 15]), None, "too short");
        assert_eq!(read(0, &[0; 160]), None, "silence");
    }
}
