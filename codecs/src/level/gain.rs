//! Lifting quiet talkers before voice activity is judged.

use super::rms;

/// Parts of a decibel that the gain is kept in. Whole numbers, so that many frames of silence at
/// once and one by one end at the same gain.
const PER_DB: u32 = 256;

/// How an [`AutoGain`] works.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct AutoGainConfig {
    /// The root mean square that frames are lifted to, on the `i16` scale, and not above.
    pub target_rms: u16,
    /// The most it lifts, in decibels; 0 switches it off.
    pub max_gain_db: u8,
    /// How fast the gain recovers after a loud sound, in decibels a second.
    pub rise_db_per_s: u8,
    /// The most it gives up within a frame for good, in decibels, so that a click does not cost the
    /// next word. The loud frame itself is never lifted above the target.
    pub max_fall_db: u8,
}

impl Default for AutoGainConfig {
    fn default() -> Self {
        Self {
            target_rms: 2000,
            max_gain_db: 24,
            rise_db_per_s: 10,
            max_fall_db: 6,
        }
    }
}

/// Lifts frames of sound towards a target level, never lowers them. It starts at the most and falls
/// with the first loud sounds, so that a quiet talker is heard from the first word on. For what
/// judges the sound; nobody should have to listen to it.
#[derive(Clone, Debug)]
pub struct AutoGain {
    config: AutoGainConfig,
    rise_per_frame: u32,
    gain: u32,
    /// The factor at the end of the last frame.
    factor: f32,
}

impl AutoGain {
    /// A gain at its most, for frames of `frame_us` microseconds.
    pub fn new(config: AutoGainConfig, frame_us: u32) -> Self {
        let rise_us = u64::from(config.rise_db_per_s) * u64::from(PER_DB) * u64::from(frame_us);
        let gain = u32::from(config.max_gain_db) * PER_DB;
        Self {
            config,
            rise_per_frame: u32::try_from(rise_us / 1_000_000).unwrap_or(u32::MAX),
            gain,
            factor: factor(gain),
        }
    }

    /// The gain in force, in decibels, 0 to [`AutoGainConfig::max_gain_db`].
    pub fn gain_db(&self) -> f32 {
        self.gain as f32 / PER_DB as f32
    }

    /// Lifts a frame in place, gliding from the last frame's gain. Samples beyond the range are
    /// clipped.
    pub fn apply(&mut self, frame: &mut [i16]) {
        self.apply_at(rms(frame), frame);
    }

    /// [`Self::apply`], where the root mean square of the frame is known.
    pub(crate) fn apply_at(&mut self, rms: f32, frame: &mut [i16]) {
        let allowed = self.allowed(rms);
        let lowest = self
            .gain
            .saturating_sub(u32::from(self.config.max_fall_db) * PER_DB);
        self.gain = self.risen(1).min(allowed.max(lowest));
        let to = factor(self.gain.min(allowed));
        // A sudden sound is taken down at once, everything else glides.
        let from = if to < 0.5 * self.factor {
            to
        } else {
            self.factor
        };
        glide(frame, from, to);
        self.factor = to;
    }

    /// The same as that many frames of silence.
    pub fn rest(&mut self, frames: u64) {
        self.gain = self.risen(frames);
        self.factor = factor(self.gain);
    }

    fn risen(&self, frames: u64) -> u32 {
        let rise = u64::from(self.rise_per_frame).saturating_mul(frames);
        let most = u32::from(self.config.max_gain_db) * PER_DB;
        u32::try_from(rise)
            .map_or(most, |rise| self.gain.saturating_add(rise))
            .min(most)
    }

    /// The gain that brings that level to the target, rounded down to parts.
    fn allowed(&self, rms: f32) -> u32 {
        let db = 20.0 * (f32::from(self.config.target_rms) / rms.max(1.0)).log10();
        (db * PER_DB as f32) as u32
    }
}

/// Scales a frame by factors that run from `from` to `to`.
fn glide(frame: &mut [i16], from: f32, to: f32) {
    let step = (to - from) / frame.len().max(1) as f32;
    let scaled = |sample: i16, gain: f32| (f32::from(sample) * gain) as i16;
    // One factor, as for a talker who needs no gain and for a line that gets all there is, does not wait
    // for a sum from sample to sample.
    if step == 0.0 {
        if from != 1.0 {
            frame.iter_mut().for_each(|s| *s = scaled(*s, from));
        }
        return;
    }
    let mut gain = from;
    for sample in frame {
        gain += step;
        *sample = scaled(*sample, gain);
    }
}

fn factor(gain: u32) -> f32 {
    10f32.powf(gain as f32 / (20 * PER_DB) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_US: u32 = 16_000;

    fn tone(peak: f32) -> Vec<i16> {
        (0..256)
            .map(|n| (peak * (n as f32 * 0.3).sin()) as i16)
            .collect()
    }

    #[test]
    fn a_quiet_sound_is_lifted_by_the_most_and_no_more() {
        let mut gain = AutoGain::new(AutoGainConfig::default(), FRAME_US);
        let mut frame = tone(20.0);
        let before = rms(&frame);
        gain.apply(&mut frame);
        let lifted = 20.0 * (rms(&frame) / before).log10();
        assert!((lifted - 24.0).abs() < 0.5, "{lifted}");
    }

    #[test]
    fn a_loud_sound_is_left_alone_at_once_and_the_gain_recovers_slowly() {
        let config = AutoGainConfig::default();
        let mut gain = AutoGain::new(config, FRAME_US);
        let loud = tone(20_000.0);
        for _ in 0..5 {
            let mut frame = loud.clone();
            gain.apply(&mut frame);
            let above = rms(&frame) / rms(&loud);
            assert!((above - 1.0).abs() < 0.01, "{above}");
        }
        assert_eq!(gain.gain_db(), 0.0);
        // 24 dB at 10 dB/s take 2.4 s: 150 frames.
        gain.rest(75);
        assert!((gain.gain_db() - 12.0).abs() < 0.5, "{}", gain.gain_db());
        gain.rest(u64::MAX);
        assert_eq!(gain.gain_db(), 24.0);
    }

    #[test]
    fn one_factor_scales_as_a_glide_that_stands_does() {
        for factor in [1.0, 3.7, 15.848_932] {
            let mut frame: Vec<i16> = (i16::MIN..=i16::MAX).step_by(13).collect();
            let one_by_one: Vec<i16> = frame
                .iter()
                .map(|&s| (f32::from(s) * factor) as i16)
                .collect();
            glide(&mut frame, factor, factor);
            assert_eq!(frame, one_by_one, "{factor}");
        }
    }

    #[test]
    fn a_click_costs_six_decibels() {
        let mut gain = AutoGain::new(AutoGainConfig::default(), FRAME_US);
        gain.apply(&mut tone(30_000.0));
        assert_eq!(gain.gain_db(), 18.0);
    }

    #[test]
    fn silence_at_once_and_frame_by_frame_agree() {
        let mut at_once = AutoGain::new(AutoGainConfig::default(), FRAME_US);
        at_once.apply(&mut tone(30_000.0));
        let mut one_by_one = at_once.clone();
        at_once.rest(30);
        for _ in 0..30 {
            one_by_one.rest(1);
        }
        assert_eq!(at_once.gain_db(), one_by_one.gain_db());
    }

    #[test]
    fn switched_off_it_changes_nothing() {
        let config = AutoGainConfig {
            max_gain_db: 0,
            ..AutoGainConfig::default()
        };
        let mut frame = tone(20.0);
        AutoGain::new(config, FRAME_US).apply(&mut frame);
        assert_eq!(frame, tone(20.0));
        AutoGain::new(AutoGainConfig::default(), u32::MAX).apply(&mut []);
    }
}
