//! Ratios of large numbers where rubato cannot keep to 2 ms: 8 kHz to 22.05 and 44.1 kHz.
//!
//! The same low-pass as between the telephone rates, with 441 phases of 32 taps. (rubato's sinc reads up to
//! two samples ahead of the output and is a multiple of 8 taps long: 32 would delay 2.1 ms, and 24 are too
//! few for the bounds in any of its windows. Its transform works on blocks of 20 ms at this ratio.)

use super::{design, round_to_i16};

/// How many input samples are worked on at a time; bounds the memory, nothing else.
const BLOCK: usize = 160;

#[derive(Debug)]
pub(crate) struct Rational {
    up: usize,
    down: usize,
    /// Coefficients of one phase after another, each `taps` long and reversed in time.
    phases: Box<[f32]>,
    /// Coefficients in a phase: how many input samples an output looks at.
    taps: usize,
    /// The last `taps - 1` inputs, then those of the block at hand.
    work: Vec<f32>,
    /// Which input after the history the next output ends at …
    next: usize,
    /// … and which phase it uses.
    phase: usize,
}

impl Rational {
    /// Interpolates by `up` and decimates by `down`, which have no common divisor.
    pub(crate) fn new(up: usize, down: usize) -> Self {
        let prototype = design::prototype(up, down);
        let taps = prototype.len().div_ceil(up);
        let phases = (0..up)
            .flat_map(|phase| {
                let of_phase = prototype.iter().skip(phase).step_by(up).copied();
                let mut of_phase: Vec<f32> = of_phase.collect();
                of_phase.resize(taps, 0.0);
                of_phase.reverse();
                of_phase
            })
            .collect();
        let mut work = Vec::with_capacity(taps - 1 + BLOCK);
        work.resize(taps - 1, 0.0);
        Self {
            up,
            down,
            phases,
            taps,
            work,
            next: 0,
            phase: 0,
        }
    }

    pub(crate) fn process(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        out.reserve(samples.len() * self.up / self.down + 1);
        for block in samples.chunks(BLOCK) {
            self.work.extend(block.iter().map(|&s| f32::from(s)));
            self.convolve(block.len(), out);
            self.work.drain(..block.len());
        }
    }

    pub(crate) fn reset(&mut self) {
        self.work.fill(0.0);
        self.next = 0;
        self.phase = 0;
    }

    pub(crate) fn delay_in_samples(&self) -> f64 {
        design::delay_in_samples(self.up, self.down)
    }

    /// Appends the outputs that end within the first `fresh` inputs after the history.
    fn convolve(&mut self, fresh: usize, out: &mut Vec<i16>) {
        while self.next < fresh {
            let coefficients = self.phases.get(self.phase * self.taps..);
            let inputs = self.work.get(self.next..self.next + self.taps);
            let (Some(coefficients), Some(inputs)) = (coefficients, inputs) else {
                debug_assert!(
                    false,
                    "the history and the block are shorter than the filter"
                );
                break;
            };
            out.push(round_to_i16(dot(inputs, coefficients)));
            self.phase += self.down;
            self.next += self.phase / self.up;
            self.phase %= self.up;
        }
        self.next -= fresh;
    }
}

/// The product of `a` with the start of `b`. Eight sums side by side, because the compiler may not
/// reorder floats.
#[expect(
    clippy::indexing_slicing,
    reason = "0..8 into arrays of 8; iterators here cost 15 times as much unless the whole program is optimised at once"
)]
#[inline]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        for k in 0..8 {
            sums[k] += a[k] * b[k];
        }
    }
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    // In this order the sums stay in vector registers until here; in pairs they do not.
    s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7
}
