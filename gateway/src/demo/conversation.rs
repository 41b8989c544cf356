//! What the caller of the demo says.

use trunkline_local::Workers;

use super::voice::say;
use crate::softphone::Step;

/// Quiet after which the agent counts as finished, in milliseconds.
const QUIET_MS: u64 = 700;

/// How long the caller listens to the house rules before having heard enough, in milliseconds.
const PATIENCE_MS: u64 = 3_000;

/// The caller's lines, in order. The fourth interrupts the agent.
pub const LINES: [&str; 5] = [
    "I would like to book a table for two",
    "at seven o'clock",
    "yes",
    "stop",
    "goodbye",
];

/// The place of the line that interrupts.
pub(super) const INTERRUPTION: usize = 3;

/// The caller's part, spoken at `rate_hz`.
///
/// # Errors
/// There is no synthesiser, or it failed.
pub async fn conversation(workers: &Workers, rate_hz: u32) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (index, line) in LINES.into_iter().enumerate() {
        steps.push(if index == INTERRUPTION {
            Step::WaitForAgentToSpeak { ms: PATIENCE_MS }
        } else {
            Step::WaitForAgentToFinish { quiet_ms: QUIET_MS }
        });
        steps.push(Step::Say {
            samples: say(workers, line, rate_hz).await?,
            label: line.to_owned(),
        });
    }
    // The agent says goodbye and hangs up; a caller left alone gives up after a while.
    steps.push(Step::Silence { ms: 8_000 });
    Ok(steps)
}
