//! What the agent says: lines with `{slot}` in them, in one or several variants taken in turn.

use std::sync::Arc;

use toml::Value as Toml;

use super::fault::Faults;
use super::kind::Value;
use super::section::{Section, describe, texts_of};
use super::slot::Slot;

/// Something to say.
#[derive(Debug, Clone, Default)]
pub(super) struct Say {
    /// The place of its turn counter in a dialogue.
    turn: usize,
    /// Never empty once read without a fault.
    variants: Vec<Vec<Piece>>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Slot(usize),
}

/// Reads what is to be said and keeps every line of it.
#[derive(Debug, Default)]
pub(super) struct SayReader {
    pub(super) lines: Vec<Arc<str>>,
    /// How many turn counters a dialogue needs.
    pub(super) turns: usize,
}

impl Say {
    /// Appends the variant whose turn it is to `out`, after a blank if something is there.
    pub(super) fn speak(&self, turns: &mut [usize], values: &[Option<Value>], out: &mut String) {
        let Some(turn) = turns.get_mut(self.turn) else {
            return;
        };
        let variant = self.variants.get(*turn % self.variants.len().max(1));
        *turn = turn.wrapping_add(1);
        out.push(' ');
        for piece in variant.into_iter().flatten() {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot(slot) => {
                    let value = values.get(*slot).and_then(Option::as_ref);
                    out.push_str(value.map_or("", |value| &value.spoken));
                }
            }
        }
        *out = without_gaps(out);
    }
}

impl SayReader {
    /// Text, a list of lines said one after another, or `{ one_of = [ … ] }`, each of them text or
    /// a list of lines.
    pub(super) fn read(
        &mut self,
        place: &str,
        value: &Toml,
        slots: &[Slot],
        faults: &mut Faults,
    ) -> Say {
        let mut variants = Vec::new();
        if value.is_table() {
            let mut section = Section::of(place.to_owned(), Some(value), faults);
            let listed = section.value("one_of");
            match listed.and_then(Toml::as_array) {
                Some(list) if !list.is_empty() => {
                    for (index, variant) in list.iter().enumerate() {
                        let place = format!("{place}.one_of[{index}]");
                        variants.push(self.lines(&place, variant, slots, faults));
                    }
                }
                _ => {
                    let got = listed.map_or("nothing".to_owned(), describe);
                    faults.add(format!("{place}.one_of"), "a list with a text", got);
                }
            }
            section.finish(faults);
        } else {
            variants.push(self.lines(place, value, slots, faults));
        }
        let turn = self.turns;
        self.turns += 1;
        Say { turn, variants }
    }

    /// The value of `key` in `section`, if there is one.
    pub(super) fn read_key(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        slots: &[Slot],
        faults: &mut Faults,
    ) -> Option<Say> {
        let value = section.value(key)?;
        Some(self.read(&section.place_of(key), value, slots, faults))
    }

    fn lines(
        &mut self,
        place: &str,
        value: &Toml,
        slots: &[Slot],
        faults: &mut Faults,
    ) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (place, line) in texts_of(place, value, faults) {
            pieces.extend(pieces_of(&place, line, slots, faults));
            pieces.push(Piece::Text(" ".to_owned()));
            self.lines.push(Arc::from(line));
        }
        pieces
    }
}

fn pieces_of(place: &str, line: &str, slots: &[Slot], faults: &mut Faults) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut has_word = false;
    let mut rest = line;
    while let Some((text, after)) = rest.split_once('{') {
        has_word |= text.chars().any(char::is_alphanumeric);
        pieces.push(Piece::Text(text.to_owned()));
        let Some((name, after)) = after.split_once('}') else {
            faults.add(place, "\"}\" after \"{\"", format!("\"{{{after}\""));
            return pieces;
        };
        match slots.iter().position(|slot| slot.name == name) {
            Some(slot) => pieces.push(Piece::Slot(slot)),
            None => {
                let names: Vec<&str> = slots.iter().map(|slot| slot.name.as_str()).collect();
                let expected = format!("a slot ({})", names.join(", "));
                faults.add(place, expected, format!("\"{name}\""));
            }
        }
        rest = after;
    }
    has_word |= rest.chars().any(char::is_alphanumeric);
    if !has_word {
        let expected = "a line with words of its own, for slots may be empty";
        faults.add(place, expected, format!("\"{line}\""));
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}

/// One blank between words and none before a mark: an empty slot leaves no hole.
fn without_gaps(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() && !word.starts_with(['.', ',', '?', '!', ';', ':']) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::kind::Kind;
    use super::*;

    fn spoken(toml: &str, value: Option<&str>, times: usize) -> Result<Vec<String>, String> {
        let table: toml::Table = toml.parse().expect("TOML");
        let slots = [Slot::new("day", Kind::Day)];
        let mut reader = SayReader::default();
        let mut faults = Faults::default();
        let say = reader.read("say", table.get("say").expect("say"), &slots, &mut faults);
        faults
            .into_result(())
            .map_err(|faults| faults.to_string())?;
        let mut turns = vec![0; reader.turns];
        let values = [value.map(|value| Value {
            exact: value.to_owned(),
            spoken: value.to_owned(),
        })];
        Ok((0..times)
            .map(|_| {
                let mut out = String::new();
                say.speak(&mut turns, &values, &mut out);
                out
            })
            .collect())
    }

    #[test]
    fn lines_follow_each_other_and_variants_take_turns() {
        assert_eq!(
            spoken("say = ['One.', 'Two.']", None, 1),
            Ok(vec!["One. Two.".to_owned()])
        );
        assert_eq!(
            spoken("say = { one_of = ['A.', ['B.', 'C.']] }", None, 3),
            Ok(["A.", "B. C.", "A."].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn an_empty_slot_leaves_no_hole() {
        let line = "say = 'A table {day}. See you {day} at noon.'";
        assert_eq!(
            spoken(line, Some("tomorrow"), 1),
            Ok(vec![
                "A table tomorrow. See you tomorrow at noon.".to_owned()
            ])
        );
        assert_eq!(
            spoken(line, None, 1),
            Ok(vec!["A table. See you at noon.".to_owned()])
        );
    }

    #[test]
    fn faults_have_their_place() {
        for (toml, fault) in [
            (
                "say = 3",
                "say: expected text or a list of texts, got the number 3",
            ),
            (
                "say = []",
                "say: expected at least one text, got an empty list",
            ),
            ("say = ['A.', 3]", "say[1]: expected text, got the number 3"),
            ("say = ''", "say: expected a line with words of its own"),
            (
                "say = '{day}'",
                "say: expected a line with words of its own",
            ),
            (
                "say = 'On {date}.'",
                "say: expected a slot (day), got \"date\"",
            ),
            ("say = 'On {day.'", "say: expected \"}\" after \"{\""),
            (
                "say = { one_of = [] }",
                "say.one_of: expected a list with a text",
            ),
            (
                "say = { variants = ['A.'] }",
                "say.variants: expected one of one_of",
            ),
        ] {
            let faults = spoken(toml, None, 1).expect_err(toml);
            assert!(faults.contains(fault), "{toml}: {faults}");
        }
    }
}
