//! Ratios of small numbers: one low-pass at the common rate, evaluated only at the outputs and only on the
//! inputs that are not zero.
//!
//! Inputs are dealt to `down` lanes and outputs come in `up` streams; then the neighbours in a stream need
//! neighbours in a lane, and one coefficient serves a whole row of outputs without a sum across a vector.
//! Outputs of a block that is not full are computed one by one, in the same order of additions: equal bits.

use super::{design, round_to_i16};
use crate::simd;

/// Outputs of one stream in a block: eight vectors of four, which hide the latency of an addition.
const BLOCK: usize = 32;

/// One block of one stream.
pub(crate) type Outputs = [i16; BLOCK];

/// One product of an output: a coefficient, and where its input lies for the block's first output.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Step {
    coefficient: f32,
    at: u32,
}

#[derive(Debug)]
pub(crate) struct Polyphase {
    up: usize,
    down: usize,
    /// The products of one output, one slice for each of the `up` streams.
    streams: Vec<Box<[Step]>>,
    /// `down` lanes of `lane` inputs each: first `history`, then the block's `BLOCK`.
    lanes: Box<[f32]>,
    lane: usize,
    history: usize,
    /// Inputs in the block so far.
    filled: usize,
    /// Outputs of the block given so far.
    given: usize,
}

impl Polyphase {
    /// The largest interpolation or decimation factor that keeps the state within 4 KiB.
    pub(crate) const MAX_FACTOR: usize = 6;

    /// Interpolates by `up` and decimates by `down`, which have no common divisor.
    pub(crate) fn new(up: usize, down: usize) -> Self {
        let prototype = design::prototype(up, down);
        let history = prototype.len().div_ceil(up).div_ceil(down);
        let lane = history + BLOCK;
        let streams = (0..up)
            .map(|stream| {
                // Output `stream` of a group lies `stream * down` common periods after its first input.
                let (newest, phase) = (stream * down / up, stream * down % up);
                let of_phase = prototype.iter().skip(phase).step_by(up).enumerate();
                of_phase
                    .map(|(back, &coefficient)| {
                        let input = history * down + newest - back;
                        let at = (input % down * lane + input / down) as u32;
                        Step { coefficient, at }
                    })
                    .collect()
            })
            .collect();
        Self {
            up,
            down,
            streams,
            lanes: vec![0.0; down * lane].into_boxed_slice(),
            lane,
            history,
            filled: 0,
            given: 0,
        }
    }

    pub(crate) fn process(&mut self, mut samples: &[i16], out: &mut Vec<i16>) {
        out.reserve(samples.len() * self.up / self.down + self.up);
        let full = BLOCK * self.down;
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(full - self.filled));
            self.deal(now);
            samples = later;
            if self.filled == full && self.given == 0 {
                self.give_block(out);
            } else {
                self.give_one_by_one(out);
            }
            if self.filled == full {
                self.next_block();
            }
        }
    }

    pub(crate) fn reset(&mut self) {
        self.lanes.fill(0.0);
        self.filled = 0;
        self.given = 0;
    }

    pub(crate) fn delay_in_samples(&self) -> f64 {
        design::delay_in_samples(self.up, self.down)
    }

    #[cfg(test)]
    pub(crate) fn heap_bytes(&self) -> usize {
        let steps: usize = self.streams.iter().map(|stream| stream.len()).sum();
        size_of::<Box<[Step]>>() * self.streams.capacity()
            + size_of::<Step>() * steps
            + size_of::<f32>() * self.lanes.len()
    }

    /// Appends `samples` to the block, which has room for them.
    fn deal(&mut self, samples: &[i16]) {
        let at = self.history + self.filled / self.down;
        match self.down {
            _ if !self.filled.is_multiple_of(self.down) => self.deal_one_by_one(samples),
            1 => deal::<1>(samples, &mut self.lanes, self.lane, at),
            2 => deal::<2>(samples, &mut self.lanes, self.lane, at),
            3 => deal::<3>(samples, &mut self.lanes, self.lane, at),
            6 => deal::<6>(samples, &mut self.lanes, self.lane, at),
            _ => self.deal_one_by_one(samples),
        }
        self.filled += samples.len();
    }

    fn deal_one_by_one(&mut self, samples: &[i16]) {
        for (n, &sample) in (self.filled..).zip(samples) {
            let at = n % self.down * self.lane + self.history + n / self.down;
            if let Some(input) = self.lanes.get_mut(at) {
                *input = f32::from(sample);
            }
        }
    }

    /// Appends all outputs of a full block.
    fn give_block(&mut self, out: &mut Vec<i16>) {
        let mut streams = [[0; BLOCK]; Self::MAX_FACTOR];
        for (steps, outputs) in self.streams.iter().zip(&mut streams) {
            simd::convolve(steps, &self.lanes, outputs);
        }
        match self.up {
            1 => give::<1>(&streams, out),
            2 => give::<2>(&streams, out),
            3 => give::<3>(&streams, out),
            _ => give::<6>(&streams, out),
        }
        self.given = BLOCK * self.up;
    }

    /// Appends the outputs that what is in the block allows and that were not given yet.
    fn give_one_by_one(&mut self, out: &mut Vec<i16>) {
        let ready = (self.filled * self.up).div_ceil(self.down);
        for n in self.given..ready {
            let (group, stream) = (n / self.up, n % self.up);
            let steps = self.streams.get(stream).map_or(&[][..], |steps| steps);
            let sum = steps.iter().fold(0.0, |sum, step| {
                let input = self.lanes.get(step.at as usize + group);
                sum + step.coefficient * input.copied().unwrap_or(0.0)
            });
            out.push(round_to_i16(sum));
        }
        self.given = ready;
    }

    /// Makes the end of the block the history of the next.
    fn next_block(&mut self) {
        for lane in self.lanes.chunks_exact_mut(self.lane) {
            lane.copy_within(BLOCK.., 0);
        }
        self.filled = 0;
        self.given = 0;
    }
}

/// One stream of a full block.
#[expect(
    clippy::indexing_slicing,
    reason = "0..BLOCK into arrays of BLOCK; iterators here are not inlined unless the whole program is optimised at once"
)]
#[inline(always)]
pub(crate) fn convolve(steps: &[Step], inputs: &[f32], out: &mut Outputs) {
    let mut sums = [0.0f32; BLOCK];
    for step in steps {
        let Some(inputs) = inputs
            .get(step.at as usize..)
            .and_then(<[f32]>::first_chunk::<BLOCK>)
        else {
            continue;
        };
        for k in 0..BLOCK {
            sums[k] += step.coefficient * inputs[k];
        }
    }
    for k in 0..BLOCK {
        out[k] = round_to_i16(sums[k]);
    }
}

/// Deals whole groups to the lanes, from `at` in each, and what is left of a last one.
fn deal<const DOWN: usize>(samples: &[i16], lanes: &mut [f32], lane: usize, at: usize) {
    let (groups, rest) = samples.as_chunks::<DOWN>();
    for (n, lane) in lanes.chunks_exact_mut(lane).enumerate().take(DOWN) {
        let fresh = lane.get_mut(at..).unwrap_or_default();
        for (input, group) in fresh.iter_mut().zip(groups) {
            *input = group.get(n).copied().map_or(0.0, f32::from);
        }
        if let (Some(input), Some(&sample)) = (fresh.get_mut(groups.len()), rest.get(n)) {
            *input = f32::from(sample);
        }
    }
}

/// Appends the first output of every stream, then the second of every stream, …
#[expect(
    clippy::indexing_slicing,
    reason = "0..UP into an array of UP, and 0..BLOCK into arrays of BLOCK"
)]
fn give<const UP: usize>(streams: &[Outputs; Polyphase::MAX_FACTOR], out: &mut Vec<i16>) {
    let mut groups = [[0; UP]; BLOCK];
    for (n, stream) in streams.iter().enumerate().take(UP) {
        for k in 0..BLOCK {
            groups[k][n] = stream[k];
        }
    }
    out.extend_from_slice(groups.as_flattened());
}
