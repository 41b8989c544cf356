//! `[agents.NAME.webhook]`: a bot that is asked over HTTP.

use trunkline_engines::WebhookSpec;
use trunkline_local::{MAX_SPEAK_BYTES, Voice};

use super::errors::{ConfigErrors, Table};
use super::outside::{Kind, Outside};
use crate::config::typed::TypedWebhook;

/// The most phrases that callers are expected to say, and the longest.
const PHRASES: usize = 200;
const PHRASE_BYTES: usize = 200;

/// The longest telephone number, SIP address or name of a destination.
const DESTINATION_BYTES: usize = 256;

/// The webhook of the agent `name`; `None` where something is wrong with it.
pub(super) fn webhook(
    name: &str,
    typed: &TypedWebhook,
    outside: &Outside<'_>,
    errors: &mut ConfigErrors,
) -> Option<WebhookSpec> {
    let mut table = errors.table(format!("agents.{name}.webhook"));
    let table = &mut table;
    if typed.url.is_none() {
        table.wrong("url", "expected it");
    }
    let url = outside.url("url", typed.url.as_ref(), Kind::Http, table);
    let voice = typed.voice.as_deref().unwrap_or("rms");
    if let Err(error) = voice.parse::<Voice>() {
        table.wrong("voice", error);
    }
    let greeting = typed.greeting.clone().unwrap_or_default();
    at_most(MAX_SPEAK_BYTES, "greeting", &greeting, table);
    let context_limit = table.within("context_limit", typed.context_limit, 10, 0..=50);
    Some(WebhookSpec {
        agent_id: name.to_owned(),
        headers: outside.headers(&typed.headers, None, table),
        secret: outside.credential("secret", typed.secret.as_ref(), table),
        timeout_ms: table.within("timeout_ms", typed.timeout_ms, 30_000, 5_000..=120_000),
        transfer_number: transfer_number(typed, table),
        voice: voice.to_owned(),
        greeting,
        phrases: phrases(typed, table),
        context_limit: usize::try_from(context_limit).unwrap_or(10),
        url: url?,
    })
}

fn transfer_number(typed: &TypedWebhook, table: &mut Table<'_>) -> Option<String> {
    let number = typed.transfer_number.as_ref()?;
    at_most(DESTINATION_BYTES, "transfer_number", number, table);
    (!number.is_empty()).then(|| number.clone())
}

fn phrases(typed: &TypedWebhook, table: &mut Table<'_>) -> Vec<String> {
    let count = typed.phrases.len();
    if count > PHRASES {
        table.wrong(
            "phrases",
            format_args!("expected at most {PHRASES}, got {count}"),
        );
    }
    for phrase in &typed.phrases {
        at_most(PHRASE_BYTES, "phrases", phrase, table);
        if !phrase.contains(char::is_alphabetic) {
            table.wrong("phrases", format_args!("expected words, got {phrase:?}"));
        }
    }
    typed.phrases.clone()
}

fn at_most(bound: usize, key: &str, text: &str, table: &mut Table<'_>) {
    let bytes = text.len();
    if bytes > bound {
        table.wrong(
            key,
            format_args!("expected at most {bound} bytes, got {bytes}"),
        );
    }
}
