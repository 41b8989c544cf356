//! The loop against small far ends: in memory on a paused clock, and the upgrade over real sockets.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::softphone::caller::Step;
use crate::softphone::dialect::Wire;
use crate::softphone::event::{ClearKind, EventKind};
use crate::softphone::options::{Dialect, Key, Options};
use crate::softphone::{PhoneError, place};

/// Runs an Omni call at 8 kHz against `far_end`, in memory.
async fn call<F>(
    script: Vec<Step>,
    far_end: impl FnOnce(WebSocketStream<DuplexStream>) -> F,
) -> CallReport
where
    F: Future<Output = ()>,
{
    let (near, far) = duplex(4_096);
    let mut options = Options::new("ws://h/", Dialect::Omni);
    options.rate_hz = 8_000;
    options.max_s = 20;
    let phone = Phone::new(&options, Wire::new(&options, [0; 48]), script);
    let near = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
    let far = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    let (events, _unread) = mpsc::channel(1_000);
    let far_end = async {
        far_end(far).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        report = drive(near, phone, &events) => report,
        () = far_end => unreachable!("it never ends"),
    }
}

fn say(ms: usize) -> Step {
    Step::Say {
        samples: vec![8_000; ms * 8].into(),
        label: "words".to_owned(),
    }
}

fn control(body: &serde_json::Value) -> Message {
    Message::Binary([&[3], body.to_string().as_bytes()].concat().into())
}

/// Agent audio as one message.
fn audio(ms: usize) -> Message {
    let samples = vec![8_000_i16; ms * 8];
    let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes());
    Message::Binary([1].into_iter().chain(bytes).collect::<Vec<u8>>().into())
}

/// A caller frame that is not silence.
fn is_loud(message: &Message) -> bool {
    let Message::Binary(bytes) = message else {
        return false;
    };
    bytes.first() == Some(&1) && bytes.iter().skip(1).any(|&byte| byte != 0)
}

/// Sends everything tagged as audio back, until the caller closes.
async fn echo(mut socket: WebSocketStream<DuplexStream>) {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Binary(bytes) = message
            && bytes.first() == Some(&1)
        {
            socket
                .send(Message::Binary(bytes))
                .await
                .expect("the caller reads");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_echo_is_heard_one_frame_later() {
    let report = call(
        vec![
            Step::Silence { ms: 100 },
            say(200),
            Step::Silence { ms: 700 },
        ],
        echo,
    )
    .await;
    assert_eq!(
        (report.ended, report.close_code(), report.faults),
        (Ended::ScriptDone, Some(1_000), 0)
    );
    assert_eq!(report.duration_ms, 1_000);
    let loud = |track: &[i16]| {
        (
            track.iter().position(|&s| s != 0),
            track.iter().rposition(|&s| s != 0),
        )
    };
    assert_eq!(loud(&report.recording.caller), (Some(800), Some(2_399)));
    let (first, last) = loud(&report.recording.agent);
    let (first, last) = (first.expect("heard"), last.expect("heard"));
    assert_eq!(last - first, 1_599, "without a gap");
    // 20 ms to fill the frame, and the timer's own granularity of a millisecond or two.
    assert!((960..=984).contains(&first), "{first}");
}

#[tokio::test(start_paused = true)]
async fn a_barge_in_drops_what_has_not_played() {
    let script = vec![
        Step::WaitForAgentToSpeak { ms: 300 },
        say(200),
        Step::Silence { ms: 1_000 },
    ];
    let report = call(script, async |mut socket| {
        let hello = json!({"event": "hello", "audio_in": "pcm16@8000", "audio_out": "pcm16@8000"});
        socket.send(control(&hello)).await.expect("open");
        socket.send(audio(5_000)).await.expect("open");
        let mut cleared = false;
        while let Some(Ok(message)) = socket.next().await {
            if !cleared && is_loud(&message) {
                cleared = true;
                socket
                    .send(control(&json!({"event": "barge_in"})))
                    .await
                    .expect("open");
            }
        }
    })
    .await;
    let [turn] = report.turns.as_slice() else {
        panic!("{:?}", report.turns)
    };
    let barge_in = turn.barge_in.expect("interrupted");
    let clear_ms = barge_in.clear_ms.expect("cleared");
    assert!((20..=24).contains(&clear_ms), "{barge_in:?}");
    assert!(
        barge_in.silent_ms <= clear_ms && barge_in.silent_ms + 10 > clear_ms,
        "{barge_in:?}"
    );
    let how = report.events.iter().find_map(|event| match event.kind {
        EventKind::Cleared { how, dropped_ms } => Some((how, dropped_ms)),
        _ => None,
    });
    assert!(
        matches!(how, Some((ClearKind::BargeIn, 4_600..=4_700))),
        "{how:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_agents_close_ends_the_call_and_what_waits_is_played() {
    let report = call(vec![Step::Silence { ms: 10_000 }], async |mut socket| {
        socket.send(audio(500)).await.expect("open");
        let frame = CloseFrame {
            code: CloseCode::Library(4_429),
            reason: "busy".into(),
        };
        socket.close(Some(frame)).await.expect("open");
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
    })
    .await;
    assert_eq!(
        (report.ended, report.close_code()),
        (Ended::AgentClosed, Some(4_429))
    );
    let loud = report
        .recording
        .agent
        .iter()
        .filter(|&&sample| sample == 8_000)
        .count();
    assert_eq!(loud, 4_000);
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_still_gives_a_report() {
    let report = call(vec![Step::Silence { ms: 10_000 }], async |mut socket| {
        socket.send(audio(100)).await.expect("open");
    })
    .await;
    assert_eq!(
        (report.ended, report.close_code()),
        (Ended::ConnectionLost, None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_far_end_that_never_reads_is_still_heard_and_left() {
    let report = call(vec![Step::Silence { ms: 3_000 }], async |mut socket| {
        for _ in 0..100 {
            socket.send(audio(20)).await.expect("the phone reads");
        }
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(
        (report.ended, report.close_code(), report.duration_ms),
        (Ended::ScriptDone, None, 3_000)
    );
    let loud = report
        .recording
        .agent
        .iter()
        .filter(|&&sample| sample == 8_000)
        .count();
    assert_eq!(loud, 16_000);
}

/// Accepts one upgrade on a real socket and selects `subprotocol`.
async fn accept(listener: TcpListener, subprotocol: &'static str) -> Vec<String> {
    let (stream, _) = listener.accept().await.expect("a caller");
    let mut asked = Vec::new();
    #[expect(clippy::result_large_err, reason = "the library's callback type")]
    let choose = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let offered = request
            .headers()
            .get("sec-websocket-protocol")
            .and_then(|value| value.to_str().ok());
        asked = vec![
            request.uri().to_string(),
            offered.unwrap_or_default().to_owned(),
        ];
        response.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(subprotocol),
        );
        Ok(response)
    };
    let mut socket = accept_hdr_async(stream, choose).await.expect("upgraded");
    socket.close(None).await.ok();
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
    asked
}

async fn listen() -> (TcpListener, Options) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let mut options = Options::new(format!("ws://{address}/v1/omni"), Dialect::Omni);
    options.key = Some(Key::new("pyai_test_secret"));
    (listener, options)
}

#[tokio::test]
async fn the_upgrade_offers_marker_and_key() {
    let (listener, options) = listen().await;
    let (events, mut seen) = mpsc::channel(16);
    let (report, asked) = tokio::join!(
        place(options, vec![Step::Silence { ms: 60_000 }], events),
        accept(listener, "pyai.v1")
    );
    assert_eq!(report.expect("placed").ended, Ended::AgentClosed);
    assert_eq!(
        asked,
        [
            "/v1/omni?format=pcm16&rate=24000",
            "pyai.v1, pyai-key.pyai_test_secret"
        ]
    );
    let first = seen.recv().await.map(|event| event.kind);
    assert!(
        matches!(first, Some(EventKind::Connected { subprotocol: Some(name), .. }) if name == "pyai.v1")
    );
}

#[tokio::test]
async fn a_server_that_echoes_the_key_is_refused() {
    let (listener, options) = listen().await;
    let (events, _unread) = mpsc::channel(16);
    let (report, _) = tokio::join!(
        place(options, vec![], events),
        accept(listener, "pyai-key.pyai_test_secret")
    );
    assert!(matches!(report, Err(PhoneError::KeyEchoed)), "{report:?}");
}

#[tokio::test]
async fn a_refusal_shows_status_code_and_message_and_never_the_key() {
    let (listener, options) = listen().await;
    let refuse = async {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut request = [0; 2_048];
        assert!(stream.read(&mut request).await.expect("a request") > 0);
        let body = r#"{"error":{"message":"bad key pyai_test_secret","type":"auth","code":"unauthorized","param":null}}"#;
        let head = format!(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .await
            .expect("sent");
        stream.shutdown().await.expect("sent");
    };
    let (events, _unread) = mpsc::channel(16);
    let (report, ()) = tokio::join!(place(options, vec![], events), refuse);
    let error = report.expect_err("refused");
    assert_eq!(
        error.to_string(),
        "refused: HTTP 429 unauthorized: bad key ***"
    );
    assert!(matches!(
        error,
        PhoneError::Refused {
            retry_after_s: Some(7),
            ..
        }
    ));
}

#[tokio::test]
async fn a_url_that_cannot_be_called_is_refused() {
    for url in ["wss://h/", "http://h/", "nonsense"] {
        let (events, _unread) = mpsc::channel(16);
        let report = place(Options::new(url, Dialect::Twilio), vec![], events).await;
        assert!(
            matches!(report, Err(PhoneError::Url { .. })),
            "{url}: {report:?}"
        );
    }
}
