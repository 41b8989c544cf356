//! `[agents]` and `[routes]`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use trunkline_call::CallConfig;
use trunkline_local::script::Script;

use super::errors::ConfigErrors;
use super::limits::call_with;
use crate::agents::{AgentSpec, Agents, Route};
use crate::config::typed::{Typed, TypedAgent};

/// The most agents that may take over from one.
const FALLBACKS: usize = 4;

/// Every agent with what holds for its calls: `base`, under what is written for it.
pub(super) fn agents(
    typed: &Typed,
    base: &Path,
    call: &CallConfig,
    errors: &mut ConfigErrors,
) -> Agents {
    if typed.agents.is_empty() && typed.routes.is_empty() {
        return Agents::builtin(Arc::new(call.clone()));
    }
    let mut specs = BTreeMap::new();
    for (name, agent) in &typed.agents {
        match agent_spec(agent, base) {
            Ok(spec) => {
                specs.insert(name.as_str(), spec);
            }
            Err(error) => errors.add(format!("agents.{name}: {error}")),
        }
    }
    for (label, name) in &typed.routes {
        if !typed.agents.contains_key(name) {
            errors.add(format!(
                "routes.{label:?}: expected the name of an agent, got {name:?}"
            ));
        }
    }
    let mut by_name = BTreeMap::new();
    for (name, agent) in &typed.agents {
        // Both are checked even where the agent itself is of no use: all errors are told at once.
        let config = Arc::new(call_with(name, agent, call, errors));
        let fallbacks = fallbacks(name, typed).unwrap_or_else(|error| {
            errors.add(format!("agents.{name}.fallback: {error}"));
            Vec::new()
        });
        if let Some(spec) = specs.get(name.as_str()) {
            let route = Route {
                spec: spec.clone(),
                fallbacks: fallbacks
                    .iter()
                    .filter_map(|name| specs.get(name).cloned())
                    .collect(),
                config,
            };
            by_name.insert(name.clone(), route);
        }
    }
    Agents::new(by_name, typed.routes.clone())
}

fn agent_spec(agent: &TypedAgent, base: &Path) -> Result<AgentSpec, String> {
    match (agent.echo, agent.script.as_deref()) {
        (Some(true), None) => Ok(AgentSpec::Echo),
        (None, Some("builtin:booking")) => Ok(AgentSpec::Script(Script::booking())),
        (None, Some(file)) => {
            let path = base.join(file);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("script {}: {error}", path.display()))?;
            let script = Script::parse(&text)
                .map_err(|errors| format!("script {}: {errors}", path.display()))?;
            Ok(AgentSpec::Script(Arc::new(script)))
        }
        _ => Err("expected exactly one of `echo = true` and `script = \"FILE\"`".to_owned()),
    }
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
        agents(&typed, Path::new("/nowhere"), &call, &mut errors);
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
        let agents = agents(&typed, Path::new("/nowhere"), &call, &mut errors);
        assert!(errors.is_empty(), "{errors}");
        let route = agents.find("a").expect("an agent");
        assert!(matches!(route.spec, AgentSpec::Script(_)));
        assert!(matches!(route.fallbacks[..], [AgentSpec::Echo]));
    }
}
