//! How to make a webhook's agent: what was configured.

use trunkline_call::{PostSpec, Signing};
use trunkline_protocol::Secret;

/// A bot that is asked over HTTP for each of the caller's turns, and is lent ears and a voice.
#[derive(Clone, Debug)]
pub struct WebhookSpec {
    /// The agent's name, as the bot is told.
    pub agent_id: String,
    /// `https:`, or `http:` where that is allowed.
    pub url: Secret,
    /// Headers of each request.
    pub headers: Vec<(String, Secret)>,
    /// Signs each request.
    pub secret: Option<Secret>,
    /// How long an answer may take, in milliseconds: 5,000 to 120,000, by default 30,000.
    pub timeout_ms: u64,
    /// Where `"action": "transfer"` leads.
    pub transfer_number: Option<String>,
    /// The voice that speaks.
    pub voice: String,
    /// Said first; nothing where it is empty.
    pub greeting: String,
    /// What callers are expected to say; empty for general speech.
    pub phrases: Vec<String>,
    /// The most entries of `recentHistory`: 0 to 50, by default 10.
    pub context_limit: usize,
}

impl WebhookSpec {
    /// A request with this body.
    pub(super) fn request(&self, body: String, max_response_bytes: usize) -> PostSpec {
        PostSpec {
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: body.into(),
            timeout_ms: self.timeout_ms,
            max_response_bytes,
            signing: self.secret.clone().map(Signing::AgentPhone),
        }
    }
}
