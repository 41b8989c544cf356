//! Every span that was measured: its distribution as a chart, and its figures as a table.

use std::fmt::{self, Write as _};

use serde_json::Value;

use super::axis::{Axis, depth};
use super::chart::{Chart, Line, reach};
use super::table::{self, Row};
use super::text::number;
use super::{Group, Report, words};
use crate::measure::Span;
use crate::report::QUANTILES;

pub(super) fn write(out: &mut String, report: &Report<'_>) -> fmt::Result {
    out.write_str("<section>\n<h2>Latency</h2>\n")?;
    let mut has_any = false;
    for of in Span::ALL {
        let is_measured = |group: &Group<'_>| figures(group, of).is_some();
        if report.groups.iter().any(is_measured) {
            has_any = true;
            span(out, report, of)?;
        }
    }
    if !has_any {
        out.write_str("<p>Nothing was measured.</p>\n")?;
    }
    out.write_str("</section>\n")
}

fn figures<'a>(group: &Group<'a>, of: Span) -> Option<&'a Value> {
    group.figures.get("spans_us")?.get(of.name())
}

fn span(out: &mut String, report: &Report<'_>, of: Span) -> fmt::Result {
    let (heading, meaning) = words::span(of);
    writeln!(
        out,
        "<article>\n<h3>{heading}</h3>\n<p>{meaning}</p>\n<div class=\"pair\">"
    )?;
    if has_chart(of)
        && let Some(chart) = chart(report, of, heading)
    {
        write!(out, "{chart}")?;
    }
    let of_span = |group: &Group<'_>, name: &str| figures(group, of)?.get(name)?.as_f64();
    let ms = |group: &Group<'_>, name: &str| number(of_span(group, name).map(|us| us / 1_000.0), 3);
    let quantiles = QUANTILES.map(|(name, _)| move |group: &Group<'_>| ms(group, name));
    let mut rows: Vec<Row<'_>> = Vec::new();
    for ((name, _), cell) in QUANTILES.into_iter().zip(&quantiles) {
        rows.push((name.to_owned(), cell));
    }
    let mean = |group: &Group<'_>| ms(group, "mean");
    let count = |group: &Group<'_>| number(of_span(group, "count"), 0);
    rows.push(("mean".to_owned(), &mean));
    rows.push(("measured".to_owned(), &count));
    table::write(
        out,
        &format!("{heading}, ms"),
        "Quantile",
        &report.groups,
        &rows,
    )?;
    out.write_str("</div>\n</article>\n")
}

/// The two others say no more by their shape than by their figures.
const fn has_chart(of: Span) -> bool {
    !matches!(of, Span::SendLate | Span::AfterDue)
}

fn chart<'a>(report: &Report<'a>, of: Span, heading: &str) -> Option<Chart<'a>> {
    let lines: Vec<Line<'_>> = report
        .groups
        .iter()
        .map(|group| Line::new(*group, figures(group, of).map(points).unwrap_or_default()))
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        return None;
    }
    let (x, y) = reach(&lines);
    Some(Chart {
        title: format!("{heading}: milliseconds by quantile; the figures are in the table"),
        x: Axis::quantiles("quantile", x),
        y: Axis::up_to("ms", y),
        lines,
    })
}

/// How deep in the distribution, and milliseconds. The slowest of so many is as deep as they are many: at 100 %,
/// which has no place on the axis.
fn points(span: &Value) -> Vec<(f64, f64)> {
    let count = span.get("count").and_then(Value::as_f64).unwrap_or(1.0);
    let slowest = depth(1.0 - 1.0 / count.max(1.0));
    let mut last = 0.0_f64;
    let distribution = span.get("distribution").and_then(Value::as_array);
    let points = distribution.into_iter().flatten().filter_map(|point| {
        let quantile = point.get(0)?.as_f64()?;
        let us = point.get(1)?.as_f64()?;
        last = if quantile < 1.0 {
            depth(quantile)
        } else {
            slowest
        }
        .max(last);
        Some((last, us / 1_000.0))
    });
    points.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_goes_on_to_the_slowest_and_never_back() {
        let span = json!({
            "count": 1_000,
            "distribution": [[0.0, 100], [0.5, 200], [0.9, 300], [0.99, 400], [1.0, 5_000]],
        });
        let points = points(&span);
        let across: Vec<f64> = points.iter().map(|point| point.0).collect();
        assert!(across.is_sorted(), "{across:?}");
        let last = points.last().copied().unwrap_or_default();
        assert!(
            (last.0 - 3.0).abs() < 1e-9 && (last.1 - 5.0).abs() < 1e-9,
            "{last:?}"
        );
    }

    #[test]
    fn what_is_no_distribution_has_no_points() {
        for odd in [
            json!(null),
            json!({"distribution": [1, [2], ["a", 3]]}),
            json!({"count": 0}),
        ] {
            assert_eq!(points(&odd), [], "{odd}");
        }
    }
}
