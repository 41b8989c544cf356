//! What callers must not do, once they have a socket: every fault ends as the table says, and nothing leaks.

mod stage;

use serde_json::{Value, json};
use stage::Stage;
use trunkline_call::Ending;
use trunkline_testkit::{
    Carrier, Dial, FromAgent, FromGateway, Marks, OmniClient, Opcode, RawPeer,
};

const AGENTS: &str = "
    [agents.default]
    echo = true
";

/// Short patience with carriers that do not start.
const IMPATIENT: &str = "
    [agents.default]
    echo = true
    [limits]
    start_ms = 300
";

/// Short patience with callers that are gone.
const WATCHFUL: &str = "
    [agents.default]
    echo = true
    [limits]
    ping_ms = 500
    alive_ms = 1200
";

fn twilio(stage: &Stage) -> Dial {
    let dial = stage.dial("/v1/telephony/streams/twilio/default");
    dial.bearer(stage.key())
}

fn omni(stage: &Stage) -> Dial {
    stage.dial("/v1/omni?rate=8000").bearer(stage.key())
}

/// A carrier's packet of 20 ms that is unlike any other.
fn packet(number: u8) -> Vec<u8> {
    (0..160).map(|n: u8| n.wrapping_mul(7) ^ number).collect()
}

/// Sends a packet and takes it back.
async fn goes_on(carrier: &mut Carrier, number: u8) {
    carrier.media(&packet(number)).await;
    let back = carrier.next().await;
    assert_eq!(
        back,
        FromGateway::Media(packet(number)),
        "the call does not go on"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_omni_session_survives_what_is_not_omni() {
    let mut stage = Stage::set(AGENTS).await;
    let mut client = OmniClient::open(&omni(&stage)).await;
    client.configure(json!({})).await;
    client.until_event("configured").await;
    let faults: [(&[u8], &str); 15] = [
        (b"", "empty_frame"),
        (b"\x00\x00\x00", "unknown_tag"),
        (b"\x02words", "unknown_tag"),
        (b"{\"type\":\"configure\"}", "unknown_tag"),
        (b"\xff", "unknown_tag"),
        (b"\x01\x00\x00\x00", "odd_audio"),
        (b"\x03", "not_json"),
        (b"\x03{\"type\":", "not_json"),
        (b"\x03[1,2]", "not_json"),
        (b"\x03\xc3\x28", "not_utf8"),
        (b"\x03{}", "missing_type"),
        (b"\x03{\"type\":\"dance\"}", "unknown_type"),
        (b"\x03{\"type\":\"dtmf\",\"digit\":\"11\"}", "bad_field"),
        (b"\x03{\"type\":\"dtmf\"}", "bad_field"),
        (b"\x03{\"type\":\"configure\",\"tools\":3}", "bad_field"),
    ];
    let mut sent = 0;
    for (number, (message, code)) in (0..).zip(faults) {
        client.binary(message).await;
        sent += 1;
        let error = client.until_event("error").await;
        assert_eq!(error["code"], code, "{message:?}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|m| m.contains("expected")),
            "{error}"
        );
        let audio = [packet(number), packet(number)].concat();
        client.audio(&audio).await;
        assert_eq!(client.until_audio().await, audio, "{message:?}");
    }
    client.text("{\"type\":\"configure\"}").await;
    assert_eq!(client.until_event("error").await["code"], "text_frame");
    client.close(1000).await;
    client.until_closed().await;
    let (ending, counters) = stage.ended().await;
    assert_eq!((ending, counters.dropped), (Ending::CallerHungUp, sent + 1));
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_survives_what_is_not_twilio() {
    let mut stage = Stage::set(AGENTS).await;
    let mut carrier = Carrier::call(&twilio(&stage), Marks::Played).await;
    goes_on(&mut carrier, 0).await;
    let sid = "MZ00112233445566778899aabbccddeeff";
    let media = |payload: Value| json!({"event": "media", "streamSid": sid, "media": {"track": "inbound", "payload": payload}});
    let bad = [
        "".to_owned(),
        "{".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "{\"event\":7,\"media\":[]}".to_owned(),
        "{}".to_owned(),
        "\u{0}".to_owned(),
        "[".repeat(10_000),
        media(json!("not base64!")).to_string(),
        media(json!("QUJD=")).to_string(),
        media(Value::Null).to_string(),
        json!({"event": "media", "streamSid": sid}).to_string(),
        json!({"event": "media", "streamSid": "MZother", "media": {"payload": "/w=="}}).to_string(),
        json!({"event": "dtmf", "streamSid": sid, "dtmf": {"digit": "12"}}).to_string(),
        json!({"event": "mark", "streamSid": sid, "mark": {}}).to_string(),
    ];
    let harmless = [
        json!({"event": "weather", "streamSid": sid}).to_string(),
        json!({"event": "media", "streamSid": sid, "media": {"track": "outbound", "payload": "/w=="}})
            .to_string(),
        json!({"event": "mark", "streamSid": sid, "mark": {"name": "never set"}}).to_string(),
        json!({"event": "mark", "streamSid": sid, "mark": {"name": "tl-0-99999999999999"}}).to_string(),
    ];
    for (number, message) in (1..).zip(bad.iter().chain(&harmless)) {
        carrier.text(message).await;
        goes_on(&mut carrier, number).await;
    }
    carrier.binary(&packet(0)).await;
    goes_on(&mut carrier, 99).await;
    carrier.stop().await;
    assert_eq!(
        carrier.until_closed().await,
        [FromGateway::Closed(Some(1000))]
    );
    let (ending, counters) = stage.ended().await;
    assert_eq!(ending, Ending::CallerHungUp);
    assert_eq!(counters.dropped, bad.len() as u64 + 1);
    assert_eq!(
        counters.ignored, 2,
        "an unknown event, and audio of another track"
    );
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_before_the_start_is_dropped_and_counted() {
    let mut stage = Stage::set(AGENTS).await;
    let mut carrier = Carrier::open(&twilio(&stage), Marks::Played).await;
    carrier.media(&packet(1)).await;
    carrier.connected().await;
    carrier.media(&packet(2)).await;
    carrier.dtmf('1').await;
    carrier.start().await;
    goes_on(&mut carrier, 3).await;
    carrier.stop().await;
    carrier.until_closed().await;
    let (_, counters) = stage.ended().await;
    assert_eq!(
        (counters.dropped, counters.media_in, counters.media_out),
        (3, 1, 1)
    );
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_cannot_be_ends_with_its_close_code() {
    let mut stage = Stage::set(AGENTS).await;
    let starts = [
        json!({"encoding": "audio/x-l16", "sampleRate": 8000, "channels": 1}),
        json!({"encoding": "audio/x-mulaw", "sampleRate": 16000, "channels": 1}),
        json!({"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 2}),
    ];
    for format in starts {
        let mut carrier = Carrier::open(&twilio(&stage), Marks::Played).await;
        carrier.connected().await;
        carrier.start_with(format.clone()).await;
        assert_eq!(
            carrier.until_closed().await,
            [FromGateway::Closed(Some(1008))],
            "{format}"
        );
        assert_eq!(
            stage.ended().await.0,
            Ending::CallerFaulted("bad_format"),
            "{format}"
        );
    }
    let mut twice = Carrier::call(&twilio(&stage), Marks::Played).await;
    goes_on(&mut twice, 1).await;
    twice.start().await;
    assert_eq!(
        twice.until_closed().await,
        [FromGateway::Closed(Some(1008))]
    );
    assert_eq!(stage.ended().await.0, Ending::CallerFaulted("second_start"));
    for nameless in [
        "{\"event\":\"start\"}",
        "{\"event\":\"start\",\"start\":{\"callSid\":\"CA1\"}}",
    ] {
        let mut carrier = Carrier::open(&twilio(&stage), Marks::Played).await;
        carrier.text(nameless).await;
        assert_eq!(
            carrier.until_closed().await,
            [FromGateway::Closed(Some(1008))],
            "{nameless}"
        );
        assert_eq!(
            stage.ended().await.0,
            Ending::CallerFaulted("bad_start"),
            "{nameless}"
        );
    }
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_faults_are_forgiven_and_the_next_is_not() {
    let mut stage = Stage::set(AGENTS).await;
    let mut carrier = Carrier::call(&twilio(&stage), Marks::Played).await;
    for _ in 0..100 {
        carrier.text("{").await;
    }
    goes_on(&mut carrier, 1).await;
    carrier.text("{").await;
    assert_eq!(
        carrier.until_closed().await,
        [FromGateway::Closed(Some(1008))]
    );
    let (ending, counters) = stage.ended().await;
    assert_eq!(
        (ending, counters.dropped),
        (Ending::CallerFaulted("malformed"), 101)
    );

    let mut client = OmniClient::open(&omni(&stage)).await;
    for _ in 0..101 {
        client.text("").await;
    }
    let all = client.until_closed().await;
    assert_eq!(all.last(), Some(&FromAgent::Closed(Some(1008))));
    assert_eq!(all.iter().filter(|m| m.is_event("error")).count(), 101);
    assert_eq!(stage.ended().await.0, Ending::CallerFaulted("text_frame"));
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_above_the_limit_ends_the_call_with_1009() {
    let mut stage = Stage::set(AGENTS).await;
    // At the limit the call goes on.
    let mut client = OmniClient::open(&omni(&stage)).await;
    client.audio(&[0; 256 * 1_024 - 2]).await;
    client.control(&json!({"type": "dtmf", "digit": "1"})).await;
    client.until_event("dtmf").await;
    client.audio(&[0; 256 * 1_024]).await;
    let end = client.until_closed().await.pop();
    let (ending, _) = stage.ended().await;
    assert_eq!(ending, Ending::CallerTooBig);
    assert_eq!(end, Some(FromAgent::Closed(Some(1009))), "omni");

    let mut carrier = Carrier::call(&twilio(&stage), Marks::Played).await;
    carrier.media(&[0xff; 40_000]).await;
    let audio = carrier.next().await;
    assert!(matches!(audio, FromGateway::Media(_)), "{audio:?}");
    carrier.text(&" ".repeat(64 * 1_024 + 1)).await;
    let end = carrier.until_closed().await.pop();
    assert_eq!(stage.ended().await.0, Ending::CallerTooBig);
    assert_eq!(end, Some(FromGateway::Closed(Some(1009))), "twilio");
    // The header alone is enough: what it announces is never waited for, let alone kept.
    let mut liar = RawPeer::open(&omni(&stage)).await;
    liar.write(&RawPeer::header(Opcode::Binary, 1 << 40, true))
        .await;
    liar.write(&[0; 4]).await;
    assert_eq!(stage.ended().await.0, Ending::CallerTooBig);
    assert_eq!(liar.close_code().await, Some(1009), "a header of 1 TiB");
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_never_starts_is_let_go() {
    let mut stage = Stage::set(IMPATIENT).await;
    for connected in [false, true] {
        let mut carrier = Carrier::open(&twilio(&stage), Marks::Played).await;
        if connected {
            carrier.connected().await;
        }
        assert_eq!(
            carrier.until_closed().await,
            [FromGateway::Closed(Some(4408))]
        );
        assert_eq!(
            stage.ended().await.0,
            Ending::NeverStarted,
            "connected: {connected}"
        );
    }
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_websockets_end_their_calls() {
    let mut stage = Stage::set(AGENTS).await;
    let unmasked = [RawPeer::header(Opcode::Text, 2, false), b"{}".to_vec()].concat();
    let reserved = RawPeer::frame(Opcode::Reserved, b"{}");
    let not_utf8 = RawPeer::frame(Opcode::Text, b"\xff\xfe");
    let long_ping = RawPeer::frame(Opcode::Ping, &[0; 126]);
    let request = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    for (what, bytes, code) in [
        ("unmasked", unmasked, 1002),
        ("reserved opcode", reserved, 1002),
        ("not UTF-8", not_utf8, 1007),
        ("a ping of 126 bytes", long_ping, 1002),
        ("an HTTP request", request, 1002),
    ] {
        let mut peer = RawPeer::open(&twilio(&stage)).await;
        peer.write(&bytes).await;
        assert_eq!(stage.ended().await.0, Ending::CallerBroke(code), "{what}");
        assert_eq!(peer.close_code().await, Some(code), "{what}");
    }
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_vanish_are_noticed() {
    let mut stage = Stage::set(WATCHFUL).await;
    // Gone, as TCP tells.
    let reset = RawPeer::open(&omni(&stage)).await;
    reset.reset();
    assert_eq!(stage.ended().await.0, Ending::CallerLost, "reset");
    let finished = RawPeer::open(&omni(&stage)).await;
    finished.finish();
    assert_eq!(
        stage.ended().await.0,
        Ending::CallerLost,
        "ended without a close frame"
    );
    // Gone, and nothing tells but that pings are not answered.
    let silent = RawPeer::open(&omni(&stage)).await;
    assert_eq!(stage.ended().await.0, Ending::CallerVanished, "silent");
    assert_eq!(silent.close_code().await, Some(4410));
    // In the middle of a frame.
    let mut half = RawPeer::open(&omni(&stage)).await;
    half.write(&RawPeer::frame(Opcode::Binary, &[1; 641])[..100])
        .await;
    assert_eq!(
        stage.ended().await.0,
        Ending::CallerVanished,
        "half a frame"
    );
    assert_eq!(half.close_code().await, Some(4410));
    // A carrier that answers pings and says nothing is a caller on hold.
    let mut patient = Carrier::call(&twilio(&stage), Marks::Played).await;
    let mut other = RawPeer::open(&omni(&stage)).await;
    other.write(&[0x81]).await;
    tokio::select! {
        heard = patient.next() => panic!("the silent carrier got {heard:?}"),
        over = stage.ended() => assert_eq!(over.0, Ending::CallerVanished, "one byte of a frame"),
    }
    goes_on(&mut patient, 1).await;
    patient.stop().await;
    patient.until_closed().await;
    drop(other);
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_stops_reading_is_let_go_and_nobody_else_notices() {
    let mut stage = Stage::set(
        "
        shards = 1
        [agents.default]
        echo = true
        [limits]
        stall_ms = 1000
        ",
    )
    .await;
    let mut healthy = Carrier::call(&twilio(&stage), Marks::Played).await;
    goes_on(&mut healthy, 0).await;
    let dial = stage.dial("/v1/omni?rate=24000").bearer(stage.key());
    let mut stalled = RawPeer::open(&dial.receiving_little()).await;
    // 20 s of audio to be echoed: 960 KB that this peer will never read.
    let second = [vec![1], vec![0x55; 48_000]].concat();
    for _ in 0..20 {
        stalled
            .write(&RawPeer::frame(Opcode::Binary, &second))
            .await;
    }
    let mut number = 0;
    let ending = loop {
        tokio::select! {
            biased;
            over = stage.ended() => break over.0,
            () = std::future::ready(()) => {}
        }
        goes_on(&mut healthy, number).await;
        number = number.wrapping_add(1);
    };
    assert_eq!(ending, Ending::CallerStalled);
    for number in 0..50 {
        goes_on(&mut healthy, number).await;
    }
    healthy.stop().await;
    healthy.until_closed().await;
    let (ending, counters) = stage.ended().await;
    assert_eq!(ending, Ending::CallerHungUp);
    assert_eq!(
        counters.media_in, counters.media_out,
        "the healthy call's echo"
    );
    drop(stalled);
    stage.clear().await;
}
