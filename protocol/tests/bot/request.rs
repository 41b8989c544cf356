//! What AgentPhone's webhooks are sent, against the bodies its documentation and adapter print.

use trunkline_protocol::bot::webhook::{
    CallEnded, Direction, MAX_HISTORY, Message, Outcome, Role, Spoken, Turn, WebhookCall,
};

#[test]
fn a_message_is_the_documented_body() {
    let message = Message {
        at: "2025-01-15T14:00:05Z",
        call: WebhookCall {
            agent_id: "agt_abc123",
            call_id: "call_abc123",
            number_id: "num_xyz789",
            from: "+15559876543",
            to: "+15551234567",
            direction: Direction::Inbound,
        },
        transcript: "I need help with my order",
        confidence: Some(0.95),
        history: &[Turn {
            content: "Hello, how can I help?",
            direction: Direction::Outbound,
            at: "2025-01-15T14:00:00Z",
        }],
        context_limit: 10,
    };
    assert_eq!(
        message.to_json(),
        r#"{"event":"agent.message","channel":"voice","timestamp":"2025-01-15T14:00:05Z","agentId":"agt_abc123","data":{"callId":"call_abc123","numberId":"num_xyz789","from":"+15559876543","to":"+15551234567","status":"in-progress","transcript":"I need help with my order","confidence":0.95,"direction":"inbound"},"conversationState":null,"recentHistory":[{"content":"Hello, how can I help?","direction":"outbound","channel":"voice","at":"2025-01-15T14:00:00Z"}]}"#
    );
}

#[test]
fn the_newest_turns_are_sent_up_to_the_limit() {
    let contents: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    let history: Vec<Turn<'_>> = contents
        .iter()
        .map(|content| Turn {
            content,
            direction: Direction::Inbound,
            at: "t",
        })
        .collect();
    let sent = |context_limit| {
        let message = Message {
            at: "t",
            call: WebhookCall {
                agent_id: "a",
                call_id: "c",
                number_id: "n",
                from: "f",
                to: "t",
                direction: Direction::Web,
            },
            transcript: "\"\n",
            confidence: None,
            history: &history,
            context_limit,
        };
        let body: serde_json::Value = serde_json::from_str(&message.to_json()).unwrap();
        assert_eq!(body["data"]["transcript"], "\"\n");
        assert_eq!(body["data"]["confidence"], serde_json::Value::Null);
        assert_eq!(body["data"]["direction"], "web");
        let turns = body["recentHistory"].as_array().unwrap();
        let first = turns.first().map(|turn| turn["content"].clone());
        (turns.len(), first)
    };
    assert_eq!(sent(0), (0, None));
    assert_eq!(sent(2), (2, Some("58".into())));
    assert_eq!(sent(usize::MAX), (MAX_HISTORY, Some("10".into())));
}

#[test]
fn the_end_of_a_call_is_the_documented_body() {
    let ended = CallEnded {
        at: "2025-06-01T10:10:00Z",
        call: WebhookCall {
            agent_id: "agt_test123",
            call_id: "call_abc",
            number_id: "num_xyz",
            from: "+15551234567",
            to: "+15559876543",
            direction: Direction::Inbound,
        },
        status: "completed",
        started_at: "2025-06-01T10:05:00Z",
        ended_at: "2025-06-01T10:10:00Z",
        duration_s: 300,
        disconnection_reason: "user_hangup",
        transcript: &[
            Spoken {
                role: Role::Agent,
                content: "Hello, how can I help?",
            },
            Spoken {
                role: Role::User,
                content: "Where is my order?",
            },
        ],
        outcome: Outcome {
            summary: Some("Customer asked about order status."),
            user_sentiment: Some("Neutral"),
            call_successful: Some(true),
        },
    };
    assert_eq!(
        ended.to_json(),
        r#"{"event":"agent.call_ended","channel":"voice","timestamp":"2025-06-01T10:10:00Z","agentId":"agt_test123","data":{"callId":"call_abc","numberId":"num_xyz","from":"+15551234567","to":"+15559876543","contact":null,"direction":"inbound","status":"completed","startedAt":"2025-06-01T10:05:00Z","endedAt":"2025-06-01T10:10:00Z","durationSeconds":300,"disconnectionReason":"user_hangup","transcript":[{"role":"agent","content":"Hello, how can I help?"},{"role":"user","content":"Where is my order?"}],"summary":"Customer asked about order status.","userSentiment":"Neutral","callSuccessful":true}}"#
    );
}
