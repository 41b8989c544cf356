//! The signer and the claims that the tests share.

use trunkline_auth::{Claims, Environment, Origin, Scopes, SessionClaims, SigningKey, TokenId};

/// 2026-01-01T00:00:00Z.
pub(crate) const ISSUED_AT_S: u64 = 1_767_225_600;

/// The key of the seed 0, 1, 2, … 31.
pub(crate) fn signer() -> SigningKey {
    let mut seed = [0; 32];
    seed.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
    SigningKey::from_seed(&seed)
}

/// A sandbox key that is good for a year.
pub(crate) fn key_claims() -> Claims {
    Claims {
        token_id: TokenId([16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27]),
        org: "acme".into(),
        project: "demo".into(),
        environment: Environment::Test,
        scopes: Scopes::parse("omni:*, hear:stream").unwrap(),
        limits: "default".into(),
        issued_at_s: ISSUED_AT_S,
        expires_at_s: ISSUED_AT_S + 365 * 86_400,
        session: None,
    }
}

/// A production token for one browser session, good for a minute, bound to the configuration `{"voice":"ava"}`.
pub(crate) fn session_claims() -> Claims {
    Claims {
        environment: Environment::Live,
        scopes: Scopes::parse("omni:session").unwrap(),
        expires_at_s: ISSUED_AT_S + 60,
        session: Some(SessionClaims {
            origins: ["https://acme.com", "http://localhost:5173"]
                .map(|origin| Origin::parse(origin).unwrap().hash())
                .into(),
            single_use: true,
            label: Some("support".into()),
            config_sha256: Some([
                0x0d, 0x12, 0x9d, 0x88, 0x92, 0x3e, 0x0c, 0xee, 0x33, 0x30, 0xe7, 0xbc, 0x3a, 0xc7,
                0x85, 0x55, 0x78, 0xf6, 0x1a, 0x5b, 0xef, 0x8b, 0xe0, 0xc4, 0x74, 0x71, 0xdb, 0xa0,
                0x62, 0xa5, 0xeb, 0x21,
            ]),
        }),
        ..key_claims()
    }
}
