//! As a table, in milliseconds.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use hdrhistogram::Histogram;

use super::QUANTILES;
use crate::group::Called;
use crate::measure::{Cost, Count, Span};
use crate::run::Outcome;

/// The whole run.
pub(super) fn table(outcome: &Outcome) -> String {
    let mut out = String::new();
    let written = write_table(&mut out, outcome);
    debug_assert!(written.is_ok(), "writing to a string does not fail");
    out
}

fn write_table(out: &mut String, outcome: &Outcome) -> fmt::Result {
    let load = outcome.load;
    writeln!(out, "{}: {}", outcome.name, outcome.about)?;
    match load.hold_ms {
        Some(hold_ms) => writeln!(
            out,
            "{} calls a second of {hold_ms} ms for {} s",
            load.ramp_per_s, load.seconds
        )?,
        None => writeln!(
            out,
            "{} calls, {} s together, begun at {} a second",
            load.calls, load.seconds, load.ramp_per_s
        )?,
    }
    for called in &outcome.groups {
        write_group(out, called)?;
    }
    if let Some(ratio) = outcome.cpu_ratio() {
        let names: Vec<&str> = outcome
            .groups
            .iter()
            .map(|called| called.name.as_str())
            .collect();
        writeln!(
            out,
            "\nCPU a frame, {}, paired: {ratio:.3}",
            names.join(" ÷ ")
        )?;
    }
    writeln!(
        out,
        "\nthis program: {:.0} % of a CPU",
        outcome.own_cpu_percent
    )
}

fn write_group(out: &mut String, called: &Called) -> fmt::Result {
    let tally = &called.tally;
    writeln!(
        out,
        "\n== {}: {} of {} calls put through",
        called.name,
        tally.get(Count::Connected),
        called.calls
    )?;
    write!(out, "{:<40}", "milliseconds")?;
    for (name, _) in QUANTILES {
        write!(out, "{name:>10}")?;
    }
    writeln!(out)?;
    for span in Span::ALL {
        if let Some(histogram) = tally.span(span) {
            row(out, span.title(), histogram)?;
        }
    }
    let counts = Count::ALL
        .into_iter()
        .filter(|&what| what != Count::Connected)
        .filter(|&what| tally.get(what) > 0 || matches!(what, Count::Lost | Count::Damaged))
        .map(|what| format!("{} {}", tally.get(what), what.name().replace('_', " ")));
    writeln!(out, "{}", counts.collect::<Vec<_>>().join(", "))?;
    reasons(out, "refused", &tally.refused)?;
    reasons(out, "broken", &tally.broken)?;
    match &called.cost {
        Some(cost) => write_cost(out, cost, called.at_once),
        None => Ok(()),
    }
}

fn row(out: &mut String, name: &str, histogram: &Histogram<u64>) -> fmt::Result {
    write!(out, "{name:<40}")?;
    for (_, quantile) in QUANTILES {
        let ms = histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        write!(out, "{ms:>10.3}")?;
    }
    writeln!(out)
}

fn reasons(out: &mut String, what: &str, reasons: &BTreeMap<String, u64>) -> fmt::Result {
    for (reason, count) in reasons {
        writeln!(out, "{what}: {count} x {reason}")?;
    }
    Ok(())
}

fn write_cost(out: &mut String, cost: &Cost, calls: u64) -> fmt::Result {
    writeln!(
        out,
        "server: {:.2} µs of CPU a frame, {:.4} % of a CPU a call ({:.1} % for {} frames in {:.1} s)",
        cost.cpu_us_per_frame(),
        cost.cpu_percent() / calls.max(1) as f64,
        cost.cpu_percent(),
        cost.frames,
        cost.seconds(),
    )?;
    write!(
        out,
        "memory: {} KiB idle, {} KiB loaded, {:.1} KiB a call, {} KiB at most",
        cost.idle.rss_kib,
        cost.to.usage.rss_kib,
        cost.rss_kib_per_call(calls),
        cost.rss_peak_kib(),
    )?;
    match cost.rss_kib_per_second() {
        Some(slope) => writeln!(out, ", grows by {slope:.1} KiB a second"),
        None => writeln!(out),
    }
}
