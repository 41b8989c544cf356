//! The tables of `docs/operating.md` against the code: every key is there, every default is the default, and
//! every bound is where the document says.

use std::fmt::Write;
use std::path::Path;

use super::{Config, Typed};

/// One row of a table.
#[derive(Debug)]
struct Row<'a> {
    table: &'a str,
    key: &'a str,
    default: &'a str,
    bounds: &'a str,
}

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operating.md");
    std::fs::read_to_string(path).expect("the document")
}

/// The rows of the tables whose first cell is a table of the configuration.
fn rows(document: &str) -> Vec<Row<'_>> {
    let mut table = None;
    let mut rows = Vec::new();
    for line in document.lines() {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim()).collect();
        let [_, first, default, bounds, ..] = cells[..] else {
            table = None;
            continue;
        };
        let first = first.trim_matches('`');
        if let Some(name) = first.strip_prefix('[') {
            table = name.strip_suffix(']');
        } else if let Some(table) = table.filter(|_| !first.starts_with('-')) {
            rows.push(Row {
                table,
                key: first,
                default,
                bounds,
            });
        }
    }
    rows
}

/// What a table can not do without, and what lets the whole range of some keys be tried.
fn beside(row: &Row<'_>) -> &'static str {
    match (row.table, row.key) {
        ("turns", "eager_ms") => "silence_ms = 10_000",
        ("limits", "ping_ms") => "alive_ms = 3_600_000",
        ("limits", "alive_ms") => "ping_ms = 500",
        (BOT, "config_timeout_ms") => "config_api = \"https://example.com\"",
        (BOT, "answer_ms") => "url = \"wss://example.com\"\nbarge_in = true",
        (BOT, _) => "url = \"wss://example.com\"",
        (WEBHOOK, _) => "url = \"https://example.com\"",
        _ => "",
    }
}

/// Tables of one agent, as the document names them.
const BOT: &str = "agents.NAME.bot";
const WEBHOOK: &str = "agents.NAME.webhook";

/// What a table means, or what is wrong with it.
fn resolve(table: &str, keys: &str) -> Result<String, String> {
    let toml = format!("[{table}]\n{keys}");
    let typed: Typed = toml::from_str(&toml).map_err(|error| error.to_string())?;
    match Config::resolve(&typed, Path::new("/nowhere")) {
        Ok(config) => Ok(format!("{config:?}")),
        Err(errors) => Err(errors.to_string()),
    }
}

/// Bounds in steps of 1, or of a hundredth where a fraction is written.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    from: i64,
    to: i64,
    hundredths: bool,
}

impl Bounds {
    /// `0, or 1 to 9`, `1 to 9` and `0.1 to 0.9`.
    fn parse(bounds: &str) -> Option<Self> {
        let bounds = bounds.strip_prefix("0, or ").unwrap_or(bounds);
        let (from, to) = bounds.split_once(" to ")?;
        let hundredths = bounds.contains('.');
        let steps = |text: &str| {
            let value: f64 = text.parse().ok()?;
            Some((value * if hundredths { 100.0 } else { 1.0 }).round() as i64)
        };
        Some(Self {
            from: steps(from)?,
            to: steps(to)?,
            hundredths,
        })
    }

    /// So many steps, as they are written.
    fn write(self, steps: i64) -> String {
        if self.hundredths {
            format!("{:.2}", steps as f64 / 100.0)
        } else {
            steps.to_string()
        }
    }
}

#[test]
fn every_documented_default_is_the_default() {
    let document = document();
    let mut wrong = String::new();
    for row in rows(&document) {
        let Some(default) = row.default.strip_prefix('`') else {
            let of_the_dialect = ["lead_ms", "encoding"].contains(&row.key);
            let expected = if of_the_dialect {
                "the dialect's"
            } else {
                "none"
            };
            assert_eq!(row.default, expected, "{row:?}");
            continue;
        };
        let beside = beside(&row);
        let default = default.trim_end_matches('`');
        let written = resolve(row.table, &format!("{beside}\n{} = {default}", row.key));
        if written.is_err() || written != resolve(row.table, beside) {
            writeln!(wrong, "{row:?}: {written:?}").expect("a string");
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn every_documented_bound_is_where_the_code_has_it() {
    let document = document();
    let mut tried = 0;
    for row in rows(&document) {
        let Some(bounds) = Bounds::parse(row.bounds) else {
            continue;
        };
        let with = |steps: i64| {
            let value = bounds.write(steps);
            let keys = format!("{}\n{} = {value}", beside(&row), row.key);
            resolve(row.table, &keys)
        };
        for good in [bounds.from, bounds.to] {
            with(good).unwrap_or_else(|error| panic!("{row:?}: {good}: {error}"));
        }
        for bad in [bounds.from - 1, bounds.to + 1] {
            assert!(with(bad).is_err(), "{row:?}: {bad}");
        }
        if row.bounds.starts_with("0, or") {
            with(0).unwrap_or_else(|error| panic!("{row:?}: 0: {error}"));
        }
        tried += 1;
    }
    assert!(tried >= 30, "only {tried} rows have bounds");
}

/// The names come from what is said about a key that nobody knows.
#[test]
fn every_key_is_documented() {
    let document = document();
    let rows = rows(&document);
    for table in [
        "limits", "turns", "uplink", "failover", "lines", "egress", WEBHOOK, BOT,
    ] {
        let toml = format!("[{table}]\nnobody_knows_this = 1");
        let mut known: Vec<_> = match toml::from_str::<Typed>(&toml) {
            Err(error) => {
                let (_, known) = error.message().split_once("expected ").expect("a list");
                let known = known.split('`').skip(1).step_by(2);
                known.map(str::to_owned).collect()
            }
            // A bot's table keeps what it does not know for later.
            Ok(_) => {
                let error = resolve(table, "nobody_knows_this = 1").expect_err("unknown");
                let (_, known) = error.split_once("expected one of ").expect("a list");
                let known = known.lines().next().expect("a line").split(", ");
                known.map(str::to_owned).collect()
            }
        };
        let rows = rows.iter().filter(|row| row.table == table);
        let mut told: Vec<_> = rows.map(|row| row.key).collect();
        known.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, known, "[{table}]");
    }
}
