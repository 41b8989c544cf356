//! The words of what is being said: which text belongs to which utterance, and how much of it was heard.

use std::collections::VecDeque;

use crate::agent::Word;
use crate::heard::heard_text;

/// Utterances whose words are kept: as many as the playout holds.
const UTTERANCES: usize = 64;

/// Words and bytes of text kept of one utterance; what comes beyond has no text.
const WORDS: usize = 2_000;
const TEXT_BYTES: usize = 16 * 1_024;

/// The texts of utterances not yet played, in order.
#[derive(Debug, Default)]
pub(crate) struct Sayings {
    utterances: VecDeque<Saying>,
    /// Said before the utterance it belongs to began.
    early: String,
}

/// One utterance's words.
#[derive(Debug, Default)]
struct Saying {
    number: u32,
    sentences: Vec<Sentence>,
    words: Vec<Word>,
    bytes: usize,
}

/// A piece of text, and where in the utterance's audio it was announced.
#[derive(Debug)]
struct Sentence {
    text: String,
    from_ms: u64,
}

impl Sayings {
    /// An utterance of this number begins.
    pub(crate) fn begin(&mut self, number: u32) {
        if self.utterances.len() == UTTERANCES {
            self.utterances.pop_front();
        }
        self.utterances.push_back(Saying {
            number,
            ..Saying::default()
        });
        let early = std::mem::take(&mut self.early);
        if !early.is_empty() {
            self.say(&early, Some(0));
        }
    }

    /// A sentence. `at_ms` is how much audio the open utterance has so far, `None` where none is open: the
    /// sentence belongs to the next.
    pub(crate) fn say(&mut self, text: &str, at_ms: Option<u64>) {
        let Some((saying, from_ms)) = self.utterances.back_mut().zip(at_ms) else {
            if self.early.len() + text.len() < TEXT_BYTES {
                append(&mut self.early, text);
            }
            return;
        };
        if saying.bytes + text.len() <= TEXT_BYTES {
            saying.bytes += text.len();
            saying.sentences.push(Sentence {
                text: text.to_owned(),
                from_ms,
            });
        }
    }

    /// When words of the open utterance are spoken.
    pub(crate) fn words(&mut self, words: Vec<Word>) {
        if let Some(saying) = self.utterances.back_mut() {
            let room = WORDS.saturating_sub(saying.words.len());
            saying.words.extend(words.into_iter().take(room));
        }
    }

    /// The whole text of an utterance that has been played, which is forgotten with those before it.
    pub(crate) fn played(&mut self, number: u32) -> String {
        let Some(at) = self.utterances.iter().position(|u| u.number == number) else {
            return String::new();
        };
        let played = self.utterances.drain(..=at).next_back();
        played.map_or_else(String::new, |saying| saying.text())
    }

    /// What of the utterance was heard in `heard_ms`; `total_ms` is its length where that is known.
    pub(crate) fn heard(&self, number: u32, heard_ms: u64, total_ms: Option<u64>) -> String {
        let saying = self.utterances.iter().find(|u| u.number == number);
        saying.map_or_else(String::new, |saying| saying.heard(heard_ms, total_ms))
    }

    /// Forgets utterances from this number on, which will not be played.
    pub(crate) fn forget_from(&mut self, number: u32) {
        let kept = self.utterances.iter().position(|u| u.number == number);
        self.utterances.truncate(kept.unwrap_or(usize::MAX));
    }

    /// Everything that is still to be played, as if it had been: forgotten here.
    pub(crate) fn take(&mut self) -> String {
        let mut text = String::new();
        for saying in self.utterances.drain(..) {
            append(&mut text, &saying.text());
        }
        self.early.clear();
        text
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.utterances.clear();
        self.early.clear();
    }
}

impl Saying {
    fn text(&self) -> String {
        let mut text = String::new();
        for sentence in &self.sentences {
            append(&mut text, &sentence.text);
        }
        text
    }

    fn heard(&self, heard_ms: u64, total_ms: Option<u64>) -> String {
        if !self.words.is_empty() {
            return heard_text(&self.text(), &self.words, heard_ms, total_ms).to_owned();
        }
        let mut heard = String::new();
        for (index, sentence) in self.sentences.iter().enumerate() {
            let next = self.sentences.get(index + 1).map(|next| next.from_ms);
            // Sentences announced together share the audio that follows: only the last of them has an end.
            let until = next.filter(|next| *next > sentence.from_ms).or(total_ms);
            let length_ms = until.map(|until| until.saturating_sub(sentence.from_ms));
            let in_it_ms = heard_ms.saturating_sub(sentence.from_ms);
            let part = heard_text(&sentence.text, &[], in_it_ms, length_ms);
            append(&mut heard, part);
            if part.len() < sentence.text.len() {
                break;
            }
        }
        heard
    }
}

/// Adds a sentence behind others.
fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}
