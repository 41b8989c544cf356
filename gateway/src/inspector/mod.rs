//! The bot inspector: dials a bot as the platform would, and says what is wrong with it.
//!
//! It opens the stream, speaks a recording in real time on an absolute schedule, presses keys, plays what the bot
//! sends on a simulated playout clock, returns marks when they are reached, and hangs up. Everything the bot sends is
//! read as strictly as the vendor reads it. It is an independent far end: the platform's side of each wire is written
//! here from the vendors' pages on a JSON library and shares no code with the gateway's own dialects.
//!
//! Layers: `connect` opens the socket, `drive` owns it and the clock and decides nothing; the inspection behind it
//! (caller, platform, ear, findings) is pure and counts time in samples.

/// `trunkline call --to-bot`.
pub mod cli;
mod connect;
mod conversation;
mod drive;
mod error;
mod finding;
mod inspection;
mod listening;
mod options;
mod pings;
mod platform;
mod reading;
mod report;

use std::time::Duration;

use tokio::sync::mpsc::Sender;

pub use conversation::{Direction, Line};
pub use error::InspectError;
pub use finding::{Code, Finding, Severity};
pub use options::{Audio, Encoding, Header, Limits, Options};
pub use report::{AudioTotals, Ended, Recording, Report};

use connect::{Answer, Destination, Socket};
use finding::Findings;
use inspection::{Inspection, Outcome};

use crate::softphone::Step;

/// Calls a bot, plays `script` to it in order, hangs up, and reports.
///
/// `script` is one of a caller who does not listen: it may say, press, be silent and hang up. `lines` receives the
/// conversation as it grows; a full or closed channel never holds the call up, and the report has every line.
///
/// # Errors
///
/// What prevents the call before the bot is reached: a bad option, no TCP connection, no TLS. A refused or unanswered
/// upgrade is a finding.
///
/// # Cancel safety
///
/// Dropping the future drops the socket without a close frame.
pub async fn inspect(
    options: &Options,
    script: Vec<Step>,
    lines: Sender<Line>,
) -> Result<Report, InspectError> {
    options.check()?;
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| InspectError::Randomness {
        reason: error.to_string(),
    })?;
    let destination = Destination::new(options)?;
    let (outcome, handshake) = match connect::open(options, &destination).await? {
        Answer::Open { socket, handshake } => {
            let inspection = Inspection::new(options, random, script);
            let outcome = match socket {
                Socket::Plain(socket) => drive::drive(*socket, inspection, &lines).await,
                Socket::Tls(socket) => drive::drive(*socket, inspection, &lines).await,
            };
            (outcome, Some(handshake))
        }
        Answer::Turned(found) => (Outcome::turned(found), None),
    };
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (conversation, lines_dropped) = outcome.lines;
    Ok(Report {
        host: destination.name(),
        dialect: options.dialect,
        ended: outcome.ended,
        duration_ms: ms(outcome.duration),
        handshake_ms: handshake.map(ms),
        slowest_pong_ms: outcome.worst_pong.map(ms),
        audio: outcome.audio,
        findings: outcome.findings,
        conversation,
        lines_dropped,
        recording: outcome.recording,
    })
}

impl Outcome {
    /// Of a call that was not answered.
    fn turned(found: finding::Found) -> Self {
        let mut findings = Findings::default();
        findings.push(0, found);
        Self {
            ended: Ended::NotOpened,
            duration: Duration::ZERO,
            audio: AudioTotals::default(),
            worst_pong: None,
            findings: findings.into_all(),
            lines: (Vec::new(), 0),
            recording: Recording::default(),
        }
    }
}
