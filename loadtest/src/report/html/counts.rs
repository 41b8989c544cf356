//! What was counted, and why calls were refused or broken.

use std::fmt::{self, Write as _};

use super::table::{self, Row};
use super::text::{Text, whole};
use super::{Group, Report, words};
use crate::measure::Count;

/// Reasons that are shown of a group; a run of thousands of calls can have as many.
const MOST_REASONS: usize = 50;

pub(super) fn write(out: &mut String, report: &Report<'_>) -> fmt::Result {
    out.write_str("<section>\n<h2>Counts</h2>\n")?;
    let cells = Count::ALL.map(|what| move |group: &Group<'_>| cell(group, what));
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (what, cell) in Count::ALL.into_iter().zip(&cells) {
        let (name, meaning) = (what.name().replace('_', " "), words::count(what));
        rows.push((
            format!("<span class=\"name\">{name}</span> <small>{meaning}</small>"),
            cell,
        ));
    }
    table::write(
        out,
        "Calls and frames; faults are in bold",
        "Count",
        &report.groups,
        &rows,
    )?;
    reasons(out, report)?;
    out.write_str("</section>\n")
}

/// In a clean group nothing is a fault: the scenario allows what was lost.
fn cell(group: &Group<'_>, what: Count) -> String {
    let count = group.count(what);
    if what.is_fault(false) && count > Some(0) && !group.is_clean() {
        return format!("<strong class=\"bad\">{}</strong>", whole(count));
    }
    whole(count)
}

fn reasons(out: &mut String, report: &Report<'_>) -> fmt::Result {
    let mut rows = String::new();
    for group in &report.groups {
        for what in ["refused", "broken"] {
            group_reasons(&mut rows, group, what)?;
        }
    }
    if rows.is_empty() {
        return out.write_str("<p>No call was refused or broken.</p>\n");
    }
    writeln!(
        out,
        "<div class=\"scroll\"><table class=\"reasons\">\n<caption>Calls that were refused or broken</caption>\n\
         <thead><tr><th scope=\"col\">Server</th><th scope=\"col\">What</th><th scope=\"col\">Times</th>\
         <th scope=\"col\">Reason</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>"
    )
}

fn group_reasons(rows: &mut String, group: &Group<'_>, what: &str) -> fmt::Result {
    let reasons = group.reasons(what);
    let name = Text(group.name);
    for (reason, times) in reasons.iter().take(MOST_REASONS) {
        writeln!(
            rows,
            "<tr><th scope=\"row\">{name}</th><td>{what}</td><td><strong>{}</strong></td><td>{}</td></tr>",
            whole(Some(*times)),
            Text(reason)
        )?;
    }
    let (left, times) = reasons
        .iter()
        .skip(MOST_REASONS)
        .fold((0, 0), |(left, sum), (_, times)| (left + 1, times + sum));
    if left == 0 {
        return Ok(());
    }
    writeln!(
        rows,
        "<tr><th scope=\"row\">{name}</th><td>{what}</td><td><strong>{}</strong></td><td>{left} other reasons</td></tr>",
        whole(Some(times))
    )
}
