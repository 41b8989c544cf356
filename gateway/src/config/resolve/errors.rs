//! What is wrong with a configuration, found table by table.

use std::fmt;
use std::ops::RangeInclusive;

/// Everything wrong with a configuration, each with its place.
#[derive(Debug, Default)]
pub struct ConfigErrors(Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} error(s)", self.0.len())?;
        for error in &self.0 {
            write!(f, "\n  - {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl ConfigErrors {
    pub(super) fn add(&mut self, error: String) {
        self.0.push(error);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The checks of one table; `name` is empty for the file itself.
    pub(super) fn table(&mut self, name: impl Into<String>) -> Table<'_> {
        Table {
            errors: self,
            name: name.into(),
        }
    }
}

/// Checks the values of one table. What is out of bounds is an error, and its default stands in for it.
#[derive(Debug)]
pub(super) struct Table<'a> {
    errors: &'a mut ConfigErrors,
    name: String,
}

impl Table<'_> {
    /// A number within bounds.
    pub(super) fn within(
        &mut self,
        key: &str,
        typed: Option<u64>,
        default: u64,
        bounds: RangeInclusive<u64>,
    ) -> u64 {
        let value = typed.unwrap_or(default);
        if bounds.contains(&value) {
            return value;
        }
        let (from, to) = bounds.into_inner();
        self.wrong(key, format_args!("expected {from} to {to}, got {value}"));
        default
    }

    /// A small number within bounds.
    pub(super) fn count(
        &mut self,
        key: &str,
        typed: Option<u64>,
        default: u32,
        bounds: RangeInclusive<u32>,
    ) -> u32 {
        let (from, to) = bounds.into_inner();
        let value = self.within(key, typed, default.into(), from.into()..=to.into());
        u32::try_from(value).unwrap_or(default)
    }

    /// A number within bounds, or 0 for never.
    pub(super) fn within_or_never(
        &mut self,
        key: &str,
        typed: Option<u64>,
        default: Option<u64>,
        bounds: RangeInclusive<u64>,
    ) -> Option<u64> {
        match typed {
            None => default,
            Some(0) => None,
            Some(value) if bounds.contains(&value) => Some(value),
            Some(value) => {
                let (from, to) = bounds.into_inner();
                self.wrong(
                    key,
                    format_args!("expected 0, or {from} to {to}, got {value}"),
                );
                default
            }
        }
    }

    /// A score or a level within bounds.
    pub(super) fn level(
        &mut self,
        key: &str,
        typed: Option<f64>,
        default: f32,
        bounds: RangeInclusive<f64>,
    ) -> f32 {
        match typed {
            None => default,
            Some(value) if bounds.contains(&value) => value as f32,
            Some(value) => {
                let (from, to) = bounds.into_inner();
                self.wrong(key, format_args!("expected {from} to {to}, got {value}"));
                default
            }
        }
    }

    /// The value of this key is wrong.
    pub(super) fn wrong(&mut self, key: &str, what: impl fmt::Display) {
        let dot = if self.name.is_empty() { "" } else { "." };
        self.errors.add(format!("{}{dot}{key}: {what}", self.name));
    }
}
