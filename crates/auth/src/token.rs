//! Keys as they travel: `<prefix>_<test|live>_[sess_]<base64url of payload and signature>`.
//!
//! * The prefix is 1 to 24 letters, digits and `-`; everything before the base64url is the *head*. `sess_` marks a
//!   token with session claims. The payload is described in `payload.rs`; the signature is the last 64 bytes.
//! * What is signed is the head followed by the payload, so that no character of a token can be changed: neither
//!   `test` into `live` nor one prefix into another.
//! * base64url (RFC 4648 section 5) without padding, and only its canonical form.
//! * At most 512 characters, all of them legal in an RFC 7230 token, so that a key can ride in a WebSocket subprotocol.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Claims, Environment, KeyId, Refusal, Revocations, SigningKey, VerifyingKeys, payload};

/// The longest token, in characters, which are all ASCII (PyAI's bound on a key).
pub const MAX_TOKEN_BYTES: usize = 512;
/// The longest prefix.
pub const MAX_PREFIX_BYTES: usize = 24;
/// The prefix when none is configured.
pub const DEFAULT_PREFIX: &str = "trunkline";
/// How far ahead of ours the clock of the minting machine may be. Expiry is exact.
pub const CLOCK_SKEW_S: u64 = 60;

/// Makes the token that says `claims`, signed by `key`.
///
/// # Errors
/// [`MintError`] if a claim is out of bounds or everything together is longer than [`MAX_TOKEN_BYTES`].
pub fn mint(key: &SigningKey, claims: &Claims, prefix: &str) -> Result<String, MintError> {
    if !is_prefix(prefix) {
        return Err(MintError::Prefix {
            len: prefix.len(),
            max: MAX_PREFIX_BYTES,
        });
    }
    claims.check()?;
    let mut token = format!("{prefix}_{}_", claims.environment);
    if claims.session.is_some() {
        token.push_str("sess_");
    }
    let mut body = payload::encode(key.id(), claims).ok_or(MintError::Encode)?;
    body.extend(key.sign(&signed(&token, &body)));
    URL_SAFE_NO_PAD.encode_string(body, &mut token);
    if token.len() > MAX_TOKEN_BYTES {
        return Err(MintError::TooLong {
            len: token.len(),
            max: MAX_TOKEN_BYTES,
        });
    }
    Ok(token)
}

impl VerifyingKeys {
    /// What `token` says, if one of these keys signed it and it is good at `now_s` (Unix seconds).
    ///
    /// Never panics, whatever the text. The length is checked before anything is decoded, and the signature before
    /// the claims are. Scope, origin and single use are the caller's next questions.
    ///
    /// # Errors
    /// [`Refusal`], which never contains any of the token.
    pub fn verify(
        &self,
        token: &str,
        now_s: u64,
        revocations: &Revocations,
    ) -> Result<Claims, Refusal> {
        let opened = Opened::open(token)?;
        let signer = self.get(opened.key_id).ok_or(Refusal::UnknownSigner)?;
        if !signer.has_signed(
            &signed(opened.parts.head, &opened.payload),
            &opened.signature,
        ) {
            return Err(Refusal::BadSignature);
        }
        let claims = opened.claims()?;
        if revocations.contains(claims.token_id) {
            return Err(Refusal::Revoked);
        }
        if claims.issued_at_s > now_s.saturating_add(CLOCK_SKEW_S) {
            return Err(Refusal::NotYetValid {
                issued_at_s: claims.issued_at_s,
            });
        }
        if now_s >= claims.expires_at_s {
            return Err(Refusal::Expired {
                expired_at_s: claims.expires_at_s,
            });
        }
        Ok(claims)
    }
}

/// What a token claims to be, unchecked. For showing to its owner; never a reason to let anyone in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The first word of the token.
    pub prefix: String,
    /// The key it says it was signed by.
    pub key_id: KeyId,
    /// What it says.
    pub claims: Claims,
}

/// Reads a token without checking its signature, its expiry or whether it was revoked.
///
/// # Errors
/// [`Refusal::TooLong`] or [`Refusal::Malformed`].
pub fn inspect(token: &str) -> Result<Inspected, Refusal> {
    let opened = Opened::open(token)?;
    let claims = opened.claims()?;
    Ok(Inspected {
        prefix: opened.parts.prefix.to_owned(),
        key_id: opened.key_id,
        claims,
    })
}

/// Why a token was not made. Lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The prefix is empty, too long or has other characters.
    #[error("expected a prefix of 1 to {max} letters, digits or `-`, got {len} bytes")]
    Prefix {
        /// Its length.
        len: usize,
        /// [`MAX_PREFIX_BYTES`].
        max: usize,
    },
    /// `org`, `project` or `limits` is empty, too long or has other characters.
    #[error("expected {field} to be 1 to {max} letters, digits, `.`, `_` or `-`, got {len} bytes")]
    Name {
        /// Which claim.
        field: &'static str,
        /// Its length.
        len: usize,
        /// [`crate::MAX_NAME_BYTES`].
        max: usize,
    },
    /// The token would expire before it is good.
    #[error(
        "expected an expiry after the issue at {issued_at_s}, got {expires_at_s} (Unix seconds)"
    )]
    Lifetime {
        /// When it is issued.
        issued_at_s: u64,
        /// When it expires.
        expires_at_s: u64,
    },
    /// More origins than a token carries.
    #[error("expected at most {max} origins, got {got}")]
    TooManyOrigins {
        /// How many.
        got: usize,
        /// [`crate::MAX_ORIGINS`].
        max: usize,
    },
    /// The label is empty, too long or has control characters.
    #[error("expected a label of 1 to {max} bytes without control characters, got {len} bytes")]
    Label {
        /// Its length.
        len: usize,
        /// [`crate::MAX_LABEL_BYTES`].
        max: usize,
    },
    /// Each claim is within bounds and all of them together are not.
    #[error(
        "expected a token of at most {max} characters, got {len}: use fewer scopes or a shorter label"
    )]
    TooLong {
        /// The length it would have.
        len: usize,
        /// [`MAX_TOKEN_BYTES`].
        max: usize,
    },
    /// The encoder refused the claims.
    #[error("the claims cannot be encoded")]
    Encode,
}

/// The words of a token, before any decoding.
struct Parts<'a> {
    head: &'a str,
    prefix: &'a str,
    environment: Environment,
    is_session: bool,
    body: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Option<Self> {
        let (prefix, rest) = token
            .split_once('_')
            .filter(|(prefix, _)| is_prefix(prefix))?;
        let (environment, rest) = rest.split_once('_')?;
        let environment = environment.parse().ok()?;
        // A body never begins with `sess_`: its first byte is the version, whose small number encodes as `A`.
        let (is_session, body) = rest
            .strip_prefix("sess_")
            .map_or((false, rest), |body| (true, body));
        let head = token.strip_suffix(body)?;
        Some(Self {
            head,
            prefix,
            environment,
            is_session,
            body,
        })
    }
}

/// A token taken apart, with nothing in it checked but its shape.
struct Opened<'a> {
    parts: Parts<'a>,
    key_id: KeyId,
    payload: Vec<u8>,
    signature: [u8; 64],
}

impl<'a> Opened<'a> {
    fn open(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong {
                len: token.len(),
                max: MAX_TOKEN_BYTES,
            });
        }
        let parts = Parts::split(token).ok_or(Refusal::Malformed)?;
        let mut payload = URL_SAFE_NO_PAD
            .decode(parts.body)
            .map_err(|_| Refusal::Malformed)?;
        let signature: [u8; 64] = *payload.last_chunk().ok_or(Refusal::Malformed)?;
        payload.truncate(payload.len().saturating_sub(signature.len()));
        let (key_id, _) = payload::split(&payload).ok_or(Refusal::Malformed)?;
        Ok(Self {
            parts,
            key_id,
            payload,
            signature,
        })
    }

    fn claims(&self) -> Result<Claims, Refusal> {
        payload::split(&self.payload)
            .and_then(|(_, wire)| payload::decode(wire))
            .filter(|claims| claims.environment == self.parts.environment)
            .filter(|claims| claims.session.is_some() == self.parts.is_session)
            .ok_or(Refusal::Malformed)
    }
}

fn signed(head: &str, payload: &[u8]) -> Vec<u8> {
    [head.as_bytes(), payload].concat()
}

fn is_prefix(prefix: &str) -> bool {
    (1..=MAX_PREFIX_BYTES).contains(&prefix.len())
        && prefix
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A well-signed token whose head is not what its claims call for.
    fn signed_as(head: &str) -> Result<Claims, Refusal> {
        let key = SigningKey::from_seed(&[1; 32]);
        let mut body = vec![1];
        body.extend(key.id().0);
        body.extend(b"\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01o\x01p\x01*\x01l\x01\x02\0");
        body.extend(key.sign(&signed(head, &body)));
        let keys: VerifyingKeys = [key.verifying_key()].into_iter().collect();
        keys.verify(
            &format!("{head}{}", URL_SAFE_NO_PAD.encode(body)),
            2,
            &Revocations::new(),
        )
    }

    #[test]
    fn the_words_of_a_token_agree_with_its_claims() {
        assert!(signed_as("trunkline_live_").is_ok());
        assert_eq!(signed_as("trunkline_test_"), Err(Refusal::Malformed));
        assert_eq!(signed_as("trunkline_live_sess_"), Err(Refusal::Malformed));
    }
}
