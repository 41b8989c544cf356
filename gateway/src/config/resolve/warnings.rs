//! Keys that are written and can have no effect with the agent they are written for.

use crate::config::typed::{Typed, TypedAgent, TypedFailover, TypedTurns};

/// One sentence for each table or key without effect.
pub(super) fn warnings(typed: &Typed) -> Vec<String> {
    let agents = typed.agents.iter();
    agents
        .flat_map(|(name, agent)| {
            without_effect(agent).map(move |(key, why)| format!("agents.{name}.{key}: {why}"))
        })
        .collect()
}

fn without_effect(agent: &TypedAgent) -> impl Iterator<Item = (&'static str, &'static str)> {
    let echo = agent.echo == Some(true);
    let turns = agent.turns != TypedTurns::default();
    let failover = agent.failover != TypedFailover::default();
    [
        (echo && turns, "turns", "an echo takes no turns"),
        (
            echo && !agent.fallback.is_empty(),
            "fallback",
            "an echo is never lost",
        ),
        (failover, "failover", "only agents that connect use it"),
    ]
    .into_iter()
    .filter_map(|(idle, key, why)| idle.then_some((key, why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(toml: &str) -> Vec<String> {
        warnings(&toml::from_str(toml).expect("well-formed"))
    }

    #[test]
    fn what_an_agent_can_not_use_is_named() {
        let all = of(r#"
            [agents.desk]
            script = "builtin:booking"
            [agents.desk.turns]
            silence_ms = 900
            [agents.desk.failover]
            give_up_ms = 900
            [agents.line]
            echo = true
            fallback = ["desk"]
            [agents.line.turns]
            silence_ms = 900
            [agents.line.uplink]
            touch_tones = true
            [agents.line.failover]
            give_up_ms = 900
            "#);
        let expected = [
            "agents.desk.failover: only agents that connect use it",
            "agents.line.turns: an echo takes no turns",
            "agents.line.fallback: an echo is never lost",
            "agents.line.failover: only agents that connect use it",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn what_acts_is_not() {
        let none = of(r#"
            [failover]
            give_up_ms = 900
            [agents.desk]
            script = "builtin:booking"
            fallback = ["line"]
            [agents.desk.turns]
            silence_ms = 900
            [agents.line]
            echo = true
            "#);
        assert_eq!(none, [""; 0]);
    }
}
