//! Agents by name: what is configured, and what is there without configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use trunkline_engines::{AnyAgent, Echo, ScriptAgent};
use trunkline_local::script::Script;

/// Name of the agent that answers where nothing else is asked for.
pub const BOOKING: &str = "booking";

/// How to make the agent of one call.
#[derive(Clone, Debug)]
pub enum AgentSpec {
    /// Gives every frame back.
    Echo,
    /// Follows a script.
    Script(Arc<Script>),
}

impl AgentSpec {
    /// The agent of a new call.
    pub fn build(self) -> AnyAgent {
        match self {
            Self::Echo => AnyAgent::Echo(Echo::new()),
            Self::Script(script) => AnyAgent::Script(Box::new(ScriptAgent::new(script))),
        }
    }

    /// The voice it speaks with unless a client asks for another.
    pub fn voice(&self) -> &str {
        match self {
            Self::Echo => "echo",
            Self::Script(script) => script.voice(),
        }
    }
}

/// Every agent, and which names and numbers lead to it.
#[derive(Clone, Debug)]
pub struct Agents {
    by_name: BTreeMap<String, AgentSpec>,
    routes: BTreeMap<String, String>,
    default: String,
}

impl Agents {
    /// The built-in booking agent alone.
    pub fn builtin() -> Self {
        let booking = AgentSpec::Script(Script::booking());
        Self::new(
            BTreeMap::from([(BOOKING.to_owned(), booking)]),
            BTreeMap::new(),
        )
    }

    /// Named agents and the routes to them. The first by name answers where nothing is asked for, unless
    /// one is called `default`.
    pub fn new(by_name: BTreeMap<String, AgentSpec>, routes: BTreeMap<String, String>) -> Self {
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
    pub fn find(&self, label: &str) -> Option<&AgentSpec> {
        let name = self.routes.get(label).map_or(label, String::as_str);
        self.by_name.get(name)
    }

    /// The agent for a label that may lead nowhere.
    pub fn find_or_default(&self, label: Option<&str>) -> Option<&AgentSpec> {
        label
            .and_then(|label| self.find(label))
            .or_else(|| self.by_name.get(&self.default))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}
