//! The bot server against a platform of raw messages, as the vendors print them.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use trunkline::botserver::{BotEventKind, Dialect, Fault, Options, Running, Script, Server};
use trunkline_testkit::PATIENCE;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const IVR_START: &str = r#"{"event":"start","sequence_number":1,"stream_sid":"s","start":{"stream_sid":"s","call_sid":"c","from":"1","to":"2","media_format":{"encoding":"raw/slin","sample_rate":8000}}}"#;
const TWILIO_START: &str = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}}}"#;

async fn server(options: Options) -> Running {
    Server::start(options).await.expect("a free port")
}

fn scripted(text: &str) -> Options {
    let script = Script::parse(text, Path::new(".")).expect("a script");
    Options {
        script: Arc::new(script),
        ..Options::default()
    }
}

fn faulty(fault: Fault) -> Options {
    Options {
        fault: Some(fault),
        ..Options::default()
    }
}

/// Connects and says the first messages.
async fn call(running: &Running, start: &str) -> Socket {
    let url = format!("ws://{}/voice?secret=1", running.address());
    let (mut socket, _) = connect_async(url).await.expect("an upgrade");
    say(&mut socket, r#"{"event":"connected"}"#).await;
    say(&mut socket, start).await;
    socket
}

async fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.expect("it reads");
}

async fn next(socket: &mut Socket) -> Option<Result<Message, Error>> {
    timeout(PATIENCE, socket.next())
        .await
        .expect("it answers in time")
}

async fn heard(socket: &mut Socket) -> Value {
    match next(socket).await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).expect("JSON"),
        other => panic!("expected text, got {other:?}"),
    }
}

#[tokio::test]
async fn an_echo_answers_each_frame_in_the_dialects_own_message() {
    let running = server(Options::default()).await;
    let mut ivr = call(&running, IVR_START).await;
    say(
        &mut ivr,
        r#"{"event":"media","stream_sid":"s","media":{"payload":"AQI="}}"#,
    )
    .await;
    assert_eq!(
        heard(&mut ivr).await,
        json!({"type": "response.audio.delta", "delta": "AQI="})
    );
    ivr.send(Message::binary(vec![3, 4])).await.expect("sent");
    assert_eq!(
        next(&mut ivr).await.expect("open").expect("a message"),
        Message::binary(vec![3, 4])
    );
    let mut twilio = call(&running, TWILIO_START).await;
    say(
        &mut twilio,
        r#"{"event":"media","streamSid":"MZ1","media":{"payload":"//8="}}"#,
    )
    .await;
    assert_eq!(
        heard(&mut twilio).await,
        json!({"event": "media", "streamSid": "MZ1", "media": {"payload": "//8="}})
    );
    ivr.close(None).await.expect("closed");
    twilio.close(None).await.expect("closed");
    let calls = running.stop().await;
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.dialect, call.stream_id.as_str(), call.media))
        .collect();
    assert_eq!(
        seen,
        [
            (Some(Dialect::Ivr), "s", 2),
            (Some(Dialect::Twilio), "MZ1", 1)
        ]
    );
}

#[tokio::test]
async fn a_script_plays_waits_and_hangs_up() {
    let (sender, mut events) = tokio::sync::mpsc::channel(100);
    let mut options =
        scripted("say 440 250\nmark intro\nwait mark intro\nclear\nwait dtmf 1\nhangup");
    options.events = Some(sender);
    let running = server(options).await;
    let mut socket = call(&running, IVR_START).await;
    let mut audio = 0;
    let mark = loop {
        let message = heard(&mut socket).await;
        match message.get("delta").and_then(Value::as_str) {
            Some(delta) => audio += delta.len() / 4 * 3,
            None => break message,
        }
    };
    assert!((4_000..4_006).contains(&audio), "250 ms of PCM16: {audio}");
    assert_eq!(
        mark,
        json!({"event": "mark", "stream_sid": "s", "mark": {"name": "intro"}})
    );
    say(&mut socket, r#"{"event":"dtmf","dtmf":{"digit":"7"}}"#).await;
    say(&mut socket, r#"{"event":"mark","mark":{"name":"intro"}}"#).await;
    assert_eq!(heard(&mut socket).await, json!({"type": "audio.clear"}));
    say(&mut socket, r#"{"event":"dtmf","dtmf":{"digit":"1"}}"#).await;
    assert_eq!(heard(&mut socket).await, json!({"type": "session.hangup"}));
    say(
        &mut socket,
        r#"{"event":"stop","stop":{"reason":"callended"}}"#,
    )
    .await;
    socket.close(None).await.expect("closed");
    while next(&mut socket).await.is_some_and(|it| it.is_ok()) {}
    let calls = running.stop().await;
    let seen = calls.first().expect("a call");
    assert_eq!((seen.digits.as_str(), seen.sent_ms), ("71", 250));
    assert_eq!(seen.marks, ["intro"]);
    let ended = seen.ended.as_ref().expect("ended");
    assert_eq!(
        (ended.stop.as_deref(), ended.close_code),
        (Some("callended"), Some(1005))
    );
    let mut lines = Vec::new();
    while let Some(event) = events.recv().await {
        assert!(!event.to_string().contains("secret"), "{event}");
        lines.push(event.kind);
    }
    assert!(
        matches!(lines.first(), Some(BotEventKind::Opened { path }) if path == "/voice"),
        "{lines:?}"
    );
    assert!(matches!(lines.last(), Some(BotEventKind::Ended { .. })));
}

#[tokio::test]
async fn a_dialect_without_a_hang_up_is_left_by_closing() {
    let running = server(scripted("say 440 100\nhangup")).await;
    let mut socket = call(&running, TWILIO_START).await;
    assert_eq!(heard(&mut socket).await.get("event"), Some(&json!("media")));
    match next(&mut socket).await {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1000),
        other => panic!("expected a close frame, got {other:?}"),
    }
    drop(socket);
    running.stop().await;
}

#[tokio::test]
async fn who_does_not_send_the_header_is_refused() {
    let running = server(Options {
        required: Some("X-Token: planted".parse().expect("a header")),
        ..Options::default()
    })
    .await;
    let mut request = format!("ws://{}/", running.address())
        .into_client_request()
        .expect("a request");
    let refused = connect_async(request.clone()).await.expect_err("refused");
    assert!(
        matches!(&refused, Error::Http(response) if response.status() == 401),
        "{refused:?}"
    );
    let header = HeaderValue::from_static("planted");
    request.headers_mut().insert("x-token", header);
    let (mut socket, _) = connect_async(request).await.expect("admitted");
    socket.close(None).await.expect("closed");
    assert_eq!((running.connections(), running.refused()), (2, 1));
    let calls = running.stop().await;
    let upgrade = &calls.first().expect("a call").upgrade;
    assert_eq!(upgrade.header("x-token"), Some("planted"));
    assert!(!format!("{calls:?}").contains("planted"));
}

#[tokio::test]
async fn a_bot_that_breaks_off() {
    let now = Duration::ZERO;
    let running = server(faulty(Fault::CloseAfter(now))).await;
    let mut socket = call(&running, IVR_START).await;
    match next(&mut socket).await {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1011),
        other => panic!("expected a close frame, got {other:?}"),
    }
    drop(socket);
    running.stop().await;
    let running = server(faulty(Fault::DropAfter(now))).await;
    let url = format!("ws://{}/", running.address());
    let (mut socket, _) = connect_async(url).await.expect("an upgrade");
    match next(&mut socket).await {
        Some(Err(Error::Io(error))) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        Some(Err(Error::Protocol(_))) => {}
        other => panic!("expected a reset, got {other:?}"),
    }
    running.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_closes_its_calls() {
    let running = server(Options::default()).await;
    let mut socket = call(&running, IVR_START).await;
    let closing = async {
        match next(&mut socket).await {
            Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1001),
            other => panic!("expected a close frame, got {other:?}"),
        }
        while next(&mut socket).await.is_some_and(|it| it.is_ok()) {}
    };
    let (calls, ()) = tokio::join!(running.stop(), closing);
    assert!(calls.first().is_some_and(|call| call.ended.is_some()));
}
