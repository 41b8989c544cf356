//! Shortens sound without a click: takes out a piece as long as a few periods of the voice and fades over
//! the cut (overlap-add). It decides neither how much is to go nor how often: whoever asks leaves enough
//! between two cuts.

/// Microseconds over which one end of a cut fades into the other, and over which they are compared.
const OVERLAP_US: u64 = 10_000;
/// The shortest piece worth a cut: a period of 400 Hz.
const SHORTEST_US: u64 = 2_500;
/// The longest: two periods of a low voice, and less than a syllable.
const LONGEST_US: u64 = 15_000;

/// Rate at which the ends of a cut are first compared; finer only around the best.
const COARSE_HZ: u32 = 8_000;

/// Cuts at one rate.
#[derive(Clone, Copy, Debug)]
pub struct Splice {
    overlap: usize,
    shortest: usize,
    longest: usize,
    coarse: usize,
}

impl Splice {
    /// Cuts in sound of `rate_hz`.
    pub const fn new(rate_hz: u32) -> Self {
        let coarse = rate_hz / COARSE_HZ;
        Self {
            overlap: samples(rate_hz, OVERLAP_US),
            shortest: samples(rate_hz, SHORTEST_US),
            longest: samples(rate_hz, LONGEST_US),
            coarse: if coarse == 0 { 1 } else { coarse as usize },
        }
    }

    /// Samples that [`join`](Self::join) overwrites: 10 ms.
    pub const fn overlap(&self) -> usize {
        self.overlap
    }

    /// The fewest samples a cut takes out: 2.5 ms.
    pub const fn shortest(&self) -> usize {
        self.shortest
    }

    /// Samples [`find`](Self::find) wants to see: 25 ms.
    pub const fn sees(&self) -> usize {
        self.overlap + self.longest
    }

    /// How many samples are best taken out at the beginning of `sound`, at most `most` and 15 ms: as many as
    /// bring two stretches together that are most alike. Among equals the most. `None` if there are too few.
    pub fn find(&self, sound: &[i16], most: usize) -> Option<usize> {
        let room = sound.len().checked_sub(self.overlap)?;
        let longest = self.longest.min(most).min(room);
        if longest < self.shortest {
            return None;
        }
        let coarse = self.best(sound, self.shortest, longest, self.coarse)?;
        if self.coarse == 1 {
            return Some(coarse);
        }
        let from = (coarse + 1).saturating_sub(self.coarse).max(self.shortest);
        self.best(sound, from, longest.min(coarse + self.coarse - 1), 1)
    }

    /// Makes the beginning of `sound` the fade from itself to what follows `cut` samples later. Afterwards
    /// the `cut` samples behind the [`overlap`](Self::overlap) are to be taken out.
    pub fn join(&self, sound: &mut [i16], cut: usize) {
        let steps = self.overlap as i32 + 1;
        for at in 0..self.overlap {
            let Some(&later) = sound.get(at + cut) else {
                return;
            };
            if let Some(sample) = sound.get_mut(at) {
                let share = at as i32 + 1;
                let faded = i32::from(*sample) * (steps - share) + i32::from(later) * share;
                // Between two samples, so that it is one.
                *sample = (faded / steps) as i16;
            }
        }
    }

    fn best(&self, sound: &[i16], from: usize, to: usize, step: usize) -> Option<usize> {
        let mut best: Option<(usize, f32)> = None;
        for cut in (from..=to).rev().step_by(step) {
            let likeness = self.likeness(sound, cut, step);
            if best.is_none_or(|(_, most)| likeness > most) {
                best = Some((cut, likeness));
            }
        }
        best.map(|(cut, _)| cut)
    }

    /// How alike the beginning of `sound` and what lies `cut` later are: their correlation by the loudness of
    /// the later one. The beginning's own is the same for every cut.
    fn likeness(&self, sound: &[i16], cut: usize, step: usize) -> f32 {
        let later = sound.get(cut..).unwrap_or_default().iter().step_by(step);
        let here = sound.iter().take(self.overlap).step_by(step);
        let (mut product, mut energy) = (0_i64, 0_i64);
        for (here, later) in here.zip(later) {
            let later = i64::from(*later);
            product += i64::from(*here) * later;
            energy += later * later;
        }
        product as f32 / (energy as f32).sqrt().max(1.0)
    }
}

const fn samples(rate_hz: u32, us: u64) -> usize {
    let count = rate_hz as u64 * us / 1_000_000;
    if count == 0 { 1 } else { count as usize }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    fn sine(rate_hz: u32, hz: f64, count: usize) -> Vec<i16> {
        let at = |n: usize| (12_000.0 * (TAU * hz * n as f64 / f64::from(rate_hz)).sin()) as i16;
        (0..count).map(at).collect()
    }

    /// A pulse train through formants that glide, with vibrato: what a vowel looks like.
    fn vowel(rate_hz: u32, count: usize) -> Vec<i16> {
        let at = |n: usize| {
            let t = n as f64 / f64::from(rate_hz);
            let phase = 118.0 * t + 0.4 * (t * 5.0 * TAU).sin() / TAU;
            let glide = 1.0 + 0.2 * (t * 3.0 * TAU).sin();
            let harmonics = (1..28).map(|k| {
                let hz = 118.0 * f64::from(k);
                let gain: f64 = [(620.0, 110.0), (1_180.0, 140.0), (2_450.0, 220.0)]
                    .iter()
                    .map(|(center, width)| (-((hz - center * glide) / width).powi(2)).exp())
                    .sum();
                gain * (TAU * phase * f64::from(k)).sin()
            });
            (harmonics.sum::<f64>() * 1_500.0) as i16
        };
        (0..count).map(at).collect()
    }

    /// Cuts a quarter of `sound` out, piece by piece.
    fn shortened(splice: Splice, mut sound: Vec<i16>) -> Vec<i16> {
        let mut at = 0;
        while let Some(cut) = sound.get(at..).and_then(|s| splice.find(s, usize::MAX)) {
            splice.join(&mut sound[at..], cut);
            sound.drain(at + splice.overlap()..at + splice.overlap() + cut);
            at += (3 * cut).max(splice.overlap());
        }
        sound
    }

    /// The largest bend between neighbouring samples: what a click is heard by.
    fn sharpest(sound: &[i16]) -> i32 {
        let bend = |w: &[i16]| (i32::from(w[0]) - 2 * i32::from(w[1]) + i32::from(w[2])).abs();
        sound.windows(3).map(bend).max().unwrap_or(0)
    }

    #[test]
    fn a_sine_is_cut_by_whole_periods_and_stays_a_sine() {
        for (rate_hz, hz) in [
            (8_000, 100.0),
            (8_000, 437.0),
            (16_000, 200.0),
            (24_000, 311.0),
            (48_000, 90.0),
        ] {
            let splice = Splice::new(rate_hz);
            let sound = sine(rate_hz, hz, rate_hz as usize);
            let cut = splice.find(&sound, usize::MAX).expect("enough");
            let periods = cut as f64 * hz / f64::from(rate_hz);
            let off = (periods - periods.round()).abs();
            assert!(off < 0.04, "{hz} Hz at {rate_hz}: {periods} periods");
            let short = shortened(splice, sound.clone());
            let share = 1.0 - short.len() as f64 / sound.len() as f64;
            let most = 0.25 + 15.0 / (sound.len() as f64 * 1_000.0 / f64::from(rate_hz));
            assert!(
                (0.15..=most).contains(&share),
                "{hz} Hz at {rate_hz}: {share}"
            );
            let (before, after) = (sharpest(&sound), sharpest(&short));
            println!("{hz} Hz at {rate_hz}: {share:.3} shorter, bend {before} -> {after}");
            assert!(
                f64::from(after) <= 1.15 * f64::from(before) + 3.0,
                "{before} -> {after}"
            );
        }
    }

    #[test]
    fn a_voice_is_shortened_without_a_click() {
        for rate_hz in [8_000, 16_000, 24_000, 48_000] {
            let sound = vowel(rate_hz, 2 * rate_hz as usize);
            let short = shortened(Splice::new(rate_hz), sound.clone());
            let share = 1.0 - short.len() as f64 / sound.len() as f64;
            let (before, after) = (sharpest(&sound), sharpest(&short));
            println!("a voice at {rate_hz}: {share:.3} shorter, bend {before} -> {after}");
            let most = 0.25 + 15.0 / (sound.len() as f64 * 1_000.0 / f64::from(rate_hz));
            assert!((0.15..=most).contains(&share), "{rate_hz} Hz: {share}");
            assert!(
                f64::from(after) <= 1.1 * f64::from(before),
                "{before} -> {after}"
            );
            let loss = crate::level::rms(&short) / crate::level::rms(&sound);
            assert!(
                (0.93..=1.07).contains(&loss),
                "{rate_hz} Hz: {loss} times as loud"
            );
        }
    }

    #[test]
    fn too_little_sound_is_left_alone() {
        let splice = Splice::new(8_000);
        assert_eq!(
            (splice.overlap(), splice.shortest(), splice.sees()),
            (80, 20, 200)
        );
        assert_eq!(splice.find(&[0; 99], usize::MAX), None);
        assert_eq!(splice.find(&[0; 100], usize::MAX), Some(20));
        assert_eq!(
            splice.find(&[0; 200], usize::MAX),
            Some(120),
            "of silence the most"
        );
        assert_eq!(splice.find(&[0; 200], 30), Some(30));
        assert_eq!(splice.find(&[0; 200], 19), None);
    }

    proptest! {
        #[test]
        fn a_cut_is_within_its_bounds_and_what_follows_is_untouched(
            rate_hz in prop::sample::select(vec![0_u32, 7, 8_000, 11_025, 44_100, 48_000]),
            sound in prop::collection::vec(any::<i16>(), 0..1_500),
            most in 0_usize..900,
        ) {
            let splice = Splice::new(rate_hz);
            if let Some(cut) = splice.find(&sound, most) {
                prop_assert!(cut >= splice.shortest() && cut <= most);
                prop_assert!(cut + splice.overlap() <= sound.len());
                let mut joined = sound.clone();
                splice.join(&mut joined, cut);
                prop_assert_eq!(&joined[splice.overlap()..], &sound[splice.overlap()..]);
            }
        }
    }
}
