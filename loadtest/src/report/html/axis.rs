//! Where the ticks of an axis are.

/// Steps of an axis, before they are moved to its power of ten.
const STEPS: [f64; 5] = [1.0, 2.0, 2.5, 5.0, 10.0];

/// What is not in a number of a run: quantiles beyond are drawn as this one. A million frames have six nines.
const MOST_NINES: f64 = 9.0;

/// An axis from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    /// What is along it, with its unit.
    pub(super) label: &'static str,
    /// Its far end: above 0, finite.
    pub(super) most: f64,
    /// Places on it and what is written there, ascending.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Four to six steps of round numbers, the last at `most` or above.
    pub(super) fn up_to(label: &'static str, most: f64) -> Self {
        let ticks = round(most);
        Self {
            label,
            most: ticks.last().map_or(1.0, |(place, _)| *place),
            ticks,
        }
    }

    /// As [`Self::up_to`], but it ends at `most`.
    pub(super) fn exactly(label: &'static str, most: f64) -> Self {
        let mut ticks = round(most);
        let most = measurable(most);
        ticks.retain(|(place, _)| *place <= most);
        Self { label, most, ticks }
    }

    /// Quantiles, as HdrHistogram has them: 50 %, 90 %, 99 %, … up to a [`depth`], each nine as long as the last.
    pub(super) fn quantiles(label: &'static str, most: f64) -> Self {
        let most = if most.is_finite() {
            most.clamp(1.0, MOST_NINES)
        } else {
            1.0
        };
        let mut ticks = vec![(depth(0.5), "50 %".to_owned())];
        for nines in 1..=most as usize {
            let label = match nines {
                1 => "90 %".to_owned(),
                2 => "99 %".to_owned(),
                _ => format!("99.{} %", "9".repeat(nines - 2)),
            };
            ticks.push((nines as f64, label));
        }
        Self { label, most, ticks }
    }
}

/// How far along the axis a quantile is: 90 % at 1, 99 % at 2. What is beyond the axis is at its end.
pub(super) fn depth(quantile: f64) -> f64 {
    let beyond = 1.0 - quantile.clamp(0.0, 1.0);
    (-beyond.log10()).clamp(0.0, MOST_NINES)
}

/// Nothing measured still has an axis.
fn measurable(most: f64) -> f64 {
    if most.is_finite() && most > 1e-6 {
        most
    } else {
        1.0
    }
}

fn round(most: f64) -> Vec<(f64, String)> {
    let most = measurable(most);
    let power = (most / 5.0).log10().floor();
    let scale = 10_f64.powf(power);
    let fits = |step: &&f64| **step * scale * 5.0 >= most * (1.0 - 1e-9);
    let step = STEPS.iter().find(fits).unwrap_or(&10.0) * scale;
    let places = places(step);
    let count = (most / step - 1e-9).ceil().max(1.0) as u32;
    (0..=count)
        .map(|at| f64::from(at) * step)
        .map(|place| (place, super::text::number(Some(place), places)))
        .collect()
}

/// Decimal places that tell multiples of a step apart.
fn places(step: f64) -> usize {
    (0..8)
        .find(|&places| {
            let scaled = step * 10_f64.powi(places);
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        })
        .unwrap_or(8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_numbers_and_cover_what_is_drawn() {
        for (most, expected) in [
            (10.375, vec!["0.0", "2.5", "5.0", "7.5", "10.0", "12.5"]),
            (29.279, vec!["0", "10", "20", "30"]),
            (0.2, vec!["0.00", "0.05", "0.10", "0.15", "0.20"]),
            (
                22_568.0,
                vec!["0", "5,000", "10,000", "15,000", "20,000", "25,000"],
            ),
        ] {
            let axis = Axis::up_to("", most);
            assert_eq!(labels(&axis), expected, "{most}");
            assert!(axis.most >= most, "{axis:?}");
        }
        let exactly = Axis::exactly("", 5.2);
        assert_eq!(labels(&exactly), ["0", "2", "4"]);
    }

    #[test]
    fn every_axis_is_finite_and_has_few_ticks() {
        for exponent in -30..30 {
            for digit in [1.0, 1.7, 3.3, 9.9] {
                let most = digit * 10_f64.powi(exponent);
                for axis in [Axis::up_to("", most), Axis::exactly("", most)] {
                    assert!(axis.most.is_finite() && axis.most > 0.0, "{axis:?}");
                    assert!((1..=6).contains(&axis.ticks.len()), "{axis:?}");
                }
            }
        }
        for odd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Axis::up_to("", odd), Axis::up_to("", 1.0), "{odd}");
            let quantiles = Axis::quantiles("", odd);
            assert_eq!(labels(&quantiles), ["50 %", "90 %"], "{odd}");
        }
    }

    #[test]
    fn each_nine_is_as_far_as_the_last() {
        let axis = Axis::quantiles("", 4.2);
        assert_eq!(labels(&axis), ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
        for (quantile, place) in [
            (0.0, 0.0),
            (0.9, 1.0),
            (0.99, 2.0),
            (0.9999, 4.0),
            (1.0, MOST_NINES),
        ] {
            assert!((depth(quantile) - place).abs() < 1e-9, "{quantile}");
        }
        assert!(depth(-1.0).is_finite() && depth(7.0).is_finite());
    }
}
