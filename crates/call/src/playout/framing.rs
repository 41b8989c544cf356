//! How much audio one message holds: the dialect's rule, in bytes. It moves none itself.

use trunkline_codecs::format::{AudioFormat, FRAME_US};

use crate::caller::FrameRule;

/// The rule of one caller, in bytes of the caller's format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Framing {
    /// Length of a message as a rule.
    bytes: usize,
    /// What else it may be.
    range: Option<Range>,
}

/// Lengths a message may have: multiples of `unit` from `min` to `max`, all of them in bytes.
#[derive(Clone, Copy, Debug)]
struct Range {
    unit: usize,
    min: usize,
    max: usize,
}

/// The next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Bytes taken from the queue.
    pub(super) take: usize,
    /// Length of the message; what is more than was taken is silence.
    pub(super) length: usize,
}

impl Framing {
    pub(super) fn new(format: AudioFormat, rule: FrameRule) -> Self {
        let sample = format.bytes_per_sample();
        let twenty_ms = format.bytes_for_us(FRAME_US).max(sample);
        match rule {
            FrameRule::Any => Self {
                bytes: twenty_ms,
                range: None,
            },
            FrameRule::Exact { us } => Self {
                bytes: format.bytes_for_us(us).max(sample),
                range: None,
            },
            FrameRule::Multiple {
                unit_bytes,
                min_bytes,
                max_bytes,
            } => {
                let unit = up(unit_bytes.max(1), sample);
                let min = up(min_bytes.max(1), unit);
                let max = (max_bytes / unit * unit).max(min);
                Self {
                    bytes: up(twenty_ms, unit).clamp(min, max),
                    range: Some(Range { unit, min, max }),
                }
            }
        }
    }

    /// Whether a message can be made of the first `queued` bytes of an utterance of which no more comes, if
    /// it is `complete`.
    #[inline]
    pub(super) const fn is_ready(&self, queued: usize, complete: bool) -> bool {
        queued >= self.bytes || (complete && queued > 0)
    }

    /// Whether messages may hold more than a frame when there is more to send.
    #[inline]
    pub(super) const fn is_elastic(&self) -> bool {
        self.range.is_some()
    }

    /// The next message of an utterance that [is ready](Self::is_ready); `behind` bytes more are due with it.
    #[inline]
    pub(super) fn cut(&self, queued: usize, complete: bool, behind: usize) -> Cut {
        if queued < self.bytes {
            let length = self.padded(queued);
            return Cut {
                take: queued,
                length,
            };
        }
        let Some(range) = self.range else {
            let length = self.bytes;
            return Cut {
                take: length,
                length,
            };
        };
        let wanted = self.bytes.saturating_add(behind).min(range.max).min(queued);
        let take = wanted / range.unit * range.unit;
        let rest = queued.saturating_sub(take);
        let whole = up(queued, range.unit);
        if complete && (1..range.min).contains(&rest) && whole <= range.max {
            // A message of its own would be mostly silence.
            return Cut {
                take: queued,
                length: whole,
            };
        }
        Cut { take, length: take }
    }

    /// Bytes that an utterance of which `queued` are left and no more comes takes at most to its end.
    pub(super) const fn length_of(&self, queued: usize) -> usize {
        let whole = queued / self.bytes * self.bytes;
        match queued - whole {
            0 => whole,
            rest => whole + self.padded(rest),
        }
    }

    /// Length of a last message that holds `rest` bytes, fewer than a frame.
    const fn padded(&self, rest: usize) -> usize {
        match self.range {
            None => self.bytes,
            Some(range) => {
                let length = up(rest, range.unit);
                if length < range.min {
                    range.min
                } else {
                    length
                }
            }
        }
    }
}

/// The next multiple of `unit`, which is not 0.
const fn up(bytes: usize, unit: usize) -> usize {
    bytes.div_ceil(unit).saturating_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn cut(take: usize, length: usize) -> Cut {
        Cut { take, length }
    }

    #[test]
    fn vonage_takes_exactly_20_ms_and_asterisk_what_its_codec_has() {
        let vonage = Framing::new(AudioFormat::pcm16(16_000), FrameRule::Exact { us: 20_000 });
        assert_eq!(vonage.cut(5_000, false, 2_000), cut(640, 640));
        assert_eq!(vonage.cut(100, true, 0), cut(100, 640));
        let thirty = Framing::new(AudioFormat::MULAW_8K, FrameRule::Exact { us: 30_000 });
        assert!(!thirty.is_ready(239, false) && thirty.is_ready(240, false));
        assert_eq!(thirty.cut(240, false, 0), cut(240, 240));
    }

    #[test]
    fn exotel_takes_multiples_of_320_from_3200() {
        let rule = FrameRule::Multiple {
            unit_bytes: 320,
            min_bytes: 3_200,
            max_bytes: 100_000,
        };
        let exotel = Framing::new(AudioFormat::pcm16(8_000), rule);
        assert!(!exotel.is_ready(3_199, false) && exotel.is_ready(3_200, false));
        assert_eq!(exotel.cut(9_000, false, 0), cut(3_200, 3_200));
        assert_eq!(exotel.cut(9_000, false, 3_300), cut(6_400, 6_400), "behind");
        assert_eq!(exotel.cut(1_000, true, 0), cut(1_000, 3_200));
        assert_eq!(
            exotel.cut(3_600, true, 0),
            cut(3_600, 3_840),
            "the tail goes along"
        );
        assert_eq!(exotel.cut(6_400, true, 0), cut(3_200, 3_200));
        assert_eq!(exotel.length_of(7_000), 9_600);
    }

    proptest! {
        #[test]
        fn every_message_keeps_the_rule_and_none_is_longer_than_its_bytes_need(
            unit_bytes in 0_usize..700, min_bytes in 0_usize..4_000, max_bytes in 0_usize..9_000,
            queued in 1_usize..20_000, behind in 0_usize..20_000, complete: bool,
        ) {
            let rule = FrameRule::Multiple { unit_bytes, min_bytes, max_bytes };
            let framing = Framing::new(AudioFormat::pcm16(8_000), rule);
            let Range { unit, min, max } = framing.range.unwrap();
            prop_assume!(framing.is_ready(queued, complete));
            let Cut { take, length } = framing.cut(queued, complete, behind);
            prop_assert!(length % unit == 0 && (min..=max).contains(&length), "{}", length);
            prop_assert!(take > 0 && take <= length && take <= queued);
            prop_assert!(take == length || (complete && take == queued), "only the tail is padded");
        }
    }
}
