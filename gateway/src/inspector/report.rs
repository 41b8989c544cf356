//! What an inspection leaves behind.

use std::fmt;

use serde::Serialize;
use trunkline_codecs::{pcm, wav};

use super::conversation::{Line, grouped};
use super::finding::{Finding, Severity};
use crate::botserver::Dialect;

/// A finished inspection. Times in milliseconds since the socket opened.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The bot's host and port.
    pub host: String,
    /// The wire.
    pub dialect: Dialect,
    /// How the call ended.
    pub ended: Ended,
    /// From the open socket to the end.
    pub duration_ms: u64,
    /// From the first SYN to the 101, TLS included; `None` without a 101.
    pub handshake_ms: Option<u64>,
    /// The slowest answer to a ping.
    pub slowest_pong_ms: Option<u64>,
    /// Audio in both directions.
    pub audio: AudioTotals,
    /// What was found, in the order it was first found.
    pub findings: Vec<Finding>,
    /// The wire conversation.
    pub conversation: Vec<Line>,
    /// Lines there was no room for.
    pub lines_dropped: u64,
    /// What was said and heard; not part of the serialised report.
    #[serde(skip)]
    pub recording: Recording,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The upgrade was refused or not answered.
    NotOpened,
    /// The caller had spoken and listened, and hung up.
    ScriptDone,
    /// The bot hung up or handed the call over.
    HungUp,
    /// The bot sent a close frame.
    BotClosed,
    /// The longest time was reached and the caller hung up.
    Deadline,
    /// The connection ended without a close frame, or broke.
    ConnectionLost,
}

/// Audio of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AudioTotals {
    /// Messages sent to the bot.
    pub sent_messages: u64,
    /// Audio sent to the bot.
    pub sent_ms: u64,
    /// Audio messages of the bot.
    pub received_messages: u64,
    /// Audio of the bot.
    pub received_ms: u64,
    /// When the first of it came.
    pub first_audio_ms: Option<u64>,
    /// The most that waited to be played at once.
    pub queued_most_ms: u64,
    /// Audio the bot cleared before it was played.
    pub cleared_ms: u64,
    /// Audio too far ahead, which a platform would refuse.
    pub refused_ms: u64,
    /// Holes inside speech.
    pub gaps: u64,
}

/// Both sides on one clock; sample 0 is the moment the socket opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// Samples a second of both.
    pub rate_hz: u32,
    /// What the caller said.
    pub caller: Vec<i16>,
    /// What the caller heard.
    pub bot: Vec<i16>,
}

impl Report {
    /// Whether the bot passes: no fault, and with `strict` no warning.
    #[must_use]
    pub fn passes(&self, strict: bool) -> bool {
        !self
            .findings
            .iter()
            .any(|found| strict || found.severity == Severity::Fault)
    }

    /// How many findings of this weight, each kind once.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let alike = |found: &&Finding| found.severity == severity;
        self.findings.iter().filter(alike).count()
    }
}

impl Recording {
    /// A stereo WAV file: caller left, bot right.
    #[must_use]
    pub fn to_wav(&self) -> Vec<u8> {
        let mut both = Vec::new();
        pcm::interleave(&self.caller, &self.bot, &mut both);
        wav::to_bytes(self.rate_hz, 2, &both)
    }
}

/// The verdict in a few lines, without the conversation.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |value: Option<u64>| value.map_or("-".to_owned(), |ms| grouped(ms) + " ms");
        let audio = &self.audio;
        writeln!(
            f,
            "{} {}: {:?} after {} ms; handshake {}, slowest pong {}",
            self.host,
            self.dialect.name(),
            self.ended,
            grouped(self.duration_ms),
            ms(self.handshake_ms),
            ms(self.slowest_pong_ms)
        )?;
        writeln!(
            f,
            "audio: sent {} ms; received {} ms, the first at {}, up to {} ms ahead, {} ms cleared",
            grouped(audio.sent_ms),
            grouped(audio.received_ms),
            ms(audio.first_audio_ms),
            grouped(audio.queued_most_ms),
            grouped(audio.cleared_ms)
        )?;
        for found in &self.findings {
            writeln!(f, "  {found}")?;
        }
        write!(
            f,
            "{} faults, {} warnings",
            self.count(Severity::Fault),
            self.count(Severity::Warning)
        )
    }
}
