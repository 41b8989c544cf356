//! The conversation so far: what each side said, as far as it was heard.
//!
//! It is bounded: the oldest entries go first. It refuses to keep what nobody heard; cutting a text to that
//! is [`heard_text`](crate::heard::heard_text)'s.

/// Entries kept.
const MOST_ENTRIES: usize = 200;

/// Text kept in all.
const MOST_BYTES: usize = 64 * 1024;

/// Text of one entry from which on the agent's next sentence has an entry of its own, so that a long
/// monologue does not go at once.
const MOST_JOINED_BYTES: usize = 4 * 1024;

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who said it.
    pub speaker: Speaker,
    /// The words.
    pub text: String,
    /// Whether it was cut off: the agent had more to say.
    pub cut_off: bool,
}

/// A party of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The caller.
    Caller,
    /// The agent. What the gateway says in its place is not entered.
    Agent,
}

/// What was said, oldest first: at most 200 entries and 64 KiB of text.
#[derive(Clone, Debug, Default)]
pub struct History {
    said: Vec<Said>,
    bytes: usize,
    dropped: u64,
}

impl History {
    /// The caller said this: a turn, an entry of its own. Empty text is not entered.
    pub fn caller_said(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.enter(Speaker::Caller, text, false);
        }
    }

    /// The caller heard this of the agent; `cut_off` if the agent had more to say. Joined with a space to
    /// what it said before, while nobody else spoke and it was not cut off. Empty text is not entered, but
    /// what came before it then was cut off.
    pub fn agent_said(&mut self, text: &str, cut_off: bool) {
        let text = text.trim();
        let last = self.said.last_mut();
        let last = last.filter(|last| last.speaker == Speaker::Agent && !last.cut_off);
        match last {
            Some(last) if text.is_empty() => last.cut_off = cut_off,
            Some(last) if last.text.len() + text.len() < MOST_JOINED_BYTES => {
                last.text.push(' ');
                last.text.push_str(text);
                last.cut_off = cut_off;
                self.bytes += text.len() + 1;
                self.forget_oldest();
            }
            _ if text.is_empty() => {}
            _ => self.enter(Speaker::Agent, text, cut_off),
        }
    }

    /// What was said, oldest first.
    pub fn as_slice(&self) -> &[Said] {
        &self.said
    }

    /// Entries that went because newer ones needed their place, and texts shortened to fit.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Forgets what was said, as when the caller asks for that. What was dropped stays counted.
    pub fn clear(&mut self) {
        self.said.clear();
        self.bytes = 0;
    }

    fn enter(&mut self, speaker: Speaker, text: &str, cut_off: bool) {
        let text = beginning(text, MOST_BYTES, &mut self.dropped);
        self.bytes += text.len();
        self.said.push(Said {
            speaker,
            text: text.to_owned(),
            cut_off,
        });
        self.forget_oldest();
    }

    /// Drops entries from the front until the bounds are kept. The newest alone is within them.
    fn forget_oldest(&mut self) {
        let mut entries = 0;
        for said in &self.said {
            if self.said.len() - entries <= MOST_ENTRIES && self.bytes <= MOST_BYTES {
                break;
            }
            self.bytes -= said.text.len();
            entries += 1;
        }
        self.said.drain(..entries);
        self.dropped += entries as u64;
    }
}

/// At most `bytes` bytes of the text; counts where that is not all of it.
fn beginning<'a>(text: &'a str, bytes: usize, shortened: &mut u64) -> &'a str {
    if text.len() <= bytes {
        return text;
    }
    *shortened += 1;
    text.get(..text.floor_char_boundary(bytes))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
