//! `[agents]` and `[routes]`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use trunkline_call::CallConfig;
use trunkline_local::script::Script;

use super::bots::{Flows, bot};
use super::callbacks::callbacks;
use super::errors::ConfigErrors;
use super::limits::call_with;
use super::outside::Outside;
use super::webhooks::webhook;
use crate::agents::{AgentSpec, Agents, Route};
use crate::config::typed::{Typed, TypedAgent, TypedBot, TypedWebhook};

/// The most agents that may take over from one.
const FALLBACKS: usize = 4;

/// Every agent with what holds for its calls: `base`, under what is written for it.
pub(super) fn agents(
    typed: &Typed,
    outside: &Outside<'_>,
    call: &CallConfig,
    errors: &mut ConfigErrors,
) -> Agents {
    if typed.agents.is_empty() && typed.routes.is_empty() {
        return Agents::builtin(Arc::new(call.clone()));
    }
    let specs = specs(typed, outside, errors);
    for (label, name) in &typed.routes {
        if !typed.agents.contains_key(name) {
            errors.add(format!(
                "routes.{label:?}: expected the name of an agent, got {name:?}"
            ));
        }
    }
    let mut by_name = BTreeMap::new();
    for (name, agent) in &typed.agents {
        // All are checked even where the agent itself is of no use: all errors are told at once.
        let mut config = call_with(name, agent, call, errors);
        let fallbacks = fallbacks(name, typed).unwrap_or_else(|error| {
            errors.add(format!("agents.{name}.fallback: {error}"));
            Vec::new()
        });
        let spec = specs.get(name.as_str());
        let callbacks = callbacks(name, agent, spec, outside, errors);
        let Some(spec) = spec else { continue };
        let fallbacks = fallbacks.into_iter();
        let fallbacks: Vec<_> = fallbacks.filter_map(|n| specs.get(n).cloned()).collect();
        let all = std::iter::once(spec).chain(&fallbacks);
        let needed_ms = all.map(AgentSpec::connect_ms).max().unwrap_or(0);
        if config.failover.connect_ms < needed_ms {
            match patience_ms(typed, agent) {
                None => config.failover.connect_ms = needed_ms,
                Some(got) => errors.add(format!(
                    "agents.{name}.failover.connect_ms: expected at least {needed_ms}, which a bot \
                     may take, got {got}"
                )),
            }
        }
        let route = Route {
            spec: spec.clone(),
            fallbacks,
            config: Arc::new(config),
            callbacks,
        };
        by_name.insert(name.clone(), route);
    }
    Agents::new(by_name, typed.routes.clone())
}

/// How long an agent may take to be ready, where somebody says so.
fn patience_ms(typed: &Typed, agent: &TypedAgent) -> Option<u64> {
    agent.failover.connect_ms.or(typed.failover.connect_ms)
}

/// The one kind an agent is of.
#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Echo,
    Script(&'a str),
    Bot(&'a TypedBot),
    Webhook(&'a TypedWebhook),
}

impl<'a> Kind<'a> {
    fn of(agent: &'a TypedAgent) -> Result<Self, String> {
        let kinds = [
            agent.echo.filter(|echo| *echo).map(|_| Self::Echo),
            agent.script.as_deref().map(Self::Script),
            agent.bot.as_ref().map(Self::Bot),
            agent.webhook.as_ref().map(Self::Webhook),
        ];
        let mut kinds = kinds.into_iter().flatten();
        match (kinds.next(), kinds.next()) {
            (Some(kind), None) if agent.echo != Some(false) => Ok(kind),
            _ => Err(
                "expected exactly one of `echo = true`, `script = \"FILE\"`, `bot = { … }` and \
                 `webhook = { … }`"
                    .to_owned(),
            ),
        }
    }
}

/// How each agent is made; those that are wrong are missing.
fn specs<'a>(
    typed: &'a Typed,
    outside: &Outside<'_>,
    errors: &mut ConfigErrors,
) -> BTreeMap<&'a str, AgentSpec> {
    let mut specs = BTreeMap::new();
    let mut bots = Vec::new();
    for (name, agent) in &typed.agents {
        let spec = match Kind::of(agent) {
            Ok(Kind::Echo) => Ok(Some(AgentSpec::Echo)),
            Ok(Kind::Script(file)) => {
                script(file, outside.base()).map(|s| Some(AgentSpec::Script(s)))
            }
            Ok(Kind::Webhook(typed)) => Ok(webhook(name, typed, outside, errors)
                .map(|spec| AgentSpec::Webhook(Arc::new(spec)))),
            Ok(Kind::Bot(bot)) => {
                bots.push((name, agent, bot));
                Ok(None)
            }
            Err(error) => Err(error),
        };
        match spec {
            Ok(Some(spec)) => {
                specs.insert(name.as_str(), spec);
            }
            Ok(None) => {}
            Err(error) => errors.add(format!("agents.{name}: {error}")),
        }
    }
    // Bots may give their calls to any script.
    let flows = flows(typed, &specs);
    for (name, agent, typed_bot) in bots {
        let patience_ms = patience_ms(typed, agent);
        if let Some(spec) = bot(name, typed_bot, patience_ms, &flows, outside, errors) {
            specs.insert(name, AgentSpec::Bot(Arc::new(spec)));
        }
    }
    specs
}

fn script(file: &str, base: &Path) -> Result<Arc<Script>, String> {
    if file == "builtin:booking" {
        return Ok(Script::booking());
    }
    let path = base.join(file);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("script {}: {error}", path.display()))?;
    let script =
        Script::parse(&text).map_err(|errors| format!("script {}: {errors}", path.display()))?;
    Ok(Arc::new(script))
}

/// Every script, by the name of its agent and by the labels that lead there; these stand above names.
fn flows(typed: &Typed, specs: &BTreeMap<&str, AgentSpec>) -> Flows {
    let names = typed.agents.keys().map(|name| (name, name));
    let all = names.chain(&typed.routes);
    let scripts = all.filter_map(|(label, name)| match specs.get(name.as_str()) {
        Some(AgentSpec::Script(script)) => Some((label.clone(), Arc::clone(script))),
        _ => None,
    });
    Arc::new(scripts.collect())
}

/// Who takes over from `name`, in order: each of its own list, followed by whoever takes over from that one.
fn fallbacks<'a>(name: &'a str, typed: &'a Typed) -> Result<Vec<&'a str>, String> {
    let mut found = Vec::new();
    follow(&mut vec![name], typed, &mut found)?;
    if found.len() > FALLBACKS {
        let names = found.join(", ");
        return Err(format!(
            "expected at most {FALLBACKS} agents, with those that take over from them, got {names}"
        ));
    }
    Ok(found)
}

/// Adds who takes over from the last of `path`, which led there. Ends, because a name is followed once.
fn follow<'a>(
    path: &mut Vec<&'a str>,
    typed: &'a Typed,
    found: &mut Vec<&'a str>,
) -> Result<(), String> {
    let agent = path.last().and_then(|name| typed.agents.get(*name));
    for next in agent.into_iter().flat_map(|agent| &agent.fallback) {
        let next = next.as_str();
        if path.contains(&next) {
            path.push(next);
            return Err(format!("expected no circle, got {}", path.join(" -> ")));
        }
        if !typed.agents.contains_key(next) {
            return Err(format!("expected the name of an agent, got {next:?}"));
        }
        if found.contains(&next) {
            continue;
        }
        found.push(next);
        path.push(next);
        follow(path, typed, found)?;
        path.pop();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial::EgressConfig;

    /// Agents by name, with the names of those that take over from them.
    fn typed(agents: &[(&str, &[&str])]) -> Typed {
        let agents = agents.iter().map(|(name, fallback)| {
            let agent = TypedAgent {
                echo: Some(true),
                fallback: fallback.iter().map(|&name| name.to_owned()).collect(),
                ..TypedAgent::default()
            };
            ((*name).to_owned(), agent)
        });
        Typed {
            agents: agents.collect(),
            ..Typed::default()
        }
    }

    #[test]
    fn behind_each_fallback_come_its_own() {
        let typed = typed(&[
            ("a", &["b", "c"]),
            ("b", &["d"]),
            ("c", &["d", "e"]),
            ("d", &[]),
            ("e", &[]),
        ]);
        let names = |name| fallbacks(name, &typed).expect("good");
        assert_eq!(names("a"), ["b", "d", "c", "e"]);
        assert_eq!(names("c"), ["d", "e"]);
        assert_eq!(names("e"), [""; 0]);
    }

    #[test]
    fn circles_strangers_and_crowds_are_refused() {
        let typed = typed(&[
            ("self", &["self"]),
            ("there", &["back"]),
            ("back", &["there"]),
            ("lost", &["nobody"]),
            ("few", &["1", "2", "3"]),
            ("many", &["few", "4"]),
            ("1", &[]),
            ("2", &[]),
            ("3", &[]),
            ("4", &[]),
        ]);
        let error = |name| fallbacks(name, &typed).expect_err("refused");
        assert_eq!(error("self"), "expected no circle, got self -> self");
        assert_eq!(
            error("there"),
            "expected no circle, got there -> back -> there"
        );
        assert_eq!(
            error("lost"),
            "expected the name of an agent, got \"nobody\""
        );
        assert_eq!(
            error("many"),
            "expected at most 4 agents, with those that take over from them, got few, 1, 2, 3, 4"
        );
        let mut errors = ConfigErrors::default();
        let call = CallConfig::default();
        let outside = Outside::new(Path::new("/nowhere"), &EgressConfig::default());
        agents(&typed, &outside, &call, &mut errors);
        let errors = errors.to_string();
        assert!(errors.contains("has 5 error(s)"), "{errors}");
        assert!(
            errors.contains("agents.lost.fallback: expected"),
            "{errors}"
        );
    }

    #[test]
    fn a_route_carries_its_fallbacks_built_from_their_own_specs() {
        let toml =
            "[agents.a]\nscript = \"builtin:booking\"\nfallback = [\"b\"]\n[agents.b]\necho = true";
        let typed: Typed = toml::from_str(toml).expect("well-formed");
        let mut errors = ConfigErrors::default();
        let call = CallConfig::default();
        let outside = Outside::new(Path::new("/nowhere"), &EgressConfig::default());
        let agents = agents(&typed, &outside, &call, &mut errors);
        assert!(errors.is_empty(), "{errors}");
        let route = agents.find("a").expect("an agent");
        assert!(matches!(route.spec, AgentSpec::Script(_)));
        assert!(matches!(route.fallbacks[..], [AgentSpec::Echo]));
    }
}
