//! The two header packets (RFC 7845 section 5).

use super::OggError;

const MAGIC: &[u8; 8] = b"OpusHead";
const TAGS_MAGIC: &[u8; 8] = b"OpusTags";
/// Bytes of a header of mapping family 0.
const HEAD_BYTES: usize = 19;
/// More than the encoders in the world write.
const MAX_COMMENTS: u32 = 1024;

/// The identification header: how to start and end the stream.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct OpusHead {
    /// 1 or 2.
    pub channels: u8,
    /// Samples at 48 kHz to leave out at the start: what the codec needs to settle.
    pub pre_skip: u16,
    /// The rate of what was encoded, in Hz; 0 if unknown. Only information: any rate may be decoded.
    pub input_rate_hz: u32,
    /// Gain for the player to apply, in 1/256 dB.
    pub gain_q8: i16,
}

impl OpusHead {
    /// Reads the packet.
    ///
    /// # Errors
    /// [`OggError::Header`] if it is none of version 0 or 1, [`OggError::Channels`] unless it is mono
    /// or stereo of family 0.
    pub fn parse(packet: &[u8]) -> Result<Self, OggError> {
        let malformed = OggError::Header {
            header: "OpusHead",
            bytes: packet.len(),
        };
        let Some(&[v, channels, s0, s1, r0, r1, r2, r3, g0, g1, family]) = packet
            .strip_prefix(MAGIC)
            .and_then(|rest| rest.first_chunk::<{ HEAD_BYTES - 8 }>())
        else {
            return Err(malformed);
        };
        // The upper half of the version changes when old readers must give up.
        if v >> 4 != 0 || channels == 0 {
            return Err(malformed);
        }
        if channels > 2 || family != 0 {
            return Err(OggError::Channels { channels, family });
        }
        Ok(Self {
            channels,
            pre_skip: u16::from_le_bytes([s0, s1]),
            input_rate_hz: u32::from_le_bytes([r0, r1, r2, r3]),
            gain_q8: i16::from_le_bytes([g0, g1]),
        })
    }

    /// Writes the packet.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_BYTES);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[1, self.channels]);
        out.extend_from_slice(&self.pre_skip.to_le_bytes());
        out.extend_from_slice(&self.input_rate_hz.to_le_bytes());
        out.extend_from_slice(&self.gain_q8.to_le_bytes());
        out.push(0);
        out
    }
}

/// The comment header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpusTags {
    /// What encoded the stream.
    pub vendor: String,
    /// `NAME=value` each, at most 1024.
    pub comments: Vec<String>,
}

impl OpusTags {
    /// Reads the packet. What is no UTF-8 is replaced.
    ///
    /// # Errors
    /// [`OggError::Header`] if it is none, or ends within.
    pub fn parse(packet: &[u8]) -> Result<Self, OggError> {
        let malformed = || OggError::Header {
            header: "OpusTags",
            bytes: packet.len(),
        };
        let rest = packet.strip_prefix(TAGS_MAGIC).ok_or_else(malformed)?;
        let (vendor, rest) = text(rest).ok_or_else(malformed)?;
        let (count, mut rest) = number(rest).ok_or_else(malformed)?;
        let mut comments = Vec::new();
        for _ in 0..count.min(MAX_COMMENTS) {
            let (comment, after) = text(rest).ok_or_else(malformed)?;
            comments.push(comment);
            rest = after;
        }
        Ok(Self { vendor, comments })
    }

    /// Writes the packet.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = TAGS_MAGIC.to_vec();
        let mut put = |text: &str| {
            out.extend_from_slice(&length(text.len()));
            out.extend_from_slice(text.as_bytes());
        };
        put(&self.vendor);
        let mut comments = Vec::new();
        for comment in &self.comments {
            comments.extend_from_slice(&length(comment.len()));
            comments.extend_from_slice(comment.as_bytes());
        }
        out.extend_from_slice(&length(self.comments.len()));
        out.extend_from_slice(&comments);
        out
    }
}

fn length(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes()
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (bytes_long, rest) = number(bytes)?;
    let (text, rest) = rest.split_at_checked(bytes_long as usize)?;
    Some((String::from_utf8_lossy(text).into_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_identification_header_is_that_of_the_rfc() {
        let head = OpusHead {
            channels: 1,
            pre_skip: 312,
            input_rate_hz: 24_000,
            gain_q8: -256,
        };
        #[rustfmt::skip]
        let expected = [
            b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', 1, 1, 0x38, 1, 0xC0, 0x5D, 0, 0, 0, 0xFF, 0,
        ];
        assert_eq!(head.to_bytes(), expected);
        assert_eq!(OpusHead::parse(&expected).unwrap(), head);
    }

    #[test]
    fn other_versions_and_layouts_are_refused() {
        let with = |at: usize, value: u8| {
            let mut bytes = OpusHead {
                channels: 1,
                pre_skip: 0,
                input_rate_hz: 0,
                gain_q8: 0,
            }
            .to_bytes();
            bytes[at] = value;
            OpusHead::parse(&bytes)
        };
        assert!(with(8, 2).is_ok());
        assert!(matches!(with(8, 16), Err(OggError::Header { .. })));
        assert!(matches!(with(9, 0), Err(OggError::Header { .. })));
        assert!(matches!(
            with(9, 6),
            Err(OggError::Channels {
                channels: 6,
                family: 0
            })
        ));
        assert!(matches!(
            with(18, 1),
            Err(OggError::Channels {
                channels: 1,
                family: 1
            })
        ));
        assert!(OpusHead::parse(b"OpusHead\x01").is_err());
    }

    proptest! {
        #[test]
        fn tags_round_trip(vendor in ".{0,9}", comments in prop::collection::vec("[A-Z]{1,4}=.{0,9}", 0..4)) {
            let tags = OpusTags { vendor, comments };
            let bytes = tags.to_bytes();
            prop_assert_eq!(OpusTags::parse(&bytes).unwrap(), tags);
            prop_assert!(OpusTags::parse(&bytes[..bytes.len() - 1]).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            for magic in [&b"OpusHead"[..], b"OpusTags", b""] {
                let packet = [magic, &bytes[..]].concat();
                let (_head, _tags) = (OpusHead::parse(&packet), OpusTags::parse(&packet));
            }
        }
    }
}
