//! The agent's mouth: sentences waiting to be synthesised, one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use trunkline_call::{Action, Down, LinkId, LinkSpec};

use super::speech::Speech;

/// The slot of the synthesiser's link.
const SLOT: u8 = 1;

/// Sentences waiting at once; what a script says in one reply is far below.
const BOUND: usize = 64;

/// Sentences, and utterances, that may wait before those who can are to wait with more.
const AHEAD: usize = 8;

/// The longest text a synthesiser takes at once, in bytes.
const PIECE_BYTES: usize = 1_000;

/// Speech of the agent on its way to the playout.
#[derive(Debug)]
pub(crate) struct Mouth {
    voices: Voices,
    link: LinkId,
    /// A synthesiser is at work on `link`.
    synthesising: bool,
    /// The one at work belongs to speech that was stopped.
    close: bool,
    sentences: VecDeque<Arc<str>>,
    /// The sentence being synthesised, until something of it is heard.
    unheard: Option<Arc<str>>,
    speech: Speech,
    /// An utterance has begun in the playout and is not complete.
    open: bool,
    /// Utterances given whole to the playout, and not known to be played.
    given: u32,
    interruptible: bool,
    /// The caller's side has been told the sentence at the front.
    announced: bool,
    /// Something was to be said since [`mark`](Self::mark).
    marked: bool,
}

/// Who speaks.
#[derive(Debug)]
struct Voices {
    /// Who is asked first.
    asked: Arc<str>,
    /// Speaks where `asked` does not.
    own: Arc<str>,
    /// There is no synthesiser, even for the agent's own.
    missing: bool,
}

impl Mouth {
    pub(super) fn new(voice: Arc<str>) -> Self {
        Self {
            voices: Voices {
                asked: Arc::clone(&voice),
                own: voice,
                missing: false,
            },
            link: LinkId::new(SLOT, 0),
            synthesising: false,
            close: false,
            sentences: VecDeque::new(),
            unheard: None,
            speech: Speech::default(),
            open: false,
            given: 0,
            interruptible: true,
            announced: false,
            marked: false,
        }
    }

    pub(super) fn set_voice(&mut self, voice: &str) {
        self.voices.asked = Arc::from(voice);
    }

    /// Queues a text, sentence by sentence, so that the first is heard while the next is being made.
    pub(crate) fn say(&mut self, text: &str, interruptible: bool) {
        self.interruptible = interruptible;
        self.marked = true;
        let room = BOUND.saturating_sub(self.sentences.len());
        let sentences = sentences(text).flat_map(pieces).take(room);
        self.sentences.extend(sentences.map(Arc::from));
    }

    /// From here on [`said_since_mark`](Self::said_since_mark) counts.
    pub(crate) const fn mark(&mut self) {
        self.marked = false;
    }

    /// Whether something was to be said since the mark.
    pub(crate) const fn said_since_mark(&self) -> bool {
        self.marked
    }

    /// Whether the agent's own voice has turned out not to be there: nothing will be heard of it.
    pub(super) const fn is_mute(&self) -> bool {
        self.voices.missing
    }

    /// Whether something is still to be said, or being said.
    pub(crate) fn is_speaking(&self) -> bool {
        self.is_making() || self.given > 0
    }

    /// Whether something is still to be given to the playout.
    pub(crate) fn is_making(&self) -> bool {
        self.synthesising && !self.close
            || !self.sentences.is_empty()
            || !self.speech.is_empty()
            || self.open
    }

    /// Whether so little waits to be said and to be played that more may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.sentences.len() < AHEAD && self.given < AHEAD as u32
    }

    /// An utterance has been played to its end.
    pub(crate) fn played(&mut self) {
        self.given = self.given.saturating_sub(1);
    }

    /// Forgets everything that has not been played.
    pub(crate) fn stop(&mut self) {
        self.sentences.clear();
        self.announced = false;
        self.unheard = None;
        self.speech.clear();
        self.open = false;
        self.given = 0;
        self.close = self.synthesising;
    }

    /// Speech from the synthesiser.
    pub(super) fn audio(&mut self, id: LinkId, rate_hz: u32, samples: &[i16]) {
        if id != self.link || !self.synthesising || self.close {
            return;
        }
        self.unheard = None;
        self.speech.push(rate_hz, samples);
    }

    /// The link is gone; whether it was the synthesiser's.
    pub(super) fn down(&mut self, id: LinkId, why: Down) -> bool {
        if id != self.link || !self.synthesising {
            return false;
        }
        self.synthesising = false;
        self.close = false;
        self.speech.complete();
        let Some(sentence) = self.unheard.take() else {
            return true;
        };
        if self.voices.asked != self.voices.own {
            // A voice that says nothing is not there: the agent's own says it.
            self.voices.asked = Arc::clone(&self.voices.own);
            self.sentences.push_front(sentence);
            self.announced = true;
        } else if why == Down::Unavailable {
            self.voices.missing = true;
        }
        true
    }

    pub(super) fn poll(&mut self, audio: &mut Vec<u8>) -> Option<Action> {
        if self.close {
            self.close = false;
            self.synthesising = false;
            return Some(Action::Close(self.link));
        }
        if !self.speech.is_empty() {
            self.speech.take(audio);
            return Some(Action::Audio);
        }
        if self.synthesising {
            return None;
        }
        if self.sentences.is_empty() {
            if self.open {
                self.open = false;
                self.given += 1;
                return Some(Action::EndUtterance);
            }
            return None;
        }
        if !self.open {
            self.open = true;
            return Some(Action::BeginUtterance {
                interruptible: self.interruptible,
            });
        }
        self.synthesise()
    }

    fn synthesise(&mut self) -> Option<Action> {
        let text = self.sentences.front()?;
        if !self.announced {
            self.announced = true;
            return Some(Action::AgentSays(text.to_string()));
        }
        self.announced = false;
        let text = self.sentences.pop_front()?;
        self.unheard = Some(Arc::clone(&text));
        self.link = self.link.next();
        self.synthesising = true;
        Some(Action::Open(
            self.link,
            LinkSpec::Speak {
                text,
                voice: Arc::clone(&self.voices.asked),
            },
        ))
    }
}

/// The sentences of a text, each with its mark.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (sentence, tail) = rest.split_at_checked(sentence_end(rest)?)?;
        rest = tail;
        Some(sentence.trim())
    })
    .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
}

/// Where the first sentence of a text ends: behind a mark with nothing or a space after it, which the point in
/// "3.50" has not; behind a mark of a script without spaces; at the end of a line.
fn sentence_end(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let ends = match character {
            '.' | '?' | '!' => next.is_none_or(char::is_whitespace),
            '\n' | '。' | '？' | '！' => true,
            _ => false,
        };
        if ends || next.is_none() {
            return Some(at + character.len_utf8());
        }
    }
    None
}

/// A sentence in pieces a synthesiser takes, cut at spaces where there are any.
fn pieces(sentence: &str) -> impl Iterator<Item = &str> {
    let mut rest = sentence;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bound = rest.floor_char_boundary(PIECE_BYTES);
        let cut = if bound == rest.len() {
            bound
        } else {
            rest.get(..bound)?
                .rfind(' ')
                .filter(|at| *at > 0)
                .unwrap_or(bound)
        };
        let (piece, tail) = rest.split_at_checked(cut)?;
        rest = tail.trim_start();
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_spoken_sentence_by_sentence() {
        let all: Vec<_> = sentences("A table for two. At what time?  ...").collect();
        assert_eq!(all, ["A table for two.", "At what time?"]);
        let long = "word ".repeat(500);
        let cut: Vec<_> = pieces(long.trim()).collect();
        assert!(cut.iter().all(|piece| piece.len() <= PIECE_BYTES));
        assert_eq!(cut.join(" "), long.trim());
        assert_eq!(pieces(&"é".repeat(600)).map(str::len).sum::<usize>(), 1_200);
        assert_eq!(sentences("no mark").collect::<Vec<_>>(), ["no mark"]);
    }

    #[test]
    fn a_point_inside_a_number_ends_no_sentence() {
        for (text, expected) in [
            (
                "That is $3.50. Is that all?!",
                ["That is $3.50.", "Is that all?!"],
            ),
            (
                "Write to a.b@example.com\nor call",
                ["Write to a.b@example.com", "or call"],
            ),
            ("今日は。元気？", ["今日は。", "元気？"]),
        ] {
            assert_eq!(sentences(text).collect::<Vec<_>>(), expected);
        }
        assert_eq!(sentences("").count() + sentences(" ... \n").count(), 0);
    }
}
