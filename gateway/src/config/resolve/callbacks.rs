//! Who is told what becomes of an agent's calls.

use std::sync::Arc;

use super::errors::ConfigErrors;
use super::outside::{Kind, Outside};
use crate::agents::AgentSpec;
use crate::callbacks::{CallbackSpec, EndedTarget, StatusTarget};
use crate::config::typed::{TypedAgent, TypedSecret};

const URL: &str = "status_callback_url";
const SECRET: &str = "status_callback_secret";

/// Of calls that come to the agent `name`: status callbacks, from its own table or its bot's, and what a webhook's
/// server is told of the end in any case.
pub(super) fn callbacks(
    name: &str,
    agent: &TypedAgent,
    spec: Option<&AgentSpec>,
    outside: &Outside<'_>,
    errors: &mut ConfigErrors,
) -> Option<Arc<CallbackSpec>> {
    let own = (&agent.status_callback_url, &agent.status_callback_secret);
    let bot = agent.bot.as_ref().map(|bot| &bot.callback);
    let bots = bot.map(|typed| (&typed.status_callback_url, &typed.status_callback_secret));
    let in_bot = bots.filter(|(url, secret)| url.is_some() || secret.is_some());
    if in_bot.is_some() && (own.0.is_some() || own.1.is_some()) {
        errors.add(format!(
            "agents.{name}.{URL}: expected it here or in the bot's table, got both"
        ));
    }
    let (table, (url, secret)) = match in_bot {
        Some(typed) => (format!("agents.{name}.bot"), typed),
        None => (format!("agents.{name}"), own),
    };
    let status = status(&table, url.as_ref(), secret.as_ref(), outside, errors);
    let ended = match spec {
        Some(AgentSpec::Webhook(spec)) => Some(EndedTarget {
            agent_id: spec.agent_id.clone(),
            url: spec.url.clone(),
            headers: spec.headers.clone(),
            secret: spec.secret.clone(),
        }),
        _ => None,
    };
    let is_any = status.is_some() || ended.is_some();
    is_any.then(|| Arc::new(CallbackSpec { status, ended }))
}

fn status(
    table: &str,
    url: Option<&TypedSecret>,
    secret: Option<&TypedSecret>,
    outside: &Outside<'_>,
    errors: &mut ConfigErrors,
) -> Option<StatusTarget> {
    let mut table = errors.table(table);
    if url.is_none() && secret.is_some() {
        table.wrong(SECRET, format_args!("expected {URL} beside it"));
    }
    let secret = outside.credential(SECRET, secret, &mut table);
    let url = outside.url(URL, url, Kind::Http, &mut table)?;
    Some(StatusTarget { url, secret })
}
