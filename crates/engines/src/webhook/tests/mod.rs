//! The agent with workers and a server that do what they are told, on a virtual clock.

use serde_json::{Value, json};
use trunkline_call::{
    AgentFailure, DialFault, Down, HttpFrame, LinkSpec, PostSpec, Referral, Signing, TransferFault,
    WorkerFrame,
};
use trunkline_protocol::Secret;

use super::talk::{NOT_CONNECTED, SAY_AGAIN, STILL_THERE};
use super::*;
use crate::front_end::{KEYS_ONLY, WIDEBAND};

mod answers;
mod failures;
mod history;
mod properties;
mod turns;

/// 2025-01-15T14:00:00Z.
const BEGAN_UNIX_MS: u64 = 1_736_949_600_000;

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

type Rig = crate::rig::Rig<WebhookAgent>;

fn spec() -> WebhookSpec {
    WebhookSpec {
        agent_id: "agt_abc123".to_owned(),
        url: Secret::new("https://bot.example/hook?key=hidden".to_owned()),
        headers: vec![(
            "Authorization".to_owned(),
            Secret::new("Bearer hidden".to_owned()),
        )],
        secret: Some(Secret::new("whsec_hidden".to_owned())),
        timeout_ms: 30_000,
        transfer_number: Some("+15550100".to_owned()),
        voice: "slt".to_owned(),
        greeting: "Hello, how can I help?".to_owned(),
        phrases: Vec::new(),
        context_limit: 10,
    }
}

fn info() -> CallInfo {
    CallInfo {
        call_id: "call_abc123".to_owned(),
        from: "+15559876543".to_owned(),
        to: "+15551234567".to_owned(),
        began_unix_ms: BEGAN_UNIX_MS,
        ..CallInfo::default()
    }
}

impl Rig {
    /// A call that has begun.
    fn new(spec: WebhookSpec) -> Self {
        Self::with(WebhookAgent::new(Arc::new(spec)))
    }

    fn with(agent: WebhookAgent) -> Self {
        let mut rig = Self::of(agent, AudioFormat::MULAW_8K);
        rig.begin(&info(), None);
        rig
    }

    /// One whose greeting has been played.
    fn greeted() -> Self {
        let mut rig = Self::new(spec());
        assert_eq!(rig.speak_all(), ["Hello, how can I help?"]);
        rig.tell(AgentEvent::Spoken);
        rig.take();
        rig
    }

    /// One in which the caller has said something, and the bot is being asked.
    fn asked() -> (Self, LinkId) {
        let mut rig = Self::greeted();
        rig.hear("where is my order");
        let (id, _) = rig.posted().expect("asked");
        rig.take();
        (rig, id)
    }

    /// The request that was made, once.
    fn posted(&mut self) -> Option<(LinkId, Arc<PostSpec>)> {
        let is_post = |a: &Action| matches!(a, Action::Open(_, LinkSpec::Post(_)));
        let at = self.actions.iter().position(is_post)?;
        match self.actions.remove(at) {
            Action::Open(id, LinkSpec::Post(post)) => Some((id, post)),
            _ => None,
        }
    }

    /// The body of the request that was made.
    fn body(&mut self) -> Value {
        let (_, post) = self.posted().expect("asked");
        serde_json::from_slice(&post.body).expect("JSON")
    }

    fn head(&mut self, id: LinkId, status: u16, content_type: &str) {
        let head = HttpFrame::Head {
            status,
            content_type,
        };
        self.tell(AgentEvent::Data(id, Frame::Http(head)));
    }

    /// Part of an answer, in odd pieces.
    fn part(&mut self, id: LinkId, text: &str) {
        for piece in text.as_bytes().chunks(7) {
            self.tell(AgentEvent::Data(id, Frame::Http(HttpFrame::Body(piece))));
        }
    }

    /// A whole answer.
    fn answer(&mut self, id: LinkId, content_type: &str, body: &str) {
        self.head(id, 200, content_type);
        self.part(id, body);
        self.tell(AgentEvent::Down(id, Down::Finished));
    }

    /// The caller says something, and the bot answers with one object.
    fn exchange(&mut self, heard: &str, reply: &Value) {
        self.hear(heard);
        let (id, _) = self.posted().expect("asked");
        self.answer(id, JSON, &reply.to_string());
    }

    fn failures(&self) -> Vec<&'static str> {
        let failed = self.actions.iter().filter_map(|action| match action {
            Action::Failed(AgentFailure { reason, retry }) => {
                assert!(!retry);
                Some(*reason)
            }
            _ => None,
        });
        failed.collect()
    }

    fn has(&self, action: &Action) -> bool {
        self.actions.contains(action)
    }
}
