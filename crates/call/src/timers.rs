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
    /// Closing must be done.
    Close,
}

const COUNT: usize = Timer::Close as usize + 1;

/// The deadlines, `None` where not running.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers([Option<Time>; COUNT]);

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Time) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = Some(at);
        }
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = None;
        }
    }

    pub(crate) fn set_or_stop(&mut self, timer: Timer, at: Option<Time>) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = at;
        }
    }

    pub(crate) fn is_running(&self, timer: Timer) -> bool {
        self.0.get(timer as usize).is_some_and(Option::is_some)
    }

    /// Stops the timer if its time has come, and says so.
    pub(crate) fn fired(&mut self, timer: Timer, now: Time) -> bool {
        let slot = self.0.get_mut(timer as usize);
        slot.is_some_and(|slot| slot.take_if(|at| *at <= now).is_some())
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Time> {
        self.0.iter().flatten().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_fires_once_at_its_time() {
        let mut timers = Timers::default();
        timers.set(Timer::Ping, Time::from_ms(20));
        timers.set(Timer::Alive, Time::from_ms(10));
        assert_eq!(timers.next(), Some(Time::from_ms(10)));
        assert!(!timers.fired(Timer::Ping, Time::from_ms(19)));
        assert!(timers.fired(Timer::Ping, Time::from_ms(20)));
        assert!(!timers.fired(Timer::Ping, Time::from_ms(21)));
        timers.stop(Timer::Alive);
        assert_eq!(timers.next(), None);
    }
}
