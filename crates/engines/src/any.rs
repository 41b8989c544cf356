//! The closed set of agents.

use trunkline_call::{
    Action, Agent, AgentEvent, AgentNeeds, Buffers, Ending, LinkSet, Time, TurnVerdict,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol::client::omni::Configure;

use crate::bot::BotAgent;
use crate::echo::Echo;
use crate::embedded::ScriptAgent;
use crate::webhook::WebhookAgent;

/// Whoever answers a call.
#[derive(Debug)]
pub enum AnyAgent {
    /// Gives every frame back.
    Echo(Echo),
    /// Somebody's own server.
    Bot(Box<BotAgent>),
    /// The embedded dialogue, with local speech recognition and synthesis.
    Script(Box<ScriptAgent>),
    /// Asks somebody's HTTP server what to say, with local speech recognition and synthesis.
    Webhook(Box<WebhookAgent>),
}

impl Agent for AnyAgent {
    fn needs(&mut self, caller_sends: AudioFormat, caller_takes: AudioFormat) -> AgentNeeds {
        match self {
            Self::Echo(agent) => agent.needs(caller_sends, caller_takes),
            Self::Bot(agent) => agent.needs(caller_sends, caller_takes),
            Self::Script(agent) => agent.needs(caller_sends, caller_takes),
            Self::Webhook(agent) => agent.needs(caller_sends, caller_takes),
        }
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        match self {
            Self::Echo(agent) => agent.handle(now, event),
            Self::Bot(agent) => agent.handle(now, event),
            Self::Script(agent) => agent.handle(now, event),
            Self::Webhook(agent) => agent.handle(now, event),
        }
    }

    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        match self {
            Self::Echo(agent) => agent.poll(now, writable, buffers),
            Self::Bot(agent) => agent.poll(now, writable, buffers),
            Self::Script(agent) => agent.poll(now, writable, buffers),
            Self::Webhook(agent) => agent.poll(now, writable, buffers),
        }
    }

    fn deadline(&self) -> Option<Time> {
        match self {
            Self::Echo(agent) => agent.deadline(),
            Self::Bot(agent) => agent.deadline(),
            Self::Script(agent) => agent.deadline(),
            Self::Webhook(agent) => agent.deadline(),
        }
    }

    fn takes_audio(&self, writable: LinkSet) -> bool {
        match self {
            Self::Echo(agent) => agent.takes_audio(writable),
            Self::Bot(agent) => agent.takes_audio(writable),
            Self::Script(agent) => agent.takes_audio(writable),
            Self::Webhook(agent) => agent.takes_audio(writable),
        }
    }

    fn judge_turn(&mut self, now: Time) -> TurnVerdict {
        match self {
            Self::Echo(agent) => agent.judge_turn(now),
            Self::Bot(agent) => agent.judge_turn(now),
            Self::Script(agent) => agent.judge_turn(now),
            Self::Webhook(agent) => agent.judge_turn(now),
        }
    }

    fn honours(&self, configure: &Configure) -> Vec<&'static str> {
        match self {
            Self::Echo(agent) => agent.honours(configure),
            Self::Bot(agent) => agent.honours(configure),
            Self::Script(agent) => agent.honours(configure),
            Self::Webhook(agent) => agent.honours(configure),
        }
    }

    fn successor(&mut self) -> Option<Self> {
        match self {
            Self::Bot(agent) => agent.flow().map(|script| Self::Script(Box::new(script))),
            Self::Echo(_) | Self::Script(_) | Self::Webhook(_) => None,
        }
    }

    fn ended(&mut self, ending: Ending) {
        match self {
            Self::Echo(agent) => agent.ended(ending),
            Self::Bot(agent) => agent.ended(ending),
            Self::Script(agent) => agent.ended(ending),
            Self::Webhook(agent) => agent.ended(ending),
        }
    }
}
