//! How hard the encoders of a shard may work, from how busy the shard is.

/// Chooses the complexity of the Opus encoders on one shard: 5 while its CPU is below 50 % busy, 2
/// below 70 %, 0 above. Pure: the owner measures the share, about once a second, and sets what comes
/// out with [`super::Encoder::set_complexity`].
///
/// It turns down as soon as a share says so, and up only when the share leaves room for what that
/// will cost: going from 2 to 5 makes a shard that only encodes 1.3 times as busy, and from 0 to 2 1.6
/// times. So what it does itself never makes it turn back, whatever part of the load is Opus.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Complexity {
    level: Level,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Level {
    Full,
    Reduced,
    Least,
}

/// From this share on, [`Level::Reduced`]; and below the other, [`Level::Full`] again.
const REDUCE: f32 = 0.50;
const RESTORE_FULL: f32 = 0.35;
/// From this share on, [`Level::Least`]; and below the other, [`Level::Reduced`] again.
const LEAST: f32 = 0.70;
const RESTORE_REDUCED: f32 = 0.42;

impl Default for Complexity {
    fn default() -> Self {
        Self::new()
    }
}

impl Complexity {
    /// That of an idle shard: 5.
    pub const fn new() -> Self {
        Self { level: Level::Full }
    }

    /// The complexity in force: 5, 2 or 0.
    pub const fn get(self) -> u8 {
        match self.level {
            Level::Full => 5,
            Level::Reduced => 2,
            Level::Least => 0,
        }
    }

    /// Takes the share of its CPU that the shard used lately, 0 to 1, and gives the complexity from
    /// now on. What is no number is no news.
    pub fn update(&mut self, cpu_share: f32) -> u8 {
        if !cpu_share.is_nan() {
            self.level = match self.level {
                _ if cpu_share >= LEAST => Level::Least,
                Level::Full if cpu_share < REDUCE => Level::Full,
                Level::Reduced if cpu_share < RESTORE_FULL => Level::Full,
                Level::Least if cpu_share >= RESTORE_REDUCED => Level::Least,
                // One level at a time: two together would cost more than the share left room for.
                Level::Full | Level::Reduced | Level::Least => Level::Reduced,
            };
        }
        self.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_levels() {
        let mut complexity = Complexity::new();
        let taken: Vec<u8> = [0.0, 0.499, 0.5, 0.699, 0.7, 1.0, 7.0]
            .map(|share| complexity.update(share))
            .to_vec();
        assert_eq!(taken, [5, 5, 2, 2, 0, 0, 0]);
        assert_eq!(Complexity::new().update(0.9), 0);
    }

    #[test]
    fn it_returns_late() {
        let mut complexity = Complexity::new();
        complexity.update(0.8);
        let taken: Vec<u8> = [0.69, 0.42, 0.41, 0.49, 0.36, 0.34, 0.49]
            .map(|share| complexity.update(share))
            .to_vec();
        assert_eq!(taken, [0, 0, 2, 2, 2, 5, 5]);
    }

    #[test]
    fn no_number_is_no_news() {
        let mut complexity = Complexity::new();
        complexity.update(0.6);
        assert_eq!(complexity.update(f32::NAN), 2);
        assert_eq!(complexity.update(f32::INFINITY), 0);
        assert_eq!(complexity.update(f32::NEG_INFINITY), 2);
        assert_eq!(complexity.update(f32::NEG_INFINITY), 5);
    }

    /// A shard that does nothing but encode, 0.72 busy at full complexity, went 5, 0, 5, 0 for ever.
    #[test]
    fn a_shard_that_only_encodes_does_not_swing() {
        let mut complexity = Complexity::new();
        let taken: Vec<u8> = (0..6)
            .map(|_| {
                let share = match complexity.get() {
                    5 => 0.72,
                    2 => 0.72 * 0.79,
                    _ => 0.72 * 0.48,
                };
                complexity.update(share)
            })
            .collect();
        assert_eq!(taken, [0, 2, 2, 2, 2, 2]);
    }

    proptest! {
        /// A shard whose load is Opus and something else settles: it does not swing for ever.
        #[test]
        fn it_settles(opus_at_full in 0.0f32..2.0, other in 0.0f32..1.0, start in 0.0f32..1.0) {
            let mut complexity = Complexity::new();
            complexity.update(start);
            let share = |level: u8| {
                let part = match level {
                    5 => 1.0,
                    2 => 0.79,
                    _ => 0.48,
                };
                (other + opus_at_full * part).min(1.0)
            };
            for _ in 0..6 {
                let now = complexity.get();
                complexity.update(share(now));
            }
            let settled = complexity.get();
            prop_assert_eq!(complexity.update(share(settled)), settled);
        }
    }
}
