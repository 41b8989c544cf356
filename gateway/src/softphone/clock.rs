//! The call's clock: time since the socket opened, counted in samples.

use std::time::Duration;

/// Converts between time and sample positions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    rate_hz: u32,
}

impl Clock {
    /// A clock of at least 1 Hz.
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self {
            rate_hz: rate_hz.max(1),
        }
    }

    pub(crate) fn rate_hz(self) -> u32 {
        self.rate_hz
    }

    /// Samples of 20 ms.
    pub(crate) fn frame(self) -> usize {
        self.rate_hz as usize / 50
    }

    /// The sample that is due at `now`.
    pub(crate) fn position(self, now: Duration) -> u64 {
        let samples = now.as_nanos() * u128::from(self.rate_hz) / 1_000_000_000;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    /// When a sample is due.
    pub(crate) fn time(self, position: u64) -> Duration {
        let nanos = u128::from(position) * 1_000_000_000 / u128::from(self.rate_hz);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Samples in milliseconds, rounded down.
    pub(crate) fn ms_of(self, samples: u64) -> u64 {
        samples.saturating_mul(1000) / u64::from(self.rate_hz)
    }

    /// `now` in milliseconds, rounded down.
    pub(crate) fn ms(self, now: Duration) -> u64 {
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_its_rate() {
        for rate_hz in [8_000, 16_000, 24_000] {
            let clock = Clock::new(rate_hz);
            let second = Duration::from_secs(1);
            assert_eq!(clock.position(second), u64::from(rate_hz));
            assert_eq!(clock.time(u64::from(rate_hz)), second);
            assert_eq!(clock.ms_of(clock.frame() as u64), 20);
        }
        let late = Clock::new(8_000).position(Duration::from_nanos(124_999));
        assert_eq!(late, 0, "a sample is due when it is complete");
    }
}
