//! Signatures of what is dialled, made when it goes out: here are the clock and the randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName};
use trunkline_auth::signature::{agentphone, plivo, twilio};
use trunkline_call::{DialFault, Signing};

use super::guard::{Scheme, Target};
use super::headers::secret;

/// AgentPhone's name of a delivery: the same one twice is the same event.
const WEBHOOK_ID: &str = "x-webhook-id";

/// What makes one signature another than the last.
struct Moment {
    unix_s: u64,
    /// 32 digits, another for each request.
    nonce: String,
}

/// Adds the headers of a signature. They replace what stands under their names already, but for the name of a
/// delivery: one that is tried again keeps its own.
pub(super) fn sign(
    signing: &Signing,
    target: &Target,
    body: &[u8],
    headers: &mut HeaderMap,
) -> Result<(), DialFault> {
    let mut random = [0; 16];
    // Without randomness nothing can be signed; whoever has some will reach them.
    getrandom::fill(&mut random).map_err(|_| DialFault::Refused)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let moment = Moment {
        unix_s: since.map_or(0, |since| since.as_secs()),
        nonce: format!("{:032x}", u128::from_be_bytes(random)),
    };
    for (name, value) in signed(signing, target, body, moment) {
        if name == WEBHOOK_ID && headers.contains_key(name) {
            continue;
        }
        let value = secret(&value).ok_or(DialFault::BadRequest)?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(())
}

fn signed(
    signing: &Signing,
    target: &Target,
    body: &[u8],
    moment: Moment,
) -> Vec<(&'static str, String)> {
    let is_upgrade = target.scheme.is_websocket();
    // Carriers dial `wss:` alone, and that is what bots check, whatever a proxy before them made of it.
    let scheme = if is_upgrade {
        Scheme::Wss
    } else {
        target.scheme
    };
    let url = target.url(scheme);
    let url = url.expose();
    match signing {
        Signing::Twilio(token) => {
            let token = token.expose();
            let signature = twilio::sign(twilio::Algorithm::Sha1, token, url, &[]);
            vec![(twilio::HEADER, signature)]
        }
        Signing::Plivo(token) => {
            let (token, nonce) = (token.expose(), moment.nonce.as_str());
            let signature = if is_upgrade {
                plivo::sign_upgrade(token, url, nonce)
            } else {
                plivo::sign(token, plivo::Method::Post, url, &[], nonce)
            };
            vec![
                (plivo::HEADER, signature),
                (plivo::NONCE_HEADER, moment.nonce),
            ]
        }
        Signing::AgentPhone(key) => {
            let signature = agentphone::sign(key.expose(), moment.unix_s, body);
            vec![
                (agentphone::HEADER, signature),
                (agentphone::TIMESTAMP_HEADER, moment.unix_s.to_string()),
                (WEBHOOK_ID, moment.nonce),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use trunkline_protocol::Secret;
    use url::Url;

    use super::super::guard::Guard;
    use super::*;

    fn of(signing: &Signing, url: &str, body: &[u8], nonce: &str) -> Vec<(&'static str, String)> {
        let allow = ["127.0.0.1".parse().expect("an address")];
        let guard = Guard::new(allow.to_vec());
        let url = Url::parse(url).expect("a URL");
        let target = guard.check_url(&url).expect("a target");
        let moment = Moment {
            unix_s: 1_736_949_605,
            nonce: nonce.to_owned(),
        };
        signed(signing, &target, body, moment)
    }

    fn token() -> Secret {
        Secret::new("12345")
    }

    /// Made by `twilio-python`.
    #[test]
    fn twilio_signs_the_url_as_a_carrier_dials_it() {
        for (url, wanted) in [
            (
                "wss://gw.example.com/media/abc",
                "14RmGGtJjUqcifEwh9i5e842O24=",
            ),
            (
                "wss://gw.example.com/media/abc/",
                "FuCIMA5pI74g5O9izIf0Y7B+V3U=",
            ),
            (
                "wss://u:p@GW.example.com:443/media/abc",
                "14RmGGtJjUqcifEwh9i5e842O24=",
            ),
        ] {
            let signed = of(&Signing::Twilio(token()), url, b"", "");
            assert_eq!(signed, [("x-twilio-signature", wanted.to_owned())], "{url}");
        }
        let with_tls = of(&Signing::Twilio(token()), "wss://127.0.0.1:9000/a", b"", "");
        let without = of(&Signing::Twilio(token()), "ws://127.0.0.1:9000/a", b"", "");
        assert_eq!(with_tls, without);
    }

    /// Made by `plivo-python`.
    #[test]
    fn plivo_signs_url_and_nonce() {
        let nonce = "05429567804466091622";
        let url = "wss://gw.example.com/plivo/abc?b=2&a=1";
        let signed = of(&Signing::Plivo(token()), url, b"", nonce);
        let [(name, signatures), sent] = &*signed else {
            panic!("{signed:?}");
        };
        assert_eq!(*name, "x-plivo-signature-v3");
        let wanted = "NaP7JENnbu1C7jNMXfGmHFKV3+G+MDZLW1eZ3cmgyyA=";
        assert!(
            signatures.split(',').any(|one| one == wanted),
            "{signatures}"
        );
        assert_eq!(*sent, ("x-plivo-signature-v3-nonce", nonce.to_owned()));
    }

    /// Checked with the vendor's function.
    #[test]
    fn agentphone_signs_time_and_body() {
        let body = br#"{"event":"agent.message","channel":"voice"}"#;
        let key = Signing::AgentPhone(Secret::new("whsec_test"));
        let signed = of(&key, "https://hooks.example.com/", body, "abc");
        let signature = "sha256=1b3af7a119acf8d513c3535bc56642501eeb82e28bb2f3880ac76b0a6b066f08";
        assert_eq!(
            signed,
            [
                ("x-webhook-signature", signature.to_owned()),
                ("x-webhook-timestamp", "1736949605".to_owned()),
                ("x-webhook-id", "abc".to_owned()),
            ]
        );
    }

    #[test]
    fn no_two_requests_have_the_same_name_and_no_signature_is_shown() {
        let url = Url::parse("https://hooks.example.com/").expect("a URL");
        let target = Guard::default().check_url(&url).expect("a target");
        let mut names = Vec::new();
        for _ in 0..2 {
            let mut headers = HeaderMap::new();
            headers.append(agentphone::HEADER, http::HeaderValue::from_static("given"));
            let key = Signing::AgentPhone(Secret::new("whsec_test"));
            sign(&key, &target, b"{}", &mut headers).expect("signed");
            assert_eq!(headers.get_all(agentphone::HEADER).iter().count(), 1);
            let id = headers[WEBHOOK_ID].to_str().expect("text").to_owned();
            assert_eq!(id.len(), 32, "{id}");
            assert!(!format!("{headers:?}").contains("sha256="), "{headers:?}");
            names.push(id);
        }
        assert_ne!(names[0], names[1]);
    }

    /// A delivery that is tried again is the same event.
    #[test]
    fn a_delivery_that_has_a_name_keeps_it() {
        let url = Url::parse("https://hooks.example.com/").expect("a URL");
        let target = Guard::default().check_url(&url).expect("a target");
        let mut headers = HeaderMap::new();
        headers.append(WEBHOOK_ID, http::HeaderValue::from_static("call_1"));
        let key = Signing::AgentPhone(Secret::new("whsec_test"));
        sign(&key, &target, b"{}", &mut headers).expect("signed");
        let names: Vec<_> = headers.get_all(WEBHOOK_ID).iter().collect();
        assert_eq!(names, ["call_1"]);
    }
}
