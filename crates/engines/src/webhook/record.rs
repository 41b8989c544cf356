//! What was said in the call, as the bot is told: of the caller what was understood, of the agent what was heard.
//!
//! It follows the agent's own utterances from the moment they are given until the call says what became of them.
//! Where the agent cuts itself off nobody says how much was heard; then the clock does.

use std::collections::VecDeque;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use trunkline_call::heard::heard_text;
use trunkline_call::{Action, CallInfo, Said, Speaker, Time};
use trunkline_protocol::bot::webhook::{Direction, MAX_HISTORY, Turn};

/// The longest text of one turn, in bytes; what is beyond is left out.
const MAX_TURN_BYTES: usize = 8 * 1_024;

/// Utterances followed at once: as many as wait to be played.
const UTTERANCES: usize = 64;

/// The wall clock at a point of the call's, to tell the one from the other.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    unix_ms: u64,
    at: Time,
}

impl Clock {
    const fn unix_ms(self, now: Time) -> u64 {
        self.unix_ms.saturating_add(now.ms_since(self.at))
    }
}

/// A turn that is over.
#[derive(Debug)]
struct Entry {
    content: String,
    direction: Direction,
    /// When it was said.
    at: String,
}

/// An utterance of the agent's that was given and not played yet.
#[derive(Debug, Default)]
struct Utterance {
    text: String,
    /// When the first of its audio was given.
    given_at: Option<Time>,
}

/// What was said, oldest first.
#[derive(Debug)]
pub(super) struct Record {
    clock: Clock,
    turns: VecDeque<Entry>,
    limit: usize,
    /// The oldest is being played.
    utterances: VecDeque<Utterance>,
    /// When the one before the oldest had been played.
    played_at: Time,
    /// How many of them were begun before the caller's turn was probably over.
    certain: Option<usize>,
}

impl Record {
    /// A record of the last `limit` turns, at most 50.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            clock: Clock::default(),
            turns: VecDeque::new(),
            limit: limit.min(MAX_HISTORY),
            utterances: VecDeque::new(),
            played_at: Time::ZERO,
            certain: None,
        }
    }

    /// The agent has the call from now on.
    pub(super) fn begin(&mut self, now: Time, info: &CallInfo, history: &[Said]) {
        self.clock = Clock {
            unix_ms: info.began_unix_ms,
            at: now,
        };
        self.turns.clear();
        self.utterances.clear();
        for said in history {
            let direction = match said.speaker {
                Speaker::Caller => Direction::Inbound,
                Speaker::Agent => Direction::Outbound,
            };
            self.enter(now, direction, &said.text);
        }
    }

    /// The agent gives this to the call, with so much audio.
    pub(super) fn given(&mut self, now: Time, action: &Action) {
        match action {
            Action::BeginUtterance { .. } => {
                if self.utterances.len() == UTTERANCES {
                    self.utterances.pop_front();
                }
                self.utterances.push_back(Utterance::default());
            }
            Action::AgentSays(text) => {
                if let Some(utterance) = self.utterances.back_mut() {
                    append(&mut utterance.text, text);
                }
            }
            Action::Audio => {
                if let Some(utterance) = self.utterances.back_mut() {
                    utterance.given_at.get_or_insert(now);
                }
            }
            _ => {}
        }
    }

    /// The caller was understood to say this.
    pub(super) fn caller_said(&mut self, now: Time, text: &str) {
        self.enter(now, Direction::Inbound, text);
    }

    /// The oldest utterance has been played.
    pub(super) fn played(&mut self, now: Time) {
        if let Some(utterance) = self.utterances.pop_front() {
            let began_at = self.began_at(now, &utterance);
            self.enter(began_at, Direction::Outbound, &utterance.text);
        }
        self.certain = self.certain.map(|certain| certain.saturating_sub(1));
        self.played_at = now;
    }

    /// The caller cut the oldest off, and has heard this of it. The others are void.
    pub(super) fn interrupted(&mut self, now: Time, heard: &str) {
        if let Some(utterance) = self.utterances.pop_front() {
            let began_at = self.began_at(now, &utterance);
            self.enter(began_at, Direction::Outbound, heard);
        }
        self.utterances.clear();
    }

    /// The agent cuts itself off: what was heard goes by the clock and the pace of speech.
    pub(super) fn cut_off(&mut self, now: Time) {
        let Some(utterance) = self.utterances.front() else {
            return;
        };
        let began_at = self.began_at(now, utterance);
        let heard = heard_text(&utterance.text, &[], now.ms_since(began_at), None).to_owned();
        self.interrupted(now, &heard);
    }

    /// What is begun from now on may turn out void.
    pub(super) fn doubt(&mut self) {
        self.certain = Some(self.utterances.len());
    }

    /// It is void.
    pub(super) fn forget_doubtful(&mut self) {
        if let Some(certain) = self.certain.take() {
            self.utterances.truncate(certain);
        }
    }

    /// Now, as a request says it.
    pub(super) fn stamp(&self, now: Time) -> String {
        rfc3339(self.clock.unix_ms(now))
    }

    /// The turns, oldest first.
    pub(super) fn turns(&self) -> Vec<Turn<'_>> {
        let turns = self.turns.iter().map(|entry| Turn {
            content: &entry.content,
            direction: entry.direction,
            at: &entry.at,
        });
        turns.collect()
    }

    /// When an utterance, the oldest, began to be played.
    fn began_at(&self, now: Time, utterance: &Utterance) -> Time {
        let given_at = utterance.given_at.unwrap_or(now);
        given_at.max(self.played_at)
    }

    fn enter(&mut self, at: Time, direction: Direction, text: &str) {
        let text = text.trim();
        let content = text.get(..text.floor_char_boundary(MAX_TURN_BYTES));
        let Some(content) = content.filter(|content| !content.is_empty()) else {
            return;
        };
        self.turns.push_back(Entry {
            content: content.to_owned(),
            direction,
            at: self.stamp(at),
        });
        while self.turns.len() > self.limit {
            self.turns.pop_front();
        }
    }
}

/// Adds a sentence behind others, as far as there is room.
fn append(text: &mut String, sentence: &str) {
    if text.len() + sentence.len() < MAX_TURN_BYTES {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(sentence);
    }
}

/// In whole seconds of UTC, as the vendor writes it.
fn rfc3339(unix_ms: u64) -> String {
    let seconds = i64::try_from(unix_ms / 1_000).unwrap_or(i64::MAX);
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_time_is_written_as_the_vendor_writes_it() {
        assert_eq!(rfc3339(1_736_949_605_999), "2025-01-15T14:00:05Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(u64::MAX), "1970-01-01T00:00:00Z");
    }
}
