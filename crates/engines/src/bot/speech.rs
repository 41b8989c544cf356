//! What a bot wants, in the order it said it: audio, marks, keys, the end.

use std::collections::VecDeque;

use trunkline_call::{Action, Time};

/// Audio held between being received and being asked for: eight of the largest messages, as many as a driver
/// reads before it asks.
const BOUND_BYTES: usize = 8 * 256 * 1_024;

/// Wishes that wait. A bot that has more between two looks floods.
const BOUND: usize = 1_024;

/// What stays allocated when everything has been handed on.
const IDLE_BYTES: usize = 4_096;

/// A bot does not say where its utterances end: this long without audio, they have.
const TAIL_MS: u64 = 200;

/// The same behind a mark.
const MARKED_TAIL_MS: u64 = 40;

/// More than is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMuch;

#[derive(Debug)]
enum Wish {
    /// So many bytes of the audio.
    Audio(usize),
    /// Anything that needs no buffer.
    Act(Action),
}

/// A bot's wishes on their way to the call.
#[derive(Debug, Default)]
pub(super) struct Speech {
    wishes: VecDeque<Wish>,
    /// Audio of all of them, in order.
    audio: Vec<u8>,
    /// An utterance is open.
    is_open: bool,
    /// The first half of a sample.
    half: Option<u8>,
    /// When the open utterance has ended if nothing more comes.
    ends_at: Option<Time>,
}

impl Speech {
    /// Audio in samples of 1 or 2 bytes. A sample may be split between two messages.
    pub(super) fn push_audio(&mut self, audio: &[u8], sample_bytes: usize) -> Result<(), TooMuch> {
        if self.audio.len() + audio.len() >= BOUND_BYTES || self.wishes.len() >= BOUND {
            return Err(TooMuch);
        }
        let before = self.audio.len();
        self.audio.extend(self.half.take());
        self.audio.extend_from_slice(audio);
        if !(self.audio.len() - before).is_multiple_of(sample_bytes) {
            self.half = self.audio.pop();
        }
        let bytes = self.audio.len() - before;
        match self.wishes.back_mut() {
            _ if bytes == 0 => {}
            Some(Wish::Audio(last)) => *last += bytes,
            _ => self.wishes.push_back(Wish::Audio(bytes)),
        }
        Ok(())
    }

    /// Something the bot wants done after what it said so far.
    pub(super) fn ask(&mut self, action: Action) -> Result<(), TooMuch> {
        if self.wishes.len() >= BOUND {
            return Err(TooMuch);
        }
        self.push(action);
        Ok(())
    }

    /// Something the agent itself wants done after that: few things, so that there is always room.
    pub(super) fn push(&mut self, action: Action) {
        self.wishes.push_back(Wish::Act(action));
    }

    /// Nothing of what waits is said; the names of marks among it are given back. Whether anything had been
    /// said before is the call's to know.
    pub(super) fn clear(&mut self) -> Vec<String> {
        self.audio.clear();
        self.half = None;
        self.is_open = false;
        self.ends_at = None;
        let mut names = Vec::new();
        self.wishes.retain_mut(|wish| match wish {
            Wish::Audio(_) => false,
            Wish::Act(Action::Mark(name)) => {
                names.push(std::mem::take(name));
                false
            }
            Wish::Act(_) => true,
        });
        names
    }

    /// The bot is another from now on: what the one before has said is an utterance of its own.
    pub(super) fn end_utterance(&mut self) {
        self.half = None;
        let speaks = self.is_open || matches!(self.wishes.back(), Some(Wish::Audio(_)));
        if speaks {
            self.push(Action::EndUtterance);
        }
    }

    /// When to look whether the utterance has ended.
    pub(super) const fn deadline(&self) -> Option<Time> {
        self.ends_at
    }

    /// Whether no clear waits to be carried out.
    pub(super) fn is_cut(&self) -> bool {
        let cuts = |wish: &Wish| matches!(wish, Wish::Act(Action::CutOff));
        !self.wishes.iter().any(cuts)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wishes.is_empty()
    }

    /// The next wish. Audio is put into `audio`.
    pub(super) fn poll(&mut self, now: Time, audio: &mut Vec<u8>) -> Option<Action> {
        match self.wishes.front_mut() {
            Some(Wish::Audio(_)) if !self.is_open => {
                self.is_open = true;
                Some(Action::BeginUtterance {
                    interruptible: true,
                })
            }
            Some(Wish::Audio(bytes)) => {
                let bytes = *bytes;
                self.wishes.pop_front();
                self.take(bytes, audio);
                self.ends_at = Some(now.plus_ms(TAIL_MS));
                Some(Action::Audio)
            }
            Some(Wish::Act(_)) => {
                let Some(Wish::Act(action)) = self.wishes.pop_front() else {
                    return None;
                };
                if ends_utterance(&action) {
                    self.is_open = false;
                    self.ends_at = None;
                } else if self.is_open && matches!(action, Action::Mark(_)) && self.is_empty() {
                    // Most set one behind the last of an utterance, which may lie within a frame.
                    self.ends_at = Some(now.plus_ms(MARKED_TAIL_MS));
                }
                Some(action)
            }
            None => {
                self.ends_at.take_if(|at| *at <= now)?;
                self.is_open = false;
                Some(Action::EndUtterance)
            }
        }
    }

    fn take(&mut self, bytes: usize, into: &mut Vec<u8>) {
        if bytes >= self.audio.len() {
            into.extend_from_slice(&self.audio);
            self.audio.clear();
            self.audio.shrink_to(IDLE_BYTES);
        } else {
            into.extend(self.audio.drain(..bytes));
        }
    }
}

/// Whether the call completes the open utterance with it.
const fn ends_utterance(action: &Action) -> bool {
    matches!(
        action,
        Action::EndUtterance | Action::CutOff | Action::HandOver | Action::HangUp
    )
}
