//! The script engine: a deterministic dialogue from a TOML file, the "language model" of the
//! embedded agent.
//!
//! A [`Script`] is read and checked once and then shared; a [`Dialogue`] is one conversation along
//! it. What the caller says (text) or types (digits) goes in, a [`Reply`] comes out: words to
//! speak, what was understood, and perhaps the end of the call. [`Dialogue::expects`] gives the
//! grammar a recogniser needs at that point.
//!
//! Nothing here looks at a clock, starts a thread or does I/O, and nothing is random: the same
//! inputs give the same replies. It does not learn, guess or make up sentences: it says the lines
//! of its script.
//!
//! # The file
//!
//! ```toml
//! name = "orders"                     # a-z, 0-9, _
//! voice = "rms"                       # for the speech engine
//! greeting = "Hello."
//! start = "menu"                      # the first state
//! silence_ms = 8000                   # default; a state may have its own
//! barge_in = true                     # default; a state may have its own
//!
//! [destinations]
//! desk = "+15550100"
//!
//! [slots.count]
//! type = "number"                     # number (min, max), time (from, to), day, yes_no
//! min = 1
//! max = 9
//! ask = "How many?"                   # also: reask, offer (by keys), invalid (out of bounds)
//! answers = ["{count} [pieces]"]      # default: the value alone
//!
//! [intents]                           # phrases: words, {slot} or {slot:type}, [optional], (one | other)
//! order = ["[i would like to] order", "order {count:number} [pieces]"]
//! bye = ["goodbye"]
//!
//! [global]                            # heard in every state, unless the state has its own
//! on.bye = { say = "Goodbye.", hang_up = true }
//! keys.0 = { transfer = "desk" }
//!
//! [states.menu]
//! say = "Say order, or press one."    # text, [lines], or { one_of = [variants] }
//! on.order = "order"                  # a state, or { say, clear = [slots], and one of go, repeat, hang_up, transfer }
//! keys.1 = "order"                    # an intent, or a step as above
//!
//! [states.order]
//! collect = ["count"]                 # asked for in this order unless known
//! next = "done"
//!
//! [states.done]
//! say = "{count} pieces. Goodbye."
//! hang_up = true                      # or transfer = "desk"
//!
//! [fallback]                          # not understood; [silence] is alike
//! say = { one_of = ["Sorry?", "Pardon?"] }
//! offer_after = 2                     # from this time on say the state's or slot's `offer`
//! give_up_after = 3
//! give_up = { transfer = "desk" }
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod clock;
mod dialogue;
mod fault;
mod grammar;
mod kind;
mod number;
mod parse;
mod parse_state;
mod parse_step;
mod pattern;
mod phrase;
mod reply;
mod say;
mod section;
mod slot;
mod state;
#[cfg(test)]
mod tests;
mod walk;
mod words;

use std::sync::{Arc, LazyLock};

pub use dialogue::Dialogue;
pub use fault::{ScriptError, ScriptErrors};
pub use grammar::phrase_grammar;
pub use reply::{Action, DigitsExpected, Expectation, Reply, Understood};

use say::Say;
use slot::Slot;
use state::{Patience, State};

/// A dialogue script, checked. See the module for the file's form.
#[derive(Debug)]
pub struct Script {
    name: String,
    voice: String,
    greeting: Say,
    start: Arc<State>,
    start_id: usize,
    states: Vec<Arc<State>>,
    slots: Vec<Slot>,
    fallback: Patience,
    silence: Patience,
    transfer_failed: Say,
    lines: Vec<Arc<str>>,
    turns: usize,
}

impl Script {
    /// Reads and checks a script of at most 256 KiB.
    ///
    /// # Errors
    ///
    /// All faults at once, each with its place, what was expected and what is there.
    pub fn parse(toml: &str) -> Result<Self, ScriptErrors> {
        parse::parse(toml)
    }

    /// The embedded booking desk: the demo, and the agent of a gateway without configuration.
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the binary, and tests read it"
    )]
    pub fn booking() -> Arc<Self> {
        static BOOKING: LazyLock<Arc<Script>> = LazyLock::new(|| {
            let script = Script::parse(include_str!("booking.toml"));
            Arc::new(script.expect("the embedded script is correct"))
        });
        Arc::clone(&BOOKING)
    }

    /// The script's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The speech engine's voice.
    pub fn voice(&self) -> &str {
        &self.voice
    }

    /// Every line it can say, `{slot}` as written.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(AsRef::as_ref)
    }
}
