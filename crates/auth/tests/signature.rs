//! Signatures of requests, against values that the platforms' own libraries made: twilio-python 9.13, plivo-python
//! 4.63, AgentPhone's SDK 0.20.3, and Python's `hmac`.

use proptest::prelude::*;
use trunkline_auth::signature::twilio::{Algorithm, Settings};
use trunkline_auth::signature::{SignatureFault, agentphone, plivo, status, twilio};

use Algorithm::{Sha1, Sha256};
use plivo::Method::{Get, Post};

const KEY: &str = "12345";
const NONCE: &str = "05429567804466091622";
const MISMATCH: Result<(), SignatureFault> = Err(SignatureFault::Mismatch);

/// Names and values, in the order they came.
type Form = &'static [(&'static str, &'static str)];

#[test]
fn twilio_vectors() {
    let form: Form = &[
        ("To", "+15550002"),
        ("CallSid", "CA1"),
        ("Digits", ""),
        ("From", "+15550001"),
    ];
    let table: &[(&str, Form, &str, &str)] = &[
        (
            "wss://gw.example.com/media/abc",
            &[],
            "14RmGGtJjUqcifEwh9i5e842O24=",
            "ffYNvB4Htd2JIM2m/czYvQUzFO0tm1cF2WXkTXqW9R8=",
        ),
        (
            "wss://gw.example.com/media/abc/",
            &[],
            "FuCIMA5pI74g5O9izIf0Y7B+V3U=",
            "jm+e7yGOljStUotnJTST1dB+BYZrh4t0hfWI48JIDW0=",
        ),
        (
            "wss://gw.example.com:443/media/abc",
            &[],
            "Bs2JNZ8lnDo6PNISI3S4VzJOZ+g=",
            "HAlVJQPWZJvoEM/7WowQCO22NFtsJ1BprPJzEm7F858=",
        ),
        (
            "https://gw.example.com/voice",
            form,
            "Pp7JSbzfiKU12tHnRJaeu54Zkls=",
            "2AFQ/mINaXSmzqE40jEZy1R4kTl85ltcbQf1eyNIrWo=",
        ),
        (
            "https://gw.example.com/voice?foo=1&bar=2",
            &[("CallSid", "CA1"), ("Multi", "x")],
            "ReusdtYPx8XthB5N/JMWkGdt99s=",
            "DXApM8N89lCjTlRDjFSB2g/Km4S3g/G/GhWHO8udHDw=",
        ),
    ];
    for (url, form, sha1, sha256) in table {
        assert_eq!(twilio::sign(Sha1, KEY, url, form), *sha1, "{url}");
        assert_eq!(twilio::sign(Sha256, KEY, url, form), *sha256, "{url}");
        assert_eq!(twilio::verify(Sha1, KEY, url, form, sha1), Ok(()));
        assert_eq!(twilio::verify(Sha256, KEY, url, form, sha256), Ok(()));
        assert_eq!(twilio::verify(Sha256, KEY, url, form, sha1), MISMATCH);
        assert_eq!(twilio::verify(Sha1, "12346", url, form, sha1), MISMATCH);
        assert_eq!(
            twilio::verify(Sha1, KEY, url, &[("a", "b")], sha1),
            MISMATCH
        );
    }
    // Several values of a name: sorted, each once.
    let values = [("B", "2"), ("A", "x"), ("B", "1"), ("B", "2")];
    assert_eq!(
        twilio::sign(Sha1, KEY, "https://h/v", &values),
        "0BcQWP80RMr8omB4MxGqcehH/6E="
    );
}

#[test]
fn keys_of_any_length() {
    let sign = |algorithm, len| twilio::sign(algorithm, &"k".repeat(len), "https://h/v", &[]);
    assert_eq!(sign(Sha1, 64), "9gYgEiUw58TAwv9iyvaWLKcHJE8=");
    assert_eq!(sign(Sha1, 65), "hplAELOQf8miU+KuA514WlSQdhA=");
    assert_eq!(
        sign(Sha256, 100),
        "2gDL7PGgJipAL6h40GasZdeXhpAX1GBcLwPs5gQTOHI="
    );
}

#[test]
fn the_default_port_may_be_there_or_not() {
    let (without, with) = (
        "14RmGGtJjUqcifEwh9i5e842O24=",
        "Bs2JNZ8lnDo6PNISI3S4VzJOZ+g=",
    );
    for url in [
        "wss://gw.example.com/media/abc",
        "wss://gw.example.com:443/media/abc",
    ] {
        for signature in [without, with] {
            assert_eq!(
                twilio::verify(Sha1, KEY, url, &[], signature),
                Ok(()),
                "{url}"
            );
        }
    }
    // The library's signatures of `wss://[::1]/p`, `wss://[::1]:443/p` and `http://h:80/p`.
    let (v6, v6_port) = (
        "v7E8tTSzvB5da9k4JoF27FtJTgY=",
        "PQvV1UqZAFJfUzwk8yFrYGW6F00=",
    );
    for (url, signature, good) in [
        ("wss://[::1]:443/p", v6, true),
        ("wss://[::1]/p", v6_port, true),
        ("http://h/p", "WIfQztp3gClfeLGH6a3djXCaHls=", true),
        ("https://h/p", "WIfQztp3gClfeLGH6a3djXCaHls=", false),
        ("wss://gw.example.com:8443/media/abc", without, false),
        ("wss://gw.example.com/media/abc?x", without, false),
        ("https://gw.example.com/media/abc", without, false),
        ("gw.example.com/media/abc", without, false),
        ("wss://gw.example.com/media/abc", "", false),
    ] {
        let verdict = twilio::verify(Sha1, KEY, url, &[], signature);
        assert_eq!(verdict.is_ok(), good, "{url}");
    }
}

#[test]
fn the_settings_say_which_key_signed() {
    let parse = |header| Settings::parse(header).map(|s| (s.key_id, s.algorithm));
    for legacy in [None, Some(""), Some(" , "), Some("algorithm="), Some("x")] {
        assert_eq!(parse(legacy), Ok((None, Sha1)), "{legacy:?}");
    }
    assert_eq!(
        parse(Some("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256")),
        Ok((Some("webhooks_sharedkey_1"), Sha256))
    );
    assert_eq!(
        parse(Some(" algorithm = hmac_sha1 , key = k=1 ")),
        Ok((Some("k=1"), Sha1))
    );
    let unknown = Err(SignatureFault::UnknownAlgorithm);
    assert_eq!(parse(Some("key=k,algorithm=HMAC_MD5")), unknown);
}

#[test]
fn a_json_body_is_signed_by_its_hash_in_the_url() {
    const HASH: &str = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
    let url = format!("https://gw.example.com/voice?x=1&bodySHA256={HASH}");
    let signature = "/A5AHCy78FhEnrpUgQ64Pdiq6g0=";
    let verify = |url: &str, body: &[u8], signature: &str| {
        twilio::verify_body(Sha1, KEY, url, body, signature)
    };
    assert_eq!(verify(&url, br#"{"a":1}"#, signature), Ok(()));
    let other_body = Err(SignatureFault::BodyMismatch);
    assert_eq!(verify(&url, br#"{"a":2}"#, signature), other_body);
    assert_eq!(verify(&url, br#"{"a":1}"#, "x"), MISMATCH);
    let bare = "https://gw.example.com/voice";
    let signature = twilio::sign(Sha1, KEY, bare, &[]);
    assert_eq!(verify(bare, b"", &signature), other_body);
}

#[test]
fn plivo_vectors() {
    let form: Form = &[("From", "+1"), ("CallUUID", "u1")];
    let table: &[(_, &str, Form, &str)] = &[
        (
            Get,
            "wss://gw.example.com/plivo/abc",
            &[],
            "IOBh9VDpsAehwQcL3hzFfHtAm9VZ3TavOv8hYV/5VBg=",
        ),
        (
            Get,
            "wss://gw.example.com/plivo/abc?b=2&a=1",
            &[],
            "NaP7JENnbu1C7jNMXfGmHFKV3+G+MDZLW1eZ3cmgyyA=",
        ),
        (
            Get,
            "https://gw.example.com/answer",
            form,
            "PeJr2Icmy8GBWfCUT2Azy3OzT6E0yzzSfQUHXwyzoe8=",
        ),
        (
            Post,
            "https://gw.example.com/answer",
            form,
            "aBznyeQpfaFgCq8KgICL9Tc01lsVxNXG03VHETa4bR8=",
        ),
        (
            Post,
            "https://gw.example.com/answer?b=2&a=1",
            form,
            "ozBPIkbhM1/chZiApOT5GQcVz5JI6ZCWy5/AliLpcvg=",
        ),
        (
            Post,
            "https://gw.example.com/answer",
            &[],
            "81pii0Zne8QNgbZxajmImtaFQgVhVoICGU36TmMn+Vs=",
        ),
    ];
    for (method, url, form, signature) in table {
        assert_eq!(
            plivo::sign(KEY, *method, url, form, NONCE),
            *signature,
            "{url}"
        );
        let header = format!("AAAA, {signature},BBBB");
        let verify = |nonce, header: &str| plivo::verify(KEY, *method, url, form, nonce, header);
        assert_eq!(verify(NONCE, &header), Ok(()), "{url}");
        assert_eq!(verify("1", &header), MISMATCH);
        assert_eq!(verify(NONCE, ""), MISMATCH);
    }
    // Repeated and blank parameters, and those a URL and a form both have.
    assert_eq!(
        plivo::sign(
            KEY,
            Get,
            "https://h/p?b=2&a=3&b=1&c",
            &[("z", "+1 2"), ("a", "9")],
            "n"
        ),
        "JGf5ijrrnHY92va+a722mTULXNz3DcDxWX3L14tePmU="
    );
    assert_eq!(
        plivo::sign(
            KEY,
            Post,
            "https://h/p?b=%2B1&a=#f",
            &[("To", "b"), ("From", ""), ("To", "a")],
            "n"
        ),
        "yaDaZcSJQj6idUn2JL3895j8u9b4D+uEGGmPo1RmJsk="
    );
}

#[test]
fn a_plivo_upgrade_is_signed_in_every_form_that_is_checked() {
    let header = |url| plivo::sign_upgrade(KEY, url, "nonce1");
    let plain = header("wss://gw.example.com/bot");
    // The library's signatures of `http://gw.example.com/bot/websocket`, which Plivo's stream SDK checks, and of
    // `http://gw.example.com/bot`.
    let sdk = "jAX37u3N6OkambrdXnX5h0tCu1rsv8HAmKWVmiJJ+Os=";
    let http = "y83iZ9W9Y/crgJF1winzNgX9gu4AVDxjTTjS67r8DnM=";
    for signature in [sdk, http] {
        assert!(plain.split(',').any(|one| one == signature));
        for url in ["wss://gw.example.com/bot", "http://gw.example.com/bot"] {
            let verdict = plivo::verify_upgrade(KEY, url, "nonce1", signature);
            assert_eq!(verdict, Ok(()));
        }
        let other = "wss://gw.example.com/other";
        let verdict = plivo::verify_upgrade(KEY, other, "nonce1", signature);
        assert_eq!(verdict, MISMATCH);
    }
    assert_eq!(plain.split(',').count(), 6);
    // With a query the SDK appends to the query; `wss://gw.example.com/bot/websocket?a=1&b=2` beside it.
    let query = header("wss://gw.example.com/bot?b=2&a=1");
    for signature in [
        "4Gvj5kvOwM3C8pbgjaYeTySUfCIxd4es8LwMbYM4No8=",
        "mFHktQB8WzXEhP0HwuzL/TX6pqaVASUEs4zVu4vezrs=",
    ] {
        assert!(query.split(',').any(|one| one == signature));
    }
    assert_eq!(query.split(',').count(), 9);
}

#[test]
fn agentphone_vector_and_replay_window() {
    let body = br#"{"event":"agent.message","channel":"voice"}"#;
    let signature = "sha256=1b3af7a119acf8d513c3535bc56642501eeb82e28bb2f3880ac76b0a6b066f08";
    assert_eq!(
        agentphone::sign("whsec_test", 1_736_949_605, body),
        signature
    );
    let verify = |timestamp, signature, now_s| {
        agentphone::verify("whsec_test", timestamp, body, signature, now_s)
    };
    for now_s in [1_736_949_305, 1_736_949_605, 1_736_949_905] {
        assert_eq!(verify("1736949605", signature, now_s), Ok(()));
    }
    for now_s in [1_736_949_304, 1_736_949_906] {
        let (age_s, max_s) = (301, 300);
        let stale = Err(SignatureFault::Stale { age_s, max_s });
        assert_eq!(verify("1736949605", signature, now_s), stale);
    }
    let hex = signature.strip_prefix("sha256=").unwrap();
    let sha1 = signature.replace("sha256", "sha1");
    for bad in ["", "sha256=", hex, &sha1] {
        assert_eq!(verify("1736949605", bad, 1_736_949_605), MISMATCH, "{bad}");
    }
    assert_eq!(verify("1736949606", signature, 1_736_949_605), MISMATCH);
    // hmac.new(b"whsec_test", b"now." + body, "sha256")
    let now = "sha256=743d8c45a6df06bbdd225b062525092de73e69fbf09157ff157082fb9e056aab";
    assert_eq!(
        verify("now", now, 1_736_949_605),
        Err(SignatureFault::BadTimestamp)
    );
}

#[test]
fn status_callbacks() {
    let body = br#"{"event":"call.completed"}"#;
    let signature = "0246b3ce4dc1c21e4b3179a9d23957e6825c6ff74aa9aa38c8052b379e0a8f51";
    assert_eq!(status::sign("topsecret", body), signature);
    assert_eq!(status::verify("topsecret", body, signature), Ok(()));
    let upper = signature.to_uppercase();
    assert_eq!(status::verify("topsecret", body, &upper), Ok(()));
    for bad in ["", "0246", &signature.replace('0', "g")] {
        assert_eq!(status::verify("topsecret", body, bad), MISMATCH);
    }
    assert_eq!(status::verify("topsecret", b"{}", signature), MISMATCH);
}

proptest! {
    #[test]
    fn what_was_signed_is_accepted_and_nothing_panics(
        key in any::<String>(), url in any::<String>(), form in any::<Vec<(String, String)>>(),
        nonce in any::<String>(), other in any::<String>(), now_s in any::<u64>(),
    ) {
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        for algorithm in [Sha1, Sha256] {
            let signature = twilio::sign(algorithm, &key, &url, &form);
            prop_assert_eq!(twilio::verify(algorithm, &key, &url, &form, &signature), Ok(()));
            prop_assert_eq!(twilio::verify(algorithm, &key, &url, &form, &other), MISMATCH);
            prop_assert!(twilio::verify_body(algorithm, &key, &url, other.as_bytes(), &signature).is_err());
        }
        for method in [Get, Post] {
            let signature = plivo::sign(&key, method, &url, &form, &nonce);
            prop_assert_eq!(plivo::verify(&key, method, &url, &form, &nonce, &signature), Ok(()));
            prop_assert_eq!(plivo::verify(&key, method, &url, &form, &nonce, &other), MISMATCH);
        }
        let upgrade = plivo::sign_upgrade(&key, &url, &nonce);
        prop_assert_eq!(plivo::verify_upgrade(&key, &url, &nonce, &upgrade), Ok(()));
        let signature = agentphone::sign(&key, now_s, other.as_bytes());
        prop_assert_eq!(agentphone::verify(&key, &now_s.to_string(), other.as_bytes(), &signature, now_s), Ok(()));
        prop_assert_eq!(agentphone::verify(&key, &nonce, url.as_bytes(), &other, now_s), MISMATCH);
        let signature = status::sign(&key, url.as_bytes());
        prop_assert_eq!(status::verify(&key, url.as_bytes(), &signature), Ok(()));
        Settings::parse(Some(&other)).ok();
    }

    #[test]
    fn changing_any_bit_of_a_signature_makes_it_worthless(at in 0..28_usize, bit in 0..7_u32) {
        let mut bytes = b"14RmGGtJjUqcifEwh9i5e842O24=".to_vec();
        bytes[at] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(twilio::verify(Sha1, KEY, "wss://gw.example.com/media/abc", &[], &changed), MISMATCH);
    }
}
