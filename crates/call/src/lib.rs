//! The call: one conversation between a caller and an agent, as a machine without I/O.
//!
//! ```text
//!            Input::{Tick, Up, Data, Down, Control}              Output::{Open, Send, Close, Event, Timeout}
//!  driver ─────────────────────────────────────────▶  Call<A>  ─────────────────────────────────────────▶  driver
//!                                  caller leg ─ uplink ─ turns ─ agent ─ playout ─ caller leg
//! ```
//!
//! [`Call`] decides and never touches the world: it reads no clock, opens no socket, takes no lock and
//! logs nothing. Whoever drives it hands in [`Time`] and frames and carries out what comes out. A call
//! owns its codecs, its turn state and the only queue in which speech for the caller waits
//! ([`Playout`](playout::Playout)).
//!
//! It refuses to know vendors of engines (those are agents, behind [`Agent`]) and sockets (those are
//! links, named by [`LinkId`]).
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod agent;
pub mod backchannel;
mod call;
pub mod caller;
mod config;
mod counters;
mod downlink;
mod ending;
pub mod failover;
pub mod heard;
pub mod history;
mod info;
mod io;
mod link;
pub mod machine;
pub mod marks;
pub mod meter;
pub mod playout;
mod referral;
mod sayings;
mod scratch;
#[cfg(test)]
mod sim;
mod time;
mod timers;
mod turns;
mod uplink;
pub mod waiting;

pub use agent::{
    Action, Agent, AgentEvent, AgentFailure, AgentNeeds, Answerer, Begin, Buffers, Delivery, Hears,
    Signal, TurnMode, TurnVerdict, Word,
};
pub use call::Call;
pub use config::{
    CallConfig, Clip, FailoverConfig, Lines, OnMachine, PlayoutConfig, Sensitivity, TurnConfig,
    UplinkConfig,
};
pub use counters::Counters;
pub use ending::Ending;
pub use history::{Said, Speaker};
pub use info::CallInfo;
pub use io::{CallEvent, Control, Input, Output};
pub use link::{
    DialFault, DialSpec, Down, Frame, HttpFrame, LinkId, LinkSet, LinkSpec, PostSpec, SendKind,
    Signing, WorkerFrame,
};
pub use meter::Metering;
pub use referral::{Referral, Strategy, TransferFault};
pub use scratch::Scratch;
pub use time::Time;
