//! Every timer of a call, in one array.

use crate::time::Time;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The caller's side must start the call.
    Start,
    /// The call has reached its maximum length.
    MaxCall,
    /// The next frame of the playout is due.
    Playout,
    /// The agent wanted to be woken.
    Agent,
    /// A silent caller is pinged.
    Ping,
    /// A caller heard nothing of is given up.
    Alive,
    /// A caller that accepts nothing is given up.
    Stall,
    /// A mark must have been answered.
    Mark,
    /// The caller's network has been silent, or a frame it overtook others with has waited long enough.
    Uplink,
    /// The caller's turn changes by itself.
    Turn,
    /// Somebody has been waiting for a word.
    Waiting,
    /// A lost agent is sought again, or has been away for too long.
    Failover,
    /// A transfer must have come to something.
    Transfer,
    /// Closing must be done.
    Close,
}

impl Timer {
    const ALL: [Self; COUNT] = [
        Self::Start,
        Self::MaxCall,
        Self::Playout,
        Self::Agent,
        Self::Ping,
        Self::Alive,
        Self::Stall,
        Self::Mark,
        Self::Uplink,
        Self::Turn,
        Self::Waiting,
        Self::Failover,
        Self::Transfer,
        Self::Close,
    ];

    /// Those that mean nothing once the call is closing.
    pub(crate) const OF_A_LIVE_CALL: [Self; 8] = [
        Self::Start,
        Self::MaxCall,
        Self::Agent,
        Self::Uplink,
        Self::Turn,
        Self::Waiting,
        Self::Failover,
        Self::Transfer,
    ];
}

const COUNT: usize = Timer::Close as usize + 1;

/// No time a clock reaches.
const NEVER: Time = Time::from_us(u64::MAX);

/// The deadlines, [`NEVER`] where not running: the earliest is asked for with every frame.
#[derive(Clone, Debug)]
pub(crate) struct Timers([Time; COUNT]);

impl Default for Timers {
    fn default() -> Self {
        Self([NEVER; COUNT])
    }
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Time) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = at;
        }
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        self.set(timer, NEVER);
    }

    pub(crate) fn set_or_stop(&mut self, timer: Timer, at: Option<Time>) {
        self.set(timer, at.unwrap_or(NEVER));
    }

    pub(crate) fn is_running(&self, timer: Timer) -> bool {
        self.0.get(timer as usize).is_some_and(|at| *at != NEVER)
    }

    /// Stops and gives the first of those whose time has come, in the order of the timers.
    pub(crate) fn next_fired(&mut self, now: Time) -> Option<Timer> {
        if self.earliest() > now {
            return None;
        }
        let at = self.0.iter().position(|at| *at <= now)?;
        let timer = Timer::ALL.get(at).copied()?;
        self.stop(timer);
        Some(timer)
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Time> {
        Some(self.earliest()).filter(|at| *at != NEVER)
    }

    fn earliest(&self) -> Time {
        let us = self.0.iter().fold(u64::MAX, |us, at| us.min(at.as_us()));
        Time::from_us(us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timer_is_listed_where_it_is_kept() {
        for (index, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, index);
        }
    }

    #[test]
    fn a_timer_fires_once_at_its_time() {
        let mut timers = Timers::default();
        timers.set(Timer::Ping, Time::from_ms(20));
        timers.set(Timer::Alive, Time::from_ms(10));
        assert_eq!(timers.next(), Some(Time::from_ms(10)));
        assert_eq!(timers.next_fired(Time::from_ms(9)), None);
        assert_eq!(timers.next_fired(Time::from_ms(19)), Some(Timer::Alive));
        assert_eq!(timers.next_fired(Time::from_ms(19)), None);
        assert_eq!(timers.next_fired(Time::from_ms(20)), Some(Timer::Ping));
        assert_eq!(timers.next_fired(Time::from_ms(21)), None);
        assert_eq!(timers.next(), None);
    }
}
