//! The log: structured lines on standard error, written by control and never by a shard's calls.

use std::io::IsTerminal;
use std::pin::pin;

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

/// Writes what calls report, until every call and the directory are gone or `stop` completes. What was
/// reported by then is still written, and nothing after it, so that the end is bounded by the queue.
pub async fn write_reports(mut reports: mpsc::Receiver<Reported>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            reported = reports.recv() => match reported {
                Some(reported) => write(&reported),
                None => return,
            },
        }
    }
    reports.close();
    while let Some(reported) = reports.recv().await {
        write(&reported);
    }
}

fn write(reported: &Reported) {
    let call = reported.call.as_str();
    let dialect = reported.dialect;
    match &reported.event {
        CallEvent::Live { info } => {
            let peer_call_id = &info.peer_call_id;
            tracing::info!(call, dialect, peer_call_id, "call live");
        }
        CallEvent::Identified { peer_call_id } => {
            tracing::info!(call, dialect, peer_call_id, "call identified");
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
        CallEvent::AgentDropped { code } => {
            tracing::warn!(call, dialect, code, "bad message of the agent dropped");
        }
        CallEvent::TransferFailed { fault } => {
            tracing::info!(call, dialect, reason = fault.label(), "transfer failed");
        }
        CallEvent::HandedOver => tracing::info!(call, dialect, "handed over"),
        CallEvent::AgentLost { reason } => {
            tracing::warn!(call, dialect, reason, "agent lost");
        }
        CallEvent::AgentBack => tracing::info!(call, dialect, "agent back"),
        CallEvent::OnHold { hold } => tracing::info!(call, dialect, hold, "on hold"),
        CallEvent::AnsweredBy { answerer } => {
            tracing::info!(call, dialect, ?answerer, "answered by");
        }
        CallEvent::Ended {
            ending,
            counters,
            metering,
            said: _,
        } => tracing::info!(
            call,
            dialect,
            ending = ending.label(),
            hangup_cause = ending.hangup_cause(),
            session_ms = metering.session_ms,
            caller_audio_ms = metering.caller_audio_ms,
            speech_ms = metering.speech_ms,
            agent_audio_ms = metering.agent_audio_ms,
            media_in = counters.media_in,
            audio_in_bytes = counters.audio_in_bytes,
            media_out = counters.media_out,
            media_lost = counters.media_lost,
            media_late = counters.media_late,
            backlog_dropped_ms = counters.backlog_dropped_ms,
            slipped_ms = counters.slipped_ms,
            answers_dropped = counters.answers_dropped,
            agents_lost = counters.agents_lost,
            agent_dropped = counters.agent_dropped,
            dropped = counters.dropped,
            ignored = counters.ignored,
            stale = counters.stale,
            barge_ins = counters.barge_ins,
            turns = counters.turns,
            underruns = counters.underruns,
            overflow_bytes = counters.overflow_bytes,
            "call ended"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex, PoisonError};

    use trunkline_call::{Counters, Ending, Metering};

    use super::*;
    use crate::calls::{CallId, Calls};
    use crate::telemetry::Meters;

    /// Lines that were written.
    #[derive(Clone, Debug, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_was_reported_before_the_stop_is_written() {
        const REPORTS: usize = 300;
        let lines = Lines::default();
        let writer = lines.clone();
        let _log = tracing::subscriber::set_default(
            tracing_subscriber::fmt()
                .with_ansi(false)
                .with_writer(move || writer.clone())
                .finish(),
        );
        let meters = Arc::new(Meters::new().expect("meters"));
        let (calls, reports) = Calls::new(1, meters);
        let id = CallId::random().expect("randomness");
        let mut entered = calls.enter(id, "omni").expect("room for one");
        for _ in 0..REPORTS {
            entered.reporter.report(CallEvent::Ended {
                ending: Ending::Shutdown,
                counters: Counters::default(),
                metering: Metering::default(),
                said: Vec::new(),
            });
        }
        // The call and its directory are still there, as they are when a process is told to stop.
        write_reports(reports, async {}).await;
        let written = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = String::from_utf8_lossy(&written);
        assert_eq!(written.matches("call ended").count(), REPORTS);
    }
}
