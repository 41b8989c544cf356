//! Who gets no socket: every refusal is an HTTP answer before the upgrade, and no key ever reaches the log.

mod stage;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use stage::Stage;
use tempfile::TempDir;
use tracing_subscriber::fmt::MakeWriter;
use trunkline::keys::{DataDir, now_s};
use trunkline_auth::{
    Claims, Environment, Inspected, Origin, Revocation, Scopes, SessionClaims, TokenId, inspect,
};
use trunkline_call::Ending;
use trunkline_testkit::http::{Answer, exchange, get};
use trunkline_testkit::{Carrier, Dial, FromGateway, Marks, OmniClient};

const AGENTS: &str = "
    [agents.default]
    echo = true
";

const OMNI: &str = "/v1/omni";
const TWILIO: &str = "/v1/telephony/streams/twilio/default";

/// Everything this process logs, at every level.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures the log from here on. Once in a process.
    fn capture() -> Self {
        let log = Self::default();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .init();
        log
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A key whose every claim is good but for what `change` does to it.
fn key(dir: &DataDir, id: u8, change: impl FnOnce(&mut Claims)) -> String {
    let mut claims = Claims {
        token_id: TokenId([id; 12]),
        org: "tests".to_owned(),
        project: "tests".to_owned(),
        environment: Environment::Live,
        scopes: Scopes::parse("omni:session,telephony:stream").expect("scopes"),
        limits: "default".to_owned(),
        issued_at_s: now_s(),
        expires_at_s: now_s() + 3_600,
        session: None,
    };
    change(&mut claims);
    let signer = dir.signing_key().expect("a signing key");
    trunkline_auth::mint(&signer, &claims, "trunkline").expect("a key")
}

/// Every bad key: what is wrong with it, the key, status and code.
fn bad_keys(dir: &DataDir, stranger: &DataDir) -> Vec<(&'static str, String, u16, &'static str)> {
    let good = key(dir, 1, |_| {});
    let scopes = |list| move |claims: &mut Claims| claims.scopes = Scopes::parse(list).expect(list);
    let mut forged = good.clone();
    let last = forged.pop();
    forged.push(if last == Some('A') { 'B' } else { 'A' });
    // The signature of one key under the claims of another.
    let other = key(dir, 2, scopes("*"));
    let (claims, _) = other.split_at(other.len() - 80);
    let (_, signature) = good.split_at(good.len() - 80);
    let swapped = format!("{claims}{signature}");
    let (short, _) = good.split_at(good.len() / 2);
    let revoked = key(dir, 3, |_| {});
    vec![
        ("no key at all", String::new(), 401, "unauthorized"),
        (
            "not one of ours",
            "sk-proj-0123456789".to_owned(),
            401,
            "unauthorized",
        ),
        (
            "another gateway's",
            key(stranger, 4, |_| {}),
            401,
            "unauthorized",
        ),
        ("one character changed", forged, 401, "unauthorized"),
        ("another key's signature", swapped, 401, "unauthorized"),
        ("cut short", short.to_owned(), 401, "unauthorized"),
        (
            "over-long",
            format!("trunkline_live_{}", "A".repeat(4_000)),
            401,
            "unauthorized",
        ),
        (
            "expired",
            key(dir, 5, |claims| {
                claims.issued_at_s = now_s() - 7_200;
                claims.expires_at_s = now_s() - 1;
            }),
            401,
            "unauthorized",
        ),
        (
            "from the future",
            key(dir, 6, |claims| {
                claims.issued_at_s = now_s() + 3_600;
                claims.expires_at_s = now_s() + 7_200;
            }),
            401,
            "unauthorized",
        ),
        ("revoked", revoked, 401, "unauthorized"),
        (
            "for something else",
            key(dir, 7, scopes("hear:stream")),
            403,
            "forbidden",
        ),
    ]
}

/// Tokens for one session that open none here: what is wrong with each, the token, status and code.
fn bad_session_tokens(dir: &DataDir) -> Vec<(&'static str, String, u16, &'static str)> {
    let token = |id, session| key(dir, id, |claims| claims.session = Some(session));
    let origin = Origin::parse("https://shop.example").expect("an origin");
    let elsewhere = SessionClaims {
        origins: vec![origin.hash()],
        ..SessionClaims::default()
    };
    // Restrictions nobody looks after would be none.
    let once = SessionClaims {
        single_use: true,
        ..SessionClaims::default()
    };
    let bound = SessionClaims {
        config_sha256: Some([7; 32]),
        ..SessionClaims::default()
    };
    vec![
        (
            "of another origin",
            token(8, elsewhere),
            403,
            "origin_not_allowed",
        ),
        ("for one session", token(10, once), 403, "forbidden"),
        ("for one configuration", token(11, bound), 403, "forbidden"),
    ]
}

fn assert_refused(what: &str, answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{what}"
    );
    let body = answer.json();
    assert_eq!(body["error"]["code"], code, "{what}: {body}");
    assert!(
        body["error"]["message"]
            .as_str()
            .is_some_and(|m| m.len() > 10),
        "{what}: {body}"
    );
    assert!(body["error"]["type"].is_string(), "{what}: {body}");
    let fields = body["error"].as_object().map(serde_json::Map::len);
    assert_eq!(fields, Some(4), "{what}: {body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_key_is_refused_before_the_upgrade_and_never_logged() {
    let log = Log::capture();
    let data = TempDir::new().expect("a directory");
    let dir = DataDir::open(data.path()).expect("a data directory");
    let stranger = TempDir::new().expect("a directory");
    let stranger = DataDir::open(stranger.path()).expect("a data directory");
    let id = TokenId([3; 12]);
    let revocation = Revocation {
        token_id: id,
        expires_at_s: None,
    };
    dir.revoke(&revocation).expect("a revocation");
    let config = format!("data_dir = {:?}\n{AGENTS}", data.path());
    let mut stage = Stage::set(&config).await;
    let mut keys = bad_keys(&dir, &stranger);
    keys.extend(bad_session_tokens(&dir));
    for (what, key, status, code) in &keys {
        let offered = format!("pyai.v1, pyai-key.{key}");
        let ways = [
            stage.dial(OMNI).bearer(key),
            stage.dial(OMNI).header("x-api-key", key),
            stage.dial(OMNI).header("Sec-WebSocket-Protocol", &offered),
            stage.dial(&format!("{OMNI}?api_key={key}")),
            stage.dial(TWILIO).bearer(key),
            stage.dial(&format!("/v1/telephony/streams/twilio/{key}-")),
        ];
        for (number, dial) in ways.iter().enumerate() {
            let by_path = number == ways.len() - 1;
            let (status, code) = if by_path {
                (401, "unauthorized")
            } else {
                (*status, *code)
            };
            let answer = dial.refused().await;
            let what = format!("{what}, way {number}");
            assert_refused(&what, &answer, status, code);
            assert!(answer.header("sec-websocket-protocol").is_none(), "{what}");
            assert!(
                key.is_empty() || !answer.text().contains(key.as_str()),
                "{what}: key shown"
            );
            if status == 401 {
                let challenge = answer.header("www-authenticate");
                assert!(challenge.is_some_and(|c| c.starts_with("Bearer")), "{what}");
            }
        }
    }
    // A good key opens both, in every place it may be in, and is not echoed.
    let good = stage.key().to_owned();
    let offered = format!("pyai.v1, pyai-key.{good}");
    for dial in [
        stage.dial(OMNI).bearer(&good),
        stage.dial(OMNI).header("x-api-key", &good),
        stage.dial(OMNI).header("Sec-WebSocket-Protocol", &offered),
        stage.dial(&format!("{OMNI}?api_key={good}")),
        stage.dial(&format!("/v1/telephony/streams/twilio/{good}")),
    ] {
        let opened = dial.open().await;
        let headers = format!("{:?}", opened.answer.headers);
        assert!(!headers.contains(&good), "the key is echoed: {headers}");
        drop(opened);
        assert_eq!(stage.ended().await.0, Ending::CallerLost);
    }
    stage.clear().await;
    let log = log.text();
    assert!(log.contains("draining"), "the log was not captured");
    for (what, key, ..) in keys.iter().filter(|(_, key, ..)| !key.is_empty()) {
        assert!(!log.contains(key.as_str()), "{what}: the key is in the log");
    }
    assert!(!log.contains(&good), "the good key is in the log");
}

/// What is not a WebSocket request is told so, whoever asks.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_websocket_is_told_so() {
    let stage = Stage::set(AGENTS).await;
    let plain = get(stage.address(), OMNI).await;
    assert_refused("a plain GET", &plain, 426, "upgrade_required");
    // RFC 9110 §15.5.22: the answer names the protocol to upgrade to.
    assert_eq!(
        plain.header("upgrade").map(str::to_lowercase).as_deref(),
        Some("websocket")
    );
    let dial = |path: &str| stage.dial(path).bearer(stage.key());
    for (what, dial, status, code) in [
        (
            "no Upgrade",
            dial(OMNI).without("Upgrade"),
            426,
            "upgrade_required",
        ),
        (
            "no Connection",
            dial(OMNI).without("Connection"),
            426,
            "upgrade_required",
        ),
        (
            "another protocol",
            dial(OMNI).header("Upgrade", "h2c"),
            426,
            "upgrade_required",
        ),
        (
            "version 8",
            dial(OMNI).header("Sec-WebSocket-Version", "8"),
            400,
            "invalid_request_error",
        ),
        (
            "no version",
            dial(OMNI).without("Sec-WebSocket-Version"),
            400,
            "invalid_request_error",
        ),
        (
            "no key",
            dial(OMNI).without("Sec-WebSocket-Key"),
            400,
            "invalid_request_error",
        ),
        (
            "no key, twilio",
            dial(TWILIO).without("Sec-WebSocket-Key"),
            400,
            "invalid_request_error",
        ),
        ("nowhere", dial("/v1/nowhere"), 404, "not_found"),
    ] {
        assert_refused(what, &dial.refused().await, status, code);
    }
    let post = format!("POST {OMNI} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    let posted = exchange(stage.address(), &post).await;
    assert_refused("a POST", &posted, 405, "method_not_allowed");
    // RFC 9110 §15.5.6: the answer names what is allowed.
    let allowed = posted.header("allow").unwrap_or_default();
    assert!(allowed.contains("GET"), "{allowed:?}");
    let bytes = dial("/v1/telephony/streams/twilio/%ff").refused().await;
    assert_refused(
        "a path that is no text",
        &bytes,
        400,
        "invalid_request_error",
    );
    assert!(!bytes.text().contains("ff"), "{}", bytes.text());
    for garbage in [
        "GARBAGE\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /\u{1}x HTTP/1.1\r\n\r\n",
    ] {
        assert_eq!(
            exchange(stage.address(), garbage).await.status,
            400,
            "{garbage:?}"
        );
    }
    stage.clear().await;
}

/// RFC 6455 §4.2.1: the version we speak is told, and a key is 16 bytes in base64.
#[tokio::test(flavor = "multi_thread")]
async fn the_handshake_is_checked_as_the_rfc_says() {
    let stage = Stage::set(AGENTS).await;
    let dial = || stage.dial(OMNI).bearer(stage.key());
    let old = dial().header("Sec-WebSocket-Version", "8").refused().await;
    assert_eq!(old.header("sec-websocket-version"), Some("13"));
    for key in [
        "short",
        "AAAAAAAAAAAAAAAAAAAAAA=",
        "not base64 of 16 bytes!!",
    ] {
        let answer = dial().header("Sec-WebSocket-Key", key).refused().await;
        assert_refused(key, &answer, 400, "invalid_request_error");
    }
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_query_or_route_is_named() {
    let stage = Stage::set(AGENTS).await;
    let long = format!("session_label={}", "x".repeat(257));
    for (query, param) in [
        ("rate=44100", "rate"),
        ("rate=24000.0", "rate"),
        ("rate=", "rate"),
        ("rate=-1", "rate"),
        ("format=opus", "format"),
        (long.as_str(), "session_label"),
        ("session_label=a%00b", "session_label"),
        ("agent_id=%ff", "agent_id"),
    ] {
        let dial = stage.dial(&format!("{OMNI}?{query}")).bearer(stage.key());
        let answer = dial.refused().await;
        assert_refused(query, &answer, 400, "invalid_request_error");
        assert_eq!(answer.json()["error"]["param"], param, "{query}");
    }
    for route in ["nobody", "+15550199", "%2e%2e%2fdefault", "default%00"] {
        let path = format!("/v1/telephony/streams/twilio/{route}");
        let answer = stage.dial(&path).bearer(stage.key()).refused().await;
        assert_refused(route, &answer, 404, "not_found");
        assert_eq!(answer.json()["error"]["param"], Value::Null);
    }
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_above_the_limit_is_refused_until_another_ends() {
    let mut stage = Stage::set(&format!("{AGENTS}\n[limits]\ncalls = 2")).await;
    let mut first = Carrier::call(&stage.dial(TWILIO).bearer(stage.key()), Marks::Played).await;
    let mut second = OmniClient::call(&stage.dial(OMNI), stage.key()).await;
    for path in [OMNI, TWILIO] {
        let answer = stage.dial(path).bearer(stage.key()).refused().await;
        assert_refused(path, &answer, 429, "concurrency_limit_exceeded");
        let retry: Option<u64> = answer.header("retry-after").and_then(|s| s.parse().ok());
        assert!(retry.is_some_and(|s| s > 0), "{path}: Retry-After");
    }
    first.stop().await;
    first.until_closed().await;
    stage.ended().await;
    // The event is told just before the call leaves the directory.
    while stage.gateway().calls.len() > 1 {
        tokio::task::yield_now().await;
    }
    let mut third = Carrier::call(&stage.dial(TWILIO).bearer(stage.key()), Marks::Played).await;
    third.stop().await;
    assert_eq!(
        third.until_closed().await,
        [FromGateway::Closed(Some(1000))]
    );
    second.close(1000).await;
    second.until_closed().await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draining_gateway_takes_no_calls_and_keeps_those_it_has() {
    let stage = Stage::set(AGENTS).await;
    assert_eq!(get(stage.address(), "/readyz").await.status, 200);
    let mut running = Carrier::call(&stage.dial(TWILIO).bearer(stage.key()), Marks::Played).await;
    stage.gateway().drain();
    assert_eq!(get(stage.address(), "/readyz").await.status, 503);
    assert_eq!(get(stage.address(), "/healthz").await.status, 200);
    for path in [OMNI, TWILIO] {
        let answer = stage.dial(path).bearer(stage.key()).refused().await;
        assert_refused(path, &answer, 503, "shutting_down");
        assert!(answer.header("retry-after").is_some(), "{path}");
    }
    // Strangers learn nothing about it.
    assert_eq!(stage.dial(OMNI).refused().await.status, 401);
    running.media(&[0x55; 160]).await;
    assert_eq!(running.next().await, FromGateway::Media(vec![0x55; 160]));
    running.stop().await;
    running.until_closed().await;
    stage.clear().await;
}

/// A token for one page opens a socket from that page and from no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_token_is_tied_to_its_origin() {
    let data = TempDir::new().expect("a directory");
    let dir = DataDir::open(data.path()).expect("a data directory");
    let stage = Stage::set(&format!("data_dir = {:?}\n{AGENTS}", data.path())).await;
    let token = key(&dir, 9, |claims| {
        let origin = Origin::parse("https://shop.example").expect("an origin");
        claims.session = Some(SessionClaims {
            origins: vec![origin.hash()],
            single_use: false,
            label: None,
            config_sha256: None,
        });
    });
    let Inspected { claims, .. } = inspect(&token).expect("a token");
    assert_eq!(claims.token_id, TokenId([9; 12]));
    let dial = |origin: &str| -> Dial { stage.dial(OMNI).bearer(&token).header("Origin", origin) };
    for origin in [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "null",
    ] {
        let answer = dial(origin).refused().await;
        assert_refused(origin, &answer, 403, "origin_not_allowed");
    }
    let mut client = OmniClient::open(&dial("https://shop.example")).await;
    client.close(1000).await;
    client.until_closed().await;
    stage.clear().await;
}
