//! Text and numbers, as HTML has them.

use std::fmt::{self, Display, Write};

/// Text of somebody else's, in an element or a quoted attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // Not allowed in HTML at all, however written.
                letter if letter.is_control() && !letter.is_whitespace() => {
                    f.write_char('\u{fffd}')?
                }
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

/// A number with so many places, its thousands apart; a dash for none.
pub(super) fn number(value: Option<f64>, places: usize) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        return "–".to_owned();
    };
    let plain = format!("{:.places$}", value.abs());
    let (whole, rest) = match plain.split_once('.') {
        Some((whole, places)) => (whole, format!(".{places}")),
        None => (plain.as_str(), String::new()),
    };
    let sign = if value < 0.0 { "−" } else { "" };
    let mut apart = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    format!("{sign}{apart}{rest}")
}

/// A whole number; a dash for none.
pub(super) fn whole(value: Option<u64>) -> String {
    number(value.map(|value| value as f64), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_for_elements_and_attributes() {
        let written = Text("<script>alert('&\"')</script>\u{0}").to_string();
        assert_eq!(
            written,
            "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\u{fffd}"
        );
        assert_eq!(Text("μ-law, 8 kHz").to_string(), "μ-law, 8 kHz");
    }

    #[test]
    fn numbers_have_their_thousands_apart_and_are_finite() {
        for (value, places, expected) in [
            (0.0, 3, "0.000"),
            (999.0, 0, "999"),
            (1_000.0, 0, "1,000"),
            (1_234_567.891, 1, "1,234,567.9"),
            (-4_096.5, 1, "−4,096.5"),
        ] {
            assert_eq!(number(Some(value), places), expected);
        }
        for none in [None, Some(f64::NAN), Some(f64::INFINITY)] {
            assert_eq!(number(none, 1), "–");
        }
        assert_eq!(whole(Some(60_000)), "60,000");
    }
}
