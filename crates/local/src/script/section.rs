//! One table of a script file, read key by key: knows its place, and reports what it does not know.

use std::ops::RangeInclusive;

use toml::{Table, Value};

use super::fault::Faults;

/// A table and its place. Every key asked for becomes a known key; `finish` reports the others.
#[derive(Debug)]
pub(super) struct Section<'a> {
    place: String,
    table: Option<&'a Table>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a Table) -> Self {
        Self {
            place: String::new(),
            table: Some(table),
            known: Vec::new(),
        }
    }

    /// `value` as a table; an empty one, and a fault, if it is something else.
    pub(super) fn of(place: String, value: Option<&'a Value>, faults: &mut Faults) -> Self {
        let table = value.and_then(|value| {
            let table = value.as_table();
            if table.is_none() {
                faults.add(&place, "a table", describe(value));
            }
            table
        });
        Self {
            place,
            table,
            known: Vec::new(),
        }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn place_of(&self, key: &str) -> String {
        if self.place.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place)
        }
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.and_then(|table| table.get(key))
    }

    pub(super) fn section(&mut self, key: &'static str, faults: &mut Faults) -> Self {
        let value = self.value(key);
        Self::of(self.place_of(key), value, faults)
    }

    pub(super) fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<&'a str> {
        let value = self.value(key)?;
        text_of(&self.place_of(key), value, faults)
    }

    pub(super) fn required_text(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
    ) -> Option<&'a str> {
        if self.value(key).is_none() {
            faults.add(self.place_of(key), "text", "nothing");
        }
        self.text(key, faults)
    }

    /// A whole number within `range`.
    pub(super) fn whole(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u32>,
        faults: &mut Faults,
    ) -> Option<u32> {
        let value = self.value(key)?;
        let number = value
            .as_integer()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            let expected = format!("a number from {} to {}", range.start(), range.end());
            faults.add(self.place_of(key), expected, describe(value));
        }
        number
    }

    pub(super) fn flag(&mut self, key: &'static str, faults: &mut Faults) -> Option<bool> {
        let value = self.value(key)?;
        if value.as_bool().is_none() {
            faults.add(self.place_of(key), "true or false", describe(value));
        }
        value.as_bool()
    }

    /// A list of texts, each with its place; a single text is a list of one.
    pub(super) fn texts(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
    ) -> Vec<(String, &'a str)> {
        let place = self.place_of(key);
        self.value(key)
            .map(|value| texts_of(&place, value, faults))
            .unwrap_or_default()
    }

    /// All entries of a table whose keys are free, each with its place.
    pub(super) fn entries(&self) -> Vec<(&'a str, String, &'a Value)> {
        self.table
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), self.place_of(key), value))
            .collect()
    }

    /// Reports the keys nobody asked for.
    pub(super) fn finish(self, faults: &mut Faults) {
        for (key, place, _) in self.entries() {
            if !self.known.contains(&key) {
                faults.add(
                    place,
                    format!("one of {}", self.known.join(", ")),
                    format!("the unknown key \"{key}\""),
                );
            }
        }
    }
}

pub(super) fn text_of<'a>(place: &str, value: &'a Value, faults: &mut Faults) -> Option<&'a str> {
    if value.as_str().is_none() {
        faults.add(place, "text", describe(value));
    }
    value.as_str()
}

pub(super) fn texts_of<'a>(
    place: &str,
    value: &'a Value,
    faults: &mut Faults,
) -> Vec<(String, &'a str)> {
    let Some(list) = value.as_array() else {
        if value.as_str().is_none() {
            faults.add(place, "text or a list of texts", describe(value));
        }
        return value
            .as_str()
            .map(|text| (place.to_owned(), text))
            .into_iter()
            .collect();
    };
    if list.is_empty() {
        faults.add(place, "at least one text", "an empty list");
    }
    list.iter()
        .enumerate()
        .filter_map(|(index, value)| {
            let place = format!("{place}[{index}]");
            text_of(&place, value, faults).map(|text| (place, text))
        })
        .collect()
}

/// A value as a fault shows it, short.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}\""),
        Value::Integer(number) => format!("the number {number}"),
        Value::Float(number) => format!("the number {number}"),
        Value::Boolean(flag) => format!("{flag}"),
        Value::Datetime(_) => "a date".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}
