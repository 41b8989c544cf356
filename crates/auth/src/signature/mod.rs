//! HMAC signatures of requests: webhooks, status callbacks, and the upgrades of media sockets. Made and checked here;
//! where a signature stands in a request is its module's to say.
//!
//! Every comparison takes a time that does not depend on the signature presented. Keys are arguments and are kept
//! nowhere; no fault repeats a key or a signature.

pub mod agentphone;
pub mod plivo;
pub mod status;
pub mod twilio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::SimpleHmac;
use hmac::digest::common::{BlockSizeUser, Key};
use hmac::digest::{Digest, KeyInit, Mac, Output};
use subtle::ConstantTimeEq;

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// It is not that of the request.
    #[error("expected the signature of this request, got another")]
    Mismatch,
    /// Made in a way that is not known here.
    #[error("expected HMAC_SHA1 or HMAC_SHA256, got another algorithm")]
    UnknownAlgorithm,
    /// The body is not the one the signed URL speaks of.
    #[error("expected the body whose SHA-256 the URL carries, got another, or a URL without it")]
    BodyMismatch,
    /// The time of the request cannot be read.
    #[error("expected a timestamp in Unix seconds, got something else")]
    BadTimestamp,
    /// The request is too old, or from the future: it may be a replay.
    #[error("expected a request at most {max_s} s old, got one {age_s} s away")]
    Stale {
        /// Seconds between the request and now, whichever is later.
        age_s: u64,
        /// The most that is accepted.
        max_s: u64,
    },
}

impl SignatureFault {
    /// A stable name in snake case, for the record and the metric label.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Mismatch => "signature_mismatch",
            Self::UnknownAlgorithm => "unknown_algorithm",
            Self::BodyMismatch => "body_mismatch",
            Self::BadTimestamp => "bad_timestamp",
            Self::Stale { .. } => "stale",
        }
    }
}

/// The HMAC (RFC 2104) of `parts`, one after the other.
fn hmac<D: Digest + BlockSizeUser>(key: &[u8], parts: &[&[u8]]) -> Output<D> {
    // A key is hashed where it is longer than a block, and padded with zeros: a whole block cannot be refused.
    let mut block = Key::<SimpleHmac<D>>::default();
    let hashed;
    let key = if key.len() > block.len() {
        hashed = D::digest(key);
        hashed.as_slice()
    } else {
        key
    };
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = SimpleHmac::<D>::new(&block);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes()
}

/// The HMAC in padded base64.
fn hmac_base64<D: Digest + BlockSizeUser>(key: &[u8], parts: &[&[u8]]) -> String {
    STANDARD.encode(hmac::<D>(key, parts))
}

/// Whether two texts are equal, in a time that depends on their lengths alone.
fn same(expected: &str, presented: &str) -> bool {
    expected.as_bytes().ct_eq(presented.as_bytes()).into()
}

/// `true` as a verdict.
const fn verdict(good: bool) -> Result<(), SignatureFault> {
    if good {
        Ok(())
    } else {
        Err(SignatureFault::Mismatch)
    }
}
