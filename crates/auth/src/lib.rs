//! Keys, scopes, origins and signatures. Pure: time and randomness are arguments.
//!
//! A key is a self-validating signed token ([`SigningKey`], [`VerifyingKeys`], [`Claims`]): whoever holds the public
//! key can check it, with no database on the path. The order of a check at the edge is
//! [`Request::credential`] (where is the key?), [`VerifyingKeys::verify`] (is it one of ours, and still good?),
//! [`Claims::check_origin`] and [`Claims::require`] (may it do this?). Every step fails with, or turns into, a
//! [`Refusal`], which knows its HTTP status and the body to answer with.
//!
//! [`signature`] is the other proof a request can bring: an HMAC over its URL or body, made and checked in the ways of
//! the platforms we are compatible with.
//!
//! What this crate refuses to do: read a clock or a file, count sessions (single use and concurrency belong to the
//! gateway), and show a key: no `Debug`, `Display` or error of any type here contains one.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod claims;
mod hex;
mod id;
mod origin;
mod payload;
mod presented;
mod refusal;
mod revocations;
mod scope;
mod secret;
pub mod signature;
mod signer;
mod token;

pub use claims::{
    Claims, Environment, MAX_LABEL_BYTES, MAX_NAME_BYTES, MAX_ORIGINS, SessionClaims,
    UnknownEnvironment,
};
pub use id::{InvalidId, KeyId, TokenId};
pub use origin::{MAX_ORIGIN_BYTES, Origin, OriginError, OriginHash};
pub use presented::{DEFAULT_SUBPROTOCOL_PREFIXES, PresentError, Presented, Request, Via, marker};
pub use refusal::Refusal;
pub use revocations::{
    Insert, MAX_REVOCATIONS, ReadReport, Revocation, RevocationLineError, Revocations,
};
pub use scope::{KNOWN_SCOPES, MAX_SCOPES, ScopeError, Scopes};
pub use secret::{Secret, Wipe};
pub use signer::{KeyLineError, SigningKey, VerifyingKey, VerifyingKeys};
pub use token::{
    CLOCK_SKEW_S, DEFAULT_PREFIX, Inspected, MAX_PREFIX_BYTES, MAX_TOKEN_BYTES, MintError, inspect,
    mint,
};
