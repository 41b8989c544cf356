//! One conversation: what was heard or typed goes in, what to say and do comes out.
//!
//! No clock, no threads, no I/O: the caller of this code decides when silence has lasted long
//! enough and when a run of digits has ended. The same inputs give the same replies.

use std::sync::Arc;

use super::Script;
use super::kind::{Reading, Value};
use super::reply::{Action, DigitsExpected, Expectation, Reply, Understood};
use super::state::{Context, Key, Outcome, Patience, State, Then};
use super::words;

/// One conversation along a script.
#[derive(Debug)]
pub struct Dialogue {
    pub(super) script: Arc<Script>,
    pub(super) here: Arc<State>,
    pub(super) context: Arc<Context>,
    pub(super) values: Vec<Option<Value>>,
    /// Digits of an unfinished sequence.
    typed: String,
    misses: u32,
    silences: u32,
    pub(super) turns: Vec<usize>,
    /// What "repeat that" says.
    pub(super) last: String,
    pub(super) ended: Action,
}

impl Dialogue {
    /// A conversation that has not begun.
    pub fn new(script: Arc<Script>) -> Self {
        let here = Arc::clone(&script.start);
        Self {
            context: Arc::clone(&here.open),
            here,
            values: script.slots.iter().map(|_| None).collect(),
            typed: String::new(),
            misses: 0,
            silences: 0,
            turns: vec![0; script.turns],
            last: String::new(),
            ended: Action::None,
            script,
        }
    }

    /// The greeting and the first prompt. Called again, it starts afresh.
    pub fn begin(&mut self) -> Reply {
        *self = Self::new(Arc::clone(&self.script));
        let script = Arc::clone(&self.script);
        let mut say = String::new();
        script
            .greeting
            .speak(&mut self.turns, &self.values, &mut say);
        self.enter(script.start_id, &mut say);
        self.keep(say, None)
    }

    /// Takes what the recogniser heard or the caller wrote, in any spelling; empty text is
    /// something not understood.
    pub fn heard(&mut self, text: &str) -> Reply {
        if self.ended != Action::None {
            return self.over();
        }
        self.typed.clear();
        self.silences = 0;
        let words = words::normalise(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (script, context) = (Arc::clone(&self.script), Arc::clone(&self.context));
        match context.best(&words, &script.slots) {
            Some((meaning, fit)) => self.take(&meaning.name, &meaning.outcome, &fit.readings),
            None => self.missed(),
        }
    }

    /// Takes a key: `0` to `9`, `*` (erases what was typed), `#` (ends it), `A` to `D`. `None`: more
    /// digits may follow; anything else is answered like a key without meaning.
    pub fn digit(&mut self, digit: char) -> Option<Reply> {
        if self.ended != Action::None {
            return Some(self.over());
        }
        self.silences = 0;
        let script = Arc::clone(&self.script);
        let asked = self.context.asked.and_then(|slot| script.slots.get(slot));
        let Some(slot) = asked else {
            return Some(self.press(digit));
        };
        match (digit, self.typed.is_empty()) {
            ('#', false) => self.digits_ended(),
            ('*', false) => {
                self.typed.clear();
                None
            }
            ('0'..='9', empty) if !empty || slot.kind.begins_with(digit) => {
                self.typed.push(digit);
                if slot.kind.is_complete(&self.typed) {
                    self.digits_ended()
                } else {
                    None
                }
            }
            _ => {
                self.typed.clear();
                Some(self.press(digit))
            }
        }
    }

    /// No further digit came for a while. `None` if none was waiting to be used.
    pub fn digits_ended(&mut self) -> Option<Reply> {
        let typed = std::mem::take(&mut self.typed);
        if typed.is_empty() || self.ended != Action::None {
            return None;
        }
        let script = Arc::clone(&self.script);
        let id = self.context.asked?;
        let slot = script.slots.get(id)?;
        Some(match slot.kind.read_digits(&typed) {
            Some(reading) => self.take(&slot.name, &Outcome::Answer, &[(id, reading)]),
            None => self.refused(id),
        })
    }

    /// The caller said and typed nothing for `Expectation::silence_ms`.
    pub fn silence(&mut self) -> Reply {
        if self.ended != Action::None {
            return self.over();
        }
        if let Some(reply) = self.digits_ended() {
            return reply;
        }
        self.silences = self.silences.saturating_add(1);
        let script = Arc::clone(&self.script);
        self.bear(&script.silence, self.silences)
    }

    /// The transfer of the last reply could not be carried out: the conversation goes on where it was.
    pub fn transfer_failed(&mut self) -> Reply {
        let script = Arc::clone(&self.script);
        self.ended = Action::None;
        let mut say = String::new();
        script
            .transfer_failed
            .speak(&mut self.turns, &self.values, &mut say);
        if self.here.end == Action::None {
            self.prompt(&mut say);
        } else {
            self.enter(script.start_id, &mut say);
        }
        self.keep(say, None)
    }

    /// What can be made use of now. Allocates nothing.
    pub fn expects(&self) -> Expectation {
        Expectation {
            grammar: Arc::clone(&self.context.grammar),
            digits: match self.ended {
                Action::None => self.context.digits,
                _ => DigitsExpected::None,
            },
            silence_ms: self.here.silence_ms,
            barge_in: self.here.barge_in,
        }
    }

    /// The slots filled so far, in the script's order, with exact values.
    pub fn slots(&self) -> impl Iterator<Item = (&str, &str)> {
        self.script
            .slots
            .iter()
            .zip(&self.values)
            .filter_map(|(slot, value)| Some((slot.name.as_str(), value.as_ref()?.exact.as_str())))
    }

    /// Acts on something understood; values out of bounds are not kept.
    fn take(&mut self, name: &str, outcome: &Outcome, readings: &[(usize, Reading)]) -> Reply {
        let script = Arc::clone(&self.script);
        if let Outcome::Step(step) = outcome {
            self.clear(&step.clear);
        }
        let mut slots = Vec::new();
        let mut refused = None;
        for (id, reading) in readings {
            let Some(slot) = script.slots.get(*id) else {
                continue;
            };
            let value = slot.kind.accept(*reading);
            match (value, self.values.get_mut(*id)) {
                (Some(value), Some(place)) => {
                    slots.push((slot.name.clone(), value.exact.clone()));
                    *place = Some(value);
                }
                _ => refused = Some(*id),
            }
        }
        if let (Some(id), Outcome::Answer) = (refused, outcome) {
            return self.refused(id);
        }
        (self.misses, self.silences) = (0, 0);
        let mut say = String::new();
        if let Some(slot) = refused.and_then(|id| script.slots.get(id)) {
            let complaint = slot.invalid.as_ref().unwrap_or(&script.fallback.say);
            complaint.speak(&mut self.turns, &self.values, &mut say);
        }
        match outcome {
            Outcome::Answer => self.go_on(&mut say),
            Outcome::Step(step) => self.perform(step, &mut say),
        }
        let intent = name.to_owned();
        let understood = Some(Understood { intent, slots });
        match outcome {
            Outcome::Step(step) if step.then == Then::Repeat => self.reply(say, understood),
            _ => self.keep(say, understood),
        }
    }

    fn press(&mut self, digit: char) -> Reply {
        let here = Arc::clone(&self.here);
        match here.keys.get(&digit) {
            Some(Key { name, step }) => self.take(name, &Outcome::Step(Arc::clone(step)), &[]),
            None => self.missed(),
        }
    }

    fn missed(&mut self) -> Reply {
        self.misses = self.misses.saturating_add(1);
        let script = Arc::clone(&self.script);
        self.bear(&script.fallback, self.misses)
    }

    /// An answer that is none: says why, and asks again.
    fn refused(&mut self, slot: usize) -> Reply {
        let script = Arc::clone(&self.script);
        let invalid = script
            .slots
            .get(slot)
            .and_then(|slot| slot.invalid.as_ref());
        match invalid {
            Some(invalid) if self.misses < script.fallback.give_up_after => {
                self.misses += 1;
                let mut say = String::new();
                invalid.speak(&mut self.turns, &self.values, &mut say);
                self.prompt(&mut say);
                self.reply(say, None)
            }
            _ => self.missed(),
        }
    }

    /// Asks again, offers the keys, or gives up, by the number of misses in a row.
    fn bear(&mut self, patience: &Patience, misses: u32) -> Reply {
        let mut say = String::new();
        if misses > patience.give_up_after {
            (self.misses, self.silences) = (0, 0);
            self.clear(&patience.give_up.clear);
            self.perform(&patience.give_up, &mut say);
            return self.keep(say, None);
        }
        patience.say.speak(&mut self.turns, &self.values, &mut say);
        let (script, here) = (Arc::clone(&self.script), Arc::clone(&self.here));
        let asked = self.context.asked.and_then(|slot| script.slots.get(slot));
        let offer = match asked {
            Some(slot) => slot.offer.as_ref(),
            None => here.offer.as_ref(),
        };
        match offer {
            Some(offer) if misses >= patience.offer_after => {
                offer.speak(&mut self.turns, &self.values, &mut say);
            }
            _ => self.prompt(&mut say),
        }
        self.reply(say, None)
    }

    /// A reply that "repeat that" gives again.
    fn keep(&mut self, say: String, understood: Option<Understood>) -> Reply {
        self.last.clone_from(&say);
        self.reply(say, understood)
    }

    fn reply(&self, say: String, understood: Option<Understood>) -> Reply {
        Reply {
            say,
            understood,
            action: self.ended.clone(),
        }
    }

    /// The conversation has ended: the same action again, nothing to say.
    fn over(&self) -> Reply {
        self.reply(String::new(), None)
    }
}
