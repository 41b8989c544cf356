//! Metrics: every name in one place, every handle registered once.

use metrics::{Counter, Histogram, Recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use trunkline_call::{CallEvent, Counters};

/// Dialects that metrics are labelled with.
const DIALECTS: [&str; 2] = ["omni", "twilio"];

/// Seconds, with most of the resolution around the 20 ms a frame takes and the second a person waits.
const BUCKETS_S: [f64; 14] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0,
];

/// Why a socket was refused before its upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The key.
    Key,
    /// The request itself.
    Request,
    /// Too many calls, or shutting down.
    Capacity,
}

/// The handles of every metric, and the text they are read as.
#[derive(Debug)]
pub struct Meters {
    handle: PrometheusHandle,
    recorder: metrics_exporter_prometheus::PrometheusRecorder,
    per_dialect: Vec<PerDialect>,
    refused: [Counter; 3],
    events_missed: Counter,
}

struct PerDialect {
    dialect: &'static str,
    began: Counter,
    ended: Counter,
    media_in: Counter,
    media_out: Counter,
    media_lost: Counter,
    dropped: Counter,
    underruns: Counter,
    overflow_bytes: Counter,
    barge_ins: Counter,
    answered: Histogram,
    cleared: Histogram,
}

impl std::fmt::Debug for PerDialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PerDialect").field(&self.dialect).finish()
    }
}

impl Meters {
    /// Registers everything.
    ///
    /// # Errors
    /// The bucket list is empty, which it is not.
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS_S)?
            .build_recorder();
        let handle = recorder.handle();
        describe(&recorder);
        let refused = ["key", "request", "capacity"]
            .map(|reason| counter(&recorder, "trunkline_refused_total", &[("reason", reason)]));
        Ok(Self {
            per_dialect: DIALECTS
                .iter()
                .map(|dialect| PerDialect::new(&recorder, dialect))
                .collect(),
            refused,
            events_missed: counter(&recorder, "trunkline_events_missed_total", &[]),
            handle,
            recorder,
        })
    }

    /// Everything, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// A socket was refused.
    pub fn refused(&self, why: Refused) {
        if let Some(counter) = self.refused.get(why as usize) {
            counter.increment(1);
        }
    }

    /// A call was admitted.
    pub fn call_began(&self, dialect: &str) {
        if let Some(meters) = self.of(dialect) {
            meters.began.increment(1);
        }
    }

    /// An event did not reach the log.
    pub fn event_missed(&self) {
        self.events_missed.increment(1);
    }

    /// Something happened in a call.
    pub fn call_event(&self, dialect: &str, event: &CallEvent) {
        let Some(meters) = self.of(dialect) else {
            return;
        };
        match event {
            CallEvent::Answered { after_us } => meters.answered.record(seconds(*after_us)),
            CallEvent::BargeIn {
                cleared_after_us, ..
            } => meters.cleared.record(seconds(*cleared_after_us)),
            CallEvent::Ended { ending, counters } => {
                meters.add(counters);
                meters.ended.increment(1);
                counter(
                    &self.recorder,
                    "trunkline_call_endings_total",
                    &[("dialect", dialect), ("ending", ending.label())],
                )
                .increment(1);
            }
            _ => {}
        }
    }

    fn of(&self, dialect: &str) -> Option<&PerDialect> {
        self.per_dialect.iter().find(|m| m.dialect == dialect)
    }
}

impl PerDialect {
    fn new(recorder: &impl Recorder, dialect: &'static str) -> Self {
        let labels = [("dialect", dialect)];
        let count = |name| counter(recorder, name, &labels);
        let time = |name| {
            let key = metrics::Key::from_parts(name, labels_of(&labels));
            recorder.register_histogram(&key, &METADATA)
        };
        Self {
            dialect,
            began: count("trunkline_calls_began_total"),
            ended: count("trunkline_calls_ended_total"),
            media_in: count("trunkline_media_in_frames_total"),
            media_out: count("trunkline_media_out_frames_total"),
            media_lost: count("trunkline_media_lost_frames_total"),
            dropped: count("trunkline_messages_dropped_total"),
            underruns: count("trunkline_playout_underruns_total"),
            overflow_bytes: count("trunkline_playout_overflow_bytes_total"),
            barge_ins: count("trunkline_barge_ins_total"),
            answered: time("trunkline_answer_seconds"),
            cleared: time("trunkline_barge_in_clear_seconds"),
        }
    }

    fn add(&self, counters: &Counters) {
        self.media_in.increment(counters.media_in);
        self.media_out.increment(counters.media_out);
        self.media_lost.increment(counters.media_lost);
        self.dropped.increment(counters.dropped);
        self.underruns.increment(counters.underruns);
        self.overflow_bytes.increment(counters.overflow_bytes);
        self.barge_ins.increment(counters.barge_ins);
    }
}

static METADATA: metrics::Metadata<'static> =
    metrics::Metadata::new("trunkline", metrics::Level::INFO, None);

fn counter(
    recorder: &impl Recorder,
    name: &'static str,
    labels: &[(&'static str, &str)],
) -> Counter {
    let key = metrics::Key::from_parts(name, labels_of(labels));
    recorder.register_counter(&key, &METADATA)
}

fn labels_of(labels: &[(&'static str, &str)]) -> Vec<metrics::Label> {
    labels
        .iter()
        .map(|(name, value)| metrics::Label::new(*name, (*value).to_owned()))
        .collect()
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

fn describe(recorder: &impl Recorder) {
    let all = [
        (
            "trunkline_calls_began_total",
            "Calls admitted; less trunkline_calls_ended_total, calls running.",
        ),
        ("trunkline_calls_ended_total", "Calls over."),
        (
            "trunkline_call_endings_total",
            "Calls over, by the one reason each ended.",
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
    for (name, text) in all {
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
