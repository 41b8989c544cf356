//! Time in samples, without losing a part of one.

/// Turns stretches of time, one after the other, into whole samples.
#[derive(Clone, Debug)]
pub(crate) struct SampleCount {
    rate_hz: u32,
    /// What was too short for a sample, in millionths of one.
    rest: u64,
}

impl SampleCount {
    /// At `rate_hz` samples a second.
    pub(crate) const fn new(rate_hz: u32) -> Self {
        Self { rate_hz, rest: 0 }
    }

    /// The samples of `us` more microseconds.
    pub(crate) const fn take(&mut self, us: u64) -> u64 {
        let parts = us as u128 * self.rate_hz as u128 + self.rest as u128;
        self.rest = (parts % 1_000_000) as u64;
        let samples = parts / 1_000_000;
        if samples > u64::MAX as u128 {
            u64::MAX
        } else {
            samples as u64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_short_stretches_are_as_long_as_one() {
        for rate_hz in [8_000, 22_050, 44_100, 48_000] {
            let mut count = SampleCount::new(rate_hz);
            let total: u64 = (0..1_000_000).map(|_| count.take(33)).sum();
            assert_eq!(total, u64::from(rate_hz) * 33);
        }
        assert_eq!(SampleCount::new(u32::MAX).take(u64::MAX), u64::MAX);
    }
}
