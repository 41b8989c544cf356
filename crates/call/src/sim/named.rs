//! The agent's ledger of the places it has given names: each is told once, and in order where it was reached.

use std::collections::VecDeque;

/// What the agent knows of its names.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Not told yet, each with the frames given before it, the first set first.
    waiting: VecDeque<(String, u64)>,
    /// Frames that had been played by what it was told.
    pub(super) played_to: u64,
    /// The first thing that was wrong.
    pub(super) wrong: Option<String>,
}

impl Named {
    /// A place behind so many frames gets a name.
    pub(super) fn set(&mut self, name: &str, frames: u64) {
        self.waiting.push_back((name.to_owned(), frames));
    }

    /// It was told what became of a name.
    pub(super) fn told(&mut self, name: &str, played: bool) {
        let at = self.waiting.iter().position(|(other, _)| other == name);
        if played && at != Some(0) {
            self.fail(format!("mark {name} was reached before those before it"));
        }
        match at.and_then(|at| self.waiting.remove(at)) {
            Some((_, frames)) if played => self.played_to = self.played_to.max(frames),
            Some(_) => {}
            None => self.fail(format!(
                "mark {name} was told of twice, or to somebody else"
            )),
        }
    }

    /// Whoever set them has the call no longer.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
    }

    /// How many are not told yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn fail(&mut self, what: String) {
        self.wrong.get_or_insert(what);
    }
}
