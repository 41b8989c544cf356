//! A strict reader of Prometheus' text format 0.0.4.

use std::collections::BTreeMap;

/// Samples by name and labels as they are written, `name{label="value"}`.
pub type Samples = BTreeMap<String, f64>;

/// Reads a page.
///
/// # Errors
/// The first line that breaks the format, and how.
pub fn parse(page: &str) -> Result<Samples, String> {
    if !page.ends_with('\n') {
        return Err("expected a line end behind the last line".to_owned());
    }
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut samples = Samples::new();
    for line in page.lines().filter(|line| !line.is_empty()) {
        let bad = |why: &str| Err(format!("{why}: {line:?}"));
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (Some("HELP"), Some(name), Some(_)) if is_name(name) => {}
                (Some("TYPE"), Some(name), Some("counter" | "gauge" | "histogram" | "summary")) => {
                    if types.insert(name, comment).is_some() {
                        return bad("a second TYPE");
                    }
                }
                _ => return bad("neither HELP nor TYPE"),
            }
            continue;
        }
        let Some((series, value)) = line.rsplit_once(' ') else {
            return bad("no value");
        };
        let Ok(value) = value.parse::<f64>() else {
            return bad("not a number");
        };
        let (name, labels) = series
            .find('{')
            .and_then(|at| series.split_at_checked(at))
            .unwrap_or((series, ""));
        if !is_name(name) || !are_labels(labels) {
            return bad("not a series");
        }
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .filter(|family| types.contains_key(family))
            .unwrap_or(name);
        if !types.contains_key(family) {
            return bad("a sample before its TYPE");
        }
        if samples.insert(series.to_owned(), value).is_some() {
            return bad("a second sample of a series");
        }
    }
    Ok(samples)
}

fn is_name(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    !text.is_empty() && text.chars().all(legal) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// `{name="value",…}` or nothing. Values here hold neither quotes nor commas.
fn are_labels(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
    inner.is_some_and(|inner| {
        inner.split(',').all(|label| {
            label.split_once('=').is_some_and(|(name, value)| {
                is_name(name) && value.len() >= 2 && value.starts_with('"') && value.ends_with('"')
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_format_is_found() {
        let good = "# HELP a_total Things.\n# TYPE a_total counter\na_total{k=\"v\"} 3\n";
        let samples = parse(good).expect("well formed");
        assert_eq!(samples.get("a_total{k=\"v\"}"), Some(&3.0));
        for bad in [
            "a_total 3\n",
            "# TYPE a_total counter\na_total three\n",
            "# TYPE a_total counter\na_total{k=v} 3\n",
            "# TYPE a_total counter\na_total 3\na_total 4\n",
            "# TYPE a_total counter\n# TYPE a_total counter\n",
            "# TYPE a_total counter\na_total 3",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
