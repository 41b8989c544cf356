//! What a bot is told of the call: ids in the form its dialect expects, numbers, parameters.
//!
//! It is bounded here, so that the message that opens a stream always fits
//! [`MAX_OPENING_BYTES`](trunkline_protocol::bot::MAX_OPENING_BYTES): 8 KiB of parameters are the configuration's,
//! 4 KiB what the caller's side says, and what exceeds that is left out.

use trunkline_call::CallInfo;
use trunkline_codecs::format::{AudioFormat, Encoding};
use trunkline_protocol::bot::{self, BotSocket, Dialect, Stream, parameter_bytes, written_bytes};

use super::BotSpec;

/// What the caller's side says in parameters: its own, and what stands for parts of the call in configured ones.
const MAX_TOLD_BYTES: usize = 4 * 1_024;

/// A number, or another's id: no real one comes near. A longer one is left out, for half of it is another.
const MAX_NUMBER_BYTES: usize = 128;

/// The stream of the `number`-th socket of this call.
pub(super) fn stream(
    spec: &BotSpec,
    format: AudioFormat,
    info: &CallInfo,
    number: u32,
) -> BotSocket {
    let digits = digits(&info.call_id);
    let (call_id, account_id) = match spec.dialect {
        Dialect::Ivr => (info.call_id.clone(), String::new()),
        Dialect::Twilio => (format!("CA{digits}"), format!("AC{}", "0".repeat(32))),
        Dialect::Plivo => (uuid(&digits), "trunkline".to_owned()),
        Dialect::Exotel => (digits, "trunkline".to_owned()),
    };
    let stream_id = session_id(spec.dialect, info, number);
    let peer_call_id = info.peer_call_id.as_deref().filter(|id| is_bounded(id));
    let account = info.account_id.as_deref().filter(|id| is_bounded(id));
    let told_by_twilio =
        spec.dialect == Dialect::Twilio && peer_call_id.is_some_and(|id| id.starts_with("CA"));
    let call_id = match peer_call_id {
        Some(theirs) if told_by_twilio => theirs.to_owned(),
        _ => call_id,
    };
    let account_id = match account {
        Some(theirs) if told_by_twilio => theirs.to_owned(),
        _ => account_id,
    };
    let [from, to] = [&info.from, &info.to].map(|number| number_of(number));
    let stream = Stream {
        call_id,
        account_id,
        from: from.to_owned(),
        to: to.to_owned(),
        parameters: parameters(spec, info, &stream_id),
        stream_id,
        encoding: encoding(format),
        rate_hz: format.rate_hz,
        binary: spec.binary,
    };
    BotSocket::new(spec.dialect, stream, spec.first_message.clone())
}

/// The name of the `number`-th socket of this call: every one has its own.
pub(super) fn session_id(dialect: Dialect, info: &CallInfo, number: u32) -> String {
    let digits = || renumbered(&digits(&info.call_id), number);
    match dialect {
        Dialect::Ivr => format!("{}.{number}", info.call_id),
        Dialect::Twilio => format!("MZ{}", digits()),
        Dialect::Plivo => uuid(&digits()),
        Dialect::Exotel => digits(),
    }
}

fn is_bounded(name: &str) -> bool {
    written_bytes(name) <= MAX_NUMBER_BYTES
}

fn number_of(told: &str) -> &str {
    if is_bounded(told) { told } else { "" }
}

/// What stands for parts of the call, without the braces that open it, and what for.
fn variables<'a>(info: &'a CallInfo, session_id: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("caller}}", number_of(&info.from)),
        ("did}}", number_of(&info.to)),
        ("sessionId}}", session_id),
    ]
}

/// A value with what stands for parts of the call replaced, once, by as much as there is `room` for.
fn filled(template: &str, variables: &[(&str, &str)], room: &mut usize) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let mut known = variables.iter();
        let found = known.find_map(|(name, value)| Some((*value, after.strip_prefix(name)?)));
        if let Some((value, after)) = found {
            if let Some(left) = room.checked_sub(written_bytes(value)) {
                *room = left;
                filled.push_str(value);
            }
            rest = after;
        } else {
            // The second brace may open a variable with a third.
            filled.push('{');
            rest = rest.get(before.len() + 1..).unwrap_or_default();
        }
    }
    filled.push_str(rest);
    filled
}

/// The configured ones before those of the caller's side.
fn parameters(spec: &BotSpec, info: &CallInfo, session_id: &str) -> Vec<(String, String)> {
    let mut room = MAX_TOLD_BYTES;
    let variables = variables(info, session_id);
    let configured = spec
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), filled(value.expose(), &variables, &mut room)));
    let mut all: Vec<_> = configured.collect();
    for (name, value) in &info.parameters {
        let left = room.checked_sub(parameter_bytes(name, value));
        if let Some(left) = left.filter(|_| !all.iter().any(|(known, _)| known == name)) {
            room = left;
            all.push((name.clone(), value.clone()));
        }
    }
    all
}

const fn encoding(format: AudioFormat) -> bot::Encoding {
    match format.encoding {
        Encoding::Mulaw => bot::Encoding::Mulaw,
        Encoding::Alaw | Encoding::Pcm16Le => bot::Encoding::Pcm16,
    }
}

/// The 32 hexadecimal digits of the call's name; names of another form are filled up.
fn digits(call_id: &str) -> String {
    let digits = call_id.chars().filter(char::is_ascii_hexdigit);
    let mut digits: Vec<char> = digits.collect();
    let from = digits.len().saturating_sub(32);
    digits.drain(..from);
    let digits: String = digits.into_iter().collect();
    format!("{digits:0>32}").to_ascii_lowercase()
}

/// The same with the last four replaced: every socket of a call has a name of its own.
fn renumbered(digits: &str, number: u32) -> String {
    let kept = digits.get(..28).unwrap_or_default();
    format!("{kept}{:04x}", number & 0xffff)
}

fn uuid(digits: &str) -> String {
    let part = |from, to| digits.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests;
