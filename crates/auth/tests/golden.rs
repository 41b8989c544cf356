//! Tokens written independently of this crate: the payload by hand from the format's description, in Python, signed
//! with both `cryptography` and PyNaCl, which agreed.

mod sample;

use sample::{ISSUED_AT_S, key_claims, session_claims, signer};
use trunkline_auth::{Refusal, Revocations, VerifyingKeys, inspect, mint};

const KEY: &str = "trunkline_test_AVZHWqdUY0dMEBESExQVFhcYGRobAARhY21lBGRlbW8SaGVhcjpzdHJlYW0gb21uaToqB2RlZmF1bHSA8tbKBoDnhA8ASTwZd92WXsdxeSxpuxo3p23M5JFIQyLboVMipAOdOB1679_1xrz_en7FCN-3fZa8rWwhsULabxIytGY-CSgdCA";
const SESSION: &str = "acme-1_live_sess_AVZHWqdUY0dMEBESExQVFhcYGRobAQRhY21lBGRlbW8Mb21uaTpzZXNzaW9uB2RlZmF1bHSA8tbKBjwBAjxt83pH45Dq2rweUXPqwFROkOyPnZuNW9OHesADeXc4AQEHc3VwcG9ydAENEp2Ikj4M7jMw57w6x4VVePYaW--L4MR0cdugYqXrIeAqWy51z-LvRUanqFX8pAsHFnWg1t2qBNhuA32Jx_8X_Xw-N1CuhbzYejJdl8DXxECALMOiMMmopRfXzaQn4Q0";

fn keys() -> VerifyingKeys {
    VerifyingKeys::from_lines(
        "trunkline-ed25519-public-1 A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
    )
    .unwrap()
}

#[test]
fn minting_gives_the_golden_tokens() {
    assert_eq!(
        mint(&signer(), &key_claims(), "trunkline").as_deref(),
        Ok(KEY)
    );
    assert_eq!(
        mint(&signer(), &session_claims(), "acme-1").as_deref(),
        Ok(SESSION)
    );
}

#[test]
fn the_golden_tokens_verify() {
    let none = Revocations::new();
    assert_eq!(keys().verify(KEY, ISSUED_AT_S, &none), Ok(key_claims()));
    assert_eq!(
        keys().verify(SESSION, ISSUED_AT_S, &none),
        Ok(session_claims())
    );
}

#[test]
fn the_signer_has_the_golden_lines() {
    assert_eq!(
        signer().to_line().expose(),
        "trunkline-ed25519-1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    );
    assert_eq!(signer().id().to_string(), "56475aa75463474c");
}

#[test]
fn inspection_needs_no_key_and_no_clock() {
    let inspected = inspect(SESSION).unwrap();
    assert_eq!(
        (inspected.prefix.as_str(), inspected.key_id),
        ("acme-1", signer().id())
    );
    assert_eq!(inspected.claims, session_claims());
}

#[test]
fn other_words_around_a_good_body_are_refused() {
    let body = KEY.strip_prefix("trunkline_test_").unwrap();
    let table = [
        (format!("trunkline_live_{body}"), Refusal::BadSignature),
        (format!("trunklinE_test_{body}"), Refusal::BadSignature),
        (format!("trunkline_test_sess_{body}"), Refusal::BadSignature),
        (format!("trunkline_prod_{body}"), Refusal::Malformed),
        (format!("_test_{body}"), Refusal::Malformed),
        (format!("trunk.line_test_{body}"), Refusal::Malformed),
        (
            format!("{}_test_{body}", "p".repeat(25)),
            Refusal::Malformed,
        ),
        (format!("trunkline_test_{body}="), Refusal::Malformed),
        (format!(" {KEY}"), Refusal::Malformed),
        (format!("{KEY}\n"), Refusal::Malformed),
        (body.to_owned(), Refusal::Malformed),
    ];
    for (token, expected) in table {
        assert_eq!(
            keys().verify(&token, ISSUED_AT_S, &Revocations::new()),
            Err(expected),
            "{token:?}"
        );
    }
}
