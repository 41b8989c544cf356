//! What is measured between turns: how long the caller waits for an answer, and for silence.

use crate::time::Time;

/// The times of the turns of one call.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    /// When the caller's last speech ended, until an answer begins.
    unanswered_since: Option<Time>,
    /// The same, from when an answer begins until its first frame is sent.
    answering: Option<Time>,
    /// A decided barge-in whose clear is not written yet.
    cut_off: Option<CutOff>,
    begun: u64,
}

/// A barge-in between decision and clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CutOff {
    pub(crate) decided_at: Time,
    pub(crate) heard_ms: u64,
}

impl Latency {
    pub(crate) fn caller_started(&mut self) {
        self.unanswered_since = None;
        self.answering = None;
    }

    /// `ended_at` is when the speech ended, which is before this was known.
    pub(crate) fn caller_stopped(&mut self, ended_at: Time) {
        self.unanswered_since = Some(ended_at);
    }

    /// The agent begins a turn; its number, from 1.
    pub(crate) fn agent_begins(&mut self) -> u64 {
        self.begun += 1;
        self.answering = self.unanswered_since.take();
        self.begun
    }

    /// A frame of speech went to the caller. Returns how long the caller waited for it, in microseconds,
    /// if it is the first of an answer.
    pub(crate) fn frame_sent(&mut self, now: Time) -> Option<u64> {
        let since = self.answering.take()?;
        Some(now.us_since(since))
    }

    /// The agent has been silenced. A second decision before the clear is written changes nothing.
    pub(crate) fn cut_off(&mut self, decided_at: Time, heard_ms: u64) {
        self.cut_off.get_or_insert(CutOff {
            decided_at,
            heard_ms,
        });
    }

    /// The clear has been written.
    pub(crate) fn cleared(&mut self) -> Option<CutOff> {
        self.cut_off.take()
    }
}
