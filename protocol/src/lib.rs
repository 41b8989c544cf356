//! Wire formats of every socket, as state machines between bytes and typed events. Pure.
//!
//! A dialect turns one WebSocket message into one typed event, and one typed command into one message. It never reads
//! a clock, never owns a socket and never decides what a call does. Whatever a peer sends, a dialect answers with an
//! event or a fault, and never panics.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod bot;
pub mod carrier;
pub mod client;
pub mod websocket;

mod excerpt;
mod json;
mod secret;

pub use secret::Secret;

/// One whole WebSocket message, as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
}

/// The kind of message an encoder wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// Send it as a text message; the bytes are UTF-8.
    Text,
    /// Send it as a binary message.
    Binary,
}

/// What a fault costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Count the message, forget it and go on.
    Drop,
    /// The call cannot go on: end it.
    Close,
}
