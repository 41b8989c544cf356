//! Whether a call of the demo went as it should.

use trunkline_call::{CallEvent, Ending};

use super::Placed;
use super::conversation::{INTERRUPTION, LINES};
use crate::softphone::{Ended, Turn};

/// What the agent must have said, in this order, among other things.
const ANSWERS: [&str; 5] = [
    "booking desk",
    "At what time?",
    "Is that right?",
    "Your table is booked.",
    "Goodbye.",
];

/// The outcome of one call.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What the caller said, and what was understood.
    pub understood: Vec<(String, String)>,
    /// The caller's turns with their latencies.
    pub turns: Vec<Turn>,
    /// Everything that went wrong, in words.
    pub faults: Vec<String>,
}

impl Verdict {
    /// Whether nothing went wrong.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Judges a call.
pub fn judge(placed: &Placed) -> Verdict {
    let heard = placed.reported.iter().filter_map(|event| match event {
        CallEvent::CallerSaid { text } => Some(text.clone()),
        _ => None,
    });
    let heard: Vec<String> = heard.collect();
    let mut faults = Vec::new();
    if heard.len() != LINES.len() {
        faults.push(format!(
            "expected {} turns of the caller to be understood, got {}: {heard:?}",
            LINES.len(),
            heard.len()
        ));
    }
    let understood: Vec<_> = LINES
        .iter()
        .map(|line| (*line).to_owned())
        .zip(heard)
        .collect();
    for (said, heard) in &understood {
        if !said.eq_ignore_ascii_case(heard) {
            faults.push(format!(
                "the caller said {said:?}, understood was {heard:?}"
            ));
        }
    }
    faults.extend(missing_answer(&placed.reported));
    faults.extend(bad_turns(&placed.report.turns));
    faults.extend(bad_end(placed));
    Verdict {
        understood,
        turns: placed.report.turns.clone(),
        faults,
    }
}

fn missing_answer(reported: &[CallEvent]) -> Option<String> {
    let mut said = reported.iter().filter_map(|event| match event {
        CallEvent::AgentSays { text } => Some(text.as_str()),
        _ => None,
    });
    let missing = ANSWERS
        .iter()
        .find(|answer| !said.any(|text| text.contains(*answer)))?;
    Some(format!("the agent never said {missing:?} where it belongs"))
}

fn bad_turns(turns: &[Turn]) -> Vec<String> {
    let mut faults = Vec::new();
    for turn in turns {
        if turn.latency_ms.is_none() {
            faults.push(format!("{:?} was never answered", turn.label));
        }
    }
    let interruption = turns.get(INTERRUPTION).and_then(|turn| turn.barge_in);
    if interruption.is_none_or(|barge_in| barge_in.clear_ms.is_none()) {
        faults.push("the agent was not silenced when the caller spoke".to_owned());
    }
    faults
}

fn bad_end(placed: &Placed) -> Vec<String> {
    let mut faults = Vec::new();
    if placed.report.ended != Ended::AgentClosed || placed.report.close_code() != Some(1000) {
        faults.push(format!(
            "expected the agent to hang up with 1000, got {:?} with {:?}",
            placed.report.ended,
            placed.report.close_code()
        ));
    }
    let ending = placed.reported.iter().find_map(|event| match event {
        CallEvent::Ended { ending, .. } => Some(*ending),
        _ => None,
    });
    if ending != Some(Ending::AgentHungUp) {
        faults.push(format!(
            "expected the agent to end the call, got {ending:?}"
        ));
    }
    if placed.report.faults > 0 {
        faults.push(format!(
            "{} messages of the gateway broke the wire's rules",
            placed.report.faults
        ));
    }
    faults
}
