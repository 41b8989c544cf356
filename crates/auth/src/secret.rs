//! A value that must not be shown: its `Debug` and `Display` are `***`.

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;

use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;

/// A value that is never printed and is overwritten when dropped.
///
/// Overwriting is best effort: it covers the bytes the value holds when it is dropped, not the copies a growing
/// string or a move may have left behind. It can be read from configuration and deliberately cannot be serialised.
#[derive(Clone)]
pub struct Secret<T: Wipe>(T);

impl<T: Wipe> Secret<T> {
    /// Takes `value` into custody.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that must send or check it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Wipe + AsRef<[u8]>> Secret<T> {
    /// Whether `presented` is this secret, in a time that depends only on the lengths.
    pub fn matches(&self, presented: impl AsRef<[u8]>) -> bool {
        self.0.as_ref().ct_eq(presented.as_ref()).into()
    }
}

impl<T: Wipe> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Wipe> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: Wipe> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de, T: Wipe + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// What a [`Secret`] does to its value before letting go of it.
pub trait Wipe {
    /// Overwrites what this value owns; borrowed bytes are left to their owner.
    fn wipe(&mut self);
}

impl Wipe for [u8] {
    fn wipe(&mut self) {
        self.fill(0);
        // Without a reader the compiler may drop a store to memory that is about to be freed.
        black_box(&*self);
    }
}

impl<const N: usize> Wipe for [u8; N] {
    fn wipe(&mut self) {
        self.as_mut_slice().wipe();
    }
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        self.as_mut_slice().wipe();
    }
}

impl Wipe for String {
    fn wipe(&mut self) {
        std::mem::take(self).into_bytes().wipe();
    }
}

impl Wipe for &str {
    fn wipe(&mut self) {}
}

impl Wipe for Cow<'_, str> {
    fn wipe(&mut self) {
        if let Cow::Owned(text) = self {
            text.wipe();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_format_shows_the_value() {
        let secret = Secret::new(String::from("hunter2"));
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn wiping_leaves_no_byte_of_the_value() {
        let mut seed = [7_u8; 32];
        seed.wipe();
        assert_eq!(seed, [0; 32]);
        let mut text = String::from("hunter2");
        text.wipe();
        assert_eq!(text, "");
        let mut borrowed = Cow::Borrowed("hunter2");
        borrowed.wipe();
        assert_eq!(borrowed, "hunter2");
    }

    #[test]
    fn matches_only_the_same_bytes() {
        let secret = Secret::new(String::from("hunter2"));
        assert!(secret.matches("hunter2"));
        for other in ["", "hunter", "hunter3", "hunter22"] {
            assert!(!secret.matches(other), "{other:?}");
        }
    }

    #[test]
    fn configuration_can_hold_one() {
        let secret: Secret<String> = serde_json::from_str(r#""hunter2""#).unwrap();
        assert!(secret.matches("hunter2"));
    }
}
