//! Steps and keys of a script: what follows from an intent or a digit.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Value as Toml;

use super::parse::Parser;
use super::reply::Action;
use super::section::{Section, describe, texts_of};
use super::state::{Key, Step, Then};

/// Intents by place, and what follows from each.
pub(super) type Steps = BTreeMap<usize, Arc<Step>>;

impl Parser {
    /// A state's name, or a table of what to say, clear and do.
    pub(super) fn step(&mut self, place: &str, value: &Toml) -> Step {
        if let Some(name) = value.as_str() {
            let then = self.state(place, name).map_or(Then::Stay, Then::Go);
            return Step {
                say: None,
                clear: Vec::new(),
                then,
            };
        }
        if !value.is_table() {
            let expected = "a state or a table";
            self.faults.add(place, expected, describe(value));
        }
        let table = Some(value).filter(|value| value.is_table());
        let mut section = Section::of(place.to_owned(), table, &mut self.faults);
        let say = self
            .says
            .read_key(&mut section, "say", &self.slots, &mut self.faults);
        let clear = self.slot_list(&mut section, "clear");
        let mut all = Vec::new();
        if let Some(name) = section.text("go", &mut self.faults) {
            let state = self.state(&section.place_of("go"), name);
            all.push(state.map_or(Then::Stay, Then::Go));
        }
        if section.flag("repeat", &mut self.faults) == Some(true) {
            all.push(Then::Repeat);
        }
        all.extend(self.ends(&mut section).into_iter().map(Then::End));
        section.finish(&mut self.faults);
        if all.len() > 1 {
            let expected = "one of go, repeat, hang_up, transfer";
            self.faults.add(place, expected, format!("{}", all.len()));
        }
        if table.is_some() && all.is_empty() && say.is_none() {
            let expected = "say, go, repeat, hang_up or transfer";
            self.faults.add(place, expected, "none of them");
        }
        let then = all.into_iter().next().unwrap_or(Then::Stay);
        Step { say, clear, then }
    }

    /// `hang_up` and `transfer` of a step or a state.
    pub(super) fn ends(&mut self, section: &mut Section<'_>) -> Vec<Action> {
        let mut ends = Vec::new();
        if section.flag("hang_up", &mut self.faults) == Some(true) {
            ends.push(Action::HangUp);
        }
        if let Some(name) = section.text("transfer", &mut self.faults) {
            let destination = self.destinations.get(name).cloned();
            if destination.is_none() {
                let known: Vec<&str> = self.destinations.keys().map(String::as_str).collect();
                let expected = format!("a destination ({})", known.join(", "));
                let place = section.place_of("transfer");
                self.faults.add(place, expected, format!("\"{name}\""));
            }
            ends.push(Action::Transfer {
                destination: destination.unwrap_or_default(),
            });
        }
        ends
    }

    /// The table `on`: intents and their steps.
    pub(super) fn on(&mut self, section: &mut Section<'_>) -> Steps {
        let on = section.section("on", &mut self.faults);
        let mut steps = Steps::new();
        for (name, place, value) in on.entries() {
            let step = self.step(&place, value);
            if let Some(intent) = self.intent(&place, name) {
                steps.insert(intent, Arc::new(step));
            }
        }
        steps
    }

    /// The table `keys`: digits and their intents, which `steps` holds, or steps of their own.
    pub(super) fn keys(&mut self, section: &mut Section<'_>, steps: &Steps) -> BTreeMap<char, Key> {
        let table = section.section("keys", &mut self.faults);
        let mut keys = BTreeMap::new();
        for (name, place, value) in table.entries() {
            let mut characters = name.chars();
            let (digit, rest) = (characters.next(), characters.next());
            let is_key = |digit: &char| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D');
            let Some(digit) = digit.filter(is_key).filter(|_| rest.is_none()) else {
                let expected = "a key: 0 to 9, *, #, A to D";
                self.faults.add(place, expected, format!("\"{name}\""));
                continue;
            };
            let key = match value.as_str() {
                Some(intent) => self.key_of_intent(&place, intent, steps),
                None => Some(Key {
                    name: Arc::from(format!("key {digit}")),
                    step: Arc::new(self.step(&place, value)),
                }),
            };
            keys.extend(key.map(|key| (digit, key)));
        }
        keys
    }

    fn key_of_intent(&mut self, place: &str, name: &str, steps: &Steps) -> Option<Key> {
        let id = self.intent(place, name)?;
        let step = steps.get(&id).cloned();
        if step.is_none() {
            let expected = "an intent that is heard here (in `on`, or in `global.on`)";
            self.faults.add(place, expected, format!("\"{name}\""));
        }
        let name = self
            .intents
            .get(id)
            .map(|intent| Arc::clone(&intent.name))?;
        Some(Key { name, step: step? })
    }

    /// The slots a list names, by place.
    pub(super) fn slot_list(&mut self, section: &mut Section<'_>, key: &'static str) -> Vec<usize> {
        let Some(value) = section.value(key) else {
            return Vec::new();
        };
        let mut list = Vec::new();
        for (place, name) in texts_of(&section.place_of(key), value, &mut self.faults) {
            let known: Vec<&str> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
            match known.iter().position(|slot| *slot == name) {
                Some(slot) => list.push(slot),
                None => {
                    let expected = format!("a slot ({})", known.join(", "));
                    self.faults.add(place, expected, format!("\"{name}\""));
                }
            }
        }
        list
    }

    pub(super) fn state(&mut self, place: &str, name: &str) -> Option<usize> {
        let found = self.states.iter().position(|state| state == name);
        if found.is_none() {
            let expected = format!("a state ({})", self.states.join(", "));
            self.faults.add(place, expected, format!("\"{name}\""));
        }
        found
    }

    fn intent(&mut self, place: &str, name: &str) -> Option<usize> {
        let found = self.intents.iter().position(|intent| &*intent.name == name);
        if found.is_none() {
            let known: Vec<&str> = self.intents.iter().map(|intent| &*intent.name).collect();
            let expected = format!("an intent ({})", known.join(", "));
            self.faults.add(place, expected, format!("\"{name}\""));
        }
        found
    }
}
