//! The demo's two calls, judged as the demo judges them, and then heard again: what the agent's voice sounded
//! like to the caller is recognised and compared with what the gateway says it said.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tempfile::TempDir;
use trunkline::demo::{LINES, Placed, Shown, Stage, judge};
use trunkline::softphone::{Dialect, EventKind};
use trunkline_call::{CallEvent, Counters};
use trunkline_codecs::resample::Resampler;
use trunkline_local::{
    Availability, Band, RECOGNISE_RATE_HZ, WorkerFrame, WorkerSpec, Workers, WorkersConfig,
};

/// Sentences the agent never says, to be confused with its own.
const DECOYS: [&str; 3] = [
    "Your order has been shipped.",
    "Please enter your account number.",
    "All our lines are busy.",
];

/// What must be understood of the agent's answers with nothing but a general model of English.
const WIDE: [&str; 3] = [
    "how can i help you",
    "seven o'clock is that right",
    "goodbye",
];

/// Over a telephone line a grammar helps: whole sentences.
const NARROW: [&str; 3] = ["how can i help you", "at what time", "is that right"];

fn start() -> Workers {
    let workers = Workers::start(WorkersConfig::default());
    let report = workers.report();
    for engine in [&report.recogniser, &report.speaker] {
        if let Availability::Missing { what, install } = engine {
            panic!("{what}; install: {install}");
        }
    }
    workers
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_calls_go_well_and_the_agent_is_understood() {
    let out = TempDir::new().expect("a directory");
    let workers = start();
    let mut stage = Stage::set(workers.clone(), out.path())
        .await
        .expect("a stage");
    for dialect in [Dialect::Omni, Dialect::Twilio] {
        let mut ignore = |_: Shown| {};
        let call = Box::pin(stage.call(dialect, out.path(), &mut ignore));
        let placed = call.await.expect("a call");
        show(&placed);
        let verdict = judge(&placed);
        assert!(verdict.is_good(), "{dialect:?}: {:#?}", verdict.faults);
        assert_eq!(verdict.understood.len(), LINES.len());
        check_order(&placed);
        check_counts(&placed);
        let (expected, heard) = match dialect {
            Dialect::Omni => (WIDE, hear(&workers, &placed, None, Band::Wide).await),
            Dialect::Twilio => {
                let grammar = grammar(&placed.reported);
                (
                    NARROW,
                    hear(&workers, &placed, Some(grammar), Band::Telephone).await,
                )
            }
        };
        let mut rest = heard.as_str();
        for words in expected {
            let Some((_, behind)) = rest.split_once(words) else {
                panic!("{dialect:?}: no {words:?} in {rest:?} of {heard:?}");
            };
            rest = behind;
        }
        for decoy in DECOYS.map(plain) {
            assert!(
                !heard.contains(&decoy),
                "{dialect:?}: {decoy:?} in {heard:?}"
            );
        }
        let wav = std::fs::read(&placed.recording).expect("the recording");
        assert!(
            wav.starts_with(b"RIFF") && wav.len() > 100_000,
            "a recording of the call"
        );
    }
    stage.clear().await;
    tokio::task::spawn_blocking(move || workers.shutdown())
        .await
        .expect("an end");
}

/// Prints what the clock said. Nothing of it is asserted.
fn show(placed: &Placed) {
    println!("{:?}: {} ms", placed.dialect, placed.report.duration_ms);
    println!("  greeting after {:?} ms", placed.report.greeting_ms);
    for turn in &placed.report.turns {
        println!(
            "  {:<40} answered after {:?} ms, barge-in {:?}",
            turn.label, turn.latency_ms, turn.barge_in
        );
    }
    let report = &placed.report;
    println!(
        "  pacing: {} gaps of {} ms in sum, {} ms discarded, {} packets dropped",
        report.gaps, report.gaps_ms, report.discarded_ms, report.packets_dropped
    );
    for event in &placed.reported {
        match event {
            CallEvent::Answered { after_us } => println!("  gateway: answered after {after_us} µs"),
            CallEvent::BargeIn {
                heard_ms,
                cleared_after_us,
            } => {
                println!(
                    "  gateway: barge-in at {heard_ms} ms, cleared after {cleared_after_us} µs"
                );
            }
            _ => {}
        }
    }
}

/// What the gateway reports comes in the order in which it happened.
fn check_order(placed: &Placed) {
    let mut turns = 0;
    let mut said_since_heard = false;
    for (at, event) in placed.reported.iter().enumerate() {
        match event {
            CallEvent::Live { .. } => assert_eq!(at, 0, "{:#?}", placed.reported),
            CallEvent::AgentSays { .. } => said_since_heard = true,
            CallEvent::CallerSaid { .. } => {
                assert!(
                    said_since_heard,
                    "heard twice without an answer: {:#?}",
                    placed.reported
                );
                said_since_heard = false;
                turns += 1;
            }
            CallEvent::Ended { .. } => assert_eq!(at + 1, placed.reported.len(), "the last word"),
            CallEvent::Dropped { code } => panic!("the gateway dropped a message: {code}"),
            _ => {}
        }
    }
    assert_eq!(turns, LINES.len());
    assert!(said_since_heard, "the agent has the last word");
    let live = placed
        .reported
        .iter()
        .filter(|e| matches!(e, CallEvent::Live { .. }));
    assert_eq!(
        live.count(),
        1,
        "{:?}: a call goes live once",
        placed.dialect
    );
}

/// Nothing was lost, refused or made up on the way.
fn check_counts(placed: &Placed) {
    let counters = placed.reported.iter().find_map(|event| match event {
        CallEvent::Ended { counters, .. } => Some(*counters),
        _ => None,
    });
    let Counters {
        media_in,
        media_out,
        barge_ins,
        turns,
        ..
    } = counters.expect("an end");
    println!("  {media_in} frames in, {media_out} out, {turns} turns, {barge_ins} barge-ins");
    let counters = counters.expect("an end");
    assert_eq!(
        (
            counters.media_lost,
            counters.dropped,
            counters.overflow_bytes
        ),
        (0, 0, 0)
    );
    let lost = (
        placed.report.packets_dropped,
        placed.report.discarded_ms,
        placed.report.faults,
    );
    assert_eq!(lost, (0, 0, 0));
    assert_eq!(barge_ins, 1, "the caller interrupts once");
    // The greeting, and an answer to every line.
    assert_eq!(turns, LINES.len() as u64 + 1);
    // A frame is 20 ms: what the gateway counted is what both sides of the recording are long.
    let frame = placed.report.rate_hz as usize / 50;
    let caller_frames = placed.report.recording.caller.len() / frame;
    assert!(
        media_in as usize <= caller_frames + 1,
        "{media_in} in, {caller_frames} spoken"
    );
    let cleared: u64 = placed
        .report
        .events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::Cleared { dropped_ms, .. } => Some(dropped_ms),
            _ => None,
        })
        .sum();
    let loud = placed
        .report
        .recording
        .agent
        .iter()
        .filter(|s| **s != 0)
        .count()
        / frame;
    let played = media_out as usize - cleared as usize / 20;
    assert!(
        loud <= played,
        "{loud} frames of sound, {played} sent and not cleared"
    );
}

/// Lower case, without marks: as a recogniser writes.
fn plain(text: &str) -> String {
    let legal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '\'');
    text.to_lowercase().chars().filter(legal).collect()
}

/// A grammar of everything the agent said in this call, and the decoys; any number of them in a row.
fn grammar(reported: &[CallEvent]) -> Arc<str> {
    let said = reported.iter().filter_map(|event| match event {
        CallEvent::AgentSays { text } => Some(plain(text)),
        _ => None,
    });
    let mut lines: Vec<String> = said.chain(DECOYS.map(plain)).collect();
    lines.sort();
    lines.dedup();
    let any = lines.join(" | ");
    format!("#JSGF V1.0;\ngrammar agent;\npublic <speech> = ({any})+;\n").into()
}

/// What a recogniser makes of the agent's side of the recording, stretch by stretch.
async fn hear(workers: &Workers, placed: &Placed, grammar: Option<Arc<str>>, band: Band) -> String {
    let recording = &placed.report.recording;
    let mut wide = Vec::new();
    let mut resampler = Resampler::new(recording.rate_hz, RECOGNISE_RATE_HZ).expect("known rates");
    resampler.process(&recording.agent, &mut wide);
    let mut heard = Vec::new();
    for (from_ms, to_ms) in stretches(placed) {
        // A little of the silence around it, which a recogniser wants.
        let from = (from_ms.saturating_sub(200) * 16) as usize;
        let to = ((to_ms + 300) * 16) as usize;
        let speech = &wide[from.min(wide.len())..to.min(wide.len())];
        let text = recognise(workers, speech, grammar.clone(), band).await;
        println!("  {from_ms:>6} to {to_ms:>6} ms: {text:?}");
        heard.push(text);
    }
    heard.join(" ")
}

/// When the agent was audible, in milliseconds.
fn stretches(placed: &Placed) -> Vec<(u64, u64)> {
    let mut stretches = Vec::new();
    let mut since = None;
    for event in &placed.report.events {
        match event.kind {
            EventKind::AgentStarted => since = Some(event.t_ms),
            EventKind::AgentStopped => {
                stretches.extend(since.take().map(|from| (from, event.t_ms)))
            }
            _ => {}
        }
    }
    stretches
}

async fn recognise(
    workers: &Workers,
    samples: &[i16],
    grammar: Option<Arc<str>>,
    band: Band,
) -> String {
    let spec = WorkerSpec::Recognise { grammar, band };
    let mut link = workers.open(spec).expect("a recogniser");
    let mut left = samples;
    let mut said = String::new();
    poll_fn(|cx| {
        loop {
            // The ring holds 3 s: what does not fit is tried again at the next word of the worker.
            while !left.is_empty() {
                let (block, rest) = left.split_at(left.len().min(1_600));
                if link.push_samples(block).is_err() {
                    break;
                }
                left = rest;
            }
            if left.is_empty() {
                link.end();
            }
            match link.poll_frame(cx) {
                Poll::Ready(Some(WorkerFrame::Final { text, .. })) => said = text.to_owned(),
                Poll::Ready(Some(WorkerFrame::Failed(why))) => panic!("recogniser: {why}"),
                Poll::Ready(Some(_)) => {}
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending if left.is_empty() => return Poll::Pending,
                Poll::Pending => {
                    // The worker is at it: let it have the processor, and look again.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    })
    .await;
    said
}
