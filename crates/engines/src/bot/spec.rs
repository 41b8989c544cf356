//! How to make a bot's agent: what was configured.

use std::collections::BTreeMap;
use std::sync::Arc;

use trunkline_call::Signing;
use trunkline_codecs::format::AudioFormat;
use trunkline_local::script::Script;
use trunkline_protocol::Secret;
use trunkline_protocol::bot::{Dialect, FirstMessage};

/// How much a bot's configured parameters may come to in all, in bytes as
/// [`parameter_bytes`](trunkline_protocol::bot::parameter_bytes) counts them.
pub const MAX_PARAMETERS_BYTES: usize = 8 * 1_024;

/// A bot on a WebSocket server of somebody's own.
#[derive(Clone, Debug)]
pub struct BotSpec {
    /// The agent's name: whoever is asked for the bot's address is told it as `FlowId`.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Where it is.
    pub address: Address,
    /// Its audio, both ways: PCM16 at 8, 16 or 24 kHz, or μ-law.
    pub format: AudioFormat,
    /// Caller audio goes as binary messages. Only in the IVR dialect.
    pub binary: bool,
    /// Length of a message of caller audio: 20 or 100 ms.
    pub frame_ms: u64,
    /// Sent in place of `start`. Only in the IVR dialect.
    pub first_message: Option<FirstMessage>,
    /// Told to the bot in `start`, [`MAX_PARAMETERS_BYTES`] of them in all. `{{caller}}`, `{{did}}` and
    /// `{{sessionId}}` in the values are replaced.
    pub parameters: Vec<(String, Secret)>,
    /// How it behaves, and how long it may take.
    pub manners: Manners,
    /// Scripts it may give the call to, by the names `session.flow_transfer` uses.
    pub flows: Arc<BTreeMap<String, Arc<Script>>>,
}

/// Where a bot is.
#[derive(Clone, Debug)]
pub enum Address {
    /// Always here.
    Fixed(Target),
    /// Whoever answers this request knows.
    Asked {
        /// `https:`, asked with a POST for each call.
        url: Secret,
        /// Headers of that request.
        headers: Vec<(String, Secret)>,
        /// How long the answer may take, in milliseconds. Default 2,000.
        timeout_ms: u64,
    },
}

/// One server.
#[derive(Clone, Debug)]
pub struct Target {
    /// `wss:`, or `ws:` where that is allowed.
    pub url: Secret,
    /// Headers of the upgrade.
    pub headers: Vec<(String, Secret)>,
    /// Signs the upgrade as a carrier would.
    pub signing: Option<Signing>,
}

/// How a bot behaves, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    /// It sends as fast as it speaks: what a stall has delayed is made up for by leaving out silence.
    pub real_time: bool,
    /// The gateway's voice activity interrupts it; else it decides itself, with its `clear`.
    pub barge_in: bool,
    /// How long connecting may take, in milliseconds.
    pub connect_ms: u64,
    /// How long after `start` its first audio may take, in milliseconds; 0 for ever.
    pub first_audio_ms: u64,
    /// With `barge_in`: how long an answer may take after the caller's turn, in milliseconds; 0 for ever.
    pub answer_ms: u64,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            real_time: false,
            barge_in: false,
            connect_ms: 5_000,
            first_audio_ms: 10_000,
            answer_ms: 0,
        }
    }
}
