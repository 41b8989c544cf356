//! One utterance of the caller's on its way to a recogniser.

use std::sync::Arc;

use trunkline_call::{Action, LinkId, LinkSet, LinkSpec, SendKind, Time};

use super::WIDEBAND;

/// Audio crosses to a worker in blocks of at least 100 ms.
const BLOCK_SAMPLES: usize = 1_600;

/// The most that crosses at once: 500 ms. A link that takes samples has room for as many.
pub const SAMPLES_AT_ONCE: usize = 8_000;

/// With as much waiting for a recogniser, no more is taken: the call keeps the newest of it, and counts the
/// rest. What comes in one piece is taken whole: a turn's beginning, with what was said before its onset.
const BOUND_SAMPLES: usize = SAMPLES_AT_ONCE;

/// How soon a recogniser without room is asked again: making room wakes nobody, and a caller whose network is
/// silent sends nothing that would.
const ASK_MS: u64 = 100;

/// How long a recogniser is waited for before the caller is told, and before it is given up.
pub(super) const SLOW_MS: u64 = 300;
const GIVE_UP_MS: u64 = 3_000;

/// How long understanding may take once the caller has stopped.
const FINAL_MS: u64 = 5_000;

/// One utterance being understood.
#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) id: LinkId,
    pub(super) stage: Stage,
    /// Audio on its way to the recogniser.
    pub(super) block: Vec<i16>,
    /// When it was opened; once the caller has stopped, when that was.
    pub(super) since: Time,
    /// The caller has stopped: the end is to be sent behind the rest of the audio.
    pub(super) stopped: bool,
    /// A recogniser has taken it.
    pub(super) started: bool,
    /// The caller has been told that it takes a moment.
    pub(super) told: bool,
    /// Since when it has had no room, and the recogniser has taken nothing.
    pub(super) full_since: Option<Time>,
    /// When the recogniser, which has no room for what is ready, is asked again.
    pub(super) ask_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The recogniser is to be asked for.
    New(Option<Arc<str>>),
    /// The recogniser has been asked for, and gets the audio.
    Open,
    /// All has been sent.
    Ended,
}

impl Utterance {
    /// The caller begins to speak.
    pub(super) const fn new(now: Time, id: LinkId, grammar: Option<Arc<str>>) -> Self {
        Self {
            id,
            stage: Stage::New(grammar),
            block: Vec::new(),
            since: now,
            stopped: false,
            started: false,
            told: false,
            full_since: None,
            ask_at: None,
        }
    }

    /// What the recogniser is to get next.
    pub(super) fn poll(
        &mut self,
        now: Time,
        telephone: bool,
        writable: LinkSet,
        samples: &mut Vec<i16>,
    ) -> Option<Action> {
        if let Stage::New(grammar) = &self.stage {
            let spec = LinkSpec::Recognise {
                grammar: grammar.clone(),
                telephone,
            };
            self.stage = Stage::Open;
            return Some(Action::Open(self.id, spec));
        }
        if self.stage == Stage::Ended {
            return None;
        }
        if !writable.contains(self.id) {
            let ready = self.stopped || self.block.len() >= BLOCK_SAMPLES;
            self.ask_at = ready.then(|| now.plus_ms(ASK_MS));
            return None;
        }
        self.ask_at = None;
        if self.block.len() >= BLOCK_SAMPLES || (self.stopped && !self.block.is_empty()) {
            let most = self.block.len().min(SAMPLES_AT_ONCE);
            samples.extend(self.block.drain(..most));
            self.full_since = self.is_full().then_some(now);
            return Some(Action::Send(self.id, SendKind::Samples));
        }
        if self.stopped {
            self.stage = Stage::Ended;
            return Some(Action::Send(self.id, SendKind::End));
        }
        None
    }

    /// Whether it has to be given up by now.
    pub(super) fn is_lost(&self, now: Time) -> bool {
        let waited_ms = now.ms_since(self.since);
        (!self.started && waited_ms >= GIVE_UP_MS)
            || (self.stopped && waited_ms >= FINAL_MS)
            || self
                .full_since
                .is_some_and(|since| now.ms_since(since) >= GIVE_UP_MS)
    }

    /// When something of it is due.
    pub(super) fn deadline(&self) -> Option<Time> {
        let wait_ms = if self.told { GIVE_UP_MS } else { SLOW_MS };
        let start_at = (!self.started).then(|| self.since.plus_ms(wait_ms));
        let final_at = self.stopped.then(|| self.since.plus_ms(FINAL_MS));
        let full_at = self.full_since.map(|since| since.plus_ms(GIVE_UP_MS));
        [start_at, final_at, full_at].into_iter().flatten().min()
    }

    pub(super) fn is_full(&self) -> bool {
        self.block.len() >= BOUND_SAMPLES
    }

    /// The caller is still speaking.
    pub(super) fn is_listening(&self) -> bool {
        !self.stopped
    }
}

/// The rate the constants above count in.
const _: () = assert!(WIDEBAND.rate_hz == 16_000);
