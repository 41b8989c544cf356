//! Opening the socket: TCP, the upgrade, and what a refusal says.

use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::http::header::{
    AUTHORIZATION, HeaderMap, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL,
};
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::{Host, Url};

use super::PhoneError;
use super::dialect::{Upgrade, Wire};
use super::options::{Key, Options};

/// How long TCP and the upgrade may take, in seconds.
const ANSWER_S: u64 = 10;
/// Longest message taken from the far end.
const MESSAGE_BYTES: usize = 1 << 20;
/// As much of a refusal that is not JSON as is shown.
const SHOWN_CHARS: usize = 200;

/// An open socket.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) handshake: Duration,
    pub(crate) subprotocol: Option<String>,
}

/// Connects and upgrades.
pub(crate) async fn open(options: &Options, wire: &Wire) -> Result<Opened, PhoneError> {
    let upgrade = wire.upgrade(options)?;
    let request = request(&upgrade, options)?;
    let began = Instant::now();
    let dialling = Box::pin(dial(&upgrade.url, request, options.key.as_ref()));
    let answered = timeout(Duration::from_secs(ANSWER_S), dialling).await;
    let (socket, response) = answered.map_err(|_| PhoneError::Timeout { after_s: ANSWER_S })??;
    let subprotocol = header(response.headers(), &SEC_WEBSOCKET_PROTOCOL);
    if subprotocol
        .as_deref()
        .is_some_and(|name| name.starts_with("pyai-key."))
    {
        return Err(PhoneError::KeyEchoed);
    }
    Ok(Opened {
        socket,
        handshake: began.elapsed(),
        subprotocol,
    })
}

async fn dial(
    url: &Url,
    request: Request,
    key: Option<&Key>,
) -> Result<(WebSocketStream<TcpStream>, Response), PhoneError> {
    let host = match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => {
            return Err(PhoneError::Url {
                reason: "no host".to_owned(),
            });
        }
    };
    let port = url.port_or_known_default().unwrap_or(80);
    let refused = |source| PhoneError::Connect {
        host: host.clone(),
        port,
        source,
    };
    let stream = TcpStream::connect((host.as_str(), port))
        .await
        .map_err(refused)?;
    stream.set_nodelay(true).map_err(refused)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(4 * 1024)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    client_async_with_config(request, stream, Some(config))
        .await
        .map_err(|error| refusal(error, key))
}

fn request(upgrade: &Upgrade, options: &Options) -> Result<Request, PhoneError> {
    let mut request = upgrade
        .url
        .as_str()
        .into_client_request()
        .map_err(|error| PhoneError::Url {
            reason: error.to_string(),
        })?;
    let headers = request.headers_mut();
    if !upgrade.subprotocols.is_empty() {
        headers.insert(
            SEC_WEBSOCKET_PROTOCOL,
            value("the key", &upgrade.subprotocols.join(", "))?,
        );
    }
    if let Some(bearer) = &upgrade.bearer {
        headers.insert(
            AUTHORIZATION,
            value("the key", &format!("Bearer {bearer}"))?,
        );
    }
    for (name, text) in &options.headers {
        let header =
            HeaderName::try_from(name).map_err(|_| PhoneError::Header { name: name.clone() })?;
        headers.insert(header, value(name, text)?);
    }
    Ok(request)
}

fn value(name: &str, text: &str) -> Result<HeaderValue, PhoneError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| PhoneError::Header {
        name: name.to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// A refusal with what its body says, or the library's own words; never with the key.
fn refusal(error: Error, key: Option<&Key>) -> PhoneError {
    let redact = |text: &str| key.map_or_else(|| text.to_owned(), |key| key.redact(text));
    let response = match error {
        Error::Http(response) => response,
        other => {
            return PhoneError::Handshake {
                reason: redact(&other.to_string()),
            };
        }
    };
    let retry_after_s = header(response.headers(), &RETRY_AFTER).and_then(|text| text.parse().ok());
    let text = String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned();
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let word = |name: &str| {
        let found = body
            .get("error")
            .and_then(|error| error.get(name))
            .or_else(|| body.get(name));
        found.and_then(Value::as_str).map(&redact)
    };
    let beginning = || {
        redact(text.trim())
            .chars()
            .take(SHOWN_CHARS)
            .collect::<String>()
    };
    PhoneError::Refused {
        status: response.status().as_u16(),
        code: word("code"),
        message: word("message").or_else(|| Some(beginning()).filter(|text| !text.is_empty())),
        retry_after_s,
    }
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(ToOwned::to_owned)
}
