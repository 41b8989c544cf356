//! Keys the caller presses, collected to one turn.

use trunkline_call::Time;

use crate::front_end::DIGITS_MS;

/// The most keys of one turn.
const MAX_KEYS: usize = 64;

/// Keys pressed and not sent: a turn ends with `#`, which is not part of it unless it is all of it, with the 64th
/// key, or 3 s after the last.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pressed: String,
    until: Option<Time>,
}

impl Keys {
    /// A key. Gives back the turn, if it ends with it.
    pub(super) fn press(&mut self, now: Time, key: char) -> Option<String> {
        let ends = key == '#';
        if !ends || self.pressed.is_empty() {
            self.pressed.push(key);
        }
        if ends || self.pressed.len() >= MAX_KEYS {
            return Some(self.take());
        }
        self.until = Some(now.plus_ms(DIGITS_MS));
        None
    }

    /// Time has passed. Gives back the turn, if it is over.
    pub(super) fn tick(&mut self, now: Time) -> Option<String> {
        let over = self.until.is_some_and(|at| at <= now);
        over.then(|| self.take())
    }

    pub(super) const fn deadline(&self) -> Option<Time> {
        self.until
    }

    /// What was pressed, which is forgotten.
    pub(super) fn take(&mut self) -> String {
        self.until = None;
        std::mem::take(&mut self.pressed)
    }
}
