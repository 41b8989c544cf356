//! The figures, for people and for programs.

mod figures;
mod html;
mod table;

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::options::Results;
use crate::run::Outcome;

/// What is told of each histogram.
const QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("max", 1.0),
];

/// Prints the table, and writes what was asked for. Returns whether everything of ours was as it should be.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn publish(outcome: &Outcome, results: &Results) -> anyhow::Result<bool> {
    let mut figures = figures::figures(outcome);
    let exceeded = exceeded(outcome, &figures, &results.at_most);
    print!("{}", table::table(outcome));
    for (_, line) in &exceeded {
        println!("{line}");
    }
    tell(&mut figures, &exceeded);
    let is_clean = exceeded.is_empty()
        && outcome
            .groups
            .iter()
            .all(|group| !group.is_ours || group.is_clean);
    println!("{}", if is_clean { "clean" } else { "FAILED" });
    write(results.json.as_deref(), || format!("{figures:#}\n"))?;
    write(results.html.as_deref(), || html::page(&figures))?;
    Ok(is_clean)
}

fn write(path: Option<&Path>, content: impl FnOnce() -> String) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    fs::write(path, content()).with_context(|| path.display().to_string())
}

/// Puts into the figures of each group which limits it exceeds.
fn tell(figures: &mut Value, exceeded: &[(usize, String)]) {
    let groups = figures.get_mut("groups").and_then(Value::as_array_mut);
    for (at, group) in groups.into_iter().flatten().enumerate() {
        let of_group = exceeded.iter().filter(|(of, _)| *of == at);
        let lines: Value = of_group.map(|(_, line)| line.as_str()).collect();
        if let Some(group) = group.as_object_mut() {
            group.insert("exceeded".to_owned(), lines);
        }
    }
}

/// Limits of the scenario and of the command line that a group of ours does not keep: which group, and in words. What was
/// not measured keeps none.
fn exceeded(outcome: &Outcome, figures: &Value, at_most: &[(String, f64)]) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    for (at, group) in outcome.groups.iter().enumerate() {
        if !group.is_ours {
            continue;
        }
        for (pointer, most) in outcome.at_most.iter().chain(at_most) {
            let got = figures.pointer(&format!("/groups/{at}{pointer}"));
            let got = match got.and_then(Value::as_f64) {
                Some(got) if got <= *most => continue,
                Some(got) => got.to_string(),
                None => "no such figure".to_owned(),
            };
            let name = &group.name;
            let line = format!("{name}: {pointer}: expected at most {most}, got {got}");
            lines.push((at, line));
        }
    }
    lines
}
