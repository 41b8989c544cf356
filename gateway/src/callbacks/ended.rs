//! The body of AgentPhone's `agent.call_ended`.

use trunkline_call::{Said, Speaker};
use trunkline_protocol::bot::webhook::{CallEnded, Direction, Outcome, Role, Spoken, WebhookCall};

use super::EndedTarget;
use super::hangup::Hangup;
use super::record::Record;
use super::timestamp::rfc3339;

/// Of a call that is over. What it was about nobody has judged: `summary`, `userSentiment` and `callSuccessful` are
/// null. A call that never was live started when it was admitted.
pub(super) fn body(record: &Record, target: &EndedTarget, hangup: Hangup, said: &[Said]) -> String {
    let info = record.info();
    let began_unix_ms = record.began_unix_ms();
    let started_at = rfc3339(record.live_unix_ms().unwrap_or(began_unix_ms));
    let ended_at = rfc3339(record.ended_unix_ms().unwrap_or(began_unix_ms));
    let transcript: Vec<_> = said.iter().map(spoken).collect();
    CallEnded {
        at: &ended_at,
        call: WebhookCall {
            agent_id: &target.agent_id,
            call_id: record.call_id(),
            number_id: &info.to,
            from: &info.from,
            to: &info.to,
            direction: Direction::Inbound,
        },
        status: hangup.event().status(),
        started_at: &started_at,
        ended_at: &ended_at,
        duration_s: record.duration_s(),
        disconnection_reason: hangup.disconnection_reason(),
        transcript: &transcript,
        outcome: Outcome::default(),
    }
    .to_json()
}

fn spoken(said: &Said) -> Spoken<'_> {
    Spoken {
        role: match said.speaker {
            Speaker::Caller => Role::User,
            Speaker::Agent => Role::Agent,
        },
        content: &said.text,
    }
}
