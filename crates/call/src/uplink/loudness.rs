//! How loud speech is: the loudest tenth of a second of it.

use trunkline_codecs::level::SILENCE_DBFS;

/// Samples summed at once: 20 ms at 16 kHz.
const BLOCK: usize = 320;
/// Blocks in a window: 100 ms, as long as a short syllable.
const WINDOW: usize = 5;

/// Measures a 16 kHz stream in windows of 100 ms that move by 20.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loudness {
    /// Sums of squares of the last blocks.
    blocks: [u64; WINDOW],
    /// The same of the block that is being filled, and its samples so far.
    filling: u64,
    filled: usize,
    /// Sum of squares of the loudest window.
    loudest: u64,
}

impl Loudness {
    /// Takes any number of samples.
    pub(crate) fn push(&mut self, mut samples: &[i16]) {
        while let Some((now, later)) = samples.split_at_checked(BLOCK - self.filled) {
            self.filling += squares(now);
            self.finish_block();
            samples = later;
        }
        self.filling += squares(samples);
        self.filled += samples.len();
    }

    /// That many samples of silence have passed.
    pub(crate) fn rest(&mut self, samples: u64) {
        for _ in 0..(samples / BLOCK as u64).min(WINDOW as u64) {
            self.finish_block();
        }
    }

    /// Speech has begun: what was loud before the window that ends now does not count.
    pub(crate) fn start(&mut self) {
        self.loudest = self.window();
    }

    /// The loudest window since [`start`](Self::start), in dBFS, [`SILENCE_DBFS`] to 0.
    pub(crate) fn dbfs(&self) -> f32 {
        let mean = self.loudest as f64 / (WINDOW * BLOCK) as f64;
        let db = 10.0 * (mean / (32_768.0 * 32_768.0)).log10();
        (db as f32).max(SILENCE_DBFS)
    }

    fn finish_block(&mut self) {
        self.blocks.rotate_left(1);
        let [.., newest] = &mut self.blocks;
        *newest = std::mem::take(&mut self.filling);
        self.filled = 0;
        self.loudest = self.loudest.max(self.window());
    }

    fn window(&self) -> u64 {
        self.blocks.iter().sum()
    }
}

fn squares(samples: &[i16]) -> u64 {
    samples
        .iter()
        .map(|&sample| u64::from(sample.unsigned_abs()).pow(2))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_loudest_100_ms_count() {
        let mut loudness = Loudness::default();
        assert_eq!(loudness.dbfs(), SILENCE_DBFS);
        loudness.push(&[32_767; 16_000]);
        assert!(loudness.dbfs().abs() < 0.001);
        loudness.push(&[0; 1_600]);
        loudness.start();
        assert_eq!(loudness.dbfs(), SILENCE_DBFS);
        loudness.push(&[3_277; 1_600]);
        loudness.push(&[0; 16_000]);
        assert!((loudness.dbfs() + 20.0).abs() < 0.001);
    }

    #[test]
    fn the_window_that_ends_with_the_start_counts() {
        let mut loudness = Loudness::default();
        loudness.push(&[3_277; 1_600]);
        loudness.start();
        assert!((loudness.dbfs() + 20.0).abs() < 0.001);
    }

    #[test]
    fn silence_by_arithmetic_empties_the_window() {
        let mut loudness = Loudness::default();
        loudness.push(&[3_277; 1_600]);
        loudness.rest(16_000 * 3_600);
        loudness.start();
        assert_eq!(loudness.dbfs(), SILENCE_DBFS);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(samples in prop::collection::vec(any::<i16>(), 0..4_000), piece in 1usize..1_000) {
            let (mut whole, mut pieces) = (Loudness::default(), Loudness::default());
            whole.push(&samples);
            for piece in samples.chunks(piece) {
                pieces.push(piece);
            }
            prop_assert_eq!(whole.dbfs(), pieces.dbfs());
        }
    }
}
