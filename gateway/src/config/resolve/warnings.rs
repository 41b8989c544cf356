//! Keys that are written and can have no effect with the agent they are written for.

use crate::config::typed::{Typed, TypedAgent, TypedFailover, TypedTurns};

/// One sentence for each table or key without effect.
pub(super) fn warnings(typed: &Typed) -> Vec<String> {
    let agents = typed.agents.iter();
    agents
        .flat_map(|(name, agent)| {
            let connects = connects(agent, typed);
            without_effect(agent, connects)
                .map(move |(key, why)| format!("agents.{name}.{key}: {why}"))
        })
        .collect()
}

/// Whether a call to the agent may come to one that has to be connected.
fn connects(agent: &TypedAgent, typed: &Typed) -> bool {
    let mut names: Vec<&str> = agent.fallback.iter().map(String::as_str).collect();
    let mut seen = 0;
    while let Some(name) = names.get(seen).copied() {
        seen += 1;
        for next in typed.agents.get(name).into_iter().flat_map(|a| &a.fallback) {
            if !names.contains(&next.as_str()) {
                names.push(next);
            }
        }
    }
    let others = names.iter().filter_map(|name| typed.agents.get(*name));
    std::iter::once(agent)
        .chain(others)
        .any(|agent| agent.bot.is_some())
}

fn without_effect(
    agent: &TypedAgent,
    connects: bool,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let echo = agent.echo == Some(true);
    let turns = agent.turns != TypedTurns::default();
    let failover = agent.failover != TypedFailover::default();
    let bot = agent.bot.as_ref();
    let parameters = bot.is_some_and(|bot| {
        let dialect = bot.stream.dialect.as_deref();
        dialect.is_none_or(|dialect| dialect == "ivr") && !bot.stream.parameters.is_empty()
    });
    let later = bot.is_some_and(|bot| bot.manners.connect_ws_after_answer == Some(true));
    let idle_timeout = bot.is_some_and(|bot| {
        bot.address.config_timeout_ms.is_some() && bot.address.config_api.is_none()
    });
    [
        (echo && turns, "turns", "an echo takes no turns"),
        (
            echo && !agent.fallback.is_empty(),
            "fallback",
            "an echo is never lost",
        ),
        (
            failover && !connects,
            "failover",
            "only agents that connect use it",
        ),
        (
            parameters,
            "bot.parameters",
            "the dialect ivr has no place for them but session_start_message",
        ),
        (
            idle_timeout,
            "bot.config_timeout_ms",
            "only config_api uses it",
        ),
        (
            later,
            "bot.connect_ws_after_answer",
            "takes effect with outbound calls",
        ),
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
    fn what_a_bot_can_not_use_is_named() {
        let all = of(r#"
            [agents.ivr.bot]
            url = "wss://bot.example.com"
            config_timeout_ms = 500
            parameters = { a = "b" }
            connect_ws_after_answer = true
            [agents.plivo.bot]
            config_api = "https://bot.example.com"
            dialect = "plivo"
            config_timeout_ms = 500
            parameters = { a = "b" }
            connect_ws_after_answer = false
            "#);
        let expected = [
            "agents.ivr.bot.parameters: the dialect ivr has no place for them but session_start_message",
            "agents.ivr.bot.config_timeout_ms: only config_api uses it",
            "agents.ivr.bot.connect_ws_after_answer: takes effect with outbound calls",
        ];
        assert_eq!(all, expected);
    }

    /// The bot is the fallback of a fallback.
    #[test]
    fn failover_acts_where_a_bot_may_come_to_the_call() {
        let none = of(r#"
            [agents.a]
            script = "builtin:booking"
            fallback = ["b"]
            [agents.a.failover]
            give_up_ms = 900
            [agents.b]
            script = "builtin:booking"
            fallback = ["c", "a"]
            [agents.c.bot]
            url = "wss://bot.example.com"
            "#);
        assert_eq!(none, [""; 0]);
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
