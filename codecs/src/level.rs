//! How loud it is, in decibels relative to full scale, and an automatic gain for what listens.
//!
//! 0 dBFS is a square wave of full scale (dBov in the words of ITU-T G.100.1), so that a sine of full
//! scale has -3.01 dBFS.

mod gain;

pub use gain::{AutoGain, AutoGainConfig};

/// What digital silence is reported as: below the -90.3 dBFS of the smallest sample.
pub const SILENCE_DBFS: f32 = -100.0;

const FULL_SCALE: f64 = 32_768.0;

/// The level of a stretch of sound.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Level {
    /// Root mean square, [`SILENCE_DBFS`] to 0.
    pub rms_dbfs: f32,
    /// The largest magnitude, [`SILENCE_DBFS`] to 0.
    pub peak_dbfs: f32,
    /// Samples at either end of the range: more than a few in a row were clipped somewhere.
    pub clipped: u64,
    /// How many samples that was.
    pub samples: u64,
}

/// Measures the level of a stream between two readings, as for a meter on a screen.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    squares: u64,
    peak: u16,
    clipped: u64,
    samples: u64,
}

impl Meter {
    /// A meter that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes any number of samples.
    pub fn push(&mut self, samples: &[i16]) {
        let (squares, peak) = samples.iter().fold((0u64, 0u16), |(squares, peak), &s| {
            let magnitude = s.unsigned_abs();
            let square = u32::from(magnitude) * u32::from(magnitude);
            (squares + u64::from(square), peak.max(magnitude))
        });
        self.squares = self.squares.saturating_add(squares);
        self.peak = self.peak.max(peak);
        if peak >= i16::MAX as u16 {
            let at_the_end = |s: &&i16| s.unsigned_abs() >= i16::MAX as u16;
            self.clipped += samples.iter().filter(at_the_end).count() as u64;
        }
        self.samples += samples.len() as u64;
    }

    /// The level since the last [`Meter::take`].
    pub fn level(&self) -> Level {
        let mean_square = self.squares as f64 / self.samples.max(1) as f64;
        Level {
            rms_dbfs: dbfs(mean_square.sqrt()),
            peak_dbfs: dbfs(f64::from(self.peak)),
            clipped: self.clipped,
            samples: self.samples,
        }
    }

    /// The level since the last time, and starts anew.
    pub fn take(&mut self) -> Level {
        let level = self.level();
        *self = Self::new();
        level
    }
}

/// Root mean square on the `i16` scale; 0 of no samples.
pub fn rms(samples: &[i16]) -> f32 {
    let squares: i64 = samples.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
    (squares as f32 / samples.len().max(1) as f32).sqrt()
}

fn dbfs(magnitude: f64) -> f32 {
    let db = 20.0 * (magnitude / FULL_SCALE).log10();
    (db as f32).max(SILENCE_DBFS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn levels_of_known_sounds() {
        let sine: Vec<i16> = (0..8000)
            .map(|n| (32_767.0 * (f64::from(n) * 0.1).sin()) as i16)
            .collect();
        let mut meter = Meter::new();
        meter.push(&sine);
        let level = meter.take();
        assert!((level.rms_dbfs + 3.01).abs() < 0.02, "{level:?}");
        assert!(level.peak_dbfs > -0.01, "{level:?}");
        assert_eq!(level.samples, 8000);

        meter.push(&[i16::MIN; 4]);
        let level = meter.take();
        assert_eq!((level.rms_dbfs, level.peak_dbfs), (0.0, 0.0));
        assert_eq!(level.clipped, 4);

        meter.push(&[0; 4]);
        assert_eq!(meter.level().rms_dbfs, SILENCE_DBFS);
        assert_eq!(Meter::new().level().peak_dbfs, SILENCE_DBFS);
        assert_eq!(rms(&[]), 0.0);
        assert_eq!(rms(&[3, -3]), 3.0);
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(
            samples in prop::collection::vec(any::<i16>(), 0..300),
            chunk in 1usize..300,
        ) {
            let (mut whole, mut pieces) = (Meter::new(), Meter::new());
            whole.push(&samples);
            for piece in samples.chunks(chunk) {
                pieces.push(piece);
            }
            prop_assert_eq!(whole.take(), pieces.take());
        }
    }
}
