//! Agents: every party that can answer a call.
//!
//! Each is a pure machine behind [`Agent`](trunkline_call::Agent); [`AnyAgent`] is the closed set of them.
//! Engines are reached over links the call's driver opens; nothing here opens a socket, reads a clock or
//! spawns.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod any;
pub mod bot;
mod echo;
pub mod embedded;
mod front_end;
#[cfg(test)]
mod rig;
pub mod webhook;

pub use any::AnyAgent;
pub use bot::{BotAgent, BotSpec};
pub use echo::Echo;
pub use embedded::ScriptAgent;
pub use front_end::SAMPLES_AT_ONCE;
pub use webhook::{WebhookAgent, WebhookSpec};
