//! Identifiers of tokens and of signing keys. Neither is a secret: they are what logs and revocation files name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hex;

/// Names one token: 12 random bytes, written as 24 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenId(pub [u8; 12]);

/// Names one signing key: the first 8 bytes of the SHA-256 of its public key, written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

/// The text is not an identifier of the expected length in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected_digits} hexadecimal digits, got {got_bytes} bytes of something else")]
pub struct InvalidId {
    /// How many digits the identifier has.
    pub expected_digits: usize,
    /// The length of what was given.
    pub got_bytes: usize,
}

macro_rules! hexadecimal {
    ($name:ident, $bytes:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex::write(f, &self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl From<[u8; $bytes]> for $name {
            fn from(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                hex::parse(text).map(Self).ok_or(InvalidId {
                    expected_digits: 2 * $bytes,
                    got_bytes: text.len(),
                })
            }
        }
    };
}

hexadecimal!(TokenId, 12);
hexadecimal!(KeyId, 8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_in_either_case() {
        let id = TokenId([0, 1, 2, 3, 4, 5, 6, 7, 8, 0xab, 0xcd, 0xef]);
        assert_eq!(id.to_string(), "000102030405060708abcdef");
        assert_eq!("000102030405060708ABCDEF".parse(), Ok(id));
        assert_eq!(format!("{id:?}"), "TokenId(000102030405060708abcdef)");
    }

    #[test]
    fn other_lengths_and_letters_are_refused() {
        for text in [
            "",
            "00",
            "000102030405060708abcdeg",
            "000102030405060708abcdef00",
            "é00102030405060708abcd",
        ] {
            assert!(text.parse::<TokenId>().is_err(), "{text:?}");
        }
        assert_eq!(
            "0011".parse::<KeyId>(),
            Err(InvalidId {
                expected_digits: 16,
                got_bytes: 4
            })
        );
    }
}
