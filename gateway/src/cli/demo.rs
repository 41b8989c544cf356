//! `trunkline demo`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use trunkline_call::CallEvent;

use crate::demo::{Shown, Verdict, run as run_demo};
use crate::softphone::{EventKind, PhoneEvent};
use crate::telemetry::{LogFormat, init_log};

/// Start a gateway, call it over Omni and over Twilio, and show the conversation.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where the recordings go.
    #[arg(long, default_value = "target/demo")]
    out: PathBuf,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    init_log(LogFormat::Text, "warn");
    let good = super::block_on(run_demo(&options.out, |shown| show(&shown)))?;
    if good {
        println!("demo: the agent understood and answered in both calls");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("demo: FAILED");
        Ok(ExitCode::FAILURE)
    }
}

fn show(shown: &Shown) {
    match shown {
        Shown::Calling(dialect, url) => println!("\n== a call over {dialect:?} to {url}\n"),
        Shown::Phone(event) => show_phone(event),
        Shown::Gateway(event) => show_gateway(event),
        Shown::Placed(verdict, recording) => {
            show_verdict(verdict);
            println!(
                "  recording: {} (left: caller, right: agent)",
                recording.display()
            );
        }
    }
}

fn show_phone(event: &PhoneEvent) {
    let at = event.t_ms as f64 / 1_000.0;
    match &event.kind {
        EventKind::CallerStarted { label } => println!("{at:8.3} s  caller   {label:?}"),
        EventKind::CallerStopped { .. } => println!("{at:8.3} s  caller   (stops)"),
        EventKind::AgentStarted => println!("{at:8.3} s  agent    (is heard)"),
        EventKind::AgentStopped => println!("{at:8.3} s  agent    (is silent)"),
        EventKind::Cleared { how, dropped_ms } => {
            println!("{at:8.3} s  phone    {how:?}: {dropped_ms} ms of speech dropped unplayed");
        }
        EventKind::Closed { by, code, .. } => {
            println!("{at:8.3} s  phone    closed by {by:?}, code {code:?}");
        }
        _ => {}
    }
}

fn show_gateway(event: &CallEvent) {
    match event {
        CallEvent::CallerSaid { text } => println!("            gateway  understood {text:?}"),
        CallEvent::AgentSays { text } => println!("            gateway  says {text:?}"),
        CallEvent::BargeIn {
            heard_ms,
            cleared_after_us,
        } => println!(
            "            gateway  BARGE-IN after {heard_ms} ms of speech; clear sent {cleared_after_us} µs after the decision"
        ),
        _ => {}
    }
}

fn show_verdict(verdict: &Verdict) {
    println!(
        "\n  {:<42} {:>22} {:>22}",
        "the caller said", "answered after", "silenced after"
    );
    for turn in &verdict.turns {
        let ms = |ms: Option<i64>| ms.map_or("-".to_owned(), |ms| format!("{ms} ms"));
        println!(
            "  {:<42} {:>22} {:>22}",
            turn.label,
            ms(turn.latency_ms),
            ms(turn.barge_in.and_then(|b| b.clear_ms).map(u64::cast_signed)),
        );
    }
    for fault in &verdict.faults {
        println!("  FAULT: {fault}");
    }
}
