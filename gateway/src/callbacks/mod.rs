//! Callbacks: what becomes of a call, told to its customer's server while it runs and when it is over.
//!
//! Pure: [`Record`] gathers what a call reports, and writes the body of each callback. On control: one courier a
//! call delivers them in order ([`Callbacks`]), so that a slow server delays its own callbacks alone. A call's
//! shard hands over what happens through one bounded queue and never waits; calls without callbacks have none.
//!
//! There are two kinds, independent of each other:
//!
//! * **Status callbacks**, as IVR Solutions documents them: `call.initiated`, `call.in-progress`,
//!   `call.transferring` and exactly one of `call.completed`, `call.failed` and `call.canceled`. `call.ringing`,
//!   `call.busy` and `call.no-answer` belong to calls that are placed, and are not sent.
//! * **`agent.call_ended`** of AgentPhone, to a webhook's agent, once, with the transcript.
//!
//! A delivery has 10 s, and is tried again after 1, 2, 4, 8 and 16 s unless the answer is 2xx or 410.
//! A server has 1,000 pending and 32 attempts under way at most, so that one that is dead does not hold up others.

mod courier;
mod delivery;
mod desk;
mod ended;
mod hangup;
mod note;
mod post;
mod record;
mod request;
mod servers;
mod status;
mod timestamp;
mod transfer;

use trunkline_protocol::Secret;

pub use desk::Callbacks;
pub use note::Notes;
pub use post::Post;
pub use record::Record;
pub use status::StatusEvent;

/// Whom to tell what becomes of a call. At least one of them is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackSpec {
    /// Status callbacks.
    pub status: Option<StatusTarget>,
    /// AgentPhone's `agent.call_ended`.
    pub ended: Option<EndedTarget>,
}

/// Where status callbacks go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusTarget {
    /// `https:`, or `http:` where that is allowed.
    pub url: Secret,
    /// Signs each of them; without it none is signed.
    pub secret: Option<Secret>,
}

/// Where `agent.call_ended` goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedTarget {
    /// The agent's name, as the bot is told.
    pub agent_id: String,
    /// `https:`, or `http:` where that is allowed.
    pub url: Secret,
    /// Headers beside the content's.
    pub headers: Vec<(String, Secret)>,
    /// Signs it.
    pub secret: Option<Secret>,
}

#[cfg(test)]
mod tests;
