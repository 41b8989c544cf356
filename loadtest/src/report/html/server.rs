//! What the servers cost: processor time and memory, in all and over time.

use std::fmt::{self, Write as _};

use serde_json::Value;

use super::axis::Axis;
use super::chart::{Chart, Line, reach};
use super::table::{self, Row};
use super::text::number;
use super::{Group, Report};

/// A sample so soon after another says nothing of a share of processor time.
const SOONEST_S: f64 = 0.1;

pub(super) fn write(out: &mut String, report: &Report<'_>) -> fmt::Result {
    out.write_str("<section>\n<h2>Servers</h2>\n")?;
    if report.groups.iter().all(|group| server(group).is_none()) {
        return out.write_str("<p>No server’s process was watched.</p>\n</section>\n");
    }
    costs(out, report)?;
    out.write_str("<div class=\"pair\">\n")?;
    for (title, unit, place, scale) in [
        ("CPU over time", "% of a CPU", 1, 1.0),
        ("Memory over time", "MiB resident", 2, 1.0 / 1_024.0),
    ] {
        if let Some(chart) = chart(report, (title, unit), (place, scale)) {
            write!(out, "<article>\n<h3>{title}</h3>\n{chart}</article>\n")?;
        }
    }
    out.write_str("</div>\n</section>\n")
}

fn server<'a>(group: &Group<'a>) -> Option<&'a Value> {
    group
        .figures
        .get("server")
        .filter(|server| server.is_object())
}

/// Figures of the JSON, what they are, and their decimal places.
const COSTS: [(&str, &str, usize); 10] = [
    ("cpu_us_per_frame", "CPU a frame there and back, µs", 2),
    ("cpu_percent_per_call", "CPU a call, % of a CPU", 4),
    ("cpu_percent", "CPU, % of a CPU", 1),
    ("frames", "Frames meanwhile", 0),
    ("seconds", "Measured for, s", 1),
    ("rss_idle_kib", "Memory before the first call, KiB", 0),
    ("rss_loaded_kib", "Memory with all calls, KiB", 0),
    ("rss_peak_kib", "Memory at most, KiB", 0),
    ("rss_kib_per_call", "Memory a call, KiB", 1),
    (
        "rss_kib_per_second",
        "Memory grows in the second half by, KiB a second",
        1,
    ),
];

fn costs(out: &mut String, report: &Report<'_>) -> fmt::Result {
    let cells = COSTS.map(|(name, _, places)| {
        move |group: &Group<'_>| {
            number(
                server(group).and_then(|server| server.get(name)?.as_f64()),
                places,
            )
        }
    });
    let mut rows: Vec<Row<'_>> = Vec::new();
    for ((_, what, _), cell) in COSTS.into_iter().zip(&cells) {
        rows.push((what.to_owned(), cell));
    }
    table::write(
        out,
        "Cost, while all calls were up",
        "Figure",
        &report.groups,
        &rows,
    )
}

fn chart<'a>(
    report: &Report<'a>,
    (title, unit): (&str, &'static str),
    (place, scale): (usize, f64),
) -> Option<Chart<'a>> {
    let lines: Vec<Line<'_>> = report
        .groups
        .iter()
        .map(|group| Line::new(*group, points(group, place, scale)))
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        return None;
    }
    let (x, y) = reach(&lines);
    Some(Chart {
        title: format!("{title}: {unit} by seconds of the run"),
        x: Axis::exactly("seconds", x),
        y: Axis::up_to(unit, y),
        lines,
    })
}

/// Seconds, and the figure at `place` of each sample.
fn points(group: &Group<'_>, place: usize, scale: f64) -> Vec<(f64, f64)> {
    let samples = server(group).and_then(|server| server.get("samples")?.as_array());
    let mut last = 0.0;
    let points = samples.into_iter().flatten().filter_map(|sample| {
        let seconds = sample.get(0)?.as_f64()?;
        let value = sample.get(place)?.as_f64()?;
        let is_soon = seconds - last < SOONEST_S;
        last = seconds;
        (!is_soon).then_some((seconds, value * scale))
    });
    points.collect()
}
