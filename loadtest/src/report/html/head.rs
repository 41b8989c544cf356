//! What was run, what came of it, and how to read the rest.

use std::fmt::{self, Write as _};

use super::table::{self, Row};
use super::text::{Text, number, whole};
use super::{Group, Report};
use crate::measure::Count;

pub(super) fn write(out: &mut String, report: &Report<'_>) -> fmt::Result {
    writeln!(
        out,
        "<header>\n<p class=\"kind\">trunkline-load</p>\n<h1>{}</h1>\n<p class=\"about\">{}</p>\n<p>{}.</p>\n</header>",
        Text(report.word("/scenario")),
        Text(report.word("/about")),
        load(report)
    )?;
    out.write_str("<section>\n<h2>Result</h2>\n")?;
    ratio(out, report)?;
    exceeded(out, report)?;
    summary(out, report)?;
    out.write_str("</section>\n")?;
    how_to_read(out, report)
}

/// What matters most: what it is, where it is in the figures, in which part of its unit, and its decimal places.
const FIGURES: [(&str, &str, f64, usize); 6] = [
    ("Round trip, p50, ms", "/spans_us/round_trip/p50", 1e-3, 3),
    ("Round trip, p99, ms", "/spans_us/round_trip/p99", 1e-3, 3),
    ("Clear, p99, ms", "/spans_us/clear/p99", 1e-3, 3),
    ("Recovery, max, ms", "/spans_us/recovery/max", 1e-3, 3),
    ("CPU a frame, µs", "/server/cpu_us_per_frame", 1.0, 1),
    ("Memory a call, KiB", "/server/rss_kib_per_call", 1.0, 1),
];

fn summary(out: &mut String, report: &Report<'_>) -> fmt::Result {
    let cells = FIGURES.map(|(_, pointer, scale, places)| {
        move |group: &Group<'_>| number(group.number(pointer).map(|value| value * scale), places)
    });
    let mut rows: Vec<Row<'_>> = vec![
        ("Verdict".to_owned(), &verdict),
        ("Calls put through".to_owned(), &put_through),
    ];
    for ((what, pointer, ..), cell) in FIGURES.into_iter().zip(&cells) {
        if report
            .groups
            .iter()
            .any(|group| group.number(pointer).is_some())
        {
            rows.push((what.to_owned(), cell));
        }
    }
    table::write(out, "In short", "Server", &report.groups, &rows)
}

/// How large the load was, in a sentence.
fn load(report: &Report<'_>) -> String {
    let [calls, seconds, ramp] =
        ["/calls", "/seconds", "/ramp_per_s"].map(|pointer| number(report.number(pointer), 0));
    let size = match report.number("/hold_ms") {
        Some(hold_ms) => format!(
            "{ramp} calls begun a second, each of {} ms, for {seconds} s",
            number(Some(hold_ms), 0)
        ),
        None => format!("{calls} calls, {seconds} s together, begun at {ramp} a second"),
    };
    match report.groups.len() {
        0 | 1 => size,
        servers => format!("{size}, shared by {servers} servers at the same time"),
    }
}

/// What the first server costs in units of the second.
fn ratio(out: &mut String, report: &Report<'_>) -> fmt::Result {
    let (Some(ratio), [first, second]) = (report.number("/cpu_ratio"), report.groups.as_slice())
    else {
        return Ok(());
    };
    writeln!(
        out,
        "<p><strong class=\"ratio\">{} ×</strong> CPU a frame, paired: {} ÷ {}</p>",
        number(Some(ratio), 3),
        Text(first.name),
        Text(second.name)
    )
}

/// Limits that do not hold.
fn exceeded(out: &mut String, report: &Report<'_>) -> fmt::Result {
    for line in report.groups.iter().flat_map(Group::exceeded) {
        writeln!(out, "<p class=\"bad\">✗ Limit exceeded: {}</p>", Text(line))?;
    }
    Ok(())
}

/// In words and by a sign: a colour alone is not seen by everybody.
fn verdict(group: &Group<'_>) -> String {
    let is_within = group.exceeded().next().is_none();
    let verdict = match (group.is_clean(), is_within) {
        (true, true) => "<span class=\"good\">✓ clean</span>",
        (true, false) => "<strong class=\"bad\">✗ over a limit</strong>",
        (false, _) => "<strong class=\"bad\">✗ faults</strong>",
    };
    verdict.to_owned()
}

fn put_through(group: &Group<'_>) -> String {
    let connected = whole(group.count(Count::Connected));
    format!("{connected} of {}", number(group.number("/calls"), 0))
}

fn how_to_read(out: &mut String, report: &Report<'_>) -> fmt::Result {
    writeln!(
        out,
        "<section class=\"note\">\n<h2>How to read this</h2>\n<p>Latency is counted from when a frame was <em>due</em>, \
         not from when it was sent, so that a server that stalls is charged for every frame that should have gone \
         meanwhile, and not for one alone (“coordinated omission”). A part of it is this program’s own, which used \
         {} % of a CPU and whose timers go by the millisecond: <em>sent late</em> says how much, <em>there and back</em> \
         is the rest. In the charts each step to the right, from 90 % to 99 % to 99.9 %, leaves a tenth of the frames, \
         and a line ends at the slowest.</p>\n</section>",
        number(report.number("/own_cpu_percent"), 0)
    )
}
