//! What each metric means, as `# HELP` says it.

use metrics::Recorder;

use super::totals::TOTALS;

/// What every counter counts that moves while calls run.
const COUNTERS: [(&str, &str); 11] = [
    (
        "trunkline_calls_began_total",
        "Calls admitted; less trunkline_calls_ended_total, calls running.",
    ),
    (
        "trunkline_calls_ended_total",
        "Calls over, those included whose socket was lost before they began.",
    ),
    (
        "trunkline_call_endings_total",
        "Calls over that had begun, by the one reason each ended.",
    ),
    (
        "trunkline_refused_total",
        "Sockets refused before their upgrade.",
    ),
    (
        "trunkline_events_missed_total",
        "Events of calls that did not reach the log.",
    ),
    (
        "trunkline_dials_refused_total",
        "Dials, requests and name look-ups refused because too many were under way.",
    ),
    (
        "trunkline_agent_lost_total",
        "Times an agent was lost or not reached, by reason.",
    ),
    (
        "trunkline_callbacks_queued_total",
        "Callbacks to be delivered; less those delivered and failed, callbacks pending.",
    ),
    (
        "trunkline_callbacks_delivered_total",
        "Callbacks answered with 2xx.",
    ),
    (
        "trunkline_callbacks_failed_total",
        "Callbacks given up: six attempts in vain, no longer wanted, or pending at the end.",
    ),
    (
        "trunkline_callbacks_dropped_total",
        "Callbacks never queued, because too many were pending.",
    ),
];

/// Tells readers of the metrics what each of them is.
pub(super) fn describe(recorder: &impl Recorder) {
    let totals = TOTALS.into_iter().map(|(name, text, _)| (name, text));
    for (name, text) in COUNTERS.into_iter().chain(totals) {
        recorder.describe_counter(name.into(), None, text.into());
    }
    recorder.describe_histogram(
        "trunkline_answer_seconds".into(),
        None,
        "From the end of a caller's speech to the first frame of the answer.".into(),
    );
    recorder.describe_histogram(
        "trunkline_barge_in_clear_seconds".into(),
        None,
        "From the decision that a caller interrupts to the clear on the wire.".into(),
    );
}
