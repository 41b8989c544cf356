//! Metrics: every name in one place, every handle registered once. What each means is in `descriptions`.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Histogram, Recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use trunkline_call::{CallEvent, Ending};

use super::descriptions::describe;
use super::reasons::Reasons;
use super::totals::Totals;

/// Dialects that metrics are labelled with.
const DIALECTS: [&str; 2] = ["omni", "twilio"];

/// Seconds, with most of the resolution around the 20 ms a frame takes and the second a person waits.
const BUCKETS_S: [f64; 14] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0,
];

/// How often histograms are added up: a bound on what they hold where nobody reads the metrics.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why a socket was refused before its upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The key.
    Key,
    /// The request itself.
    Request,
    /// Too many calls, or shutting down.
    Capacity,
    /// The gateway itself is not well.
    Fault,
}

/// What became of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackCount {
    /// It waits to be delivered.
    Queued,
    /// The server has taken it.
    Delivered,
    /// It was given up.
    Failed,
    /// It was never queued.
    Dropped,
}

/// The handles of every metric, and the text they are read as.
#[derive(Debug)]
pub struct Meters {
    handle: PrometheusHandle,
    per_dialect: Vec<PerDialect>,
    refused: [Counter; 4],
    events_missed: Counter,
    dials_refused: Counter,
    agent_lost: Reasons,
    callbacks: [Counter; 4],
}

struct PerDialect {
    dialect: &'static str,
    began: Counter,
    ended: Counter,
    endings: [(&'static str, Counter); Ending::LABELS.len()],
    totals: Totals,
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
        let refused = ["key", "request", "capacity", "fault"]
            .map(|reason| counter(&recorder, "trunkline_refused_total", &[("reason", reason)]));
        let callbacks = [
            "trunkline_callbacks_queued_total",
            "trunkline_callbacks_delivered_total",
            "trunkline_callbacks_failed_total",
            "trunkline_callbacks_dropped_total",
        ];
        Ok(Self {
            per_dialect: DIALECTS
                .iter()
                .map(|dialect| PerDialect::new(&recorder, dialect))
                .collect(),
            refused,
            events_missed: counter(&recorder, "trunkline_events_missed_total", &[]),
            dials_refused: counter(&recorder, "trunkline_dials_refused_total", &[]),
            callbacks: callbacks.map(|name| counter(&recorder, name, &[])),
            agent_lost: Reasons::new(move |reason| {
                counter(
                    &recorder,
                    "trunkline_agent_lost_total",
                    &[("reason", reason)],
                )
            }),
            handle,
        })
    }

    /// Everything, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Adds up what histograms were given. Reading does the same, but nobody may ever read, and until one
    /// of the two happens every single value is kept.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
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

    /// A call that was admitted is over, or never came to be.
    pub fn call_ended(&self, dialect: &str) {
        if let Some(meters) = self.of(dialect) {
            meters.ended.increment(1);
        }
    }

    /// An event did not reach the log.
    pub fn event_missed(&self) {
        self.events_missed.increment(1);
    }

    /// A dial or a request was refused because too many were under way.
    pub fn dial_refused(&self) {
        self.dials_refused.increment(1);
    }

    /// Something became of a callback.
    pub fn callback(&self, what: CallbackCount) {
        if let Some(counter) = self.callbacks.get(what as usize) {
            counter.increment(1);
        }
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
            CallEvent::AgentLost { reason } => self.agent_lost.count(reason),
            CallEvent::Ended {
                ending,
                counters,
                metering,
                ..
            } => {
                meters.totals.add(counters, metering);
                if let Some((_, ended)) = meters.ending(ending.label()) {
                    ended.increment(1);
                }
            }
            _ => {}
        }
    }

    fn of(&self, dialect: &str) -> Option<&PerDialect> {
        self.per_dialect.iter().find(|m| m.dialect == dialect)
    }
}

/// Keeps what the meters hold bounded, whether or not anybody reads them. Never ends.
pub async fn keep_up(meters: Arc<Meters>) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        meters.upkeep();
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
            endings: Ending::LABELS.map(|ending| {
                let labels = [("dialect", dialect), ("ending", ending)];
                let counter = counter(recorder, "trunkline_call_endings_total", &labels);
                (ending, counter)
            }),
            totals: Totals::new(count),
            answered: time("trunkline_answer_seconds"),
            cleared: time("trunkline_barge_in_clear_seconds"),
        }
    }

    fn ending(&self, label: &str) -> Option<&(&'static str, Counter)> {
        self.endings.iter().find(|(ending, _)| *ending == label)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(meters: &Meters, reason: &'static str) {
        meters.call_event("omni", &CallEvent::AgentLost { reason });
    }

    #[test]
    fn lost_agents_are_counted_by_reason() {
        let meters = Meters::new().expect("meters");
        lost(&meters, "refused");
        lost(&meters, "no_voice");
        lost(&meters, "refused");
        let page = meters.render();
        for line in [
            "trunkline_agent_lost_total{reason=\"refused\"} 2\n",
            "trunkline_agent_lost_total{reason=\"no_voice\"} 1\n",
            "trunkline_agent_lost_total{reason=\"other\"} 0\n",
        ] {
            assert!(page.contains(line), "{line:?} is not in:\n{page}");
        }
    }

    /// However many words engines find, the series are bounded.
    #[test]
    fn reasons_beyond_the_bound_are_counted_together() {
        let meters = Meters::new().expect("meters");
        for number in 0..100 {
            lost(&meters, format!("reason_{number}").leak());
        }
        lost(&meters, "reason_99");
        lost(&meters, "reason_0");
        let page = meters.render();
        let series = page.matches("trunkline_agent_lost_total{").count();
        assert_eq!(series, 65);
        for line in ["{reason=\"other\"} 37\n", "{reason=\"reason_0\"} 2\n"] {
            assert!(page.contains(line), "{line:?} is not in:\n{page}");
        }
    }
}
