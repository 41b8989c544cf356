//! From an HTTP request to a socket on a shard.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use trunkline_call::CallInfo;
use trunkline_call::caller::CallerLeg;

use super::Gateway;
use super::refuse::Reject;
use crate::agents::Route;
use crate::calls::{CallId, Entered};
use crate::shard::{NewCall, Newborn};

/// A request that may become a WebSocket (RFC 6455 §4.2.1).
#[derive(Debug)]
pub(super) struct Handshake {
    accept: String,
    on_upgrade: OnUpgrade,
}

impl Handshake {
    /// Checks the headers and takes the connection's promise out of the request.
    pub(super) fn take(request: &mut Request) -> Result<Self, Reject> {
        let headers = request.headers();
        let wrong = |what: &str| Err(Reject::bad_request(None, format!("Expected {what}.")));
        if request.method() != Method::GET {
            return wrong("a GET request");
        }
        if !has_token(headers, &header::CONNECTION, "upgrade")
            || !has_token(headers, &header::UPGRADE, "websocket")
        {
            return Err(Reject::upgrade_required());
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION) != Some(&HeaderValue::from_static("13")) {
            return Err(Reject::version_required());
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY);
        let Some(key) = key.filter(|key| is_nonce(key.as_bytes())) else {
            return wrong("a `Sec-WebSocket-Key` of 16 bytes in base64");
        };
        let accept = derive_accept_key(key.as_bytes());
        let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
            return wrong("an HTTP/1.1 connection that can be upgraded");
        };
        Ok(Self { accept, on_upgrade })
    }

    /// The 101, and behind it the call: once the answer is out, the bare socket moves to a shard.
    pub(super) fn accept(
        self,
        gateway: Arc<Gateway>,
        birth: Birth,
        marker: Option<&'static str>,
    ) -> Response {
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(marker) = marker {
            headers.insert(
                header::SEC_WEBSOCKET_PROTOCOL,
                HeaderValue::from_static(marker),
            );
        }
        tokio::spawn(async move {
            match self.on_upgrade.await {
                Ok(upgraded) => birth.deliver(&gateway, upgraded),
                Err(error) => tracing::debug!(%error, "upgrade not finished by the peer"),
            }
        });
        response
    }
}

/// A call whose socket is being born.
#[derive(Debug)]
pub(super) struct Birth {
    pub(super) id: CallId,
    /// What was asked for: a label or a number.
    pub(super) asked_for: String,
    pub(super) entered: Entered,
    pub(super) caller: CallerLeg,
    pub(super) route: Route,
    pub(super) max_message_bytes: usize,
}

impl Birth {
    fn deliver(self, gateway: &Gateway, upgraded: Upgraded) {
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
            tracing::error!("an upgraded connection is not plain TCP");
            return;
        };
        let socket = match Newborn::take(parts.io.into_inner(), &parts.read_buf) {
            Ok(socket) => socket,
            Err(error) => {
                tracing::warn!(%error, call = self.id.as_str(), "socket lost at its birth");
                return;
            }
        };
        let info = CallInfo {
            call_id: self.id.as_str().to_owned(),
            to: self.asked_for,
            began_unix_ms: unix_ms(),
            ..CallInfo::default()
        };
        let dealt = gateway.shards.deal(NewCall {
            socket,
            caller: self.caller,
            info,
            route: self.route,
            max_message_bytes: self.max_message_bytes,
            mailbox: self.entered.mailbox,
            reporter: self.entered.reporter,
            guard: self.entered.guard,
        });
        if let Err(error) = dealt {
            tracing::error!(%error, call = self.id.as_str(), "call dropped");
        }
    }
}

/// The time by the machine's clock.
fn unix_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |since| since.as_millis() as u64)
}

/// Whether a client's key is what RFC 6455 §4.1 asks for: base64 of 16 bytes.
fn is_nonce(key: &[u8]) -> bool {
    STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16)
}

/// Whether a header that is a list of tokens has this one, in any case.
fn has_token(headers: &HeaderMap, name: &header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(token))
}
