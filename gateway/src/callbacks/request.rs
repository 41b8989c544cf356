//! The requests that carry callbacks.

use bytes::Bytes;
use trunkline_auth::signature::status as signature;
use trunkline_call::{PostSpec, Signing};
use trunkline_protocol::Secret;

use super::record::Told;
use super::{EndedTarget, StatusTarget};
use crate::dial::MAX_HEADERS;

/// How long one attempt may take, from name resolution to the head of the answer.
pub(super) const TIMEOUT_MS: u64 = 10_000;

/// An answer's content means nothing; a longer one is not read.
const MAX_RESPONSE_BYTES: usize = 64 * 1_024;

/// A status callback. `X-Signature` is the HMAC-SHA256 of the body under the target's secret, in lower-case
/// hexadecimal digits: the vendor gives the algorithm, and the encoding is ours.
pub(super) fn status(target: &StatusTarget, call_id: &str, told: Told) -> PostSpec {
    let mut headers = vec![
        header("X-Call-Id", call_id),
        header("X-Timestamp", told.timestamp),
    ];
    if let Some(secret) = &target.secret {
        let signature = signature::sign(secret.expose(), told.body.as_bytes());
        headers.push(header("X-Signature", signature));
        headers.push(header("X-Signature-Algorithm", signature::ALGORITHM));
    }
    post(&target.url, headers, told.body, None)
}

/// `agent.call_ended`, signed as AgentPhone signs, with the time of each attempt. There is one of a call: every
/// attempt has the call's id, so that a server that got it twice can tell.
pub(super) fn ended(target: &EndedTarget, call_id: &str, body: String) -> PostSpec {
    let signing = target.secret.clone().map(Signing::AgentPhone);
    let mut headers = target.headers.clone();
    if headers.len() < MAX_HEADERS {
        headers.push(header("X-Webhook-ID", call_id));
    }
    post(&target.url, headers, body, signing)
}

fn post(
    url: &Secret,
    headers: Vec<(String, Secret)>,
    body: String,
    signing: Option<Signing>,
) -> PostSpec {
    PostSpec {
        url: url.clone(),
        headers,
        body: Bytes::from(body),
        timeout_ms: TIMEOUT_MS,
        max_response_bytes: MAX_RESPONSE_BYTES,
        signing,
    }
}

fn header(name: &str, value: impl Into<String>) -> (String, Secret) {
    (name.to_owned(), Secret::new(value))
}
