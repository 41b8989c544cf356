//! Plivo V3: `X-Plivo-Signature-V3`, base64 of an HMAC-SHA256 over a canonical URL and a nonce
//! (`X-Plivo-Signature-V3-Nonce`). The header may hold several signatures with commas between them. Headers with
//! `-MA-V3` are the same under the main account's token.
//!
//! ```text
//! GET    URL without query [ "?" query and parameters, sorted ]            "." nonce
//! POST   URL without query [ "?" query, sorted, [ "." ] form, sorted ]     "." nonce
//! ```
//!
//! A query is written `k=v&k2=v2`, a form `kvk2v2`, both decoded. The `.` between query and form is there when both
//! are.
//!
//! **Upgrades.** Which URL is signed when a media socket opens is not documented: plivo-python refuses `wss://`, Plivo's
//! stream SDK checks `http://…/websocket`. [`sign_upgrade`] signs each form a checker may use, and
//! [`verify_upgrade`] takes any.
//!
//! Source: plivo-python 4.63, plivo-stream-sdk 0.1.1.

use sha2::Sha256;
use url::form_urlencoded;

use super::{SignatureFault, hmac_base64, same, verdict};

/// The header with the signature.
pub const HEADER: &str = "x-plivo-signature-v3";
/// The header with the nonce.
pub const NONCE_HEADER: &str = "x-plivo-signature-v3-nonce";
/// The header with the signature under the main account's token.
pub const MAIN_HEADER: &str = "x-plivo-signature-ma-v3";

/// How a request was made: it decides what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Parameters are part of the query.
    Get,
    /// Parameters are a form.
    Post,
}

/// The signature of a request to `url`, whose query may be in any order, with further parameters in any order.
pub fn sign(token: &str, method: Method, url: &str, form: &[(&str, &str)], nonce: &str) -> String {
    let canonical = canonical(method, url, form);
    let parts = [canonical.as_bytes(), b".", nonce.as_bytes()];
    hmac_base64::<Sha256>(token.as_bytes(), &parts)
}

/// Checks a request; `presented` is the header, with one signature or more.
///
/// # Errors
///
/// [`SignatureFault::Mismatch`].
pub fn verify(
    token: &str,
    method: Method,
    url: &str,
    form: &[(&str, &str)],
    nonce: &str,
    presented: &str,
) -> Result<(), SignatureFault> {
    verdict(holds(presented, &sign(token, method, url, form, nonce)))
}

/// The header for the upgrade of a media socket at `url`: a signature each of `wss`, `https` and `http`, with and
/// without `/websocket` at the end of the path, and of the whole where there is a query. Nine at most.
pub fn sign_upgrade(token: &str, url: &str, nonce: &str) -> String {
    let signatures: Vec<String> = upgrade_urls(url)
        .map(|url| sign(token, Method::Get, &url, &[], nonce))
        .collect();
    signatures.join(",")
}

/// Checks the upgrade of a media socket at `url`, whatever form of it was signed.
///
/// # Errors
///
/// [`SignatureFault::Mismatch`].
pub fn verify_upgrade(
    token: &str,
    url: &str,
    nonce: &str,
    presented: &str,
) -> Result<(), SignatureFault> {
    let found = upgrade_urls(url)
        .map(|url| sign(token, Method::Get, &url, &[], nonce))
        .fold(false, |found, signature| {
            found | holds(presented, &signature)
        });
    verdict(found)
}

/// Whether one of the signatures in a header is `expected`.
fn holds(header: &str, expected: &str) -> bool {
    header
        .split(',')
        .fold(false, |found, one| found | same(expected, one.trim()))
}

/// What a checker may take for the URL of an upgrade.
fn upgrade_urls(url: &str) -> impl Iterator<Item = String> {
    let (base, query) = split(url);
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    let rests = match query {
        None => vec![rest.to_owned(), format!("{rest}/websocket")],
        Some(query) => vec![
            format!("{rest}?{query}"),
            format!("{rest}/websocket?{query}"),
            format!("{rest}?{query}/websocket"),
        ],
    };
    rests
        .into_iter()
        .flat_map(|rest| ["wss", "https", "http"].map(|scheme| format!("{scheme}://{rest}")))
}

/// The text that is signed, but for the nonce.
fn canonical(method: Method, url: &str, form: &[(&str, &str)]) -> String {
    let (base, query) = split(url);
    let mut query: Vec<(String, String)> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let mut form = form.to_vec();
    form.sort_unstable();
    if method == Method::Get {
        // What the URL says wins over a parameter of the same name.
        form.retain(|(name, _)| !query.iter().any(|(given, _)| given == name));
        query.extend(form.drain(..).map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
    query.sort_unstable();
    let query: Vec<String> = query.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let query = query.join("&");
    let form: Vec<String> = form.iter().map(|(k, v)| format!("{k}{v}")).collect();
    let form = form.concat();
    match (query.is_empty(), form.is_empty()) {
        (true, true) => base.to_owned(),
        (true, false) => format!("{base}?{form}"),
        (false, true) => format!("{base}?{query}"),
        (false, false) => format!("{base}?{query}.{form}"),
    }
}

/// The URL up to its query, and its query. A fragment belongs to neither.
fn split(url: &str) -> (&str, Option<&str>) {
    let url = url.split('#').next().unwrap_or_default();
    match url.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (url, None),
    }
}
