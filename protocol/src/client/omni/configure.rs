//! `configure`: what the agent of this session is to be.

use serde_json::value::RawValue;

use super::Fault;
use super::fields::Fields;
use crate::Secret;
use crate::excerpt::excerpt;
use crate::json::{Object, kind};

/// The first control of a session. Every key is optional; `null` counts as absent. All strings are bounded only by
/// the socket's message limit. Source: the vendor's SDK and examples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Configure {
    /// A stock, cloned or designed voice.
    pub voice_id: Option<String>,
    /// System prompt.
    pub persona: Option<String>,
    /// What the agent says first. An empty string means that it says nothing.
    pub greeting: Option<String>,
    /// Spoken before anything else when the call is recorded.
    pub consent_line: Option<String>,
    /// Language tag such as `en`.
    pub language: Option<String>,
    /// A model tier; the vendor ignores it today.
    pub model_tier: Option<String>,
    /// Where the engine looks up facts on every turn.
    pub grounding: Grounding,
    /// What the agent may call. At most 128.
    pub tools: Vec<Tool>,
    /// Sampling seed.
    pub seed: Option<i64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Names of keys that are none of the above, each cut at 64 characters. The bag is open: they are reported as
    /// ignored, never refused.
    pub unknown: Vec<String>,
    /// The client wrote `event` where `type` belongs. The vendor's server drops such a frame silently; warn the client.
    pub keyed_on_event: bool,
}

/// The knowledge callback: `POST endpoint` with `Authorization: Bearer token`, on every turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grounding {
    /// `kb_endpoint`. Comes from the client: check where it leads before dialling.
    pub endpoint: Option<String>,
    /// `kb_token`.
    pub token: Option<Secret>,
}

/// A function the agent may call. Without an `endpoint` the call is sent to the client, with one the gateway posts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: Option<String>,
    /// JSON Schema of its arguments, as the client wrote it: a JSON object. `input_schema` is accepted as an alias.
    pub parameters: Option<String>,
    /// Whether it changes anything.
    pub side_effect: Option<SideEffect>,
    /// Where to post the call. Comes from the client: check where it leads before dialling.
    pub endpoint: Option<String>,
}

/// Whether a tool changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideEffect {
    /// It only reads.
    Read,
    /// It acts.
    Action,
}

const MAX_TOOLS: usize = 128;

/// The keys of a `configure` that are read, and `event`, which may stand for or beside `type`.
const KNOWN: [&str; 13] = [
    "type",
    "event",
    "voice_id",
    "persona",
    "greeting",
    "consent_line",
    "language",
    "model_tier",
    "kb_endpoint",
    "kb_token",
    "tools",
    "seed",
    "temperature",
];

impl Configure {
    pub(super) fn read(fields: &Fields<'_>, keyed_on_event: bool) -> Result<Self, Fault> {
        Ok(Self {
            voice_id: fields.owned("voice_id")?,
            persona: fields.owned("persona")?,
            greeting: fields.owned("greeting")?,
            consent_line: fields.owned("consent_line")?,
            language: fields.owned("language")?,
            model_tier: fields.owned("model_tier")?,
            grounding: Grounding {
                endpoint: fields.owned("kb_endpoint")?,
                token: fields.owned("kb_token")?.map(Secret::new),
            },
            tools: tools(fields)?,
            seed: fields.number("seed", "a whole number of 64 bits")?,
            temperature: fields.number("temperature", "a number")?,
            unknown: fields
                .keys()
                .filter(|key| !KNOWN.contains(key))
                .map(excerpt)
                .collect(),
            keyed_on_event,
        })
    }
}

impl Tool {
    fn read(raw: &RawValue, index: usize) -> Result<Self, Fault> {
        let object = Object::parse(raw.get()).map_err(|_| Fault::BadField {
            field: format!("tools[{index}]"),
            expected: "an object of at most 128 keys",
            got: kind(raw),
        })?;
        let fields = Fields::new(object, format!("tools[{index}]."));
        Ok(Self {
            name: fields.required("name")?.into_owned(),
            description: fields.owned("description")?,
            parameters: schema(&fields)?,
            side_effect: side_effect(&fields)?,
            endpoint: fields.owned("endpoint")?,
        })
    }
}

fn tools(fields: &Fields<'_>) -> Result<Vec<Tool>, Fault> {
    let Some(raw) = fields.raw("tools") else {
        return Ok(Vec::new());
    };
    let items: Vec<&RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| fields.bad("tools", "an array of tools"))?;
    if items.len() > MAX_TOOLS {
        return Err(fields.bad("tools", "an array of at most 128 tools"));
    }
    items
        .iter()
        .enumerate()
        .map(|(index, item)| Tool::read(item, index))
        .collect()
}

fn schema(fields: &Fields<'_>) -> Result<Option<String>, Fault> {
    for key in ["parameters", "input_schema"] {
        match fields.raw(key) {
            Some(raw) if raw.get().starts_with('{') => return Ok(Some(raw.get().to_owned())),
            Some(_) => return Err(fields.bad(key, "an object (JSON Schema)")),
            None => {}
        }
    }
    Ok(None)
}

fn side_effect(fields: &Fields<'_>) -> Result<Option<SideEffect>, Fault> {
    match fields.text("side_effect")?.as_deref() {
        None => Ok(None),
        Some("read") => Ok(Some(SideEffect::Read)),
        Some("action") => Ok(Some(SideEffect::Action)),
        Some(_) => Err(fields.bad("side_effect", "\"read\" or \"action\"")),
    }
}
