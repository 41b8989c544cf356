//! As a page, for people: one file that needs no script and fetches nothing.
//!
//! It is made of the figures alone, so that it says what the JSON says. What is not in them is shown as a dash.

mod axis;
mod chart;
mod counts;
mod head;
mod latency;
mod server;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::fmt::{self, Write as _};

use serde_json::Value;

use crate::measure::Count;
use text::Text;

/// Nothing that a server had a say in may fetch or run anything, even if it were not escaped.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// What the page is made of.
#[derive(Debug)]
struct Report<'a> {
    figures: &'a Value,
    groups: Vec<Group<'a>>,
}

/// A server and its callers.
#[derive(Clone, Copy, Debug)]
struct Group<'a> {
    /// From 0; says how its lines are drawn.
    place: usize,
    name: &'a str,
    figures: &'a Value,
}

/// The whole report. Whatever is in the figures, the page is well-formed.
pub(super) fn page(figures: &Value) -> String {
    let report = Report::new(figures);
    let mut out = String::new();
    let written = write_page(&mut out, &report);
    debug_assert!(written.is_ok(), "writing to a string does not fail");
    out
}

fn write_page(out: &mut String, report: &Report<'_>) -> fmt::Result {
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{} – trunkline-load</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>",
        Text(report.word("/scenario")),
        include_str!("style.css")
    )?;
    head::write(out, report)?;
    latency::write(out, report)?;
    counts::write(out, report)?;
    server::write(out, report)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

impl<'a> Report<'a> {
    fn new(figures: &'a Value) -> Self {
        let groups = figures.get("groups").and_then(Value::as_array);
        let groups = groups.into_iter().flatten().enumerate();
        Self {
            figures,
            groups: groups
                .map(|(place, figures)| Group {
                    place,
                    name: figures
                        .get("subject")
                        .and_then(Value::as_str)
                        .unwrap_or("?"),
                    figures,
                })
                .collect(),
        }
    }

    /// Empty where there is none.
    fn word(&self, pointer: &str) -> &'a str {
        let found = self.figures.pointer(pointer);
        found.and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, pointer: &str) -> Option<f64> {
        self.figures.pointer(pointer).and_then(Value::as_f64)
    }
}

impl<'a> Group<'a> {
    fn number(&self, pointer: &str) -> Option<f64> {
        self.figures.pointer(pointer).and_then(Value::as_f64)
    }

    fn count(&self, what: Count) -> Option<u64> {
        self.figures.get("counts")?.get(what.name())?.as_u64()
    }

    fn is_clean(&self) -> bool {
        self.figures.get("clean").and_then(Value::as_bool) == Some(true)
    }

    /// Limits that it exceeds, in words.
    fn exceeded(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let lines = self.figures.get("exceeded").and_then(Value::as_array);
        lines.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Pairs of a reason and how often.
    fn reasons(&self, what: &str) -> Vec<(&'a str, u64)> {
        let reasons = self.figures.get(what).and_then(Value::as_object);
        let mut reasons: Vec<(&str, u64)> = reasons
            .into_iter()
            .flatten()
            .map(|(reason, times)| (reason.as_str(), times.as_u64().unwrap_or(0)))
            .collect();
        reasons.sort_by_key(|&(_, times)| std::cmp::Reverse(times));
        reasons
    }
}
