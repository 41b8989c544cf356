//! Refusals: every one an HTTP answer before the upgrade, with the JSON error envelope.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use trunkline_auth::Refusal;

use crate::telemetry::Refused;

/// Why a request gets no socket.
#[derive(Debug)]
pub(super) enum Reject {
    /// The key.
    Key(Refusal),
    /// The request itself is wrong.
    Request {
        status: StatusCode,
        code: &'static str,
        message: String,
        param: Option<&'static str>,
        header: Option<(HeaderName, &'static str)>,
    },
    /// Not now.
    Capacity {
        status: StatusCode,
        code: &'static str,
        message: String,
    },
    /// Our own fault.
    Fault { message: String },
}

impl Reject {
    pub(super) fn bad_request(param: Option<&'static str>, message: String) -> Self {
        Self::Request {
            status: StatusCode::BAD_REQUEST,
            code: "invalid_request_error",
            message,
            param,
            header: None,
        }
    }

    /// No WebSocket was asked for (RFC 9110 §15.5.22: the answer names what is expected).
    pub(super) fn upgrade_required() -> Self {
        Self::Request {
            status: StatusCode::UPGRADE_REQUIRED,
            code: "upgrade_required",
            message: "Expected a WebSocket: `Connection: Upgrade` and `Upgrade: websocket`."
                .to_owned(),
            param: None,
            header: Some((header::UPGRADE, "websocket")),
        }
    }

    /// Another version of the protocol was asked for (RFC 6455 §4.2.2: the answer names ours).
    pub(super) fn version_required() -> Self {
        Self::Request {
            status: StatusCode::BAD_REQUEST,
            code: "invalid_request_error",
            message: "Expected `Sec-WebSocket-Version: 13`.".to_owned(),
            param: None,
            header: Some((header::SEC_WEBSOCKET_VERSION, "13")),
        }
    }

    pub(super) fn not_found(message: String) -> Self {
        Self::Request {
            status: StatusCode::NOT_FOUND,
            code: "not_found",
            message,
            param: None,
            header: None,
        }
    }

    /// The address is good for `GET` alone. The router adds `Allow` (RFC 9110 §15.5.6).
    pub(super) fn method_not_allowed() -> Self {
        Self::Request {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: "method_not_allowed",
            message: "Expected a GET request.".to_owned(),
            param: None,
            header: None,
        }
    }

    pub(super) fn draining() -> Self {
        Self::Capacity {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "shutting_down",
            message: "This gateway is shutting down and takes no new calls.".to_owned(),
        }
    }

    pub(super) fn too_many(message: String) -> Self {
        Self::Capacity {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "concurrency_limit_exceeded",
            message,
        }
    }

    pub(super) fn fault(message: String) -> Self {
        Self::Fault { message }
    }

    pub(super) fn metric(&self) -> Refused {
        match self {
            Self::Key(_) => Refused::Key,
            Self::Request { .. } => Refused::Request,
            Self::Capacity { .. } => Refused::Capacity,
            Self::Fault { .. } => Refused::Fault,
        }
    }
}

impl From<Refusal> for Reject {
    fn from(refusal: Refusal) -> Self {
        Self::Key(refusal)
    }
}

impl IntoResponse for Reject {
    fn into_response(self) -> Response {
        match self {
            Self::Key(refusal) => {
                let challenge = refusal
                    .challenge()
                    .map(|value| (header::WWW_AUTHENTICATE, HeaderValue::from_static(value)));
                answer(status(refusal.status()), refusal.envelope(), challenge)
            }
            Self::Request {
                status,
                code,
                message,
                param,
                header,
            } => answer(
                status,
                envelope("invalid_request_error", code, &message, param),
                header.map(|(name, value)| (name, HeaderValue::from_static(value))),
            ),
            Self::Capacity {
                status,
                code,
                message,
            } => answer(
                status,
                envelope("rate_limit_error", code, &message, None),
                Some((header::RETRY_AFTER, HeaderValue::from_static("1"))),
            ),
            Self::Fault { message } => answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                envelope("server_error", "internal_error", &message, None),
                None,
            ),
        }
    }
}

fn envelope(kind: &str, code: &str, message: &str, param: Option<&str>) -> String {
    json!({"error": {"message": message, "type": kind, "code": code, "param": param}}).to_string()
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::FORBIDDEN)
}

fn answer(status: StatusCode, body: String, extra: Option<(HeaderName, HeaderValue)>) -> Response {
    let json = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let mut response = (status, [json], body).into_response();
    response.headers_mut().extend(extra);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_fault_is_not_the_callers() {
        let reject = Reject::fault("The gateway could not name the call.".to_owned());
        assert_eq!(reject.metric(), Refused::Fault);
        let response = reject.into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!response.headers().contains_key(header::RETRY_AFTER));
    }
}
