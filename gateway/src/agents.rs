//! Agents by name: what is configured, and what is there without configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use trunkline_call::{CallConfig, Lines};
use trunkline_engines::bot::Address;
use trunkline_engines::{
    AnyAgent, BotAgent, BotSpec, Echo, ScriptAgent, WebhookAgent, WebhookSpec,
};
use trunkline_local::script::Script;
use trunkline_protocol::Secret;
use url::Url;

use crate::callbacks::CallbackSpec;

/// Name of the agent that answers where nothing else is asked for.
pub const BOOKING: &str = "booking";

/// How to make the agent of one call.
#[derive(Clone, Debug)]
pub enum AgentSpec {
    /// Gives every frame back.
    Echo,
    /// Follows a script.
    Script(Arc<Script>),
    /// A bot on a server of somebody's own.
    Bot(Arc<BotSpec>),
    /// A bot that is asked over HTTP.
    Webhook(Arc<WebhookSpec>),
}

impl AgentSpec {
    /// The agent of a new call; whether another can take over from it.
    fn build(self, replaceable: bool) -> AnyAgent {
        match self {
            Self::Echo => AnyAgent::Echo(Echo::new()),
            Self::Script(script) => {
                let agent = ScriptAgent::new(script);
                let agent = if replaceable {
                    agent.replaceable()
                } else {
                    agent
                };
                AnyAgent::Script(Box::new(agent))
            }
            Self::Bot(spec) => {
                let agent = BotAgent::new(spec);
                let agent = if replaceable {
                    agent.replaceable()
                } else {
                    agent
                };
                AnyAgent::Bot(Box::new(agent))
            }
            Self::Webhook(spec) => {
                let agent = WebhookAgent::new(spec);
                let agent = if replaceable {
                    agent.replaceable()
                } else {
                    agent
                };
                AnyAgent::Webhook(Box::new(agent))
            }
        }
    }

    /// The voice it speaks with unless a client asks for another.
    pub fn voice(&self) -> &str {
        match self {
            Self::Echo => "echo",
            Self::Script(script) => script.voice(),
            Self::Bot(_) => "bot",
            Self::Webhook(spec) => &spec.voice,
        }
    }

    /// How long it may take to connect, in milliseconds; 0 where there is nothing to connect.
    pub fn connect_ms(&self) -> u64 {
        match self {
            Self::Bot(spec) => {
                let asking_ms = match &spec.address {
                    Address::Fixed(_) => 0,
                    Address::Asked { timeout_ms, .. } => *timeout_ms,
                };
                asking_ms + spec.manners.connect_ms
            }
            Self::Echo | Self::Script(_) | Self::Webhook(_) => 0,
        }
    }

    /// What it is and where, in words for an operator: of a URL, scheme, host and port alone.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Bot(spec) => {
                let dialect = spec.dialect.as_str();
                Some(match &spec.address {
                    Address::Fixed(target) => format!("{dialect} bot at {}", server(&target.url)),
                    Address::Asked { url, .. } => {
                        format!("{dialect} bot, asked for at {}", server(url))
                    }
                })
            }
            Self::Webhook(spec) => Some(format!("webhook at {}", server(&spec.url))),
            Self::Echo | Self::Script(_) => None,
        }
    }
}

/// Scheme, host and port: the rest of a URL may be a credential.
pub(crate) fn server(url: &Secret) -> String {
    let url = Url::parse(url.expose());
    url.map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}

/// Who answers a call, and by what rules.
#[derive(Clone, Debug)]
pub struct Route {
    /// Who answers.
    pub spec: AgentSpec,
    /// Who takes over, in this order, when the one before is lost.
    pub fallbacks: Vec<AgentSpec>,
    /// Limits and policies of the call, whoever has it.
    pub config: Arc<CallConfig>,
    /// Who is told what becomes of the call.
    pub callbacks: Option<Arc<CallbackSpec>>,
}

impl Route {
    /// Who answers a new call, and who takes over from it, in this order.
    pub fn build(&self) -> (AnyAgent, Vec<AnyAgent>) {
        let mut left = self.fallbacks.len();
        let first = self.spec.clone().build(left > 0);
        let others = self.fallbacks.iter().map(|spec| {
            left -= 1;
            spec.clone().build(left > 0)
        });
        (first, others.collect())
    }
}

/// Every agent, and which names and numbers lead to it.
#[derive(Clone, Debug)]
pub struct Agents {
    by_name: BTreeMap<String, Route>,
    routes: BTreeMap<String, String>,
    default: String,
}

impl Agents {
    /// The built-in booking agent alone.
    pub fn builtin(config: Arc<CallConfig>) -> Self {
        let booking = Route {
            spec: AgentSpec::Script(Script::booking()),
            fallbacks: Vec::new(),
            config,
            callbacks: None,
        };
        Self::new(
            BTreeMap::from([(BOOKING.to_owned(), booking)]),
            BTreeMap::new(),
        )
    }

    /// Named agents and the routes to them. The first by name answers where nothing is asked for, unless
    /// one is called `default`.
    pub fn new(by_name: BTreeMap<String, Route>, routes: BTreeMap<String, String>) -> Self {
        let default = by_name
            .get_key_value("default")
            .or_else(|| by_name.first_key_value())
            .map_or_else(|| BOOKING.to_owned(), |(name, _)| name.clone());
        Self {
            by_name,
            routes,
            default,
        }
    }

    /// The agent a label or number leads to.
    pub fn find(&self, label: &str) -> Option<&Route> {
        let name = self.routes.get(label).map_or(label, String::as_str);
        self.by_name.get(name)
    }

    /// The agent for a label that may lead nowhere.
    pub fn find_or_default(&self, label: Option<&str>) -> Option<&Route> {
        label
            .and_then(|label| self.find(label))
            .or_else(|| self.by_name.get(&self.default))
    }

    /// The same, with these lines in every call.
    #[must_use]
    pub fn with_lines(mut self, lines: &Arc<Lines>) -> Self {
        for route in self.by_name.values_mut() {
            Arc::make_mut(&mut route.config).lines = Arc::clone(lines);
        }
        self
    }

    /// What holds for the calls of each.
    pub fn configs(&self) -> impl Iterator<Item = &CallConfig> {
        self.by_name.values().map(|route| &*route.config)
    }

    /// Each with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Route)> {
        let all = self.by_name.iter();
        all.map(|(name, route)| (name.as_str(), route))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use trunkline_call::{
        Action, Agent, AgentEvent, Begin, Buffers, CallInfo, Down, LinkSet, Time,
    };

    use super::*;

    /// Whether the agent fails when nothing synthesises what it has to say.
    fn fails_without_a_voice(mut agent: AnyAgent) -> bool {
        let begin = Begin {
            info: &CallInfo::default(),
            configure: None,
            history: &[],
            attempt: 0,
        };
        agent.handle(Time::ZERO, AgentEvent::Begin(begin));
        loop {
            let buffers = Buffers {
                audio: &mut Vec::new(),
                message: &mut BytesMut::new(),
                samples: &mut Vec::new(),
            };
            match agent.poll(Time::ZERO, LinkSet::EMPTY, buffers) {
                Some(Action::Open(id, _)) => {
                    agent.handle(Time::ZERO, AgentEvent::Down(id, Down::Unavailable));
                }
                Some(Action::Failed(_)) => return true,
                Some(_) => {}
                None => return false,
            }
        }
    }

    #[test]
    fn a_script_gives_way_while_somebody_is_left() {
        for fallbacks in 0..3 {
            let route = Route {
                spec: AgentSpec::Script(Script::booking()),
                fallbacks: vec![AgentSpec::Script(Script::booking()); fallbacks],
                config: Arc::default(),
                callbacks: None,
            };
            let (first, others) = route.build();
            let all = std::iter::once(first).chain(others);
            let fail: Vec<_> = all.map(fails_without_a_voice).collect();
            assert_eq!(fail.len(), fallbacks + 1);
            let (last, before) = fail.split_last().expect("at least one");
            assert!(!last, "the last goes on by keys and text");
            assert!(before.iter().all(|fails| *fails), "{fail:?}");
        }
    }
}
