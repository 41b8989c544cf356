//! Who may open a socket.

use axum::http::{HeaderMap, header};
use trunkline_auth::{Claims, DEFAULT_SUBPROTOCOL_PREFIXES, Refusal, Request, marker};

use super::Gateway;
use super::refuse::Reject;

/// Headers that say where a page comes from and what a client speaks, as text.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    headers: &'a HeaderMap,
    query: Option<&'a str>,
    subprotocols: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(headers: &'a HeaderMap, query: Option<&'a str>) -> Self {
        let subprotocols = headers
            .get_all(header::SEC_WEBSOCKET_PROTOCOL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        Self {
            headers,
            query,
            subprotocols,
        }
    }

    /// The one key of the request, checked, and good for `scope` from this origin.
    pub(super) fn authorize(&self, gateway: &Gateway, scope: &str) -> Result<Claims, Refusal> {
        let request = Request {
            authorization: self.text(&header::AUTHORIZATION),
            x_api_key: self
                .headers
                .get("x-api-key")
                .and_then(|value| value.to_str().ok()),
            subprotocols: &self.subprotocols,
            query: self.query,
            allow_query: true,
            subprotocol_prefixes: DEFAULT_SUBPROTOCOL_PREFIXES,
        };
        let presented = request.credential()?;
        check(
            gateway,
            presented.token(),
            scope,
            self.text(&header::ORIGIN),
        )
    }

    /// A key from elsewhere in the request, checked the same way.
    pub(super) fn authorize_token(
        &self,
        gateway: &Gateway,
        token: &str,
        scope: &str,
    ) -> Result<Claims, Refusal> {
        check(gateway, token, scope, self.text(&header::ORIGIN))
    }

    /// The subprotocol to answer with: a marker, never the key.
    pub(super) fn marker(&self, known: &[&'static str]) -> Option<&'static str> {
        marker(&self.subprotocols, known)
    }

    fn text(&self, name: &header::HeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

fn check(
    gateway: &Gateway,
    token: &str,
    scope: &str,
    origin: Option<&str>,
) -> Result<Claims, Refusal> {
    let claims = gateway.keys.verify(token)?;
    claims.check_origin(origin)?;
    claims.require(scope)?;
    Ok(claims)
}

/// Whether new calls are taken at all.
pub(super) fn check_open(gateway: &Gateway) -> Result<(), Reject> {
    if gateway.is_draining() {
        return Err(Reject::draining());
    }
    Ok(())
}
