//! When what is due. Absolute: no frame is later because one before it was.

use std::time::Duration;

/// Time from one frame to the next.
pub(crate) const FRAME: Duration = Duration::from_millis(20);

/// From one caller's phase within a frame to the next one's, in microseconds: the golden section of 20 ms,
/// so that any number of callers is spread evenly, as callers are who know nothing of each other.
const PHASE_STEP_US: u64 = 12_361;

/// The plan of a run, in time since its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    calls: u32,
    seconds: u32,
    ramp_per_s: u32,
    /// How long a call lasts that does not last to the end.
    hold: Option<Duration>,
}

impl Schedule {
    /// `calls` begun at `ramp_per_s` (at least 1), which then all talk for `seconds`.
    pub(crate) fn together(calls: u32, seconds: u32, ramp_per_s: u32) -> Self {
        Self {
            calls,
            seconds,
            ramp_per_s: ramp_per_s.max(1),
            hold: None,
        }
    }

    /// For `seconds`, `per_s` calls (at least 1) begun in each of them, each as long as `hold`.
    pub(crate) fn churn(per_s: u32, seconds: u32, hold: Duration) -> Self {
        Self {
            calls: per_s.max(1).saturating_mul(seconds),
            seconds,
            ramp_per_s: per_s.max(1),
            hold: Some(hold),
        }
    }

    /// Calls in all.
    pub(crate) const fn calls(&self) -> u32 {
        self.calls
    }

    /// Whether calls come and go.
    pub(crate) const fn is_churn(&self) -> bool {
        self.hold.is_some()
    }

    /// Calls at the same time.
    pub(crate) fn at_once(&self) -> u64 {
        match self.hold {
            Some(hold) => (u128::from(self.ramp_per_s) * hold.as_millis() / 1_000) as u64,
            None => self.calls.into(),
        }
    }

    /// When this caller dials.
    pub(crate) fn dials(&self, caller: u32) -> Duration {
        Duration::from_secs(1) * caller / self.ramp_per_s
    }

    /// When as many calls are running as there will be.
    pub(crate) fn steady(&self) -> Duration {
        self.hold.unwrap_or_else(|| self.dials(self.calls))
    }

    /// When the calls stop, or, where each has its own end, when the last was begun.
    pub(crate) fn ends(&self) -> Duration {
        let seconds = Duration::from_secs(self.seconds.into());
        match self.hold {
            Some(_) => seconds,
            None => self.steady() + seconds,
        }
    }

    /// When the first frame of a caller is due who was put through at `connected`.
    pub(crate) fn first_frame(caller: u32, connected: Duration) -> Duration {
        let frame_us = FRAME.as_micros() as u64;
        let phase_us = u64::from(caller) * PHASE_STEP_US % frame_us;
        let connected_us = connected.as_micros() as u64;
        let wait_us = (phase_us + frame_us - connected_us % frame_us) % frame_us;
        Duration::from_micros(connected_us + wait_us)
    }

    /// Frames due in a call that begins with `first`.
    pub(crate) fn frames(&self, first: Duration) -> u32 {
        let lasts = self
            .hold
            .unwrap_or_else(|| self.ends().saturating_sub(first));
        u32::try_from(lasts.as_micros().div_ceil(FRAME.as_micros())).unwrap_or(u32::MAX)
    }
}

/// When the frame of this number is due.
pub(crate) fn due(first: Duration, number: u32) -> Duration {
    first + FRAME * number
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn us(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    #[test]
    fn callers_dial_one_after_the_other_and_end_together() {
        let schedule = Schedule::together(50, 10, 25);
        assert_eq!(schedule.dials(0), us(0));
        assert_eq!(schedule.dials(10), us(400_000));
        assert_eq!(schedule.steady(), us(2_000_000));
        assert_eq!(schedule.ends(), us(12_000_000));
        assert_eq!(schedule.frames(us(11_990_000)), 1);
        assert_eq!(schedule.frames(us(11_980_000)), 1);
        assert_eq!(schedule.frames(us(11_979_999)), 2);
        assert_eq!(schedule.frames(us(12_000_000)), 0);
        assert_eq!(schedule.at_once(), 50);
    }

    #[test]
    fn calls_of_a_churn_each_have_their_own_end() {
        let schedule = Schedule::churn(200, 30, Duration::from_millis(500));
        assert_eq!(schedule.calls(), 6_000);
        assert_eq!(schedule.at_once(), 100);
        assert_eq!(schedule.dials(200), us(1_000_000));
        assert_eq!(schedule.steady(), us(500_000));
        assert_eq!(schedule.ends(), us(30_000_000));
        assert_eq!(schedule.frames(us(29_999_999)), 25);
    }

    #[test]
    fn a_caller_keeps_its_phase_however_long_the_connection_took() {
        assert_eq!(Schedule::first_frame(0, us(0)), us(0));
        assert_eq!(Schedule::first_frame(0, us(1)), us(20_000));
        assert_eq!(Schedule::first_frame(1, us(0)), us(12_361));
        assert_eq!(Schedule::first_frame(1, us(12_361)), us(12_361));
        assert_eq!(Schedule::first_frame(1, us(12_362)), us(32_361));
        assert_eq!(due(us(12_361), 3), us(72_361));
    }

    #[test]
    fn phases_are_spread_over_the_frame() {
        let mut phases: Vec<_> = (0..100).map(|c| Schedule::first_frame(c, us(0))).collect();
        phases.sort();
        let widest = phases.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(widest < Some(us(500)), "{widest:?}");
    }
}
