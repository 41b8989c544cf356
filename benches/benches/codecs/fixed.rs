//! The alternative to the f32 filter: 16-bit coefficients, i16 × i16 → i32, as a yardstick and not for use.
//!
//! It loses on quality. A full-scale input must not overflow 32 bits, and the coefficients of a phase sum to
//! more than two in magnitude, so they have 14 or 15 bits: the stop band then ends at -69 to -79 dB (bound -80).

#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "a fair yardstick has the same instructions as what it is held against"
    )
)]

use std::f64::consts::PI;

/// Length of the filter in periods of the lower rate, and its window and edge: as in the codecs.
const PERIODS: usize = 32;
const KAISER_BETA: f64 = 8.5;
const CUTOFF: f64 = 0.98;

/// A fixed-point polyphase filter for whole frames.
#[derive(Debug)]
pub(crate) struct Fixed {
    up: usize,
    down: usize,
    taps: usize,
    bits: u32,
    phases: Vec<i16>,
    work: Vec<i16>,
}

impl Fixed {
    pub(crate) fn new(up: usize, down: usize) -> Self {
        let prototype = prototype(up, down);
        let taps = prototype.len().div_ceil(up).next_multiple_of(16);
        let phase = |n: usize| prototype.iter().skip(n).step_by(up);
        let magnitude = |n: usize| phase(n).map(|tap| tap.abs()).sum::<f64>();
        let most = (0..up).map(magnitude).fold(0.0, f64::max);
        // 2^15 (the input) · most · 2^bits has to stay below 2^31.
        let bits = (16.0 - f64::log2(most)).floor() as u32;
        let scale = f64::from(1u32 << bits);
        let phases = (0..up)
            .flat_map(|n| {
                let mut of_phase: Vec<i16> =
                    phase(n).map(|tap| (tap * scale).round() as i16).collect();
                of_phase.resize(taps, 0);
                of_phase.reverse();
                of_phase
            })
            .collect();
        Self {
            up,
            down,
            taps,
            bits,
            phases,
            work: vec![0; taps - 1],
        }
    }

    /// A frame of whole groups of `down`.
    pub(crate) fn process(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has just said that it has what this copy is compiled for.
            unsafe { self.process_avx2(samples, out) };
            return;
        }
        self.process_portable(samples, out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn process_avx2(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.process_portable(samples, out);
    }

    #[inline(always)]
    fn process_portable(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.work.extend_from_slice(samples);
        let outputs = samples.len() * self.up / self.down;
        for n in 0..outputs {
            let at = n * self.down;
            let inputs = &self.work[at / self.up..at / self.up + self.taps];
            let coefficients = &self.phases[at % self.up * self.taps..][..self.taps];
            let mut sum = 0;
            for (&a, &b) in inputs.iter().zip(coefficients) {
                sum += i32::from(a) * i32::from(b);
            }
            let rounded = (sum >> (self.bits - 1)).wrapping_add(1) >> 1;
            out.push(rounded.clamp(-32768, 32767) as i16);
        }
        self.work.drain(..samples.len());
    }

    /// The loudest part of the response from 1.15 of the lower Nyquist frequency on, in dB.
    pub(crate) fn stop_band_db(&self) -> f64 {
        let len = PERIODS * self.up.max(self.down) - 1;
        let at = |n: usize| {
            f64::from(self.phases[n % self.up * self.taps + self.taps - 1 - n / self.up])
        };
        let total: f64 = (0..len).map(at).sum();
        let response = |frequency: f64| {
            let centre = (len - 1) as f64 / 2.0;
            let term = |n: usize| at(n) * (2.0 * PI * frequency * (n as f64 - centre)).cos();
            ((0..len).map(term).sum::<f64>() / total).abs()
        };
        let corner = 1.15 / 2.0 / self.up.max(self.down) as f64;
        let steps = 2000;
        let frequencies =
            (0..=steps).map(|n| corner + (0.5 - corner) * f64::from(n) / f64::from(steps));
        20.0 * frequencies.map(response).fold(0.0, f64::max).log10()
    }
}

/// The low-pass of the codecs, in full precision.
fn prototype(up: usize, down: usize) -> Vec<f64> {
    let factor = up.max(down);
    let len = PERIODS * factor - 1;
    let centre = (len - 1) as f64 / 2.0;
    let taps: Vec<f64> = (0..len)
        .map(|n| {
            let x = n as f64 - centre;
            let angle = PI * CUTOFF * x / factor as f64;
            let sinc = if x == 0.0 { 1.0 } else { angle.sin() / angle };
            sinc * kaiser(x / (centre + 1.0))
        })
        .collect();
    let gain = up as f64 / taps.iter().sum::<f64>();
    taps.iter().map(|tap| tap * gain).collect()
}

fn kaiser(x: f64) -> f64 {
    (bessel_i0(KAISER_BETA * (1.0 - x * x).max(0.0).sqrt()) - 1.0) / (bessel_i0(KAISER_BETA) - 1.0)
}

fn bessel_i0(x: f64) -> f64 {
    let terms = (1..40).scan(1.0, |term, k| {
        *term *= x * x / 4.0 / f64::from(k * k);
        Some(*term)
    });
    1.0 + terms.sum::<f64>()
}
