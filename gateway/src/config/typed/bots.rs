//! Bots on other people's servers, as they are written.
//!
//! A bot's table is one table to whoever writes it, and several here, one for each thing it is about. A key of none
//! of them is kept, to be an error beside all others.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::secret::{TypedMessage, TypedSecret};

/// `[agents.NAME.bot]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedBot {
    /// Where it is.
    #[serde(flatten)]
    pub address: TypedAddress,
    /// What it speaks.
    #[serde(flatten)]
    pub stream: TypedStream,
    /// How it behaves.
    #[serde(flatten)]
    pub manners: TypedManners,
    /// Who is told what becomes of its calls.
    #[serde(flatten)]
    pub callback: TypedCallback,
    /// Keys that mean nothing.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, IgnoredAny>,
}

impl TypedBot {
    /// Every key that means something.
    pub const KEYS: [&str; 21] = [
        "url",
        "config_api",
        "config_timeout_ms",
        "headers",
        "wss_header",
        "auth_token",
        "dialect",
        "encoding",
        "sample_rate",
        "frame_ms",
        "binary",
        "parameters",
        "session_start_message",
        "realtime",
        "barge_in",
        "connect_ms",
        "first_audio_ms",
        "answer_ms",
        "connect_ws_after_answer",
        "status_callback_url",
        "status_callback_secret",
    ];
}

/// Where a bot is, and how it knows who calls.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedAddress {
    /// `wss:`, or `ws:` to a place in `egress.allow`.
    pub url: Option<TypedSecret>,
    /// In place of it: who is asked for it at each call.
    pub config_api: Option<TypedSecret>,
    /// How long that answer may take.
    pub config_timeout_ms: Option<u64>,
    /// Headers of the upgrade, or of the request to `config_api`.
    pub headers: BTreeMap<String, TypedSecret>,
    /// One more of them, as `Name: value`.
    pub wss_header: Option<TypedSecret>,
    /// Signs the upgrade as the dialect's platform would.
    pub auth_token: Option<TypedSecret>,
}

/// The stream of a bot.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedStream {
    /// `ivr`, `twilio`, `plivo` or `exotel`.
    pub dialect: Option<String>,
    /// `pcm16` or `mulaw`.
    pub encoding: Option<String>,
    /// Samples per second.
    pub sample_rate: Option<u64>,
    /// Length of a message of caller audio.
    pub frame_ms: Option<u64>,
    /// Caller audio as binary messages.
    pub binary: Option<bool>,
    /// Told to the bot in `start`.
    pub parameters: BTreeMap<String, TypedSecret>,
    /// Sent in place of `start`.
    pub session_start_message: Option<TypedMessage>,
}

/// How a bot behaves, and how long it may take.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedManners {
    /// It sends as fast as it speaks.
    pub realtime: Option<bool>,
    /// The gateway's voice activity interrupts it.
    pub barge_in: Option<bool>,
    /// How long connecting may take.
    pub connect_ms: Option<u64>,
    /// How long its first audio may take.
    pub first_audio_ms: Option<u64>,
    /// How long an answer may take.
    pub answer_ms: Option<u64>,
    /// For calls that are placed.
    pub connect_ws_after_answer: Option<bool>,
}

/// Who is told what becomes of calls.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedCallback {
    /// `https:`, or `http:` to a place in `egress.allow`.
    pub status_callback_url: Option<TypedSecret>,
    /// Signs them.
    pub status_callback_secret: Option<TypedSecret>,
}

/// `[agents.NAME.webhook]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedWebhook {
    /// `https:`, or `http:` to a place in `egress.allow`.
    pub url: Option<TypedSecret>,
    /// Signs each request.
    pub secret: Option<TypedSecret>,
    /// Headers of each request.
    pub headers: BTreeMap<String, TypedSecret>,
    /// How long an answer may take.
    pub timeout_ms: Option<u64>,
    /// Where `"action": "transfer"` leads.
    pub transfer_number: Option<String>,
    /// Who speaks.
    pub voice: Option<String>,
    /// Said first.
    pub greeting: Option<String>,
    /// What callers are expected to say.
    pub phrases: Vec<String>,
    /// The most entries of `recentHistory`.
    pub context_limit: Option<u64>,
}

/// `[egress]`: whom the gateway may dial, and whom it believes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedEgress {
    /// Addresses, networks and host names that may be dialled although they are private, and without TLS.
    pub allow: Vec<String>,
    /// Roots that are believed beside the system's, in PEM; relative to the configuration.
    pub ca_file: Option<std::path::PathBuf>,
}
