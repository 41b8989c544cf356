//! Opening the socket: TCP, TLS where the URL asks for it, the upgrade, and what a refusal says.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::{Host, Url};

use super::error::InspectError;
use super::finding::{Code, Found};
use super::options::{Header, Options};

/// How long TCP may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest message read; longer than is allowed, so that it can be told how long it was.
const MESSAGE_BYTES: usize = 4 << 20;
/// The send buffer of the socket: what a bot that does not read can swallow unnoticed.
const SEND_BUFFER_BYTES: usize = 16 * 1024;

/// What the bot's host made of the call.
#[derive(Debug)]
pub(crate) enum Answer {
    Open {
        socket: Socket,
        handshake: Duration,
    },
    /// Reached, but no WebSocket.
    Turned(Found),
}

/// An open socket.
#[derive(Debug)]
pub(crate) enum Socket {
    Plain(Box<WebSocketStream<TcpStream>>),
    Tls(Box<WebSocketStream<TlsStream<TcpStream>>>),
}

/// Where a URL leads. No `Debug`: the URL may hold a token.
pub(crate) struct Destination {
    /// Without user name and password.
    url: Url,
    /// Those of the URL, unless a header is to take their place.
    authorization: Option<HeaderValue>,
    host: String,
    port: u16,
}

impl Destination {
    pub(crate) fn new(options: &Options) -> Result<Self, InspectError> {
        let bad = |got: String| InspectError::Url { got };
        let mut url = Url::parse(options.url.expose()).map_err(|error| bad(error.to_string()))?;
        if !matches!(url.scheme(), "ws" | "wss") {
            return Err(bad(format!("{}://", url.scheme())));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(bad("no host".to_owned())),
        };
        let authorization = authorization(&url)?;
        url.set_username("")
            .and_then(|()| url.set_password(None))
            .map_err(|()| bad("no host".to_owned()))?;
        let port = url.port_or_known_default().unwrap_or(80);
        Ok(Self {
            url,
            authorization,
            host,
            port,
        })
    }

    /// Host and port, for reports.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Connects and upgrades.
pub(crate) async fn open(
    options: &Options,
    destination: &Destination,
) -> Result<Answer, InspectError> {
    let request = request(destination, &options.headers)?;
    let began = Instant::now();
    let stream = connect(destination).await?;
    let secure = destination.url.scheme() == "wss";
    let tls = secure
        .then(|| connector(options.ca.as_deref()))
        .transpose()?;
    let upgrading = Box::pin(upgrade(stream, request, tls, &destination.host));
    let answer_ms = options.limits.answer_ms;
    let answered = timeout(Duration::from_millis(answer_ms), upgrading).await;
    let Ok(answered) = answered else {
        let expected = format!("an answer to the upgrade within {answer_ms} ms");
        let found = Found::fault(Code::NoUpgrade, expected, "none");
        return Ok(Answer::Turned(found));
    };
    Ok(match answered? {
        Ok(socket) => Answer::Open {
            socket,
            handshake: began.elapsed(),
        },
        Err(error) => Answer::Turned(refusal(&error)),
    })
}

async fn connect(destination: &Destination) -> Result<TcpStream, InspectError> {
    let Destination { host, port, .. } = destination;
    let failed = |source| InspectError::Connect {
        host: host.clone(),
        port: *port,
        source,
    };
    let connecting = TcpStream::connect((host.as_str(), *port));
    let stream = timeout(CONNECT, connecting)
        .await
        .map_err(|_| failed(io::ErrorKind::TimedOut.into()))?
        .map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    socket2::SockRef::from(&stream)
        .set_send_buffer_size(SEND_BUFFER_BYTES)
        .map_err(failed)?;
    Ok(stream)
}

async fn upgrade(
    stream: TcpStream,
    request: Request,
    tls: Option<TlsConnector>,
    host: &str,
) -> Result<Result<Socket, Error>, InspectError> {
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(4 * 1024)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    let Some(tls) = tls else {
        let opened = client_async_with_config(request, stream, Some(config)).await;
        return Ok(opened.map(|(socket, _)| Socket::Plain(Box::new(socket))));
    };
    let failed = |source| InspectError::Tls {
        host: host.to_owned(),
        source,
    };
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
    let stream = tls.connect(name, stream).await.map_err(failed)?;
    let opened = client_async_with_config(request, stream, Some(config)).await;
    Ok(opened.map(|(socket, _)| Socket::Tls(Box::new(socket))))
}

/// The system's roots, and those of the file.
fn connector(ca: Option<&Path>) -> Result<TlsConnector, InspectError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca {
        let bad = |reason: String| InspectError::Roots {
            path: path.to_owned(),
            reason,
        };
        let certificates =
            CertificateDer::pem_file_iter(path).map_err(|error| bad(error.to_string()))?;
        let mut added = 0;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| bad(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| bad(error.to_string()))?;
            added += 1;
        }
        if added == 0 {
            return Err(bad("expected certificates in PEM, got none".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn request(destination: &Destination, more: &[Header]) -> Result<Request, InspectError> {
    let url = destination.url.as_str();
    let mut request = url
        .into_client_request()
        .map_err(|error| InspectError::Url {
            got: error.to_string(),
        })?;
    if let Some(value) = &destination.authorization {
        request.headers_mut().insert(AUTHORIZATION, value.clone());
    }
    for Header { name, value } in more {
        let bad = || InspectError::Header { name: name.clone() };
        let header = HeaderName::try_from(name).map_err(|_| bad())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| bad())?;
        value.set_sensitive(true);
        request.headers_mut().insert(header, value);
    }
    Ok(request)
}

/// RFC 7617 of user name and password, which is how Exotel passes credentials.
fn authorization(url: &Url) -> Result<Option<HeaderValue>, InspectError> {
    let password = url.password();
    if url.username().is_empty() && password.is_none() {
        return Ok(None);
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(password.unwrap_or_default()));
    let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let mut value = HeaderValue::try_from(value).map_err(|error| InspectError::Url {
        got: error.to_string(),
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn refusal(error: &Error) -> Found {
    match error {
        Error::Http(response) => {
            let got = format!("HTTP {}", response.status());
            Found::fault(Code::Refused, "101 Switching Protocols", got)
        }
        other => Found::fault(
            Code::NoUpgrade,
            "101 Switching Protocols",
            other.to_string(),
        ),
    }
}
