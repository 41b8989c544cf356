//! Twilio: `X-Twilio-Signature`, base64 of an HMAC over the URL and the form's parameters.
//!
//! The key is the account's primary auth token and the hash SHA-1, unless `X-Twilio-Webhooks-Signature-Settings` says
//! `key=webhooks_sharedkey_…,algorithm=HMAC_SHA256`: then it is that shared key's secret and SHA-256 ([`Settings`]).
//!
//! What is signed is the URL as it was configured, of an upgrade with the scheme `wss`, then each parameter of a form
//! as name and value without separators, sorted, every pair once. Of a JSON body the URL alone is signed, which then
//! carries `bodySHA256`. Twilio does not agree with itself whether the default port belongs to the URL: both are tried.
//!
//! Source: Twilio's security documentation; twilio-python 9.13.

use std::borrow::Cow;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::{SignatureFault, hmac_base64, same, verdict};
use crate::hex;

/// The header with the signature.
pub const HEADER: &str = "x-twilio-signature";
/// The header that says how it was made.
pub const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";

/// The hash of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// With an account's auth token.
    Sha1,
    /// With a shared key.
    Sha256,
}

/// What [`SETTINGS_HEADER`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings<'a> {
    /// The id of the shared key whose secret signed; `None` is the auth token.
    pub key_id: Option<&'a str>,
    /// The hash.
    pub algorithm: Algorithm,
}

impl<'a> Settings<'a> {
    /// Reads the header; without it, or without what it could say, a signature is an auth token's with SHA-1.
    ///
    /// # Errors
    ///
    /// [`SignatureFault::UnknownAlgorithm`].
    pub fn parse(header: Option<&'a str>) -> Result<Self, SignatureFault> {
        let field = |name: &str| {
            header
                .unwrap_or_default()
                .split(',')
                .filter_map(|part| part.split_once('='))
                .map(|(key, value)| (key.trim(), value.trim()))
                .find(|(key, value)| *key == name && !value.is_empty())
                .map(|(_, value)| value)
        };
        let algorithm = match field("algorithm") {
            None => Algorithm::Sha1,
            Some(name) if name.eq_ignore_ascii_case("HMAC_SHA1") => Algorithm::Sha1,
            Some(name) if name.eq_ignore_ascii_case("HMAC_SHA256") => Algorithm::Sha256,
            Some(_) => return Err(SignatureFault::UnknownAlgorithm),
        };
        Ok(Self {
            key_id: field("key"),
            algorithm,
        })
    }
}

/// The signature of a request to `url` with the parameters of its form, in any order; of an upgrade there are none.
pub fn sign(algorithm: Algorithm, key: &str, url: &str, form: &[(&str, &str)]) -> String {
    let mut pairs = form.to_vec();
    pairs.sort_unstable();
    pairs.dedup();
    let mut parts = vec![url.as_bytes()];
    parts.extend(
        pairs
            .iter()
            .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]),
    );
    match algorithm {
        Algorithm::Sha1 => hmac_base64::<Sha1>(key.as_bytes(), &parts),
        Algorithm::Sha256 => hmac_base64::<Sha256>(key.as_bytes(), &parts),
    }
}

/// Checks the signature of a form or an upgrade. `url` is the public one, whatever a proxy made of it.
///
/// # Errors
///
/// [`SignatureFault::Mismatch`].
pub fn verify(
    algorithm: Algorithm,
    key: &str,
    url: &str,
    form: &[(&str, &str)],
    presented: &str,
) -> Result<(), SignatureFault> {
    let is_for = |url: &str| same(&sign(algorithm, key, url, form), presented);
    let other_port = with_other_port(url);
    verdict(is_for(url) | other_port.is_some_and(|url| is_for(&url)))
}

/// Checks the signature of a request whose body is not a form: the URL, with the query it came with, has the body's
/// SHA-256 as `bodySHA256`.
///
/// # Errors
///
/// [`SignatureFault::BodyMismatch`], [`SignatureFault::Mismatch`].
pub fn verify_body(
    algorithm: Algorithm,
    key: &str,
    url: &str,
    body: &[u8],
    presented: &str,
) -> Result<(), SignatureFault> {
    verify(algorithm, key, url, &[], presented)?;
    let (_, query) = url.split_once('?').unwrap_or_default();
    let query = query.split('#').next().unwrap_or_default();
    let announced: Option<Cow<'_, str>> = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "bodySHA256")
        .map(|(_, value)| value);
    let digest = hex::encode(&Sha256::digest(body));
    match announced {
        Some(announced) if same(&digest, &announced.to_ascii_lowercase()) => Ok(()),
        _ => Err(SignatureFault::BodyMismatch),
    }
}

/// The same URL with its scheme's default port added, or taken away.
fn with_other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let default = match scheme {
        "https" | "wss" => ":443",
        "http" | "ws" => ":80",
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let tail = rest.strip_prefix(authority)?;
    let host = authority.rsplit('@').next()?;
    // The colons of an IPv6 address are inside of its brackets.
    let has_port = host.rsplit(']').next()?.contains(':');
    match authority.strip_suffix(default) {
        Some(bare) if has_port => Some(format!("{scheme}://{bare}{tail}")),
        _ if has_port => None,
        _ => Some(format!("{scheme}://{authority}{default}{tail}")),
    }
}
