//! What a call leaves behind.

use serde::{Deserialize, Serialize};

use super::event::{EventKind, PhoneEvent};
use super::options::Dialect;
use super::sound;
use super::turns::Turn;

/// A finished call. Times in milliseconds since the socket opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallReport {
    /// The wire.
    pub dialect: Dialect,
    /// Rate of the recording in Hz.
    pub rate_hz: u32,
    /// Why it ended.
    pub ended: Ended,
    /// What the script was at, unless it was played to its end.
    pub unfinished: Option<String>,
    /// From the open socket to the end.
    pub duration_ms: u64,
    /// The first audible agent sample, where the agent spoke before the caller did.
    pub greeting_ms: Option<u64>,
    /// What the caller said and keyed, with the answers.
    pub turns: Vec<Turn>,
    /// Messages of the far end that broke the wire's rules; they are in the timeline.
    pub faults: u64,
    /// Packets not sent because the far end did not read.
    pub packets_dropped: u64,
    /// Agent audio discarded because the playback buffer was full.
    pub discarded_ms: u64,
    /// How often playback ran dry for up to 200 ms inside the agent's audio: stutter, as a phone without a jitter
    /// buffer plays it.
    pub gaps: u64,
    /// How long those were in sum.
    pub gaps_ms: u64,
    /// Events the caller of `place` did not take in time; the timeline has them.
    pub events_missed: u64,
    /// Events there was no room for in the timeline.
    pub events_dropped: u64,
    /// The timeline, sorted by time.
    pub events: Vec<PhoneEvent>,
    /// What was said and heard; not part of the serialised report.
    #[serde(skip)]
    pub recording: Recording,
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The script was played to its end and the phone hung up.
    ScriptDone,
    /// The far end sent a close frame.
    AgentClosed,
    /// [`Options::max_s`](super::Options::max_s) was reached and the phone hung up.
    Deadline,
    /// The connection ended without a close frame, or broke.
    ConnectionLost,
}

/// Both sides on one clock; sample 0 is the moment the socket opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// Samples a second of both.
    pub rate_hz: u32,
    /// What the caller said.
    pub caller: Vec<i16>,
    /// What was played of the agent.
    pub agent: Vec<i16>,
}

impl CallReport {
    /// The code the socket was closed with, if it was closed with one.
    #[must_use]
    pub fn close_code(&self) -> Option<u16> {
        self.events.iter().find_map(|event| match event.kind {
            EventKind::Closed { code, .. } => code,
            _ => None,
        })
    }
}

impl Recording {
    /// A stereo WAV file: caller left, agent right.
    #[must_use]
    pub fn to_wav(&self) -> Vec<u8> {
        sound::stereo_wav(self.rate_hz, &self.caller, &self.agent)
    }
}

/// The first audible agent sample before the caller's first turn.
pub(crate) fn greeting_ms(events: &[PhoneEvent], turns: &[Turn]) -> Option<u64> {
    let first = events
        .iter()
        .find(|event| event.kind == EventKind::AgentStarted)?
        .t_ms;
    let before = turns
        .first()
        .is_none_or(|turn| first < turn.caller_started_ms);
    before.then_some(first)
}
