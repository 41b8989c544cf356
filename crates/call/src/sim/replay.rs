//! What a failing call leaves behind: what happened last, and the command that plays it again.

use std::collections::VecDeque;
use std::fmt::Write;

use crate::time::Time;

/// Happenings remembered.
const TRACE: usize = 48;

/// The last happenings of a call, and how to play it again.
#[derive(Clone, Debug, Default)]
pub(super) struct Replay {
    /// The seed of a random call; `None` for a scenario, which its own name replays.
    seed: Option<u64>,
    trace: VecDeque<(Time, &'static str, u64)>,
}

impl Replay {
    pub(super) fn of_seed(seed: u64) -> Self {
        Self {
            seed: Some(seed),
            trace: VecDeque::new(),
        }
    }

    pub(super) fn trace(&mut self, now: Time, what: &'static str, detail: u64) {
        if self.trace.len() == TRACE {
            self.trace.pop_front();
        }
        self.trace.push_back((now, what, detail));
    }

    pub(super) fn fail(&self, now: Time, what: &str) -> ! {
        let mut story = String::new();
        for (at, what, detail) in &self.trace {
            writeln!(story, "  {at:>16} {what} {detail}").expect("a string takes anything");
        }
        let again = self.seed.map_or_else(String::new, |seed| {
            format!(
                "\nreplay: TRUNKLINE_SEED={seed} cargo test --profile ci -p trunkline-call --lib sim::random"
            )
        });
        panic!("at {now}: {what}\n{story}{again}");
    }
}
