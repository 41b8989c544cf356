//! Who may open a socket.

use axum::http::{HeaderMap, header};
use trunkline_auth::{Claims, DEFAULT_SUBPROTOCOL_PREFIXES, Refusal, Request, marker};

use super::Gateway;
use super::refuse::Reject;
use crate::agents::Route;
use crate::calls::{CallId, Entered};

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
    check_enforced(&claims)?;
    Ok(claims)
}

/// Refuses a token with a restriction nobody here looks after: it would open more than its maker meant.
fn check_enforced(claims: &Claims) -> Result<(), Refusal> {
    let Some(session) = &claims.session else {
        return Ok(());
    };
    let restriction = if session.single_use {
        "good for one session only"
    } else if session.config_sha256.is_some() {
        "bound to a stored session configuration"
    } else {
        return Ok(());
    };
    Err(Refusal::Unenforced { restriction })
}

/// Whether new calls are taken at all.
pub(super) fn check_open(gateway: &Gateway) -> Result<(), Reject> {
    if gateway.is_draining() {
        return Err(Reject::draining());
    }
    Ok(())
}

/// Enters a call whose request is good in every way.
pub(super) fn enter(
    gateway: &Gateway,
    dialect: &'static str,
    route: &Route,
) -> Result<(CallId, Entered), Reject> {
    let id = CallId::random().map_err(|error| {
        tracing::error!(%error, "no randomness");
        Reject::fault("The gateway could not name the call.".to_owned())
    })?;
    let entered = gateway
        .calls
        .enter(id.clone(), dialect)
        .map_err(|full| Reject::too_many(full.to_string()))?;
    // Asked again: whoever drains looks for calls only after closing the gate, and must not miss this one.
    check_open(gateway)?;
    let entered = match &route.callbacks {
        Some(spec) => entered.noted(gateway.callbacks.open(&id, spec)),
        None => entered,
    };
    Ok((id, entered))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tempfile::TempDir;
    use trunkline_call::CallConfig;
    use trunkline_local::{Workers, WorkersConfig};

    use super::*;
    use crate::agents::Agents;
    use crate::callbacks::{Callbacks, Post};
    use crate::calls::Calls;
    use crate::config::TelephonyAuth;
    use crate::dial::{Dialer, EgressConfig};
    use crate::keys::{DataDir, KeyRing};
    use crate::shard::Shards;
    use crate::telemetry::Meters;

    /// The request was looked at before the drain began and is entered after it.
    #[tokio::test]
    async fn a_call_that_crosses_the_start_of_a_drain_does_not_stay() {
        let home = TempDir::new().expect("a directory");
        let dir = DataDir::open(home.path()).expect("a data directory");
        let workers = Workers::start(WorkersConfig::default());
        let meters = Arc::new(Meters::new().expect("meters"));
        let (calls, _reports) = Calls::new(1, Arc::clone(&meters));
        let control = tokio::runtime::Handle::current();
        let egress = EgressConfig::default();
        let dialer = Dialer::start(control, egress, Arc::clone(&meters)).expect("TLS");
        let gateway = Gateway::new(
            KeyRing::load(&dir).expect("keys"),
            calls,
            Shards::start(1, false, &workers, &dialer).expect("a shard"),
            Agents::builtin(Arc::new(CallConfig::default())),
            TelephonyAuth::Token,
            Callbacks::new(Post::unavailable(), Arc::clone(&meters)),
            meters,
        );
        check_open(&gateway).expect("open");
        gateway.drain();
        let route = gateway.agents.find_or_default(None).expect("an agent");
        let rejected = enter(&gateway, "omni", route).expect_err("the gate is closed");
        assert!(matches!(rejected, Reject::Capacity { .. }), "{rejected:?}");
        assert!(gateway.calls.is_empty());
        drop(gateway);
        workers.shutdown();
    }
}
