//! How a dialogue moves: carrying out a step, entering states, asking for what is missing.

use std::sync::Arc;

use super::dialogue::Dialogue;
use super::state::{Step, Then};

impl Dialogue {
    pub(super) fn perform(&mut self, step: &Step, say: &mut String) {
        if let Some(line) = &step.say {
            line.speak(&mut self.turns, &self.values, say);
        }
        match &step.then {
            Then::Go(state) => self.enter(*state, say),
            Then::End(action) => self.ended = action.clone(),
            Then::Repeat if !self.last.is_empty() => {
                say.push(' ');
                say.push_str(&self.last);
                *say = say.trim_start().to_owned();
            }
            Then::Repeat => self.prompt(say),
            Then::Stay if self.here.asks.is_empty() => self.prompt(say),
            Then::Stay => self.go_on(say),
        }
    }

    /// Enters a state and those it leads to, until one listens or ends. The script has been
    /// checked for circles; the bound only makes that plain.
    pub(super) fn enter(&mut self, state: usize, say: &mut String) {
        let script = Arc::clone(&self.script);
        let mut next = Some(state);
        for _ in 0..=script.states.len() {
            let Some(state) = next.and_then(|id| script.states.get(id)) else {
                return;
            };
            self.here = Arc::clone(state);
            self.context = Arc::clone(&state.open);
            if let Some(line) = &state.say {
                line.speak(&mut self.turns, &self.values, say);
            }
            self.ended = state.end.clone();
            if self.ask(say) {
                return;
            }
            next = state.next;
        }
    }

    /// Asks for what is still missing here, or goes where the state leads.
    pub(super) fn go_on(&mut self, say: &mut String) {
        if !self.ask(say)
            && let Some(next) = self.here.next
        {
            self.enter(next, say);
        }
    }

    /// Asks for the first empty slot; false if there is none.
    fn ask(&mut self, say: &mut String) -> bool {
        let here = Arc::clone(&self.here);
        let empty = |slot: usize| self.values.get(slot).is_some_and(Option::is_none);
        let Some(ask) = here.asks.iter().find(|ask| empty(ask.slot)) else {
            return false;
        };
        let again = Arc::ptr_eq(&self.context, &ask.context);
        self.context = Arc::clone(&ask.context);
        if again {
            self.prompt(say);
        } else if let Some(slot) = Arc::clone(&self.script).slots.get(ask.slot)
            && let Some(line) = &slot.ask
        {
            line.speak(&mut self.turns, &self.values, say);
        }
        true
    }

    /// The question or prompt of this point once more.
    pub(super) fn prompt(&mut self, say: &mut String) {
        let (script, here) = (Arc::clone(&self.script), Arc::clone(&self.here));
        let line = match self.context.asked.and_then(|slot| script.slots.get(slot)) {
            Some(slot) => slot.reask.as_ref().or(slot.ask.as_ref()),
            None => here.reask.as_ref().or(here.say.as_ref()),
        };
        if let Some(line) = line {
            line.speak(&mut self.turns, &self.values, say);
        }
    }

    pub(super) fn clear(&mut self, slots: &[usize]) {
        for slot in slots {
            if let Some(value) = self.values.get_mut(*slot) {
                *value = None;
            }
        }
    }
}
