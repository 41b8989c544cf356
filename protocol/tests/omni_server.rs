//! Omni, server to client, read back by serde_json: the vendor's examples are the golden vectors.

use bytes::BytesMut;
use proptest::prelude::*;
use serde_json::{Value, json};
use trunkline_protocol::FrameKind;
use trunkline_protocol::client::omni::{
    CloseCode, ServerEvent, encode, encode_audio, split_caller_text,
};

fn bytes_of(event: &ServerEvent<'_>) -> BytesMut {
    let mut out = BytesMut::new();
    assert_eq!(encode(event, &mut out), FrameKind::Binary);
    out
}

fn json_of(event: &ServerEvent<'_>) -> Value {
    let bytes = bytes_of(event);
    assert_eq!(bytes[0], 0x03);
    serde_json::from_slice(&bytes[1..]).unwrap()
}

fn caller_text(text: &str) -> String {
    let bytes = bytes_of(&ServerEvent::CallerText(text));
    assert_eq!(bytes[0], 0x02);
    String::from_utf8(bytes[1..].to_vec()).unwrap()
}

#[test]
fn vendor_examples_byte_for_byte() {
    let transcript = ServerEvent::Transcript {
        text: "We open at nine.",
        is_final: true,
    };
    assert_eq!(
        &bytes_of(&transcript)[..],
        b"\x03{\"event\":\"transcript\",\"role\":\"assistant\",\"text\":\"We open at nine.\",\"final\":true}"
    );
    let call = ServerEvent::ToolCall {
        call_id: "c1",
        name: "get_weather",
        arguments: r#"{"location":"Noida"}"#,
    };
    assert_eq!(
        &bytes_of(&call)[1..],
        br#"{"event":"tool_call","call_id":"c1","name":"get_weather","arguments":"{\"location\":\"Noida\"}"}"#
    );
    assert_eq!(
        &bytes_of(&ServerEvent::TransferToHuman {
            destination: "+14155550100"
        })[1..],
        br#"{"event":"transfer_to_human","destination":"+14155550100"}"#
    );
}

#[test]
fn hello_declares_the_real_rates() {
    let hello = ServerEvent::Hello {
        call_id: "call_1",
        voice_id: "stock_aria_en",
        audio_in_hz: 16_000,
        audio_out_hz: 24_000,
    };
    assert_eq!(
        json_of(&hello),
        json!({"event":"hello","protocol":2,"audio_in":"pcm16@16000","audio_out":"pcm16@24000",
            "call_id":"call_1","voice_id":"stock_aria_en"})
    );
}

#[test]
fn session_started_has_the_vendors_fields_and_the_call() {
    assert_eq!(
        json_of(&ServerEvent::SessionStarted {
            call_id: "call_1",
            agent_id: None
        }),
        json!({"event":"session_started","agent_id":null,"audio_in":"pcm16","audio_out":"pcm16",
            "call_id":"call_1"})
    );
    let labelled = ServerEvent::SessionStarted {
        call_id: "c",
        agent_id: Some("support"),
    };
    assert_eq!(json_of(&labelled)["agent_id"], "support");
}

#[test]
fn configured_says_what_was_honoured() {
    let configured = ServerEvent::Configured {
        voice_id: "stock_aria_en",
        language: "en",
        greeting: true,
        tools: 0,
        audio_out_hz: 24_000,
        honored: &["voice_id", "persona"],
        ignored: &[],
    };
    assert_eq!(
        json_of(&configured),
        json!({"event":"configured","voice_id":"stock_aria_en","language_active":"en",
            "greeting":true,"tools":0,"audio_out":"pcm16@24000",
            "honored":["voice_id","persona"],"ignored":[]})
    );
}

#[test]
fn every_other_event() {
    use ServerEvent as E;
    for (event, expected) in [
        (
            E::TurnBegin {
                call_id: "c",
                turn: 3,
            },
            json!({"event":"turn_begin","call_id":"c","turn":3}),
        ),
        (E::BargeIn, json!({"event":"barge_in"})),
        (E::Flush, json!({"event":"flush"})),
        (
            E::AssistantInterrupted {
                call_id: "c",
                reply: "",
            },
            json!({"event":"assistant_interrupted","call_id":"c","reply":""}),
        ),
        (
            E::AudioPosition {
                sent_ms: 40,
                realtime_ms: 20,
                call_id: "c",
            },
            json!({"type":"audio_position","sent_ms":40,"realtime_ms":20,"call_id":"c"}),
        ),
        (E::Dtmf { digit: '5' }, json!({"event":"dtmf","digit":"5"})),
        (
            E::SendDtmf { digits: "1#" },
            json!({"event":"send_dtmf","digits":"1#"}),
        ),
        (
            E::EndCall { reason: "done" },
            json!({"event":"end_call","reason":"done"}),
        ),
        (E::IdlePrompt, json!({"event":"idle_prompt"})),
        (
            E::SessionEnding { reason: "x" },
            json!({"event":"session_ending","reason":"x"}),
        ),
        (
            E::Error {
                code: "c",
                message: "m",
            },
            json!({"event":"error","code":"c","message":"m"}),
        ),
        (
            E::Warning {
                code: "c",
                message: "m",
            },
            json!({"event":"warning","code":"c","message":"m"}),
        ),
    ] {
        assert_eq!(json_of(&event), expected);
    }
}

#[test]
fn caller_text_is_plain_utf8_without_control_characters() {
    assert_eq!(
        caller_text("what are \"your\" hours?"),
        "what are \"your\" hours?"
    );
    assert_eq!(caller_text("a\r\nb\u{7f}\u{85}é"), "a  b  é");
}

#[test]
fn long_texts_are_cut_and_nothing_is_lost_by_splitting() {
    let long = "é".repeat(4_001);
    assert_eq!(caller_text(&long), "é".repeat(4_000));
    assert_eq!(split_caller_text(&long), ("é".repeat(4_000).as_str(), "é"));
    // A character outside the basic plane counts twice in a browser.
    let astral = "😀".repeat(4_001);
    let (first, rest) = split_caller_text(&astral);
    assert_eq!(
        (first.chars().count(), rest.chars().count()),
        (2_000, 2_001)
    );
    let reply = "😀".repeat(501);
    let interrupted = ServerEvent::AssistantInterrupted {
        call_id: "c",
        reply: &reply,
    };
    assert_eq!(
        json_of(&interrupted)["reply"]
            .as_str()
            .unwrap()
            .chars()
            .count(),
        500
    );
}

#[test]
fn audio_is_tagged_and_untouched() {
    let mut out = BytesMut::new();
    assert_eq!(
        encode_audio(&[0x00, 0x80, 0xff, 0x7f], &mut out),
        FrameKind::Binary
    );
    assert_eq!(&out[..], [0x01, 0x00, 0x80, 0xff, 0x7f]);
}

#[test]
fn a_reused_buffer_is_not_reallocated() {
    let mut out = BytesMut::new();
    encode_audio(&[0; 960], &mut out);
    let before = (out.as_ptr(), out.capacity());
    for _ in 0..50 {
        out.clear();
        encode_audio(&[0; 960], &mut out);
        assert_eq!((out.as_ptr(), out.capacity()), before);
    }
}

#[test]
fn close_codes_are_the_numbers_of_the_wire() {
    assert_eq!(CloseCode::POLICY.as_u16(), 1008);
    assert_eq!(u16::from(CloseCode::OVER_CONCURRENCY), 4429);
}

proptest! {
    #[test]
    fn any_words_are_legal_messages_within_the_limits(text in any::<String>(), n in 1_usize..400) {
        let text = text.repeat(n);
        let body = bytes_of(&ServerEvent::CallerText(&text));
        prop_assert!(body.len() - 1 <= 16_384);
        let heard = String::from_utf8(body[1..].to_vec()).unwrap();
        prop_assert!(heard.chars().count() <= 4_000 && !heard.contains(char::is_control));

        let spoken = json_of(&ServerEvent::Transcript { text: &text, is_final: false });
        prop_assert_eq!(spoken["text"].as_str(), Some(heard.as_str()));
        let error = json_of(&ServerEvent::Error { code: &text, message: &text });
        prop_assert_eq!(error["message"].as_str(), Some(text.as_str()));
    }

    #[test]
    fn split_text_joins_again(text in any::<String>(), n in 1_usize..2_000) {
        let text = text.repeat(n);
        let (mut rest, mut joined) = (text.as_str(), String::new());
        while !rest.is_empty() {
            let (first, tail) = split_caller_text(rest);
            prop_assert!(!first.is_empty());
            joined.push_str(first);
            rest = tail;
        }
        prop_assert_eq!(joined, text);
    }
}
