//! The driver over an in-memory pipe, with paused time: what a peer does to its socket, and what that does to
//! a call. The far end is the WebSocket library's client with JSON written here.

mod endings;
mod peers;
mod rig;
mod speaker;
mod stalls;

use super::*;
