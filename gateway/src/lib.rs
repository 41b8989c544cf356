//! The voice gateway: the only crate that accepts or dials calls, reads a clock, or touches the environment.
//!
//! Two kinds of thread. *Control* ([`control`]) is one small multi-threaded runtime for everything that is
//! not media: accepting, HTTP, keys, limits, metrics. *Shards* ([`shard`]) are single-threaded runtimes with
//! nothing on them but calls. Every WebSocket is born on control and moves to a shard after its upgrade.
//!
//! [`running::Running`] is a whole gateway as a value; the `trunkline` binary puts a command line around it.

pub mod agents;
pub mod botserver;
pub mod callbacks;
pub mod calls;
pub mod cli;
pub mod config;
pub mod control;
pub mod demo;
pub mod dial;
mod feed;
pub mod inspector;
pub mod keys;
pub mod lines;
pub mod running;
pub mod shard;
pub mod softphone;
pub mod telemetry;
pub mod tls;
