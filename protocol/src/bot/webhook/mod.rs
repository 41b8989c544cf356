//! AgentPhone's voice webhook, in the role of AgentPhone: text over HTTP in place of a socket.
//!
//! **Who connects.** The platform posts JSON to the bot's URL, once for what the caller said and once when the call has
//! ended. The body is signed (`X-Webhook-Signature: sha256=<hex>` over `"{timestamp}.{body}"`, with
//! `X-Webhook-Timestamp` and `X-Webhook-ID` beside it).
//!
//! ```text
//! -> {"event":"agent.message","channel":"voice","timestamp":"2025-01-15T14:00:05Z","agentId":"agt_1","data":{
//!     "callId":"call_1","numberId":"num_1","from":"+1..","to":"+1..","status":"in-progress",
//!     "transcript":"I need help","confidence":0.95,"direction":"inbound"},"conversationState":null,
//!     "recentHistory":[{"content":"Hello","direction":"outbound","channel":"voice","at":"2025-01-15T14:00:00Z"}]}
//! -> {"event":"agent.call_ended","channel":"voice","timestamp":"..","agentId":"agt_1","data":{"callId":"..",
//!     "numberId":"..","from":"..","to":"..","contact":null,"direction":"inbound","status":"completed",
//!     "startedAt":"..","endedAt":"..","durationSeconds":300,"disconnectionReason":"user_hangup",
//!     "transcript":[{"role":"agent","content":".."}],"summary":null,"userSentiment":null,"callSuccessful":true}}
//! <- {"text":"Goodbye!","hangup":true}                                  application/json: one object
//! <- {"text":"Let me check.","interim":true}                            application/x-ndjson: an object a line
//! <- {"text":"Your order shipped."}
//! ```
//!
//! **Replies** ([`ReplyReader`]). All fields are optional: `text` is spoken, `hangup` ends the call after it, `action`
//! `"transfer"` connects the caller with the agent's transfer number. Of NDJSON each line is spoken as it comes; the
//! first without `interim: true` closes the turn. What is not an object is passed over.
//!
//! **Limits.** The vendor gives none for a reply. Ours: 64 KiB an object, 16 KiB a line, 1 MiB a stream; 50 turns of
//! history, as the vendor has it.
//!
//! Source: the vendor's webhook documentation, its SDK and its chat adapter.

mod reply;
mod request;

pub use reply::{MAX_LINE_BYTES, MAX_OBJECT_BYTES, MAX_STREAM_BYTES, ReplyLine, ReplyReader};
pub use request::{
    CallEnded, Direction, MAX_HISTORY, Message, Outcome, Role, Spoken, Turn, WebhookCall,
};
