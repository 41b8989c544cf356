//! One HTTP POST, and its answer as it comes.
//!
//! 307 and 308 are followed, at most three times, within the scheme; every target is judged as the first one was.
//! What was meant for one server (its headers, its credentials, the signature) is not shown to another.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout_at};
use trunkline_call::{DialFault, Down, PostSpec};
use url::Url;

use super::answer::{AnswerSender, Unwanted};
use super::connect::Connector;
use super::exchange::{Exchange, fault};
use super::guard::Target;
use super::headers::headers;
use super::pool::Pool;
use super::signing::sign;
use super::websocket::address;

/// Redirects that are followed.
const MAX_REDIRECTS: u32 = 3;

/// The longest name of a media type; no registered one comes near.
const MAX_CONTENT_TYPE_BYTES: usize = 128;

/// Makes the request and hands on what is answered.
pub(super) async fn post(
    connector: &Connector,
    pool: &Pool,
    spec: &PostSpec,
    sender: AnswerSender,
) {
    let deadline = Instant::now() + std::time::Duration::from_millis(spec.timeout_ms);
    let done = timeout_at(deadline, run(connector, pool, spec, &sender, deadline)).await;
    sender.end(match done {
        Ok(Ok(())) => Down::Finished,
        Ok(Err(Broken::Answer(why))) => why,
        Ok(Err(Broken::Unwanted)) => return,
        Err(_) => Down::NotReached(DialFault::TimedOut),
    });
}

/// Why an answer ends before its end.
enum Broken {
    Answer(Down),
    Unwanted,
}

impl From<DialFault> for Broken {
    fn from(fault: DialFault) -> Self {
        Self::Answer(Down::NotReached(fault))
    }
}

impl From<Unwanted> for Broken {
    fn from(_: Unwanted) -> Self {
        Self::Unwanted
    }
}

async fn run(
    connector: &Connector,
    pool: &Pool,
    spec: &PostSpec,
    sender: &AnswerSender,
    deadline: Instant,
) -> Result<(), Broken> {
    let mut url = Url::parse(spec.url.expose()).map_err(|_| DialFault::BadRequest)?;
    let first = judge(connector, &url)?;
    let mut target = first.clone();
    for redirects in 0.. {
        let request = request(spec, &target, target.is_same_server(&first))?;
        let (response, mut exchange, address) =
            send(connector, pool, &target, request, deadline).await?;
        if !response.status().is_redirection() {
            hand_on(spec, response, &mut exchange, sender).await?;
            // Whether the connection is at rest is seen by running it once more.
            if exchange.is_open().await {
                pool.put(&target, address, exchange);
            }
            return Ok(());
        }
        let followed = redirects < MAX_REDIRECTS;
        let refused = DialFault::Status(response.status().as_u16());
        url = followed
            .then(|| location(&url, &response))
            .flatten()
            .ok_or(refused)?;
        target = judge(connector, &url)?;
        if target.authorization.is_none() && target.is_same_server(&first) {
            // An absolute Location does not repeat the credentials of a URL.
            target.authorization.clone_from(&first.authorization);
        }
        tracing::debug!(%target, "redirected");
    }
    Ok(())
}

/// Over a connection that is kept, if there is one, else over a new one. A request that may have been read is not
/// sent twice.
async fn send(
    connector: &Connector,
    pool: &Pool,
    target: &Target,
    request: Request<Full<Bytes>>,
    deadline: Instant,
) -> Result<(Response<Incoming>, Exchange, IpAddr), DialFault> {
    let addresses = connector.addresses(target, deadline).await?;
    if let Some((mut exchange, address)) = pool.take(target, &addresses).await {
        match exchange.send(request.clone()).await {
            Ok(response) => return Ok((response, exchange, address)),
            // It never went out.
            Err(error) if error.is_canceled() => {}
            Err(error) => return Err(fault(&error)),
        }
    }
    let (stream, address) = connector.connect(target, &addresses, deadline).await?;
    let mut exchange = Exchange::open(stream).await?;
    let response = exchange
        .send(request)
        .await
        .map_err(|error| fault(&error))?;
    Ok((response, exchange, address))
}

fn judge(connector: &Connector, url: &Url) -> Result<Target, DialFault> {
    match connector.guard.check_url(url) {
        Ok(target) if !target.scheme.is_websocket() => Ok(target),
        Ok(_) => Err(DialFault::BadRequest),
        Err(blocked) => {
            tracing::debug!(%blocked, "not dialled");
            Err(DialFault::from(&blocked))
        }
    }
}

fn request(
    spec: &PostSpec,
    target: &Target,
    is_first_server: bool,
) -> Result<Request<Full<Bytes>>, DialFault> {
    let mut all = HeaderMap::new();
    if is_first_server {
        all = headers(&spec.headers).map_err(|what| {
            tracing::debug!(%target, what, "not dialled");
            DialFault::BadRequest
        })?;
        if let Some(signing) = &spec.signing {
            sign(signing, target, &spec.body, &mut all)?;
        }
    }
    address(&mut all, target)?;
    all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(target.path.expose())
        .body(Full::new(spec.body.clone()))
        .map_err(|_| DialFault::BadRequest)?;
    *request.headers_mut() = all;
    Ok(request)
}

/// Where a redirect leads that keeps method and content (RFC 9110 §15.4.8, §15.4.9) and the scheme.
fn location<B>(from: &Url, response: &Response<B>) -> Option<Url> {
    let keeps = [
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let mut to = from.join(location).ok()?;
    // The fragment is for a reader of the document.
    to.set_fragment(None);
    let followed = keeps.contains(&response.status()) && to.scheme() == from.scheme();
    followed.then_some(to)
}

async fn hand_on(
    spec: &PostSpec,
    response: Response<Incoming>,
    exchange: &mut Exchange,
    sender: &AnswerSender,
) -> Result<(), Broken> {
    let status = response.status().as_u16();
    let content_type = media_type(response.headers());
    let mut body = response.into_body();
    let mut left = spec.max_response_bytes as u64;
    // The server has answered, however long it goes on.
    sender.head(status, content_type).await?;
    if body.size_hint().lower() > left {
        return Err(DialFault::TooLong.into());
    }
    while let Some(frame) = exchange.drive(body.frame()).await {
        let frame = frame.map_err(|_| Broken::Answer(Down::Lost))?;
        let Ok(content) = frame.into_data() else {
            continue;
        };
        left = left
            .checked_sub(content.len() as u64)
            .ok_or(DialFault::TooLong)?;
        sender.body(content).await?;
    }
    Ok(())
}

/// The media type alone, in lower case.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let name = value
        .and_then(|value| value.split(';').next())
        .unwrap_or("");
    let name = name.trim();
    if name.len() > MAX_CONTENT_TYPE_BYTES {
        return String::new();
    }
    name.to_ascii_lowercase()
}
