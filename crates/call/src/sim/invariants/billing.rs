//! What is billed is what happened: the bill of a call, drawn up from what crosses its links.
//!
//! It knows the caller's audio by the sample, the agent's by the stamps in it, and the session by its events. It
//! refuses to guess: where nobody outside the call can tell whether the caller was heard (the agent has asked
//! for a hold that waits for its last word), both are right.

use std::collections::VecDeque;

use super::{Rest, Terms};
use crate::io::CallEvent;
use crate::meter::Metering;
use crate::sim::lines::message_us;
use crate::sim::notes::Notes;
use crate::time::Time;

/// Milliseconds of a stamped frame, and of a pressed key with its pause.
const STAMP_MS: u64 = 20;
const KEY_MS: u64 = 200;

/// Where the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whereabouts {
    /// Put through to the agent.
    Talking,
    /// One or the other.
    Unclear,
    /// On hold, or on the way to somebody else, until this time at most.
    Away(Option<Time>),
}

/// What a call may bill.
#[derive(Debug)]
pub(in crate::sim) struct Bill {
    terms: Terms,
    caller: Whereabouts,
    /// Samples of the caller's: that must be billed, as of when, and that may be.
    due: VecDeque<(Time, u64)>,
    due_samples: u64,
    unclear_samples: u64,
    /// Of those due, what was still being put in order when nobody listened any more.
    excused_ms: u64,
    live_at: Option<Time>,
    over_at: Option<Time>,
    /// What the agent's notes said at the last look.
    sends_away: u64,
    refused: u64,
    /// Bounds on the agent's audio, in milliseconds.
    agent_ms: (u64, u64),
    late_ms: u64,
}

impl Bill {
    pub(super) const fn new(terms: Terms) -> Self {
        Self {
            terms,
            caller: Whereabouts::Talking,
            due: VecDeque::new(),
            due_samples: 0,
            unclear_samples: 0,
            excused_ms: 0,
            live_at: None,
            over_at: None,
            sends_away: 0,
            refused: 0,
            agent_ms: (0, 0),
            late_ms: 0,
        }
    }

    /// Caller audio is handed in.
    pub(super) fn heard(&mut self, now: Time, bytes: usize) {
        let samples = (bytes / self.terms.line.sends.bytes_per_sample()) as u64;
        if let Whereabouts::Away(Some(until)) = self.caller
            && now >= until
        {
            self.caller = Whereabouts::Unclear;
        }
        match self.caller {
            Whereabouts::Talking => {
                self.due_samples += samples;
                self.due.push_back((now, self.due_samples));
            }
            Whereabouts::Unclear => self.unclear_samples += samples,
            Whereabouts::Away(_) => {}
        }
    }

    /// Whoever transfers the caller has said what became of it: the agent may hear nothing of that.
    pub(in crate::sim) fn transfer_answered(&mut self) {
        if matches!(self.caller, Whereabouts::Away(Some(_))) {
            self.caller = Whereabouts::Unclear;
        }
    }

    /// The call reports something.
    pub(super) fn event(&mut self, now: Time, event: &CallEvent, notes: &Notes) {
        match event {
            CallEvent::Live { .. } => self.live_at = Some(now),
            CallEvent::OnHold { hold: true } => self.caller = Whereabouts::Away(None),
            CallEvent::OnHold { hold: false } => self.caller = Whereabouts::Talking,
            CallEvent::TransferWanted { .. } => {
                let until = now.plus_us(self.terms.transfer_us);
                self.caller = Whereabouts::Away(Some(until));
            }
            CallEvent::AgentLost { .. } if self.terms.has_destination => {
                self.caller = Whereabouts::Unclear;
            }
            CallEvent::Ended { .. } => self.over_at = Some(notes.stopped_at.unwrap_or(now)),
            _ => {}
        }
    }

    /// The call rests: takes down what the agent did, and bounds what it said.
    pub(super) fn look(&mut self, now: Time, rest: &Rest<'_>, frames: u64, written_us: u64) {
        let notes = rest.notes;
        if std::mem::replace(&mut self.refused, notes.refused) < notes.refused {
            self.caller = Whereabouts::Talking;
        }
        let asked = std::mem::replace(&mut self.sends_away, notes.sends_away) < notes.sends_away;
        if asked && self.caller == Whereabouts::Talking {
            self.caller = Whereabouts::Unclear;
        }
        let over = self.over_at.is_some() || notes.ended;
        if self.caller != Whereabouts::Talking || over {
            let ordering = self.terms.line.reorder_ms > 0;
            let due_ms = self.ms(self.due_samples);
            let open_ms = due_ms.saturating_sub(rest.metering.caller_audio_ms);
            self.excused_ms = self.excused_ms.max(if ordering { open_ms } else { 0 });
        }
        let window_ms = self.terms.line.reorder_ms;
        let before = now.minus_us(window_ms * 1_000 + self.terms.late_us);
        while self.due.len() > 1 && self.due[1].0 <= before {
            self.due.pop_front();
        }
        self.late_ms = rest.counters.media_late * STAMP_MS;
        self.over_at = self
            .over_at
            .or(notes.stopped_at.filter(|_| self.live_at.is_some()));
        self.agent_ms = self.spoken_ms(rest, frames, written_us, over);
    }

    /// The least and the most the agent may have said to the caller.
    fn spoken_ms(&self, rest: &Rest<'_>, frames: u64, written_us: u64, over: bool) -> (u64, u64) {
        let stamped_ms = frames * STAMP_MS;
        // What an agent that is lost, or not let go on, had given of a frame is played.
        let mut pieces = rest.counters.agents_lost + u64::from(over);
        let mut less_ms = 0;
        if !self.terms.stamps_alone {
            // A resampler takes a part of a frame from the end of one utterance or adds it.
            pieces += rest.notes.utterances.len() as u64;
            less_ms = pieces * STAMP_MS + rest.counters.slipped_ms;
        } else if self.terms.may_skip {
            less_ms = rest.counters.slipped_ms + STAMP_MS;
        }
        // Messages of another length cut a stamp in two, of which only the whole can be read.
        let cut = !message_us(&self.terms.line).is_multiple_of(STAMP_MS * 1_000);
        let most_ms = stamped_ms + (pieces + u64::from(cut)) * STAMP_MS + rest.notes.keys * KEY_MS;
        let unreadable = self.terms.may_skip || rest.counters.slipped_ms > 0;
        let most_ms = if unreadable || !self.terms.stamps_alone {
            most_ms.max(written_us / 1_000)
        } else {
            most_ms
        };
        (stamped_ms.saturating_sub(less_ms), most_ms)
    }

    /// What is wrong with a bill, if anything is.
    pub(super) fn wrong(&self, now: Time, metering: &Metering) -> Option<String> {
        let window_us = self.terms.line.reorder_ms * 1_000 + self.terms.late_us;
        let due = self.due.iter().rev();
        let mut due =
            due.skip_while(|(at, _)| self.terms.line.reorder_ms > 0 && at.plus_us(window_us) > now);
        let least_ms = due.next().map_or(0, |(_, samples)| self.ms(*samples));
        let least_ms = least_ms.saturating_sub(self.excused_ms + self.late_ms);
        let most_ms = self.ms(self.due_samples + self.unclear_samples);
        let over_at = self.over_at.unwrap_or(now);
        let session_ms = self.live_at.map_or(0, |at| over_at.ms_since(at));
        [
            (
                "of the caller",
                metering.caller_audio_ms,
                (least_ms, most_ms),
            ),
            ("of the agent", metering.agent_audio_ms, self.agent_ms),
            (
                "of the session",
                metering.session_ms,
                (session_ms, session_ms),
            ),
        ]
        .into_iter()
        .find(|(_, billed, (least, most))| !(least..=most).contains(&billed))
        .map(|(what, billed, (least, most))| {
            format!("{billed} ms {what} billed, {least} to {most} there were")
        })
    }

    fn ms(&self, samples: u64) -> u64 {
        samples * 1_000 / u64::from(self.terms.line.sends.rate_hz)
    }
}
