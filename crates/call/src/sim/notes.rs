//! What the agent wrote down: everything it was told, what it said, and what of that is void.

use std::ops::Range;

use trunkline_codecs::format::AudioFormat;

use super::named::Named;
use super::script::Told;
use super::stamp::Reader;
use crate::history::Said;
use crate::time::Time;

/// An utterance, by the numbers of its frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Utterance {
    pub(super) first: u64,
    /// One past the last; `None` while it is open.
    pub(super) end: Option<u64>,
}

/// A time an agent began.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Begun {
    pub(super) at: Time,
    /// Which agent, from 0.
    pub(super) agent: usize,
    pub(super) attempt: u32,
    pub(super) history: Vec<Said>,
}

/// The agent's notes.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) told: Vec<(Time, Told)>,
    pub(super) begun: Vec<Begun>,
    /// What an agent was told that had not begun, or of an attempt before its own.
    pub(super) astray: Vec<(Time, Told)>,
    pub(super) utterances: Vec<Utterance>,
    /// The number of the next frame it will give.
    pub(super) next_frame: u64,
    /// Frames that must not be sent to the caller any more.
    pub(super) void: Vec<Range<u64>>,
    /// When everything became void last, and whether what it gives is, until it begins an utterance.
    pub(super) silenced_at: Option<Time>,
    pub(super) silenced: bool,
    pub(super) silences: u64,
    /// What it says is held by the call: a turn that may go on, a caller on hold.
    pub(super) held: bool,
    /// Completed utterances of which it has not been told what became.
    pub(super) unspoken: u64,
    /// Times it was told of one more than it had said.
    pub(super) spoken_too_often: u64,
    /// Bytes of caller audio it was given, and the stamps in them.
    pub(super) heard_bytes: u64,
    pub(super) heard_stamps: Vec<u64>,
    pub(super) heard_out_of_order: u64,
    pub(super) reader: Option<Reader>,
    /// It has been told that the call ends, and when, where nothing it says is heard from then on.
    pub(super) ended: bool,
    pub(super) stopped_at: Option<Time>,
    /// Times it wanted the caller on hold or elsewhere, and was told that the caller is its own again.
    pub(super) sends_away: u64,
    pub(super) refused: u64,
    /// Keys it pressed.
    pub(super) keys: u64,
    /// Format of the caller audio, and its samples, where it is to keep them.
    pub(super) listens: Option<AudioFormat>,
    pub(super) recording: Option<Vec<i16>>,
    /// Bytes of caller audio it had been given before each thing it was told.
    pub(super) told_after: Vec<u64>,
    /// When it should have said each frame.
    pub(super) due_at: Vec<(u64, Time)>,
    /// What it was told at its last beginning.
    pub(super) history: Vec<Said>,
    /// What it heard, where it hears turns alone.
    pub(super) turns_audio: Vec<u8>,
    /// When it was asked whether a turn is over.
    pub(super) judged: Vec<Time>,
    /// Utterances begun before the eager end of the turn.
    pub(super) eager_from: Option<usize>,
    /// When its engine said last that a turn was over.
    pub(super) ended_turn_at: Option<Time>,
    pub(super) named: Named,
    /// It has not said that it is ready, and what it was given of the caller's meanwhile.
    pub(super) away: bool,
    pub(super) given_away: u64,
}

impl Notes {
    pub(super) fn begin_utterance(&mut self) {
        self.end_utterance();
        self.silenced = false;
        self.utterances.push(Utterance {
            first: self.next_frame,
            end: None,
        });
    }

    pub(super) fn end_utterance(&mut self) {
        let open = self.utterances.last_mut().filter(|u| u.end.is_none());
        if let Some(open) = open.filter(|_| !self.silenced) {
            open.end = Some(self.next_frame);
            self.unspoken += 1;
        }
    }

    pub(super) const fn spoken(&mut self) {
        if self.unspoken == 0 {
            self.spoken_too_often += 1;
        } else {
            self.unspoken -= 1;
        }
    }

    /// The call is somebody else's from now on: nobody is told what became of what was said.
    pub(super) fn leave(&mut self) {
        self.end_utterance();
        self.unspoken = 0;
        self.named.forget();
    }

    /// Something of the caller's has come.
    pub(super) const fn takes(&mut self) {
        if self.away {
            self.given_away += 1;
        }
    }

    /// A stamped frame of the caller's was heard.
    pub(super) fn hears(&mut self, number: u64) {
        if self.heard_stamps.last().is_some_and(|last| *last >= number) {
            self.heard_out_of_order += 1;
        }
        self.heard_stamps.push(number);
    }

    /// A frame of this number is given.
    pub(super) fn gives(&mut self, number: u64) {
        self.next_frame = number + 1;
        if self.silenced
            && let Some(last) = self.void.last_mut()
        {
            last.end = number + 1;
        }
    }

    /// Everything said so far has been cut off.
    pub(super) fn void_all(&mut self, now: Time) {
        self.void.clear();
        self.void.push(0..self.next_frame);
        self.silenced = true;
        self.silenced_at = Some(now);
        self.silences += 1;
        self.unspoken = 0;
        if let Some(open) = self.utterances.last_mut().filter(|u| u.end.is_none()) {
            open.end = Some(self.next_frame);
        }
    }

    /// What was begun since the eager end of the turn has been thrown away.
    pub(super) fn void_held(&mut self) {
        let Some(from) = self.eager_from.take() else {
            return;
        };
        let held = self.utterances.iter_mut().skip(from);
        for utterance in held {
            match utterance.end {
                Some(_) => self.unspoken = self.unspoken.saturating_sub(1),
                None => self.silenced = true,
            }
            utterance.end = Some(self.next_frame);
            self.void.push(utterance.first..self.next_frame);
        }
    }

    /// How often the agent was told something.
    pub(super) fn count(&self, of: impl Fn(&Told) -> bool) -> usize {
        self.told.iter().filter(|(_, told)| of(told)).count()
    }

    /// When it was told something last.
    pub(super) fn last(&self, of: impl Fn(&Told) -> bool) -> Option<Time> {
        let mut back = self.told.iter().rev();
        back.find(|(_, told)| of(told)).map(|(at, _)| *at)
    }

    /// Keeps caller audio, if it is to.
    pub(super) fn record(&mut self, audio: &[u8]) {
        if let Some((recording, listens)) = self.recording.as_mut().zip(self.listens) {
            listens.decode(audio, recording).expect("whole samples");
        }
    }

    /// The turn is probably over: what is begun from now on is held.
    pub(super) const fn hold(&mut self) {
        self.held = true;
        self.eager_from = Some(self.utterances.len());
    }
}
