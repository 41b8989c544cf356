//! The client's side of a WebSocket upgrade (RFC 6455 §4.1), over hyper. Redirects are not followed: where a
//! call goes is written down by whoever runs the gateway, or by the bot that has it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONNECTION, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use trunkline_call::{DialFault, DialSpec};
use url::Url;

use super::connect::{Connector, Stream};
use super::exchange::{Exchange, fault};
use super::guard::Target;
use super::headers::{headers, secret};
use super::signing::sign;
use crate::shard::Newborn;

/// How the gateway calls itself.
pub(super) const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("trunkline/", env!("CARGO_PKG_VERSION")));

/// Dials a WebSocket. Cancel safe: what was half made is closed.
pub(super) async fn dial(
    connector: &Connector,
    target: &Target,
    spec: &DialSpec,
    deadline: Instant,
) -> Result<Newborn, DialFault> {
    let key = key()?;
    let request = request(target, spec, &key)?;
    let offered = tokens(request.headers(), &SEC_WEBSOCKET_PROTOCOL);
    let addresses = connector.addresses(target, deadline).await?;
    let (stream, _) = connector.connect(target, &addresses, deadline).await?;
    let mut exchange = Exchange::open(stream).await?;
    let sent = exchange.send(request).await;
    let mut response = sent.map_err(|error| fault(&error))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(DialFault::Status(response.status().as_u16()));
    }
    check_answer(response.headers(), &key, &offered).map_err(|expected| {
        tracing::debug!(%target, expected, "not a WebSocket's answer");
        DialFault::Protocol
    })?;
    let upgraded = exchange.drive(hyper::upgrade::on(&mut response)).await;
    let upgraded = upgraded.map_err(|error| fault(&error))?;
    let Ok(parts) = upgraded.downcast::<TokioIo<Stream>>() else {
        return Err(DialFault::Protocol);
    };
    let newborn = parts.io.into_inner().into_newborn(&parts.read_buf);
    newborn.map_err(|error| {
        tracing::debug!(%target, %error, "socket lost at its birth");
        DialFault::Refused
    })
}

/// The URL of a WebSocket, judged as far as it can be before its name is looked up.
pub(super) fn target(connector: &Connector, spec: &DialSpec) -> Result<Target, DialFault> {
    let url = Url::parse(spec.url.expose()).map_err(|_| DialFault::BadRequest)?;
    match connector.guard.check_url(&url) {
        Ok(target) if target.scheme.is_websocket() => Ok(target),
        Ok(_) => Err(DialFault::BadRequest),
        Err(blocked) => {
            tracing::debug!(%blocked, "not dialled");
            Err(DialFault::from(&blocked))
        }
    }
}

/// Sixteen random bytes in base64, another for each connection.
fn key() -> Result<String, DialFault> {
    let mut nonce = [0; 16];
    // The system has no randomness: whoever has will be reached in its place.
    getrandom::fill(&mut nonce).map_err(|_| DialFault::Refused)?;
    Ok(STANDARD.encode(nonce))
}

fn request(target: &Target, spec: &DialSpec, key: &str) -> Result<Request<Full<Bytes>>, DialFault> {
    let bad = |what: String| {
        tracing::debug!(%target, what, "not dialled");
        DialFault::BadRequest
    };
    let mut all = headers(&spec.headers).map_err(bad)?;
    address(&mut all, target)?;
    for (name, value) in [
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
    ] {
        all.insert(name, value);
    }
    let key = HeaderValue::from_str(key).map_err(|_| DialFault::BadRequest)?;
    all.insert(SEC_WEBSOCKET_KEY, key);
    if let Some(signing) = &spec.signing {
        sign(signing, target, &[], &mut all)?;
    }
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(target.path.expose())
        .body(Full::default())
        .map_err(|_| DialFault::BadRequest)?;
    *request.headers_mut() = all;
    Ok(request)
}

/// What says who is meant and who asks. What the configuration says comes before what the URL says.
pub(super) fn address(headers: &mut HeaderMap, target: &Target) -> Result<(), DialFault> {
    let host = HeaderValue::from_str(&target.authority()).map_err(|_| DialFault::BadRequest)?;
    headers.insert(HOST, host);
    if let Some(authorization) = &target.authorization {
        let value = secret(authorization.expose()).ok_or(DialFault::BadRequest)?;
        headers.entry(AUTHORIZATION).or_insert(value);
    }
    headers.entry(USER_AGENT).or_insert(AGENT);
    Ok(())
}

/// What RFC 6455 §4.1 asks of the answer; the error is what was expected.
fn check_answer(headers: &HeaderMap, key: &str, offered: &[String]) -> Result<(), &'static str> {
    let has = |name, token: &str| {
        let tokens = tokens(headers, name);
        tokens.iter().any(|item| item.eq_ignore_ascii_case(token))
    };
    if !has(&UPGRADE, "websocket") || !has(&CONNECTION, "upgrade") {
        return Err("an upgrade to a WebSocket");
    }
    let accept = headers.get(SEC_WEBSOCKET_ACCEPT);
    let wanted = derive_accept_key(key.as_bytes());
    if accept.is_none_or(|accept| accept.as_bytes() != wanted.as_bytes()) {
        return Err("Sec-WebSocket-Accept for the key that was sent");
    }
    if headers.contains_key(SEC_WEBSOCKET_EXTENSIONS) {
        return Err("no extension, as none was offered");
    }
    let chosen = tokens(headers, &SEC_WEBSOCKET_PROTOCOL);
    if chosen.len() > 1 || !chosen.iter().all(|one| offered.contains(one)) {
        return Err("one of the subprotocols that were offered, or none");
    }
    Ok(())
}

/// The items of a header that is a list.
fn tokens(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    let lists = values.filter_map(|value| value.to_str().ok());
    let items = lists.flat_map(|list| list.split(',').map(str::trim));
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
