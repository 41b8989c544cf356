//! What it takes to interrupt an agent that speaks.

use crate::config::Sensitivity;

/// Speech that interrupts at normal sensitivity, in microseconds: just more than voice activity needs to notice
/// it at all, so that the agent is silenced within 200 ms.
const NORMAL_US: u64 = 140_000;

/// How long the first words of an engine are waited for at normal sensitivity.
const WORDLESS_US: u64 = 200_000;

/// The same as the first at low sensitivity: "uh-huh" lasts 300 to 450 ms.
const LOW_US: u64 = 500_000;

/// How long both speak before a caller who was first is taken to want the word.
const OVERLAP_US: u64 = 1_000_000;

/// The caller's speech while the agent speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Overlap {
    /// From its onset to its last voiced frame, in microseconds.
    pub(crate) voiced_us: u64,
    /// Its level, in dBFS.
    pub(crate) level_dbfs: f32,
}

impl Sensitivity {
    /// How long speech must last to interrupt, in microseconds.
    pub(crate) const fn least_us(self) -> u64 {
        match self {
            Self::Low => LOW_US,
            Self::Normal | Self::Level(_) => NORMAL_US,
            Self::High => 0,
        }
    }

    /// How long an engine that has noticed speech may take to say which words, in microseconds; then it
    /// interrupts without.
    pub(crate) const fn wordless_us(self) -> u64 {
        match self {
            Self::Low => LOW_US,
            Self::Normal | Self::Level(_) => WORDLESS_US,
            Self::High => 0,
        }
    }

    /// Whether speech that began while the agent spoke interrupts it.
    pub(crate) fn interrupts(self, overlap: Overlap) -> bool {
        let loud = match self {
            Self::Level(least_dbfs) => overlap.level_dbfs >= least_dbfs,
            Self::Low | Self::Normal | Self::High => true,
        };
        loud && overlap.voiced_us >= self.least_us()
    }

    /// Whether speech that was there first interrupts an agent who has been speaking into it for
    /// `spoken_us`.
    pub(crate) fn takes_over(self, overlap: Overlap, spoken_us: u64) -> bool {
        let long = overlap.voiced_us.min(spoken_us) >= OVERLAP_US;
        long && self.interrupts(overlap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn speech(ms: u64, level_dbfs: f32) -> Overlap {
        Overlap {
            voiced_us: ms * 1_000,
            level_dbfs,
        }
    }

    #[test]
    fn each_step_takes_more() {
        for (sensitivity, least_ms) in [
            (Sensitivity::High, 0),
            (Sensitivity::Normal, 140),
            (Sensitivity::Low, 500),
        ] {
            assert!(sensitivity.interrupts(speech(least_ms, -60.0)));
            if least_ms > 0 {
                assert!(!sensitivity.interrupts(speech(least_ms - 1, 0.0)));
            }
        }
    }

    #[test]
    fn a_level_asks_for_loud_speech() {
        let loud = Sensitivity::Level(-30.0);
        assert!(loud.interrupts(speech(140, -30.0)));
        assert!(!loud.interrupts(speech(2_000, -30.1)));
        assert!(!loud.interrupts(speech(139, 0.0)));
    }

    #[test]
    fn whoever_was_first_needs_a_second_of_both() {
        let normal = Sensitivity::Normal;
        assert!(!normal.takes_over(speech(5_000, -20.0), 999_999));
        assert!(!normal.takes_over(speech(999, -20.0), 5_000_000));
        assert!(normal.takes_over(speech(1_000, -20.0), 1_000_000));
    }
}
