//! What is added up when a call ends: one table, so that a figure is named, described and counted in one
//! place.

use metrics::Counter;
use trunkline_call::{Counters, Metering};

/// A counter of finished calls: its name, what it counts, and where that stands.
pub(super) type Total = (&'static str, &'static str, fn(&Counters, &Metering) -> u64);

/// Every one of them.
pub(super) const TOTALS: [Total; 21] = [
    (
        "trunkline_media_in_frames_total",
        "Media frames received from callers, added when a call ends.",
        |c, _| c.media_in,
    ),
    (
        "trunkline_audio_in_bytes_total",
        "Bytes of callers' audio handed on, added when a call ends.",
        |c, _| c.audio_in_bytes,
    ),
    (
        "trunkline_media_out_frames_total",
        "Media frames sent to callers, added when a call ends.",
        |c, _| c.media_out,
    ),
    (
        "trunkline_media_lost_frames_total",
        "Media frames lost before they came, by the callers' numbering.",
        |c, _| c.media_lost,
    ),
    (
        "trunkline_media_late_frames_total",
        "Media frames that came twice, or too late to be heard in their place.",
        |c, _| c.media_late,
    ),
    (
        "trunkline_backlog_dropped_milliseconds_total",
        "Callers' audio that waited for an agent and gave way to newer.",
        |c, _| c.backlog_dropped_ms,
    ),
    (
        "trunkline_messages_dropped_total",
        "Callers' messages dropped as faulty.",
        |c, _| c.dropped,
    ),
    (
        "trunkline_messages_ignored_total",
        "Callers' messages that mean nothing here and are harmless.",
        |c, _| c.ignored,
    ),
    (
        "trunkline_stale_frames_total",
        "Frames of links already closed or replaced.",
        |c, _| c.stale,
    ),
    (
        "trunkline_playout_underruns_total",
        "Times an agent's speech ran dry while it spoke.",
        |c, _| c.underruns,
    ),
    (
        "trunkline_playout_overflow_bytes_total",
        "Agent audio refused because a playout was full.",
        |c, _| c.overflow_bytes,
    ),
    (
        "trunkline_playout_slipped_milliseconds_total",
        "Agent audio left out to make up for stalls.",
        |c, _| c.slipped_ms,
    ),
    (
        "trunkline_barge_ins_total",
        "Times a caller interrupted an agent.",
        |c, _| c.barge_ins,
    ),
    ("trunkline_turns_total", "Turns begun by agents.", |c, _| {
        c.turns
    }),
    (
        "trunkline_answers_dropped_total",
        "Answers prepared early and thrown away because the caller went on.",
        |c, _| c.answers_dropped,
    ),
    (
        "trunkline_agent_messages_dropped_total",
        "Messages of bots dropped as faulty.",
        |c, _| c.agent_dropped,
    ),
    (
        "trunkline_agents_lost_total",
        "Times an agent was lost in the middle of a call.",
        |c, _| c.agents_lost,
    ),
    (
        "trunkline_billed_caller_audio_milliseconds_total",
        "Callers' audio received.",
        |_, m| m.caller_audio_ms,
    ),
    (
        "trunkline_billed_speech_milliseconds_total",
        "Callers' speech found in it.",
        |_, m| m.speech_ms,
    ),
    (
        "trunkline_billed_agent_audio_milliseconds_total",
        "Agents' audio handed to callers.",
        |_, m| m.agent_audio_ms,
    ),
    (
        "trunkline_billed_session_milliseconds_total",
        "Calls, from live to over.",
        |_, m| m.session_ms,
    ),
];

/// The handles of one dialect.
pub(super) struct Totals([Counter; TOTALS.len()]);

impl Totals {
    /// Registers them through `count`.
    pub(super) fn new(count: impl Fn(&'static str) -> Counter) -> Self {
        Self(TOTALS.map(|(name, _, _)| count(name)))
    }

    /// Adds what a call counted.
    pub(super) fn add(&self, counters: &Counters, metering: &Metering) {
        for (counter, (_, _, of)) in self.0.iter().zip(TOTALS) {
            counter.increment(of(counters, metering));
        }
    }
}
