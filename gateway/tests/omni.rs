//! Whole sessions on the Omni socket, against an application written from the vendor's pages.

mod stage;

use serde_json::{Value, json};
use stage::Stage;
use trunkline_call::Ending;
use trunkline_testkit::{FromAgent, OmniClient};

const AGENTS: &str = r#"
    [agents.default]
    echo = true
    [agents.desk]
    script = "builtin:booking"
    [routes]
    support = "desk"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_opens_with_the_vendors_three_events() {
    let stage = Stage::set(AGENTS).await;
    for (query, audio_in, audio_out, voice, label) in [
        ("", "pcm16@24000", "pcm16@24000", "echo", Value::Null),
        (
            "format=pcm16&rate=24000",
            "pcm16@24000",
            "pcm16@24000",
            "echo",
            Value::Null,
        ),
        (
            "rate=16000",
            "pcm16@16000",
            "pcm16@24000",
            "echo",
            Value::Null,
        ),
        ("rate=8000", "pcm16@8000", "pcm16@8000", "echo", Value::Null),
        (
            "session_label=desk",
            "pcm16@24000",
            "pcm16@24000",
            "rms",
            json!("desk"),
        ),
        (
            "session_label=support",
            "pcm16@24000",
            "pcm16@24000",
            "rms",
            json!("support"),
        ),
        (
            "agent_id=desk",
            "pcm16@24000",
            "pcm16@24000",
            "rms",
            json!("desk"),
        ),
        (
            "session_label=desk&agent_id=x",
            "pcm16@24000",
            "pcm16@24000",
            "rms",
            json!("desk"),
        ),
        (
            "session_label=elsewhere",
            "pcm16@24000",
            "pcm16@24000",
            "echo",
            json!("elsewhere"),
        ),
    ] {
        let mut client =
            OmniClient::call(&stage.dial(&format!("/v1/omni?{query}")), stage.key()).await;
        assert_eq!(client.subprotocol.as_deref(), Some("pyai.v1"), "{query}");
        let first = [client.next().await, client.next().await];
        let [FromAgent::Event(hello), FromAgent::Event(started)] = first else {
            panic!("{query}: {first:?}")
        };
        assert_eq!(hello["event"], "hello", "{query}");
        assert_eq!(hello["protocol"], 2, "{query}");
        assert_eq!(hello["audio_in"], audio_in, "{query}");
        assert_eq!(hello["audio_out"], audio_out, "{query}");
        assert_eq!(hello["voice_id"], voice, "{query}");
        assert_eq!(started["event"], "session_started", "{query}");
        assert_eq!(started["call_id"], hello["call_id"], "{query}");
        assert_eq!(started["agent_id"], label, "{query}");
        client.configure(json!({"greeting": ""})).await;
        let configured = client.until_event("configured").await;
        assert_eq!(configured["audio_out"], audio_out, "{query}");
        client.control(&json!({"type": "session_ending"})).await;
        assert_eq!(
            client.until_closed().await.pop(),
            Some(FromAgent::Closed(Some(1000)))
        );
    }
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn configured_says_which_keys_had_an_effect() {
    let stage = Stage::set(AGENTS).await;
    let all = json!({
        "voice_id": "slt", "persona": "Be brief.", "greeting": "", "language": "en",
        "tools": [{"name": "lookup", "parameters": {"type": "object"}}],
        "wallpaper": "blue", "model_tier": "natural",
    });
    for (label, keys, honored, ignored, voice, greeting) in [
        (
            "desk",
            all.clone(),
            vec!["voice_id", "greeting"],
            vec!["persona", "language", "model_tier", "tools", "wallpaper"],
            "slt",
            false,
        ),
        (
            "default",
            all,
            vec![],
            vec![
                "voice_id",
                "persona",
                "greeting",
                "language",
                "model_tier",
                "tools",
                "wallpaper",
            ],
            "echo",
            false,
        ),
        (
            "desk",
            json!({"greeting": "Good evening."}),
            vec!["greeting"],
            vec![],
            "rms",
            true,
        ),
        ("desk", json!({}), vec![], vec![], "rms", true),
    ] {
        let path = format!("/v1/omni?session_label={label}");
        let mut client = OmniClient::call(&stage.dial(&path), stage.key()).await;
        client.configure(keys).await;
        let configured = client.until_event("configured").await;
        assert_eq!(configured["honored"], json!(honored), "{label}");
        assert_eq!(configured["ignored"], json!(ignored), "{label}");
        assert_eq!(configured["voice_id"], voice, "{label}");
        assert_eq!(configured["greeting"], greeting, "{label}");
        client.close(1000).await;
        client.until_closed().await;
    }
    stage.clear().await;
}

/// Noise that is never twice the same, so that a frame lost, doubled or moved is seen.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// Sends `audio` in messages of `chunk` bytes, never more than a window ahead of what comes back, and gives
/// back as many bytes as are expected.
async fn echo(client: &mut OmniClient, audio: &[u8], chunk: usize, expected: usize) -> Vec<u8> {
    let mut back = Vec::new();
    let mut sent = 0;
    while back.len() < expected {
        // A quarter of a second at 24 kHz: more than the gateway sends ahead of real time.
        while sent < audio.len() && sent < back.len() + 12_000 {
            let next = audio.len().min(sent + chunk);
            client.audio(&audio[sent..next]).await;
            sent = next;
        }
        back.extend(client.until_audio().await);
    }
    back
}

#[tokio::test(flavor = "multi_thread")]
async fn the_echo_gives_every_byte_back_once_and_in_order() {
    // Rate, milliseconds a message, messages. Everything is a whole number of frames of 20 ms.
    for (rate, chunk_ms, chunks) in [
        (8_000, 20, 100),
        (24_000, 20, 100),
        (24_000, 70, 20),
        (8_000, 5, 200),
    ] {
        let mut stage = Stage::set(AGENTS).await;
        let dial = stage.dial(&format!("/v1/omni?rate={rate}"));
        let mut client = OmniClient::call(&dial, stage.key()).await;
        client.configure(json!({})).await;
        let chunk = rate * 2 * chunk_ms / 1_000;
        let audio = noise(chunk * chunks);
        let back = echo(&mut client, &audio, chunk, audio.len()).await;
        assert!(back == audio, "{rate} Hz, {chunk_ms} ms: the echo differs");
        client.control(&json!({"type": "session_ending"})).await;
        let rest = client.until_closed().await;
        assert!(
            !rest.iter().any(|m| matches!(m, FromAgent::Audio(_))),
            "more than was sent"
        );
        assert_eq!(rest.last(), Some(&FromAgent::Closed(Some(1000))));
        let (ending, counters) = stage.ended().await;
        assert_eq!(ending, Ending::CallerHungUp);
        assert_eq!(counters.media_in, chunks as u64);
        assert_eq!(counters.audio_in_bytes, audio.len() as u64);
        assert_eq!(counters.media_out, (chunk_ms * chunks / 20) as u64);
        assert_eq!((counters.dropped, counters.overflow_bytes), (0, 0));
        stage.clear().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_16_khz_the_echo_comes_back_at_24_khz() {
    const FRAMES: usize = 100;
    let mut stage = Stage::set(AGENTS).await;
    let mut client = OmniClient::call(&stage.dial("/v1/omni?rate=16000"), stage.key()).await;
    client.configure(json!({})).await;
    let tone: Vec<u8> = (0..FRAMES * 320)
        .map(|n| (n as f64 * 440.0 * std::f64::consts::TAU / 16_000.0).sin() * 8_000.0)
        .flat_map(|sample| (sample as i16).to_le_bytes())
        .collect();
    let back = echo(&mut client, &tone, 640, FRAMES * 960).await;
    assert_eq!(back.len(), FRAMES * 960, "20 ms in are 20 ms out");
    let samples: Vec<i16> = back
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    // From well below zero to well above it: the filter rings a little before the tone.
    let mut low = false;
    let mut periods = 0_usize;
    for sample in samples.iter().copied().filter(|s| s.unsigned_abs() > 1_000) {
        periods += usize::from(low && sample > 0);
        low = sample < 0;
    }
    let expected = 440 * FRAMES / 50;
    assert!(
        periods.abs_diff(expected) <= 2,
        "{periods} periods of 440 Hz, expected {expected}"
    );
    let loudest = samples.iter().map(|s| s.unsigned_abs()).max();
    assert!(
        loudest.is_some_and(|peak| (7_500..8_700).contains(&peak)),
        "{loudest:?}"
    );
    client.close(1000).await;
    client.until_closed().await;
    assert_eq!(stage.ended().await.1.media_out, FRAMES as u64);
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_echoed_and_an_interrupt_clears() {
    let mut stage = Stage::set(AGENTS).await;
    let mut client = OmniClient::call(&stage.dial("/v1/omni?rate=8000"), stage.key()).await;
    // Nothing is being said: nothing is cleared.
    client.control(&json!({"type": "interrupt"})).await;
    for digit in ["5", "*", "#", "d"] {
        client
            .control(&json!({"type": "dtmf", "digit": digit}))
            .await;
        let event = client.until_event("dtmf").await;
        assert_eq!(event["digit"], digit.to_uppercase());
    }
    assert!(
        !client
            .received
            .iter()
            .any(|m| m.is_event("barge_in") || m.is_event("flush"))
    );
    let before = noise(320 * 10);
    assert!(echo(&mut client, &before, 320, before.len()).await == before);
    client.control(&json!({"type": "interrupt"})).await;
    client.until_event("barge_in").await;
    client.until_event("flush").await;
    let after = noise(320 * 13).split_off(320 * 3);
    assert!(
        echo(&mut client, &after, 320, after.len()).await == after,
        "after the interrupt"
    );
    client.control(&json!({"type": "session_ending"})).await;
    let rest = client.until_closed().await;
    assert!(
        rest.iter().any(|m| m.is_event("session_ending")),
        "{rest:?}"
    );
    let (ending, counters) = stage.ended().await;
    assert_eq!(
        (ending, counters.barge_ins, counters.turns),
        (Ending::CallerHungUp, 1, 2)
    );
    stage.clear().await;
}

/// What a caller types, what the agent must answer, and what it must have understood.
const CONVERSATION: [(&str, &str); 4] = [
    ("i would like to book a table for two", "At what time?"),
    ("at seven o'clock", "Is that right?"),
    ("yes", "Your table is booked."),
    ("goodbye", "Goodbye."),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_booked_by_text() {
    let mut stage = Stage::set(AGENTS).await;
    let mut client =
        OmniClient::call(&stage.dial("/v1/omni?session_label=desk"), stage.key()).await;
    client.configure(json!({})).await;
    client.until_said("How can I help you?").await;
    for (typed, answer) in CONVERSATION {
        client.input_text(typed).await;
        client.until_said(answer).await;
    }
    let rest = client.until_closed().await;
    assert_eq!(rest.last(), Some(&FromAgent::Closed(Some(1000))));
    let ending = rest.iter().position(|m| m.is_event("session_ending"));
    let ending = ending.expect("session_ending before the close");
    let audio_after = rest[ending..]
        .iter()
        .any(|m| matches!(m, FromAgent::Audio(_)));
    assert!(!audio_after, "audio after session_ending");
    let understood = client.received.iter().filter_map(|m| match m {
        FromAgent::CallerText(text) => Some(text.as_str()),
        _ => None,
    });
    let typed = CONVERSATION.map(|(typed, _)| typed);
    assert_eq!(understood.collect::<Vec<_>>(), typed);
    let transcripts = client.transcripts();
    assert!(transcripts[0].contains("booking desk"), "{transcripts:?}");
    let turns = client.received.iter().filter_map(|m| match m {
        FromAgent::Event(event) if event["event"] == "turn_begin" => event["turn"].as_u64(),
        _ => None,
    });
    assert_eq!(turns.collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let (ending, counters) = stage.ended().await;
    assert_eq!((ending, counters.turns), (Ending::AgentHungUp, 5));
    stage.clear().await;
}

/// Text that comes while the agent speaks silences it, and is answered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn text_interrupts_and_is_answered() {
    let stage = Stage::set(AGENTS).await;
    // The first word of the agent, or its first sound: both are in the middle of the greeting.
    for after_audio in [false, true] {
        let mut client =
            OmniClient::call(&stage.dial("/v1/omni?session_label=desk"), stage.key()).await;
        client.configure(json!({})).await;
        client.until_said("booking desk").await;
        if after_audio {
            client.until_said("How can I help you?").await;
            client.until_audio().await;
        }
        client.input_text("goodbye").await;
        client.until_event("barge_in").await;
        client.until_event("flush").await;
        client.until_said("Goodbye.").await;
        let rest = client.until_closed().await;
        assert_eq!(rest.last(), Some(&FromAgent::Closed(Some(1000))));
    }
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greeting_is_the_clients_to_choose() {
    let stage = Stage::set(AGENTS).await;
    for (greeting, first) in [
        (json!({}), "Hello, this is the Trunkline booking desk."),
        (json!({"greeting": "Good evening."}), "Good evening."),
        (
            json!({"greeting": ""}),
            "We are open every day from noon to ten.",
        ),
    ] {
        let mut client =
            OmniClient::call(&stage.dial("/v1/omni?session_label=desk"), stage.key()).await;
        client.configure(greeting.clone()).await;
        client.until_event("configured").await;
        if greeting["greeting"] != "" {
            client.until_event("transcript").await;
        }
        client.input_text("when are you open").await;
        client.until_said("We are open").await;
        assert_eq!(client.transcripts()[0], first, "{greeting}");
        client.close(1000).await;
        client.until_closed().await;
    }
    stage.clear().await;
}

/// A caller who was not greeted and says nothing is asked whether they are there, as any other.
#[tokio::test(flavor = "multi_thread")]
async fn silence_is_noticed_without_a_greeting_too() {
    let stage = Stage::set(AGENTS).await;
    let mut client =
        OmniClient::call(&stage.dial("/v1/omni?session_label=desk"), stage.key()).await;
    client.configure(json!({"greeting": ""})).await;
    client.until_event("turn_begin").await;
    client.close(1000).await;
    client.until_closed().await;
    stage.clear().await;
}

/// An application may send nothing until it is spoken to. Nothing but the synthesiser can wake its call then:
/// pings, which would, are ten minutes away.
#[tokio::test(flavor = "multi_thread")]
async fn the_agent_speaks_though_the_client_is_silent() {
    let patient = "[limits]\nping_ms = 600000\nalive_ms = 3600000";
    let mut stage = Stage::set(&format!("{AGENTS}\n{patient}")).await;
    for _ in 0..10 {
        let dial = stage.dial("/v1/omni?session_label=desk");
        let mut client = OmniClient::call(&dial, stage.key()).await;
        client.configure(json!({})).await;
        client.until_audio().await;
        client.close(1000).await;
        client.until_closed().await;
        assert_eq!(stage.ended().await.0, Ending::CallerHungUp);
    }
    stage.clear().await;
}
