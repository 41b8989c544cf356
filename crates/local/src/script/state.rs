//! The checked parts of a script: states, what can be heard in them, and what follows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pattern::Fit;
use super::phrase::Phrase;
use super::reply::{Action, DigitsExpected};
use super::say::Say;
use super::slot::Slot;

/// Where a dialogue can stand.
#[derive(Debug)]
pub(super) struct State {
    /// Said on entering.
    pub(super) say: Option<Say>,
    /// Said instead when the caller was not understood or silent.
    pub(super) reask: Option<Say>,
    /// The keys, said to a caller who was not understood more than once.
    pub(super) offer: Option<Say>,
    /// The slots to fill here, in order.
    pub(super) asks: Vec<Ask>,
    /// What is heard while no slot is asked for.
    pub(super) open: Arc<Context>,
    pub(super) keys: BTreeMap<char, Key>,
    /// Where to go when nothing is left to ask.
    pub(super) next: Option<usize>,
    /// How the call ends here.
    pub(super) end: Action,
    pub(super) silence_ms: u32,
    pub(super) barge_in: bool,
}

/// A slot a state asks for.
#[derive(Debug)]
pub(super) struct Ask {
    /// The slot's place among the script's slots.
    pub(super) slot: usize,
    pub(super) context: Arc<Context>,
}

/// What can be heard and typed at one point.
#[derive(Debug)]
pub(super) struct Context {
    /// The slot being asked for.
    pub(super) asked: Option<usize>,
    pub(super) meanings: Vec<Meaning>,
    pub(super) grammar: Arc<str>,
    pub(super) digits: DigitsExpected,
}

/// One thing a caller can mean.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    /// The intent, or the slot that is answered.
    pub(super) name: Arc<str>,
    pub(super) phrases: Arc<[Phrase]>,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// The answer to the question asked.
    Answer,
    Step(Arc<Step>),
}

/// What a key does.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The intent it stands for, or `key N`.
    pub(super) name: Arc<str>,
    pub(super) step: Arc<Step>,
}

/// What follows from an intent or a key.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) say: Option<Say>,
    /// Slots to empty, by place.
    pub(super) clear: Vec<usize>,
    pub(super) then: Then,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    /// Ask again what was asked.
    Stay,
    Go(usize),
    /// Say the last thing again.
    Repeat,
    End(Action),
}

/// How a misunderstood or silent caller is treated.
#[derive(Debug)]
pub(super) struct Patience {
    pub(super) say: Say,
    /// From this miss on, the keys are offered.
    pub(super) offer_after: u32,
    /// After this many misses in a row, `give_up`.
    pub(super) give_up_after: u32,
    pub(super) give_up: Arc<Step>,
}

impl Context {
    /// What the words most likely mean: the fewest words left over, then the most words used, then
    /// the order of `meanings`.
    pub(super) fn best(&self, words: &[&str], slots: &[Slot]) -> Option<(&Meaning, Fit)> {
        let fits = self.meanings.iter().flat_map(|meaning| {
            meaning
                .phrases
                .iter()
                .flat_map(|phrase| &phrase.patterns)
                .filter_map(move |pattern| Some((meaning, pattern, pattern.fit(words, slots)?)))
        });
        fits.min_by_key(|(_, pattern, fit)| (fit.cost, usize::MAX - pattern.len()))
            .map(|(meaning, _, fit)| (meaning, fit))
    }
}
