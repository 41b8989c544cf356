//! The agent's ears: each utterance of the caller goes to a recogniser of its own.

use std::collections::VecDeque;
use std::sync::Arc;

use trunkline_call::{Action, LinkId, LinkSet, Time};
use trunkline_codecs::format::AudioFormat;

use super::utterance::{SLOW_MS, Stage, Utterance};

/// Slots of the recognisers: an utterance may begin while the one before it is still being understood.
const SLOTS: [u8; 3] = [2, 3, 4];

/// What waiting for a recogniser has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// The caller should hear that it takes a moment.
    Slow,
    /// It is not coming.
    GiveUp,
}

#[derive(Debug)]
pub(crate) struct Ears {
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

    /// Whether there is room for more audio.
    pub(crate) fn takes_audio(&self) -> bool {
        let last = self.utterances.back();
        !last.is_some_and(|utterance| utterance.is_listening() && utterance.is_full())
    }

    /// Audio of the caller's turn, PCM16 at 16 kHz.
    pub(crate) fn hear(&mut self, now: Time, audio: &[u8]) {
        let samples = audio
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| i16::from_le_bytes(*pair));
        if let Some(utterance) = self.listening() {
            utterance.block.extend(samples);
            if utterance.is_full() {
                utterance.full_since.get_or_insert(now);
            }
        }
    }

    /// The caller began to speak: what comes goes to a recogniser. With all slots still busy
    /// understanding, the utterance is not listened to.
    pub(super) fn open(&mut self, now: Time, grammar: Option<Arc<str>>) {
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
        self.utterances
            .push_back(Utterance::new(now, *link, grammar));
    }

    /// The caller stopped.
    pub(crate) fn end(&mut self, now: Time) {
        if let Some(utterance) = self.listening() {
            utterance.since = now;
            utterance.stopped = true;
        }
    }

    /// What the caller said was no turn: it is not to be understood.
    pub(crate) fn forget(&mut self) {
        if let Some(utterance) = self.utterances.pop_back_if(|u| u.is_listening())
            && !matches!(utterance.stage, Stage::New(_))
        {
            self.close = Some(utterance.id);
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
        if first.is_lost(now) {
            let id = first.id;
            self.finished(id);
            self.close = Some(id);
            return Verdict::GiveUp;
        }
        if !first.started && !first.told && now.ms_since(first.since) >= SLOW_MS {
            first.told = true;
            return Verdict::Slow;
        }
        Verdict::Fine
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        let first = self.utterances.front()?.deadline();
        let asked = self.utterances.iter().filter_map(|u| u.ask_at);
        first.into_iter().chain(asked).min()
    }

    pub(super) fn poll(
        &mut self,
        now: Time,
        writable: LinkSet,
        samples: &mut Vec<i16>,
    ) -> Option<Action> {
        if let Some(id) = self.close.take() {
            return Some(Action::Close(id));
        }
        let telephone = self.telephone;
        self.utterances
            .iter_mut()
            .find_map(|utterance| utterance.poll(now, telephone, writable, samples))
    }

    /// Whether the caller is being listened to.
    pub(crate) fn is_listening(&self) -> bool {
        self.utterances.back().is_some_and(Utterance::is_listening)
    }

    /// Whether something the caller said is still being understood.
    pub(crate) fn is_busy(&self) -> bool {
        !self.utterances.is_empty()
    }

    fn listening(&mut self) -> Option<&mut Utterance> {
        self.utterances.back_mut().filter(|u| u.is_listening())
    }
}
