//! Status callbacks: `X-Signature`, the HMAC-SHA256 of the raw body in lower-case hexadecimal.
//!
//! `X-Signature-Algorithm: HMAC-SHA256` stands beside it. IVR Solutions, whose callbacks these follow, does not publish
//! how the bytes are written: hexadecimal is ours.

use sha2::Sha256;

use super::{SignatureFault, hmac, verdict};
use crate::hex;

/// The header with the signature.
pub const HEADER: &str = "x-signature";
/// The header that says how it was made.
pub const ALGORITHM_HEADER: &str = "x-signature-algorithm";
/// What it says.
pub const ALGORITHM: &str = "HMAC-SHA256";

/// The header's value for a body.
pub fn sign(secret: &str, body: &[u8]) -> String {
    hex::encode(&tag(secret, body))
}

/// Checks a callback.
///
/// # Errors
///
/// [`SignatureFault::Mismatch`].
pub fn verify(secret: &str, body: &[u8], presented: &str) -> Result<(), SignatureFault> {
    verdict(hex::matches(&tag(secret, body), presented))
}

fn tag(secret: &str, body: &[u8]) -> [u8; 32] {
    hmac::<Sha256>(secret.as_bytes(), &[body]).into()
}
