//! The figures that were accepted, and how far new ones are from them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A figure that grows by this much fails, in percent, and so does one that falls by more: what was gained
/// is to be accepted, or it could be lost again unseen. Counts repeat to far less than that; the rest is for
/// other versions of the C library.
const TOLERANCE_PERCENT: u64 = 5;

/// What is no change at all, in instructions a frame: how the compiler lays out a copy of 200 instructions
/// depends on what else is in the crate.
const NOISE: u64 = 32;

/// `baseline.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The cargo profile the figures belong to.
    pub profile: String,
    /// Instructions a frame of 20 ms, by scenario.
    pub instructions: BTreeMap<String, u64>,
}

/// A figure that is not what was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// Beyond the tolerance.
    Moved {
        /// Whose.
        scenario: String,
        /// What was accepted.
        accepted: u64,
        /// What is.
        got: u64,
    },
    /// Measured, and never accepted.
    Unknown {
        /// Whose.
        scenario: String,
        /// What is.
        got: u64,
    },
    /// Accepted, and no longer measured.
    Gone {
        /// Whose.
        scenario: String,
    },
}

impl Baseline {
    /// Where `measured` is not what was accepted.
    pub fn deviations(&self, measured: &BTreeMap<String, u64>) -> Vec<Deviation> {
        let gone = self
            .instructions
            .keys()
            .filter(|k| !measured.contains_key(*k));
        let gone = gone.map(|scenario| Deviation::Gone {
            scenario: scenario.clone(),
        });
        let moved = measured.iter().filter_map(|(scenario, &got)| {
            let scenario = scenario.clone();
            match self.instructions.get(&scenario) {
                None => Some(Deviation::Unknown { scenario, got }),
                Some(&accepted) if is_within(accepted, got) => None,
                Some(&accepted) => Some(Deviation::Moved {
                    scenario,
                    accepted,
                    got,
                }),
            }
        });
        moved.chain(gone).collect()
    }

    /// How far `got` is from what was accepted, in percent.
    pub fn change_percent(&self, scenario: &str, got: u64) -> Option<f64> {
        let accepted = *self.instructions.get(scenario)?;
        Some(percent(accepted, got))
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved {
                scenario,
                accepted,
                got,
            } => {
                let change = percent(*accepted, *got);
                write!(
                    f,
                    "{scenario}: expected {accepted} instructions a frame within {TOLERANCE_PERCENT} %, got {got} ({change:+.1} %)"
                )
            }
            Self::Unknown { scenario, got } => {
                write!(
                    f,
                    "{scenario}: {got} instructions a frame, not in the baseline"
                )
            }
            Self::Gone { scenario } => {
                write!(f, "{scenario}: in the baseline, no longer measured")
            }
        }
    }
}

fn percent(accepted: u64, got: u64) -> f64 {
    (got as f64 / accepted.max(1) as f64 - 1.0) * 100.0
}

fn is_within(accepted: u64, got: u64) -> bool {
    let most = accepted * TOLERANCE_PERCENT;
    let moved = accepted.abs_diff(got) * 100;
    accepted.abs_diff(got) < NOISE || moved < most || (got < accepted && moved == most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(all: &[(&str, u64)]) -> BTreeMap<String, u64> {
        all.iter()
            .map(|(name, got)| ((*name).to_owned(), *got))
            .collect()
    }

    #[test]
    fn five_percent_more_fail_and_more_than_five_percent_less() {
        let baseline = Baseline {
            profile: "ci".to_owned(),
            instructions: figures(&[("a", 1_000), ("b", 1_000), ("gone", 5)]),
        };
        let fine = figures(&[("a", 1_049), ("b", 950), ("gone", 5)]);
        assert_eq!(baseline.deviations(&fine), []);
        let tiny = Baseline {
            instructions: figures(&[("copy", 190)]),
            ..baseline.clone()
        };
        assert_eq!(tiny.deviations(&figures(&[("copy", 174)])), []);
        assert_eq!(tiny.deviations(&figures(&[("copy", 222)])).len(), 1);
        let bad = baseline.deviations(&figures(&[("a", 1_050), ("b", 949), ("new", 7)]));
        let text: Vec<_> = bad.iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "a: expected 1000 instructions a frame within 5 %, got 1050 (+5.0 %)",
                "b: expected 1000 instructions a frame within 5 %, got 949 (-5.1 %)",
                "new: 7 instructions a frame, not in the baseline",
                "gone: in the baseline, no longer measured",
            ]
        );
    }
}
