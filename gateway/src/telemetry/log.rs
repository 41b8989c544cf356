//! The log: structured lines on standard error, written by control and never by a shard's calls.

use std::io::IsTerminal;

use tokio::sync::mpsc;
use tracing_subscriber::EnvFilter;
use trunkline_call::CallEvent;

use crate::calls::Reported;

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log of this process. `filter` is in the syntax of `RUST_LOG`.
pub fn init_log(format: LogFormat, filter: &str) {
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(EnvFilter::new(filter));
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if started.is_err() {
        tracing::debug!("a log is already running");
    }
}

/// Writes what calls report, until every call and the directory are gone.
pub async fn write_reports(mut reports: mpsc::Receiver<Reported>) {
    while let Some(reported) = reports.recv().await {
        write(&reported);
    }
}

fn write(reported: &Reported) {
    let call = reported.call.as_str();
    let dialect = reported.dialect;
    match &reported.event {
        CallEvent::Live { peer_call_id } => {
            tracing::info!(call, dialect, peer_call_id, "call live");
        }
        // What people say is theirs: only on request.
        CallEvent::CallerSaid { text } => tracing::debug!(call, dialect, text, "caller said"),
        CallEvent::AgentSays { text } => tracing::debug!(call, dialect, text, "agent says"),
        CallEvent::Answered { after_us } => {
            tracing::info!(call, dialect, after_ms = after_us / 1_000, "answered");
        }
        CallEvent::BargeIn {
            heard_ms,
            cleared_after_us,
        } => tracing::info!(call, dialect, heard_ms, cleared_after_us, "barge-in"),
        CallEvent::Dropped { code } => {
            tracing::warn!(call, dialect, code, "bad message dropped");
        }
        CallEvent::TransferWanted { .. } => tracing::info!(call, dialect, "transfer wanted"),
        CallEvent::Ended { ending, counters } => tracing::info!(
            call,
            dialect,
            ending = ending.label(),
            media_in = counters.media_in,
            media_out = counters.media_out,
            media_lost = counters.media_lost,
            dropped = counters.dropped,
            barge_ins = counters.barge_ins,
            turns = counters.turns,
            underruns = counters.underruns,
            "call ended"
        ),
    }
}
