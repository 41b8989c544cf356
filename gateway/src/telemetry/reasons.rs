//! Agents lost, by reason.
//!
//! Reasons come from closed sets all over the engines, each with its own words, so that no list of them is kept
//! here: each gets its counter when it first occurs. It refuses to lock, and to hold more than a bounded number.

use std::sync::OnceLock;

use metrics::Counter;

/// Reasons told apart; those beyond are counted as `other`.
const REASONS: usize = 64;

/// A counter for each reason there has been.
pub(super) struct Reasons {
    seen: [OnceLock<(&'static str, Counter)>; REASONS],
    other: Counter,
    register: Box<dyn Fn(&'static str) -> Counter + Send + Sync>,
}

impl Reasons {
    /// Counters are made by `register`.
    pub(super) fn new(register: impl Fn(&'static str) -> Counter + Send + Sync + 'static) -> Self {
        Self {
            seen: [const { OnceLock::new() }; REASONS],
            other: register("other"),
            register: Box::new(register),
        }
    }

    /// One more.
    pub(super) fn count(&self, reason: &'static str) {
        let counter = self.seen.iter().find_map(|place| {
            // Whoever comes first has the place, for good.
            let (of, counter) = place.get_or_init(|| (reason, (self.register)(reason)));
            (*of == reason).then_some(counter)
        });
        counter.unwrap_or(&self.other).increment(1);
    }
}

impl std::fmt::Debug for Reasons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seen = self.seen.iter().filter_map(OnceLock::get);
        f.debug_list()
            .entries(seen.map(|(reason, _)| reason))
            .finish()
    }
}
