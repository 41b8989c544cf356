use bytes::BytesMut;
use serde_json::Value;
use trunkline_protocol::Secret;
use trunkline_protocol::bot::MAX_OPENING_BYTES;

use super::*;
use crate::bot::{Address, MAX_PARAMETERS_BYTES, Manners, Target};

const DIALECTS: [Dialect; 4] = [
    Dialect::Ivr,
    Dialect::Twilio,
    Dialect::Plivo,
    Dialect::Exotel,
];

fn spec(dialect: Dialect, parameters: Vec<(String, String)>) -> BotSpec {
    let secret = |(name, value): (String, String)| (name, Secret::new(value));
    BotSpec {
        name: "desk".to_owned(),
        dialect,
        address: Address::Fixed(Target {
            url: Secret::new("wss://a.example/"),
            headers: Vec::new(),
            signing: None,
        }),
        format: AudioFormat::pcm16(24_000),
        binary: false,
        frame_ms: 20,
        first_message: None,
        parameters: parameters.into_iter().map(secret).collect(),
        manners: Manners::default(),
        flows: std::sync::Arc::default(),
    }
}

fn info(number: &str, parameters: Vec<(String, String)>) -> CallInfo {
    CallInfo {
        call_id: format!("call_{}", "0123456789abcdef".repeat(2)),
        peer_call_id: Some("CA".to_owned() + number),
        account_id: Some(number.to_owned()),
        from: number.to_owned(),
        to: number.to_owned(),
        parameters,
        ..CallInfo::default()
    }
}

/// The longest of the messages that open the stream, and that message.
fn longest(spec: &BotSpec, info: &CallInfo) -> (usize, Value) {
    let socket = stream(spec, spec.format, info, u32::MAX);
    let mut longest = BytesMut::new();
    for step in 0.. {
        let mut out = BytesMut::new();
        if socket.opening(step, &mut out).is_none() {
            break;
        }
        if out.len() > longest.len() {
            longest = out;
        }
    }
    let message = serde_json::from_slice(&longest).expect("JSON");
    (longest.len(), message)
}

/// As many parameters of this value as the bound allows.
fn as_many(max_bytes: usize, value: &str) -> Vec<(String, String)> {
    let bytes = parameter_bytes("p000", value);
    (0..max_bytes / bytes)
        .map(|number| (format!("p{number:03}"), value.to_owned()))
        .collect()
}

#[test]
fn the_largest_of_everything_fits_the_opening_message() {
    // Escaped, base64, and all of what stands for something.
    let values = [
        "\u{1}".repeat(20),
        "\"\\".repeat(300),
        "Zm9v".repeat(25),
        "{{caller}}{{did}}{{sessionId}}".to_owned(),
        String::new(),
    ];
    // The longest number that is told, in its longest form and in its shortest, and one far too long.
    let numbers = ["\u{1}".repeat(21), "1".repeat(126), "9".repeat(60_000)];
    for dialect in DIALECTS {
        for configured in &values {
            for told in &values {
                for number in &numbers {
                    let spec = spec(dialect, as_many(MAX_PARAMETERS_BYTES, configured));
                    let mut theirs = as_many(64 * 1_024, told);
                    for (name, _) in &mut theirs {
                        name.insert(0, 't');
                    }
                    let (bytes, _) = longest(&spec, &info(number, theirs));
                    let case = format!("{dialect:?} {configured:?} {told:?} {}", number.len());
                    assert!(bytes <= MAX_OPENING_BYTES, "{bytes} bytes: {case}");
                }
            }
        }
    }
}

#[test]
fn what_is_too_long_is_left_out_whole_and_the_rest_is_told() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let spec = spec(
        Dialect::Exotel,
        vec![
            pair("who", "{{caller}} {{{did}}} {{other}}"),
            pair("k", "configured"),
        ],
    );
    let large = "x".repeat(4_096);
    let mut info = info(
        "+15550001",
        vec![pair("large", &large), pair("k", "told"), pair("small", "1")],
    );
    let (_, told) = longest(&spec, &info);
    let expected = serde_json::json!({
        "who": "+15550001 {+15550001} {{other}}", "k": "configured", "small": "1",
    });
    assert_eq!(told["start"]["custom_parameters"], expected);
    info.from = "1".repeat(129);
    // What stands for something is not looked for in what it stands for.
    info.to = "{{caller}}".to_owned();
    let (_, told) = longest(&spec, &info);
    assert_eq!(told["start"]["from"], "");
    assert_eq!(told["start"]["to"], "{{caller}}");
    assert_eq!(
        told["start"]["custom_parameters"]["who"],
        " {{{caller}}} {{other}}"
    );
}
