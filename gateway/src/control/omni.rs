//! `GET /v1/omni` and its alias `/v2/omni/chat`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use trunkline_call::caller::{CallerLeg, OmniLeg};
use trunkline_protocol::client::omni::Open;

use super::Gateway;
use super::admit::{Asked, check_open, enter};
use super::refuse::Reject;
use super::upgrade::{Birth, Handshake};

/// What a key must be good for.
const SCOPE: &str = "omni:session";

/// The subprotocol that is echoed.
const MARKERS: [&str; 1] = ["pyai.v1"];

/// The largest message taken from a client.
const MAX_MESSAGE_BYTES: usize = 256 * 1_024;

/// Opens an Omni session, or says why not.
pub(super) async fn open(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    admit(&gateway, request).unwrap_or_else(|reject| {
        gateway.meters.refused(reject.metric());
        reject.into_response()
    })
}

fn admit(gateway: &Arc<Gateway>, mut request: Request) -> Result<Response, Reject> {
    let handshake = Handshake::take(&mut request)?;
    let asked = Asked::new(request.headers(), request.uri().query());
    asked.authorize(gateway, SCOPE)?;
    check_open(gateway)?;
    let open = Open::parse(request.uri().query().unwrap_or_default())
        .map_err(|error| Reject::bad_request(Some(error.param()), error.to_string()))?;
    let route = gateway
        .agents
        .find_or_default(open.session_label.as_deref())
        .ok_or_else(|| Reject::not_found("No agent is configured.".to_owned()))?
        .clone();
    let (id, entered) = enter(gateway, "omni", &route)?;
    let voice = route.spec.voice().to_owned();
    let asked_for = open.session_label.clone().unwrap_or_default();
    let leg = OmniLeg::new(open, id.as_str().to_owned(), voice);
    let birth = Birth {
        id,
        asked_for,
        entered,
        caller: CallerLeg::Omni(leg),
        route,
        max_message_bytes: MAX_MESSAGE_BYTES,
    };
    let marker = asked.marker(&MARKERS);
    Ok(handshake.accept(Arc::clone(gateway), birth, marker))
}
