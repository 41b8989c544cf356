//! Far ends for tests, written from the vendors' pages and RFCs; they share no dialect code with the gateway.
//!
//! | far end | what it is |
//! |---|---|
//! | [`Carrier`] | Twilio's side of a bidirectional media stream, with a playback buffer and marks |
//! | [`OmniClient`] | an application on the Omni socket |
//! | [`RawPeer`] | a TCP peer that upgrades and then misbehaves |
//! | [`http`] | requests and answers as bytes |
//!
//! Beside them: [`mulaw`], real telephone speech ([`recording`]), and a strict reader of Prometheus' text format
//! ([`prometheus`]). Everything waits for messages with one bound, [`PATIENCE`], and panics with what it got
//! instead when that is over: these are tests, and a panic is their failure.

pub mod http;
pub mod mulaw;
pub mod prometheus;
pub mod recording;

mod carrier;
mod dial;
mod omni;
mod peer;
mod socket;

use std::time::Duration;

pub use carrier::{Carrier, FromGateway, Marks};
pub use dial::{Dial, Opened};
pub use omni::{FromAgent, OmniClient};
pub use peer::{Opcode, RawPeer};

/// The longest anything here waits for one message. Far above what a working gateway needs on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
