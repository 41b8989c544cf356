//! Every pair of rates swept with tones: a table, and every bound asserted.
//!
//! `cargo test --test resample_sweep -- --nocapture` prints it.

#[path = "resample/fit.rs"]
mod fit;
#[path = "resample/tones.rs"]
mod tones;

use std::f64::consts::TAU;

use fit::{Fit, db, level_db};
use tones::{PEAK, convert, pairs, tone, tone_from};
use trunkline_codecs::resample::Resampler;

/// The corners, relative to half the lower rate: 3.4 and 4.6 kHz for an 8 kHz side, 6.8 and 9.2 kHz for 16 kHz.
const PASS: f64 = 0.85;
const STOP: f64 = 1.15;
/// Between the corners nothing is promised; the curve is printed.
const BETWEEN: [f64; 5] = [0.9, 0.95, 1.0, 1.05, 1.1];

/// -6 dBFS.
const MINUS_6_DB: f64 = 16_422.8;

const MAX_DELAY_US: f64 = 2000.0;
/// For the noise that one pass adds. A perfect converter with 16 bits on its output would have 92.1 dB.
const MIN_SNR_DB: f64 = 90.0;

/// What a pair has to hold.
#[derive(Copy, Clone, Debug)]
struct Bounds {
    pass_db: f64,
    stop_db: f64,
    /// Total, of which the input's own 16 bits are the larger part.
    snr_db: f64,
}

impl Bounds {
    /// The 44.1 kHz family against the others goes through rubato, but for 8 kHz going there.
    fn of(in_hz: u32, out_hz: u32) -> Self {
        let is_telephone = |rate: u32| rate.is_multiple_of(8000);
        if is_telephone(in_hz) != is_telephone(out_hz) && in_hz != 8000 {
            return Self {
                pass_db: 0.5,
                stop_db: -70.0,
                snr_db: 89.0,
            };
        }
        Self {
            pass_db: 0.1,
            stop_db: -80.0,
            snr_db: 90.0,
        }
    }
}

/// What a pair does.
#[derive(Clone, Debug)]
struct Sweep {
    /// The greatest deviation from the tone's level up to the pass corner.
    pass_db: f64,
    /// The loudest of what is not the tone, for tones up to the pass corner, below the tone: images and
    /// noise.
    images_db: f64,
    /// The loudest remains of tones from the stop corner on; none if the input has no such tones.
    alias_db: Option<f64>,
    /// At `BETWEEN`: how much of a tone there comes out, or of the image there of a tone below.
    between_db: [f64; 5],
    delay_us: f64,
    snr: Snr,
}

/// A kilohertz at -6 dBFS against noise, in dB.
#[derive(Copy, Clone, Debug)]
struct Snr {
    /// Against all noise that comes out. What the 16 bits of the input brought along is part of it: if both
    /// roundings were white, a perfect interpolator would have 89.1 and a perfect decimator 90 to 92.
    total_db: f64,
    /// Against what the pass itself added: all noise without the input's.
    added_db: f64,
}

impl Snr {
    /// The mean over many phases: at one phase a kilohertz has as few as eight different samples, and how well
    /// these happen to lie on the grid of 16 bits is worth 15 dB either way.
    fn new(in_hz: u32, out_hz: u32) -> Self {
        const PHASES: u32 = 50;
        const GOLDEN: f64 = 1.618_033_988_75;
        let (mut tone_power, mut noise, mut brought) = (0.0, 0.0, 0.0);
        for n in 0..PHASES {
            let input = tone_from(f64::from(n) * GOLDEN, 1000.0, MINUS_6_DB, in_hz, 0.1);
            let before = Fit::new(&input, 1000.0, in_hz);
            let after = Fit::new(&convert(&input, in_hz, out_hz), 1000.0, out_hz);
            tone_power += after.peak.powi(2) / 2.0;
            noise += after.rest.powi(2);
            brought += before.rest.powi(2);
        }
        // White, so a decimator keeps the lower part of it alone.
        let passed = (f64::from(out_hz) / f64::from(in_hz)).min(1.0);
        let db_of = |noise: f64| 10.0 * (tone_power / noise).log10();
        Self {
            total_db: db_of(noise),
            added_db: db_of(noise - brought * passed),
        }
    }
}

impl Sweep {
    fn new(in_hz: u32, out_hz: u32) -> Self {
        let nyquist = f64::from(in_hz.min(out_hz)) / 2.0;
        let run =
            |frequency: f64, peak: f64| convert(&tone(frequency, peak, in_hz, 0.15), in_hz, out_hz);
        let fit = |frequency: f64| Fit::new(&run(frequency, PEAK), frequency, out_hz);

        let passed: Vec<Fit> = steps(100.0, PASS * nyquist, 24).map(fit).collect();
        let worst = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::MIN, f64::max);
        let top = f64::from(in_hz) / 2.0 * 0.998;
        let stopped = steps(STOP * nyquist, top, 40);
        let alias = worst(&mut stopped.map(|frequency| level_db(&run(frequency, PEAK))));
        let long = convert(&tone(200.0, PEAK, in_hz, 1.0), in_hz, out_hz);
        let phase = Fit::new(&long, 200.0, out_hz).phase;
        // An input at the lower rate has no tones from its Nyquist frequency on, but images of those below.
        let between = |part: f64| match part {
            _ if out_hz < in_hz => level_db(&run(part * nyquist, PEAK)),
            1.0 => f64::NAN,
            ..1.0 => db(fit(part * nyquist).peak / PEAK),
            _ => db(fit((2.0 - part) * nyquist).rest * 2f64.sqrt() / PEAK),
        };
        Self {
            pass_db: worst(&mut passed.iter().map(|fit| db(fit.peak / PEAK).abs())),
            images_db: worst(&mut passed.iter().map(Fit::rest_db)),
            alias_db: (alias > f64::MIN).then_some(alias),
            between_db: BETWEEN.map(between),
            delay_us: -phase / (TAU * 200.0) * 1e6,
            snr: Snr::new(in_hz, out_hz),
        }
    }

    /// What is out of bounds, in words.
    fn faults(&self, bounds: Bounds, stated_us: f64) -> Vec<&'static str> {
        let checks = [
            (self.pass_db > bounds.pass_db, "pass band"),
            (self.images_db > bounds.stop_db, "images"),
            (
                self.alias_db.is_some_and(|alias| alias > bounds.stop_db),
                "alias",
            ),
            (self.delay_us > MAX_DELAY_US, "delay"),
            ((self.delay_us - stated_us).abs() > 2.0, "stated delay"),
            (self.snr.added_db < MIN_SNR_DB, "added noise"),
            (self.snr.total_db < bounds.snr_db, "SNR"),
        ];
        let broken = checks.into_iter().filter(|(is_broken, _)| *is_broken);
        broken.map(|(_, what)| what).collect()
    }
}

/// `count` frequencies from `from` to `to`; none if there is no room between them.
fn steps(from: f64, to: f64, count: u32) -> impl Iterator<Item = f64> {
    let step = (to - from) / f64::from(count - 1);
    (0..count)
        .filter(move |_| step > 0.0)
        .map(move |n| from + step * f64::from(n))
}

#[test]
fn every_pair_holds_its_bounds() {
    println!(
        "{:>14} | {:>8} | {:>9} | {:>8} | {:>8} | {:>9} {:>9} | between: at {BETWEEN:?} of the lower Nyquist frequency, dB",
        "Hz", "pass dB", "images dB", "alias dB", "delay us", "SNR added", "total"
    );
    let mut broken = Vec::new();
    for (in_hz, out_hz) in pairs() {
        let sweep = Sweep::new(in_hz, out_hz);
        let alias = sweep
            .alias_db
            .map_or("-".to_owned(), |db| format!("{db:.1}"));
        let between = sweep.between_db.map(|db| format!("{db:6.1}")).join(" ");
        println!(
            "{in_hz:>5} -> {out_hz:>5} | {:>8.3} | {:>9.1} | {alias:>8} | {:>8.1} | {:>9.1} {:>9.1} | {between}",
            sweep.pass_db, sweep.images_db, sweep.delay_us, sweep.snr.added_db, sweep.snr.total_db
        );
        let stated_us = Resampler::new(in_hz, out_hz).unwrap().delay_us() as f64;
        let faults = sweep.faults(Bounds::of(in_hz, out_hz), stated_us);
        if !faults.is_empty() {
            broken.push((in_hz, out_hz, faults));
        }
    }
    assert!(broken.is_empty(), "out of bounds: {broken:?}");
}
