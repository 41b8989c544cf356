//! The agent's ears: each utterance of the caller goes to a recogniser of its own.

use std::collections::VecDeque;
use std::sync::Arc;

use trunkline_call::{Action, LinkId, LinkSet, LinkSpec, SendKind, Time};

use trunkline_codecs::format::AudioFormat;

use super::WIDEBAND;

/// Slots of the recognisers: an utterance may begin while the one before it is still being understood.
const SLOTS: [u8; 3] = [2, 3, 4];

/// Audio kept while nobody speaks: speech is noticed about 150 ms after it began, and a recogniser wants
/// a little silence before it. 400 ms.
const PREROLL_SAMPLES: usize = 6_400;

/// Audio crosses to a worker in blocks of at least 100 ms.
const BLOCK_SAMPLES: usize = 1_600;

/// Audio kept for a recogniser that takes none: 3 s. The newest is dropped.
const BOUND_SAMPLES: usize = 48_000;

/// How long a recogniser is waited for before the caller is told, and before it is given up.
const SLOW_MS: u64 = 300;
const GIVE_UP_MS: u64 = 3_000;

/// How long understanding may take once the caller has stopped.
const FINAL_MS: u64 = 5_000;

/// What waiting for a recogniser has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// The caller should hear that it takes a moment.
    Slow,
    /// It is not coming.
    GiveUp,
}

/// One utterance being understood.
#[derive(Clone, Copy, Debug)]
struct Utterance {
    id: LinkId,
    /// When it was opened; once the caller has stopped, when that was.
    since: Time,
    started: bool,
    told: bool,
    ended: bool,
}

#[derive(Debug)]
pub(super) struct Ears {
    preroll: VecDeque<i16>,
    block: Vec<i16>,
    /// The last is the one being spoken, unless it has ended; the others are being understood.
    utterances: VecDeque<Utterance>,
    open: Option<(LinkId, Arc<str>)>,
    /// The end of the utterance at the back has been heard, and is to be passed on behind its audio.
    ending: bool,
    close: Option<LinkId>,
    next: [LinkId; SLOTS.len()],
    turn: usize,
    telephone: bool,
}

impl Default for Ears {
    fn default() -> Self {
        Self {
            preroll: VecDeque::new(),
            block: Vec::new(),
            utterances: VecDeque::new(),
            open: None,
            ending: false,
            close: None,
            next: SLOTS.map(|slot| LinkId::new(slot, 0)),
            turn: 0,
            telephone: false,
        }
    }
}

impl Ears {
    /// What line the caller's audio comes over.
    pub(super) fn listen_to(&mut self, line: AudioFormat) {
        self.telephone = line.rate_hz <= 8_000;
    }

    /// Caller audio, PCM16 at 16 kHz.
    pub(super) fn hear(&mut self, audio: &[u8]) {
        let samples = audio
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| i16::from_le_bytes(*pair));
        if self.is_listening() {
            let room = BOUND_SAMPLES.saturating_sub(self.block.len());
            self.block.extend(samples.take(room));
            return;
        }
        self.preroll.extend(samples);
        let surplus = self.preroll.len().saturating_sub(PREROLL_SAMPLES);
        self.preroll.drain(..surplus);
    }

    /// The caller began to speak: this and what comes goes to a recogniser.
    pub(super) fn open(&mut self, now: Time, grammar: Arc<str>) {
        if self.is_listening() || self.ending || self.utterances.len() == SLOTS.len() {
            return;
        }
        let Some(id) = self.next.get_mut(self.turn) else {
            return;
        };
        *id = id.next();
        let id = *id;
        self.turn = (self.turn + 1) % SLOTS.len();
        self.block.clear();
        self.block.extend(self.preroll.drain(..));
        self.utterances.push_back(Utterance {
            id,
            since: now,
            started: false,
            told: false,
            ended: false,
        });
        self.open = Some((id, grammar));
    }

    /// The caller stopped.
    pub(super) fn end(&mut self, now: Time) {
        if self.is_listening() {
            self.ending = true;
            if let Some(utterance) = self.utterances.back_mut() {
                utterance.since = now;
            }
        }
    }

    /// A recogniser has taken the utterance.
    pub(super) fn started(&mut self, id: LinkId) {
        if let Some(utterance) = self.utterances.iter_mut().find(|u| u.id == id) {
            utterance.started = true;
        }
    }

    /// The utterance has been understood, or never will be; whether there was one.
    pub(super) fn finished(&mut self, id: LinkId) -> bool {
        let Some(at) = self.utterances.iter().position(|u| u.id == id) else {
            return false;
        };
        if at + 1 == self.utterances.len() {
            self.ending = false;
            self.block.clear();
        }
        self.utterances.remove(at).is_some()
    }

    pub(super) fn tick(&mut self, now: Time) -> Verdict {
        let Some(first) = self.utterances.front_mut() else {
            return Verdict::Fine;
        };
        let waited_ms = now.ms_since(first.since);
        if (!first.started && waited_ms >= GIVE_UP_MS) || (first.ended && waited_ms >= FINAL_MS) {
            let id = first.id;
            self.finished(id);
            self.close = Some(id);
            return Verdict::GiveUp;
        }
        if !first.started && !first.told && waited_ms >= SLOW_MS {
            first.told = true;
            return Verdict::Slow;
        }
        Verdict::Fine
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let first = self.utterances.front()?;
        if !first.started {
            let wait = if first.told { GIVE_UP_MS } else { SLOW_MS };
            return Some(first.since.plus_ms(wait));
        }
        first.ended.then(|| first.since.plus_ms(FINAL_MS))
    }

    pub(super) fn poll(&mut self, writable: LinkSet, samples: &mut Vec<i16>) -> Option<Action> {
        if let Some(id) = self.close.take() {
            return Some(Action::Close(id));
        }
        if let Some((id, grammar)) = self.open.take() {
            return Some(Action::Open(
                id,
                LinkSpec::Recognise {
                    grammar: Some(grammar),
                    telephone: self.telephone,
                },
            ));
        }
        let speaking = self.utterances.back_mut().filter(|u| !u.ended)?;
        if !writable.contains(speaking.id) {
            return None;
        }
        if self.block.len() >= BLOCK_SAMPLES || (self.ending && !self.block.is_empty()) {
            samples.append(&mut self.block);
            return Some(Action::Send(speaking.id, SendKind::Samples));
        }
        if self.ending {
            self.ending = false;
            speaking.ended = true;
            return Some(Action::Send(speaking.id, SendKind::End));
        }
        None
    }

    fn is_listening(&self) -> bool {
        !self.ending && self.utterances.back().is_some_and(|u| !u.ended)
    }
}

/// The rate the constants above count in.
const _: () = assert!(WIDEBAND.rate_hz == 16_000);
