//! What load balancers and Prometheus ask for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use super::Gateway;
use super::refuse::Reject;

/// The process runs.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The process takes calls, and refuses every key that was revoked.
pub(super) async fn readyz(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    if gateway.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else if !gateway.keys.is_complete() {
        (StatusCode::SERVICE_UNAVAILABLE, "revocations incomplete\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

/// Everything that is counted.
pub(super) async fn metrics(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        gateway.meters.render(),
    )
}

/// Nothing is here.
pub(super) async fn not_found() -> impl IntoResponse {
    Reject::not_found("There is nothing at this address.".to_owned())
}

/// Something is here, but not for this method.
pub(super) async fn method_not_allowed(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let reject = Reject::method_not_allowed();
    gateway.meters.refused(reject.metric());
    reject
}
