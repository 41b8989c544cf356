//! The time that runs on while nothing comes from the caller.
//!
//! Many networks send nothing while the caller is silent, muted or on hold; voice activity and engines whose
//! clock is the audio would stand still (`docs/complaints.md`, theme 23). It only measures: others make the
//! silence.

use crate::time::Time;

/// How often silence is accounted for once it has begun, in milliseconds.
const STEP_MS: u64 = 100;

/// Says how much silence has passed that nobody has heard yet. It runs from the first time it is told.
#[derive(Clone, Debug)]
pub(crate) struct IdleClock {
    silent_after_us: u64,
    /// When something came last.
    heard_at: Option<Time>,
    /// Silence since then that has been given out.
    accounted_us: u64,
    /// Silence before what came last that is still to be given out.
    owed_us: u64,
    /// Silence since the last audio passed on, by which a gap in the numbering is shorter.
    credit_us: u64,
    /// Silence given out for time that the frame behind it turned out to fill: the next is shorter by it.
    ahead_us: u64,
}

impl IdleClock {
    /// A clock that runs on after `silent_after_ms` of nothing.
    pub(crate) const fn new(silent_after_ms: u64) -> Self {
        Self {
            silent_after_us: silent_after_ms.saturating_mul(1_000),
            heard_at: None,
            accounted_us: 0,
            owed_us: 0,
            credit_us: 0,
            ahead_us: 0,
        }
    }

    /// Something came, as long as `frame_us` says: that time was not silent.
    pub(crate) fn heard(&mut self, now: Time, frame_us: impl FnOnce() -> u64) {
        let since = self.heard_at.replace(now).unwrap_or(now);
        let accounted_us = std::mem::take(&mut self.accounted_us);
        let idle_us = now.us_since(since);
        if idle_us < self.silent_after_us {
            return;
        }
        let idle_us = idle_us.saturating_sub(frame_us());
        self.owed_us += idle_us.saturating_sub(accounted_us);
        self.ahead_us += accounted_us.saturating_sub(idle_us);
        self.credit_us += idle_us.max(accounted_us);
    }

    /// What came is passed on, after a gap of `gap_us` in its numbering. Returns the silence before it that
    /// is still to be heard.
    pub(crate) fn settle(&mut self, gap_us: u64) -> u64 {
        let credit_us = std::mem::take(&mut self.credit_us);
        let silence_us = std::mem::take(&mut self.owed_us) + gap_us.saturating_sub(credit_us);
        self.in_time(silence_us)
    }

    /// Silence that has passed by now and has not been given out yet, in microseconds.
    pub(crate) fn advance(&mut self, now: Time) -> u64 {
        let idle_us = now.us_since(*self.heard_at.get_or_insert(now));
        if idle_us < self.silent_after_us || idle_us <= self.accounted_us {
            return 0;
        }
        let silence_us = idle_us - std::mem::replace(&mut self.accounted_us, idle_us);
        self.in_time(silence_us)
    }

    /// When silence is to be given out: never while nobody waits for it, because it is caught up on with the
    /// next input.
    pub(crate) fn deadline(&self, speaking: bool, continuous: bool) -> Option<Time> {
        let heard_at = self.heard_at.filter(|_| speaking || continuous)?;
        Some(match self.accounted_us {
            0 => heard_at.plus_us(self.silent_after_us),
            given => heard_at.plus_us(given).plus_ms(STEP_MS),
        })
    }

    /// What is left of silence that is to be given out, without what has been given out too early.
    fn in_time(&mut self, silence_us: u64) -> u64 {
        let left_us = silence_us.saturating_sub(self.ahead_us);
        self.ahead_us -= silence_us - left_us;
        left_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_ms(ms)
    }

    fn clock() -> IdleClock {
        let mut clock = IdleClock::new(500);
        clock.heard(ms(1_000), || 20_000);
        clock
    }

    #[test]
    fn time_runs_on_when_nothing_comes() {
        let mut clock = clock();
        assert_eq!(clock.deadline(true, false), Some(ms(1_500)));
        assert_eq!(clock.advance(ms(1_499)), 0);
        assert_eq!(clock.advance(ms(1_500)), 500_000);
        assert_eq!(clock.advance(ms(1_500)), 0);
        assert_eq!(clock.deadline(true, false), Some(ms(1_600)));
        assert_eq!(clock.advance(ms(1_603)), 103_000);
        assert_eq!(clock.deadline(false, true), Some(ms(1_703)));
        assert_eq!(clock.deadline(false, false), None);
    }

    #[test]
    fn it_runs_from_the_first_look_where_nothing_ever_comes() {
        let mut clock = IdleClock::new(500);
        assert_eq!(clock.deadline(true, true), None);
        assert_eq!(clock.advance(ms(7_000)), 0);
        assert_eq!(clock.deadline(false, true), Some(ms(7_500)));
        assert_eq!(clock.advance(ms(7_500)), 500_000);
    }

    #[test]
    fn short_pauses_are_jitter() {
        let mut clock = clock();
        clock.heard(ms(1_499), || 20_000);
        assert_eq!(clock.settle(0), 0);
        assert_eq!(clock.settle(40_000), 40_000, "a gap is a gap");
    }

    #[test]
    fn a_long_silence_is_caught_up_on_when_something_comes() {
        let mut clock = clock();
        clock.heard(ms(11_000), || 20_000);
        assert_eq!(clock.settle(0), 9_980_000, "all but the frame itself");
        clock.heard(ms(11_020), || 20_000);
        assert_eq!(clock.settle(0), 0);
        assert_eq!(clock.advance(ms(11_520)), 500_000);
    }

    #[test]
    fn the_same_time_is_not_filled_twice() {
        let mut clock = clock();
        assert_eq!(clock.advance(ms(1_600)), 600_000);
        clock.heard(ms(1_720), || 20_000);
        // 700 ms were silent, 600 of them were given out; the numbering says 680 are missing.
        assert_eq!(clock.settle(680_000), 100_000);
        clock.heard(ms(1_740), || 20_000);
        assert_eq!(clock.settle(40_000), 40_000, "a later gap is another one");
    }

    #[test]
    fn silence_a_frame_turns_out_to_fill_is_taken_off_the_next() {
        let mut clock = clock();
        assert_eq!(clock.advance(ms(1_500)), 500_000);
        clock.heard(ms(1_505), || 20_000);
        assert_eq!(clock.settle(0), 0, "15 ms ahead");
        assert_eq!(clock.advance(ms(2_005)), 485_000);
        assert_eq!(clock.advance(ms(2_105)), 100_000);
    }

    #[test]
    fn a_gap_longer_than_the_silence_is_filled_to_its_length() {
        let mut clock = clock();
        assert_eq!(clock.advance(ms(1_500)), 500_000);
        clock.heard(ms(1_520), || 20_000);
        assert_eq!(clock.settle(900_000), 400_000);
    }

    #[test]
    fn what_is_held_back_keeps_what_is_owed_to_it() {
        let mut clock = clock();
        clock.heard(ms(3_000), || 20_000);
        clock.heard(ms(3_010), || 20_000);
        assert_eq!(clock.settle(60_000), 1_980_000);
        assert_eq!(clock.settle(60_000), 60_000);
    }
}
