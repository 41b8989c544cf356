//! The last of the caller's audio, for agents that hear turns alone.
//!
//! Speech is known to have begun only some 100 to 200 ms after it has, and its first consonant is quieter than
//! the onset. Bound: the prefix and [`ONSET_MS`] on top; the oldest is forgotten, which loses nothing.

use std::collections::VecDeque;

use trunkline_codecs::format::AudioFormat;

/// By how much the onset of speech may lie back when it is reported, in milliseconds.
const ONSET_MS: u64 = 300;

/// A ring of the newest audio, in the agent's format.
#[derive(Debug)]
pub(crate) struct Prefix {
    format: AudioFormat,
    bound_bytes: usize,
    audio: VecDeque<u8>,
}

impl Prefix {
    /// An empty ring of audio in `format`, long enough for `prefix_ms` before an onset.
    pub(crate) fn new(format: AudioFormat, prefix_ms: u64) -> Self {
        let bound_ms = prefix_ms.saturating_add(ONSET_MS);
        Self {
            format,
            bound_bytes: format.bytes_for_us(bound_ms.saturating_mul(1_000)),
            audio: VecDeque::new(),
        }
    }

    /// Adds audio, whole samples, that the agent does not hear yet.
    pub(crate) fn push(&mut self, audio: &[u8]) {
        let from = audio.len().saturating_sub(self.bound_bytes);
        let newest = audio.get(from..).unwrap_or_default();
        let excess = (self.audio.len() + newest.len()).saturating_sub(self.bound_bytes);
        self.audio.drain(..excess.min(self.audio.len()));
        self.audio.extend(newest);
    }

    /// Appends the audio of the last `ago_us`, or as much as there is, to `into`, and forgets it and all
    /// before it: the agent hears from here on.
    pub(crate) fn take_from_us(&mut self, ago_us: u64, into: &mut Vec<u8>) {
        let wanted = self.format.bytes_for_us(ago_us);
        let skipped = self.audio.len().saturating_sub(wanted);
        let (front, back) = self.audio.as_slices();
        into.extend_from_slice(front.get(skipped..).unwrap_or_default());
        let skipped = skipped.saturating_sub(front.len());
        into.extend_from_slice(back.get(skipped..).unwrap_or_default());
        self.audio.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_gives_what_the_agent_missed_once() {
        let mut prefix = Prefix::new(AudioFormat::MULAW_8K, 100);
        for n in 0..30 {
            prefix.push(&[n; 160]);
        }
        let mut out = vec![99];
        prefix.take_from_us(50_000, &mut out);
        assert_eq!(out, [&[99][..], &[27; 80], &[28; 160], &[29; 160]].concat());
        out.clear();
        prefix.take_from_us(50_000, &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn it_holds_the_prefix_and_the_time_to_decide() {
        let mut prefix = Prefix::new(AudioFormat::pcm16(16_000), 300);
        prefix.push(&[1; 64_000]);
        let mut out = Vec::new();
        prefix.take_from_us(u64::MAX, &mut out);
        assert_eq!(AudioFormat::pcm16(16_000).us_for_bytes(out.len()), 600_000);
    }

    proptest! {
        #[test]
        fn it_gives_the_end_of_what_was_pushed(
            pieces in prop::collection::vec(0usize..2_000, 0..20),
            prefix_ms in 0u64..200,
            ago_ms in 0u64..700,
        ) {
            let mut prefix = Prefix::new(AudioFormat::MULAW_8K, prefix_ms);
            let (mut all, mut counter) = (Vec::new(), 0u8);
            for bytes in pieces {
                let piece: Vec<u8> = (0..bytes).map(|_| { counter = counter.wrapping_add(1); counter }).collect();
                prefix.push(&piece);
                all.extend(piece);
                prop_assert!(prefix.audio.len() <= prefix.bound_bytes);
            }
            let mut out = Vec::new();
            prefix.take_from_us(ago_ms * 1_000, &mut out);
            let expected = all.len().min(8 * ago_ms.min(prefix_ms + 300) as usize);
            prop_assert_eq!(&out[..], &all[all.len() - expected..]);
        }
    }
}
