//! A slot: something the script wants to know, and how it asks for it.

use std::sync::Arc;

use super::kind::Kind;
use super::phrase::Phrase;
use super::say::Say;

/// A slot of a script.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The question; present for every slot that a state collects.
    pub(super) ask: Option<Say>,
    /// The question when it is asked again.
    pub(super) reask: Option<Say>,
    /// How to type the answer, offered to a caller who was not understood.
    pub(super) offer: Option<Say>,
    /// Said to a value out of bounds.
    pub(super) invalid: Option<Say>,
    /// How the answer to the question is said.
    pub(super) answers: Arc<[Phrase]>,
}

impl Slot {
    pub(super) fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            ask: None,
            reask: None,
            offer: None,
            invalid: None,
            answers: Arc::from([]),
        }
    }
}
