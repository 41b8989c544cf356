//! How long a bot may take: for its first audio, for an answer, to read.
//!
//! There is no ping: a bot is sent audio all the time, so that one which is gone is one that does not read.

use trunkline_call::Time;

use super::Manners;

/// How long a bot that reads nothing is waited for.
const STALL_MS: u64 = 10_000;

/// Bad messages tolerated of one bot.
const FAULTS: u32 = 100;

/// What has been waited for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// The first audio.
    FirstAudio,
    /// An answer to the caller's turn.
    Answer,
    /// Room in the socket.
    Room,
}

/// The clocks of one bot.
#[derive(Debug)]
pub(super) struct Patience {
    manners: Manners,
    first_audio_at: Option<Time>,
    answer_at: Option<Time>,
    room_at: Option<Time>,
    /// The bot has spoken since the caller's turn began: an answer that came before its end.
    has_answered: bool,
    /// An answer was waited for when the caller made a sound.
    was_waiting: bool,
    faults: u32,
}

impl Patience {
    pub(super) const fn new(manners: Manners) -> Self {
        Self {
            manners,
            first_audio_at: None,
            answer_at: None,
            room_at: None,
            has_answered: false,
            was_waiting: false,
            faults: 0,
        }
    }

    /// A bot has answered the dial.
    pub(super) fn began(&mut self, now: Time) {
        *self = Self::new(self.manners);
        let first_audio_ms = self.manners.first_audio_ms;
        self.first_audio_at = (first_audio_ms > 0).then(|| now.plus_ms(first_audio_ms));
    }

    /// The bot speaks. Returns whether an answer was waited for.
    pub(super) const fn spoke(&mut self) -> bool {
        self.first_audio_at = None;
        self.has_answered = true;
        self.was_waiting = false;
        self.answer_at.take().is_some()
    }

    /// The caller has finished a turn. Returns whether an answer is waited for: not where it has come already.
    pub(super) fn asked(&mut self, now: Time) -> bool {
        let answer_ms = self.manners.answer_ms;
        let waits = answer_ms > 0 && !self.has_answered;
        self.answer_at = waits.then(|| now.plus_ms(answer_ms));
        waits
    }

    /// The caller speaks again. Returns whether an answer was waited for.
    pub(super) const fn withdrawn(&mut self) -> bool {
        self.has_answered = false;
        self.was_waiting = self.answer_at.take().is_some();
        self.was_waiting
    }

    /// What the caller said was no turn: the answer is waited for as before, from now. Returns whether it is.
    pub(super) fn resumed(&mut self, now: Time) -> bool {
        std::mem::take(&mut self.was_waiting) && self.asked(now)
    }

    /// Whether there is something to write and no room for it.
    pub(super) fn stalls(&mut self, now: Time, stalls: bool) {
        if !stalls {
            self.room_at = None;
        } else if self.room_at.is_none() {
            self.room_at = Some(now.plus_ms(STALL_MS));
        }
    }

    /// A message was bad. Returns whether that is one too many.
    pub(super) const fn faulted(&mut self) -> bool {
        self.faults += 1;
        self.faults > FAULTS
    }

    /// What has been waited for too long.
    pub(super) fn late(&self, now: Time) -> Option<Late> {
        [
            (self.first_audio_at, Late::FirstAudio),
            (self.answer_at, Late::Answer),
            (self.room_at, Late::Room),
        ]
        .into_iter()
        .find_map(|(at, late)| (at? <= now).then_some(late))
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        [self.first_audio_at, self.answer_at, self.room_at]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Late {
    /// Why the agent is lost, and whether another attempt may help.
    pub(super) const fn failure(self) -> (&'static str, bool) {
        match self {
            Self::FirstAudio => ("no_first_audio", false),
            Self::Answer => ("no_answer", false),
            Self::Room => ("bot_stalled", true),
        }
    }
}
