//! Finding touch tones: eight Goertzel filters over blocks of 102 samples (12.75 ms) at 8 kHz,
//! each block overlapping half of the one before.
//!
//! A digit needs four blocks in a row, so 40 ms are always enough and 23 ms never are, and a gap
//! of 10 ms does not split it (Q.24). In each block both tones must be strong, alone in their
//! group, of like strength, and together most of all there is: speech and music fail the last rule.

use std::f32::consts::TAU;

use super::{COLUMNS_HZ, Digit, ROWS_HZ};

const RATE_HZ: f32 = 8000.0;
const BLOCK: usize = 102;
/// From the start of a block to that of the next.
const HOP: usize = BLOCK / 2;
/// Blocks in a row that make a digit, or its end.
const BLOCKS: u8 = 4;
/// Mean square of the weakest tone taken, on the `i16` scale: about -35 dBm0.
const MIN_TONE_POWER: f32 = 1.0e5;
/// How much stronger a tone must be than the next one of its group: 6.5 dB. What leaks from a
/// stronger tone of the other group leaves 7.7 dB in the worst case.
const ALONE: f32 = 4.5;
/// The low tone may be 8 dB stronger than the high one: lines weaken high frequencies. The weaker
/// tone is measured up to 2 dB wrong in so short a block, because the stronger leaks into it.
const LOW_STRONGER: f32 = 11.2;
/// The high tone may be 4 dB stronger than the low one; measured as above.
const HIGH_STRONGER: f32 = 3.5;
/// The share of the block's energy that both tones must make up.
const SHARE: f32 = 0.75;

/// A touch tone that began or ended. Positions are samples of the 8 kHz stream.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum DtmfEvent {
    /// The key went down: reported 32-38 ms later.
    Pressed {
        /// Which key.
        digit: Digit,
        /// The start of the first block that held it whole.
        at_sample: u64,
    },
    /// The key came up: reported 26-35 ms later.
    Released {
        /// Which key.
        digit: Digit,
        /// The end of the last block that held it.
        at_sample: u64,
    },
}

/// Finds touch tones in an 8 kHz mono stream, cut into chunks of any length.
#[derive(Clone, Debug)]
pub struct Detector {
    /// The block that ends with this hop, and the one that ends with the next.
    banks: [Bank; 2],
    /// Samples of this hop so far, and where it ends.
    filled: usize,
    hop_end: u64,
    down: Option<Digit>,
    /// What the last blocks held when it is not `down`, and how many of them.
    candidate: Option<Digit>,
    blocks: u8,
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    /// A detector at position 0, with no key down.
    pub fn new() -> Self {
        Self {
            banks: [Bank::new(), Bank::new()],
            filled: 0,
            hop_end: HOP as u64,
            down: None,
            candidate: None,
            blocks: 0,
        }
    }

    /// The key that is down.
    pub const fn digit(&self) -> Option<Digit> {
        self.down
    }

    /// Takes any number of samples at 8 kHz and reports keys that went down or came up.
    pub fn push(&mut self, samples: &[i16], mut on_event: impl FnMut(DtmfEvent)) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest
                .split_at_checked(HOP - self.filled)
                .unwrap_or((rest, &[]));
            for bank in &mut self.banks {
                bank.push(now);
            }
            self.filled += now.len();
            rest = later;
            if self.filled == HOP {
                self.finish_hop(&mut on_event);
            }
        }
    }

    /// Forgets the sound and the position.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    fn finish_hop(&mut self, on_event: &mut impl FnMut(DtmfEvent)) {
        let [complete, _] = &mut self.banks;
        let heard = complete.take_digit();
        self.banks.swap(0, 1);
        self.count(heard, on_event);
        self.filled = 0;
        self.hop_end += HOP as u64;
    }

    fn count(&mut self, heard: Option<Digit>, on_event: &mut impl FnMut(DtmfEvent)) {
        if heard == self.down {
            self.blocks = 0;
            return;
        }
        let again = self.blocks > 0 && heard == self.candidate;
        self.candidate = heard;
        self.blocks = if again { self.blocks + 1 } else { 1 };
        if self.blocks < BLOCKS {
            return;
        }
        let earlier = u64::from(BLOCKS) * HOP as u64;
        let last_block_end = self.hop_end.saturating_sub(earlier);
        if let Some(digit) = self.down.take() {
            on_event(DtmfEvent::Released {
                digit,
                at_sample: last_block_end,
            });
        }
        if let Some(digit) = heard {
            on_event(DtmfEvent::Pressed {
                digit,
                at_sample: last_block_end.saturating_sub(HOP as u64),
            });
        }
        self.down = heard;
        self.blocks = 0;
    }
}

/// The eight filters and the energy of one block.
#[derive(Clone, Debug)]
struct Bank {
    filters: [Goertzel; 8],
    energy: f32,
}

impl Bank {
    fn new() -> Self {
        let [a, b, c, d] = ROWS_HZ;
        let [e, f, g, h] = COLUMNS_HZ;
        Self {
            filters: [a, b, c, d, e, f, g, h].map(Goertzel::new),
            energy: 0.0,
        }
    }

    fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            let sample = f32::from(sample);
            self.energy += sample * sample;
            for filter in &mut self.filters {
                filter.push(sample);
            }
        }
    }

    /// What the block held; starts anew.
    fn take_digit(&mut self) -> Option<Digit> {
        let powers = self.filters.each_mut().map(Goertzel::take_power);
        let mean_square = std::mem::take(&mut self.energy) / BLOCK as f32;
        classify(powers, mean_square)
    }
}

/// The digit in a block, from the mean square of each tone and of everything.
fn classify(powers: [f32; 8], mean_square: f32) -> Option<Digit> {
    let [a, b, c, d, e, f, g, h] = powers;
    let (row, low) = strongest([a, b, c, d])?;
    let (column, high) = strongest([e, f, g, h])?;
    let alike = low < high * LOW_STRONGER && high < low * HIGH_STRONGER;
    let strong = low.min(high) >= MIN_TONE_POWER;
    let nearly_all = low + high > mean_square * SHARE;
    (alike && strong && nearly_all).then_some(Digit { row, column })
}

/// The strongest of a group, if it is strong enough beside the others.
fn strongest(group: [f32; 4]) -> Option<(u8, f32)> {
    let (at, power) = (0u8..).zip(group).max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let alone = (0u8..)
        .zip(group)
        .all(|(other, rival)| other == at || rival * ALONE < power);
    alone.then_some((at, power))
}

/// One filter of the bank: the power of a single frequency over a block.
#[derive(Copy, Clone, Debug)]
struct Goertzel {
    coefficient: f32,
    last: f32,
    before: f32,
}

impl Goertzel {
    fn new(frequency_hz: f32) -> Self {
        Self {
            coefficient: 2.0 * (TAU * frequency_hz / RATE_HZ).cos(),
            last: 0.0,
            before: 0.0,
        }
    }

    #[inline]
    fn push(&mut self, sample: f32) {
        let next = sample + self.coefficient * self.last - self.before;
        self.before = self.last;
        self.last = next;
    }

    /// The mean square of a sine at this frequency that would give the same response; starts anew.
    fn take_power(&mut self) -> f32 {
        let (last, before) = (self.last, self.before);
        self.last = 0.0;
        self.before = 0.0;
        let magnitude = last * last + before * before - self.coefficient * last * before;
        2.0 * magnitude / (BLOCK * BLOCK) as f32
    }
}
