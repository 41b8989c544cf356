//! A table with a column for each group.

use std::fmt::{self, Write as _};

use super::Group;
use super::chart::Key;
use super::text::Text;

/// A row: what it is, and the group's cell, both HTML.
pub(super) type Row<'r> = (String, &'r dyn Fn(&Group<'_>) -> String);

/// Writes one, `caption` above it and `corner` over what the rows are.
pub(super) fn write(
    out: &mut String,
    caption: &str,
    corner: &str,
    groups: &[Group<'_>],
    rows: &[Row<'_>],
) -> fmt::Result {
    write!(
        out,
        "<div class=\"scroll\"><table>\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">{corner}</th>"
    )?;
    for group in groups {
        let (key, name) = (Key(*group), Text(group.name));
        write!(out, "<th scope=\"col\">{key} {name}</th>")?;
    }
    out.write_str("</tr></thead>\n<tbody>\n")?;
    for (what, cell) in rows {
        write!(out, "<tr><th scope=\"row\">{what}</th>")?;
        for group in groups {
            write!(out, "<td>{}</td>", cell(group))?;
        }
        out.write_str("</tr>\n")?;
    }
    out.write_str("</tbody></table></div>\n")
}
