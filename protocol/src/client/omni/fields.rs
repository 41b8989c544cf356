//! Typed fields of a control object. Every failure names its field.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::Fault;
use crate::json::{Object, Text, kind};

/// A control object and the path its fields are reported under.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    object: Object<'a>,
    /// Empty for the message itself, `tools[2].` within.
    path: String,
}

impl<'a> Fields<'a> {
    pub(super) fn new(object: Object<'a>, path: String) -> Self {
        Self { object, path }
    }

    /// Every key of the object, in the order of the message.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.object.iter().map(|(name, _)| name)
    }

    /// A string, borrowed unless it holds escapes. `null` counts as absent.
    pub(super) fn text(&self, key: &str) -> Result<Option<Cow<'a, str>>, Fault> {
        self.object
            .get(key)
            .map(|raw| string(raw).ok_or_else(|| self.bad(key, "a string")))
            .transpose()
    }

    /// As [`Fields::text`], owned.
    pub(super) fn owned(&self, key: &str) -> Result<Option<String>, Fault> {
        Ok(self.text(key)?.map(Cow::into_owned))
    }

    /// A string that must be there.
    pub(super) fn required(&self, key: &str) -> Result<Cow<'a, str>, Fault> {
        self.text(key)?.ok_or_else(|| self.bad(key, "a string"))
    }

    /// A number of type `T`.
    pub(super) fn number<T>(&self, key: &str, expected: &'static str) -> Result<Option<T>, Fault>
    where
        T: serde::de::DeserializeOwned,
    {
        self.object
            .get(key)
            .map(|raw| serde_json::from_str(raw.get()).map_err(|_| self.bad(key, expected)))
            .transpose()
    }

    /// The value of `key` as it was written. `null` counts as absent.
    pub(super) fn raw(&self, key: &str) -> Option<&'a RawValue> {
        self.object.get(key)
    }

    /// As [`Fields::raw`], but `null` is a value.
    pub(super) fn raw_or_null(&self, key: &str) -> Option<&'a RawValue> {
        self.object.get_or_null(key)
    }

    /// The fault for `key`, which was to be `expected`.
    pub(super) fn bad(&self, key: &str, expected: &'static str) -> Fault {
        Fault::BadField {
            field: format!("{}{key}", self.path),
            expected,
            got: self.object.get_or_null(key).map_or("nothing", kind),
        }
    }
}

fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    if !raw.get().starts_with('"') {
        return None;
    }
    serde_json::from_str(raw.get()).ok().map(|Text(text)| text)
}
