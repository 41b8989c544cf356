use std::task::Poll;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::far::{Far, Then, value};
use super::*;
use crate::shard::Transport;

/// The socket as a shard gets it.
pub(super) async fn adopt(newborn: Newborn) -> WebSocketStream<Transport> {
    let (transport, early) = newborn.adopt().expect("adopted");
    WebSocketStream::from_partially_read(transport, early, Role::Client, None).await
}

#[tokio::test]
async fn what_is_dialled_is_a_websocket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let far = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut socket = tokio_tungstenite::accept_async(stream)
            .await
            .expect("upgraded");
        while let Some(Ok(message)) = socket.next().await {
            if !message.is_close() {
                socket.send(message).await.expect("sent");
            }
        }
    });
    let spec = dial_spec(&format!("ws://127.0.0.1:{port}/bot"));
    let newborn = dial(&dialer(&["127.0.0.1"]), spec).await.expect("reached");
    let mut socket = adopt(newborn).await;
    for text in ["one", "two"] {
        socket.send(Message::text(text)).await.expect("sent");
        let echo = in_time(socket.next()).await;
        let echo = echo.expect("an echo").expect("an echo");
        assert_eq!(echo, Message::text(text));
    }
    socket.close(None).await.expect("closed");
    in_time(far).await.expect("ended");
}

#[tokio::test]
async fn the_request_is_as_the_rfc_has_it_and_carries_what_was_given() {
    let mut far = Far::answering(&["HTTP/1.1 403 No\r\n\r\n"], Then::ShutsDown).await;
    let mut spec = dial_spec(&format!(
        "ws://us%20er:pass@127.0.0.1:{}/a/b?c=d%20e",
        far.port
    ));
    spec.headers = vec![
        header("X-Call-ID", "CA1"),
        header("Cookie", "a=b"),
        header("Sec-WebSocket-Protocol", "ivr.v1"),
    ];
    let dialer = dialer(&["127.0.0.1"]);
    assert_eq!(fault(&dialer, spec.clone()).await, DialFault::Status(403));
    let request = far.request().await;
    assert!(
        request.starts_with("GET /a/b?c=d%20e HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.ends_with("\r\n\r\n"), "{request}");
    let has = |name, wanted: &str| assert_eq!(value(&request, name), Some(wanted), "{request}");
    has("Host", &format!("127.0.0.1:{}", far.port));
    has("Connection", "Upgrade");
    has("Upgrade", "websocket");
    has("Sec-WebSocket-Version", "13");
    has("Sec-WebSocket-Protocol", "ivr.v1");
    has("X-Call-ID", "CA1");
    has("Cookie", "a=b");
    // base64 of `us er:pass`
    has("Authorization", "Basic dXMgZXI6cGFzcw==");
    assert_eq!(value(&request, "Content-Length"), None, "{request}");
    assert_eq!(value(&request, "Sec-WebSocket-Extensions"), None);
    let key = value(&request, "Sec-WebSocket-Key").expect("a key");
    assert_eq!(key.len(), 24, "16 bytes in base64");
}

#[tokio::test]
async fn an_authorization_given_comes_before_the_one_of_the_url() {
    let mut far = Far::answering(&["HTTP/1.1 403 No\r\n\r\n"], Then::ShutsDown).await;
    let mut spec = dial_spec(&format!("ws://user:pass@127.0.0.1:{}/", far.port));
    spec.headers = vec![header("authorization", "Bearer t0ken")];
    let refused = fault(&dialer(&["127.0.0.1"]), spec).await;
    assert_eq!(refused, DialFault::Status(403));
    let request = far.request().await;
    assert_eq!(value(&request, "Authorization"), Some("Bearer t0ken"));
}

#[tokio::test]
async fn another_answer_than_the_upgrade_is_told_by_its_status() {
    for status in [200, 204, 301, 302, 307, 400, 401, 403, 404, 429, 500, 503] {
        let answer =
            format!("HTTP/1.1 {status} X\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n");
        let mut far = Far::answering(&[&answer, &answer], Then::ShutsDown).await;
        let spec = dial_spec(&format!("ws://127.0.0.1:{}/", far.port));
        let refused = fault(&dialer(&["127.0.0.1"]), spec).await;
        assert_eq!(refused, DialFault::Status(status));
        far.request().await;
        far.closed().await;
        assert!(!far.was_asked(), "{status} is not followed");
    }
}

#[tokio::test]
async fn what_is_no_good_answer_is_told_apart() {
    let long = format!("HTTP/1.1 101 X\r\nX-Long: {}\r\n\r\n", "a".repeat(100_000));
    let many = format!("HTTP/1.1 101 X\r\n{}\r\n", "X-A: b\r\n".repeat(200));
    for (answer, wanted) in [
        ("SSH-2.0-OpenSSH_9.6\r\n", DialFault::Protocol),
        ("HTTP/1.1 101 X\r\n\r\n", DialFault::Protocol),
        ("HTTP/2.0 101 X\r\n\r\n", DialFault::Protocol),
        (&*long, DialFault::TooLong),
        (&*many, DialFault::TooLong),
        ("", DialFault::Refused),
        ("HTTP/1.1 101 X\r\nUpgr", DialFault::Refused),
    ] {
        let far = Far::answering(&[answer], Then::ShutsDown).await;
        let spec = dial_spec(&format!("ws://127.0.0.1:{}/", far.port));
        let told = fault(&dialer(&["127.0.0.1"]), spec).await;
        let start: String = answer.chars().take(40).collect();
        assert_eq!(told, wanted, "{start:?}");
    }
}

/// Answers one upgrade with headers made of its key.
async fn upgrading(answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a request"));
        }
        let head = String::from_utf8(head).expect("text");
        let key = value(&head, "Sec-WebSocket-Key").expect("a key");
        stream
            .write_all(answer(key).as_bytes())
            .await
            .expect("written");
        while stream.read(&mut [0; 1_024]).await.is_ok_and(|n| n > 0) {}
    });
    port
}

const UPGRADED: &str =
    "HTTP/1.1 101 X\r\nUpgrade: WebSocket\r\nConnection: keep-alive, UPGRADE\r\n";

#[tokio::test]
async fn an_upgrade_to_something_else_is_refused() {
    type Answer = fn(&str) -> String;
    let cases: [(Answer, Option<DialFault>); 7] = [
        (
            |key| {
                format!(
                    "{UPGRADED}Sec-WebSocket-Accept: {}\r\n\r\n",
                    derive_accept_key(key.as_bytes())
                )
            },
            None,
        ),
        (|_| format!("{UPGRADED}\r\n"), Some(DialFault::Protocol)),
        (
            |key| format!("{UPGRADED}Sec-WebSocket-Accept: {key}\r\n\r\n"),
            Some(DialFault::Protocol),
        ),
        (
            |_| {
                format!(
                    "{UPGRADED}Sec-WebSocket-Accept: {}\r\n\r\n",
                    derive_accept_key(b"AAAAAAAAAAAAAAAAAAAAAA==")
                )
            },
            Some(DialFault::Protocol),
        ),
        (
            |key| {
                format!(
                    "HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
                    derive_accept_key(key.as_bytes())
                )
            },
            Some(DialFault::Protocol),
        ),
        (
            |key| {
                format!(
                    "{UPGRADED}Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Accept: {}\r\n\r\n",
                    derive_accept_key(key.as_bytes())
                )
            },
            Some(DialFault::Protocol),
        ),
        (
            |key| {
                format!(
                    "{UPGRADED}Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Accept: {}\r\n\r\n",
                    derive_accept_key(key.as_bytes())
                )
            },
            Some(DialFault::Protocol),
        ),
    ];
    for (index, (answer, wanted)) in cases.into_iter().enumerate() {
        let port = upgrading(answer).await;
        let mut spec = dial_spec(&format!("ws://127.0.0.1:{port}/"));
        spec.headers = vec![header("Sec-WebSocket-Protocol", "ivr.v1")];
        let told = dial(&dialer(&["127.0.0.1"]), spec).await.err();
        assert_eq!(told, wanted, "answer {index}");
    }
}

/// A server that talks at once: its frames come in the segment of the 101.
#[tokio::test]
async fn frames_right_behind_the_upgrade_are_not_lost() {
    let port = upgrading(|key| {
        let accept = derive_accept_key(key.as_bytes());
        // The first two fragments of a text message.
        format!("{UPGRADED}Sec-WebSocket-Accept: {accept}\r\n\r\n\u{1}\u{1}a\u{0}\u{1}b")
    })
    .await;
    let spec = dial_spec(&format!("ws://127.0.0.1:{port}/"));
    let newborn = dial(&dialer(&["127.0.0.1"]), spec).await.expect("reached");
    let (mut transport, early) = newborn.adopt().expect("adopted");
    let mut all = early;
    while all.len() < 6 {
        all.push(in_time(transport.read_u8()).await.expect("more"));
    }
    assert_eq!(all, b"\x01\x01a\x00\x01b");
}

#[tokio::test]
async fn messages_sent_at_once_by_a_library_come_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let far = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut socket = tokio_tungstenite::accept_async(stream)
            .await
            .expect("upgraded");
        for number in 0..20 {
            let text = format!("{number}{}", "x".repeat(2_000));
            socket.feed(Message::text(text)).await.expect("fed");
        }
        socket.flush().await.expect("sent");
        socket
    });
    let spec = dial_spec(&format!("ws://127.0.0.1:{port}/"));
    let newborn = dial(&dialer(&["127.0.0.1"]), spec).await.expect("reached");
    let far = in_time(far).await.expect("sent");
    let mut socket = adopt(newborn).await;
    for number in 0..20 {
        let message = in_time(socket.next()).await;
        let message = message.expect("a message").expect("a message");
        let text = message.to_text().expect("text").to_owned();
        assert_eq!(text, format!("{number}{}", "x".repeat(2_000)));
    }
    drop(far);
}

#[tokio::test]
async fn whoever_cannot_be_reached_is_told_why() {
    let dialer = dialer(&["127.0.0.1"]);
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    for (url, wanted) in [
        (format!("ws://127.0.0.1:{port}/"), DialFault::Refused),
        // Too long for a name: known to nobody, and nobody on the network is asked.
        (
            format!("wss://{}.test/", "x".repeat(64)),
            DialFault::UnknownHost,
        ),
        (format!("ws://127.0.0.2:{port}/"), DialFault::Blocked),
        (format!("wss://[::1]:{port}/"), DialFault::Blocked),
        (format!("wss://localhost:{port}/x"), DialFault::Refused),
        (
            "wss://169.254.169.254/latest".to_owned(),
            DialFault::Blocked,
        ),
        (format!("http://127.0.0.1:{port}/"), DialFault::BadRequest),
        (format!("ftp://127.0.0.1:{port}/"), DialFault::BadRequest),
        (format!("ws://127.0.0.1:{port}/#a"), DialFault::BadRequest),
        ("no URL".to_owned(), DialFault::BadRequest),
    ] {
        // `localhost` may also be ::1, which is not on the list: what is on it is tried.
        assert_eq!(fault(&dialer, dial_spec(&url)).await, wanted, "{url}");
    }
    let mut spec = dial_spec(&format!("ws://127.0.0.1:{port}/"));
    spec.headers = vec![header("Host", "bot.test")];
    assert_eq!(fault(&dialer, spec).await, DialFault::BadRequest);
    let named = self::dialer(&["bot.test:81"]);
    let told = fault(&named, dial_spec("ws://bot.test/")).await;
    assert_eq!(told, DialFault::Blocked, "without TLS, at another port");
}

#[tokio::test]
async fn whoever_does_not_answer_is_waited_for_that_long_and_hung_up_on() {
    let mut far = Far::answering(&[""], Then::Waits).await;
    let mut spec = dial_spec(&format!("ws://127.0.0.1:{}/", far.port));
    spec.connect_ms = 100;
    let told = fault(&dialer(&["127.0.0.1"]), spec).await;
    assert_eq!(told, DialFault::TimedOut);
    far.closed().await;
}

#[tokio::test]
async fn a_dial_nobody_waits_for_is_hung_up() {
    let mut far = Far::answering(&[""], Then::Waits).await;
    let spec = dial_spec(&format!("ws://127.0.0.1:{}/", far.port));
    let waiting = dialer(&["127.0.0.1"]).dial(Arc::new(spec));
    far.request().await;
    drop(waiting);
    far.closed().await;
}

/// A name is looked up once, and what is connected to is what was judged.
#[tokio::test]
async fn a_name_that_leads_elsewhere_on_second_thought_leads_nowhere() {
    let answer = "HTTP/1.1 403 No\r\n\r\n";
    let mut good = Far::answering(&[answer, answer], Then::ShutsDown).await;
    let port = good.port;
    let trap = TcpListener::bind(("127.0.0.2", port))
        .await
        .expect("a port");
    let script = ResolverScript::new(&[
        &["127.0.0.1"],
        &["127.0.0.2"],
        &["127.0.0.2", "127.0.0.1"],
        &["127.0.0.2", "169.254.169.254", "::1"],
    ]);
    let resolver = Resolver::Scripted(script.clone());
    let dialer = start(&["127.0.0.1"], resolver, Roots::default());
    let url = format!("ws://rebound.test:{port}/");
    for wanted in [
        DialFault::Status(403),
        DialFault::Blocked,
        DialFault::Status(403),
        DialFault::Blocked,
        DialFault::UnknownHost,
    ] {
        assert_eq!(fault(&dialer, dial_spec(&url)).await, wanted);
    }
    assert_eq!(script.asked(), ["rebound.test"; 5], "one question a dial");
    let request = good.request().await;
    assert_eq!(
        value(&request, "Host"),
        Some(&*format!("rebound.test:{port}"))
    );
    let came = std::future::poll_fn(|cx| Poll::Ready(trap.poll_accept(cx))).await;
    assert!(came.is_pending(), "nobody came to the trap");
}

#[tokio::test]
async fn addresses_are_tried_in_turn() {
    let far = Far::answering(&["HTTP/1.1 403 No\r\n\r\n"], Then::ShutsDown).await;
    let script = ResolverScript::new(&[&["127.0.0.3", "127.0.0.2", "127.0.0.1"]]);
    let resolver = Resolver::Scripted(script);
    let dialer = start(&["127.0.0.0/8"], resolver, Roots::default());
    let url = format!("ws://bot.test:{}/", far.port);
    assert_eq!(
        fault(&dialer, dial_spec(&url)).await,
        DialFault::Status(403)
    );
}

#[tokio::test]
async fn more_at_once_than_may_be_are_refused_and_counted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let dialer = dialer(&["127.0.0.1"]);
    let spec = Arc::new(dial_spec(&format!("ws://{address}/")));
    // A single thread: none of them has begun.
    let waiting: Vec<_> = (0..AT_ONCE)
        .map(|_| dialer.dial(Arc::clone(&spec)))
        .collect();
    assert_eq!(refused(&dialer), 0);
    let told = dialer.dial(Arc::clone(&spec)).await.expect("an answer");
    assert_eq!(told.expect_err("too many"), DialFault::Refused);
    assert_eq!(refused(&dialer), 1);
    drop(waiting);
}
