//! Released audio against time: an absolute schedule, which late wakes do not move. It knows nothing of
//! utterances.

use trunkline_codecs::format::AudioFormat;

use crate::time::Time;

/// How late within the lead the timer is armed: whatever is due goes out with any other wake, so a late
/// timer saves wakes and costs nothing while the lead lasts.
const TIMER_SLACK_US: u64 = 25_000;

/// The least lead that affords a late timer.
const SLACK_FROM_US: u64 = 40_000;

/// A wake so late is a late timer's, not an underrun's, where no lead covers it: about a frame.
const LATE_US: u64 = 20_000;

/// Where released audio lies in time: byte `n` of it plays at `base + n / bytes_per_s`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    base: Time,
    /// Bytes ever released, padding included.
    released: u64,
    /// When they have been played: worked out once a frame, and asked for several times.
    until: Time,
    lead_us: u64,
    bytes_per_s: u64,
}

impl Schedule {
    pub(super) fn new(format: AudioFormat, lead_ms: u64) -> Self {
        let bytes_per_s = u64::from(format.rate_hz) * format.bytes_per_sample() as u64;
        Self {
            base: Time::ZERO,
            released: 0,
            until: Time::ZERO,
            lead_us: lead_ms.saturating_mul(1_000),
            bytes_per_s: bytes_per_s.max(1),
        }
    }

    pub(super) const fn lead_us(&self) -> u64 {
        self.lead_us
    }

    /// Bytes released so far: the place of what is released next.
    pub(super) const fn position(&self) -> u64 {
        self.released
    }

    /// When everything released has been played.
    #[inline]
    pub(super) const fn plays_until(&self) -> Time {
        self.until
    }

    /// When the next frame may be released.
    #[inline]
    pub(super) const fn due(&self) -> Time {
        self.plays_until().minus_us(self.lead_us)
    }

    /// When to look for the next frame at the latest.
    #[inline]
    pub(super) fn wake_at(&self) -> Time {
        let slack_us = if self.lead_us >= SLACK_FROM_US {
            TIMER_SLACK_US.min(self.lead_us)
        } else {
            0
        };
        self.due().plus_us(slack_us)
    }

    /// Bytes of what was released that have been played at `now`.
    pub(super) fn played(&self, now: Time) -> u64 {
        self.bytes(now.us_since(self.base)).min(self.released)
    }

    /// Where the schedule has run past what was released, the next frame plays when it is sent, and
    /// everything after it later by the same. Less than a frame is left to the far end to bear, or each late
    /// timer of a line without a lead would slow the speech down.
    #[inline]
    pub(super) fn restart_if_dry(&mut self, now: Time) {
        let begun = self.released > 0;
        let late_us = if begun {
            LATE_US.saturating_sub(self.lead_us)
        } else {
            0
        };
        if now > self.until.plus_us(late_us) {
            self.base = now.minus_us(self.us(self.released));
            self.until = now;
        }
    }

    #[inline]
    pub(super) const fn advance(&mut self, bytes: usize) {
        self.go_to(self.released + bytes as u64);
    }

    /// What has not been played at `now` will not be: it was cleared where it was buffered.
    pub(super) fn forget_unplayed(&mut self, now: Time) {
        self.go_to(self.played(now));
    }

    #[inline]
    const fn go_to(&mut self, released: u64) {
        self.released = released;
        self.until = self.base.plus_us(self.us(released));
    }

    /// Playing time of this many bytes, in microseconds.
    #[inline]
    pub(super) const fn us(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(1_000_000) / self.bytes_per_s
    }

    /// Bytes that play in this many microseconds, rounded down.
    pub(super) const fn bytes(&self, us: u64) -> u64 {
        us.saturating_mul(self.bytes_per_s) / 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_no_whole_number_of_microseconds_do_not_drift() {
        // 20 ms at 11,025 Hz would be 220.5 samples: they are 220, of 19,954.6 µs.
        let mut schedule = Schedule::new(AudioFormat::pcm16(11_025), 0);
        schedule.restart_if_dry(Time::from_ms(5));
        for _ in 0..50_000 {
            schedule.advance(440);
        }
        let exact_us = 50_000.0 * 220.0 * 1e6 / 11_025.0;
        let us = schedule.plays_until().us_since(Time::from_ms(5)) as f64;
        assert!((us - exact_us).abs() <= 1.0, "{us} for {exact_us}");
    }

    #[test]
    fn a_late_timer_without_a_lead_moves_nothing_and_an_underrun_does() {
        let mut schedule = Schedule::new(AudioFormat::MULAW_8K, 0);
        for ms in [0, 21, 58, 60, 99] {
            schedule.restart_if_dry(Time::from_ms(ms));
            schedule.advance(160);
        }
        assert_eq!(schedule.due(), Time::from_ms(100));
        schedule.restart_if_dry(Time::from_ms(121));
        assert_eq!(schedule.due(), Time::from_ms(121));
    }

    #[test]
    fn what_was_cleared_is_neither_played_nor_waited_for() {
        let mut schedule = Schedule::new(AudioFormat::MULAW_8K, 100);
        schedule.restart_if_dry(Time::from_ms(1_000));
        schedule.advance(800);
        assert_eq!(schedule.due(), Time::from_ms(1_000));
        assert_eq!(schedule.played(Time::from_ms(1_030)), 240);
        schedule.forget_unplayed(Time::from_ms(1_030));
        assert_eq!(schedule.plays_until(), Time::from_ms(1_030));
        assert_eq!(schedule.played(Time::from_ms(9_000)), 240);
    }
}
