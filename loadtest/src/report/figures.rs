//! As JSON, times in microseconds.

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use super::QUANTILES;
use crate::group::Called;
use crate::measure::{Cost, Count, Span};
use crate::run::Outcome;

/// Points of a distribution between one quantile and the next whose distance to 1 is half.
const TICKS: u32 = 4;

/// The whole report.
pub(super) fn figures(outcome: &Outcome) -> Value {
    let load = outcome.load;
    json!({
        "scenario": outcome.name,
        "about": outcome.about,
        "calls": load.calls,
        "seconds": load.seconds,
        "ramp_per_s": load.ramp_per_s,
        "hold_ms": load.hold_ms,
        "own_cpu_percent": outcome.own_cpu_percent,
        "groups": outcome.groups.iter().map(group).collect::<Vec<_>>(),
        "cpu_ratio": outcome.cpu_ratio(),
    })
}

impl Outcome {
    /// What a frame costs the first server, against what it costs the second, in a paired run.
    pub(super) fn cpu_ratio(&self) -> Option<f64> {
        let [first, second] = self.groups.as_slice() else {
            return None;
        };
        let us = |called: &Called| called.cost.as_ref().map(Cost::cpu_us_per_frame);
        Some(us(first)? / us(second)?)
    }
}

fn group(called: &Called) -> Value {
    let tally = &called.tally;
    let counts: Map<String, Value> = Count::ALL
        .into_iter()
        .map(|what| (what.name().to_owned(), tally.get(what).into()))
        .collect();
    let spans: Map<String, Value> = Span::ALL
        .into_iter()
        .filter_map(|of| Some((of.name().to_owned(), span(tally.span(of)?))))
        .collect();
    json!({
        "subject": called.name,
        "calls": called.calls,
        "at_once": called.at_once,
        "counts": counts,
        "refused": tally.refused,
        "broken": tally.broken,
        "spans_us": spans,
        "server": called.cost.as_ref().map(|cost| server(cost, called.at_once)),
        "clean": called.is_clean,
    })
}

fn server(cost: &Cost, calls: u64) -> Value {
    let samples: Vec<Value> = cost
        .samples
        .windows(2)
        .filter_map(|pair| match pair {
            [from, to] => {
                let seconds = (to.at.saturating_sub(from.at)).as_secs_f64();
                let cpu_us = to.usage.cpu_us.saturating_sub(from.usage.cpu_us);
                let percent = cpu_us as f64 / seconds.max(1e-6) / 10_000.0;
                Some(json!([to.at.as_secs_f64(), percent, to.usage.rss_kib]))
            }
            _ => None,
        })
        .collect();
    json!({
        "cpu_us_per_frame": cost.cpu_us_per_frame(),
        "cpu_percent": cost.cpu_percent(),
        "cpu_percent_per_call": cost.cpu_percent() / calls.max(1) as f64,
        "frames": cost.frames,
        "seconds": cost.seconds(),
        "rss_idle_kib": cost.idle.rss_kib,
        "rss_loaded_kib": cost.to.usage.rss_kib,
        "rss_peak_kib": cost.rss_peak_kib(),
        "rss_kib_per_call": cost.rss_kib_per_call(calls),
        "rss_kib_per_second": cost.rss_kib_per_second(),
        "samples": samples,
    })
}

fn span(histogram: &Histogram<u64>) -> Value {
    let mut told: Map<String, Value> = QUANTILES
        .into_iter()
        .map(|(name, quantile)| {
            (
                name.to_owned(),
                histogram.value_at_quantile(quantile).into(),
            )
        })
        .collect();
    told.insert("mean".to_owned(), histogram.mean().into());
    told.insert("count".to_owned(), histogram.len().into());
    let distribution = histogram
        .iter_quantiles(TICKS)
        .map(|point| json!([point.quantile_iterated_to(), point.value_iterated_to()]));
    told.insert("distribution".to_owned(), distribution.collect());
    Value::Object(told)
}
