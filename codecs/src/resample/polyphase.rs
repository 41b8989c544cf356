//! A rational resampler for small ratios: one low-pass at the common rate, evaluated only at the
//! outputs and only on the inputs that are not zero.
//!
//! The prototype is a Kaiser-windowed sinc (β 8) of 32 periods of the lower rate less one tap, with
//! its edge at 0.94 of the lower Nyquist frequency: 95 taps at 24 kHz between 8 and 24 kHz.

use std::f64::consts::PI;

use super::round_to_i16;

/// Length of the filter in periods of the lower rate.
const PERIODS: usize = 32;
/// The window's shape: the trade between stop band (-85 dB) and the width of the edge.
const KAISER_BETA: f64 = 8.0;
/// The filter's -6 dB point, relative to half the lower rate.
const CUTOFF: f64 = 0.94;
/// How many input samples are worked on at a time; bounds the memory, nothing else.
const BLOCK: usize = 240;

#[derive(Debug)]
pub(crate) struct Polyphase {
    up: usize,
    down: usize,
    /// Coefficients of one output after another, each phase `taps` long and reversed in time.
    phases: Vec<f32>,
    /// Coefficients in a phase: how many input samples an output looks at. A multiple of 8.
    taps: usize,
    /// The last `taps - 1` inputs, then those of the block at hand.
    work: Vec<f32>,
    /// Which input after the history the next output ends at …
    next: usize,
    /// … and which phase it uses.
    phase: usize,
}

impl Polyphase {
    /// The largest interpolation or decimation factor that keeps the state within 4 KiB.
    pub(crate) const MAX_FACTOR: usize = 6;

    /// Interpolates by `up` and decimates by `down`, which have no common divisor.
    pub(crate) fn new(up: usize, down: usize) -> Self {
        let prototype = prototype(up, down);
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

    pub(crate) fn flush(&mut self, out: &mut Vec<i16>) {
        let silence = [0; BLOCK];
        let delay_in = self.delay_out_samples() * self.down as f64 / self.up as f64;
        let tail = silence.get(..delay_in.ceil() as usize).unwrap_or(&silence);
        self.process(tail, out);
    }

    pub(crate) fn reset(&mut self) {
        self.work.fill(0.0);
        self.next = 0;
        self.phase = 0;
    }

    pub(crate) fn delay_out_samples(&self) -> f64 {
        (PERIODS * self.up.max(self.down) / 2 - 1) as f64 / self.down as f64
    }

    #[cfg(test)]
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<f32>() * (self.phases.capacity() + self.work.capacity())
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

/// The low-pass at the common rate, padded by one zero to a multiple of 8 in every phase.
fn prototype(up: usize, down: usize) -> Vec<f32> {
    let factor = up.max(down);
    let len = PERIODS * factor - 1;
    let centre = (len - 1) as f64 / 2.0;
    let cutoff = CUTOFF / factor as f64;
    let taps: Vec<f64> = (0..len)
        .map(|n| {
            let x = n as f64 - centre;
            let ideal = if x == 0.0 {
                1.0
            } else {
                (PI * cutoff * x).sin() / (PI * cutoff * x)
            };
            ideal * kaiser(x / (centre + 1.0))
        })
        .collect();
    // Interpolation spreads one input over `up` outputs, so each phase must sum to one.
    let gain = up as f64 / taps.iter().sum::<f64>();
    taps.iter()
        .map(|tap| (tap * gain) as f32)
        .chain([0.0])
        .collect()
}

/// The Kaiser window at `x` in -1..=1.
fn kaiser(x: f64) -> f64 {
    bessel_i0(KAISER_BETA * (1.0 - x * x).max(0.0).sqrt()) / bessel_i0(KAISER_BETA)
}

/// The modified Bessel function of order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..40 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}
