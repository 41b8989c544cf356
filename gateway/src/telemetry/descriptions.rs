//! What each metric means, as `# HELP` says it.

use metrics::Recorder;

/// What every counter counts.
const COUNTERS: [(&str, &str); 15] = [
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
        "trunkline_media_in_frames_total",
        "Media frames received from callers, added when a call ends.",
    ),
    (
        "trunkline_audio_in_bytes_total",
        "Bytes of callers' audio handed on, added when a call ends.",
    ),
    (
        "trunkline_media_out_frames_total",
        "Media frames sent to callers, added when a call ends.",
    ),
    (
        "trunkline_media_lost_frames_total",
        "Media frames lost before they came, by the callers' numbering.",
    ),
    (
        "trunkline_messages_dropped_total",
        "Callers' messages dropped as faulty.",
    ),
    (
        "trunkline_messages_ignored_total",
        "Callers' messages that mean nothing here and are harmless.",
    ),
    (
        "trunkline_stale_frames_total",
        "Frames of links already closed or replaced.",
    ),
    (
        "trunkline_playout_underruns_total",
        "Times an agent's speech ran dry while it spoke.",
    ),
    (
        "trunkline_playout_overflow_bytes_total",
        "Agent audio refused because a playout was full.",
    ),
    (
        "trunkline_barge_ins_total",
        "Times a caller interrupted an agent.",
    ),
    (
        "trunkline_events_missed_total",
        "Events of calls that did not reach the log.",
    ),
];

/// Tells readers of the metrics what each of them is.
pub(super) fn describe(recorder: &impl Recorder) {
    for (name, text) in COUNTERS {
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
