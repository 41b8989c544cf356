//! `GET /v1/telephony/streams/twilio/{route}`.
//!
//! The last segment is an agent's name or a number that is routed to one, or a key: Twilio sends no headers
//! of ours and drops query strings, so that a key can only travel in the path. Paths are never logged.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use trunkline_auth::Refusal;
use trunkline_call::caller::{CallerLeg, TwilioLeg};

use super::Gateway;
use super::admit::{Asked, check_open, enter};
use super::refuse::Reject;
use super::upgrade::{Birth, Handshake};
use crate::agents::Route;
use crate::config::TelephonyAuth;

/// What a key must be good for.
const SCOPE: &str = "telephony:stream";

/// The largest message taken from a carrier.
const MAX_MESSAGE_BYTES: usize = 64 * 1_024;

/// Opens a media stream, or says why not.
pub(super) async fn open(
    State(gateway): State<Arc<Gateway>>,
    route: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    admit(&gateway, route, request).unwrap_or_else(|reject| {
        gateway.meters.refused(reject.metric());
        reject.into_response()
    })
}

fn admit(
    gateway: &Arc<Gateway>,
    route: Result<Path<String>, PathRejection>,
    mut request: Request,
) -> Result<Response, Reject> {
    let handshake = Handshake::take(&mut request)?;
    // What the library says of it would repeat the path.
    let Ok(Path(route)) = route else {
        let message = "Expected the last segment of the path in UTF-8, percent-encoded.";
        return Err(Reject::bad_request(None, message.to_owned()));
    };
    let asked = Asked::new(request.headers(), request.uri().query());
    let (route, asked_for) = found(gateway, &asked, &route)?;
    check_open(gateway)?;
    let (id, entered) = enter(gateway, "twilio", &route)?;
    let birth = Birth {
        id,
        asked_for,
        entered,
        caller: CallerLeg::Twilio(TwilioLeg::new()),
        route,
        max_message_bytes: MAX_MESSAGE_BYTES,
    };
    Ok(handshake.accept(Arc::clone(gateway), birth, None))
}

/// The agent the route leads to, once the carrier has proved itself, and what it was asked for by: never a key.
fn found(gateway: &Gateway, asked: &Asked<'_>, route: &str) -> Result<(Route, String), Reject> {
    if gateway.twilio == TelephonyAuth::None {
        return Ok((named(gateway, route)?, route.to_owned()));
    }
    match asked.authorize(gateway, SCOPE) {
        Ok(_) => return Ok((named(gateway, route)?, route.to_owned())),
        Err(Refusal::Missing) => {}
        Err(refusal) => return Err(refusal.into()),
    }
    // A name without a key is refused like any other wrong key, so that names cannot be guessed.
    let claims = asked.authorize_token(gateway, route, SCOPE)?;
    let label = claims.session.as_ref().and_then(|s| s.label.as_deref());
    let found = gateway.agents.find_or_default(label).cloned();
    let route = found.ok_or_else(|| Reject::not_found("No agent is configured.".to_owned()))?;
    Ok((route, label.unwrap_or_default().to_owned()))
}

fn named(gateway: &Gateway, route: &str) -> Result<Route, Reject> {
    gateway.agents.find(route).cloned().ok_or_else(|| {
        Reject::not_found("Expected the name of an agent or a routed number.".to_owned())
    })
}
