//! How a call comes back from a stall.

use std::time::Duration;

use super::talk::Stall;

/// How long before a stall the round trip is looked at.
const BEFORE: Duration = Duration::from_secs(1);

/// Frames at the end of a call that may be missing, where servers leave frames out.
const MISSING: Duration = Duration::from_secs(1);

/// What a caller sees beside a stall. Times are microseconds since the origin of the schedule.
#[derive(Debug)]
pub(super) struct Recovery {
    stall: Stall,
    /// Round trips of the last second before the stall.
    before_us: Vec<u64>,
    /// The round trip that is good again, once the stall is over.
    good_us: Option<u64>,
    /// The last arrival behind the stall with such a round trip.
    good_at_us: Option<u64>,
    /// The last arrival behind the stall that was later than that.
    late_at_us: Option<u64>,
    /// When the latest frame that came was due.
    heard: Duration,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovered {
    /// So many microseconds after the stall the round trip was what it had been.
    After(u64),
    /// It never was in that time.
    Never(u64),
}

impl Recovery {
    pub(super) const fn new(stall: Stall) -> Self {
        Self {
            stall,
            before_us: Vec::new(),
            good_us: None,
            good_at_us: None,
            late_at_us: None,
            heard: Duration::ZERO,
        }
    }

    /// A frame came, in order.
    pub(super) fn heard(&mut self, due: Duration, round_trip_us: u64, arrived_us: u64) {
        self.heard = self.heard.max(due);
        if arrived_us < us(self.stall.from) && due + BEFORE >= self.stall.from {
            self.before_us.push(round_trip_us);
        }
        if arrived_us < us(self.stall.to) {
            return;
        }
        let good_us = match self.good_us {
            Some(good_us) => good_us,
            None => usual(&mut self.before_us) + us(self.stall.same),
        };
        self.good_us = Some(good_us);
        if round_trip_us <= good_us {
            self.good_at_us = Some(arrived_us);
        } else {
            self.late_at_us = Some(arrived_us);
        }
    }

    /// The call ends at `now`; the last frame of it was due at `last`.
    pub(super) fn end(&self, last: Duration, now: Duration) -> Recovered {
        let to_us = us(self.stall.to);
        let is_cut = last > self.stall.to && self.heard + MISSING < last;
        if self.good_at_us.is_none() || self.heard < self.stall.to || is_cut {
            return Recovered::Never(us(now).saturating_sub(to_us));
        }
        Recovered::After(self.late_at_us.unwrap_or(0).saturating_sub(to_us))
    }
}

/// Nine in ten were no longer: one hiccup does not make a delay what it had been.
fn usual(round_trips_us: &mut [u64]) -> u64 {
    round_trips_us.sort_unstable();
    let at = (round_trips_us.len() * 9 / 10).min(round_trips_us.len().saturating_sub(1));
    round_trips_us.get(at).copied().unwrap_or(0)
}

const fn us(at: Duration) -> u64 {
    at.as_micros() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(at: u64) -> Duration {
        Duration::from_millis(at)
    }

    /// Frames with a round trip of 5 ms, one of 80, then a stall from 3 to 5 s.
    fn stalled() -> Recovery {
        let mut recovery = Recovery::new(Stall::silent(ms(3_000), ms(5_000), ms(10)));
        for at in 0..150 {
            let round_trip = if at == 140 { 80 } else { 5 };
            let due = ms(at * 20);
            recovery.heard(due, round_trip * 1_000, us(due + ms(round_trip)));
        }
        recovery
    }

    #[test]
    fn a_call_is_back_with_the_last_late_frame() {
        let mut recovery = stalled();
        recovery.heard(ms(4_980), 20_000, 5_000_000);
        recovery.heard(ms(5_000), 40_000, 5_040_000);
        recovery.heard(ms(5_020), 14_000, 5_034_000);
        let end = recovery.end(ms(5_040), ms(6_000));
        assert_eq!(end, Recovered::After(40_000), "80 ms was no rule before");
    }

    #[test]
    fn a_call_that_is_dead_behind_a_stall_never_came_back() {
        let never = Recovered::Never(3_000_000);
        assert_eq!(stalled().end(ms(7_980), ms(8_000)), never);
        let mut cut = stalled();
        cut.heard(ms(5_020), 5_000, 5_025_000);
        assert_eq!(cut.end(ms(7_980), ms(8_000)), never, "one frame, no more");
        let mut late = stalled();
        for at in 250..400 {
            late.heard(ms(at * 20), 200_000, us(ms(at * 20 + 200)));
        }
        assert_eq!(late.end(ms(7_980), ms(8_000)), never, "always late");
    }
}
