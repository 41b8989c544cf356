//! What a dialogue answers, and what it can make use of.

use std::sync::Arc;

/// What is to happen once the reply's words have been played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Action {
    /// The conversation goes on.
    #[default]
    None,
    /// The call ends.
    HangUp,
    /// The caller is connected to someone else.
    Transfer {
        /// As written in the script's `[destinations]`.
        destination: String,
    },
}

/// What a caller meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// The intent; the slot's name for the answer to a question; `key N` for a key without intent.
    pub intent: String,
    /// Slots filled by it, with exact values: `("time", "19:00")`.
    pub slots: Vec<(String, String)>,
}

/// The answer to one input. `say` is never empty unless `action` ends the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Words for the caller; empty for nothing.
    pub say: String,
    /// What the input meant; `None` if it was not understood, or there was none.
    pub understood: Option<Understood>,
    /// Carried out after `say` has been played.
    pub action: Action,
}

/// Which keys make sense now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigitsExpected {
    /// None: a key is answered by a prompt.
    None,
    /// One key, answered at once.
    Key,
    /// Several digits; the end is `#`, a pause (`digits_ended`), or the last digit that fits.
    Sequence {
        /// The most digits that are taken.
        most: u8,
    },
}

/// What the conversation can make use of now. Cheap: the grammar is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// JSGF 1.0, public rule `<utterance>`; words are of a to z and `'`.
    pub grammar: Arc<str>,
    /// Keys.
    pub digits: DigitsExpected,
    /// How long a silence, in milliseconds, is to be reported by `silence`; counted from the end of
    /// the agent's speech.
    pub silence_ms: u32,
    /// Whether the caller may interrupt what is being said.
    pub barge_in: bool,
}
