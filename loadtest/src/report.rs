//! The figures, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::run::{Outcome, ServerCost};

/// What is told of each histogram.
const QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("max", 1.0),
];

/// As a table, in milliseconds.
pub(crate) fn table(outcome: &Outcome) -> String {
    let mut out = String::new();
    let written = write_table(&mut out, outcome);
    debug_assert!(written.is_ok(), "writing to a string does not fail");
    out
}

fn write_table(out: &mut String, outcome: &Outcome) -> fmt::Result {
    let (options, tally) = (&outcome.options, &outcome.tally);
    writeln!(
        out,
        "{:?}: {} of {} calls put through, {} s together, begun at {} a second",
        options.dialect, tally.connected, options.calls, options.seconds, options.ramp_per_s
    )?;
    write!(out, "\n{:<38}", "milliseconds")?;
    for (name, _) in QUANTILES {
        write!(out, "{name:>9}")?;
    }
    writeln!(out)?;
    row(
        out,
        "round trip, from when it was due",
        &tally.round_trip_us,
    )?;
    row(
        out,
        "  of that: sent late by this program",
        &tally.send_late_us,
    )?;
    row(out, "  of that: there and back", &tally.wire_us)?;
    writeln!(
        out,
        "\nframes: {} sent, {} back, {} lost, {} duplicated, {} reordered, {} damaged",
        tally.sent, tally.received, tally.lost, tally.duplicated, tally.reordered, tally.damaged
    )?;
    reasons(out, "refused", &tally.refused)?;
    reasons(out, "broken", &tally.broken)?;
    if let Some(server) = &outcome.server {
        write_server(out, server, tally.connected)?;
    }
    let verdict = if tally.is_clean() { "clean" } else { "FAILED" };
    writeln!(out, "{verdict}")
}

fn row(out: &mut String, name: &str, histogram: &Histogram<u64>) -> fmt::Result {
    write!(out, "{name:<38}")?;
    for (_, quantile) in QUANTILES {
        if histogram.is_empty() {
            write!(out, "{:>9}", "-")?;
            continue;
        }
        let ms = histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        write!(out, "{ms:>9.3}")?;
    }
    writeln!(out)
}

fn reasons(out: &mut String, what: &str, reasons: &BTreeMap<String, u64>) -> fmt::Result {
    for (reason, count) in reasons {
        writeln!(out, "{what}: {count} x {reason}")?;
    }
    Ok(())
}

fn write_server(out: &mut String, server: &ServerCost, calls: u64) -> fmt::Result {
    writeln!(
        out,
        "gateway: {:.2} µs of CPU a frame ({:.1} % of one CPU for {} frames in {:.1} s); \
         RSS {} KiB idle, {} KiB loaded, {} KiB a call",
        server.cpu_us_per_frame(),
        server.cpu_percent(),
        server.frames,
        server.seconds,
        server.idle.rss_kib,
        server.to.rss_kib,
        server.rss_kib_per_call(calls)
    )
}

/// As one JSON object, times in microseconds.
pub(crate) fn json(outcome: &Outcome) -> String {
    let (options, tally) = (&outcome.options, &outcome.tally);
    let server = outcome.server.map(|server| {
        json!({
            "cpu_us_per_frame": server.cpu_us_per_frame(),
            "cpu_percent": server.cpu_percent(),
            "frames": server.frames,
            "rss_idle_kib": server.idle.rss_kib,
            "rss_loaded_kib": server.to.rss_kib,
            "rss_kib_per_call": server.rss_kib_per_call(tally.connected),
        })
    });
    let figures = json!({
        "dialect": format!("{:?}", options.dialect).to_lowercase(),
        "calls": options.calls,
        "seconds": options.seconds,
        "ramp_per_s": options.ramp_per_s,
        "connected": tally.connected,
        "refused": tally.refused,
        "broken": tally.broken,
        "sent": tally.sent,
        "received": tally.received,
        "lost": tally.lost,
        "duplicated": tally.duplicated,
        "reordered": tally.reordered,
        "damaged": tally.damaged,
        "round_trip_us": quantiles(&tally.round_trip_us),
        "send_late_us": quantiles(&tally.send_late_us),
        "wire_us": quantiles(&tally.wire_us),
        "server": server,
        "clean": tally.is_clean(),
    });
    format!("{figures:#}\n")
}

/// `null` where nothing was measured.
fn quantiles(histogram: &Histogram<u64>) -> Value {
    if histogram.is_empty() {
        return Value::Null;
    }
    let each = QUANTILES.map(|(name, q)| (name.to_owned(), histogram.value_at_quantile(q).into()));
    Value::Object(each.into_iter().collect())
}
