//! How a listener would measure what became of a tone.

use std::f64::consts::TAU;

use crate::tones::PEAK;

/// A quarter is thrown away at the start and nothing at the end: the filter's settling.
const SETTLE_PART: usize = 4;

/// The best sine of one frequency in the settled part of a signal, and what remains without it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Fit {
    pub(crate) peak: f64,
    /// In radians at the first sample of the stream.
    pub(crate) phase: f64,
    /// Root mean square of the rest: noise, images, aliases.
    pub(crate) rest: f64,
}

impl Fit {
    pub(crate) fn new(samples: &[i16], frequency_hz: f64, rate_hz: u32) -> Self {
        let skip = samples.len() / SETTLE_PART;
        let step = TAU * frequency_hz / f64::from(rate_hz);
        let at = |n: usize| (step * n as f64).sin_cos();
        let (mut ss, mut cc, mut sc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (n, &x) in samples.iter().enumerate().skip(skip) {
            let ((s, c), x) = (at(n), f64::from(x));
            ss += s * s;
            cc += c * c;
            sc += s * c;
            xs += x * s;
            xc += x * c;
        }
        let det = ss * cc - sc * sc;
        let (a, b) = ((xs * cc - xc * sc) / det, (xc * ss - xs * sc) / det);
        let mut rest = 0.0;
        for (n, &x) in samples.iter().enumerate().skip(skip) {
            let (s, c) = at(n);
            rest += (f64::from(x) - a * s - b * c).powi(2);
        }
        let count = (samples.len() - skip) as f64;
        Self {
            peak: a.hypot(b),
            phase: b.atan2(a),
            rest: (rest / count).sqrt(),
        }
    }

    /// The rest below the tone.
    pub(crate) fn rest_db(&self) -> f64 {
        db(self.rest * 2f64.sqrt() / self.peak)
    }
}

/// The level of the settled part below that of a sine of `PEAK`.
pub(crate) fn level_db(samples: &[i16]) -> f64 {
    let settled = &samples[samples.len() / SETTLE_PART..];
    let sum: f64 = settled.iter().map(|&s| f64::from(s).powi(2)).sum();
    let rms = (sum / settled.len() as f64).sqrt();
    db((rms * 2f64.sqrt() / PEAK).max(1e-6))
}

pub(crate) fn db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}
