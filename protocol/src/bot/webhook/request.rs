//! What is posted to a webhook. Times are text (RFC 3339), made by whoever has a clock.

use serde::Serialize;

/// The most turns of history a request holds.
pub const MAX_HISTORY: usize = 50;

/// Who called whom: of a call, and of a turn in its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The caller called; the caller said it.
    Inbound,
    /// The agent called; the agent said it.
    Outbound,
    /// The caller is a browser.
    Web,
}

/// The call a request is about.
#[derive(Debug, Clone, Copy)]
pub struct WebhookCall<'a> {
    /// The agent.
    pub agent_id: &'a str,
    /// The call.
    pub call_id: &'a str,
    /// The agent's number, as an id.
    pub number_id: &'a str,
    /// Who calls.
    pub from: &'a str,
    /// Who is called.
    pub to: &'a str,
    /// Which way.
    pub direction: Direction,
}

/// A turn of the conversation before this one.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// What was said; of the agent, what was heard.
    pub content: &'a str,
    /// [`Direction::Inbound`] from the caller, [`Direction::Outbound`] from the agent.
    pub direction: Direction,
    /// When.
    pub at: &'a str,
}

/// `agent.message`: the caller has said something.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Now.
    pub at: &'a str,
    /// The call.
    pub call: WebhookCall<'a>,
    /// What the caller said.
    pub transcript: &'a str,
    /// How sure the recogniser is, 0 to 1; `null` where it does not say.
    pub confidence: Option<f32>,
    /// The turns before, oldest first.
    pub history: &'a [Turn<'a>],
    /// How many of them to send, the newest; at most [`MAX_HISTORY`].
    pub context_limit: usize,
}

/// Who said a line of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The agent.
    Agent,
    /// The caller.
    User,
}

/// A line of a transcript.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spoken<'a> {
    /// Who.
    pub role: Role,
    /// What.
    pub content: &'a str,
}

/// How a call went, where somebody has judged it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome<'a> {
    /// In a sentence or two.
    pub summary: Option<&'a str>,
    /// The caller's mood, as in `Neutral`.
    pub user_sentiment: Option<&'a str>,
    /// Whether the caller got what they called for.
    pub call_successful: Option<bool>,
}

/// `agent.call_ended`.
#[derive(Debug, Clone, Copy)]
pub struct CallEnded<'a> {
    /// Now.
    pub at: &'a str,
    /// The call.
    pub call: WebhookCall<'a>,
    /// As in `completed`.
    pub status: &'a str,
    /// When it was answered.
    pub started_at: &'a str,
    /// When it ended.
    pub ended_at: &'a str,
    /// Whole seconds between the two.
    pub duration_s: u64,
    /// As in `user_hangup`.
    pub disconnection_reason: &'a str,
    /// All that was said.
    pub transcript: &'a [Spoken<'a>],
    /// How it went.
    pub outcome: Outcome<'a>,
}

impl Message<'_> {
    /// The body to post.
    pub fn to_json(&self) -> String {
        let call = &self.call;
        let limit = self.context_limit.min(MAX_HISTORY);
        let older = self.history.len().saturating_sub(limit);
        body(&Envelope {
            event: "agent.message",
            channel: VOICE,
            timestamp: self.at,
            agent_id: call.agent_id,
            data: MessageData {
                call_id: call.call_id,
                number_id: call.number_id,
                from: call.from,
                to: call.to,
                status: "in-progress",
                transcript: self.transcript,
                confidence: self.confidence,
                direction: call.direction,
            },
            context: Some(Context {
                conversation_state: (),
                recent_history: self.history.iter().skip(older).map(Recent::from).collect(),
            }),
        })
    }
}

impl CallEnded<'_> {
    /// The body to post.
    pub fn to_json(&self) -> String {
        let call = &self.call;
        body(&Envelope {
            event: "agent.call_ended",
            channel: VOICE,
            timestamp: self.at,
            agent_id: call.agent_id,
            data: EndedData {
                call_id: call.call_id,
                number_id: call.number_id,
                from: call.from,
                to: call.to,
                contact: (),
                direction: call.direction,
                status: self.status,
                end: End {
                    started_at: self.started_at,
                    ended_at: self.ended_at,
                    duration_seconds: self.duration_s,
                    disconnection_reason: self.disconnection_reason,
                    transcript: self.transcript,
                    summary: self.outcome.summary,
                    user_sentiment: self.outcome.user_sentiment,
                    call_successful: self.outcome.call_successful,
                },
            },
            context: None,
        })
    }
}

const VOICE: &str = "voice";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, D> {
    event: &'static str,
    channel: &'static str,
    timestamp: &'a str,
    agent_id: &'a str,
    data: D,
    #[serde(flatten)]
    context: Option<Context<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    conversation_state: (),
    recent_history: Vec<Recent<'a>>,
}

#[derive(Serialize)]
struct Recent<'a> {
    content: &'a str,
    direction: Direction,
    channel: &'static str,
    at: &'a str,
}

impl<'a> From<&Turn<'a>> for Recent<'a> {
    fn from(turn: &Turn<'a>) -> Self {
        Self {
            content: turn.content,
            direction: turn.direction,
            channel: VOICE,
            at: turn.at,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageData<'a> {
    call_id: &'a str,
    number_id: &'a str,
    from: &'a str,
    to: &'a str,
    status: &'static str,
    transcript: &'a str,
    confidence: Option<f32>,
    direction: Direction,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndedData<'a> {
    call_id: &'a str,
    number_id: &'a str,
    from: &'a str,
    to: &'a str,
    contact: (),
    direction: Direction,
    status: &'a str,
    #[serde(flatten)]
    end: End<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct End<'a> {
    started_at: &'a str,
    ended_at: &'a str,
    duration_seconds: u64,
    disconnection_reason: &'a str,
    transcript: &'a [Spoken<'a>],
    summary: Option<&'a str>,
    user_sentiment: Option<&'a str>,
    call_successful: Option<bool>,
}

/// Strings, numbers and lists of them under names of our own: nothing here can fail to be JSON.
fn body<D: Serialize>(envelope: &Envelope<'_, D>) -> String {
    serde_json::to_string(envelope).unwrap_or_default()
}
