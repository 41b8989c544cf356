//! What is in a frame: whose it is, its number, when it was sent, and a pattern that shows damage.
//!
//! The bytes are the samples themselves (μ-law or PCM16), so an echo that converts nothing gives them back
//! as they were.

/// Caller, number and time of sending.
const HEADER_BYTES: usize = 16;

/// The first bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Whose frame.
    pub(crate) caller: u32,
    /// Counted from 0.
    pub(crate) number: u32,
    /// When it was handed to the socket, in microseconds since the origin of the run.
    pub(crate) sent_us: u64,
}

impl Stamp {
    /// Fills a frame.
    pub(crate) fn fill(self, frame: &mut [u8]) {
        let header = self
            .caller
            .to_le_bytes()
            .into_iter()
            .chain(self.number.to_le_bytes())
            .chain(self.sent_us.to_le_bytes());
        let content = header.chain(self.pattern());
        for (byte, content) in frame.iter_mut().zip(content) {
            *byte = content;
        }
    }

    /// Reads a frame; `None` if it is not as [`Self::fill`] made it.
    pub(crate) fn read(frame: &[u8]) -> Option<Self> {
        let (header, rest) = frame.split_at_checked(HEADER_BYTES)?;
        let (caller, header) = header.split_first_chunk()?;
        let (number, header) = header.split_first_chunk()?;
        let (sent_us, _) = header.split_first_chunk()?;
        let stamp = Self {
            caller: u32::from_le_bytes(*caller),
            number: u32::from_le_bytes(*number),
            sent_us: u64::from_le_bytes(*sent_us),
        };
        rest.iter()
            .copied()
            .eq(stamp.pattern().take(rest.len()))
            .then_some(stamp)
    }

    /// Xorshift, seeded with the whole header: damage there shows as well.
    fn pattern(self) -> impl Iterator<Item = u8> {
        let who = u64::from(self.caller) << 32 | u64::from(self.number);
        let mut state = (who ^ self.sent_us.rotate_left(20)) | 1;
        std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_says_what_was_put_in_and_shows_any_damage() {
        let stamp = Stamp {
            caller: 7,
            number: 900,
            sent_us: 12_345_678,
        };
        for bytes in [160, 960] {
            let mut frame = vec![0; bytes];
            stamp.fill(&mut frame);
            assert_eq!(Stamp::read(&frame), Some(stamp));
            for at in [0, 5, 9, HEADER_BYTES, bytes - 1] {
                let mut damaged = frame.clone();
                damaged[at] ^= 2;
                assert_eq!(Stamp::read(&damaged), None, "byte {at}");
            }
        }
        assert_eq!(Stamp::read(&[0; 15]), None, "too short");
    }
}
