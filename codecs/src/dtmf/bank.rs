//! Eight Goertzel filters, run side by side over hops of 51 samples; two hops make a block.
//!
//! A filter gives a complex amplitude whose phase is that at the end of the hop, so that the block
//! is the older hop turned by one hop's worth of phase plus the newer one: each sample is filtered
//! once although blocks overlap by half. How the phase moved from block to block, beyond what the
//! nominal frequency explains, is how far off the tone is.

use std::f32::consts::TAU;

use super::{COLUMNS_HZ, Digit, ROWS_HZ};

pub(super) const RATE_HZ: f32 = 8000.0;
/// From the start of a block to that of the next, in samples: 6.4 ms.
pub(super) const HOP: usize = 51;
/// Samples of a block: 12.75 ms. Of all lengths near it, the one in which a tone of one group leaks
/// least into the other.
pub(super) const BLOCK: usize = 2 * HOP;

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
/// The share of the block's energy that both tones must make up. A tone 1.5 % off loses up to a
/// quarter of its own; and a tone that fills less than this share of a block does not count, which
/// is what keeps 23 ms from filling four.
const SHARE: f32 = 0.72;

/// A complex amplitude.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Phasor {
    pub(super) re: f32,
    pub(super) im: f32,
}

impl Phasor {
    fn turned(self, by: Self) -> Self {
        Self {
            re: self.re * by.re - self.im * by.im,
            im: self.re * by.im + self.im * by.re,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            re: self.re + other.re,
            im: self.im + other.im,
        }
    }

    fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }

    /// The angle from `from` to `self`, -π to π.
    fn angle_from(self, from: Self) -> f32 {
        let turned = self.turned(Self {
            re: from.re,
            im: -from.im,
        });
        turned.im.atan2(turned.re)
    }
}

/// A digit that filled a block, with the amplitude of each of its tones.
#[derive(Copy, Clone, Debug)]
pub(super) struct Heard {
    pub(super) digit: Digit,
    low: Phasor,
    high: Phasor,
}

impl Heard {
    /// How far each tone is off its nominal frequency, as a share of it, judged by the block one hop
    /// `earlier` with the same digit.
    pub(super) fn error_since(&self, earlier: &Self) -> [f32; 2] {
        let (low_hz, high_hz) = self.digit.frequencies_hz();
        let error = |now: Phasor, then: Phasor, hz: f32| {
            let off = now.angle_from(then.turned(turn(hz, HOP)));
            off * RATE_HZ / (TAU * HOP as f32 * hz)
        };
        [
            error(self.low, earlier.low, low_hz),
            error(self.high, earlier.high, high_hz),
        ]
    }
}

/// The filters and the energy of one hop, and what the hop before left.
#[derive(Clone, Debug)]
pub(super) struct Bank {
    coefficients: [f32; 8],
    /// The phase that each tone gains in a sample, and in a hop.
    steps: [Phasor; 8],
    turns: [Phasor; 8],
    last: [f32; 8],
    before: [f32; 8],
    energy: f32,
    older: [Phasor; 8],
    older_energy: f32,
}

impl Bank {
    pub(super) fn new() -> Self {
        let [a, b, c, d] = ROWS_HZ;
        let [e, f, g, h] = COLUMNS_HZ;
        let frequencies_hz = [a, b, c, d, e, f, g, h];
        Self {
            coefficients: frequencies_hz.map(|hz| 2.0 * (TAU * hz / RATE_HZ).cos()),
            steps: frequencies_hz.map(|hz| turn(hz, 1)),
            turns: frequencies_hz.map(|hz| turn(hz, HOP)),
            last: [0.0; 8],
            before: [0.0; 8],
            energy: 0.0,
            older: [Phasor::default(); 8],
            older_energy: 0.0,
        }
    }

    /// Takes samples of the hop that is being filled.
    pub(super) fn push(&mut self, samples: &[i16]) {
        let (mut last, mut before, mut energy) = (self.last, self.before, self.energy);
        for &sample in samples {
            let sample = f32::from(sample);
            energy += sample * sample;
            let input = pairwise([sample; 8], before, |sample, before| sample - before);
            before = last;
            let echo = pairwise(self.coefficients, last, |coefficient, last| {
                coefficient * last
            });
            last = pairwise(input, echo, |input, echo| input + echo);
        }
        (self.last, self.before, self.energy) = (last, before, energy);
    }

    /// The hop is full: what the block that ends with it held. The next hop starts.
    pub(super) fn finish_hop(&mut self) -> Option<Heard> {
        let states = pairwise(self.last, self.before, |last, before| (last, before));
        let newer = pairwise(states, self.steps, |(last, before), step| Phasor {
            re: last - before * step.re,
            im: before * step.im,
        });
        let older = pairwise(self.older, self.turns, Phasor::turned);
        let block = pairwise(older, newer, Phasor::plus);
        let mean_square = (self.older_energy + self.energy) / BLOCK as f32;
        self.older = newer;
        self.older_energy = self.energy;
        self.energy = 0.0;
        self.last = [0.0; 8];
        self.before = [0.0; 8];
        classify(block, mean_square)
    }
}

/// The phase that a tone gains in so many samples.
fn turn(hz: f32, samples: usize) -> Phasor {
    let (im, re) = (TAU * hz / RATE_HZ * samples as f32).sin_cos();
    Phasor { re, im }
}

/// Both lists, element by element. Spelled out because iterators over several lists at once are not
/// turned into vector instructions, and this is most of what a detector costs.
#[inline(always)]
fn pairwise<A, B, C>(a: [A; 8], b: [B; 8], f: impl Fn(A, B) -> C) -> [C; 8] {
    let [a0, a1, a2, a3, a4, a5, a6, a7] = a;
    let [b0, b1, b2, b3, b4, b5, b6, b7] = b;
    [
        f(a0, b0),
        f(a1, b1),
        f(a2, b2),
        f(a3, b3),
        f(a4, b4),
        f(a5, b5),
        f(a6, b6),
        f(a7, b7),
    ]
}

/// The digit in a block, from the amplitude of each tone and the mean square of everything.
fn classify(block: [Phasor; 8], mean_square: f32) -> Option<Heard> {
    // Two tones of the least power would be needed.
    if mean_square < 2.0 * MIN_TONE_POWER {
        return None;
    }
    let [a, b, c, d, e, f, g, h] = block;
    let (row, low) = strongest([a, b, c, d])?;
    let (column, high) = strongest([e, f, g, h])?;
    // The mean square of a sine of that amplitude.
    let scale = 2.0 / (BLOCK * BLOCK) as f32;
    let (low_power, high_power) = (low.power() * scale, high.power() * scale);
    let alike = low_power < high_power * LOW_STRONGER && high_power < low_power * HIGH_STRONGER;
    let strong = low_power.min(high_power) >= MIN_TONE_POWER;
    let nearly_all = low_power + high_power > mean_square * SHARE;
    (alike && strong && nearly_all).then_some(Heard {
        digit: Digit { row, column },
        low,
        high,
    })
}

/// The strongest of a group, if it is strong enough beside the others.
fn strongest(group: [Phasor; 4]) -> Option<(u8, Phasor)> {
    let (at, found) = (0u8..)
        .zip(group)
        .max_by(|(_, a), (_, b)| a.power().total_cmp(&b.power()))?;
    let alone = (0u8..)
        .zip(group)
        .all(|(other, rival)| other == at || rival.power() * ALONE < found.power());
    alone.then_some((at, found))
}
