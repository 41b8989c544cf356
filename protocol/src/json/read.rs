//! Lenient, borrowing readers. Carriers disagree about strings and numbers; the audio path must not allocate.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A scalar as text: borrowed from the message unless the string holds escapes (`\/` in base64 from some senders);
/// a number or boolean becomes its text.
#[derive(Debug)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

/// A counter that a peer may write as a number or as a string of digits. Anything else counts as absent.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Count(pub(crate) Option<u64>);

/// A JSON object whose values have been checked for grammar and not yet read.
#[derive(Debug)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// More keys than any message of ours has: an object beyond it is refused, so that keys cannot be used to
    /// multiply the memory of a message.
    const MAX_KEYS: usize = 128;

    /// Reads `text`, which must be one object.
    pub(crate) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The value of `key`; the last one where the key is repeated. `null` counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.get_or_null(key).filter(|raw| raw.get() != "null")
    }

    /// As [`Object::get`], but an explicit `null` is a value.
    pub(crate) fn get_or_null(&self, key: &str) -> Option<&'a RawValue> {
        self.iter()
            .rev()
            .find(|(name, _)| *name == key)
            .map(|(_, raw)| raw)
    }

    /// Every key with its value, in the order of the message.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }
}

/// What a value is, for a fault that says expected and got.
pub(crate) fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Text)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor).map(Count)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor).map(Object)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(if flag { "true" } else { "false" }))
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a string of digits")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_i64<E: Error>(self, _negative: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _fraction: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _flag: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<Self::Value, E> {
        Ok(digits.parse().ok())
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some((Text(name), raw)) = map.next_entry()? {
            if fields.len() == Object::MAX_KEYS {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Err(A::Error::custom("more than 128 keys"));
            }
            fields.push((name, raw));
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_borrows_and_escaped_text_is_unescaped() {
        let plain: Text<'_> = serde_json::from_str(r#""//8=""#).unwrap();
        assert!(matches!(plain.0, Cow::Borrowed("//8=")));
        let escaped: Text<'_> = serde_json::from_str(r#""\/\/8=""#).unwrap();
        assert_eq!(escaped.0, "//8=");
    }

    #[test]
    fn counts_take_numbers_and_digits_and_nothing_else() {
        let count = |json| serde_json::from_str::<Count>(json).unwrap().0;
        assert_eq!(count("7"), Some(7));
        assert_eq!(count(r#""7""#), Some(7));
        assert_eq!(count(r#""seven""#), None);
        assert_eq!(count("-7"), None);
        assert_eq!(count("7.5"), None);
        assert_eq!(count("null"), None);
    }

    #[test]
    fn the_last_of_a_repeated_key_wins_and_null_is_absent() {
        let object = Object::parse(r#"{"a":1,"a":2,"b":null}"#).unwrap();
        assert_eq!(object.get("a").unwrap().get(), "2");
        assert!(object.get("b").is_none());
        assert_eq!(object.get_or_null("b").unwrap().get(), "null");
    }

    #[test]
    fn an_object_of_too_many_keys_is_refused() {
        let keys = |n: usize| format!("{{{}}}", vec![r#""k":0"#; n].join(","));
        assert!(Object::parse(&keys(128)).is_ok());
        assert!(Object::parse(&keys(129)).is_err());
    }
}
