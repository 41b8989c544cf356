//! Servers that say what a test tells them to.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::in_time;

/// What a server does once it has said its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Says no more.
    ShutsDown,
    /// Waits until its peer goes.
    Waits,
}

/// A server on loopback that answers one connection after the other.
pub(super) struct Far {
    pub(super) port: u16,
    requests: mpsc::Receiver<String>,
    closed: mpsc::Receiver<()>,
}

impl Far {
    /// Gives these answers, one a connection.
    pub(super) async fn answering(answers: &[&str], then: Then) -> Self {
        Self::on("127.0.0.1", answers, then).await
    }

    /// Gives the answers that are made for its port, one a connection.
    pub(super) async fn new(answers: impl FnOnce(u16) -> Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        Self::with(listener, answers(port), Then::ShutsDown)
    }

    pub(super) async fn on(address: &str, answers: &[&str], then: Then) -> Self {
        let listener = TcpListener::bind((address, 0)).await.expect("a port");
        let answers = answers.iter().map(|one| (*one).to_owned());
        Self::with(listener, answers.collect(), then)
    }

    fn with(listener: TcpListener, answers: Vec<String>, then: Then) -> Self {
        let port = listener.local_addr().expect("an address").port();
        let (heard, requests) = mpsc::channel(16);
        let (over, closed) = mpsc::channel(16);
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let request = request(&mut stream).await;
                if heard.send(request).await.is_err() {
                    return;
                }
                if stream.write_all(answer.as_bytes()).await.is_ok() && then == Then::ShutsDown {
                    stream.shutdown().await.ok();
                }
                while stream.read(&mut [0; 1_024]).await.is_ok_and(|n| n > 0) {}
                if over.send(()).await.is_err() {
                    return;
                }
            }
        });
        Self {
            port,
            requests,
            closed,
        }
    }

    /// The next request, head and content.
    pub(super) async fn request(&mut self) -> String {
        in_time(self.requests.recv()).await.expect("a request")
    }

    /// Whether a request came.
    pub(super) fn was_asked(&mut self) -> bool {
        self.requests.try_recv().is_ok()
    }

    /// Waits until the peer has closed a connection.
    pub(super) async fn closed(&mut self) {
        in_time(self.closed.recv()).await.expect("a connection");
    }
}

/// Reads one request.
pub(super) async fn request(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        if let Some((head, content)) = text.split_once("\r\n\r\n") {
            let lines = head.to_lowercase();
            let length = lines.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.lines().next());
            let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
            if content.len() >= length {
                return text;
            }
        }
        if stream.read_buf(&mut all).await.is_ok_and(|n| n == 0) {
            return text;
        }
    }
}

/// The value of a header of a request.
pub(super) fn value<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let mut values = request.lines().filter_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    });
    let value = values.next();
    assert_eq!(values.next(), None, "{name} comes once");
    value
}
