//! The signed bytes of a token: one version byte, the signing key's id, then the claims in postcard's encoding.
//!
//! ```text
//! 01 | key id, 8 bytes | token id, 12 bytes | environment, 0 test, 1 live | org | project | scopes separated by a space
//!    | limits | issued_at_s | expires_at_s - issued_at_s | 0, or 1 and the session's claims:
//!      count of origins, 16 bytes each | single_use, 0 or 1 | 0, or 1 and the label | 0, or 1 and 32 bytes of SHA-256
//! ```
//!
//! Texts are preceded by their length in bytes; lengths, counts and times are LEB128 varints (postcard's wire format,
//! <https://postcard.jamesmunns.com/wire-format>). A new field means a new version byte.

use serde::{Deserialize, Serialize};

use crate::{Claims, Environment, KeyId, OriginHash, Scopes, SessionClaims, TokenId};

const VERSION: u8 = 1;

/// The bytes to sign for `claims` under the key `key_id`; `None` if they cannot be encoded.
///
/// The caller has checked the claims: an expiry before the issue has no encoding.
pub(crate) fn encode(key_id: KeyId, claims: &Claims) -> Option<Vec<u8>> {
    let scopes = claims.scopes.to_string();
    let wire = WireClaims {
        token_id: claims.token_id,
        environment: claims.environment.into(),
        org: &claims.org,
        project: &claims.project,
        scopes: &scopes,
        limits: &claims.limits,
        issued_at_s: claims.issued_at_s,
        lifetime_s: claims.expires_at_s.checked_sub(claims.issued_at_s)?,
        session: claims.session.as_ref().map(|session| WireSession {
            origins: session.origins.clone(),
            single_use: session.single_use,
            label: session.label.as_deref(),
            config_sha256: session.config_sha256,
        }),
    };
    let mut payload = vec![VERSION];
    payload.extend(key_id.0);
    postcard::to_extend(&wire, payload).ok()
}

/// The signer that `payload` names and the encoded claims behind it; `None` for another version or too few bytes.
pub(crate) fn split(payload: &[u8]) -> Option<(KeyId, &[u8])> {
    let (&version, rest) = payload.split_first()?;
    let (&key_id, wire) = rest.split_first_chunk()?;
    (version == VERSION).then_some((KeyId(key_id), wire))
}

/// The claims in `wire`; `None` unless it is exactly one set of claims that keeps every bound.
pub(crate) fn decode(wire: &[u8]) -> Option<Claims> {
    let (wire, rest) = postcard::take_from_bytes::<WireClaims<'_>>(wire).ok()?;
    let claims = Claims {
        token_id: wire.token_id,
        org: wire.org.to_owned(),
        project: wire.project.to_owned(),
        environment: wire.environment.into(),
        scopes: Scopes::parse(wire.scopes).ok()?,
        limits: wire.limits.to_owned(),
        issued_at_s: wire.issued_at_s,
        expires_at_s: wire.issued_at_s.checked_add(wire.lifetime_s)?,
        session: wire.session.map(|session| SessionClaims {
            origins: session.origins,
            single_use: session.single_use,
            label: session.label.map(str::to_owned),
            config_sha256: session.config_sha256,
        }),
    };
    (rest.is_empty() && claims.check().is_ok()).then_some(claims)
}

/// The order of the fields, here and below, is the wire format.
#[derive(Serialize, Deserialize)]
struct WireClaims<'a> {
    token_id: TokenId,
    environment: WireEnvironment,
    org: &'a str,
    project: &'a str,
    scopes: &'a str,
    limits: &'a str,
    issued_at_s: u64,
    lifetime_s: u64,
    #[serde(borrow)]
    session: Option<WireSession<'a>>,
}

#[derive(Serialize, Deserialize)]
struct WireSession<'a> {
    origins: Vec<OriginHash>,
    single_use: bool,
    label: Option<&'a str>,
    config_sha256: Option<[u8; 32]>,
}

#[derive(Serialize, Deserialize)]
enum WireEnvironment {
    Test,
    Live,
}

impl From<Environment> for WireEnvironment {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Test => Self::Test,
            Environment::Live => Self::Live,
        }
    }
}

impl From<WireEnvironment> for Environment {
    fn from(environment: WireEnvironment) -> Self {
        match environment {
            WireEnvironment::Test => Self::Test,
            WireEnvironment::Live => Self::Live,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of the organisation `o` that may do everything from second 1 to second 3.
    const WIRE: &[u8] = b"\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01o\x01p\x01*\x01l\x01\x02\0";

    #[test]
    fn the_least_claims_decode() {
        let claims = decode(WIRE).unwrap();
        assert_eq!(
            (claims.issued_at_s, claims.expires_at_s, claims.session),
            (1, 3, None)
        );
        assert_eq!(claims.environment, Environment::Live);
    }

    #[test]
    fn what_a_signer_should_not_have_signed_is_refused() {
        let head = WIRE.strip_suffix(b"\x01\x02\0").unwrap();
        let with = |tail: &[u8]| decode(&[head, tail].concat());
        assert!(with(b"\x01\x02\0").is_some());
        assert!(with(b"\x01\x02\0\0").is_none(), "a byte too many");
        assert!(with(b"\x01\x02").is_none(), "a byte too few");
        assert!(with(b"\x01\0\0").is_none(), "expired when issued");
        assert!(
            with(b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0").is_none(),
            "an expiry beyond all time"
        );
        let origins = |count: u8| {
            with(
                &[
                    b"\x01\x02\x01",
                    &[count][..],
                    &vec![0; 16 * usize::from(count)],
                    b"\0\0\0",
                ]
                .concat(),
            )
        };
        assert!(origins(8).is_some());
        assert!(origins(9).is_none(), "nine origins");
        assert!(
            with(b"\x01\x02\x01\xff\xff\xff\xff\x0f\0\0\0").is_none(),
            "four thousand million origins"
        );
        let scope = WIRE
            .iter()
            .map(|&byte| if byte == b'*' { b'?' } else { byte })
            .collect::<Vec<_>>();
        assert!(decode(&scope).is_none(), "no scope");
        let org = WIRE
            .iter()
            .map(|&byte| if byte == b'o' { b'\n' } else { byte })
            .collect::<Vec<_>>();
        assert!(decode(&org).is_none(), "an organisation with a line end");
    }

    #[test]
    fn only_this_version_is_split() {
        assert_eq!(
            split(b"\x01keyid678rest"),
            Some((KeyId(*b"keyid678"), &b"rest"[..]))
        );
        assert_eq!(split(b"\x02keyid678rest"), None);
        assert_eq!(split(b"\x01keyid67"), None);
        assert_eq!(split(b""), None);
    }
}
