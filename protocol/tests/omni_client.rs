//! Omni, client to server: vendor byte fixtures, every control, every fault, and no panic on any bytes.

use proptest::prelude::*;
use trunkline_protocol::Frame;
use trunkline_protocol::client::omni::{ClientEvent, Configure, Fault, SideEffect, decode};

fn tagged(json: &str) -> Vec<u8> {
    [&[0x03], json.as_bytes()].concat()
}

/// The event of a control, with a reason to fail that shows the fault.
fn control(bytes: &[u8]) -> ClientEvent<'_> {
    decode(Frame::Binary(bytes)).unwrap_or_else(|fault| panic!("{fault}"))
}

fn configure(json: &str) -> Configure {
    match control(&tagged(json)) {
        ClientEvent::Configure(configure) => *configure,
        other => panic!("expected configure, got {other:?}"),
    }
}

fn fault(bytes: &[u8]) -> Fault {
    decode(Frame::Binary(bytes)).unwrap_err()
}

#[test]
fn vendor_byte_fixtures() {
    let audio = [
        0x01, 0x00, 0x80, 0x00, 0xc0, 0x00, 0x00, 0xff, 0x3f, 0xff, 0x7f,
    ];
    let ClientEvent::Audio(pcm) = control(&audio) else {
        panic!("expected audio")
    };
    let samples: Vec<i16> = pcm
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    assert_eq!(samples, [-32768, -16384, 0, 16383, 32767]);

    let bytes = b"\x03\x7b\x22\x74\x79\x70\x65\x22\x3a\"configure\",\"persona\":\"hi\"}";
    let ClientEvent::Configure(configure) = control(bytes) else {
        panic!("expected configure")
    };
    assert_eq!(
        *configure,
        Configure {
            persona: Some("hi".into()),
            ..Configure::default()
        }
    );
}

#[test]
fn vendor_configure_example() {
    let got = configure(
        r#"{"type":"configure","voice_id":"stock_emma_en_gb","persona":"You are a receptionist.","greeting":"Hello. How can I help?","language":"en","kb_endpoint":"https://you.example.com/kb","kb_token":"secret","tools":[{"name":"lookup_office_hours","description":"Read the office opening time.","side_effect":"read","parameters":{"type":"object","properties":{},"required":[],"additionalProperties":false}}]}"#,
    );
    assert_eq!(got.voice_id.as_deref(), Some("stock_emma_en_gb"));
    assert_eq!(got.persona.as_deref(), Some("You are a receptionist."));
    assert_eq!(got.greeting.as_deref(), Some("Hello. How can I help?"));
    assert_eq!(got.language.as_deref(), Some("en"));
    assert_eq!(
        got.grounding.endpoint.as_deref(),
        Some("https://you.example.com/kb")
    );
    assert_eq!(
        got.grounding.token.as_ref().map(|token| token.expose()),
        Some("secret")
    );
    assert!(!format!("{got:?}").contains("secret"));
    assert!(got.unknown.is_empty() && !got.keyed_on_event);
    let [tool] = &got.tools[..] else {
        panic!("expected one tool")
    };
    assert_eq!(tool.name, "lookup_office_hours");
    assert_eq!(tool.side_effect, Some(SideEffect::Read));
    assert_eq!(tool.endpoint, None);
    assert_eq!(
        tool.parameters.as_deref(),
        Some(r#"{"type":"object","properties":{},"required":[],"additionalProperties":false}"#)
    );
}

#[test]
fn configure_takes_the_rest_of_its_keys() {
    let got = configure(
        r#"{"type":"configure","event":"configure","greeting":"","consent_line":"Recorded.","model_tier":"x","seed":-7,"temperature":1,"persona":null,"resume":{"a":[1]},"tools":[{"name":"t","input_schema":{},"execution":"client","side_effect":"action","endpoint":"https://e"}]}"#,
    );
    assert_eq!(got.greeting.as_deref(), Some(""));
    assert_eq!(got.consent_line.as_deref(), Some("Recorded."));
    assert_eq!(got.model_tier.as_deref(), Some("x"));
    assert_eq!((got.seed, got.temperature), (Some(-7), Some(1.0)));
    assert_eq!(got.persona, None);
    assert_eq!(got.unknown, ["resume"]);
    assert_eq!(got.tools[0].parameters.as_deref(), Some("{}"));
    assert_eq!(got.tools[0].side_effect, Some(SideEffect::Action));
    assert_eq!(got.tools[0].endpoint.as_deref(), Some("https://e"));
}

#[test]
fn event_stands_in_for_type_and_a_configure_says_so() {
    assert!(configure(r#"{"event":"configure"}"#).keyed_on_event);
    assert!(!configure(r#"{"event":"x","type":"configure"}"#).keyed_on_event);
    assert_eq!(
        control(&tagged(r#"{"event":"interrupt"}"#)),
        ClientEvent::Interrupt
    );
}

#[test]
fn every_other_control() {
    let bytes = tagged(r##"{"type":"dtmf","digit":"#"}"##);
    assert_eq!(control(&bytes), ClientEvent::Dtmf { digit: '#' });
    let bytes = tagged(r#"{"type":"dtmf","digit":"a"}"#);
    assert_eq!(control(&bytes), ClientEvent::Dtmf { digit: 'A' });
    let bytes = tagged(r#"{"type":"input_text","text":"say \"hi\""}"#);
    assert_eq!(
        control(&bytes),
        ClientEvent::InputText {
            text: "say \"hi\"".into()
        }
    );
    assert_eq!(
        control(&tagged(r#"{"type":"session_ending"}"#)),
        ClientEvent::SessionEnding
    );
    assert_eq!(control(&[0x01]), ClientEvent::Audio(&[]));
}

#[test]
fn tool_results() {
    let outcome = |json: &str| match control(&tagged(json)) {
        ClientEvent::ToolResult { call_id, outcome } => {
            assert_eq!(call_id, "c1");
            outcome
                .map(str::to_owned)
                .map_err(|error| error.into_owned())
        }
        other => panic!("expected tool_result, got {other:?}"),
    };
    assert_eq!(
        outcome(r#"{"type":"tool_result","call_id":"c1","result":{"opening_time":"9 a.m."}}"#),
        Ok(r#"{"opening_time":"9 a.m."}"#.to_owned())
    );
    assert_eq!(
        outcome(r#"{"type":"tool_result","call_id":"c1","result":null}"#),
        Ok("null".to_owned())
    );
    assert_eq!(
        outcome(r#"{"type":"tool_result","call_id":"c1","error":"no","result":1}"#),
        Err("no".to_owned())
    );
    assert_eq!(
        outcome(r#"{"type":"tool_result","call_id":"c1","error":null,"result":1}"#),
        Ok("1".to_owned())
    );
}

#[test]
fn faults_of_the_envelope() {
    assert_eq!(decode(Frame::Text("{}")).unwrap_err(), Fault::TextFrame);
    assert_eq!(fault(&[]), Fault::Empty);
    assert_eq!(fault(&[0x02, b'x']), Fault::UnknownTag { tag: 2 });
    assert_eq!(fault(&[0x01, 0, 0, 0]), Fault::OddAudio { len: 3 });
    assert_eq!(
        fault(&[0x03, b'"', 0xff]),
        Fault::NotUtf8 { valid_up_to: 1 }
    );
    for json in [
        "",
        "[]",
        "1",
        "\"configure\"",
        "{\"type\":\"interrupt\"} x",
        "{\"type\"",
    ] {
        assert_eq!(fault(&tagged(json)).code(), "not_json", "{json}");
    }
    assert_eq!(fault(&tagged("{}")), Fault::MissingType);
    let long = format!(r#"{{"type":"{}"}}"#, "n".repeat(70));
    assert_eq!(
        fault(&tagged(&long)),
        Fault::UnknownType {
            name: "n".repeat(64)
        }
    );
}

#[test]
fn faults_of_fields_name_the_field_and_what_it_was() {
    let message = |json: &str| fault(&tagged(json)).to_string();
    assert_eq!(
        message(r#"{"type":"configure","voice_id":7}"#),
        "field `voice_id`: expected a string, got a number"
    );
    assert_eq!(
        message(r#"{"type":"configure","tools":[{"name":"a"},{"description":"b"}]}"#),
        "field `tools[1].name`: expected a string, got nothing"
    );
    for (json, field) in [
        (r#"{"type":true}"#, "type"),
        (r#"{"type":"configure","seed":1.5}"#, "seed"),
        (r#"{"type":"configure","temperature":"0.5"}"#, "temperature"),
        (r#"{"type":"configure","tools":{}}"#, "tools"),
        (r#"{"type":"configure","tools":["x"]}"#, "tools[0]"),
        (
            r#"{"type":"configure","tools":[{"name":"a","parameters":[]}]}"#,
            "tools[0].parameters",
        ),
        (
            r#"{"type":"configure","tools":[{"name":"a","side_effect":"w"}]}"#,
            "tools[0].side_effect",
        ),
        (r#"{"type":"configure","kb_token":[]}"#, "kb_token"),
        (r#"{"type":"dtmf"}"#, "digit"),
        (r#"{"type":"dtmf","digit":"12"}"#, "digit"),
        (r#"{"type":"dtmf","digit":"x"}"#, "digit"),
        (r#"{"type":"tool_result","result":1}"#, "call_id"),
        (r#"{"type":"tool_result","call_id":"c"}"#, "result"),
        (r#"{"type":"input_text","text":null}"#, "text"),
    ] {
        match fault(&tagged(json)) {
            Fault::BadField { field: got, .. } => assert_eq!(got, field, "{json}"),
            other => panic!("{json}: {other:?}"),
        }
    }
    let many = vec![r#"{"name":"t"}"#; 129].join(",");
    let many = format!(r#"{{"type":"configure","tools":[{many}]}}"#);
    assert!(matches!(fault(&tagged(&many)), Fault::BadField { field, .. } if field == "tools"));
}

proptest! {
    #[test]
    fn any_bytes_give_an_event_or_a_fault(bytes in any::<Vec<u8>>(), tag in 0_u8..4) {
        let tagged = [&[tag], &bytes[..]].concat();
        for message in [&bytes, &tagged] {
            if let Err(fault) = decode(Frame::Binary(message)) {
                prop_assert!(!fault.code().is_empty() && !fault.to_string().is_empty());
            }
        }
    }

    #[test]
    fn a_damaged_control_gives_an_event_or_a_fault(cut in 0_usize..120, byte in any::<u8>()) {
        let mut bytes = tagged(
            r#"{"type":"configure","tools":[{"name":"é","parameters":{"a":"\ud83d\ude00"}}],"seed":1}"#,
        );
        if let Some(slot) = bytes.get_mut(cut) {
            *slot = byte;
        }
        decode(Frame::Binary(&bytes)).ok();
        bytes.truncate(cut);
        decode(Frame::Binary(&bytes)).ok();
    }
}
