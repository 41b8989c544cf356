//! A bot as a value: a WebSocket server that answers calls the way a bot builder's server does.
//!
//! It echoes, runs a small script, or fails in one of the ways bots fail, so that a platform can be tried against it.
//! It is an independent far end: the bot's side of each wire is written here from the vendors' pages on a JSON
//! library and shares no code with the gateway's own dialects.
//!
//! [`Server::start`] listens; [`Running`] tells the address, what was seen, and stops it. Layers: `drive` owns a
//! socket and the clock and decides nothing; the bot behind it (script, echo, fault, dialect) is pure.

mod bot;
mod dialect;
mod drive;
mod echo;
mod event;
mod fault;
mod heard;
mod options;
mod playing;
/// The line format of scripted bots.
pub mod script;
mod seen;
mod server;
mod wire;

pub use dialect::Dialect;
pub use event::{BotEvent, BotEventKind};
pub use fault::{Fault, FaultError};
pub use options::{Options, RequiredHeader, RequiredHeaderError};
pub use script::{Script, ScriptError};
pub use seen::{CallSeen, Ended, Upgrade};
pub use server::{Running, Server};
