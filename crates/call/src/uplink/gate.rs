//! What of the caller's sound passes: a noise gate, and mute.
//!
//! The gate opens with the first loud 20 ms and closes 200 ms after the last. It does not filter noise out
//! of speech.

use trunkline_codecs::level::rms;

use super::fade::{Fade, Passed};

/// How long quiet sound still passes after loud sound, in milliseconds.
const HOLD_MS: u32 = 200;
/// What is judged at once, in milliseconds.
const BLOCK_MS: u32 = 20;

/// Silences the caller in place: below a level, and while muted.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    rate_hz: u32,
    /// From this root mean square on, on the `i16` scale, sound is loud.
    threshold: Option<f32>,
    /// Samples that still pass after the last loud block.
    hold_left: usize,
    muted: bool,
    fade: Fade,
}

impl Gate {
    /// A gate for samples at `rate_hz` that silences what is quieter than `gate_dbfs`; `None` silences
    /// nothing until muted.
    pub(crate) fn new(rate_hz: u32, gate_dbfs: Option<f32>) -> Self {
        Self {
            rate_hz,
            threshold: gate_dbfs.map(|dbfs| 32_768.0 * 10f32.powf(dbfs / 20.0)),
            hold_left: 0,
            muted: false,
            fade: Fade::new(rate_hz, gate_dbfs.is_some()),
        }
    }

    /// Silences everything, or no longer.
    pub(crate) const fn set_muted(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Whether everything passes, so that samples need not be shown.
    pub(crate) const fn is_open(&self) -> bool {
        self.threshold.is_none() && !self.muted && self.fade.is_open()
    }

    /// Silences in place what is not to pass.
    pub(crate) fn apply(&mut self, samples: &mut [i16]) -> Passed {
        if self.is_open() || samples.is_empty() {
            return Passed::Untouched;
        }
        let block = self.samples(BLOCK_MS).max(1);
        samples
            .chunks_mut(block)
            .map(|block| self.apply_block(block))
            .reduce(Passed::and)
            .unwrap_or(Passed::Untouched)
    }

    /// That much silence has passed without being shown.
    pub(crate) fn rest(&mut self, us: u64) {
        let samples = us.saturating_mul(u64::from(self.rate_hz)) / 1_000_000;
        let samples = usize::try_from(samples).unwrap_or(usize::MAX);
        self.hold_left = self.hold_left.saturating_sub(samples);
    }

    fn apply_block(&mut self, block: &mut [i16]) -> Passed {
        let held = self.threshold.is_none_or(|threshold| {
            if rms(block) < threshold {
                let held = self.hold_left > 0;
                self.hold_left = self.hold_left.saturating_sub(block.len());
                held
            } else {
                self.hold_left = self.samples(HOLD_MS);
                true
            }
        });
        self.fade.apply(block, self.muted || !held)
    }

    const fn samples(&self, ms: u32) -> usize {
        (self.rate_hz as usize).saturating_mul(ms as usize) / 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: [i16; 160] = [3_277; 160];
    const FAINT: [i16; 160] = [30; 160];

    fn pass(gate: &mut Gate, mut samples: [i16; 160]) -> (Passed, [i16; 160]) {
        (gate.apply(&mut samples), samples)
    }

    #[test]
    fn without_a_level_everything_passes() {
        let mut gate = Gate::new(8_000, None);
        assert!(gate.is_open());
        assert_eq!(pass(&mut gate, FAINT), (Passed::Untouched, FAINT));
    }

    #[test]
    fn faint_sound_is_silence_until_loud_sound_opens_the_gate() {
        let mut gate = Gate::new(8_000, Some(-40.0));
        assert_eq!(pass(&mut gate, FAINT), (Passed::Silent, [0; 160]));
        let (passed, samples) = pass(&mut gate, LOUD);
        assert_eq!(passed, Passed::Altered, "fades in");
        assert_eq!(samples[16..], LOUD[16..]);
        assert!(samples[0] < 300);
        assert_eq!(pass(&mut gate, LOUD).0, Passed::Untouched);
    }

    #[test]
    fn the_gate_closes_200_ms_after_the_last_loud_block() {
        let mut gate = Gate::new(8_000, Some(-40.0));
        pass(&mut gate, LOUD);
        for n in 0..10 {
            assert_eq!(pass(&mut gate, FAINT).0, Passed::Untouched, "{n}");
        }
        assert_eq!(pass(&mut gate, FAINT).0, Passed::Altered, "fades out");
        assert_eq!(pass(&mut gate, FAINT), (Passed::Silent, [0; 160]));
    }

    #[test]
    fn the_level_is_the_threshold() {
        // -20 dBFS is a root mean square of 3,276.8.
        for (level, opens) in [(3_276, false), (3_277, true)] {
            let mut gate = Gate::new(8_000, Some(-20.0));
            let silent = pass(&mut gate, [level; 160]).0 == Passed::Silent;
            assert_eq!(silent, !opens, "{level}");
        }
    }

    #[test]
    fn a_long_piece_is_judged_in_blocks() {
        let mut gate = Gate::new(8_000, Some(-40.0));
        let mut piece = [FAINT, LOUD, FAINT].concat();
        assert_eq!(gate.apply(&mut piece), Passed::Altered);
        assert_eq!(piece[..160], [0; 160]);
        assert_eq!(piece[320..], FAINT, "held");
        let mut piece = [LOUD, FAINT, LOUD].concat();
        assert_eq!(gate.apply(&mut piece), Passed::Untouched);
        gate.rest(200_000);
        assert_eq!(gate.apply(&mut [FAINT, FAINT].concat()), Passed::Altered);
        assert_eq!(gate.apply(&mut [FAINT, FAINT].concat()), Passed::Silent);
    }

    #[test]
    fn silence_that_was_not_shown_uses_up_the_hold() {
        let mut gate = Gate::new(8_000, Some(-40.0));
        pass(&mut gate, LOUD);
        gate.rest(200_000);
        assert_eq!(pass(&mut gate, FAINT).0, Passed::Altered);
        assert_eq!(pass(&mut gate, FAINT).0, Passed::Silent);
    }

    #[test]
    fn mute_silences_and_lets_go_without_a_click() {
        let mut gate = Gate::new(8_000, None);
        gate.set_muted(true);
        let (passed, samples) = pass(&mut gate, LOUD);
        assert_eq!((passed, &samples[15..]), (Passed::Altered, &[0; 145][..]));
        assert_eq!(pass(&mut gate, LOUD), (Passed::Silent, [0; 160]));
        gate.set_muted(false);
        assert!(!gate.is_open(), "still to fade in");
        let (passed, samples) = pass(&mut gate, LOUD);
        assert_eq!((passed, &samples[15..]), (Passed::Altered, &LOUD[15..]));
        assert!(gate.is_open());
    }
}
