//! What a scenario can ask. Only `…_within` moves the clock.

use std::collections::HashMap;

use super::network::Packet;
use super::notes::Utterance;
use super::script::Told;
use super::world::World;
use crate::agent::{Action, AgentFailure};
use crate::ending::Ending;
use crate::history::Said;
use crate::io::CallEvent;
use crate::time::Time;

/// What the caller hears.
impl World {
    /// Milliseconds the caller has heard of everything the agent said.
    pub(super) fn heard_ms(&self) -> u64 {
        self.carrier.heard_us(self.now, 0, u64::MAX) / 1_000
    }

    /// Milliseconds the caller has heard of the agent's utterance of this index.
    pub(super) fn heard_of_utterance_ms(&self, index: usize) -> u64 {
        let Utterance { first, end, .. } = self.agent.desk().notes.utterances[index];
        self.carrier
            .heard_us(self.now, first, end.unwrap_or(u64::MAX))
            / 1_000
    }

    #[track_caller]
    pub(super) fn assert_heard_ms(&self, ms: u64) {
        assert_eq!(self.heard_ms(), ms, "heard by {}", self.now);
    }

    #[track_caller]
    pub(super) fn assert_hears_agent(&self) {
        assert!(self.carrier.is_sounding(self.now), "silent at {}", self.now);
    }

    #[track_caller]
    pub(super) fn assert_silent(&self) {
        assert!(
            !self.carrier.is_sounding(self.now),
            "not silent at {}",
            self.now
        );
    }

    /// Runs until the caller hears nothing. Gives the milliseconds it took.
    #[track_caller]
    pub(super) fn assert_silent_within(&mut self, ms: u64) -> u64 {
        self.run_until(ms, |w| !w.carrier.is_sounding(w.now))
    }

    /// Runs until the caller hears something. Gives the milliseconds it took.
    #[track_caller]
    pub(super) fn assert_hears_agent_within(&mut self, ms: u64) -> u64 {
        self.run_until(ms, |w| w.carrier.is_sounding(w.now))
    }

    /// What was heard so far had no gaps in it, frame to frame.
    #[track_caller]
    pub(super) fn assert_no_gaps(&self) {
        self.assert_gaps_ms(Time::ZERO, 0);
    }

    /// What was heard since `since` had so many milliseconds of gaps in it.
    #[track_caller]
    pub(super) fn assert_gaps_ms(&self, since: Time, ms: u64) {
        assert_eq!(
            self.carrier.gaps_us(self.now, since) / 1_000,
            ms,
            "gaps by {}",
            self.now
        );
    }

    /// The carrier was told so often to drop what it had, each time with something to drop.
    #[track_caller]
    pub(super) fn assert_clears(&self, times: u64) {
        assert_eq!((self.carrier.clears, self.carrier.idle_clears), (times, 0));
    }
}

/// What the agent was told.
impl World {
    #[track_caller]
    pub(super) fn assert_told(&self, told: &Told, times: usize) {
        let count = self.agent.desk().notes.count(|other| other == told);
        assert_eq!(count, times, "{told:?} by {}: {:?}", self.now, self.told());
    }

    #[track_caller]
    pub(super) fn assert_spoken(&self, times: usize) {
        self.assert_told(&Told::Spoken, times);
    }

    /// Interrupted so often; the last time it was told what the caller had really heard, to so many
    /// milliseconds.
    #[track_caller]
    pub(super) fn assert_interrupted(&self, times: usize, tolerance_ms: u64) {
        let told = self.interruptions();
        assert_eq!(told.len(), times, "{:?}", self.told());
        let Some((_, heard_ms)) = told.last() else {
            return;
        };
        let index = self.utterance_before(told.last().map_or(Time::ZERO, |(at, _)| *at));
        let really = self.heard_of_utterance_ms(index);
        assert!(
            heard_ms.abs_diff(really) <= tolerance_ms,
            "told {heard_ms} ms were heard, really {really}"
        );
    }

    /// When it was interrupted, and how much the call said had been heard.
    pub(super) fn interruptions(&self) -> Vec<(Time, u64)> {
        let told = self.told();
        let interrupted = told.into_iter().filter_map(|(at, told)| match told {
            Told::Interrupted { heard_ms, .. } => Some((at, heard_ms)),
            _ => None,
        });
        interrupted.collect()
    }

    /// Everything it was told, beside audio.
    pub(super) fn told(&self) -> Vec<(Time, Told)> {
        self.agent.desk().notes.told.clone()
    }

    /// When it was told this last.
    pub(super) fn told_at(&self, told: &Told) -> Option<Time> {
        self.agent.desk().notes.last(|other| other == told)
    }

    /// The utterance of which the caller had heard the beginning last.
    fn utterance_before(&self, at: Time) -> usize {
        let heard = self
            .carrier
            .heard(at)
            .last()
            .map_or(0, |played| played.number);
        let notes = &self.agent.desk().notes;
        let begun = notes.utterances.iter().take_while(|u| u.first <= heard);
        begun.count().saturating_sub(1)
    }

    /// Milliseconds of caller audio the agent was given, in the caller's own format.
    pub(super) fn agent_heard_ms(&self) -> u64 {
        let bytes = self.agent.desk().notes.heard_bytes as usize;
        self.carrier.line().sends.us_for_bytes(bytes) / 1_000
    }

    /// The numbers of the stamped frames it heard of the caller.
    pub(super) fn agent_heard_stamps(&self) -> Vec<u64> {
        self.agent.desk().notes.heard_stamps.clone()
    }
}

/// What came out of the call.
impl World {
    #[track_caller]
    pub(super) fn assert_over(&self, expected: Ending, close_code: u16) {
        assert!(self.driver.over, "not over at {}", self.now);
        assert_eq!(self.ending(), Some(expected));
        assert_eq!(self.driver.closed, Some(close_code));
        assert_eq!(self.watch.tally.endings, 1);
    }

    #[track_caller]
    pub(super) fn assert_still_on(&self) {
        assert!(
            !self.is_ending(),
            "ended by {}: {:?}",
            self.now,
            self.ending()
        );
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        self.record
            .events
            .iter()
            .find_map(|(_, event)| match event {
                CallEvent::Ended { ending, .. } => Some(*ending),
                _ => None,
            })
    }

    /// When this text was written to the caller's link last.
    pub(super) fn sent_at(&self, text: &str) -> Option<Time> {
        let mut back = self.record.texts.iter().rev();
        back.find(|(_, sent)| sent == text).map(|(at, _)| *at)
    }

    #[track_caller]
    pub(super) fn assert_sent(&self, text: &str, times: usize) {
        let count = self
            .record
            .texts
            .iter()
            .filter(|(_, sent)| sent == text)
            .count();
        assert_eq!(
            count, times,
            "{text} by {}: {:?}",
            self.now, self.record.texts
        );
    }
}

/// What was written to the caller's link; only where it is kept
/// ([`build_taped`](super::build::Builder::build_taped)).
impl World {
    /// Messages of audio, and when they were written.
    pub(super) fn audio_sent(&self) -> Vec<(Time, Vec<u8>)> {
        let tape = self.record.tape.iter().flatten();
        let audio = tape.filter_map(|(at, packet)| match packet {
            Packet::Binary(audio) => Some((*at, audio.clone())),
            _ => None,
        });
        audio.collect()
    }

    /// Microseconds of audio written so far.
    pub(super) fn sent_us(&self) -> u64 {
        let tape = self.record.tape.iter().flatten();
        let bytes = tape.map(|(_, packet)| match packet {
            Packet::Binary(audio) => audio.len(),
            _ => 0,
        });
        self.carrier.line().takes.us_for_bytes(bytes.sum())
    }

    /// Of each frame heard since `since`: when, and how many milliseconds after its time.
    pub(super) fn delays_ms(&self, since: Time) -> Vec<(Time, u64)> {
        let desk = self.agent.desk();
        let due_at: HashMap<_, _> = desk.notes.due_at.iter().copied().collect();
        let heard = self.carrier.heard(self.now).iter();
        heard
            .filter(|played| played.at >= since)
            .filter_map(|played| {
                let due_at = due_at.get(&played.number)?;
                Some((played.at, played.at.ms_since(*due_at)))
            })
            .collect()
    }

    /// The longest of these delays.
    pub(super) fn longest_delay_ms(&self, since: Time) -> u64 {
        let delays = self.delays_ms(since).into_iter();
        delays.map(|(_, ms)| ms).max().unwrap_or(0)
    }
}

/// Turns.
impl World {
    /// Everything it was told of the caller's turns, in order.
    pub(super) fn turns_told(&self) -> Vec<Told> {
        let of_turns = |told: &Told| {
            matches!(
                told,
                Told::SpeechStarted
                    | Told::EagerEndOfTurn
                    | Told::TurnResumed
                    | Told::EndOfTurn
                    | Told::Backchannel
            )
        };
        let told = self.told().into_iter().map(|(_, told)| told);
        told.filter(of_turns).collect()
    }

    /// How long after `since` it was told this last, in milliseconds.
    #[track_caller]
    pub(super) fn told_after_ms(&self, told: &Told, since: Time) -> u64 {
        let Some(at) = self.told_at(told) else {
            panic!("never told {told:?}: {:?}", self.told());
        };
        at.ms_since(since)
    }

    /// What it was told last that had been heard of its words.
    pub(super) fn heard_text(&self) -> String {
        let mut back = self.told().into_iter().rev();
        back.find_map(|(_, told)| match told {
            Told::Interrupted { heard, .. } => Some(heard),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// The conversation so far, as an agent is told that takes over now. Takes time.
    pub(super) fn history(&mut self) -> Vec<Said> {
        let begun = |w: &Self| {
            let begins = |told: &Told| matches!(told, Told::Begin { .. });
            w.agent.desk().notes.count(begins)
        };
        let before = begun(self);
        self.agent_wants(Action::Failed(AgentFailure {
            reason: "lost",
            retry: true,
        }));
        self.run_until(1_000, |w| begun(w) > before);
        self.agent.desk().notes.history.clone()
    }

    /// How long the caller waited for answers, in milliseconds.
    pub(super) fn answered_after_ms(&self) -> Vec<u64> {
        let answered = self
            .record
            .events
            .iter()
            .filter_map(|(_, event)| match event {
                CallEvent::Answered { after_us } => Some(after_us / 1_000),
                _ => None,
            });
        answered.collect()
    }
}
