//! Status callbacks of real calls, received by a server of this test's own.

mod stage;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use stage::Stage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use trunkline_auth::signature::status::verify;
use trunkline_testkit::{Carrier, FromGateway, Marks, PATIENCE};

/// A request: its head, and its body as it came.
#[derive(Clone, Debug)]
struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Takes every request, and answers each with 204, once it is let.
#[derive(Debug)]
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    answers: watch::Sender<bool>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let book = Arc::clone(&seen);
        let (answers, let_answer) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&book), let_answer.clone()));
            }
        });
        Self {
            address,
            seen,
            answers,
        }
    }

    fn seen(&self) -> Vec<Request> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

async fn answer(
    mut stream: TcpStream,
    book: Arc<Mutex<Vec<Request>>>,
    mut let_answer: watch::Receiver<bool>,
) {
    let mut bytes = Vec::new();
    let request = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(request) = whole(&bytes) {
            break request;
        }
    };
    book.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request);
    let_answer
        .wait_for(|answers| *answers)
        .await
        .expect("a server");
    let no_content = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    stream.write_all(no_content).await.expect("taken");
}

fn whole(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let mut request = Request {
        head: String::from_utf8_lossy(&bytes[..end]).into_owned(),
        body: bytes[end..].to_vec(),
    };
    let length: usize = request.header("content-length")?.parse().ok()?;
    request.body.truncate(length);
    (request.body.len() == length).then_some(request)
}

/// The gateway stops while the first of them is on its way, and waits for all.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_told_from_its_beginning_to_its_end() {
    let server = Server::start().await;
    let address = server.address;
    let mut stage = Stage::set(&format!(
        r#"
        [egress]
        allow = ["{address}"]
        [agents.default]
        echo = true
        status_callback_url = "http://{address}/calls?tenant=7"
        status_callback_secret = "whsec_status"
        "#
    ))
    .await;
    let path = "/v1/telephony/streams/twilio/default";
    let dial = stage.dial(path).bearer(stage.key());
    let mut carrier = Carrier::call(&dial, Marks::Played).await;
    carrier.media(&[0x55; 160]).await;
    assert_eq!(carrier.next().await, FromGateway::Media(vec![0x55; 160]));
    carrier.stop().await;
    carrier.until_closed().await;
    stage.ended().await;
    let mut stop = pin!(stage.clear());
    let early = timeout(Duration::from_millis(200), &mut stop).await;
    early.expect_err("the first has not been answered");
    server.answers.send_replace(true);
    timeout(PATIENCE, stop).await.expect("an end");
    let seen = server.seen();
    let events: Vec<_> = seen
        .iter()
        .map(|seen| seen.json()["event"].clone())
        .collect();
    let expected = ["call.initiated", "call.in-progress", "call.completed"];
    assert_eq!(events, expected);
    for request in &seen {
        let first = request.head.lines().next();
        assert_eq!(first, Some("POST /calls?tenant=7 HTTP/1.1"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        let signature = request.header("x-signature").expect("a signature");
        verify("whsec_status", &request.body, signature).expect("signed");
        let body = request.json();
        assert_eq!(request.header("x-timestamp"), body["timestamp"].as_str());
        assert_eq!(request.header("x-call-id"), body["call_id"].as_str());
        assert_eq!(body["call_id"], seen[0].json()["call_id"], "one call");
    }
    let last = seen[2].json();
    assert_eq!(
        (&last["hangup_cause"], &last["disconnected_by"]),
        (&"16".into(), &"caller".into())
    );
}
