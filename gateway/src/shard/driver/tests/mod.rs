//! The driver over an in-memory pipe, with paused time: what a peer does to its socket, and what that does to
//! a call. The far end is the WebSocket library's client with JSON written here.

mod answers;
mod bot;
mod dialled;
mod endings;
mod exchange;
mod leaving;
mod peers;
mod rig;
mod speaker;
mod stalls;

use super::*;
