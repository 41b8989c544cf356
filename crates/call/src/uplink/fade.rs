//! Going silent and coming back without a click.

/// What became of samples on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// They are as they were.
    Untouched,
    /// Some are fainter.
    Altered,
    /// All are silence.
    Silent,
}

/// Fades sound out and in again within 2 ms. It delays nothing, so the 2 ms are taken from the sound that
/// follows the decision.
#[derive(Clone, Debug)]
pub(crate) struct Fade {
    /// Samples a fade takes.
    length: u16,
    /// How far the sound is faded out: 0 is untouched, `length` silent.
    faded: u16,
}

impl Fade {
    /// At `rate_hz` samples a second, open or closed.
    pub(crate) fn new(rate_hz: u32, closed: bool) -> Self {
        let length = u16::try_from(rate_hz / 500).unwrap_or(u16::MAX).max(1);
        Self {
            length,
            faded: if closed { length } else { 0 },
        }
    }

    /// Whether sound passes untouched as long as nobody closes it.
    pub(crate) const fn is_open(&self) -> bool {
        self.faded == 0
    }

    /// Fades `samples` towards silence (`closed`) or back, in place.
    pub(crate) fn apply(&mut self, samples: &mut [i16], closed: bool) -> Passed {
        let target = if closed { self.length } else { 0 };
        if self.faded == target {
            if closed {
                samples.fill(0);
                return Passed::Silent;
            }
            return Passed::Untouched;
        }
        let length = i32::from(self.length);
        for sample in samples {
            self.faded = match self.faded {
                faded if faded < target => faded + 1,
                faded if faded > target => faded - 1,
                faded => faded,
            };
            let left = length - i32::from(self.faded);
            *sample = (i32::from(*sample) * left / length) as i16;
        }
        Passed::Altered
    }
}

impl Passed {
    /// Of two stretches, one after the other.
    pub(crate) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Untouched, Self::Untouched) => Self::Untouched,
            (Self::Silent, Self::Silent) => Self::Silent,
            _ => Self::Altered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_closes_and_opens_within_2_ms() {
        let mut fade = Fade::new(8_000, false);
        let mut samples = [16_000; 40];
        assert_eq!(fade.apply(&mut samples, true), Passed::Altered);
        let steps: Vec<i16> = (0..16).rev().map(|n| n * 1_000).collect();
        assert_eq!(samples[..16], steps);
        assert_eq!(samples[16..], [0; 24]);
        let mut samples = [16_000; 40];
        assert_eq!(fade.apply(&mut samples, true), Passed::Silent);
        assert_eq!(samples, [0; 40]);
        let mut samples = [16_000; 40];
        assert_eq!(fade.apply(&mut samples, false), Passed::Altered);
        let steps: Vec<i16> = (1..=16).map(|n| n * 1_000).collect();
        assert_eq!(samples[..16], steps);
        assert_eq!(samples[16..], [16_000; 24]);
        assert_eq!(fade.apply(&mut samples, false), Passed::Untouched);
    }

    #[test]
    fn a_fade_may_be_cut_into_pieces() {
        let (mut whole, mut pieces) = ([i16::MIN; 100], [i16::MIN; 100]);
        Fade::new(24_000, false).apply(&mut whole, true);
        let mut fade = Fade::new(24_000, false);
        for piece in pieces.chunks_mut(7) {
            fade.apply(piece, true);
        }
        assert_eq!(pieces, whole);
    }
}
