use super::*;

const fn speech(dialect: Dialect) -> Speech {
    Speech::new(dialect, 8_000)
}

#[test]
fn the_key_travels_where_each_dialect_has_a_place_for_it() -> anyhow::Result<()> {
    let omni = speech(Dialect::Omni).request("ws://127.0.0.1:1/", "echo", Some("k1"))?;
    assert_eq!(
        omni.uri(),
        "ws://127.0.0.1:1/v1/omni?format=pcm16&rate=24000&session_label=echo"
    );
    assert_eq!(
        omni.headers()["sec-websocket-protocol"],
        "pyai.v1, pyai-key.k1"
    );
    let twilio = speech(Dialect::Twilio).request("ws://127.0.0.1:1", "echo", Some("k1"))?;
    assert_eq!(
        twilio.uri(),
        "ws://127.0.0.1:1/v1/telephony/streams/twilio/echo"
    );
    assert_eq!(twilio.headers()["authorization"], "Bearer k1");
    let open = speech(Dialect::Twilio).request("ws://127.0.0.1:1/media", "echo", None)?;
    assert_eq!(
        open.uri(),
        "ws://127.0.0.1:1/media",
        "a path is taken as it is"
    );
    assert!(!open.headers().contains_key("authorization"));
    Ok(())
}

#[test]
fn what_is_no_socket_without_tls_is_refused_before_anybody_calls() {
    for to in ["http://127.0.0.1:1", "wss://127.0.0.1:1", "127.0.0.1:1", ""] {
        let request = speech(Dialect::Twilio).request(to, "echo", None);
        let error = request.map(|_| ()).unwrap_err().to_string();
        assert_eq!(error, format!("expected ws://HOST:PORT, got {to:?}"));
    }
}

#[test]
fn a_message_of_the_wrong_kind_is_a_complaint() {
    let mut audio = Vec::new();
    for (dialect, message) in [
        (Dialect::Omni, Message::text("{}")),
        (Dialect::Twilio, Message::binary(vec![1, 2])),
        (Dialect::Raw, Message::text("{}")),
    ] {
        let heard = speech(dialect).decode(7, &message, &mut audio);
        assert!(matches!(heard, Heard::Complaint(_)), "{heard:?}");
    }
}

#[test]
fn what_a_bot_echoes_its_caller_hears() {
    for dialect in [Dialect::Twilio, Dialect::Plivo, Dialect::Ivr, Dialect::Raw] {
        let speech = speech(dialect);
        let audio: Vec<u8> = (0..speech.frame_bytes()).map(|n| n as u8).collect();
        let mut stream = String::new();
        let mut heard = Vec::new();
        for message in speech.opening(7) {
            assert_eq!(speech.echo(&message, &mut stream), None, "{message:?}");
            assert!(!speech.hear(&message, &mut heard));
        }
        let media = speech.encode(7, 3, &audio);
        assert!(speech.hear(&media, &mut heard));
        assert_eq!(heard, audio);
        let reply = speech
            .echo(&media, &mut stream)
            .unwrap_or(Message::text(""));
        assert_eq!(
            speech.decode(7, &reply, &mut heard),
            Heard::Audio,
            "{reply:?}"
        );
        assert_eq!(heard, audio);
        let said = speech.say(&audio, &stream);
        assert_eq!(
            speech.decode(7, &said, &mut heard),
            Heard::Audio,
            "{said:?}"
        );
        assert_eq!(heard, audio);
        if let Some(clear) = speech.clear(&stream) {
            assert_eq!(
                speech.decode(7, &clear, &mut heard),
                Heard::Clear,
                "{clear:?}"
            );
        }
    }
}

#[test]
fn an_ivr_bot_may_speak_json() {
    let speech = Speech {
        as_json: true,
        ..speech(Dialect::Ivr)
    };
    let mut heard = Vec::new();
    let said = speech.say(&[1, 2, 3, 4], "");
    assert!(matches!(said, Message::Text(_)));
    assert_eq!(speech.decode(7, &said, &mut heard), Heard::Audio);
    assert_eq!(heard, [1, 2, 3, 4]);
}
