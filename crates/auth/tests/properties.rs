//! What holds for every claim, every text and every changed bit.

mod sample;

use proptest::prelude::*;
use sample::{ISSUED_AT_S, key_claims, session_claims, signer};
use trunkline_auth::{
    Claims, Environment, MintError, Origin, OriginHash, Request, Revocation, Revocations, Scopes,
    SessionClaims, TokenId, VerifyingKeys, inspect, marker, mint,
};

fn keys() -> VerifyingKeys {
    [signer().verifying_key()].into_iter().collect()
}

prop_compose! {
    fn any_session()(
        origins in prop::collection::vec(any::<[u8; 16]>().prop_map(OriginHash), 0..=8),
        single_use in any::<bool>(),
        label in prop::option::of("[ -~àñ漢]{1,20}"),
        config_sha256 in prop::option::of(any::<[u8; 32]>()),
    ) -> SessionClaims {
        SessionClaims { origins, single_use, label, config_sha256 }
    }
}

prop_compose! {
    fn any_claims()(
        token_id in any::<[u8; 12]>().prop_map(TokenId),
        names in prop::array::uniform3("[a-zA-Z0-9._-]{1,24}"),
        live in any::<bool>(),
        scopes in prop_oneof![Just("*".to_owned()), "[a-z]{1,8}:(\\*|[a-z]{1,8})( [a-z]{1,8}:[a-z]{1,8}){0,4}"],
        issued_at_s in 0..4_000_000_000_u64,
        lifetime_s in 1..4_000_000_000_u64,
        session in prop::option::of(any_session()),
    ) -> Claims {
        let [org, project, limits] = names;
        Claims {
            token_id, org, project, limits, issued_at_s, session,
            environment: if live { Environment::Live } else { Environment::Test },
            scopes: Scopes::parse(&scopes).unwrap(),
            expires_at_s: issued_at_s + lifetime_s,
        }
    }
}

/// RFC 7230 section 3.2.6.
fn is_rfc7230_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

proptest! {
    #[test]
    fn verifying_what_was_minted_gives_the_claims(claims in any_claims(), prefix in "[a-zA-Z0-9-]{1,24}") {
        match mint(&signer(), &claims, &prefix) {
            Ok(token) => {
                prop_assert!(token.len() <= 512);
                prop_assert!(is_rfc7230_token(&token), "{}", token);
                prop_assert_eq!(keys().verify(&token, claims.issued_at_s, &Revocations::new()), Ok(claims.clone()));
                prop_assert_eq!(inspect(&token).unwrap().claims, claims);
            }
            Err(MintError::TooLong { len, max }) => prop_assert!(len > max),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), known in "[ -~]{0,40}") {
        for text in [text, known] {
            prop_assert!(keys().verify(&text, ISSUED_AT_S, &Revocations::new()).is_err());
            let refusal = inspect(&text).unwrap_err();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&refusal.envelope()).is_ok());
            prop_assert!(key_claims().check_origin(Some(&text)).is_ok());
            prop_assert!(session_claims().check_origin(Some(&text)).is_err());
            let subprotocols = [text.as_str()];
            let request = Request {
                authorization: Some(&text), x_api_key: Some(&text), query: Some(&text), subprotocols: &subprotocols,
                allow_query: true, ..Request::default()
            };
            if let Ok(presented) = request.credential() {
                prop_assert!(!presented.token().is_empty());
            }
            prop_assert_eq!(marker(&subprotocols, &["pyai.v1"]), None);
            prop_assert_eq!(Scopes::parse(&text).map(|scopes| Scopes::parse(&scopes.to_string()) == Ok(scopes)).unwrap_or(true), true);
            if let Ok(Some(revocation)) = Revocation::parse_line(&text) {
                prop_assert_eq!(Revocation::parse_line(&revocation.format_line()), Ok(Some(revocation)));
            }
        }
    }

    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..350), session in any::<bool>()) {
        use base64::Engine as _;
        // The version byte and the signer are right, so that the bytes reach the decoder.
        let mut payload = vec![1];
        payload.extend(signer().id().0);
        payload.extend(body);
        let head = if session { "x_live_sess_" } else { "x_live_" };
        let token = format!("{head}{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload));
        prop_assert!(keys().verify(&token, ISSUED_AT_S, &Revocations::new()).is_err());
        if let Ok(inspected) = inspect(&token) {
            prop_assert_eq!(inspected.claims.session.is_some(), session);
        }
    }

    #[test]
    fn a_file_of_revocations_reads_the_same_in_any_pieces(
        ids in prop::collection::vec((any::<[u8; 12]>(), prop::option::of(any::<u64>())), 0..12), cut in any::<prop::sample::Index>(),
    ) {
        let lines = ids.iter().map(|&(id, expires_at_s)| Revocation { token_id: TokenId(id), expires_at_s }.format_line());
        let file: String = lines.collect();
        let mut revocations = Revocations::new();
        let first = revocations.read(&file.as_bytes()[..cut.index(file.len() + 1)]);
        let second = revocations.read(&file.as_bytes()[first.consumed_bytes..]);
        prop_assert_eq!(first.consumed_bytes + second.consumed_bytes, file.len());
        prop_assert_eq!((first.bad_lines, second.bad_lines), (0, 0));
        prop_assert!(ids.iter().all(|&(id, _)| revocations.contains(TokenId(id))));
    }

    #[test]
    fn a_normal_origin_is_its_own_normal_form(host in "[a-zA-Z]{1,10}(\\.[a-z]{2,5}){0,2}", port in any::<Option<u16>>()) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let origin = Origin::parse(&format!("http://{host}{port}")).unwrap();
        prop_assert_eq!(Origin::parse(origin.as_str()), Ok(origin));
    }
}

#[test]
fn changing_any_bit_of_a_token_makes_it_worthless() {
    for claims in [key_claims(), session_claims()] {
        let token = mint(&signer(), &claims, "trunkline").unwrap();
        let mut tried = 0;
        for at in 0..token.len() {
            for bit in 0..8 {
                let mut bytes = token.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else {
                    continue;
                };
                assert!(
                    keys()
                        .verify(&changed, ISSUED_AT_S, &Revocations::new())
                        .is_err(),
                    "{changed}"
                );
                tried += 1;
            }
        }
        assert_eq!(
            tried,
            token.len() * 7,
            "every change but the eighth bit leaves a text"
        );
    }
}

#[test]
fn cutting_a_token_short_or_adding_or_dropping_a_character_makes_it_worthless() {
    let token = mint(&signer(), &session_claims(), "trunkline").unwrap();
    for at in 0..token.len() {
        let (head, tail) = token.split_at(at);
        for changed in [
            head.to_owned(),
            format!("{head}A{tail}"),
            format!("{head}{}", tail.get(1..).unwrap_or_default()),
        ] {
            assert!(
                keys()
                    .verify(&changed, ISSUED_AT_S, &Revocations::new())
                    .is_err(),
                "{changed}"
            );
        }
    }
}
