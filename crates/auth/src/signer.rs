//! The keys that sign tokens and the keys that check them: Ed25519 (RFC 8032).
//!
//! Each has a text form of one line, for a file: `trunkline-ed25519-1 <base64url of the 32-byte seed>` is the secret,
//! `trunkline-ed25519-public-1 <base64url of the 32-byte public key>` is what other nodes need.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _};
use sha2::{Digest, Sha256};

use crate::{KeyId, Secret};

const SEED_FORMAT: &str = "trunkline-ed25519-1";
const PUBLIC_FORMAT: &str = "trunkline-ed25519-public-1";

/// A key that signs tokens. Its `Debug` is `***` and it is overwritten when dropped.
#[derive(Clone)]
pub struct SigningKey {
    inner: ed25519_dalek::SigningKey,
    id: KeyId,
}

impl SigningKey {
    /// The key of a 32-byte seed, which must come from a source of secret randomness.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let inner = ed25519_dalek::SigningKey::from_bytes(seed);
        let id = key_id(&inner.verifying_key());
        Self { inner, id }
    }

    /// Reads the line that [`Self::to_line`] wrote; white space around it is ignored.
    ///
    /// # Errors
    /// [`KeyLineError`]; it never contains any of the line.
    pub fn from_line(line: &str) -> Result<Self, KeyLineError> {
        let seed = Secret::new(parse_line(line, SEED_FORMAT)?);
        Ok(Self::from_seed(seed.expose()))
    }

    /// The line to keep in a file that only the gateway can read, without a line end.
    pub fn to_line(&self) -> Secret<String> {
        let seed = Secret::new(self.inner.to_bytes());
        Secret::new(format!(
            "{SEED_FORMAT} {}",
            URL_SAFE_NO_PAD.encode(seed.expose())
        ))
    }

    /// Which key this is.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The public half, which checks what this key signs.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey {
            inner: self.inner.verifying_key(),
            id: self.id,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.inner.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The public half of a [`SigningKey`]. Not a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    inner: ed25519_dalek::VerifyingKey,
    id: KeyId,
}

impl VerifyingKey {
    /// The key of 32 public bytes.
    ///
    /// # Errors
    /// [`KeyLineError::NotAKey`] if they are no point of the curve, or one under which forgeries are possible.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyLineError> {
        let inner =
            ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyLineError::NotAKey)?;
        if inner.is_weak() {
            return Err(KeyLineError::NotAKey);
        }
        Ok(Self {
            id: key_id(&inner),
            inner,
        })
    }

    /// Reads the line that [`Self::to_line`] wrote; white space around it is ignored.
    ///
    /// # Errors
    /// [`KeyLineError`]; it never contains any of the line.
    pub fn from_line(line: &str) -> Result<Self, KeyLineError> {
        Self::from_bytes(&parse_line(line, PUBLIC_FORMAT)?)
    }

    /// The line to hand to nodes that only check tokens, without a line end.
    pub fn to_line(&self) -> String {
        format!(
            "{PUBLIC_FORMAT} {}",
            URL_SAFE_NO_PAD.encode(self.inner.as_bytes())
        )
    }

    /// Which key this is.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Strict verification: one signature has one accepted encoding.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.inner
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The keys whose tokens are accepted. Several are live at once, so that a new one can take over while tokens of the
/// old one run out.
#[derive(Debug, Clone, Default)]
pub struct VerifyingKeys(BTreeMap<KeyId, VerifyingKey>);

impl VerifyingKeys {
    /// No keys: nothing verifies.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Reads a file of public key lines; blank lines and lines that begin with `#` are skipped.
    ///
    /// # Errors
    /// The number of the first bad line, from 1, and what is wrong with it.
    pub fn from_lines(text: &str) -> Result<Self, (usize, KeyLineError)> {
        let numbered = (1..).zip(text.lines().map(str::trim));
        numbered
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(number, line)| VerifyingKey::from_line(line).map_err(|error| (number, error)))
            .collect()
    }

    /// Accepts tokens of `key` from now on.
    pub fn add(&mut self, key: VerifyingKey) {
        self.0.insert(key.id(), key);
    }

    /// Refuses tokens of the key from now on; says whether it was there.
    pub fn remove(&mut self, id: KeyId) -> bool {
        self.0.remove(&id).is_some()
    }

    /// How many keys are live.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing verifies.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The live keys, by id.
    pub fn iter(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.0.values()
    }

    pub(crate) fn get(&self, id: KeyId) -> Option<&VerifyingKey> {
        self.0.get(&id)
    }
}

impl FromIterator<VerifyingKey> for VerifyingKeys {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(keys: I) -> Self {
        Self(keys.into_iter().map(|key| (key.id(), key)).collect())
    }
}

/// Why a line is not a key. Never contains any of the line, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyLineError {
    /// The line does not begin with the name of the format.
    #[error("expected a line of the form `{expected} <base64url>`")]
    Format {
        /// The name of the format.
        expected: &'static str,
    },
    /// The second word is not base64url without padding.
    #[error("the key is not base64url without padding")]
    Base64,
    /// The key has another length.
    #[error("expected a key of 32 bytes, got {got}")]
    Length {
        /// Bytes decoded.
        got: usize,
    },
    /// The 32 bytes are not a usable public key.
    #[error("the 32 bytes are not a usable Ed25519 public key")]
    NotAKey,
}

fn key_id(key: &ed25519_dalek::VerifyingKey) -> KeyId {
    let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    let mut id = [0; 8];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    KeyId(id)
}

fn parse_line(line: &str, format: &'static str) -> Result<[u8; 32], KeyLineError> {
    let mut words = line.split_ascii_whitespace();
    let (Some(name), Some(encoded), None) = (words.next(), words.next(), words.next()) else {
        return Err(KeyLineError::Format { expected: format });
    };
    if name != format {
        return Err(KeyLineError::Format { expected: format });
    }
    let bytes = Secret::new(
        URL_SAFE_NO_PAD
            .decode(encoded)
            .map_err(|_| KeyLineError::Base64)?,
    );
    let bytes = bytes.expose().as_slice();
    bytes
        .try_into()
        .map_err(|_| KeyLineError::Length { got: bytes.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032 section 7.1, test 1: seed and public key.
    const SEED: [u8; 32] = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c,
        0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae,
        0x7f, 0x60,
    ];
    const PUBLIC_LINE: &str =
        "trunkline-ed25519-public-1 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn lines_round_trip() {
        let key = SigningKey::from_seed(&SEED);
        let line = key.to_line();
        assert_eq!(
            line.expose(),
            "trunkline-ed25519-1 nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
        );
        let again = SigningKey::from_line(&format!(" {}\n", line.expose())).unwrap();
        assert_eq!(again.id(), key.id());
        assert_eq!(again.sign(b"x"), key.sign(b"x"));
        assert_eq!(key.verifying_key().to_line(), PUBLIC_LINE);
        assert_eq!(
            VerifyingKey::from_line(PUBLIC_LINE),
            Ok(key.verifying_key())
        );
    }

    #[test]
    fn bad_lines_are_refused_without_repeating_them() {
        let format = KeyLineError::Format {
            expected: SEED_FORMAT,
        };
        let table = [
            ("", format.clone()),
            ("trunkline-ed25519-1", format.clone()),
            ("trunkline-ed25519-2 nWGx", format.clone()),
            ("trunkline-ed25519-1 nWGx more", format.clone()),
            (PUBLIC_LINE, format),
            ("trunkline-ed25519-1 nWGx=", KeyLineError::Base64),
            ("trunkline-ed25519-1 nWGx+/", KeyLineError::Base64),
            ("trunkline-ed25519-1 nWGx", KeyLineError::Length { got: 3 }),
        ];
        for (line, expected) in table {
            let error = SigningKey::from_line(line).unwrap_err();
            assert_eq!(error, expected, "{line}");
            assert!(!format!("{error} {error:?}").contains("nWGx"));
        }
        // The neutral element: every message has a valid signature under it.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(
            VerifyingKey::from_bytes(&neutral),
            Err(KeyLineError::NotAKey)
        );
    }

    #[test]
    fn a_file_of_keys() {
        let other = SigningKey::from_seed(&[7; 32]).verifying_key();
        let text = format!("# keys\n\n{PUBLIC_LINE}\r\n  {}\n", other.to_line());
        let mut keys = VerifyingKeys::from_lines(&text).unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.get(other.id()), Some(&other));
        assert!(keys.remove(other.id()) && !keys.remove(other.id()));
        let error = VerifyingKeys::from_lines(&format!("#\n{PUBLIC_LINE}\nx y")).unwrap_err();
        assert_eq!(
            error,
            (
                3,
                KeyLineError::Format {
                    expected: PUBLIC_FORMAT
                }
            )
        );
    }
}
