//! When a token is good, for whom, and for what.

mod sample;

use sample::{ISSUED_AT_S, key_claims, session_claims, signer};
use trunkline_auth::{
    CLOCK_SKEW_S, Claims, DEFAULT_PREFIX, MAX_TOKEN_BYTES, MintError, OriginHash, Refusal,
    Revocation, Revocations, Scopes, SessionClaims, SigningKey, VerifyingKeys, mint,
};

fn verify(claims: &Claims, now_s: u64, revocations: &Revocations) -> Result<Claims, Refusal> {
    let keys: VerifyingKeys = [signer().verifying_key()].into_iter().collect();
    keys.verify(
        &mint(&signer(), claims, DEFAULT_PREFIX).unwrap(),
        now_s,
        revocations,
    )
}

#[test]
fn a_token_is_good_from_its_issue_less_the_skew_until_its_expiry() {
    let claims = session_claims();
    let at = |now_s| verify(&claims, now_s, &Revocations::new()).map(drop);
    let early = Refusal::NotYetValid {
        issued_at_s: ISSUED_AT_S,
    };
    let late = Refusal::Expired {
        expired_at_s: ISSUED_AT_S + 60,
    };
    assert_eq!(at(0), Err(early.clone()));
    assert_eq!(at(ISSUED_AT_S - CLOCK_SKEW_S - 1), Err(early));
    assert_eq!(at(ISSUED_AT_S - CLOCK_SKEW_S), Ok(()));
    assert_eq!(at(ISSUED_AT_S + 59), Ok(()));
    assert_eq!(at(ISSUED_AT_S + 60), Err(late.clone()));
    assert_eq!(at(u64::MAX), Err(late));
}

#[test]
fn a_revoked_token_is_refused_and_others_are_not() {
    let mut revocations = Revocations::new();
    let mut other = key_claims();
    other.token_id.0[0] ^= 1;
    revocations.insert(Revocation {
        token_id: other.token_id,
        expires_at_s: None,
    });
    assert_eq!(
        verify(&key_claims(), ISSUED_AT_S, &revocations),
        Ok(key_claims())
    );
    assert_eq!(
        verify(&other, ISSUED_AT_S, &revocations),
        Err(Refusal::Revoked)
    );
}

#[test]
fn keys_are_live_side_by_side_and_go_one_by_one() {
    let (old, new) = (signer(), SigningKey::from_seed(&[9; 32]));
    let token = |key: &SigningKey| mint(key, &key_claims(), DEFAULT_PREFIX).unwrap();
    let mut keys: VerifyingKeys = [old.verifying_key(), new.verifying_key()]
        .into_iter()
        .collect();
    let check = |keys: &VerifyingKeys, key| {
        keys.verify(&token(key), ISSUED_AT_S, &Revocations::new())
            .map(drop)
    };
    assert_eq!((check(&keys, &old), check(&keys, &new)), (Ok(()), Ok(())));
    assert!(keys.remove(old.id()));
    assert_eq!(
        (check(&keys, &old), check(&keys, &new)),
        (Err(Refusal::UnknownSigner), Ok(()))
    );
    assert_eq!(
        check(&VerifyingKeys::new(), &new),
        Err(Refusal::UnknownSigner)
    );
}

#[test]
fn a_session_token_is_tied_to_its_origins() {
    let claims = session_claims();
    for origin in [
        "https://acme.com",
        "HTTPS://ACME.COM:443",
        "http://localhost:5173",
    ] {
        assert_eq!(claims.check_origin(Some(origin)), Ok(()), "{origin}");
    }
    for origin in [
        "http://acme.com",
        "https://acme.com:444",
        "https://acme.com.evil.example",
        "null",
        "*",
        "",
        "nonsense",
    ] {
        assert_eq!(
            claims.check_origin(Some(origin)),
            Err(Refusal::OriginNotAllowed),
            "{origin}"
        );
    }
    assert_eq!(claims.check_origin(None), Err(Refusal::OriginMissing));
}

#[test]
fn a_key_is_good_from_anywhere() {
    let untied = Claims {
        session: Some(SessionClaims::default()),
        ..key_claims()
    };
    for claims in [key_claims(), untied] {
        assert_eq!(
            (
                claims.check_origin(None),
                claims.check_origin(Some("https://evil.example"))
            ),
            (Ok(()), Ok(()))
        );
    }
}

#[test]
fn scopes_are_asked_for_by_name() {
    let claims = key_claims();
    assert_eq!(claims.require("omni:session"), Ok(()));
    assert_eq!(claims.require_any(&["flow:session", "hear:stream"]), Ok(()));
    let refusal = claims.require_any(&["voice:clone", "voice:design"]);
    assert_eq!(
        refusal,
        Err(Refusal::InsufficientScope {
            needed: "voice:clone".into()
        })
    );
    assert!(claims.require_any(&[]).is_err());
}

#[test]
fn a_session_configuration_is_the_one_that_was_minted() {
    assert_eq!(session_claims().check_config(br#"{"voice":"ava"}"#), Ok(()));
    assert_eq!(
        session_claims().check_config(br#"{"voice":"bob"}"#),
        Err(Refusal::ConfigMismatch)
    );
    assert_eq!(key_claims().check_config(b"anything"), Ok(()));
}

#[test]
fn claims_out_of_bounds_are_not_minted() {
    let with = |change: fn(&mut Claims)| {
        let mut claims = session_claims();
        change(&mut claims);
        mint(&signer(), &claims, DEFAULT_PREFIX).unwrap_err()
    };
    let session = |claims: &mut Claims, session: SessionClaims| claims.session = Some(session);
    assert_eq!(
        with(|claims| claims.org.clear()),
        MintError::Name {
            field: "org",
            len: 0,
            max: 64
        }
    );
    assert_eq!(
        with(|claims| claims.project = "a b".into()),
        MintError::Name {
            field: "project",
            len: 3,
            max: 64
        }
    );
    assert_eq!(
        with(|claims| claims.limits = "x".repeat(65)),
        MintError::Name {
            field: "limits",
            len: 65,
            max: 64
        }
    );
    assert_eq!(
        with(|claims| claims.expires_at_s = claims.issued_at_s),
        MintError::Lifetime {
            issued_at_s: ISSUED_AT_S,
            expires_at_s: ISSUED_AT_S
        }
    );
    let mut claims = key_claims();
    session(
        &mut claims,
        SessionClaims {
            origins: vec![OriginHash([0; 16]); 9],
            ..SessionClaims::default()
        },
    );
    assert_eq!(
        mint(&signer(), &claims, DEFAULT_PREFIX),
        Err(MintError::TooManyOrigins { got: 9, max: 8 })
    );
    for (label, len) in [
        (String::new(), 0),
        ("a\nb".into(), 3),
        ("é".repeat(129), 258),
    ] {
        session(
            &mut claims,
            SessionClaims {
                label: Some(label),
                ..SessionClaims::default()
            },
        );
        assert_eq!(
            mint(&signer(), &claims, DEFAULT_PREFIX),
            Err(MintError::Label { len, max: 256 })
        );
    }
    for prefix in ["", "a_b", "a.b", "é", &"p".repeat(25)] {
        let error = MintError::Prefix {
            len: prefix.len(),
            max: 24,
        };
        assert_eq!(
            mint(&signer(), &key_claims(), prefix),
            Err(error),
            "{prefix}"
        );
    }
}

#[test]
fn eight_origins_a_configuration_and_a_label_fit_and_no_token_is_longer_than_promised() {
    let mut claims = session_claims();
    claims.org = "org_0123456789abcdef".into();
    claims.project = "proj_0123456789ab".into();
    let token = |claims: &mut Claims, label: usize| {
        claims.session = Some(SessionClaims {
            origins: vec![OriginHash([0xff; 16]); 8],
            single_use: true,
            label: Some("l".repeat(label)),
            config_sha256: Some([0xff; 32]),
        });
        mint(&signer(), claims, DEFAULT_PREFIX)
    };
    let fits = token(&mut claims, 32).unwrap();
    assert!(
        (480..=MAX_TOKEN_BYTES).contains(&fits.len()),
        "{}",
        fits.len()
    );
    let longest = (32..=256)
        .take_while(|&label| token(&mut claims, label).is_ok())
        .last()
        .unwrap();
    let Err(MintError::TooLong {
        len,
        max: MAX_TOKEN_BYTES,
    }) = token(&mut claims, longest + 1)
    else {
        panic!("expected a token that is too long");
    };
    assert!(len > MAX_TOKEN_BYTES);
}

#[test]
fn too_long_a_text_is_refused_by_its_length_alone() {
    let keys: VerifyingKeys = [signer().verifying_key()].into_iter().collect();
    let verify = |len: usize| keys.verify(&"A".repeat(len), ISSUED_AT_S, &Revocations::new());
    assert_eq!(verify(513), Err(Refusal::TooLong { len: 513, max: 512 }));
    assert_eq!(
        verify(100_000),
        Err(Refusal::TooLong {
            len: 100_000,
            max: 512
        })
    );
    assert_eq!(verify(512), Err(Refusal::Malformed));
}

#[test]
fn a_key_may_carry_a_dozen_scopes() {
    let list: Vec<_> = (10..22).map(|n| format!("telephony:{n}abc")).collect();
    let claims = Claims {
        scopes: Scopes::parse(&list.join(" ")).unwrap(),
        ..key_claims()
    };
    assert_eq!(
        verify(&claims, ISSUED_AT_S, &Revocations::new()),
        Ok(claims)
    );
}
