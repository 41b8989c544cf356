use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use trunkline_call::{Down, Frame, HttpFrame};

use super::far::{Far, Then, request, value};
use super::*;

/// What an answer consisted of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) head: Option<(u16, String)>,
    pub(super) content: Vec<u8>,
    pub(super) pieces: usize,
    pub(super) end: Option<Down>,
}

/// Reads an answer to its end.
pub(super) async fn read(answer: &mut Answer) -> Read {
    let mut all = Read::default();
    let reading = poll_fn(|cx| {
        loop {
            match std::task::ready!(answer.poll_frame(cx)) {
                Ok(Frame::Http(HttpFrame::Head {
                    status,
                    content_type,
                })) => {
                    assert_eq!(all.head, None, "one head");
                    assert!(all.content.is_empty(), "the head comes first");
                    all.head = Some((status, content_type.to_owned()));
                }
                Ok(Frame::Http(HttpFrame::Body(content))) => {
                    assert!(content.len() <= 16 * 1_024, "{} bytes", content.len());
                    all.content.extend(content);
                    all.pieces += 1;
                }
                Ok(other) => panic!("{other:?}"),
                Err(why) => {
                    all.end = Some(why);
                    return Poll::Ready(());
                }
            }
        }
    });
    in_time(reading).await;
    all
}

pub(super) fn not_reached(fault: DialFault) -> Read {
    Read {
        end: Some(Down::NotReached(fault)),
        ..Read::default()
    }
}

#[tokio::test]
async fn a_request_is_made_and_its_answer_handed_on() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\n\
        Connection: close\r\nContent-Length: 15\r\n\r\n{\"text\":\"Hello\"";
    let mut far = Far::answering(&[answer, answer], Then::Waits).await;
    let mut spec = post_spec(&format!("http://127.0.0.1:{}/hook?a=b", far.port));
    spec.headers = vec![
        header("X-Api-Key", "k3y"),
        header("Content-Type", "text/plain"),
    ];
    let dialer = dialer(&["127.0.0.1"]);
    let read = read(&mut dialer.post(Arc::new(spec.clone()))).await;
    assert_eq!(read.head, Some((200, "application/json".to_owned())));
    assert_eq!(read.content, b"{\"text\":\"Hello\"");
    assert_eq!(read.end, Some(Down::Finished));
    let request = far.request().await;
    assert!(
        request.starts_with("POST /hook?a=b HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.ends_with("\r\n\r\n{\"event\":\"x\"}"), "{request}");
    assert_eq!(value(&request, "Content-Type"), Some("application/json"));
    assert_eq!(value(&request, "Content-Length"), Some("13"));
    assert_eq!(value(&request, "X-Api-Key"), Some("k3y"));
    assert_eq!(
        value(&request, "Host"),
        Some(&*format!("127.0.0.1:{}", far.port))
    );
    far.closed().await;
    let status = dialer.post(Arc::new(spec)).status();
    let status = in_time(status).await;
    assert_eq!(status, Ok(200));
}

#[tokio::test]
async fn any_status_but_a_redirect_is_an_answer() {
    for status in [200, 201, 204, 400, 401, 404, 429, 500, 503] {
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
        let far = Far::answering(&[&answer], Then::ShutsDown).await;
        let spec = post_spec(&format!("http://127.0.0.1:{}/", far.port));
        let read = read(&mut dialer(&["127.0.0.1"]).post(Arc::new(spec))).await;
        assert_eq!(read.head, Some((status, String::new())));
        assert_eq!((read.pieces, read.end), (0, Some(Down::Finished)));
    }
}

/// Each piece as it comes, before the next is sent.
#[tokio::test]
async fn a_streamed_answer_comes_as_it_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let spec = post_spec(&format!("http://{address}/"));
    let mut answer = dialer(&["127.0.0.1"]).post(Arc::new(spec));
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("written");
    let next = async |answer: &mut Answer| {
        let next = poll_fn(|cx| {
            let frame = std::task::ready!(answer.poll_frame(cx));
            Poll::Ready(frame.map(|frame| format!("{frame:?}")))
        });
        in_time(next).await
    };
    let head = next(&mut answer).await.expect("a head");
    assert!(head.contains("application/x-ndjson"), "{head}");
    for line in ["{\"text\":\"one\"}\n", "{\"text\":\"two\"}\n"] {
        let chunk = format!("{:x}\r\n{line}\r\n", line.len());
        stream.write_all(chunk.as_bytes()).await.expect("written");
        let body = next(&mut answer).await.expect("a piece");
        assert_eq!(
            body,
            format!("{:?}", Frame::Http(HttpFrame::Body(line.as_bytes())))
        );
    }
    stream.write_all(b"0\r\n\r\n").await.expect("written");
    assert_eq!(next(&mut answer).await, Err(Down::Finished));
}

#[tokio::test]
async fn an_answer_that_is_too_long_ends_there() {
    for (limit, head, finished) in [
        (100_000, "Content-Length: 100000", true),
        (99_999, "Content-Length: 100000", false),
        (100_000, "Connection: close", true),
        (99_999, "Connection: close", false),
    ] {
        let content = "x".repeat(100_000);
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{content}");
        let far = Far::answering(&[&answer], Then::ShutsDown).await;
        let mut spec = post_spec(&format!("http://127.0.0.1:{}/", far.port));
        spec.max_response_bytes = limit;
        let read = read(&mut dialer(&["127.0.0.1"]).post(Arc::new(spec))).await;
        if finished {
            assert_eq!(
                (read.content.len(), read.end),
                (100_000, Some(Down::Finished))
            );
        } else {
            assert_eq!(read.end, Some(Down::NotReached(DialFault::TooLong)));
            assert!(read.content.len() <= limit);
        }
    }
}

/// Too long, too long to be begun, broken, endless.
#[tokio::test]
async fn a_status_is_had_whatever_becomes_of_the_content() {
    for (rest, then) in [
        ("Content-Length: 100000\r\n\r\n", Then::Waits),
        ("Connection: close\r\n\r\n0123456789", Then::ShutsDown),
        ("Content-Length: 3\r\n\r\n0", Then::ShutsDown),
        ("Transfer-Encoding: chunked\r\n\r\nno chunk", Then::Waits),
        ("Transfer-Encoding: chunked\r\n\r\n1\r\n0\r\n", Then::Waits),
    ] {
        for status in [200, 410] {
            let answer = format!("HTTP/1.1 {status} X\r\n{rest}");
            let mut far = Far::answering(&[&answer], then).await;
            let mut spec = post_spec(&format!("http://127.0.0.1:{}/", far.port));
            spec.max_response_bytes = 4;
            let dialer = dialer(&["127.0.0.1"]);
            let told = in_time(dialer.post(Arc::new(spec)).status()).await;
            assert_eq!(told, Ok(status), "{rest}");
            far.closed().await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_lost() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    let far = Far::answering(&[answer], Then::ShutsDown).await;
    let spec = post_spec(&format!("http://127.0.0.1:{}/", far.port));
    let read = read(&mut dialer(&["127.0.0.1"]).post(Arc::new(spec))).await;
    assert_eq!(read.content, b"half");
    assert_eq!(read.end, Some(Down::Lost));
}

#[tokio::test]
async fn an_answer_may_take_so_long_in_all() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"] {
        let mut far = Far::answering(&[answer], Then::Waits).await;
        let mut spec = post_spec(&format!("http://127.0.0.1:{}/", far.port));
        spec.timeout_ms = 200;
        let read = read(&mut dialer(&["127.0.0.1"]).post(Arc::new(spec))).await;
        assert_eq!(read.end, Some(Down::NotReached(DialFault::TimedOut)));
        far.closed().await;
    }
}

/// The end is told although nobody took what came before.
#[tokio::test]
async fn an_answer_nobody_reads_is_bounded_and_ends_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut spec = post_spec(&format!("http://{address}/"));
    spec.timeout_ms = 300;
    spec.max_response_bytes = usize::MAX;
    let mut answer = dialer(&["127.0.0.1"]).post(Arc::new(spec));
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut request = [0; 1_024];
    assert!(stream.read(&mut request).await.expect("a request") > 0);
    stream
        .write_all(b"HTTP/1.1 200 OK\r\n\r\n")
        .await
        .expect("written");
    // Until the other side hangs up.
    while stream.write_all(&[b'x'; 16_384]).await.is_ok() {}
    let read = read(&mut answer).await;
    assert_eq!(read.end, Some(Down::NotReached(DialFault::TimedOut)));
    assert!(read.pieces <= 8, "{} pieces were held", read.pieces);
}

#[tokio::test]
async fn dropping_the_answer_hangs_up() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"] {
        let mut far = Far::answering(&[answer], Then::Waits).await;
        let spec = post_spec(&format!("http://127.0.0.1:{}/", far.port));
        let waiting = dialer(&["127.0.0.1"]).post(Arc::new(spec));
        far.request().await;
        drop(waiting);
        far.closed().await;
    }
}

#[tokio::test]
async fn nobody_is_asked_whom_the_guard_refuses() {
    let mut far = Far::answering(&["HTTP/1.1 200 OK\r\n\r\n"], Then::ShutsDown).await;
    let dialer = dialer(&["127.0.0.2"]);
    for (url, wanted) in [
        (
            format!("http://127.0.0.1:{}/", far.port),
            DialFault::Blocked,
        ),
        (
            format!("https://127.0.0.1:{}/", far.port),
            DialFault::Blocked,
        ),
        (
            format!("ws://127.0.0.2:{}/", far.port),
            DialFault::BadRequest,
        ),
        (
            format!("https://{}.test/", "x".repeat(64)),
            DialFault::UnknownHost,
        ),
    ] {
        let read = read(&mut dialer.post(Arc::new(post_spec(&url)))).await;
        assert_eq!(read, not_reached(wanted), "{url}");
    }
    assert!(!far.was_asked());
    let mut spec = post_spec(&format!("http://127.0.0.2:{}/", far.port));
    spec.headers = vec![header("Content-Length", "0")];
    let read = read(&mut dialer.post(Arc::new(spec))).await;
    assert_eq!(read, not_reached(DialFault::BadRequest));
}

#[tokio::test]
async fn more_requests_at_once_than_may_be_are_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let dialer = dialer(&["127.0.0.1"]);
    let spec = Arc::new(post_spec(&format!("http://{address}/")));
    let waiting: Vec<_> = (0..AT_ONCE)
        .map(|_| dialer.post(Arc::clone(&spec)))
        .collect();
    let mut one_more = dialer.post(Arc::clone(&spec));
    let told = one_more.poll_frame(&mut Context::from_waker(std::task::Waker::noop()));
    assert_eq!(told, Poll::Ready(Err(Down::NotReached(DialFault::Refused))));
    assert_eq!(refused(&dialer), 1);
    drop(waiting);
}

const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";

/// A server that answers requests until it has answered so many on a connection.
async fn patient(answers: usize) -> (u16, mpsc::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (closed, closings) = mpsc::channel(16);
    tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let closed = closed.clone();
            tokio::spawn(async move {
                for _ in 0..answers {
                    if request(&mut stream).await.is_empty() {
                        return;
                    }
                    stream.write_all(DONE.as_bytes()).await.expect("written");
                }
                drop(stream);
                closed.send(connection).await.ok();
            });
        }
    });
    (port, closings)
}

async fn ask(dialer: &Dialer, port: u16) {
    let spec = post_spec(&format!("http://127.0.0.1:{port}/"));
    let done = read(&mut dialer.post(Arc::new(spec))).await;
    assert_eq!(
        (&*done.content, done.end),
        (&b"done"[..], Some(Down::Finished))
    );
}

#[tokio::test]
async fn a_connection_is_used_again_while_it_is_open() {
    let (port, mut closings) = patient(3).await;
    let dialer = dialer(&["127.0.0.1"]);
    for connection in 0..3 {
        for _ in 0..3 {
            ask(&dialer, port).await;
        }
        // Closed by the server: the next request takes another.
        assert_eq!(in_time(closings.recv()).await, Some(connection));
    }
}
