//! `[agents.NAME.bot]`: a bot on a server of somebody's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use trunkline_call::Signing;
use trunkline_codecs::format::AudioFormat;
use trunkline_engines::BotSpec;
use trunkline_engines::bot::{Address, MAX_PARAMETERS_BYTES, Manners, Target};
use trunkline_local::script::Script;
use trunkline_protocol::Secret;
use trunkline_protocol::bot::{Dialect, FirstMessage, parameter_bytes};

use super::errors::{ConfigErrors, Table};
use super::outside::{Kind, Outside};
use crate::config::typed::{TypedAddress, TypedBot, TypedManners, TypedStream};

/// How long whoever knows where a bot is may take.
const CONFIG_TIMEOUT_MS: u64 = 2_000;

/// The most parameters of a bot.
const PARAMETERS: usize = 64;

/// Scripts by the names bots call them.
pub(super) type Flows = Arc<BTreeMap<String, Arc<Script>>>;

/// The bot of the agent `name`, whose calls wait `patience_ms` for an agent to connect where that is written.
/// `None` where something is wrong with it.
pub(super) fn bot(
    name: &str,
    typed: &TypedBot,
    patience_ms: Option<u64>,
    flows: &Flows,
    outside: &Outside<'_>,
    errors: &mut ConfigErrors,
) -> Option<BotSpec> {
    let mut table = errors.table(format!("agents.{name}.bot"));
    let table = &mut table;
    for key in typed.unknown.keys() {
        let known = TypedBot::KEYS.join(", ");
        table.wrong(key, format_args!("an unknown key, expected one of {known}"));
    }
    let manners = manners(&typed.manners, patience_ms, table);
    let stream = &typed.stream;
    let dialect = dialect(stream, table);
    // What fits depends on the dialect.
    let format = dialect.map(|dialect| format(dialect, stream, table));
    let first_message = dialect.and_then(|dialect| first_message(dialect, stream, table));
    let binary = dialect.is_some_and(|dialect| binary(dialect, stream, table));
    let frame_ms = frame_ms(stream, table);
    let parameters = parameters(stream, outside, table);
    let address = address(dialect, &typed.address, outside, table);
    Some(BotSpec {
        name: name.to_owned(),
        dialect: dialect?,
        address: address?,
        format: format?,
        binary,
        frame_ms,
        first_message,
        parameters,
        manners,
        flows: Arc::clone(flows),
    })
}

fn manners(typed: &TypedManners, patience_ms: Option<u64>, table: &mut Table<'_>) -> Manners {
    let base = Manners::default();
    let barge_in = typed.barge_in.unwrap_or(base.barge_in);
    let seconds = |ms: u64| (ms > 0).then_some(ms);
    let answer_ms = table
        .within_or_never(
            "answer_ms",
            typed.answer_ms,
            seconds(base.answer_ms),
            500..=120_000,
        )
        .unwrap_or(0);
    if answer_ms > 0 && !barge_in {
        table.wrong(
            "answer_ms",
            "expected barge_in = true beside it: without, nobody knows when the caller's turn is over",
        );
    }
    // What is waited for in all is no shorter than what is waited for here, unless somebody says so.
    let connect_ms = patience_ms.map_or(base.connect_ms, |ms| ms.min(base.connect_ms));
    Manners {
        real_time: typed.realtime.unwrap_or(base.real_time),
        barge_in,
        connect_ms: table.within("connect_ms", typed.connect_ms, connect_ms, 100..=30_000),
        first_audio_ms: table
            .within_or_never(
                "first_audio_ms",
                typed.first_audio_ms,
                seconds(base.first_audio_ms),
                500..=120_000,
            )
            .unwrap_or(0),
        answer_ms,
    }
}

fn dialect(typed: &TypedStream, table: &mut Table<'_>) -> Option<Dialect> {
    let name = typed.dialect.as_deref().unwrap_or(Dialect::Ivr.as_str());
    let parsed: Result<Dialect, _> = name.parse();
    parsed.map_err(|error| table.wrong("dialect", error)).ok()
}

fn format(dialect: Dialect, typed: &TypedStream, table: &mut Table<'_>) -> AudioFormat {
    let name = dialect.as_str();
    let mulaw = match (dialect, typed.encoding.as_deref()) {
        // Plivo offers both; its bots, Pipecat's among them, are written for μ-law.
        (Dialect::Twilio | Dialect::Plivo, None | Some("mulaw")) => true,
        (Dialect::Exotel, Some("mulaw")) => true,
        (Dialect::Ivr | Dialect::Exotel, None | Some("pcm16")) => false,
        (Dialect::Plivo, Some("pcm16")) => false,
        (_, Some(got)) => {
            let expected = match dialect {
                Dialect::Ivr => "\"pcm16\"",
                Dialect::Twilio => "\"mulaw\"",
                Dialect::Plivo | Dialect::Exotel => "\"pcm16\" or \"mulaw\"",
            };
            table.wrong(
                "encoding",
                format_args!("expected {expected} with the dialect {name}, got {got:?}"),
            );
            dialect == Dialect::Twilio
        }
    };
    let rates: &[u64] = if mulaw {
        &[8_000]
    } else {
        &[8_000, 16_000, 24_000]
    };
    let rate_hz = typed.sample_rate.unwrap_or(8_000);
    if !rates.contains(&rate_hz) {
        let expected: Vec<_> = rates.iter().map(u64::to_string).collect();
        let expected = expected.join(", ");
        let encoding = if mulaw { "mulaw" } else { "pcm16" };
        table.wrong(
            "sample_rate",
            format_args!(
                "expected {expected} with the dialect {name} in {encoding}, got {rate_hz}"
            ),
        );
    }
    if mulaw {
        AudioFormat::MULAW_8K
    } else {
        AudioFormat::pcm16(u32::try_from(rate_hz).unwrap_or(8_000))
    }
}

fn first_message(
    dialect: Dialect,
    typed: &TypedStream,
    table: &mut Table<'_>,
) -> Option<FirstMessage> {
    const KEY: &str = "session_start_message";
    let message = typed.session_start_message.as_ref()?;
    only_ivr(KEY, dialect, table);
    let parsed = FirstMessage::parse(&message.0);
    parsed.map_err(|error| table.wrong(KEY, error)).ok()
}

fn binary(dialect: Dialect, typed: &TypedStream, table: &mut Table<'_>) -> bool {
    let binary = typed.binary.unwrap_or(false);
    if binary {
        only_ivr("binary", dialect, table);
    }
    binary
}

fn only_ivr(key: &str, dialect: Dialect, table: &mut Table<'_>) {
    if dialect != Dialect::Ivr {
        let got = dialect.as_str();
        table.wrong(
            key,
            format_args!("expected the dialect ivr beside it, got {got}"),
        );
    }
}

fn frame_ms(typed: &TypedStream, table: &mut Table<'_>) -> u64 {
    match typed.frame_ms {
        None => 20,
        Some(ms @ (20 | 100)) => ms,
        Some(got) => {
            table.wrong("frame_ms", format_args!("expected 20 or 100, got {got}"));
            20
        }
    }
}

fn parameters(
    typed: &TypedStream,
    outside: &Outside<'_>,
    table: &mut Table<'_>,
) -> Vec<(String, Secret)> {
    if typed.parameters.len() > PARAMETERS {
        let got = typed.parameters.len();
        table.wrong(
            "parameters",
            format_args!("expected at most {PARAMETERS}, got {got}"),
        );
    }
    let mut parameters = Vec::new();
    for (name, typed) in &typed.parameters {
        if let Some(value) = outside.value("parameters", typed, table) {
            parameters.push((name.clone(), value));
        }
    }
    let sizes = parameters
        .iter()
        .map(|(name, value)| parameter_bytes(name, value.expose()));
    let bytes: usize = sizes.sum();
    if bytes > MAX_PARAMETERS_BYTES {
        table.wrong(
            "parameters",
            format_args!(
                "expected at most {MAX_PARAMETERS_BYTES} bytes of JSON in all, got {bytes}"
            ),
        );
    }
    parameters
}

fn address(
    dialect: Option<Dialect>,
    typed: &TypedAddress,
    outside: &Outside<'_>,
    table: &mut Table<'_>,
) -> Option<Address> {
    let line = typed.wss_header.as_ref();
    let headers = outside.headers(&typed.headers, line.map(|l| ("wss_header", l)), table);
    let token = outside.credential("auth_token", typed.auth_token.as_ref(), table);
    let signing = match (dialect, token) {
        (Some(Dialect::Twilio), Some(token)) => Some(Signing::Twilio(token)),
        (Some(Dialect::Plivo), Some(token)) => Some(Signing::Plivo(token)),
        (Some(other), Some(_)) => {
            let got = other.as_str();
            table.wrong(
                "auth_token",
                format_args!("expected the dialect twilio or plivo beside it, got {got}"),
            );
            None
        }
        (_, _) => None,
    };
    let timeout_ms = table.within(
        "config_timeout_ms",
        typed.config_timeout_ms,
        CONFIG_TIMEOUT_MS,
        100..=10_000,
    );
    match (&typed.url, &typed.config_api) {
        (Some(_), None) => {
            let url = outside.url("url", typed.url.as_ref(), Kind::WebSocket, table)?;
            Some(Address::Fixed(Target {
                url,
                headers,
                signing,
            }))
        }
        (None, Some(_)) => {
            if signing.is_some() {
                table.wrong(
                    "auth_token",
                    "expected url beside it: whoever answers config_api names the headers",
                );
            }
            let api = typed.config_api.as_ref();
            let url = outside.url("config_api", api, Kind::Http, table)?;
            Some(Address::Asked {
                url,
                headers,
                timeout_ms,
            })
        }
        (None, None) => {
            table.wrong("url", "expected it, or config_api in place of it");
            None
        }
        (Some(_), Some(_)) => {
            table.wrong("url", "expected either it or config_api, got both");
            None
        }
    }
}
