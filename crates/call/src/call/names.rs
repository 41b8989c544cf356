//! Places in what is said that the agent has given a name, until everything before them has been released.

use std::collections::VecDeque;

use super::Call;
use crate::agent::{Agent, AgentEvent};
use crate::caller::CallerMessage;
use crate::marks::{Completion, MAX_NAME_BYTES};
use crate::time::Time;

/// Names and marks waiting at once; one more name comes back at once as not played.
const BOUND: usize = 1_024;

/// Messages for the caller at which a name that may need one more comes back as not played.
const CROWDED: usize = 64;

/// What is said to a caller on hold has no place. It is void when the hold is over, and the agent is told then:
/// told at once, it might answer with the next, for ever.
const UNHEARD: u64 = u64::MAX;

/// Names by their place, which is one of the [playout's](crate::playout::Playout::end), in the order they were
/// given: no place lies before that of a name given earlier.
#[derive(Debug, Default)]
pub(super) struct Names(VecDeque<(u64, String)>);

impl Names {
    fn push(&mut self, place: u64, name: String) {
        self.0.push_back((place, name));
    }

    /// The next name whose place has been released.
    fn pop(&mut self, taken: u64) -> Option<String> {
        let (_, name) = self.0.pop_front_if(|(place, _)| *place <= taken)?;
        Some(name)
    }

    /// Takes out the names behind this place, of what the caller would have heard.
    pub(super) fn take_behind(&mut self, place: u64) -> Vec<String> {
        let from = self.0.partition_point(|(at, _)| *at <= place);
        let to = self.0.partition_point(|(at, _)| *at < UNHEARD);
        self.0.drain(from..to).map(|(_, name)| name).collect()
    }

    /// So many bytes of what waits were cut out at this place.
    pub(super) fn cut_out(&mut self, place: u64, bytes: u64) {
        let behind = self.0.iter_mut().rev().filter(|(at, _)| *at < UNHEARD);
        for (at, _) in behind.take_while(|(at, _)| *at > place) {
            *at = at.saturating_sub(bytes).max(place);
        }
    }

    /// Nobody waits for them any more.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl<A: Agent> Call<A> {
    /// The agent gives the end of what it has said so far a name.
    pub(super) fn name_place(&mut self, now: Time, name: String) {
        let on_hold = self.is_on_hold();
        let crowded = self.outbox.messages.len() >= CROWDED;
        let Some(live) = &mut self.live else { return };
        let full = live.names.0.len() + live.marks.pending() >= BOUND;
        let end = live.playout.end();
        let at_once = end <= live.playout.taken() && !on_hold;
        // An agent that is unaware names the end of what is void already.
        if live.unaware || full || name.len() > MAX_NAME_BYTES || (at_once && crowded) {
            return self.tell_marked(now, &name, Completion::Cleared);
        }
        live.names.push(if on_hold { UNHEARD } else { end }, name);
        if at_once {
            self.set_names(now);
            self.expire_marks(now);
        }
    }

    /// Names whose place has been released become marks.
    pub(super) fn set_names(&mut self, now: Time) {
        let next = |live: &mut super::live::Live| live.names.pop(live.playout.taken());
        while let Some(name) = self.live.as_mut().and_then(next) {
            self.set_name(now, &name);
        }
    }

    /// Nothing said will be played.
    pub(super) fn void_names(&mut self, now: Time) {
        let names = self
            .live
            .as_mut()
            .map(|live| std::mem::take(&mut live.names));
        for (_, name) in names.unwrap_or_default().0 {
            self.tell_marked(now, &name, Completion::Cleared);
        }
    }

    /// What was before these names will not be played.
    pub(super) fn tell_void(&mut self, now: Time, names: &[String]) {
        for name in names {
            self.tell_marked(now, name, Completion::Cleared);
        }
    }

    pub(super) fn tell_marked(&mut self, now: Time, name: &str, completion: Completion) {
        let played = completion == Completion::Played;
        self.tell_agent(now, AgentEvent::Marked { name, played });
    }

    fn set_name(&mut self, now: Time, name: &str) {
        let Some(live) = &mut self.live else { return };
        let place = live.playout.taken();
        let plays_until = live.playout.plays_until().max(now);
        // Longer names than a mark may have never get here.
        if let Ok(Some(mark)) = live.marks.set_named(name, place, plays_until) {
            self.tell(CallerMessage::Mark(mark));
        }
        // At the bound the oldest is taken as played.
        self.complete_marks(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        for (place, name) in [(100, "a"), (200, "b"), (200, "c"), (300, "d")] {
            names.push(place, name.to_owned());
        }
        names
    }

    #[test]
    fn names_behind_what_is_cut_out_come_nearer_and_never_before_it() {
        let mut names = names();
        names.push(UNHEARD, "on hold".to_owned());
        names.cut_out(150, 80);
        names.cut_out(220, 10);
        let places: Vec<_> = names.0.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [100, 150, 150, 220, UNHEARD]);
    }

    #[test]
    fn what_is_thrown_away_takes_the_names_behind_it_along() {
        let mut names = names();
        names.push(UNHEARD, "on hold".to_owned());
        assert_eq!(names.take_behind(200), ["d"]);
        assert_eq!(names.pop(99), None);
        let next = || names.pop(u64::MAX - 1);
        let rest: Vec<_> = std::iter::from_fn(next).collect();
        assert_eq!(rest, ["a", "b", "c"]);
    }
}
