//! AgentPhone webhooks: `X-Webhook-Signature: sha256=<hex>`, an HMAC-SHA256 over `"{timestamp}.{body}"`, where the
//! timestamp is that of `X-Webhook-Timestamp` in Unix seconds and the key is the whole `whsec_…` text.
//!
//! Source: the vendor's SDK (PyPI `agentphone` 0.20.3).

use sha2::Sha256;

use super::{SignatureFault, hmac, verdict};
use crate::hex;

/// The header with the signature.
pub const HEADER: &str = "x-webhook-signature";
/// The header with the time it was made at.
pub const TIMESTAMP_HEADER: &str = "x-webhook-timestamp";
/// How far a request's time may be from now, in seconds.
pub const REPLAY_WINDOW_S: u64 = 300;

const PREFIX: &str = "sha256=";

/// The header's value for a body that is sent at `timestamp_s`.
pub fn sign(secret: &str, timestamp_s: u64, body: &[u8]) -> String {
    let tag = tag(secret, &timestamp_s.to_string(), body);
    format!("{PREFIX}{}", hex::encode(&tag))
}

/// Checks a request: its signature first, then its time.
///
/// # Errors
///
/// [`SignatureFault::Mismatch`], [`SignatureFault::BadTimestamp`], [`SignatureFault::Stale`].
pub fn verify(
    secret: &str,
    timestamp: &str,
    body: &[u8],
    presented: &str,
    now_s: u64,
) -> Result<(), SignatureFault> {
    let digits = presented.strip_prefix(PREFIX).unwrap_or_default();
    verdict(hex::matches(&tag(secret, timestamp, body), digits))?;
    let made_s: u64 = timestamp
        .parse()
        .map_err(|_| SignatureFault::BadTimestamp)?;
    let age_s = now_s.abs_diff(made_s);
    if age_s > REPLAY_WINDOW_S {
        return Err(SignatureFault::Stale {
            age_s,
            max_s: REPLAY_WINDOW_S,
        });
    }
    Ok(())
}

fn tag(secret: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
    hmac::<Sha256>(secret.as_bytes(), &[timestamp.as_bytes(), b".", body]).into()
}
