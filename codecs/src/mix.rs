//! Two parties in one recording: the caller on the left, the agent on the right.

use std::collections::VecDeque;

/// Brings two mono streams at one rate together as interleaved stereo. Both must come at the pace of
/// the clock, as what is played does and what is still queued does not. Who falls behind by more
/// than the bound, or sends nothing, is silent meanwhile; the bound is also how far the channels can
/// be out of step after that. 40 to 100 ms are a good one.
#[derive(Debug)]
pub struct StereoMix {
    left: Side,
    right: Side,
    most_ahead: usize,
}

/// What one party has sent and the recording has not taken.
#[derive(Debug)]
struct Side {
    waiting: VecDeque<i16>,
    /// Samples that were taken for silence because they were late.
    padded: u64,
}

impl StereoMix {
    /// A mix in which one party may be ahead of the other by at most `most_ahead` samples, which is
    /// what it holds.
    pub fn new(most_ahead: usize) -> Self {
        let side = || Side {
            waiting: VecDeque::new(),
            padded: 0,
        };
        Self {
            left: side(),
            right: side(),
            most_ahead,
        }
    }

    /// Takes what the left party sent, and appends the frames that are complete to `out`.
    pub fn push_left(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.left.waiting.extend(samples);
        self.drain(self.most_ahead, out);
    }

    /// Takes what the right party sent, and appends the frames that are complete to `out`.
    pub fn push_right(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.right.waiting.extend(samples);
        self.drain(self.most_ahead, out);
    }

    /// Appends what is left of both, the shorter one filled with silence.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        self.drain(0, out);
    }

    /// Samples of silence put in so far because the left and the right party were late.
    pub const fn padded(&self) -> (u64, u64) {
        (self.left.padded, self.right.padded)
    }

    fn drain(&mut self, most_ahead: usize, out: &mut Vec<i16>) {
        let (left, right) = (self.left.waiting.len(), self.right.waiting.len());
        let frames = left
            .min(right)
            .max(left.max(right).saturating_sub(most_ahead));
        self.left.padded += frames.saturating_sub(left) as u64;
        self.right.padded += frames.saturating_sub(right) as u64;
        out.reserve(2 * frames);
        for _ in 0..frames {
            out.push(self.left.waiting.pop_front().unwrap_or(0));
            out.push(self.right.waiting.pop_front().unwrap_or(0));
        }
    }
}

/// Appends the sum of both to `out`, clipped, as long as the longer one: one channel for who wants to
/// listen along.
pub fn mono(left: &[i16], right: &[i16], out: &mut Vec<i16>) {
    let both = left.iter().zip(right).map(|(l, r)| l.saturating_add(*r));
    out.extend(both);
    let shorter = left.len().min(right.len());
    for side in [left, right] {
        out.extend(side.iter().skip(shorter));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_in_step() {
        let mut mix = StereoMix::new(100);
        let mut out = Vec::new();
        mix.push_left(&[1, 2, 3], &mut out);
        assert_eq!(out, []);
        mix.push_right(&[-1, -2], &mut out);
        assert_eq!(out, [1, -1, 2, -2]);
        mix.finish(&mut out);
        assert_eq!(out, [1, -1, 2, -2, 3, 0]);
        assert_eq!(mix.padded(), (0, 1));
    }

    #[test]
    fn who_sends_nothing_is_silent() {
        let mut mix = StereoMix::new(2);
        let mut out = Vec::new();
        mix.push_right(&[1, 2, 3, 4], &mut out);
        assert_eq!(out, [0, 1, 0, 2]);
        mix.push_left(&[9, 8], &mut out);
        assert_eq!(out, [0, 1, 0, 2, 9, 3, 8, 4]);
        assert_eq!(mix.padded(), (2, 0));
    }

    #[test]
    fn the_sum_is_clipped() {
        let mut out = Vec::new();
        mono(&[1, i16::MAX, 5], &[2, 1], &mut out);
        mono(&[], &[7], &mut out);
        assert_eq!(out, [3, i16::MAX, 5, 7]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_more_is_held_than_the_bound(
            pushes in prop::collection::vec((any::<bool>(), 0usize..50), 0..40),
            bound in 0usize..60,
        ) {
            let mut mix = StereoMix::new(bound);
            let (mut out, mut sent) = (Vec::new(), [0i16; 2]);
            for (is_left, count) in pushes {
                let from = sent[usize::from(is_left)] + 1;
                let samples: Vec<i16> = (from..).take(count).collect();
                sent[usize::from(is_left)] += count as i16;
                if is_left {
                    mix.push_left(&samples, &mut out);
                } else {
                    mix.push_right(&samples, &mut out);
                }
                prop_assert!(mix.left.waiting.len().max(mix.right.waiting.len()) <= bound);
            }
            mix.finish(&mut out);
            for (channel, is_left) in [(0, true), (1, false)] {
                let heard: Vec<i16> = out.iter().skip(channel).step_by(2).copied().filter(|&s| s != 0).collect();
                let expected: Vec<i16> = (1..=sent[usize::from(is_left)]).collect();
                prop_assert_eq!(heard, expected);
            }
        }
    }
}
