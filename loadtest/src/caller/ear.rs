//! What a caller makes of what comes back.

use std::time::Duration;

use tokio::time::Instant;

use super::recovery::{Recovered, Recovery};
use super::talk::Talk;
use super::{Answer, Plan};
use crate::bot::utterance_of;
use crate::measure::{Arrival, Count, Sequence, Span};
use crate::payload::{Framed, Framer, Payload};

/// How long a clear may be under way when the call ends.
const CLEAR: Duration = Duration::from_secs(1);

/// How far what was heard of an utterance may be behind the clock when it is cut off.
const BEHIND: Duration = Duration::from_millis(500);

/// Microseconds of a frame.
const FRAME_US: u64 = 20_000;

/// The ear of one caller.
#[derive(Debug)]
pub(super) struct Ear<'a> {
    talk: &'a Talk<'a>,
    framer: Framer,
    sequence: Sequence,
    /// When the last message with audio came.
    last_us: Option<u64>,
    has_answer: bool,
    burst: Option<Burst>,
    /// The last utterance of which the clear has come.
    cleared: Option<u32>,
    recovery: Option<Recovery>,
}

/// The utterance that is being heard.
#[derive(Clone, Copy, Debug)]
struct Burst {
    utterance: u32,
    /// When its first frame came.
    since_us: u64,
    /// The place in it of the frame that is next.
    next: u32,
}

impl<'a> Ear<'a> {
    pub(super) fn new(talk: &'a Talk<'a>) -> Self {
        let plan = talk.plan();
        let payload = match plan.answer {
            Answer::Echo => plan.payload,
            Answer::Bursts { .. } => Payload::Exact,
        };
        Self {
            talk,
            framer: Framer::new(
                payload,
                plan.speech.format,
                plan.speech.heard_bytes(),
                talk.caller(),
            ),
            sequence: Sequence::default(),
            last_us: None,
            has_answer: false,
            burst: None,
            cleared: None,
            recovery: talk.stall().map(Recovery::new),
        }
    }

    /// Whether all of so many frames are back.
    pub(super) fn has_all(&self, frames: u32) -> bool {
        matches!(self.plan().answer, Answer::Echo) && self.sequence.lost(frames) == 0
    }

    /// A message with audio came.
    pub(super) fn hear(&mut self, audio: &[u8]) {
        let now_us = self.plan().now_us();
        if let Some(last_us) = self.last_us.replace(now_us) {
            let mut tally = self.plan().tally.borrow_mut();
            tally.record(Span::Gap, now_us - last_us);
        }
        self.framer.push(audio, now_us);
        while let Some(framed) = self.framer.pop() {
            match framed {
                Framed::Damaged => self.plan().count(Count::Damaged),
                Framed::Frame { number, arrived_us } => self.frame(number, arrived_us),
            }
        }
    }

    /// The caller is told not to play what was sent before.
    pub(super) fn clear(&mut self) {
        let Answer::Bursts { clears, .. } = &self.plan().answer else {
            // An echo is never cut off.
            return self.plan().count(Count::Stale);
        };
        let Some((utterance, at)) = clears.borrow().get(&self.talk.caller()).copied() else {
            return self.plan().count(Count::Stale);
        };
        self.cut_off();
        self.cleared = Some(utterance);
        let mut tally = self.plan().tally.borrow_mut();
        tally.count(Count::Cleared);
        tally.record(Span::Clear, us(at.elapsed()));
    }

    /// Counts what did not come.
    pub(super) fn finish(&self) {
        let plan = self.plan();
        match &plan.answer {
            Answer::Echo => {
                let lost = self.sequence.lost(self.talk.sent());
                plan.tally.borrow_mut().add(Count::Lost, lost);
            }
            Answer::Bursts { clears, .. } => {
                let last = clears.borrow().get(&self.talk.caller()).copied();
                self.finish_bursts(last);
            }
        }
        let Some(recovery) = &self.recovery else {
            return;
        };
        let last = self.talk.due(self.talk.sent().saturating_sub(1));
        let mut tally = plan.tally.borrow_mut();
        match recovery.end(last, plan.since_origin()) {
            Recovered::After(us) => tally.record(Span::Recovery, us),
            Recovered::Never(us) => {
                tally.record(Span::Recovery, us);
                tally.complain("never recovered".to_owned());
            }
        }
    }

    /// `last` is the bot's last clear.
    fn finish_bursts(&self, last: Option<(u32, Instant)>) {
        self.cut_off();
        if self.burst.is_none() {
            let complaint = "nothing was heard".to_owned();
            self.plan().tally.borrow_mut().complain(complaint);
        }
        if let Some((utterance, at)) = last
            && at.elapsed() > CLEAR
            && self.cleared < Some(utterance)
        {
            self.plan().count(Count::Uncleared);
        }
    }

    /// What is heard ends here, as the utterance is longer than that: as much has to have come as time has passed.
    fn cut_off(&self) {
        let Some(burst) = self.burst else { return };
        if self.cleared >= Some(burst.utterance) {
            return;
        }
        let passed_us = self.plan().now_us().saturating_sub(burst.since_us);
        let due = passed_us.saturating_sub(us(BEHIND)) / FRAME_US;
        let lost = due.saturating_sub(burst.next.into());
        self.plan().tally.borrow_mut().add(Count::Lost, lost);
    }

    fn plan(&self) -> &'a Plan {
        self.talk.plan()
    }

    fn frame(&mut self, number: u32, arrived_us: u64) {
        if !self.has_answer {
            self.has_answer = true;
            let after_us = arrived_us.saturating_sub(us(self.talk.dialled()));
            self.plan()
                .tally
                .borrow_mut()
                .record(Span::FirstFrame, after_us);
        }
        match &self.plan().answer {
            Answer::Echo => self.own(number, arrived_us),
            Answer::Bursts {
                lead_us, slack_us, ..
            } => self.burst(number, arrived_us, *lead_us, *slack_us),
        }
    }

    /// A frame of the caller's own came back.
    fn own(&mut self, number: u32, arrived_us: u64) {
        if number >= self.talk.sent() {
            return self.plan().count(Count::Damaged);
        }
        let due = self.talk.due(number);
        let round_trip_us = arrived_us.saturating_sub(us(due));
        let wire_us = round_trip_us.saturating_sub(self.talk.late_us(number));
        let arrival = self.sequence.arrived(number);
        self.plan()
            .tally
            .borrow_mut()
            .frame_back(arrival, round_trip_us, wire_us);
        if arrival == Arrival::InOrder
            && let Some(recovery) = &mut self.recovery
        {
            recovery.heard(due, round_trip_us, arrived_us);
        }
    }

    /// A frame of a burst of the bot's.
    fn burst(&mut self, number: u32, arrived_us: u64, lead_us: u64, slack_us: u64) {
        let (utterance, at) = utterance_of(number);
        let plan = self.plan();
        plan.count(Count::Received);
        if self.cleared.is_some_and(|cleared| utterance <= cleared) {
            return plan.count(Count::Stale);
        }
        match &mut self.burst {
            Some(burst) if burst.utterance == utterance => {
                if at < burst.next {
                    return plan.count(Count::Duplicated);
                }
                let due_us = (u64::from(at) * FRAME_US).saturating_sub(lead_us);
                let after_us = arrived_us.saturating_sub(burst.since_us + due_us);
                let missing = at - burst.next;
                burst.next = at + 1;
                let mut tally = plan.tally.borrow_mut();
                tally.record(Span::AfterDue, after_us);
                tally.record(Span::AfterLatest, after_us.saturating_sub(slack_us));
                tally.add(Count::Lost, missing.into());
            }
            last => {
                let expected = last.map_or(0, |last| last.utterance + 1);
                if utterance < expected {
                    return plan.count(Count::Reordered);
                }
                // Of an utterance that was left out no more is known than that it had a frame.
                let missing = at + utterance - expected;
                plan.tally.borrow_mut().add(Count::Lost, missing.into());
                // The one before was cut off: its clear has to be here first.
                let is_cleared = last.is_none_or(|last| self.cleared >= Some(last.utterance));
                if !is_cleared {
                    plan.count(Count::Uncleared);
                }
                self.burst = Some(Burst {
                    utterance,
                    since_us: arrived_us.saturating_sub(u64::from(at) * FRAME_US),
                    next: at + 1,
                });
            }
        }
    }
}

const fn us(at: Duration) -> u64 {
    at.as_micros() as u64
}
