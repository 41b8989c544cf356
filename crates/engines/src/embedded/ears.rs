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
#[derive(Debug)]
struct Utterance {
    id: LinkId,
    stage: Stage,
    /// Audio on its way to the recogniser.
    block: Vec<i16>,
    /// When it was opened; once the caller has stopped, when that was.
    since: Time,
    /// The caller has stopped: the end is to be sent behind the rest of the audio.
    stopped: bool,
    /// A recogniser has taken it.
    started: bool,
    /// The caller has been told that it takes a moment.
    told: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// The recogniser is to be asked for.
    New(Arc<str>),
    /// The recogniser has been asked for, and gets the audio.
    Open,
    /// All has been sent.
    Ended,
}

impl Utterance {
    /// What the recogniser is to get next.
    fn poll(
        &mut self,
        telephone: bool,
        writable: LinkSet,
        samples: &mut Vec<i16>,
    ) -> Option<Action> {
        if let Stage::New(grammar) = &self.stage {
            let spec = LinkSpec::Recognise {
                grammar: Some(Arc::clone(grammar)),
                telephone,
            };
            self.stage = Stage::Open;
            return Some(Action::Open(self.id, spec));
        }
        if self.stage == Stage::Ended || !writable.contains(self.id) {
            return None;
        }
        if self.block.len() >= BLOCK_SAMPLES || (self.stopped && !self.block.is_empty()) {
            samples.append(&mut self.block);
            return Some(Action::Send(self.id, SendKind::Samples));
        }
        if self.stopped {
            self.stage = Stage::Ended;
            return Some(Action::Send(self.id, SendKind::End));
        }
        None
    }

    /// The caller is still speaking.
    fn is_listening(&self) -> bool {
        !self.stopped
    }
}

#[derive(Debug)]
pub(super) struct Ears {
    preroll: VecDeque<i16>,
    /// In the order they were spoken; only the last may still be listened to.
    utterances: VecDeque<Utterance>,
    /// An utterance given up, whose link is to be closed.
    close: Option<LinkId>,
    /// The last link of each slot.
    links: [LinkId; SLOTS.len()],
    telephone: bool,
}

impl Default for Ears {
    fn default() -> Self {
        Self {
            preroll: VecDeque::new(),
            utterances: VecDeque::new(),
            close: None,
            links: SLOTS.map(|slot| LinkId::new(slot, 0)),
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
        if let Some(utterance) = self.listening() {
            let room = BOUND_SAMPLES.saturating_sub(utterance.block.len());
            utterance.block.extend(samples.take(room));
            return;
        }
        self.preroll.extend(samples);
        let surplus = self.preroll.len().saturating_sub(PREROLL_SAMPLES);
        self.preroll.drain(..surplus);
    }

    /// The caller began to speak: this and what comes goes to a recogniser. With all slots still busy
    /// understanding, the utterance is not listened to.
    pub(super) fn open(&mut self, now: Time, grammar: Arc<str>) {
        if self.is_listening() {
            return;
        }
        let busy = |link: &LinkId| self.utterances.iter().any(|u| u.id.slot() == link.slot());
        let Some(link) = self.links.iter().position(|link| !busy(link)) else {
            return;
        };
        let Some(link) = self.links.get_mut(link) else {
            return;
        };
        *link = link.next();
        self.utterances.push_back(Utterance {
            id: *link,
            stage: Stage::New(grammar),
            block: self.preroll.drain(..).collect(),
            since: now,
            stopped: false,
            started: false,
            told: false,
        });
    }

    /// The caller stopped.
    pub(super) fn end(&mut self, now: Time) {
        if let Some(utterance) = self.listening() {
            utterance.since = now;
            utterance.stopped = true;
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
        let at = self.utterances.iter().position(|u| u.id == id);
        at.is_some_and(|at| self.utterances.remove(at).is_some())
    }

    pub(super) fn tick(&mut self, now: Time) -> Verdict {
        let Some(first) = self.utterances.front_mut() else {
            return Verdict::Fine;
        };
        let waited_ms = now.ms_since(first.since);
        if (!first.started && waited_ms >= GIVE_UP_MS)
            || (first.stage == Stage::Ended && waited_ms >= FINAL_MS)
        {
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
        (first.stage == Stage::Ended).then(|| first.since.plus_ms(FINAL_MS))
    }

    pub(super) fn poll(&mut self, writable: LinkSet, samples: &mut Vec<i16>) -> Option<Action> {
        if let Some(id) = self.close.take() {
            return Some(Action::Close(id));
        }
        let telephone = self.telephone;
        self.utterances
            .iter_mut()
            .find_map(|utterance| utterance.poll(telephone, writable, samples))
    }

    /// Whether the caller is being listened to.
    pub(super) fn is_listening(&self) -> bool {
        self.utterances.back().is_some_and(Utterance::is_listening)
    }

    fn listening(&mut self) -> Option<&mut Utterance> {
        self.utterances.back_mut().filter(|u| u.is_listening())
    }
}

/// The rate the constants above count in.
const _: () = assert!(WIDEBAND.rate_hz == 16_000);
