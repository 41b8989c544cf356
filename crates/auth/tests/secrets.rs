//! No text that this crate makes of its values contains a seed or a token.

mod sample;

use std::fmt::Debug;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sample::{ISSUED_AT_S, key_claims, session_claims, signer};
use trunkline_auth::{
    KeyLineError, Request, Revocation, Revocations, Scopes, SigningKey, VerifyingKey,
    VerifyingKeys, inspect, mint,
};

/// Both `Debug` forms, without any white space that could hide a match.
fn debug(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}").split_whitespace().collect()
}

fn assert_hides(secret: &str, texts: &[String]) {
    for text in texts {
        for start in 0..secret.len() - 8 {
            let piece = secret.get(start..start + 8).unwrap();
            assert!(!text.contains(piece), "{piece} of {secret} in {text}");
        }
    }
}

#[test]
fn a_signing_key_never_shows_its_seed() {
    let key = signer();
    let line = key.to_line();
    let seed = [
        (0..32).map(|n| format!("{n},")).collect(),
        (0..32).map(|n| format!("{n:02x}")).collect::<String>(),
    ];
    let texts = [
        debug(&key),
        debug(&line),
        line.to_string(),
        debug(&key.verifying_key()),
        debug(&key.clone()),
    ];
    assert_hides("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", &texts);
    seed.iter().for_each(|seed| assert_hides(seed, &texts));
    assert_eq!(debug(&key), "******");
}

#[test]
fn a_key_file_that_cannot_be_read_is_not_repeated() {
    let line = signer().to_line();
    let encoded = line.expose().strip_prefix("trunkline-ed25519-1 ").unwrap();
    let broken = [
        format!("trunkline-ed25519-2 {encoded}"),
        format!("trunkline-ed25519-1 {encoded}="),
        format!("trunkline-ed25519-1 {encoded}AAAA"),
        encoded.to_owned(),
    ];
    for line in &broken {
        let errors: [KeyLineError; 2] = [
            SigningKey::from_line(line).unwrap_err(),
            VerifyingKey::from_line(line).unwrap_err(),
        ];
        let file = VerifyingKeys::from_lines(line).unwrap_err();
        let mut texts: Vec<_> = errors
            .iter()
            .flat_map(|error| [debug(error), error.to_string()])
            .collect();
        texts.push(debug(&file));
        assert_hides(encoded, &texts);
    }
}

#[test]
fn neither_a_request_nor_a_refusal_shows_the_token() {
    let token = mint(&signer(), &session_claims(), "trunkline").unwrap();
    let body = token.rsplit_once("sess_").unwrap().1;
    let (bearer, query) = (format!("Bearer {token}"), format!("api_key={token}"));
    let subprotocol = format!("pyai-key.{token}");
    let subprotocols = [subprotocol.as_str()];
    let request = Request {
        authorization: Some(&bearer),
        x_api_key: Some(&token),
        subprotocols: &subprotocols,
        query: Some(&query),
        allow_query: true,
        ..Request::default()
    };
    let presented = request.credential().unwrap();
    assert_eq!(presented.token(), token);
    assert_hides(
        body,
        &[
            debug(&request),
            debug(&presented),
            presented.credential.to_string(),
        ],
    );

    let scopes = Scopes::parse(&token).unwrap_err();
    let mut revoked = Revocations::new();
    let token_id = session_claims().token_id;
    revoked.insert(Revocation {
        token_id,
        expires_at_s: None,
    });
    let keys: VerifyingKeys = [signer().verifying_key()].into_iter().collect();
    let none = Revocations::new();
    let refusals = [
        keys.verify(&token, ISSUED_AT_S, &revoked),
        keys.verify(&token, 0, &none),
        keys.verify(&token, u64::MAX, &none),
        keys.verify(&token.replace("live", "test"), ISSUED_AT_S, &none),
        keys.verify(&format!("{token}="), ISSUED_AT_S, &none),
        keys.verify(&token.repeat(3), ISSUED_AT_S, &none),
        VerifyingKeys::new().verify(&token, ISSUED_AT_S, &none),
    ];
    for refusal in refusals.map(Result::unwrap_err) {
        assert_hides(
            body,
            &[debug(&refusal), refusal.message(), refusal.envelope()],
        );
    }
    assert_hides(
        body,
        &[
            debug(&scopes),
            scopes.to_string(),
            debug(&revoked),
            debug(&keys),
        ],
    );
}

#[test]
fn claims_do_not_show_the_signature_that_carried_them() {
    let token = mint(&signer(), &key_claims(), "trunkline").unwrap();
    let body = token.strip_prefix("trunkline_test_").unwrap();
    let signature = URL_SAFE_NO_PAD
        .decode(body)
        .unwrap()
        .split_off(body.len() * 3 / 4 - 64);
    let numbers: String = signature.iter().map(|byte| format!("{byte},")).collect();
    let texts = [debug(&inspect(&token).unwrap()), debug(&key_claims())];
    assert_hides(body, &texts);
    assert_hides(&numbers, &texts);
}
